import { describe, expect, it } from "@effect/vitest"
import { plan } from "../../../src/decide/plan.js"
import { project } from "../../../src/decide/project.js"
import type { ClusterStatus } from "../../../src/domain/ClusterStatus.js"
import { serverError } from "../../../src/domain/NodeFacts.js"
import type { Report, StepResult } from "../../../src/domain/Report.js"
import type { Snapshot } from "../../../src/domain/Snapshot.js"
import * as Build from "../../support/snapshots.js"

type Outcome = (step: StepResult["step"]) => StepResult
const done: Outcome = (step) => ({ step, _tag: "Done", changed: true })

const pass = (snapshot: Snapshot, outcome: Outcome = done): Report => {
  const decided = plan(snapshot)
  const steps = decided._tag === "Proceed" ? decided.tracks.flatMap((track) => track.steps.map(outcome)) : []
  return project(snapshot, decided, { steps, finishedAt: snapshot.now })
}
const condition = (report: Report, type: string) => report.status.conditions?.find((c) => c.type === type)
const reasons = (report: Report): ReadonlyArray<string> => report.events.map((event) => event.reason)
/** The snapshot whose stored status is what this pass reported. */
const stored = (snapshot: Snapshot, status: ClusterStatus, changes: Partial<Snapshot> = {}): Snapshot => ({
  ...snapshot,
  cluster: { ...snapshot.cluster, status },
  ...changes,
})
const older = "aerospike:ce-8.1.1.0"
const settled = Build.matchingSnapshot()
const quiet = stored(settled, pass(settled).status)
const rolling = { ...settled, pods: Build.matchingSnapshot({ spec: { image: older } }).pods }

const failed =
  (failure: "Transient" | "Permanent" | "Waiting", message = "boom"): Outcome =>
  (step) => ({ step, _tag: "Failed", failure, message })
const needsPdb = { ...settled, pdbs: [] }

describe("measures", () => {
  const { measures: quietly } = pass(quiet)

  it("a quiet cluster: all known, nothing counted", () => {
    expect(quietly).toEqual({
      isSuccess: true,
      errors: [],
      phase: "Completed",
      readyPods: 3,
      serverSize: 3,
      migratingPartitions: 0,
      isBackingOff: false,
      restarts: 0,
      dynamicUpdates: 0,
      isDeferral: false,
    })
  })

  it("R20-8: what no node told is absent", () => {
    const silent = pass({ ...quiet, facts: {} }).measures
    expect(silent).not.toHaveProperty("serverSize")
    expect(silent.isSuccess).toBe(true)
  })

  it("P-09: failed steps are errors by what they were about, waiting ones are none", () => {
    expect(pass(needsPdb, failed("Transient")).measures).toMatchObject({
      isSuccess: false,
      errors: ["PDB"],
      isBackingOff: true,
    })
    expect(pass(needsPdb, failed("Waiting")).measures).toMatchObject({ errors: [], isBackingOff: false })
    expect(pass(rolling, failed("Permanent")).measures.errors).toEqual(["Restart"])
    const stale = pass(needsPdb, (step) => ({ step, _tag: "Stale", message: "moved on" })).measures
    expect([stale.isSuccess, stale.errors]).toEqual([false, []])
  })

  it("B27: while a back-off holds, or the spec is refused, there is no success; a paused cluster is as it should be", () => {
    const memory = { ...quiet.memory, generation: 1, failures: 1, notBefore: quiet.now + 60_000 }
    const isSuccess = (spec: object) =>
      pass({ ...quiet, cluster: { ...quiet.cluster, spec: { ...(quiet.cluster.spec as object), ...spec } } }).measures
        .isSuccess
    expect(pass({ ...quiet, memory }).measures.isSuccess).toBe(false)
    expect(isSuccess({ size: 99 })).toBe(false)
    expect(isSuccess({ paused: true })).toBe(true)
  })

  it("W78: a restart counts when it was carried out; a pause is measured when it ends", () => {
    expect(pass(rolling).measures.restarts).toBe(1)
    expect(pass(rolling, failed("Transient")).measures.restarts).toBe(0)
    const spec = { ...(quiet.cluster.spec as object), paused: true }
    const paused = pass({ ...quiet, cluster: { ...quiet.cluster, spec } })
    expect(paused.measures.pausedSince).toBe(Math.floor(quiet.now / 1_000) * 1_000)
    const later = pass(stored(quiet, paused.status, { now: quiet.now + 7_200_000 })).measures
    expect([later.pausedSince, Math.round((later.pausedMs ?? 0) / 1_000)]).toEqual([undefined, 7_200])
  })

  it("a scale-down that begins to wait for migrations is one deferral, however long it waits", () => {
    const spec = { ...(quiet.cluster.spec as object), size: 2 }
    const shrinking = { ...quiet, cluster: { ...quiet.cluster, spec, generation: 2 } }
    const migrating = Build.withAnswers(shrinking, 0, (a) =>
      Build.withStatistics(a, { migrate_partitions_remaining: "3" }),
    )
    const first = pass(migrating)
    expect([first.status.phase, first.measures.isDeferral]).toEqual(["WaitingForMigration", true])
    expect(pass(stored(migrating, first.status)).measures.isDeferral).toBe(false)
  })
})

