import { expect, it } from "@effect/vitest"
import { ToyWorld } from "../../support/toyWorld.js"

const created = (
  spec: ConstructorParameters<typeof ToyWorld>[0],
  settings?: ConstructorParameters<typeof ToyWorld>[1],
) => {
  const world = new ToyWorld(spec, settings)
  expect(world.run((w) => w.isCompleted())).toBe(true)
  return world
}

/** Converged, quiet from then on (S9), and nothing forbidden happened on the way. */
const expectPeace = (world: ToyWorld): void => {
  expect(world.violations).toEqual([])
  const writes = world.writes.length
  world.rest(3_600_000)
  expect(world.writes.slice(writes).map((write) => write.what)).toEqual([])
  expect(world.isCompleted()).toBe(true)
}

it("S9, S10, W50: creates 8 nodes; Completed comes last and nothing is written afterwards", () => {
  const world = created({ size: 8 })
  expect(world.pods.size).toBe(8)
  expect(world.cluster.status.health).toBe("8/8")
  expect(world.cluster.status.aerospikeClusterSize).toBe(8)
  expectPeace(world)
})
it("B11, S2, S3, W5, W6: an image change rolls 8 pods one at a time and loses nothing; four writes per restart", () => {
  const world = created({ size: 8 })
  const before = world.writes.length
  const uids = new Set([...world.pods.values()].map((pod) => pod.uid))
  world.edit({ size: 8, image: "aerospike:ce-8.1.3.0" })
  world.maxUnavailable = 0
  expect(world.run((w) => w.isCompleted())).toBe(true)
  const writes = world.writes.slice(before)
  const restarts = writes.filter((write) => write.what === "RestartPod")
  expect(restarts.map((write) => write.pod)).toEqual([7, 6, 5, 4, 3, 2, 1, 0].map((n) => `demo-0-${n}`))
  expect([...world.pods.values()].some((pod) => uids.has(pod.uid))).toBe(false)
  expect(world.areCurrent()).toBe(true)
  expect(world.maxUnavailable).toBe(1)
  expect(world.lost).toBe(0)
  const perRestart = restarts.map((restart, index) => {
    const from = writes.indexOf(restart)
    const next = restarts[index + 1]
    return writes.slice(from, next === undefined ? undefined : writes.indexOf(next)).map((write) => write.what)
  })
  for (const each of perRestart.slice(0, -1)) {
    expect(each).toEqual(["RestartPod", "Event PodColdRestarted", "Status", "Status"])
  }
  expect(perRestart.at(-1)).toEqual([
    "RestartPod",
    "Event PodColdRestarted",
    "Status",
    "Status",
    "Event RollingRestartCompleted",
    "Status",
  ])
  expect(world.events.filter((event) => event.reason === "RollingRestartStarted")).toHaveLength(1)
  expectPeace(world)
})

it("S2, W6: a readiness gate opens when the node has joined; one more write per restart", () => {
  const gated = (image: string) => ({ size: 3, image, extra: { podSpec: { readinessGateEnabled: true } } })
  const world = created(gated("aerospike:ce-8.1.2.0"))
  world.edit(gated("aerospike:ce-8.1.3.0"))
  world.maxUnavailable = 0
  expect(world.run((w) => w.isCompleted())).toBe(true)
  expect(world.maxUnavailable).toBe(1)
  expect(world.lost).toBe(0)
  expectPeace(world)
})

it("S3, W22: 8 → 5 removes one member at a time and waits for the data", () => {
  const world = created({ size: 8 })
  world.edit({ size: 5 })
  expect(world.run((w) => w.isCompleted())).toBe(true)
  expect(world.podNames()).toEqual([0, 1, 2, 3, 4].map((n) => `demo-0-${n}`))
  expect(world.lost).toBe(0)
  expect(
    world.events.filter((event) => event.reason === "RackScaled").map((event) => event.message.slice(0, 20)),
  ).toEqual(["demo-0: 8 → 7 pods (", "demo-0: 7 → 6 pods (", "demo-0: 6 → 5 pods ("])
  expectPeace(world)
})

it("W24, W6: scale-down and new image in one edit: surplus pods go first and are not restarted", () => {
  const world = created({ size: 5 })
  world.edit({ size: 3, image: "aerospike:ce-8.1.3.0" })
  expect(world.run((w) => w.isCompleted())).toBe(true)
  const restarted = world.writes.filter((write) => write.what === "RestartPod").map((write) => write.pod)
  expect(restarted).toEqual(["demo-0-2", "demo-0-1", "demo-0-0"])
  expect(world.lost).toBe(0)
  expectPeace(world)
})

