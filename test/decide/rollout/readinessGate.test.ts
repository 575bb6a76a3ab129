import { describe, expect, it } from "@effect/vitest"
import { gates } from "../../../src/decide/rollout/readinessGate.js"
import { members } from "../../../src/decide/rollout/members.js"
import { readinessGate } from "../../../src/domain/Labels.js"
import { serverError } from "../../../src/domain/NodeFacts.js"
import type { Snapshot } from "../../../src/domain/Snapshot.js"
import * as Build from "../../support/snapshots.js"

const evaluate = (snapshot: Snapshot) => {
  const effective = Build.effectiveOf(snapshot.cluster)
  return gates(snapshot, effective, members(snapshot, effective))
}

const gated = (status: "True" | "False" | undefined, since = "2026-11-22T11:00:12Z"): Snapshot => {
  const world = Build.matchingSnapshot({ spec: { extra: { podSpec: { readinessGateEnabled: true } } } })
  return {
    ...world,
    pods: world.pods.map((pod) => ({
      ...pod,
      readinessGates: [readinessGate],
      conditions: [
        { type: "ContainersReady", status: "True" as const },
        ...(status === undefined ? [] : [{ type: readinessGate, status, lastTransitionTime: since }]),
      ],
    })),
  }
}

const set = (snapshot: Snapshot): ReadonlyArray<string> =>
  evaluate(snapshot).steps.map((step) => (step._tag === "SetGate" ? `${step.pod.name}=${step.status}` : step._tag))

describe("readiness gate", () => {
  it("R20-3: opens with one fresh answer of a member", () => {
    const { latest } = gated(undefined).facts
    expect(set({ ...gated(undefined), facts: latest === undefined ? {} : { latest } })).toEqual([
      "demo-0-0=True",
      "demo-0-1=True",
      "demo-0-2=True",
    ])
  })

  it("R20-3: asks at once when the answers are older than the pods", () => {
    const snapshot = { ...gated(undefined), podsChangedAt: Build.noon }
    expect(set(snapshot)).toEqual([])
    expect(evaluate(snapshot).facts?.when).toBe("fresh")
  })

  it("W63: migrations neither keep it closed nor close it", () => {
    const migrating = (snapshot: Snapshot) =>
      Build.withAnswers(snapshot, 1, (a) => ({
        ...Build.withStatistics(a, { migrate_partitions_remaining: "900" }),
        stableKey: serverError(7, "unstable cluster"),
      }))
    expect(set(migrating(gated("False")))).toHaveLength(3)
    expect(set(migrating(gated("True")))).toEqual([])
  })

  it("W37: an orphan node stays closed while the others are members", () => {
    const orphan = Build.withAnswers(gated("False"), 1, (a) =>
      Build.withStatistics(a, { cluster_key: "BEEF", cluster_size: "1" }),
    )
    expect(set(orphan)).toEqual(["demo-0-0=True", "demo-0-2=True"])
  })

  it("W63: stays open when a node does not answer, or the cluster re-forms", () => {
    const open = gated("True")
    expect(set(Build.withNode(open, 1, Build.unreachable(open.pods[1]!)))).toEqual([])
    let reforming = open
    for (const n of [0, 1, 2]) {
      reforming = Build.withAnswers(reforming, n, (a) =>
        Build.withStatistics(a, { cluster_is_member: "false", cluster_integrity: "false" }),
      )
    }
    expect(set(reforming)).toEqual([])
    const lagging = Build.withAnswers(open, 1, (a) => Build.withStatistics(a, { cluster_key: "BEEF" }))
    expect(set(lagging)).toEqual([])
  })

  it("W63: closes when the others have formed a cluster without it, seen twice", () => {
    const without = (which: ReadonlyArray<"latest" | "previous">): Snapshot => {
      let snapshot = Build.withAnswers(
        gated("True"),
        1,
        (a) => Build.withStatistics(a, { cluster_key: "BEEF", cluster_size: "1" }),
        which,
      )
      for (const n of [0, 2])
        snapshot = Build.withAnswers(snapshot, n, (a) => Build.withStatistics(a, { cluster_size: "2" }), which)
      return snapshot
    }
    expect(set(without(["latest"]))).toEqual([])
    expect(set(without(["latest", "previous"]))).toEqual(["demo-0-1=False"])
  })

  it("W63: counts for one run of the container only", () => {
    const restarted = Build.withPod(gated("True"), 1, (pod) => ({
      ...pod,
      containers: pod.containers.map((c) => ({ ...c, startedAt: Build.noon - 10_000, ready: false, restartCount: 1 })),
      conditions: pod.conditions.map((c) => (c.type === "ContainersReady" ? { ...c, status: "False" as const } : c)),
    }))
    expect(set(restarted)).toEqual(["demo-0-1=False"])
  })
})
