/** What a value of the wrong type was probably meant to be, and what may stand in for one that means nothing. */
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"

const fits = (ast: SchemaAST.AST, value: unknown): boolean => ParseResult.is(Schema.make(ast))(value)

/** The first that fits. */
const firstFitting = (ast: SchemaAST.AST, values: ReadonlyArray<unknown>): ReadonlyArray<unknown> =>
  values.filter((value) => fits(ast, value)).slice(0, 1)

/** The words a type consists of; none where it is not a choice of words. */
export const wordsOf = (ast: SchemaAST.AST): ReadonlyArray<string> => {
  switch (ast._tag) {
    case "Literal":
      return typeof ast.literal === "string" ? [ast.literal] : []
    case "Union":
      return ast.types.flatMap(wordsOf)
    case "Refinement":
    case "Transformation":
      return wordsOf(ast.from)
    default:
      return []
  }
}

/** Words that YAML 1.1 reads as true or false where they are not quoted. */
const yes = new Set(["true", "yes", "on", "y"])
const no = new Set(["false", "no", "off", "n"])

const readings = (ast: SchemaAST.AST, text: string): ReadonlyArray<unknown> => {
  const word = text.trim().toLowerCase()
  return [
    ...(/^-?\d{1,15}(\.\d+)?$/.test(word) ? [Number(word)] : []),
    ...(yes.has(word) ? [true] : no.has(word) ? [false] : []),
    ...wordsOf(ast).filter((known) => known.toLowerCase() === word),
  ]
}

/** `minimal` where a map with nothing but a name is needed. */
const underItsName = (ast: SchemaAST.AST, text: string): ReadonlyArray<unknown> => {
  if (ast._tag !== "TypeLiteral") return []
  const [only, ...more] = ast.propertySignatures.filter(({ isOptional }) => !isOptional)
  return only === undefined || more.length > 0 ? [] : [{ [String(only.name)]: text }]
}

/** The value that `value` is another spelling of, as a list of one; empty when there is none. */
export const meantBy = (ast: SchemaAST.AST, value: unknown): ReadonlyArray<unknown> => {
  switch (typeof value) {
    case "string":
      return firstFitting(ast, [...readings(ast, value), [value], ...underItsName(ast, value)])
    case "number":
    case "boolean":
      // A number that is none of those a choice takes is not meant as text.
      if (ast._tag === "Union") return []
      return firstFitting(ast, [String(value), [value], [String(value)]])
    case "object":
      return value === null || Array.isArray(value) ? [] : firstFitting(ast, [[value]])
    default:
      return []
  }
}

const members = (ast: SchemaAST.TypeLiteral, nth: number): ReadonlyArray<unknown> => {
  const required = ast.propertySignatures.filter(({ isOptional }) => !isOptional)
  const entries = required.map(({ name, type }) => [String(name), standIn(type, nth)] as const)
  return entries.every(([, values]) => values.length > 0)
    ? [Object.fromEntries(entries.map(([name, [value]]) => [name, value]))]
    : []
}

const candidates = (ast: SchemaAST.AST, nth: number): ReadonlyArray<unknown> => {
  switch (ast._tag) {
    case "StringKeyword":
      return [`unnamed-${nth}`, "x", ""]
    case "NumberKeyword":
      return [1000 + nth, 1, 0]
    case "BooleanKeyword":
      return [false]
    case "Literal":
      return [ast.literal]
    case "Union":
      return ast.types.flatMap((type) => candidates(type, nth))
    case "Refinement":
    case "Transformation":
      return candidates(ast.from, nth)
    case "TypeLiteral":
      return members(ast, nth)
    case "TupleType": {
      const [rest] = ast.rest
      return [[], ...(rest === undefined ? [] : standIn(rest.type, nth).map((item) => [item]))]
    }
    default:
      return []
  }
}

/** Any value that fits, as a list of one; the `nth` differs from the others as far as the type allows. Empty when none is found. */
export const standIn = (ast: SchemaAST.AST, nth: number): ReadonlyArray<unknown> =>
  firstFitting(ast, candidates(ast, nth))
