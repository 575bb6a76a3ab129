import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { plan } from "../../../src/decide/plan.js"
import { project } from "../../../src/decide/project.js"
import type { ClusterStatus, OperationStatus } from "../../../src/domain/ClusterStatus.js"
import type { PodView } from "../../../src/domain/Kubernetes.js"
import { Annotation } from "../../../src/domain/Labels.js"
import type { Plan, Step } from "../../../src/domain/Plan.js"
import type { Report, StepResult } from "../../../src/domain/Report.js"
import type { Snapshot } from "../../../src/domain/Snapshot.js"
import * as Build from "../../support/snapshots.js"

type Proceed = Extract<Plan, { readonly _tag: "Proceed" }>

const proceed = (snapshot: Snapshot): Proceed => {
  const decided = plan(snapshot)
  if (decided._tag !== "Proceed") throw new Error(JSON.stringify(decided))
  return decided
}
const restarts = (decided: Proceed): ReadonlyArray<Extract<Step, { readonly _tag: "RestartPod" }>> =>
  decided.tracks.flatMap(({ steps }) => steps.flatMap((step) => (step._tag === "RestartPod" ? [step] : [])))
const stopped = (snapshot: Snapshot): ReadonlyArray<string> => restarts(proceed(snapshot)).map(({ pod }) => pod.name)

const done = (step: Step): StepResult => ({ step, _tag: "Done", changed: true })
const pass = (snapshot: Snapshot, outcome: (step: Step) => StepResult = done): Report => {
  const decided = proceed(snapshot)
  const steps = decided.tracks.flatMap((track) => track.steps.map(outcome))
  return project(snapshot, decided, { steps, finishedAt: snapshot.now })
}
const withStatus = (snapshot: Snapshot, status: ClusterStatus): Snapshot => ({
  ...snapshot,
  cluster: { ...snapshot.cluster, status },
})
const told = (snapshot: Snapshot, operationStatus: OperationStatus): Snapshot =>
  withStatus(snapshot, { ...snapshot.cluster.status, operationStatus })

const ask = (operation: object, extra: object = {}) => ({
  extra: { operations: [{ kind: "PodRestart", id: "run-1", ...operation }], ...extra },
})
const world = (operation: object = {}, extra: object = {}): Snapshot =>
  Build.matchingSnapshot({ spec: ask(operation, extra) })
/** The same, as the pass after the one that took the operation up. */
const begun = (operation: object = {}, extra: object = {}): Snapshot => {
  const fresh = world(operation, extra)
  return withStatus(fresh, pass(fresh).status)
}
const replaced = (pod: PodView): PodView => ({ ...pod, uid: `${pod.uid}-new` })
const unready = (pod: PodView): PodView => ({
  ...Build.crashing(pod),
  containers: pod.containers.map((container) => ({ ...container, ready: false })),
})
/** Nodes answer for the pods there are now. */
const settledAnew = (snapshot: Snapshot): Snapshot => ({
  ...snapshot,
  facts: {
    previous: Build.settledCollection(Build.noon - 100, snapshot.pods),
    latest: Build.settledCollection(Build.noon - 50, snapshot.pods),
  },
})
const operationOf = (report: Report) => report.status.operationStatus
const condition = (report: Report) => report.status.conditions?.find(({ type }) => type === "OperationCompleted")
const told3 = (report: Report) => report.events.filter(({ reason }) => reason === "Operation")

