/** All errors at once: what can be said of a spec that the schema refuses, beside what the schema says. */
import type { SpecProblem } from "../../domain/SpecProblem.js"
import type { Undecoded } from "../../domain/schema/decode.js"
import { firstOfEach } from "./rules/problem.js"

export interface Said {
  readonly errors: ReadonlyArray<SpecProblem>
  readonly warnings: ReadonlyArray<SpecProblem>
}

/** Whether `path` is `place`, or a part of what is there. */
export const isAtOrBelow = (path: string, place: string): boolean =>
  path.startsWith(place) && (path.length === place.length || /^[.[]/.test(path.slice(place.length)))

/** What the schema says, and what `judge` says of the rest of the spec; not what it says of places where nothing is left of what was written. */
export const besideUndecoded = <A>({ problems, rest, lostAt }: Undecoded<A>, judge: (rest: A) => Said): Said => {
  if (rest === undefined) return { errors: firstOfEach(problems), warnings: [] }
  const { errors, warnings } = judge(rest)
  const isOfTheRest = ({ path }: SpecProblem): boolean => !lostAt.some((place) => isAtOrBelow(path, place))
  return { errors: firstOfEach([...problems, ...errors.filter(isOfTheRest)]), warnings: warnings.filter(isOfTheRest) }
}