describe("status", () => {
  it("W50, S10: Completed when everything holds; equal to what is stored means no write", () => {
    const report = pass(settled)
    expect(report.status).toMatchObject({
      phase: "Completed",
      size: 3,
      health: "3/3",
      observedGeneration: 1,
      aerospikeClusterSize: 3,
      selector: "app.kubernetes.io/instance=demo,app.kubernetes.io/name=aerospike-cluster",
      migrationStatus: { inProgress: false, remainingPartitions: 0 },
    })
    expect(report.write).toBe("now")
    for (const type of ["Available", "Ready", "ConfigApplied", "MigrationComplete", "Accepted"]) {
      expect(condition(report, type)?.status).toBe("True")
    }
    expect(pass(quiet).write).toBe("none")
    expect(pass({ ...quiet, now: quiet.now + 3_600_000 }).write).toBe("none")
    expect(pass(quiet).events).toEqual([])
  })

  it("B10, W50: not Completed while members have to agree, pods are pending or old", () => {
    expect(pass({ ...settled, facts: {} }).status.phase).toBe("InProgress")
    expect(pass(rolling).status.phase).toBe("RollingRestart")
    expect(condition(pass(rolling), "Ready")).toMatchObject({ status: "False", reason: "RestartPending" })
    const migrating = Build.withAnswers(settled, 0, (a) =>
      Build.withStatistics(a, { migrate_partitions_remaining: "3" }),
    )
    expect(pass(migrating).status).toMatchObject({
      phase: "InProgress",
      phaseReason: expect.stringContaining("3 partitions remain") as unknown,
    })
  })

  it("R20-8: a quiet cluster stays Completed while answers merely age or a node is silent once", () => {
    const aged = { ...quiet, now: quiet.now + 59_000 }
    expect(pass(aged).status.phase).toBe("Completed")
    expect(pass({ ...quiet, facts: {} }).status.phase).toBe("Completed")
    const silent = Build.withNode(quiet, 1, Build.unreachable(quiet.pods[1]!))
    const report = pass(silent)
    expect(report.status.phase).toBe("Completed")
    expect(report.status.migrationStatus).toBeUndefined()
    expect(condition(report, "MigrationComplete")?.status).toBe("Unknown")
  })

  it("W36, R20-8: what a node told last is kept", () => {
    const silent = Build.withNode(quiet, 1, Build.unreachable(quiet.pods[1]!))
    expect(pass(silent).status.pods?.["demo-0-1"]).toMatchObject({ nodeID: "A2", clusterName: "demo" })
    expect(pass(silent).status.pods?.["demo-0-1"]?.migratingPartitions).toBeUndefined()
    const wrong = Build.withAnswers(quiet, 1, (a) => ({ ...a, nodeId: serverError(4, "x") }))
    expect(pass(wrong).status.pods?.["demo-0-1"]?.nodeID).toBe("A2")
  })

  it("W54: unstableSince is the moment the pod ceased to be ready", () => {
    const report = pass(Build.withPod(quiet, 1, Build.crashing))
    expect(report.status.pods?.["demo-0-1"]).toMatchObject({
      isRunningAndReady: false,
      unstableSince: "2026-11-22T11:59:00Z",
    })
    expect(report.write).toBe("now")
    expect(report.requeueAfterMs).toBe(60_000)
    expect(pass(quiet).requeueAfterMs).toBeUndefined()
  })

  it("W49: a restart is told with its record in one write", () => {
    const report = pass(stored(rolling, quiet.cluster.status))
    expect(report.status.pods?.["demo-0-2"]).toMatchObject({
      isRunningAndReady: false,
      lastRestartReason: "ImageChanged",
      lastRestartTime: "2026-11-22T12:00:00Z",
    })
    expect(report.status).toMatchObject({ health: "2/3", pendingRestartPods: ["demo-0-1", "demo-0-0"] })
    expect(reasons(report)).toEqual(["RollingRestartStarted", "PodColdRestarted"])
    expect(report.events[1]?.message).toContain(`cluster key ${Build.key}, size 3, migrations 0`)
    const next = stored(rolling, report.status, {
      pods: rolling.pods.map((p) => (p.name === "demo-0-2" ? { ...p, isTerminating: true } : p)),
    })
    const soon = { ...next, memory: { ...next.memory, statusWrittenAt: next.now } }
    expect(pass(soon)).toMatchObject({ write: "later", requeueAfterMs: 15_000, status: { health: "2/3" } })
    expect(reasons(pass(soon))).toEqual([])
  })

  it("W48: minor changes wait for company, the essential ones do not", () => {
    const addressed = { ...quiet, pods: quiet.pods.map((pod) => ({ ...pod, hostIP: "10.9.9.9" })) }
    const written = (ago: number) => ({ ...addressed, memory: { ...quiet.memory, statusWrittenAt: quiet.now - ago } })
    expect(pass(written(500))).toMatchObject({ write: "later", requeueAfterMs: 1500 })
    expect(pass(written(2000)).write).toBe("now")
    const unready = Build.withPod(written(0), 1, Build.crashing)
    expect(pass(unready).write).toBe("now")
  })

  it("W51: lastTransitionTime moves only with the status", () => {
    const later = Build.withPod({ ...quiet, now: quiet.now + 60_000 }, 1, Build.crashing)
    const report = pass(later)
    expect(condition(report, "Available")?.lastTransitionTime).toBe("2026-11-22T12:00:00Z")
    expect(condition(report, "Ready")).toMatchObject({ status: "False", lastTransitionTime: "2026-11-22T12:01:00Z" })
  })

  it("W51, R110: pause and resume", () => {
    const paused = stored(Build.matchingSnapshot({ spec: { extra: { paused: true } } }), quiet.cluster.status)
    const report = pass(paused)
    expect(report.status).toMatchObject({ phase: "Paused", health: "3/3" })
    expect(condition(report, "ReconciliationPaused")?.status).toBe("True")
    expect(reasons(report)).toEqual(["ReconciliationPaused"])
    const resumed = pass(stored(settled, report.status))
    expect(condition(resumed, "ReconciliationPaused")?.status).toBe("False")
    expect(resumed.status.phase).toBe("Completed")
  })

  it("a refused spec: Error, Accepted=False with field and fix, one event per generation, Ready is not claimed", () => {
    const refused = { ...quiet, cluster: { ...quiet.cluster, generation: 2, spec: { ...Build.spec(), size: 9 } } }
    const report = pass(refused)
    expect(report.status.phase).toBe("Error")
    expect(condition(report, "Accepted")).toMatchObject({
      status: "False",
      message: expect.stringMatching(/spec\.size.*fix:/s) as unknown,
    })
    expect(condition(report, "Ready")?.status).toBe("False")
    expect(reasons(report)).toEqual(["ReconcileError"])
    expect(reasons(pass(stored(refused, report.status)))).toEqual([])
  })

  it("CE: access control is answered by a condition", () => {
    const extra = {
      aerospikeAccessControl: { users: [{ name: "admin", secretName: "s", roles: ["sys-admin", "user-admin"] }] },
    }
    expect(condition(pass(Build.matchingSnapshot({ spec: { extra } })), "ACLSynced")).toMatchObject({
      status: "False",
      reason: "NotAvailableOnCE",
    })
  })

  it("R73: ClusterSplit is a condition only when it lasts", () => {
    const split = (which: ReadonlyArray<"latest" | "previous">) =>
      [0, 1, 2].reduce(
        (world, n) =>
          Build.withAnswers(
            world,
            n,
            (a) =>
              Build.withStatistics(a, n === 2 ? { cluster_key: "BEEF", cluster_size: "1" } : { cluster_size: "2" }),
            which,
          ),
        quiet,
      )
    expect(condition(pass(split(["latest"])), "ClusterSplit")?.status).toBe("False")
    const report = pass(split(["latest", "previous"]))
    expect(condition(report, "ClusterSplit")?.status).toBe("True")
    expect(reasons(report)).toContain("ClusterSplit")
  })

  it("design §2b: addresses applications cannot reach become visible", () => {
    const outcome = { _tag: "Connected" as const, nodes: { A1: "10.0.0.1:3000" }, unreachable: ["192.168.0.1:3000"] }
    const report = pass({ ...quiet, clientView: { checkedAt: quiet.now, outcome } })
    expect(report.status.clientView).toMatchObject({ connected: true, nodes: 1, unreachable: ["192.168.0.1:3000"] })
    expect(condition(report, "ClientAccess")).toMatchObject({ status: "False", reason: "AddressesUnreachable" })
  })
})

