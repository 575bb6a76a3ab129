/** Constructors for what a rule finds. */
import type { SpecProblem } from "../../../domain/EffectiveCluster.js"

/** One finding of rule `rule`. */
export const problem = (rule: string, path: string, message: string, fix: string): SpecProblem => ({
  rule,
  path,
  message,
  fix,
})

/** The finding when `condition` holds, else nothing. */
export const when = (
  condition: boolean,
  rule: string,
  path: string,
  message: string,
  fix: string,
): ReadonlyArray<SpecProblem> => (condition ? [problem(rule, path, message, fix)] : [])

/** Values that occur more than once, in order of their second occurrence. */
export const repeated = <A>(values: ReadonlyArray<A>): ReadonlyArray<A> => [
  ...new Set(values.filter((value, index) => values.indexOf(value) !== index)),
]