describe("an operation begins", () => {
  it("R15: with the identity of every pod in the status, before any is touched", () => {
    const fresh = world()
    expect(stopped(fresh)).toEqual([])
    const report = pass(fresh)
    expect(operationOf(report)).toEqual({
      id: "run-1",
      kind: "PodRestart",
      phase: "InProgress",
      targets: { "demo-0-0": "uid-demo-0-0", "demo-0-1": "uid-demo-0-1", "demo-0-2": "uid-demo-0-2" },
    })
    expect([report.write, report.again]).toEqual(["now", true])
    // Nobody is told that all is done before it has begun (S10).
    expect(report.status.phase).toBe("RollingRestart")
    expect(report.status.pendingRestartPods).toHaveLength(3)
    expect(condition(report)).toMatchObject({ status: "False", reason: "InProgress" })
    expect(report.status.conditions?.find(({ type }) => type === "ConfigApplied")?.status).toBe("True")
    expect(told3(report).map(({ message }) => message)).toEqual([
      "PodRestart run-1 begins: demo-0-0, demo-0-1, demo-0-2",
    ])
  })

  it("W13, S3: then restarts one pod after the other, with the evidence every restart needs, in its own order", () => {
    const [step, ...others] = restarts(proceed(begun()))
    expect(others).toEqual([])
    expect(step).toMatchObject({ reason: "ManualRestart", because: "operation run-1", evidence: { clusterSize: 3 } })
    expect(stopped(begun({ podList: ["demo-0-1", "demo-0-2", "demo-0-1"] }))).toEqual(["demo-0-1"])
    expect(stopped({ ...begun(), facts: {} })).toEqual([])
    expect(stopped(Build.withPod(begun(), 0, unready))).toEqual([])
  })

  it("W13: keeps to the batch of the roll-out", () => {
    const batch = { rollingUpdateBatchSize: 2, maxUnavailable: 2, size: 5 }
    const persistent = Build.spec({ persistent: true, ...ask({}, batch) })
    const fresh = Build.matchingSnapshot({ spec: { persistent: true, size: 5, ...ask({}, batch) } })
    expect(persistent["rollingUpdateBatchSize"]).toBe(2)
    expect(stopped(withStatus(fresh, pass(fresh).status))).toHaveLength(2)
  })

  it("W13: what differs from the spec goes first, and counts for the operation, too", () => {
    const older = Build.matchingSnapshot({ spec: { image: "aerospike:ce-8.1.1.0" } })
    const mixed = { ...begun(), pods: begun().pods.map((pod, n) => (n === 0 ? (older.pods[0] ?? pod) : pod)) }
    expect(restarts(proceed(mixed)).map(({ pod, reason }) => [pod.name, reason])).toEqual([
      ["demo-0-0", "ImageChanged"],
    ])
  })
})

describe("an operation goes on", () => {
  const afterOne = settledAnew(Build.withPod(begun(), 0, replaced))

  it("R14, R15: a pod with another identity has been restarted, whoever did it; it is counted once and left alone", () => {
    const report = pass(afterOne)
    expect(operationOf(report)?.completedPods).toEqual(["demo-0-0"])
    expect(operationOf(report)?.targets?.["demo-0-0"]).toBe("uid-demo-0-0")
    expect(stopped(afterOne)).toEqual(["demo-0-1"])
    // A blank memory knows the same.
    expect(stopped({ ...afterOne, memory: Build.matchingSnapshot().memory })).toEqual(["demo-0-1"])
  })

  it("S2: waits for the one that is on its way back", () => {
    const coming = Build.withPod(begun(), 0, (pod) => unready(replaced(pod)))
    expect(stopped(coming)).toEqual([])
    expect(operationOf(pass(coming))?.completedPods).toBeUndefined()
  })

  it("ends when every pod is back: told once, and the same id does nothing more", () => {
    const all = settledAnew({ ...begun(), pods: begun().pods.map(replaced) })
    const report = pass(all)
    expect(operationOf(report)).toMatchObject({
      phase: "Completed",
      completedPods: ["demo-0-0", "demo-0-1", "demo-0-2"],
    })
    expect(report.status.phase).toBe("Completed")
    expect(condition(report)).toMatchObject({ status: "True", message: "PodRestart run-1: 3 of 3 pods restarted" })
    expect(told3(report)).toHaveLength(1)
    const later = withStatus(all, report.status)
    expect(stopped(later)).toEqual([])
    expect(pass(later).events).toEqual([])
    expect(pass(later).write).toBe("none")
  })

  it("another id begins anew, and a pod that came since is not part of a run over all", () => {
    const ended = told(world(), { id: "run-0", kind: "PodRestart", phase: "Error", failedPods: ["x"] })
    expect(operationOf(pass(ended))).toMatchObject({ id: "run-1", phase: "InProgress" })
    expect(operationOf(pass(ended))?.failedPods).toBeUndefined()
    const stored = operationOf(pass(world()))
    const larger = Build.matchingSnapshot({ spec: { size: 4, ...ask({}) } })
    expect(stored === undefined ? undefined : operationOf(pass(told(larger, stored)))?.targets).toEqual(stored?.targets)
  })

  it("a longer podList takes pods in, by their identity of then (C.5)", () => {
    const stored = operationOf(pass(world({ podList: ["demo-0-1"] })))
    if (stored === undefined) throw new Error("no operation")
    const edited = told(world({ podList: ["demo-0-1", "demo-0-2"] }), stored)
    expect(stopped(edited)).toEqual(["demo-0-1"])
    expect(operationOf(pass(edited))?.targets).toEqual({ "demo-0-1": "uid-demo-0-1", "demo-0-2": "uid-demo-0-2" })
  })

  it("a run of the former operator goes on where it was", () => {
    const former = told(world(), {
      id: "run-1",
      kind: "PodRestart",
      phase: "InProgress",
      completedPods: ["demo-0-0"],
    })
    expect(stopped(former)).toEqual([])
    const report = pass(former)
    expect(operationOf(report)?.completedPods).toEqual(["demo-0-0"])
    expect(stopped(withStatus(former, report.status))).toEqual(["demo-0-1"])
  })

  it("R110: paused, nothing is touched and nothing is forgotten", () => {
    const { cluster } = begun()
    const paused = { ...begun(), cluster: { ...cluster, spec: { ...(cluster.spec as object), paused: true } } }
    const report = project(paused, plan(paused), { steps: [], finishedAt: paused.now })
    expect(operationOf(report)).toEqual(cluster.status.operationStatus)
    expect(condition(report)).toMatchObject({ reason: "InProgress" })
  })
})

