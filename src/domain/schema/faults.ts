/** What of a value a schema refuses, fault by fault. */
import type * as ParseResult from "effect/ParseResult"
import type * as SchemaAST from "effect/SchemaAST"

export type Path = ReadonlyArray<PropertyKey>

export interface Fault {
  readonly path: Path
  /** What was expected there, with its bounds. */
  readonly expected: SchemaAST.AST
  readonly isMissing: boolean
}

const isList = <A>(value: A | ReadonlyArray<A>): value is ReadonlyArray<A> => Array.isArray(value)
const all = <A>(one: A | ReadonlyArray<A>): ReadonlyArray<A> => (isList(one) ? one : [one])

/** `around`: the type with bounds whose inside is looked at; what does not even fit inside must fit it, too. */
const below = (issue: ParseResult.ParseIssue, path: Path, around: SchemaAST.AST | undefined): ReadonlyArray<Fault> => {
  switch (issue._tag) {
    case "Pointer":
      return below(issue.issue, [...path, ...all<PropertyKey>(issue.path)], undefined)
    case "Composite":
      return issue.ast._tag === "Union"
        ? [{ path, expected: around ?? issue.ast, isMissing: false }]
        : all<ParseResult.ParseIssue>(issue.issues).flatMap((inner) => below(inner, path, around))
    case "Refinement":
      return issue.kind === "Predicate"
        ? [{ path, expected: around ?? issue.ast, isMissing: false }]
        : below(issue.issue, path, around ?? issue.ast)
    case "Transformation":
      return below(issue.issue, path, around ?? issue.ast)
    case "Missing":
      return [{ path, expected: issue.ast.type, isMissing: true }]
    case "Type":
    case "Forbidden":
      return [{ path, expected: around ?? issue.ast, isMissing: false }]
    case "Unexpected":
      return []
  }
}

/** All faults, in the order of the schema. */
export const faultsOf = (issue: ParseResult.ParseIssue): ReadonlyArray<Fault> => below(issue, [], undefined)
