/** Evaluates parsed CEL over JSON. An error is a value here as in CEL: `&&` and `||` ignore it when the other side decides. */
import { equalJson, isMap, type Json, textOf } from "../../json.js"
import { CelError, type Expression } from "./parse.js"

export type Variables = ReadonlyMap<string, Json>

type Method = (target: Json, args: ReadonlyArray<Json>) => Json

const text = (value: Json | undefined): string => {
  if (typeof value !== "string") throw new CelError("no such overload")
  return value
}
const list = (value: Json | undefined): ReadonlyArray<Json> => {
  if (!Array.isArray(value)) throw new CelError("no such overload")
  return value
}
const truth = (value: Json): boolean => {
  if (typeof value !== "boolean") throw new CelError("no such overload")
  return value
}

const sizeOf: Method = (target) => {
  if (typeof target === "string") return [...target].length
  if (Array.isArray(target)) return target.length
  if (isMap(target)) return Object.keys(target).length
  throw new CelError("no such overload")
}

/** RE2 has inline flags that we must pass apart. */
const expression = (source: string): RegExp => {
  const flags = /^\(\?([ims]+)\)/.exec(source)
  return new RegExp(source.slice(flags?.[0].length ?? 0), `u${flags?.[1] ?? ""}`)
}

const methods: Readonly<Record<string, Method>> = {
  size: sizeOf,
  matches: (target, [source]) => expression(text(source)).test(text(target)),
  startsWith: (target, [part]) => text(target).startsWith(text(part)),
  endsWith: (target, [part]) => text(target).endsWith(text(part)),
  contains: (target, [part]) => text(target).includes(text(part)),
  lowerAscii: (target) => text(target).toLowerCase(),
  upperAscii: (target) => text(target).toUpperCase(),
  trim: (target) => text(target).trim(),
  split: (target, [separator]) => text(target).split(text(separator)),
  join: (target, [separator]) =>
    list(target)
      .map(text)
      .join(separator === undefined ? "" : text(separator)),
  replace: (target, [from, to]) => text(target).replaceAll(text(from), text(to)),
  substring: (target, [from, to]) => text(target).slice(Number(from), to === undefined ? undefined : Number(to)),
  indexOf: (target, [part]) => text(target).indexOf(text(part)),
  isSorted: (target) => list(target).every((item, i, all) => i === 0 || compare(all[i - 1] ?? null, item) <= 0),
  sum: (target) => list(target).reduce<number>((sum, item) => sum + Number(item), 0),
  min: (target) => [...list(target)].sort(compare)[0] ?? fail("min called on empty list"),
  max: (target) => [...list(target)].sort(compare).at(-1) ?? fail("max called on empty list"),
}

const typeName = (value: Json): string => {
  if (value === null) return "null_type"
  if (Array.isArray(value)) return "list"
  if (typeof value === "object") return "map"
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "double"
  return typeof value === "boolean" ? "bool" : "string"
}

const conversions: Readonly<Record<string, (value: Json) => Json>> = {
  size: (value) => sizeOf(value, []),
  int: (value) => Math.trunc(Number(value)),
  double: Number,
  string: (value) => (typeof value === "string" ? value : JSON.stringify(value)),
  bool: (value) => value === true || value === "true",
  type: typeName,
  dyn: (value) => value,
}

const macros = new Set(["all", "exists", "exists_one", "filter", "map"])
const typeNames = new Set(["int", "uint", "double", "bool", "string", "list", "map", "null_type"])

const fail = (why: string): never => {
  throw new CelError(why)
}

const compare = (a: Json, b: Json): number => {
  if (typeof a === "number" && typeof b === "number") return a - b
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b)
  return fail("no such overload")
}

const numbers = (a: Json, b: Json): readonly [number, number] =>
  typeof a === "number" && typeof b === "number" ? [a, b] : fail("no such overload")

const divide = (a: number, b: number): number => {
  if (b === 0) return fail("division by zero")
  return Number.isInteger(a) && Number.isInteger(b) ? Math.trunc(a / b) : a / b
}

const plus = (a: Json, b: Json): Json => {
  if (typeof a === "string" && typeof b === "string") return a + b
  if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b]
  const [x, y] = numbers(a, b)
  return x + y
}

const operate = (operator: string, a: Json, b: Json): Json => {
  switch (operator) {
    case "==":
      return equalJson(a, b)
    case "!=":
      return !equalJson(a, b)
    case "<":
      return compare(a, b) < 0
    case "<=":
      return compare(a, b) <= 0
    case ">":
      return compare(a, b) > 0
    case ">=":
      return compare(a, b) >= 0
    case "in":
      return isMap(b) ? b[text(a)] !== undefined : list(b).some((item) => equalJson(item, a))
    case "+":
      return plus(a, b)
    case "-":
      return numbers(a, b).reduce((x, y) => x - y)
    case "*":
      return numbers(a, b).reduce((x, y) => x * y)
    case "/":
      return divide(...numbers(a, b))
    case "%":
      return numbers(a, b).reduce((x, y) => x % y)
    default:
      return fail(`unknown operator ${operator}`)
  }
}