describe("an operation fails", () => {
  const failing =
    (failure: "Transient" | "Permanent") =>
    (step: Step): StepResult =>
      step._tag === "RestartPod" ? { step, _tag: "Failed", failure, message: "no" } : done(step)

  it("B18, W14: a restart that is refused fails the pod once and ends the run; nothing is tried again", () => {
    const report = pass(begun(), failing("Permanent"))
    expect(operationOf(report)).toMatchObject({ phase: "Error", failedPods: ["demo-0-0"], message: "demo-0-0: no" })
    expect(condition(report)).toMatchObject({ status: "False", reason: "Failed" })
    expect(told3(report)).toMatchObject([{ type: "Warning" }])
    expect(report.measures.errors).toEqual(["Operations"])
    const later = { ...withStatus(begun(), report.status), memory: begun().memory }
    expect(stopped(later)).toEqual([])
    expect(operationOf(pass(later))).toEqual(operationOf(report))
  })

  it("W14: one that only went astray is tried again", () => {
    const report = pass(begun(), failing("Transient"))
    expect(operationOf(report)).toMatchObject({ phase: "InProgress" })
    expect(operationOf(report)?.failedPods).toBeUndefined()
  })

  it("B18, R81: a pod that does not come back ends the run after ten minutes; the others are spared", () => {
    const down = (minutes: number): Snapshot => {
      const snapshot = Build.withPod(begun(), 0, (pod) => Build.crashing(replaced(pod)))
      const { status } = snapshot.cluster
      const unstableSince = new Date(snapshot.now - minutes * 60_000).toISOString()
      const entry = status.pods?.["demo-0-0"]
      if (entry === undefined) throw new Error("no entry")
      return withStatus(snapshot, { ...status, pods: { ...status.pods, "demo-0-0": { ...entry, unstableSince } } })
    }
    expect(operationOf(pass(down(9)))?.phase).toBe("InProgress")
    const report = pass(down(11))
    expect(operationOf(report)).toMatchObject({ phase: "Error", failedPods: ["demo-0-0"] })
    expect(operationOf(report)?.message).toContain("CrashLoopBackOff")
    expect(stopped(down(11))).toEqual([])
  })

  it("R77: a pod that merely takes its time never fails", () => {
    const slow = Build.withPod(begun(), 0, (pod) => unready(replaced(pod)))
    const hours = { ...slow, now: slow.now + 10 * 3_600_000 }
    expect(operationOf(pass(hours))?.phase).toBe("InProgress")
  })

  it("W14: a name that is no pod's fails at once, the others are restarted, and the run ends in Error", () => {
    const first = pass(world({ podList: ["demo-0-9", "demo-0-1"] }))
    expect(operationOf(first)).toMatchObject({ phase: "InProgress", failedPods: ["demo-0-9"] })
    expect(told3(first).map(({ type }) => type)).toEqual(["Normal", "Warning"])
    const second = begun({ podList: ["demo-0-9", "demo-0-1"] })
    expect(stopped(second)).toEqual(["demo-0-1"])
    const third = settledAnew(Build.withPod(second, 1, replaced))
    expect(operationOf(pass(third))).toMatchObject({
      phase: "Error",
      completedPods: ["demo-0-1"],
      failedPods: ["demo-0-9"],
      message: "demo-0-9: there is no such pod",
    })
    expect(operationOf(pass(world({ podList: ["x"] })))).toMatchObject({ phase: "Error", failedPods: ["x"] })
  })

  it("W14: an operation whose pods have all gone does not complete", () => {
    const stored: OperationStatus = {
      id: "run-1",
      kind: "PodRestart",
      phase: "InProgress",
      targets: { "demo-0-4": "u" },
    }
    const scaled = told(world({ podList: ["demo-0-4"] }), stored)
    expect(operationOf(pass(scaled))).toMatchObject({ phase: "Error", message: "there is no pod to restart" })
  })

  it("a cluster that is only being made has pods younger than the operation: none is restarted", () => {
    const empty = { pods: [], statefulSets: [], facts: {} }
    const fresh = { ...world(), ...empty }
    const report = pass(fresh)
    expect(operationOf(report)).toMatchObject({
      phase: "InProgress",
      targets: { "demo-0-0": "", "demo-0-1": "", "demo-0-2": "" },
    })
    const made = withStatus(world(), report.status)
    expect(stopped(made)).toEqual([])
    expect(operationOf(pass(made))).toMatchObject({ phase: "Completed" })
  })

  it("S3: what must not be restarted is not, and says why instead of waiting for ever", () => {
    const single = Build.matchingSnapshot({ spec: { replicationFactor: 1, ...ask({}) } })
    const one = (answers: Parameters<Parameters<typeof Build.withAnswers>[2]>[0]) => ({
      ...answers,
      namespaces: {
        test: {
          _tag: "Value" as const,
          value: { effective_replication_factor: "1", unavailable_partitions: "0", dead_partitions: "0" },
        },
      },
    })
    const alone = [0, 1, 2].reduce((snapshot, ordinal) => Build.withAnswers(snapshot, ordinal, one), single)
    const next = withStatus(alone, pass(alone).status)
    expect(stopped(next)).toEqual([])
    expect(operationOf(pass(next))).toMatchObject({ phase: "Error" })
    expect(operationOf(pass(next))?.message).toContain(Annotation.allowUnsafeRestart)
  })

  it("V54: a run that nobody asks for any more is over, so that another may begin", () => {
    const stored: OperationStatus = { id: "run-1", kind: "PodRestart", phase: "InProgress" }
    expect(operationOf(pass(told(Build.matchingSnapshot(), stored)))).toMatchObject({ phase: "Error" })
    const ended: OperationStatus = { ...stored, phase: "Completed" }
    expect(operationOf(pass(told(Build.matchingSnapshot(), ended)))).toEqual(ended)
  })

  it("W11: a warm restart touches nothing and is answered by condition and event", () => {
    const warm = world({ kind: "WarmRestart" })
    const report = pass(warm)
    expect(proceed(warm).tracks).toEqual([])
    expect(operationOf(report)).toMatchObject({ kind: "WarmRestart", phase: "Error" })
    expect(condition(report)).toMatchObject({ status: "False", reason: "NotAvailableOnCE" })
    expect(told3(report)).toMatchObject([{ type: "Warning" }])
    expect(report.status.phase).toBe("Completed")
    const later = withStatus(warm, report.status)
    expect(pass(later).events).toEqual([])
    expect(pass(later).write).toBe("none")
  })
})

