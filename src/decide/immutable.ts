/** Wishes a StatefulSet cannot fulfil any more, in words (W72). */
import type { ImmutableField, Wait } from "../domain/Plan.js"

/** What cannot be changed, what happens instead, and what to do. */
export const describeImmutable = ({ statefulSet, field, keepsTemplate }: ImmutableField): string =>
  [
    `StatefulSet ${statefulSet}: ${field} cannot be changed`,
    keepsTemplate
      ? "the pods would lack a volume, so they keep their present template"
      : "existing pods and claims keep what they have, everything else is applied",
    `undo the change, or run \`kubectl delete statefulset ${statefulSet} --cascade=orphan\`: it is created anew and takes over its pods`,
  ].join("; ")

/** A roll-out that cannot begin before the user decides. */
export const immutableWaits = (fields: ReadonlyArray<ImmutableField>): ReadonlyArray<Wait> =>
  fields
    .filter(({ keepsTemplate }) => keepsTemplate)
    .map((field) => ({ kind: "UnsafeRestart", pods: [], message: describeImmutable(field) }))
