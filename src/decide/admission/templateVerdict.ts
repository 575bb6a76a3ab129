/** Everything that can be said about a template without a cluster that uses it (api.md §6.7, §6.8). */
import * as Either from "effect/Either"
import { decodeTemplateSpec } from "../../domain/AerospikeClusterTemplate.js"
import type { SpecProblem } from "../../domain/EffectiveCluster.js"
import { firstOfEach } from "../effective/rules/problem.js"
import { templateSpecProblems, templateSpecWarnings } from "../effective/rules/templateSpec.js"
import { textProblems } from "../effective/rules/text.js"

export interface TemplateExamination {
  readonly errors: ReadonlyArray<SpecProblem>
  readonly warnings: ReadonlyArray<SpecProblem>
}

/** `spec`: the template's spec as sent; a template may have none. */
export const examineTemplate = (spec: unknown): TemplateExamination => {
  const { isUnreadable, problems: unsafe } = textProblems(spec)
  if (isUnreadable) return { errors: unsafe, warnings: [] }
  return Either.match(decodeTemplateSpec(spec), {
    onLeft: (unread) => ({ errors: firstOfEach([...unsafe, ...unread]), warnings: [] }),
    onRight: (template) => ({
      errors: firstOfEach([...unsafe, ...templateSpecProblems(template, "spec")]),
      warnings: firstOfEach(templateSpecWarnings(template, "spec")),
    }),
  })
}