describe("operations, whatever happens to pods meanwhile", () => {
  it("R14, R15, B18: no pod is stopped that is not the one the run began with; lists are sets; the end is final", () => {
    const change = FastCheck.constantFrom("same", "replaced", "replaced-down", "gone")
    const names = FastCheck.array(FastCheck.constantFrom("demo-0-0", "demo-0-1", "demo-0-2", "demo-0-7"), {
      maxLength: 5,
    })
    FastCheck.assert(
      FastCheck.property(names, FastCheck.tuple(change, change, change), (podList, changes) => {
        const start = begun({ podList })
        const pods = start.pods.flatMap((pod, n): ReadonlyArray<PodView> => {
          switch (changes[n]) {
            case "replaced":
              return [replaced(pod)]
            case "replaced-down":
              return [unready(replaced(pod))]
            case "gone":
              return []
            default:
              return [pod]
          }
        })
        const later = settledAnew({ ...start, pods })
        const targets = start.cluster.status.operationStatus?.targets ?? {}
        for (const { pod } of restarts(proceed(later))) expect(pod.uid).toBe(targets[pod.name])
        const report = pass(later)
        const after = operationOf(report)
        for (const list of [after?.completedPods ?? [], after?.failedPods ?? []])
          expect(new Set(list).size).toBe(list.length)
        if (after?.phase === "InProgress") return
        const end = withStatus(later, report.status)
        expect(stopped(end)).toEqual([])
        expect(operationOf(pass(end))).toEqual(after)
      }),
      { numRuns: 60 },
    )
  })
})
