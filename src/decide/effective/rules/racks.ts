/** Rack and batch rules V23–V27, W14–W16, and the range of `maxUnavailable`. */
import type { ClusterSpec } from "../../../domain/AerospikeCluster.js"
import type { IntOrPercent } from "../../../domain/EffectiveCluster.js"
import type { SpecProblem } from "../../../domain/SpecProblem.js"
import { percentOf } from "../amounts.js"
import { problem, repeated, when } from "./problem.js"

/** A whole number of at least `minimum`, or a percentage between `minimum` and 100 (vectors C.2). */
export const isAmount = (value: IntOrPercent, minimum: number): boolean => {
  if (typeof value === "number") return Number.isInteger(value) && value >= minimum
  const percent = percentOf(value)
  return percent !== undefined && percent >= minimum && percent <= 100
}

const amountProblems = (
  rule: string,
  path: string,
  value: IntOrPercent | undefined,
  minimum: number,
): ReadonlyArray<SpecProblem> =>
  when(
    value !== undefined && !isAmount(value, minimum),
    rule,
    path,
    `${JSON.stringify(value)} is neither a whole number of at least ${minimum} nor a percentage from ${minimum}% to 100%`,
    `write a number such as ${Math.max(1, minimum)} or a percentage such as "25%"`,
  )

export const rackProblems = (spec: ClusterSpec): ReadonlyArray<SpecProblem> => {
  const racks = spec.rackConfig?.racks ?? []
  const path = "spec.rackConfig"
  return [
    ...repeated(racks.map((rack) => rack.id)).map(({ value, index }) =>
      problem(
        "V23",
        `${path}.racks[${index}].id`,
        `rack id ${value} occurs more than once`,
        "give every rack its own id",
      ),
    ),
    ...repeated(racks.map((rack) => rack.rackLabel || undefined)).map(({ value, index }) =>
      problem(
        "V24",
        `${path}.racks[${index}].rackLabel`,
        `rackLabel ${value} occurs more than once`,
        "give every rack its own label",
      ),
    ),
    ...amountProblems("V25", `${path}.scaleDownBatchSize`, spec.rackConfig?.scaleDownBatchSize, 1),
    ...amountProblems("V26", `${path}.maxIgnorablePods`, spec.rackConfig?.maxIgnorablePods, 0),
    ...amountProblems("V27", `${path}.rollingUpdateBatchSize`, spec.rackConfig?.rollingUpdateBatchSize, 1),
    ...amountProblems("maxUnavailable", "spec.maxUnavailable", spec.maxUnavailable, 0),
  ]
}

/** Comparisons with the size wait until it is known (api.md appendix B 5). */
export const budgetWarnings = (spec: ClusterSpec, size: number): ReadonlyArray<SpecProblem> => {
  const budget = spec.maxUnavailable
  const path = "spec.maxUnavailable"
  return [
    ...when(
      size > 0 && (spec.rollingUpdateBatchSize ?? 1) > size,
      "W14",
      "spec.rollingUpdateBatchSize",
      `a batch of ${spec.rollingUpdateBatchSize} is larger than the cluster of ${size}`,
      "use at most the size; one pod at a time is safest",
    ),
    ...when(
      size > 0 && typeof budget === "number" && budget >= size,
      "W15",
      path,
      `a budget of ${budget} of ${size} pods protects nothing`,
      "use a number below the size",
    ),
    ...when(
      typeof budget === "string" && (percentOf(budget) ?? 0) >= 100,
      "W16",
      path,
      `a budget of ${budget} protects nothing`,
      "use less than 100%",
    ),
  ]
}