/** How property names are spelled that are no identifiers. */
const unescape = (field: string): string =>
  field
    .replaceAll("__dash__", "-")
    .replaceAll("__dot__", ".")
    .replaceAll("__slash__", "/")
    .replaceAll("__underscores__", "__")
    .replace(/^__(\w+)__$/, "$1")

const memberOf = (object: Json, field: string): Json => {
  const value = isMap(object) ? object[unescape(field)] : undefined
  return value === undefined ? fail(`no such key: ${field}`) : value
}

/** `&&` and `||`: the deciding side wins over an error of the other. */
const logic = (operator: string, left: () => Json, right: () => Json): Json => {
  const decides = operator === "||"
  let error: CelError | undefined
  for (const side of [left, right]) {
    try {
      if (truth(side()) === decides) return decides
    } catch (caught) {
      if (!(caught instanceof CelError)) throw caught
      error ??= caught
    }
  }
  if (error !== undefined) throw error
  return !decides
}

const macro = (name: string, target: Json, args: ReadonlyArray<Expression>, variables: Variables): Json => {
  const [variable, body, transform] = args
  if (variable?._tag !== "Name" || body === undefined) return fail(`invalid arguments of ${name}`)
  const items = isMap(target) ? Object.keys(target) : list(target)
  const run = (item: Json, expr: Expression) => evaluateCel(expr, new Map(variables).set(variable.name, item))
  const test = (item: Json) => () => run(item, body)
  switch (name) {
    case "all":
      return items.reduce<Json>((all, item) => logic("&&", () => all, test(item)), true)
    case "exists":
      return items.reduce<Json>((any, item) => logic("||", () => any, test(item)), false)
    case "exists_one":
      return items.filter((item) => truth(run(item, body))).length === 1
    case "filter":
      return items.filter((item) => truth(run(item, body)))
    default:
      return transform === undefined
        ? items.map((item) => run(item, body))
        : items.filter((item) => truth(run(item, body))).map((item) => run(item, transform))
  }
}

const has = (argument: Expression | undefined, variables: Variables): boolean => {
  if (argument?._tag !== "Member") return fail("invalid argument to has() macro")
  const object = evaluateCel(argument.object, variables)
  return isMap(object) && object[unescape(argument.field)] !== undefined
}

const call = ({ target, name, args }: Extract<Expression, { _tag: "Call" }>, variables: Variables): Json => {
  const values = () => args.map((arg) => evaluateCel(arg, variables))
  if (target === undefined) {
    if (name === "has") return has(args[0], variables)
    const convert = Object.hasOwn(conversions, name) ? conversions[name] : undefined
    return convert === undefined ? fail(`undeclared reference to '${name}'`) : convert(values()[0] ?? null)
  }
  const object = evaluateCel(target, variables)
  if (macros.has(name)) return macro(name, object, args, variables)
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined
  return method === undefined ? fail(`undeclared reference to '${name}'`) : method(object, values())
}

const indexed = (object: Json, index: Json): Json => {
  const value = Array.isArray(object) ? object[Number(index)] : isMap(object) ? object[text(index)] : undefined
  return value === undefined
    ? fail(Array.isArray(object) ? `index out of bounds: ${textOf(index)}` : "no such key")
    : value
}

/** The value of an expression. Throws {@link CelError} on a runtime error. */
export const evaluateCel = (expr: Expression, variables: Variables): Json => {
  switch (expr._tag) {
    case "Literal":
      return expr.value
    case "Name": {
      const value = variables.get(expr.name)
      if (value === undefined && typeNames.has(expr.name)) return expr.name
      return value === undefined ? fail(`undeclared reference to '${expr.name}'`) : value
    }
    case "Member":
      return memberOf(evaluateCel(expr.object, variables), expr.field)
    case "Index":
      return indexed(evaluateCel(expr.object, variables), evaluateCel(expr.index, variables))
    case "Call":
      return call(expr, variables)
    case "List":
      return expr.items.map((item) => evaluateCel(item, variables))
    case "Unary": {
      const operand = evaluateCel(expr.operand, variables)
      return expr.operator === "!" ? !truth(operand) : numbers(0, operand).reduce((a, b) => a - b)
    }
    case "Binary": {
      const left = () => evaluateCel(expr.left, variables)
      const right = () => evaluateCel(expr.right, variables)
      return expr.operator === "&&" || expr.operator === "||"
        ? logic(expr.operator, left, right)
        : operate(expr.operator, left(), right())
    }
    case "Choice":
      return evaluateCel(truth(evaluateCel(expr.test, variables)) ? expr.then : expr.otherwise, variables)
  }
}

/** Whether a function or method of this name is known, so that unknown ones are refused with the definition. */
export const isKnownFunction = (name: string, isMethod: boolean): boolean =>
  isMethod ? macros.has(name) || Object.hasOwn(methods, name) : name === "has" || Object.hasOwn(conversions, name)
