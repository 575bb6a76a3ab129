/** Constructors for what a rule finds. */
import type { SpecProblem } from "../../../domain/SpecProblem.js"
import { truncated } from "../../status/bounds.js"

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

/** Values that occur more than once, each with the place of its second occurrence; absent ones do not count. Linear: lists may be long. */
export const repeated = <A>(
  values: ReadonlyArray<A | undefined>,
): ReadonlyArray<{ readonly value: A; readonly index: number }> => {
  const seen = new Set<A>()
  const again = new Map<A, number>()
  values.forEach((value, index) => {
    if (value === undefined) return
    if (seen.has(value) && !again.has(value)) again.set(value, index)
    seen.add(value)
  })
  return [...again].map(([value, index]) => ({ value, index }))
}

/** A text as long as people read it: keys and values of a resource may have a megabyte (S5). */
const cut = (text: string, limit: number): string => truncated(text.slice(0, limit + 1), limit)

const bounded = ({ path, message, fix, ...rest }: SpecProblem): SpecProblem => ({
  ...rest,
  path: cut(path, 256),
  message: cut(message, 1_024),
  fix: cut(fix, 1_024),
})

/** At most this many findings are told about one resource. */
export const maximumProblems = 100

/** A rack's tree says again what it inherits from the cluster's. */
const shared = (path: string): string => path.replace(/^spec\.rackConfig\.racks\[\d+\]\.(?=aerospikeConfig\b)/, "spec.")

/** Each finding once, the first place of it counts: racks repeat what they inherit. At most a hundred. */
export const firstOfEach = (problems: ReadonlyArray<SpecProblem>): ReadonlyArray<SpecProblem> => {
  const byIdentity = new Map<string, SpecProblem>()
  for (const found of problems) {
    const identity = `${found.rule ?? ""}\n${shared(found.path)}\n${found.message}`
    if (!byIdentity.has(identity)) byIdentity.set(identity, found)
  }
  return [...byIdentity.values()].slice(0, maximumProblems).map(bounded)
}