describe("what a cluster waits for (R24)", () => {
  const kinds = (report: Report) => report.awaits.map(({ kind }) => kind)
  const changed = (cluster: Partial<Snapshot["cluster"]>) => ({
    ...rolling,
    cluster: { ...rolling.cluster, ...cluster },
  })

  it("nothing once it is complete, paused or refused: only people can change that", () => {
    expect(kinds(pass(quiet))).toEqual([])
    expect(kinds(pass(changed({ spec: { ...(rolling.cluster.spec as object), paused: true } })))).toEqual([])
    expect(kinds(pass(changed({ spec: {} })))).toEqual([])
  })

  it("its members and its own edits while it is not; its claims, too, while it goes", () => {
    expect(kinds(pass(rolling))).toEqual(["Pod", "StatefulSet", "AerospikeCluster"])
    expect(kinds(pass(needsPdb, failed("Transient")))).toEqual(["Pod", "StatefulSet", "AerospikeCluster"])
    expect(kinds(pass(changed({ isDeleting: true, finalizers: ["acko.io/finalizer"] })))).toContain(
      "PersistentVolumeClaim",
    )
  })
})

describe("what is in the way (R17, R24)", () => {
  it("the end of an object of a predecessor is waited for, also by a cluster that is complete", () => {
    const kinds = (changes: Partial<Snapshot>) => pass({ ...quiet, ...changes }).awaits.map(({ kind }) => kind)
    const foreign = <V extends object>(views: ReadonlyArray<V>) =>
      views.map((view) => ({ ...view, controllerUid: "gone" }))
    expect(quiet.services.length * quiet.pdbs.length * quiet.configMaps.length).toBeGreaterThan(0)
    expect(kinds({ services: foreign(quiet.services) })).toEqual(["Service"])
    expect(kinds({ pdbs: foreign(quiet.pdbs) })).toEqual(["PodDisruptionBudget"])
    expect(kinds({ configMaps: foreign(quiet.configMaps) })).toContain("ConfigMap")
    expect(kinds({ services: quiet.services.map((view) => ({ ...view, isTerminating: true })) })).toEqual(["Service"])
  })
})

