import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { plan } from "../../../src/decide/plan.js"
import { backoffMs, jitteredBackoffMs, paceMs } from "../../../src/decide/requeue.js"
import { finalizer } from "../../../src/domain/Labels.js"
import type { Plan, Step } from "../../../src/domain/Plan.js"
import { defaultSettings, type Snapshot } from "../../../src/domain/Snapshot.js"
import * as Build from "../../support/snapshots.js"

const proceed = (snapshot: Snapshot): Extract<Plan, { readonly _tag: "Proceed" }> => {
  const decided = plan(snapshot)
  if (decided._tag !== "Proceed") throw new Error(JSON.stringify(decided))
  return decided
}
const steps = (snapshot: Snapshot): ReadonlyArray<Step> => proceed(snapshot).tracks.flatMap((track) => track.steps)

describe("plan", () => {
  it("S9: a world that matches needs nothing, whatever its shape", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.integer({ min: 2, max: 8 }),
        FastCheck.boolean(),
        FastCheck.constantFrom(undefined, [1], [1, 2], [3, 1, 2]),
        (size, persistent, racks) => {
          const decided = proceed(Build.matchingSnapshot({ spec: { size, persistent, ...(racks ? { racks } : {}) } }))
          expect(decided.tracks).toEqual([])
          expect(decided.waits).toEqual([])
          expect(decided.progress.isSettled).toBe(true)
        },
      ),
      { numRuns: 25 },
    )
  })

  it("R92: the first pod finds its finalizer, Service, budget and configuration in place", () => {
    const empty: Snapshot = {
      ...Build.matchingSnapshot({ cluster: { finalizers: [] } }),
      pods: [],
      statefulSets: [],
      configMaps: [],
      services: [],
      pdbs: [],
      facts: {},
    }
    const { tracks } = proceed(empty)
    expect(tracks.map((track) => track.name)).toEqual(["finalizer", "network", "budget", "config", "statefulSets"])
    expect(tracks.at(-1)?.after).toEqual(["finalizer", "network", "networkPolicy", "budget", "config"])
  })

  it("W23: later a failing budget holds up no fix", () => {
    const world = Build.matchingSnapshot()
    const changed = {
      ...world,
      pdbs: [],
      statefulSets: Build.matchingSnapshot({ spec: { image: "aerospike:ce-8.1.1.0" } }).statefulSets,
    }
    expect(proceed(changed).tracks.find((track) => track.name === "statefulSets")?.after).toEqual([
      "finalizer",
      "config",
    ])
  })

  it("S6, R17: an object of the same name with another owner is left alone and named", () => {
    const world = Build.matchingSnapshot()
    const foreign = { ...world, services: world.services.map((s) => ({ ...s, controllerUid: "an-earlier-cluster" })) }
    expect(steps(foreign)).toEqual([])
    expect(proceed(foreign).waits[0]?.message).toContain("Service demo belongs to someone else")
  })

  it("R55: a difference another controller insists on is applied once, a new wish again", () => {
    const world = Build.matchingSnapshot()
    const service = world.services[0]!
    const mutated = { ...service, object: { ...service.object, spec: { clusterIP: "10.0.0.9" } } }
    const snapshot = { ...world, services: [mutated] }
    const [step] = steps(snapshot)
    if (step?._tag !== "Apply") throw new Error("no apply")
    const remembered = `${step.object.metadata.annotations?.["acko.io/applied-hash"] ?? ""} ${step.because}`
    const memory = (text: string) => ({ ...world.memory, acceptedDifferences: { "Service/demo": text } })
    expect(steps({ ...snapshot, memory: memory(remembered) })).toEqual([])
    expect(steps({ ...snapshot, memory: memory(`other ${step.because}`) })).toHaveLength(1)
  })

  it("R112, N-15: what another operator made is taken over, what we applied before is only applied", () => {
    const world = Build.matchingSnapshot()
    const service = world.services[0]!
    const after = (annotations: Readonly<Record<string, string>>) => {
      const metadata = { ...service.object.metadata, annotations }
      const object = { ...service.object, metadata, spec: { clusterIP: "None", ports: [] } }
      return steps({ ...world, services: [{ ...service, object }] })
    }
    expect(after({})).toMatchObject([{ _tag: "Apply", takesOver: { uid: service.uid } }])
    const [step] = after({ "acko.io/applied-hash": "of another wish" })
    expect(step).not.toHaveProperty("takesOver")
  })

  it("E-17: an unwanted PodDisruptionBudget is removed", () => {
    const world = Build.matchingSnapshot()
    const disabled = { ...Build.matchingSnapshot({ spec: { extra: { disablePDB: true } } }), pdbs: world.pdbs }
    expect(steps(disabled)).toMatchObject([{ _tag: "Remove", kind: { kind: "PodDisruptionBudget" } }])
  })

  it("a spec that cannot be carried out is refused with field and fix", () => {
    const refused = plan(
      Build.matchingSnapshot({ cluster: { spec: { ...Build.spec(), size: 9 } } }).cluster.spec === undefined
        ? Build.matchingSnapshot()
        : { ...Build.matchingSnapshot(), cluster: Build.clusterView({ spec: { ...Build.spec(), size: 9 } }) },
    )
    expect(refused).toMatchObject({ _tag: "Refused", problems: [{ path: "spec.size" }] })
  })

  it("S3, R71–R73, R82, R84: with any doubt about any node nothing healthy is stopped or removed", () => {
    const older = "aerospike:ce-8.1.1.0"
    const running = Build.matchingSnapshot({ spec: { size: 5, image: older } })
    const damage = FastCheck.record({
      pod: FastCheck.integer({ min: 0, max: 4 }),
      what: FastCheck.constantFrom(
        "silent",
        "unasked",
        "otherUid",
        "migrating",
        "otherKey",
        "orphan",
        "notReady",
        "gone",
        "terminating",
        "restarted",
        "old",
      ),
    })
    const apply = (world: Snapshot, { pod, what }: { readonly pod: number; readonly what: string }): Snapshot => {
      const view = world.pods.find((p) => p.name === `demo-0-${pod}`)
      if (view === undefined) return world
      switch (what) {
        case "silent":
          return Build.withNode(world, pod, Build.unreachable(view))
        case "unasked":
          return Build.withNode(world, pod, undefined)
        case "otherUid":
          return Build.withPod(world, pod, (p) => ({ ...p, uid: "new" }))
        case "migrating":
          return Build.withAnswers(world, pod, (a) => Build.withStatistics(a, { migrate_partitions_remaining: "1" }))
        case "otherKey":
          return Build.withAnswers(world, pod, (a) => Build.withStatistics(a, { cluster_key: "BEEF" }))
        case "orphan":
          return Build.withAnswers(world, pod, (a) => Build.withStatistics(a, { cluster_size: "1" }))
        case "notReady":
          return Build.withPod(world, pod, (p) => ({ ...p, conditions: [{ type: "Ready", status: "False" as const }] }))
        case "gone":
          return { ...world, pods: world.pods.filter((p) => p.name !== view.name) }
        case "terminating":
          return Build.withPod(world, pod, (p) => ({ ...p, isTerminating: true }))
        case "restarted":
          return Build.withAnswers(world, pod, (a) => Build.withStatistics(a, { uptime: "0" }), ["latest"])
        default:
          return { ...world, podsChangedAt: world.now }
      }
    }
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(damage, { minLength: 1, maxLength: 4 }),
        FastCheck.constantFrom(3, 5),
        (damages, size) => {
          const wanted = Build.matchingSnapshot({ spec: { size } })
          const statefulSets = Build.matchingSnapshot({ spec: { size: 5 } }).statefulSets
          const world = damages.reduce(apply, { ...wanted, pods: running.pods, facts: running.facts, statefulSets })
          const destructive = steps(world).filter(
            (step) => step._tag === "RestartPod" || (step._tag === "Apply" && step.because.startsWith("replicas")),
          )
          for (const step of destructive) {
            // Only a pod that is proven to be down may be acted upon: none of these damages proves it.
            expect(step).toMatchObject({
              evidence: undefined,
              pod: { conditions: [{ type: "Ready", status: "False" }] },
            })
          }
          expect(destructive).toEqual([])
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe("finalizer", () => {
  const deleting = (
    finalizers: ReadonlyArray<string>,
    spec = Build.spec({ persistent: true, cascadeDelete: true }),
  ): Snapshot => ({
    ...Build.matchingSnapshot({ spec: { persistent: true, cascadeDelete: true } }),
    cluster: Build.clusterView({ isDeleting: true, finalizers, spec }),
    claims: [Build.claimOf("demo-0-0"), Build.claimOf("demo-0-1", "logs")],
  })

  it("alive without it: adds it; alive with it: nothing", () => {
    expect(steps(Build.matchingSnapshot({ cluster: { finalizers: ["other"] } }))).toEqual([{ _tag: "AddFinalizer" }])
  })
  it("R7, R106, R107: deleted with it: cascade claims, then the finalizer, nothing else and no question to nodes", () => {
    const decided = proceed(deleting([finalizer]))
    expect(decided.tracks.map((track) => [track.name, track.steps.length, track.after])).toEqual([
      ["claims", 1, []],
      ["finalizer", 1, ["claims"]],
    ])
    expect(decided.facts).toBeUndefined()
  })
  it("R106: deleted without it: nothing at all", () => {
    expect(steps(deleting([]))).toEqual([])
  })
  it("L3: an unreadable spec does not hold up a deletion, and keeps every claim", () => {
    expect(steps(deleting([finalizer], { size: "many" }))).toEqual([{ _tag: "RemoveFinalizer" }])
  })
})

describe("pause, back-off, pacing", () => {
  const failing = (changes: Partial<Snapshot["memory"]> = {}): Snapshot => {
    const world = Build.matchingSnapshot()
    return {
      ...world,
      pdbs: [],
      memory: { ...world.memory, failures: 3, notBefore: world.now + 5000, lastError: "boom", ...changes },
    }
  }

  it("W46, R20-5: nothing before the time is up, whatever woke us", () => {
    expect(plan(failing())).toMatchObject({ _tag: "Held", until: Build.noon + 5000, wait: { kind: "Backoff" } })
    expect(plan(failing({ notBefore: Build.noon }))._tag).toBe("Proceed")
  })
  it("W44, W47: a new generation or a new force-reconcile value ends it, a used one does not", () => {
    expect(plan({ ...failing(), cluster: Build.clusterView({ generation: 2 }) })._tag).toBe("Proceed")
    const forced = { ...failing(), cluster: Build.clusterView({ annotations: { "acko.io/force-reconcile": "1" } }) }
    expect(plan(forced)._tag).toBe("Proceed")
    expect(plan({ ...forced, memory: { ...forced.memory, forcedBy: "1" } })._tag).toBe("Held")
  })
  it("R110: pause comes before back-off, deletion before pause", () => {
    const paused = { ...failing(), cluster: Build.clusterView({ spec: Build.spec({ extra: { paused: true } }) }) }
    expect(plan(paused)).toMatchObject({ _tag: "Held", wait: { kind: "Paused" } })
    expect(plan({ ...paused, cluster: { ...paused.cluster, isDeleting: true } })._tag).toBe("Proceed")
  })
  const { maxRetryDelayMs } = defaultSettings
  it("R142: the vectors of the back-off, with jitter that only shortens and is the same every time", () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 50].map((failures) => backoffMs(failures, maxRetryDelayMs))).toEqual(
      [5, 2, 4, 8, 16, 32, 64, 128, 256, 256, 256].map((s) => s * 1000),
    )
    expect([1, 2, 3, 50].map((failures) => backoffMs(failures, 5_000))).toEqual([2_000, 4_000, 5_000, 5_000])
    expect([9, 10, 50].map((failures) => backoffMs(failures, 3_600_000))).toEqual([512_000, 1_024_000, 3_600_000])
    FastCheck.assert(
      FastCheck.property(FastCheck.string(), FastCheck.integer({ min: 1, max: 40 }), (name, failures) => {
        const key = { namespace: "n", name }
        const options = { isPermanent: false, isDeleting: false, maxMs: maxRetryDelayMs }
        const delay = jitteredBackoffMs(key, failures, options)
        expect(delay).toBe(jitteredBackoffMs(key, failures, options))
        expect(delay).toBeLessThanOrEqual(backoffMs(failures, maxRetryDelayMs))
        expect(delay).toBeGreaterThanOrEqual(backoffMs(failures, maxRetryDelayMs) * 0.9 - 1)
      }),
    )
  })
  it("R76: quick at first, then a fiftieth of the time waited, never slower than 15 s", () => {
    expect([0, 9_999, 10_000, 60_000, 3_600_000, 1e9].map((ms) => paceMs(ms, 40))).toEqual([
      40, 40, 200, 1200, 15_000, 15_000,
    ])
  })
  it("S3, R76: when nodes are asked again", () => {
    const at = (snapshot: Snapshot) => (proceed(snapshot).facts?.at ?? 0) - Build.noon
    const world = Build.matchingSnapshot()
    const { latest } = world.facts
    if (latest === undefined) throw new Error("no facts")
    const quiet = { ...world, cluster: Build.clusterView({ status: { phase: "Completed", observedGeneration: 1 } }) }
    expect(at(quiet)).toBe(60_000 - 45)
    expect(at({ ...world, facts: { latest } })).toBe(0)
    const young = { ...latest, startedAt: Build.noon - 10, finishedAt: Build.noon - 5 }
    expect(at({ ...world, facts: { latest: young } })).toBe(30)
    expect(at({ ...world, podsChangedAt: Build.noon })).toBe(1)
    const migrating = Build.withAnswers(world, 0, (a) => Build.withStatistics(a, { migrate_partitions_remaining: "3" }))
    expect(at(migrating)).toBe(0)
    const patient = { ...migrating, memory: { ...world.memory, unsettledSince: Build.noon - 600_000 } }
    expect(at(patient)).toBe(12_000 - 45)
    expect(proceed({ ...world, pods: world.pods.map(({ podIP: _ip, ...pod }) => pod) }).facts).toBeUndefined()
  })
})
