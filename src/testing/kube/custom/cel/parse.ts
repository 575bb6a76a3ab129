/** A parser for the part of CEL that validation rules of custom kinds use. */
import type { Json } from "../../json.js"

export type Expression =
  | { readonly _tag: "Literal"; readonly value: Json }
  | { readonly _tag: "Name"; readonly name: string }
  | { readonly _tag: "Member"; readonly object: Expression; readonly field: string }
  | { readonly _tag: "Index"; readonly object: Expression; readonly index: Expression }
  | {
      readonly _tag: "Call"
      readonly target: Expression | undefined
      readonly name: string
      readonly args: ReadonlyArray<Expression>
    }
  | { readonly _tag: "List"; readonly items: ReadonlyArray<Expression> }
  | { readonly _tag: "Unary"; readonly operator: string; readonly operand: Expression }
  | { readonly _tag: "Binary"; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly _tag: "Choice"; readonly test: Expression; readonly then: Expression; readonly otherwise: Expression }

/** A rule that is no CEL, or uses something this evaluator does not know. */
export class CelError extends Error {}

interface Token {
  readonly kind: "number" | "string" | "name" | "symbol" | "end"
  readonly text: string
}

const pattern =
  /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?u?)|(r?"(?:[^"\\]|\\.)*"|r?'(?:[^'\\]|\\.)*')|([A-Za-z_]\w*)|(\|\||&&|==|!=|<=|>=|[-+*/%<>!?:.,()[\]]))/y

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" }

const stringValue = (token: string): string => {
  if (token.startsWith("r")) return token.slice(2, -1)
  return token.slice(1, -1).replace(/\\(.)/g, (_, c: string) => escapes[c] ?? c)
}

const tokensOf = (text: string): ReadonlyArray<Token> => {
  const tokens: Array<Token> = []
  pattern.lastIndex = 0
  const end = text.trimEnd().length
  while (pattern.lastIndex < end) {
    const at = pattern.lastIndex
    const match = pattern.exec(text)
    if (match === null) throw new CelError(`Syntax error: token recognition error at: '${text.slice(at, at + 10)}'`)
    const [, number, string, name, symbol] = match
    if (number !== undefined) tokens.push({ kind: "number", text: number })
    else if (string !== undefined) tokens.push({ kind: "string", text: stringValue(string) })
    else if (name !== undefined) tokens.push({ kind: "name", text: name })
    else tokens.push({ kind: "symbol", text: symbol ?? "" })
  }
  return [...tokens, { kind: "end", text: "<EOF>" }]
}

/** Binding strength of the binary operators. */
const strength: Readonly<Record<string, number>> = {
  "||": 1,
  "&&": 2,
  "==": 3,
  "!=": 3,
  "<": 3,
  "<=": 3,
  ">": 3,
  ">=": 3,
  in: 3,
  "+": 4,
  "-": 4,
  "*": 5,
  "/": 5,
  "%": 5,
}

const constants: Readonly<Record<string, Json>> = { true: true, false: false, null: null }

class Parser {
  private readonly tokens: ReadonlyArray<Token>
  private at = 0

  constructor(text: string) {
    this.tokens = tokensOf(text)
  }

  private get token(): Token {
    return this.tokens[this.at] ?? { kind: "end", text: "<EOF>" }
  }

  private take(text: string): boolean {
    const found = this.token.kind !== "string" && this.token.text === text
    if (found) this.at++
    return found
  }

  private expect(text: string): void {
    if (!this.take(text)) throw new CelError(`Syntax error: mismatched input '${this.token.text}' expecting '${text}'`)
  }

  whole(): Expression {
    const expression = this.choice()
    if (this.token.kind !== "end") throw new CelError(`Syntax error: extraneous input '${this.token.text}'`)
    return expression
  }

  private choice(): Expression {
    const test = this.binary(0)
    if (!this.take("?")) return test
    const then = this.choice()
    this.expect(":")
    return { _tag: "Choice", test, then, otherwise: this.choice() }
  }

  private binary(above: number): Expression {
    let left = this.unary()
    for (;;) {
      const operator = this.token.kind === "string" ? "" : this.token.text
      const binds = Object.hasOwn(strength, operator) ? (strength[operator] ?? 0) : 0
      if (binds <= above) return left
      this.at++
      left = { _tag: "Binary", operator, left, right: this.binary(binds) }
    }
  }

  private unary(): Expression {
    for (const operator of ["!", "-"])
      if (this.take(operator)) return { _tag: "Unary", operator, operand: this.unary() }
    return this.postfix(this.primary())
  }

  private postfix(object: Expression): Expression {
    if (this.take("[")) {
      const index = this.choice()
      this.expect("]")
      return this.postfix({ _tag: "Index", object, index })
    }
    if (!this.take(".")) return object
    const name = this.name()
    if (!this.take("(")) return this.postfix({ _tag: "Member", object, field: name })
    return this.postfix({ _tag: "Call", target: object, name, args: this.listUntil(")") })
  }

  private name(): string {
    const { kind, text } = this.token
    if (kind !== "name") throw new CelError(`Syntax error: mismatched input '${text}' expecting IDENTIFIER`)
    this.at++
    return text
  }

  private listUntil(end: string): ReadonlyArray<Expression> {
    const items: Array<Expression> = []
    while (!this.take(end)) {
      items.push(this.choice())
      if (!this.take(",")) {
        this.expect(end)
        return items
      }
    }
    return items
  }

  private primary(): Expression {
    const { kind, text } = this.token
    if (this.take("(")) {
      const inner = this.choice()
      this.expect(")")
      return inner
    }
    if (this.take("[")) return { _tag: "List", items: this.listUntil("]") }
    if (kind === "end" || kind === "symbol") throw new CelError(`Syntax error: mismatched input '${text}'`)
    this.at++
    if (kind === "number") return { _tag: "Literal", value: Number(text.replace("u", "")) }
    if (kind === "string") return { _tag: "Literal", value: text }
    if (Object.hasOwn(constants, text)) return { _tag: "Literal", value: constants[text] ?? null }
    if (this.take("(")) return { _tag: "Call", target: undefined, name: text, args: this.listUntil(")") }
    return { _tag: "Name", name: text }
  }
}

const parsed = new Map<string, Expression>()

/** The expression of a rule. Throws {@link CelError}. */
export const parseCel = (text: string): Expression => {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const made = new Parser(text).whole()
  parsed.set(text, made)
  return made
}

/** All expressions inside one, itself included. */
export const subexpressions = (expression: Expression): ReadonlyArray<Expression> => {
  switch (expression._tag) {
    case "Literal":
    case "Name":
      return [expression]
    case "Member":
      return [expression, ...subexpressions(expression.object)]
    case "Index":
      return [expression, ...subexpressions(expression.object), ...subexpressions(expression.index)]
    case "Call":
      return [
        expression,
        ...(expression.target === undefined ? [] : subexpressions(expression.target)),
        ...expression.args.flatMap(subexpressions),
      ]
    case "List":
      return [expression, ...expression.items.flatMap(subexpressions)]
    case "Unary":
      return [expression, ...subexpressions(expression.operand)]
    case "Binary":
      return [expression, ...subexpressions(expression.left), ...subexpressions(expression.right)]
    case "Choice":
      return [expression, ...[expression.test, expression.then, expression.otherwise].flatMap(subexpressions)]
  }
}
