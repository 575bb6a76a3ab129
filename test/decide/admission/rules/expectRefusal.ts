import * as Either from "effect/Either"
import { expect } from "vitest"
import { problemText } from "../../../../src/decide/admission/review.js"
import { effectiveCluster } from "../../../../src/decide/effective/effectiveCluster.js"
import { clusterView } from "../../../../src/observe/views.js"
import { cluster, errorRules, review, type RuleCase } from "../../../support/review.js"

/**
 * The spec is refused by exactly these rules; each finding names a field and a fix, and together they mention everything they must. The
 * reconciler, which knows nothing of admission, says the same (R126).
 */
export const expectRefusal = (...[, spec, rules, mentions]: RuleCase): void => {
  const verdict = review(spec)
  expect(errorRules(verdict)).toEqual(rules)
  expect(Either.flatMap(clusterView(cluster(spec)), effectiveCluster)).toEqual(Either.left(verdict.errors))
  const text = verdict.errors.map(problemText).join("\n")
  for (const mention of mentions) expect(text).toContain(mention)
  for (const { path, message, fix } of verdict.errors) {
    expect(path).toMatch(/^(spec|metadata)\b/)
    expect(message).not.toBe("")
    expect(fix).not.toBe("")
  }
}
