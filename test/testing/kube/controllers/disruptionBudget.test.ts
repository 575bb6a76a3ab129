import { describe, expect, it } from "vitest"
import { budgetStatus, countsPods } from "../../../../src/testing/kube/controllers/disruptionBudget.js"
import type { BudgetObject, PodObject } from "../../../../src/testing/kube/controllers/objects.js"
import { aPodOf, aStatefulSet, terminating } from "./builders.js"

const budget = (spec: NonNullable<BudgetObject["spec"]>, status = {}): BudgetObject => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: "pdb", namespace: "ns", generation: 2 },
  spec,
  status,
})
const set = aStatefulSet()
const pods = (count: number): ReadonlyArray<PodObject> => Array.from({ length: count }, (_, i) => aPodOf(set, i))
const unready = aPodOf(set, 9, { status: { phase: "Running", conditions: [] } })
const numbers = (...input: Parameters<typeof budgetStatus>) => {
  const { currentHealthy, desiredHealthy, disruptionsAllowed, expectedPods } = budgetStatus(...input)
  return [expectedPods, currentHealthy, desiredHealthy, disruptionsAllowed]
}

describe("budgetStatus (R92)", () => {
  it("maxUnavailable counts against the replicas asked for, not against the pods there are", () => {
    expect(numbers(budget({ maxUnavailable: 1 }), pods(3), 3, 0)).toEqual([3, 3, 2, 1])
    expect(numbers(budget({ maxUnavailable: 1 }), [...pods(2), unready], 3, 0)).toEqual([3, 2, 2, 0])
    expect(numbers(budget({ maxUnavailable: 1 }), pods(2), 8, 0)).toEqual([8, 2, 7, 0])
  })

  it("percentages round up", () => {
    expect(numbers(budget({ maxUnavailable: "30%" }), pods(5), 5, 0)).toEqual([5, 5, 3, 2])
    expect(numbers(budget({ minAvailable: "50%" }), pods(5), 5, 0)).toEqual([5, 5, 3, 2])
  })

  it("an absolute minAvailable counts pods", () => {
    expect(countsPods(budget({ minAvailable: 2 }))).toBe(true)
    expect(countsPods(budget({ minAvailable: "50%" }))).toBe(false)
    expect(numbers(budget({ minAvailable: 2 }), pods(3), 3, 0)).toEqual([3, 3, 2, 1])
  })

  it("terminating pods and pods just evicted are not healthy", () => {
    const leaving = aPodOf(set, 2, { metadata: terminating })
    expect(numbers(budget({ maxUnavailable: 1 }), [...pods(2), leaving], 3, 0)).toEqual([3, 2, 2, 0])
    const evicted = budget({ maxUnavailable: 1 }, { disruptedPods: { "db-1": "1970-01-01T00:00:00Z", "db-7": "x" } })
    expect(numbers(evicted, pods(3), 3, 1_000)).toEqual([3, 2, 2, 0])
    expect(budgetStatus(evicted, pods(3), 3, 1_000).disruptedPods).toEqual({ "db-1": "1970-01-01T00:00:00Z" })
    expect(numbers(evicted, pods(3), 3, 200_000)).toEqual([3, 3, 2, 1])
  })

  it("no pods allow nothing", () => {
    expect(numbers(budget({ maxUnavailable: 1 }), [], 0, 0)).toEqual([0, 0, 0, 0])
  })
})
