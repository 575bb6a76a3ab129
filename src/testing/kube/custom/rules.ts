/**
 * CEL rules (`x-kubernetes-validations`) of custom kinds: `self`, `oldSelf`, messages, reasons, field paths. Known differences from the
 * real server: no cost limits, no type checking of rules, no `quantity`, `url`, `ip`, `format` and `duration` libraries (a definition that
 * uses them is refused).
 */
import { type FieldProblem, invalidField } from "../ApiFailure.js"
import { equalJson, isMap, type Json, type JsonMap, listAt, mapAt, stringAt } from "../json.js"
import { evaluateCel, isKnownFunction } from "./cel/evaluate.js"
import { CelError, type Expression, parseCel, subexpressions } from "./cel/parse.js"

type Problems = ReadonlyArray<FieldProblem>

const rulesOf = (schema: JsonMap): ReadonlyArray<JsonMap> =>
  (listAt(schema, "x-kubernetes-validations") ?? []).filter(isMap)

const isTransition = (expression: Expression): boolean =>
  subexpressions(expression).some((part) => part._tag === "Name" && part.name === "oldSelf")

const typeOf = (schema: JsonMap): string => stringAt(schema, "type") ?? "object"

const reasons = ["FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate"] as const
const prefixes: Readonly<Record<string, string>> = {
  FieldValueForbidden: "Forbidden",
  FieldValueRequired: "Required value",
}

const messageOf = (rule: JsonMap, variables: ReadonlyMap<string, Json>): string => {
  const source = stringAt(rule, "messageExpression")
  if (source !== undefined) {
    try {
      const message = evaluateCel(parseCel(source), variables)
      if (typeof message === "string" && message.trim() !== "") return message
    } catch (error) {
      if (!(error instanceof CelError)) throw error
    }
  }
  return stringAt(rule, "message") ?? `failed rule: ${stringAt(rule, "rule") ?? ""}`
}

/** Scalars are shown, objects and lists are not. */
const shown = (value: Json): string | undefined =>
  typeof value === "object" && value !== null ? undefined : JSON.stringify(value)

const problemOf = (rule: JsonMap, value: Json, path: string, message: string): FieldProblem => {
  const reason = reasons.find((known) => known === rule["reason"]) ?? "FieldValueInvalid"
  const field = `${path}${stringAt(rule, "fieldPath") ?? ""}`.replace(/^\./, "")
  const text = shown(value)
  if (reason === "FieldValueDuplicate") return { reason, field, message: `Duplicate value: ${text ?? message}` }
  const prefix = prefixes[reason]
  if (prefix !== undefined) return { reason, field, message: `${prefix}: ${message}` }
  return { reason, field, message: `Invalid value: ${text === undefined ? "" : `${text}: `}${message}` }
}

/** A rule that cannot be evaluated counts as broken. */
const errorOf = (schema: JsonMap, rule: JsonMap, path: string, error: CelError): FieldProblem => {
  const about = stringAt(rule, "message") ?? stringAt(rule, "rule") ?? ""
  return invalidField(path, typeOf(schema), `${error.message} evaluating rule: ${about}`)
}

/** A rule on one value. Unchanged values keep violating old rules unpunished (ratcheting). */
const check = (schema: JsonMap, rule: JsonMap, value: Json, old: Json | undefined, path: string): Problems => {
  const expression = parseCel(stringAt(rule, "rule") ?? "")
  const transition = isTransition(expression)
  if (transition ? old === undefined && rule["optionalOldSelf"] !== true : old !== undefined && equalJson(value, old)) {
    return []
  }
  const variables = new Map<string, Json>([["self", value]])
  if (old !== undefined) variables.set("oldSelf", old)
  try {
    return evaluateCel(expression, variables) === true ? [] : [problemOf(rule, value, path, messageOf(rule, variables))]
  } catch (error) {
    if (!(error instanceof CelError)) throw error
    return [errorOf(schema, rule, path, error)]
  }
}

const keysOf = (schema: JsonMap): ReadonlyArray<string> =>
  (listAt(schema, "x-kubernetes-list-map-keys") ?? []).filter((key) => typeof key === "string")

/** The old item with the same key; items of other lists have no past. */
const oldItem = (schema: JsonMap, item: Json, old: Json | undefined): Json | undefined => {
  const keys = keysOf(schema)
  if (keys.length === 0 || !Array.isArray(old) || !isMap(item)) return undefined
  return old.find((other) => isMap(other) && keys.every((key) => equalJson(other[key], item[key])))
}

const walk = (schema: JsonMap, value: Json, old: Json | undefined, path: string): Problems => {
  const own = rulesOf(schema).flatMap((rule) => check(schema, rule, value, old, path))
  if (Array.isArray(value)) {
    const items = mapAt(schema, "items")
    if (items === undefined) return own
    return [...own, ...value.flatMap((item, i) => walk(items, item, oldItem(schema, item, old), `${path}[${i}]`))]
  }
  if (!isMap(value)) return own
  const additional = mapAt(schema, "additionalProperties")
  return [
    ...own,
    ...Object.entries(value).flatMap(([field, member]) => {
      const below = mapAt(schema, "properties", field) ?? additional
      if (below === undefined || member === undefined) return []
      const before = isMap(old) ? old[field] : undefined
      return walk(below, member, before, path === "" ? field : `${path}.${field}`)
    }),
  ]
}

const rulesExist = new WeakMap<JsonMap, boolean>()

/** Whether a schema has rules anywhere. */
export const hasRules = (schema: JsonMap): boolean => {
  const known = rulesExist.get(schema)
  if (known !== undefined) return known
  const below = [
    ...Object.values(mapAt(schema, "properties") ?? {}),
    mapAt(schema, "items"),
    mapAt(schema, "additionalProperties"),
  ]
  const found = rulesOf(schema).length > 0 || below.some((member) => isMap(member) && hasRules(member))
  rulesExist.set(schema, found)
  return found
}

/** Violations of the rules in `schema`; `old` is the stored object on updates. */
export const validateRules = (schema: JsonMap, object: JsonMap, old: JsonMap | undefined): Problems =>
  walk(schema, object, old, "")

const compileProblem = (rule: JsonMap): string | undefined => {
  try {
    const unknown = subexpressions(parseCel(stringAt(rule, "rule") ?? "")).find(
      (part) => part._tag === "Call" && !isKnownFunction(part.name, part.target !== undefined),
    )
    return unknown?._tag === "Call" ? `undeclared reference to '${unknown.name}'` : undefined
  } catch (error) {
    if (!(error instanceof CelError)) throw error
    return error.message
  }
}

/** Rules of a schema that do not compile, for the definition that brings them. */
export const ruleProblems = (schema: JsonMap, path: string): Problems => [
  ...rulesOf(schema).flatMap((rule, i) => {
    const problem = compileProblem(rule)
    const field = `${path}.x-kubernetes-validations[${i}].rule`
    return problem === undefined ? [] : [invalidField(field, rule["rule"], `compilation failed: ERROR: ${problem}`)]
  }),
  ...Object.entries(mapAt(schema, "properties") ?? {}).flatMap(([field, member]) =>
    isMap(member) ? ruleProblems(member, `${path}.properties[${field}]`) : [],
  ),
  ...["items", "additionalProperties"].flatMap((part) => {
    const below = mapAt(schema, part)
    return below === undefined ? [] : ruleProblems(below, `${path}.${part}`)
  }),
]