describe("failures", () => {
  it("W44, W45: counted per generation, conflicts and waits never", () => {
    const report = pass(needsPdb, failed("Transient"))
    expect(report.memory).toMatchObject({ failures: 1, generation: 1, lastError: "boom" })
    expect(report.memory.notBefore - settled.now).toBeGreaterThan(1700)
    expect(report.requeueAfterMs).toBeLessThanOrEqual(2000)
    expect(report.status).toMatchObject({ failedReconcileCount: 1, lastReconcileError: "boom" })
    expect(reasons(report)).toContain("ReconcileError")
    const stale = pass(needsPdb, (step) => ({ step, _tag: "Stale", message: "moved on" }))
    expect(stale).toMatchObject({ again: true, memory: { failures: 0 } })
    expect(pass(needsPdb, failed("Waiting")).memory.failures).toBe(0)
  })

  it("B9, W44: the breaker opens at 10 with one event, a success closes it with one", () => {
    const nine = { ...needsPdb, memory: { ...needsPdb.memory, failures: 9 } }
    const before = stored(nine, { ...quiet.cluster.status, failedReconcileCount: 9, lastReconcileError: "boom" })
    const open = pass(before, failed("Transient"))
    expect(reasons(open)).toEqual(["CircuitBreakerActive"])
    expect(condition(open, "ReconcileHealthy")).toMatchObject({ status: "False", reason: "CircuitBreakerActive" })
    const after = stored({ ...needsPdb, now: open.memory.notBefore, memory: open.memory }, open.status)
    const closed = pass(after)
    expect(closed.memory).toMatchObject({ failures: 0, notBefore: 0 })
    expect(reasons(closed)).toContain("CircuitBreakerReset")
  })

  it("W44: the count survives a restart of the operator and a new generation starts at zero", () => {
    const { settings } = settled
    const forgotten = { failures: 0, generation: 0, notBefore: 0, acceptedDifferences: {} }
    const remembered = stored(
      { ...needsPdb, settings, memory: forgotten },
      { ...quiet.cluster.status, failedReconcileCount: 4 },
    )
    expect(pass(remembered, failed("Transient")).memory.failures).toBe(5)
    const edited = { ...remembered, cluster: { ...remembered.cluster, generation: 2 } }
    expect(pass(edited, failed("Transient")).memory.failures).toBe(1)
  })

  it("R50: a permanent failure shows as Error and is looked at again within a minute", () => {
    const report = pass(needsPdb, failed("Permanent", "forbidden"))
    expect(report.status.phase).toBe("Error")
    expect(report.requeueAfterMs).toBeLessThanOrEqual(60_000)
    expect(condition(report, "ReconcileHealthy")?.reason).toBe("PermanentError")
  })

  it("R46: a longer Retry-After is honoured", () => {
    const report = pass(needsPdb, (step) => ({
      step,
      _tag: "Failed",
      failure: "Transient",
      message: "429",
      retryAfterMs: 90_000,
    }))
    expect(report.memory.notBefore).toBe(settled.now + 90_000)
  })

  it("S5: an error is cut to 256 bytes between characters, the status stays small", () => {
    const long = pass(needsPdb, failed("Permanent", "ä".repeat(100_000)))
    expect(new TextEncoder().encode(long.status.lastReconcileError).length).toBeLessThanOrEqual(256)
    expect(JSON.stringify(long.status).length).toBeLessThan(64 * 1024)
    for (const each of long.status.conditions ?? []) {
      expect(new TextEncoder().encode(each.message).length).toBeLessThanOrEqual(1024)
    }
  })
})

describe("deletion", () => {
  it("R106: announced once; with its finalizer gone nothing is written to it any more", () => {
    const deleting = { ...quiet, cluster: { ...quiet.cluster, isDeleting: true, generation: 2 } }
    const report = pass(deleting)
    expect(reasons(report)).toEqual(["ClusterDeletionStarted", "FinalizerRemoved"])
    expect(report.write).toBe("none")
    const stuck = pass(deleting, failed("Transient"))
    expect(stuck).toMatchObject({ write: "now", status: { phase: "Deleting" } })
  })
})