it("W21, R8: racks 1,2 → 1,3 at size 6: the new rack is up before the old one shrinks step by step and vanishes", () => {
  const world = created({ size: 6, racks: [1, 2] })
  world.edit({ size: 6, racks: [1, 3] })
  expect(world.run((w) => w.isCompleted())).toBe(true)
  expect(world.racks()).toEqual(["1", "3"])
  expect([...world.statefulSets.keys()].sort()).toEqual(["demo-1", "demo-3"])
  expect([...world.objects.keys()].filter((key) => key.startsWith("ConfigMap"))).toEqual([
    "ConfigMap/demo-1-config",
    "ConfigMap/demo-3-config",
  ])
  expect(world.lost).toBe(0)
  expectPeace(world)
})

it("S5, W21: enabling racks on 8 nodes never exceeds 8", () => {
  const world = created({ size: 8 })
  world.edit({ size: 8, racks: [1, 2] })
  expect(world.run((w) => w.isCompleted(), 3_600_000)).toBe(true)
  expect(world.racks()).toEqual(["1", "2"])
  expect(world.lost).toBe(0)
  expectPeace(world)
})

it("R81, R86, R87, L2: a broken image costs one pod; correcting it heals without touching healthy pods", () => {
  const world = created({ size: 4 })
  const uids = new Map([...world.pods.values()].map((pod) => [pod.name, pod.uid]))
  world.edit({ size: 4, image: "aerospike:ce-8.1.3.0-bad" })
  expect(world.run((w) => w.isCompleted(), 1_800_000)).toBe(false)
  expect(world.writes.filter((write) => write.what === "RestartPod")).toHaveLength(1)
  expect(world.cluster.status.phaseReason).toContain("CrashLoopBackOff")
  world.edit({ size: 4 })
  expect(world.run((w) => w.isCompleted())).toBe(true)
  for (const name of ["demo-0-0", "demo-0-1", "demo-0-2"]) expect(world.pods.get(name)?.uid).toBe(uids.get(name))
  expectPeace(world)
})

it("W10: a first creation that crash-loops everywhere is healed by correcting the spec", () => {
  const world = new ToyWorld({ size: 3, image: "aerospike:ce-8.1.3.0-bad" })
  expect(world.run((w) => w.isCompleted(), 600_000)).toBe(false)
  expect(world.pods.size).toBe(3)
  world.edit({ size: 3 })
  expect(world.run((w) => w.isCompleted())).toBe(true)
  expectPeace(world)
})

it("R103: A → B → A in the middle restarts only the pods that had become B", () => {
  const world = created({ size: 6 })
  const uids = new Map([...world.pods.values()].map((pod) => [pod.name, pod.uid]))
  world.edit({ size: 6, service: { "proto-fd-max": 20000 } })
  world.run((w) => w.writes.filter((write) => write.what === "RestartPod").length === 2)
  world.edit({ size: 6 })
  expect(world.run((w) => w.isCompleted())).toBe(true)
  for (const n of [0, 1, 2, 3]) expect(world.pods.get(`demo-0-${n}`)?.uid).toBe(uids.get(`demo-0-${n}`))
  // demo-0-4 was still on its way out and came back as A at once.
  expect(world.writes.filter((write) => write.what === "RestartPod").map((write) => write.pod)).toEqual([
    "demo-0-5",
    "demo-0-4",
    "demo-0-5",
  ])
  expect(world.lost).toBe(0)
  expectPeace(world)
})

it("R4, R14: an operator that forgets everything after every restart still restarts each pod once", () => {
  const world = created({ size: 4 })
  world.edit({ size: 4, image: "aerospike:ce-8.1.3.0" })
  for (let done = 1; done <= 4; done++) {
    world.run((w) => w.writes.filter((write) => write.what === "RestartPod").length >= done)
    world.forget()
  }
  expect(world.run((w) => w.isCompleted())).toBe(true)
  expect(world.writes.filter((write) => write.what === "RestartPod")).toHaveLength(4)
  expect(world.lost).toBe(0)
  expectPeace(world)
})

