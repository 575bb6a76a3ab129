import { describe, expect, it } from "@effect/vitest"
import { plan } from "../../../src/decide/plan.js"
import { Annotation } from "../../../src/domain/Labels.js"
import { Container } from "../../../src/domain/Names.js"
import type { Plan, Step } from "../../../src/domain/Plan.js"
import type { Snapshot } from "../../../src/domain/Snapshot.js"
import * as Build from "../../support/snapshots.js"

const older = "aerospike:ce-8.1.1.0"
const proceed = (snapshot: Snapshot): Extract<Plan, { readonly _tag: "Proceed" }> => {
  const decided = plan(snapshot)
  if (decided._tag !== "Proceed") throw new Error(decided._tag)
  return decided
}
const restarts = (snapshot: Snapshot): ReadonlyArray<Extract<Step, { readonly _tag: "RestartPod" }>> =>
  proceed(snapshot).tracks.flatMap((track) => track.steps.filter((step) => step._tag === "RestartPod"))
const names = (snapshot: Snapshot): ReadonlyArray<string> => restarts(snapshot).map((step) => step.pod.name)

/** Pods of an older image; the StatefulSet already carries the new one. */
const outdated = (spec: Build.SpecOptions = {}, cluster: Partial<Snapshot["cluster"]> = {}): Snapshot => {
  const running = Build.matchingSnapshot({ spec: { ...spec, image: older }, cluster })
  const wanted = Build.matchingSnapshot({ spec, cluster })
  return { ...wanted, pods: running.pods }
}

