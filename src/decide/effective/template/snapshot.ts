/** The copy of a template that a cluster holds in its status: what it is resolved with until somebody asks for a newer one (api.md §7.2). */
import * as Either from "effect/Either"
import { decodeTemplateSpec, type TemplateSpec } from "../../../domain/AerospikeClusterTemplate.js"
import type { ClusterStatus } from "../../../domain/ClusterStatus.js"
import type { SpecProblem } from "../../../domain/EffectiveCluster.js"
import { problem } from "../rules/problem.js"

const resync = 'annotate the cluster with acko.io/resync-template="true" to copy the template again'

/**
 * The template a cluster that refers to `reference` works with; undefined when it holds no copy of that one. A copy without content (E3), or with
 * content that makes no sense, is refused.
 */
export const heldTemplate = (
  { templateSnapshot: held }: Pick<ClusterStatus, "templateSnapshot">,
  reference: string | undefined,
): Either.Either<TemplateSpec | undefined, ReadonlyArray<SpecProblem>> => {
  if (reference === undefined || held?.name !== reference) return Either.right(undefined)
  if (held.spec === undefined)
    return Either.left([
      problem("E3", "spec.templateRef.name", `the copy of template ${reference} in the status has no spec`, resync),
    ])
  return Either.mapLeft(decodeTemplateSpec(held.spec), (problems) =>
    problems.map(({ path, message, rule }) =>
      problem(
        rule ?? "template",
        "spec.templateRef.name",
        `template ${reference} is unusable: ${path}: ${message}`,
        `correct the template, then ${resync}`,
      ),
    ),
  )
}