it("W20, R97: cascade claims of removed pods go when the pods are gone, retained ones stay", () => {
  const shrink = (cascadeDelete: boolean): ReadonlyArray<string> => {
    const world = created({ size: 3, persistent: true, cascadeDelete })
    world.edit({ size: 2, persistent: true, cascadeDelete })
    expect(world.run((w) => w.isCompleted())).toBe(true)
    world.rest(60_000)
    expectPeace(world)
    return [...world.claims.keys()].sort()
  }
  expect(shrink(true)).toEqual(["data-demo-0-0", "data-demo-0-1"])
  expect(shrink(false)).toEqual(["data-demo-0-0", "data-demo-0-1", "data-demo-0-2"])
})

it("R96: growing over retained claims with old records needs the user's word", () => {
  const world = created({ size: 3, persistent: true })
  world.edit({ size: 2, persistent: true })
  world.run((w) => w.isCompleted())
  world.edit({ size: 3, persistent: true })
  expect(world.run((w) => w.isCompleted(), 600_000)).toBe(false)
  expect(world.pods.size).toBe(2)
  expect(world.cluster.status.phaseReason).toContain("data-demo-0-2")
  world.edit({ size: 3, persistent: true }, { "acko.io/allow-unsafe-restart": "true" })
  expect(world.run((w) => w.isCompleted())).toBe(true)
  expectPeace(world)
})

it("R106, R107, L3: deletion in the middle of a roll creates nothing, removes cascade claims, ends with the finalizer", () => {
  const world = created({ size: 3, persistent: true, cascadeDelete: true })
  world.edit({ size: 3, persistent: true, cascadeDelete: true, image: "aerospike:ce-8.1.3.0" })
  world.run((w) => w.writes.some((write) => write.what === "RestartPod"))
  const from = world.writes.length
  world.deleteCluster()
  world.run((w) => w.cluster.finalizers.length === 0, 60_000)
  expect(world.cluster.finalizers).toEqual([])
  expect([...world.claims.keys()]).toEqual([])
  expect(
    new Set(
      world.writes
        .slice(from)
        .map((write) => write.what)
        .filter((what) => !what.startsWith("Event")),
    ),
  ).toEqual(new Set(["Remove", "RemoveFinalizer"]))
  expect(world.events.map((event) => event.reason)).toContain("FinalizerRemoved")
})

it("R110: pausing in the middle of a roll writes nothing but status; resuming finishes it", () => {
  const world = created({ size: 3 })
  const next = { size: 3, image: "aerospike:ce-8.1.3.0" }
  world.edit(next)
  world.run((w) => w.writes.some((write) => write.what === "RestartPod"))
  world.edit({ ...next, extra: { paused: true } })
  const from = world.writes.length
  world.rest(600_000)
  expect(world.cluster.status.phase).toBe("Paused")
  expect(world.writes.slice(from).filter(({ what }) => what !== "Status" && !what.startsWith("Event"))).toEqual([])
  expect(world.cluster.status.conditions?.find((c) => c.type === "ReconciliationPaused")?.status).toBe("True")
  world.edit(next)
  expect(world.run((w) => w.isCompleted())).toBe(true)
  expect(world.cluster.status.conditions?.find((c) => c.type === "ReconciliationPaused")?.status).toBe("False")
  expectPeace(world)
})

it("R76: questions become rare while a migration takes hours, and the roll waits", () => {
  const world = created({ size: 3 })
  world.settings.migrateMs = 4 * 3_600_000
  const before = world.collections
  world.edit({ size: 3, image: "aerospike:ce-8.1.3.0" })
  world.run((w) => w.writes.filter((write) => write.what === "RestartPod").length === 2, 5 * 3_600_000)
  const hours = 4
  expect(world.collections - before).toBeLessThan(hours * 240 + 600)
  expect(world.lost).toBe(0)
  expect(world.violations).toEqual([])
})

it("S3: a single copy in memory is not restarted without the user's word; with it, it is", () => {
  const world = created({ size: 1, replicationFactor: 1 })
  world.edit({ size: 1, replicationFactor: 1, image: "aerospike:ce-8.1.3.0" })
  expect(world.run((w) => w.isCompleted(), 300_000)).toBe(false)
  expect(world.cluster.status.phaseReason).toContain("acko.io/allow-unsafe-restart")
  world.edit(
    { size: 1, replicationFactor: 1, image: "aerospike:ce-8.1.3.0" },
    { "acko.io/allow-unsafe-restart": "true" },
  )
  expect(world.run((w) => w.isCompleted())).toBe(true)
})
