/** The copy of a template that a cluster holds in its status: what it is resolved with until somebody asks for a newer one (api.md §7.2). */
import * as Either from "effect/Either"
import { decodeTemplateSpec, type TemplateSpec } from "../../../domain/AerospikeClusterTemplate.js"
import type { ClusterStatus } from "../../../domain/ClusterStatus.js"
import type { SpecProblem } from "../../../domain/SpecProblem.js"
import { problem } from "../rules/problem.js"
import { textProblems } from "../rules/text.js"

const resync = 'annotate the cluster with acko.io/resync-template="true" to copy the template again'

/** What is wrong inside a copy, told where the cluster refers to the template. */
const unusable = (reference: string, problems: ReadonlyArray<SpecProblem>): ReadonlyArray<SpecProblem> =>
  problems.map(({ path, message, rule }) =>
    problem(
      rule ?? "template",
      "spec.templateRef.name",
      `template ${reference} is unusable: ${path}: ${message}`,
      `correct the template, then ${resync}`,
    ),
  )

/**
 * The template a cluster that refers to `reference` works with; undefined when it holds no copy of that one. A copy without content (E3), or with
 * content that makes no sense, is refused. Nobody else may have judged it: a template is stored and copied also while there are no webhooks (R126).
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
  const { problems: unsafe } = textProblems(held.spec)
  return unsafe.length > 0
    ? Either.left(unusable(reference, unsafe))
    : Either.mapLeft(decodeTemplateSpec(held.spec), ({ problems }) => unusable(reference, problems))
}
