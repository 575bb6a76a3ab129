import { describe, expect, it } from "@effect/vitest"
import { contentionPauseMs } from "../../../src/decide/contention.js"
import { plan } from "../../../src/decide/plan.js"
import { project } from "../../../src/decide/project.js"
import type { Step } from "../../../src/domain/Plan.js"
import type { Report, StepResult } from "../../../src/domain/Report.js"
import type { Snapshot } from "../../../src/domain/Snapshot.js"
import * as Build from "../../support/snapshots.js"

const stepsOf = (snapshot: Snapshot): ReadonlyArray<Step> => {
  const decided = plan(snapshot)
  return decided._tag === "Proceed" ? decided.tracks.flatMap((track) => track.steps) : []
}
const done = (step: Step): StepResult => ({
  step,
  _tag: "Done",
  changed: true,
  ...(step._tag === "Apply" ? { object: step.object } : {}),
})
const stale = (step: Step): StepResult => ({ step, _tag: "Stale", message: "moved on" })

interface Pass {
  readonly steps: ReadonlyArray<Step>
  readonly report: Report
  /** The same world later, with the memory and status of this pass. */
  readonly next: (ms: number, changes?: Partial<Snapshot>) => Snapshot
}

const pass = (snapshot: Snapshot, outcome: (step: Step) => StepResult = done): Pass => {
  const decided = plan(snapshot)
  const steps = stepsOf(snapshot)
  const report = project(snapshot, decided, { steps: steps.map(outcome), finishedAt: snapshot.now })
  const cluster = { ...snapshot.cluster, status: report.status }
  return {
    steps,
    report,
    next: (ms, changes = {}) => ({ ...snapshot, cluster, now: snapshot.now + ms, memory: report.memory, ...changes }),
  }
}
const condition = (report: Report, type: string) => report.status.conditions?.find((c) => c.type === type)
const settled = Build.matchingSnapshot()

describe("a rival that keeps changing what we own", () => {
  const services = settled.services.map((view) => ({
    ...view,
    object: { ...view.object, spec: { ...(view.object["spec"] as object), publishNotReadyAddresses: false } },
  }))

  /** A rival undoes our repair every three seconds; how often we write in each minute. */
  const tenMinutes = (rivalRests: (minute: number) => boolean, changes: Partial<Snapshot>) => {
    let last = pass(settled)
    const minutes: Array<number> = []
    for (let minute = 0; minute < 10; minute++) {
      let writes = 0
      for (let second = 0; second < 60; second += 3) {
        last = pass(last.next(3000, rivalRests(minute) ? { ...settledObjects } : changes))
        writes += last.steps.length
      }
      minutes.push(writes)
    }
    return { minutes, last }
  }
  const settledObjects = { services: settled.services, pdbs: settled.pdbs }

  it("R104, S9: a few repairs at once, then one a minute; the condition names object and field", () => {
    const { minutes, last } = tenMinutes(() => false, { services })
    expect(minutes[0]).toBeLessThanOrEqual(6)
    expect(Math.max(...minutes.slice(1))).toBe(1)
    expect(minutes.slice(1).reduce((sum, n) => sum + n, 0)).toBeGreaterThanOrEqual(8)
    expect(condition(last.report, "Conflict")).toMatchObject({ status: "True", reason: "AnotherWriter" })
    expect(condition(last.report, "Conflict")?.message).toContain("Service demo (spec.publishNotReadyAddresses)")
  })

  it("R104: the same for one that keeps deleting", () => {
    const { minutes } = tenMinutes(() => false, { pdbs: [] })
    expect(Math.max(...minutes.slice(1))).toBe(1)
  })

  it("R104, R48: when the rival rests the repair stays, and some minutes later nothing is said any more", () => {
    const { minutes, last } = tenMinutes((minute) => minute >= 3, { services })
    expect(minutes.slice(4)).toEqual(minutes.slice(4).map(() => 0))
    expect(condition(last.report, "Conflict")).toMatchObject({ status: "False" })
    expect(last.report.memory.repairs).toEqual({})
    expect(last.report.requeueAfterMs).toBeUndefined()
  })

  it("R104: told once, by one event", () => {
    let last = pass(settled)
    const reasons: Array<string> = []
    for (let second = 0; second < 120; second += 3) {
      last = pass(last.next(3000, { services }))
      reasons.push(...last.report.events.map((event) => event.reason))
    }
    expect(reasons.filter((reason) => reason === "ObjectConflict")).toHaveLength(1)
  })

  it("a new wish never waits for the rival", () => {
    const { last } = tenMinutes(() => false, { services })
    const edited = Build.clusterView({
      generation: 2,
      spec: Build.spec({ extra: { headlessService: { metadata: { annotations: { a: "b" } } } } }),
    })
    expect(stepsOf(last.next(1, { services, cluster: edited })).map((step) => step._tag)).toContain("Apply")
  })
})

