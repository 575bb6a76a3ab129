/** Where the fields of a template enter a cluster. */
import * as Either from "effect/Either"
import type { ClusterSpec } from "../../domain/AerospikeCluster.js"
import type { SpecProblem } from "../../domain/EffectiveCluster.js"
import { problem } from "./rules/problem.js"

/** What resolution answers: the spec to work with, and what to tell about it. */
export interface ResolvedSpec {
  readonly spec: ClusterSpec
  readonly warnings: ReadonlyArray<SpecProblem>
}

/**
 * The spec with its template's values. Templates are not read yet: a cluster that names size and image itself works without its template and
 * says so; one that depends on the template is refused.
 */
export const resolveTemplate = (spec: ClusterSpec): Either.Either<ResolvedSpec, ReadonlyArray<SpecProblem>> => {
  const name = spec.templateRef?.name
  if (name === undefined) return Either.right({ spec, warnings: [] })
  const missing = [...(spec.size ? [] : ["size"]), ...(spec.image ? [] : ["image"])]
  if (missing.length > 0)
    return Either.left(
      missing.map((field) =>
        problem(
          "template",
          `spec.${field}`,
          `${field} is left to template ${name}, which this version does not read`,
          `set spec.${field} in the cluster`,
        ),
      ),
    )
  return Either.right({
    spec,
    warnings: [
      problem(
        "template",
        "spec.templateRef",
        `template ${name} and spec.overrides are not applied by this version; only what the cluster itself says counts`,
        "copy the template's values into the cluster",
      ),
    ],
  })
}
