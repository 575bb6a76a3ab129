/** The arithmetic of a PodDisruptionBudget, as the disruption controller does it. */
import {
  type BudgetObject,
  type Condition,
  conditionOf,
  isTerminating,
  nameOf,
  type PodObject,
  timestamp,
} from "./objects.js"

export interface BudgetStatus {
  readonly observedGeneration: number
  readonly expectedPods: number
  readonly currentHealthy: number
  readonly desiredHealthy: number
  readonly disruptionsAllowed: number
  readonly conditions: ReadonlyArray<Condition>
  /** Pods an eviction let go and that are not yet seen leaving, with the time of the eviction; they no longer count as healthy. */
  readonly disruptedPods: Readonly<Record<string, string>>
}

/** An eviction whose deletion is not seen for this long did not happen. */
const disruptionTimeoutMs = 120_000

const scaled = (value: number | string, total: number): number => {
  if (typeof value === "number") return value
  const percent = /^(\d+)%$/.exec(value)?.[1]
  return percent === undefined ? Number(value) : Math.ceil((Number(percent) * total) / 100)
}

/** A budget counts `spec.replicas` of the pods' controllers, except with an absolute `minAvailable`: then it counts pods. */
export const countsPods = (budget: BudgetObject): boolean =>
  budget.spec?.maxUnavailable === undefined && typeof budget.spec?.minAvailable !== "string"

/** @param expectedPods replicas the controllers of `pods` ask for, or the number of pods ({@link countsPods}) */
export const budgetStatus = (
  budget: BudgetObject,
  pods: ReadonlyArray<PodObject>,
  expectedPods: number,
  now: number,
): BudgetStatus => {
  const evicted = (budget.status?.["disruptedPods"] ?? {}) as Readonly<Record<string, string>>
  const disruptedPods = Object.fromEntries(
    Object.entries(evicted).filter(
      ([name, at]) =>
        now - Date.parse(at) < disruptionTimeoutMs && pods.some((pod) => nameOf(pod) === name && !isTerminating(pod)),
    ),
  )
  const currentHealthy = pods.filter(
    (pod) =>
      !isTerminating(pod) &&
      disruptedPods[nameOf(pod)] === undefined &&
      conditionOf(pod.status?.conditions, "Ready")?.status === "True",
  ).length
  const { maxUnavailable, minAvailable } = budget.spec ?? {}
  const desiredHealthy =
    maxUnavailable === undefined
      ? scaled(minAvailable ?? 1, expectedPods)
      : Math.max(0, expectedPods - scaled(maxUnavailable, expectedPods))
  const disruptionsAllowed = expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy)
  const before = conditionOf(budget.status?.["conditions"] as ReadonlyArray<Condition> | undefined, "DisruptionAllowed")
  const status = disruptionsAllowed > 0 ? "True" : "False"
  return {
    observedGeneration: budget.metadata.generation ?? 1,
    expectedPods,
    currentHealthy,
    desiredHealthy,
    disruptionsAllowed,
    disruptedPods,
    conditions: [
      {
        type: "DisruptionAllowed",
        status,
        reason: disruptionsAllowed > 0 ? "SufficientPods" : "InsufficientPods",
        lastTransitionTime: (before?.status === status ? before.lastTransitionTime : undefined) ?? timestamp(now),
      },
    ],
  }
}
