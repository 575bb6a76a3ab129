/**
 * From a cluster as written and its template to the spec everything is decided from (api.md §7). Precedence: the cluster, then
 * `spec.overrides`, then the template; defaults come afterwards, so that none of them beats a template (Appendix B 1, 2). The stored spec is
 * never touched (W28).
 */
import * as Either from "effect/Either"
import type { ClusterSpec } from "../../domain/AerospikeCluster.js"
import type { TemplateSpec } from "../../domain/AerospikeClusterTemplate.js"
import type { SpecProblem } from "../../domain/SpecProblem.js"
import { problem, when } from "./rules/problem.js"
import { inherit } from "./template/inherit.js"
import { withOverrides } from "./template/overrides.js"
import { templateWarnings } from "./template/warnings.js"

/** What resolution answers: the spec to work with, and what to tell about it. */
export interface ResolvedSpec {
  readonly spec: ClusterSpec
  readonly warnings: ReadonlyArray<SpecProblem>
  /** StorageClass whose volumes must be local, where the template demands that. */
  readonly localClass?: string
}

/** E4, E5: what neither the cluster nor its template says. */
const missing = (spec: ClusterSpec, template: string): ReadonlyArray<SpecProblem> => [
  ...when(
    !spec.image,
    "E4",
    "spec.image",
    `no image: neither the cluster nor template ${template} names one`,
    "set spec.image, spec.overrides.image or the template's image",
  ),
  ...when(
    !spec.size,
    "E5",
    "spec.size",
    `no size: neither the cluster nor template ${template} has one`,
    "set spec.size, spec.overrides.size or the template's size to 1 to 8",
  ),
]

/**
 * The resolved spec of the cluster called `name`. `template` is the spec of the template it refers to; absent when there is none of that name
 * (E1). Without a `templateRef` the answer is the spec as written.
 */
export const resolveTemplate = (
  spec: ClusterSpec,
  template: TemplateSpec | undefined,
  name: string,
): Either.Either<ResolvedSpec, ReadonlyArray<SpecProblem>> => {
  const reference = spec.templateRef?.name
  if (reference === undefined) return Either.right({ spec, warnings: [] })
  if (template === undefined)
    return Either.left([
      problem(
        "E1",
        "spec.templateRef.name",
        `there is no AerospikeClusterTemplate ${reference}`,
        `create it, or name another template (\`kubectl get asct\` lists them)`,
      ),
    ])
  const effective = withOverrides(template, spec.overrides)
  const resolved = inherit(spec, effective, name)
  const problems = missing(resolved, reference)
  if (problems.length > 0) return Either.left(problems)
  const { localPVRequired, storageClassName: localClass } = effective.storage ?? {}
  return Either.right({
    spec: resolved,
    warnings: templateWarnings(spec, effective),
    ...(localPVRequired === true && localClass ? { localClass } : {}),
  })
}