describe("rolling restart", () => {
  it("W5: highest ordinal first, with evidence and a reason in words", () => {
    const [step] = restarts(outdated())
    expect(step).toMatchObject({
      pod: { name: "demo-0-2" },
      reason: "ImageChanged",
      because: `image ${older} → aerospike:ce-8.1.2.0`,
      evidence: { clusterSize: 3 },
      statefulSet: { name: "demo-0" },
    })
    expect(proceed(outdated()).progress.pendingRestarts.map(({ pod }) => pod)).toEqual([
      "demo-0-2",
      "demo-0-1",
      "demo-0-0",
    ])
  })

  it("W5, W30: a configuration change says what changed", () => {
    const running = Build.matchingSnapshot({ spec: { service: { "proto-fd-max": 10000 } } })
    const wanted = Build.matchingSnapshot()
    const [step] = restarts({ ...wanted, pods: running.pods })
    expect(step?.reason).toBe("ConfigChanged")
    expect(step?.because).not.toBe("")
  })

  it("S2, W13: the batch is limited by maxUnavailable, restart batch and copies in memory, and stays in one rack", () => {
    const batch = (extra: Record<string, unknown>, spec: Build.SpecOptions = {}) =>
      names(outdated({ size: 6, extra: { maxUnavailable: 3, rollingUpdateBatchSize: 2, ...extra }, ...spec }))
    expect(batch({})).toEqual(["demo-0-5"])
    expect(batch({}, { persistent: true })).toEqual(["demo-0-5", "demo-0-4"])
    expect(batch({ maxUnavailable: 1 }, { persistent: true })).toEqual(["demo-0-5"])
    expect(batch({ rollingUpdateBatchSize: 4 }, { persistent: true, racks: [1, 2, 3] })).toEqual([
      "demo-1-1",
      "demo-1-0",
    ])
  })

  it("S2: maxUnavailable 0 restarts nothing healthy and says so", () => {
    const snapshot = outdated({ extra: { maxUnavailable: 0 } })
    expect(names(snapshot)).toEqual([])
    expect(proceed(snapshot).waits).toMatchObject([
      { kind: "UnsafeRestart", message: expect.stringContaining("maxUnavailable") as unknown },
    ])
  })

  it("S3: the last copy in memory needs the annotation, one on a claim does not", () => {
    const single = { size: 1, replicationFactor: 1 }
    expect(names(outdated(single))).toEqual([])
    expect(proceed(outdated(single)).waits[0]?.kind).toBe("UnsafeRestart")
    expect(names(outdated(single, { annotations: { [Annotation.allowUnsafeRestart]: "true" } }))).toEqual(["demo-0-0"])
    expect(names(outdated({ ...single, persistent: true }))).toEqual(["demo-0-0"])
  })

  it("W10, R86: a broken pod of the old revision goes first and needs no evidence", () => {
    const snapshot = Build.withPod(outdated(), 0, Build.crashing)
    expect(restarts(snapshot)).toHaveLength(1)
    expect(restarts(snapshot)[0]).toMatchObject({ pod: { name: "demo-0-0" } })
    expect(restarts(snapshot)[0]?.evidence).toBeUndefined()
  })

  it("R81, R87: a broken pod of the new revision stops the roll", () => {
    const wanted = Build.matchingSnapshot()
    const mixed = { ...outdated(), pods: [...outdated().pods.slice(0, 2), Build.crashing(wanted.pods[2]!)] }
    expect(names(mixed)).toEqual([])
    expect(proceed(mixed).waits[0]).toMatchObject({ kind: "PodReady", pods: ["demo-0-2"] })
  })

  it("R84, R88: an unready pod whose node still answers as a member is not stopped without evidence", () => {
    const sidecar = Build.withPod(outdated(), 0, (pod) => ({
      ...pod,
      conditions: [
        { type: "Ready", status: "False" },
        { type: "ContainersReady", status: "False" },
      ],
      containers: [
        ...pod.containers,
        {
          name: "sidecar",
          image: "x",
          ready: false,
          started: false,
          restartCount: 4,
          waitingReason: "CrashLoopBackOff",
        },
      ],
    }))
    expect(names(sidecar)).toEqual([])
  })

  it("R84: ready containers behind a closed gate count as serving, whatever the operator can reach", () => {
    const closed = Build.withPod(outdated(), 0, (pod) => ({
      ...pod,
      conditions: [
        { type: "Ready", status: "False" },
        { type: "ContainersReady", status: "True" },
      ],
    }))
    expect(names(Build.withNode(closed, 0, Build.unreachable(closed.pods[0]!, "Refused")))).toEqual([])
  })

  it("R65: an unready pod nobody has heard of lately is asked before anything is done to it", () => {
    const starting = Build.withPod(outdated(), 0, (pod) => ({
      ...pod,
      conditions: [{ type: "Ready", status: "False" }],
      containers: pod.containers.map((c) => ({ ...c, ready: false })),
    }))
    const unheard = { ...starting, podsChangedAt: Build.noon }
    expect(names(unheard)).toEqual([])
    expect(proceed(unheard).facts?.at).toBe(Build.noon + 1)
    expect(names(Build.withNode(starting, 0, Build.unreachable(starting.pods[0]!, "Refused")))).toEqual(["demo-0-0"])
    expect(names(Build.withNode(starting, 0, Build.unreachable(starting.pods[0]!, "Timeout")))).toEqual([])
  })

  it("W9: a terminating pod is no candidate and counts as unavailable", () => {
    expect(names(Build.withPod(outdated(), 2, (pod) => ({ ...pod, isTerminating: true })))).toEqual([])
  })

  it("R19: not before the StatefulSet carries the template and its controller has seen it", () => {
    const snapshot = outdated()
    const behind = { ...snapshot, statefulSets: snapshot.statefulSets.map((set) => ({ ...set, generation: 2 })) }
    expect(names(behind)).toEqual([])
    expect(proceed(behind).waits[0]?.kind).toBe("StatefulSet")
    const old = { ...snapshot, statefulSets: Build.matchingSnapshot({ spec: { image: older } }).statefulSets }
    expect(names(old)).toEqual([])
    expect(proceed(old).tracks.map((track) => track.name)).toEqual(["statefulSets"])
  })

  it("S6, R74: a pod of someone else's StatefulSet is never restarted", () => {
    const foreign = { ...outdated(), pods: outdated().pods.map((pod) => ({ ...pod, controllerUid: "someone-else" })) }
    expect(names(foreign)).toEqual([])
  })

  it("R112, N-15: pods made by ACKO are taken over without a restart", () => {
    const matching = Build.matchingSnapshot()
    const acko = {
      ...matching,
      pods: matching.pods.map((pod) => {
        const { [Annotation.templateHash]: _hash, ...annotations } = pod.annotations
        return { ...pod, annotations: { ...annotations, [Annotation.podSpecHash]: "0123456789abcdef" } }
      }),
    }
    expect(proceed(acko).progress.pendingRestarts).toEqual([])
    const config = { ...acko, pods: acko.pods.map((p) => ({ ...p, annotations: { [Annotation.configHash]: "f00" } })) }
    expect(proceed(config).progress.pendingRestarts.map(({ reason }) => reason)).toEqual(Array(3).fill("ConfigChanged"))
  })

  it("R55: an image rewritten by a foreign webhook is no reason to restart", () => {
    const matching = Build.matchingSnapshot()
    const rewritten = {
      ...matching,
      pods: matching.pods.map((pod) => ({ ...pod, images: { [Container.server]: "mirror/aerospike:ce-8.1.2.0" } })),
    }
    expect(proceed(rewritten).tracks).toEqual([])
  })
})
