/** Label selectors in the text form of the API: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`. */
import { badRequest } from "./ApiFailure.js"
import { labelValueProblems } from "./metadata.js"

export type Labels = Readonly<Record<string, string>>
export type LabelMatch = (labels: Labels) => boolean

const tokenPattern = /\s*(==|!=|[=!<>(),]|[^\s=!<>(),]+)/gy
const isIdentifier = (token: string): boolean => token !== "" && !/^(==|!=|[=!<>(),])$/.test(token)

/** Tokens of a selector, one at a time; `""` is the end. */
class Tokens {
  private readonly all: ReadonlyArray<string>
  private at = 0
  constructor(text: string) {
    this.all = [...text.matchAll(tokenPattern)].map((match) => match[1] ?? "")
  }
  get next(): string {
    return this.all[this.at] ?? ""
  }
  take(): string {
    const token = this.next
    this.at++
    return token
  }
}

const unexpected = (token: string, expected: string) => badRequest(`found '${token}', expected: ${expected}`)
const inRequirement = (why: string) => badRequest(`unable to parse requirement: ${why}`)

/** `(a, b)`; an empty place is the empty value. */
const parseValues = (tokens: Tokens): ReadonlyArray<string> => {
  const open = tokens.take()
  if (open !== "(") throw inRequirement(`found '${open}' expected: '('`)
  const values: Array<string> = []
  for (;;) {
    values.push(isIdentifier(tokens.next) ? tokens.take() : "")
    const end = tokens.take()
    if (end === ")") return values
    if (end !== ",") throw inRequirement(`found '${end}', expected: ',' or ')'`)
  }
}

const parseValue = (tokens: Tokens): string => {
  if (tokens.next === "" || tokens.next === ",") return ""
  const token = tokens.take()
  if (!isIdentifier(token)) throw inRequirement(`found '${token}', expected: identifier`)
  return token
}

const checkValues = (key: string, values: ReadonlyArray<string>): void => {
  for (const [i, value] of values.entries()) {
    const [problem] = labelValueProblems(`values[${i}][${key}]`, value)
    if (problem !== undefined) throw inRequirement(`${problem.field}: ${problem.message}`)
  }
}

const integer = (key: string, text: string): number => {
  if (/^[+-]?\d+$/.test(text)) return Number(text)
  throw inRequirement(
    `values[0][${key}]: Invalid value: ${JSON.stringify(text)}: for 'Gt', 'Lt' operators, the value must be an integer`,
  )
}

const compared = (key: string, text: string, isMatch: (label: number, limit: number) => boolean): LabelMatch => {
  const limit = integer(key, text)
  return (labels) => {
    const label = labels[key]
    return label !== undefined && /^[+-]?\d+$/.test(label) && isMatch(Number(label), limit)
  }
}

const parseOperation = (key: string, operator: string, tokens: Tokens): LabelMatch => {
  const isSet = operator === "in" || operator === "notin"
  const values = isSet ? parseValues(tokens) : [parseValue(tokens)]
  checkValues(key, values)
  const [value = ""] = values
  const isIn: LabelMatch = (labels) => labels[key] !== undefined && values.includes(labels[key])
  switch (operator) {
    case "=":
    case "==":
    case "in":
      return isIn
    case "!=":
    case "notin":
      return (labels) => !isIn(labels)
    case ">":
      return compared(key, value, (label, limit) => label > limit)
    case "<":
      return compared(key, value, (label, limit) => label < limit)
    default:
      throw inRequirement(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`)
  }
}

const parseRequirement = (tokens: Tokens): LabelMatch => {
  const isNegated = tokens.next === "!"
  if (isNegated) tokens.take()
  const key = tokens.take()
  if (!isIdentifier(key)) throw inRequirement(`found '${key}', expected: identifier`)
  if (isNegated) return (labels) => labels[key] === undefined
  if (tokens.next === "" || tokens.next === ",") return (labels) => labels[key] !== undefined
  return parseOperation(key, tokens.take(), tokens)
}

/** Empty: everything. Throws 400 on what is no selector, in the words of the real server. */
export const parseLabelSelector = (text: string | undefined): LabelMatch => {
  const tokens = new Tokens(text ?? "")
  const all: Array<LabelMatch> = []
  if (tokens.next === "") return () => true
  if (tokens.next !== "!" && !isIdentifier(tokens.next)) {
    throw unexpected(tokens.next, "!, identifier, or 'end of string'")
  }
  for (;;) {
    all.push(parseRequirement(tokens))
    const separator = tokens.take()
    if (separator === "") return (labels) => all.every((matches) => matches(labels))
    if (separator !== ",") throw unexpected(separator, "',' or 'end of string'")
    if (tokens.next !== "!" && !isIdentifier(tokens.next)) throw unexpected(tokens.next, "identifier after ','")
  }
}