describe("steps that prove stale", () => {
  const rolling = { ...settled, pods: Build.matchingSnapshot({ spec: { image: "aerospike:ce-8.1.1.0" } }).pods }

  it("R48: at most five tries at once, then a pause that grows to 5 s and holds whatever wakes us", () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 50].map(contentionPauseMs)).toEqual([
      100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000,
    ])
    let last = pass(rolling, stale)
    expect(last.report).toMatchObject({ again: true, requeueAfterMs: 100 })
    let tries = 1
    for (let ms = 25; ms < 20_000; ms += 25) {
      last = pass(
        last.next(25, { podsChangedAt: rolling.podsChangedAt + ms, facts: shifted(rolling.facts, ms) }),
        stale,
      )
      if (last.steps.length > 0) tries++
      else expect(last.report.requeueAfterMs).toBeGreaterThan(0)
    }
    expect(tries).toBeLessThanOrEqual(5 + 6)
    expect(last.report.status.phase).toBe("RollingRestart")
  })

  it("R48: success ends it, and a new generation does not wait", () => {
    const contention = { tries: 9, until: settled.now + 4000 }
    const waiting = { ...rolling, memory: { ...rolling.memory, contention } }
    expect(stepsOf(waiting)).toEqual([])
    expect(pass(waiting).report.memory.contention).toEqual(contention)
    expect(pass({ ...waiting, now: settled.now + 4000 }).report.memory.contention).toBeUndefined()
    expect(stepsOf({ ...waiting, cluster: { ...waiting.cluster, generation: 2 } }).map((step) => step._tag)).toContain(
      "RestartPod",
    )
  })
})

const shifted = (facts: Snapshot["facts"], ms: number): Snapshot["facts"] => {
  const move = (collection: Snapshot["facts"]["latest"]) =>
    collection && { ...collection, startedAt: collection.startedAt + ms, finishedAt: collection.finishedAt + ms }
  const [latest, previous] = [move(facts.latest), move(facts.previous)]
  return { ...(latest ? { latest } : {}), ...(previous ? { previous } : {}) }
}

describe("what a StatefulSet cannot change any more", () => {
  const storage = (size: string, more: ReadonlyArray<unknown> = []) => ({
    storage: {
      volumes: [
        {
          name: "data",
          source: { persistentVolume: { storageClass: "standard", size, volumeMode: "Filesystem" } },
          aerospike: { path: "/opt/aerospike/data" },
        },
        ...more,
      ],
    },
  })
  const logs = {
    name: "logs",
    source: { persistentVolume: { storageClass: "standard", size: "1Gi", volumeMode: "Filesystem" } },
    aerospike: { path: "/var/log/aerospike" },
  }
  const live = Build.matchingSnapshot({ spec: { extra: storage("1Gi") } })
  const wanting = (extra: Record<string, unknown>, image?: string): Snapshot => ({
    ...live,
    cluster: { ...live.cluster, generation: 2, spec: Build.spec({ extra, ...(image ? { image } : {}) }) },
  })

  /** The pods after a roll to this StatefulSet. */
  const current = (applied: Extract<Step, { readonly _tag: "Apply" }>): Snapshot["pods"] => {
    const { templateAnnotations } = Build.statefulSetOf(applied.object)
    return live.pods.map((pod) => ({ ...pod, annotations: templateAnnotations }))
  }

  it("W72, R51: another size of a volume is told, everything else is applied once", () => {
    const first = pass(wanting(storage("2Gi"), "aerospike:ce-8.1.3.0"))
    const applied = first.steps.find((step) => step._tag === "Apply" && step.kind.kind === "StatefulSet")
    if (applied?._tag !== "Apply") throw new Error("no apply")
    expect(applied.object["spec"]).toMatchObject({
      volumeClaimTemplates: [{ spec: { resources: { requests: { storage: "1Gi" } } } }],
      template: { spec: { containers: [{ image: "aerospike:ce-8.1.3.0" }] } },
    })
    const told = condition(first.report, "ImmutableField")
    expect(told).toMatchObject({ status: "True", reason: "CannotBeChanged" })
    expect(told?.message).toContain("spec.volumeClaimTemplates[0].spec.resources.requests.storage")
    expect(told?.message).toContain("kubectl delete statefulset demo-0 --cascade=orphan")
    expect(first.report.events.map((event) => event.reason)).toContain("ImmutableField")
    const after = pass(first.next(1, { statefulSets: [Build.statefulSetOf(applied.object)] }))
    expect(after.steps.map((step) => step._tag)).toEqual(["RestartPod"])
    expect(after.report.events.map((event) => event.reason)).not.toContain("ImmutableField")
    const undone = pass({ ...live, cluster: { ...live.cluster, status: after.report.status } })
    expect(condition(undone.report, "ImmutableField")).toMatchObject({ status: "False" })
  })

  it("W72: a volume that is no longer wanted stays among the claims, is told as long as that lasts, and applied once", () => {
    const first = pass(wanting({}))
    const applied = first.steps.find((step) => step._tag === "Apply" && step.kind.kind === "StatefulSet")
    if (applied?._tag !== "Apply") throw new Error("no apply")
    const after = pass(first.next(1, { statefulSets: [Build.statefulSetOf(applied.object)], pods: current(applied) }))
    expect(after.steps).toEqual([])
    expect(condition(after.report, "ImmutableField")?.message).toContain("spec.volumeClaimTemplates")
  })

  it("W72: no pod is stopped for a template whose volume no claim would fill; the user is told why", () => {
    const first = pass(wanting(storage("1Gi", [logs])))
    const applied = first.steps.find((step) => step._tag === "Apply" && step.kind.kind === "StatefulSet")
    if (applied?._tag !== "Apply") throw new Error("no apply")
    expect(applied.object["spec"]).toMatchObject({
      template: (live.statefulSets[0]?.object["spec"] as { template: unknown }).template,
    })
    const after = pass(first.next(1, { statefulSets: [Build.statefulSetOf(applied.object)] }))
    expect(after.steps).toEqual([])
    expect(after.report.status.phase).not.toBe("Completed")
    expect(after.report.status.phaseReason).toContain("--cascade=orphan")
  })
})
