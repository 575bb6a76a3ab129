/** Everything that can be said about a template without a cluster that uses it (api.md §6.7, §6.8). */
import * as Either from "effect/Either"
import { decodeTemplateSpec, type TemplateSpec } from "../../domain/AerospikeClusterTemplate.js"
import { firstOfEach } from "../effective/rules/problem.js"
import { templateSpecProblems, templateSpecWarnings } from "../effective/rules/templateSpec.js"
import { textProblems } from "../effective/rules/text.js"
import { besideUndecoded, type Said } from "../effective/undecoded.js"

/** `spec`: the template's spec as sent; a template may have none. */
export const examineTemplate = (spec: unknown): Said => {
  const { isUnreadable, problems: unsafe } = textProblems(spec)
  if (isUnreadable) return { errors: unsafe, warnings: [] }
  const judged = (template: TemplateSpec): Said => ({
    errors: templateSpecProblems(template, "spec"),
    warnings: firstOfEach(templateSpecWarnings(template, "spec")),
  })
  const { errors, warnings } = Either.match(decodeTemplateSpec(spec), {
    onLeft: (undecoded) => besideUndecoded(undecoded, judged),
    onRight: judged,
  })
  return { errors: firstOfEach([...unsafe, ...errors]), warnings }
}
