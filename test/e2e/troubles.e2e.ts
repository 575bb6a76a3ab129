/** What goes wrong around one cluster while it is being changed, on a real control plane: migrations, dead and silent nodes, failing writes. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Cluster, ClusterObject } from "./Cluster.js"
import { inMemory, onClaims, resource } from "./resources.js"
import { breakerThreshold } from "../../src/decide/requeue.js"
import { defaultSettings } from "../../src/domain/Snapshot.js"
import { makeWorld, type World } from "./world.js"

const namespace = "e2e-troubles"
/** A round of migrations takes this long. */
const migrateMs = 4_000

let world: World
beforeAll(async () => {
  world = await makeWorld()
  await world.makeNamespace(namespace)
  await world.startOperator(await world.install("acko-system"), { arguments: ["--max-retry-delay", "4s"] })
  world.machines.settings.change({ restartPauseMs: 500 })
})
afterAll(() => world.close())

const apply = (name: string, spec: object) => world.run(`apply -n ${namespace} -f -`, resource(name, spec))
const patch = (name: string, spec: object) =>
  world.run(`patch asc ${name} -n ${namespace} --type=merge -p ${JSON.stringify({ spec })}`)
const config = (protoFdMax: number) => ({ aerospikeConfig: { service: { "proto-fd-max": protoFdMax } } })
const annotated = (annotations: Readonly<Record<string, string>>) => ({ podSpec: { metadata: { annotations } } })
/** Names of the pods whose deletion began, in that order. */
const deleted = ({ history }: Cluster): ReadonlyArray<string> =>
  history.entries.flatMap((entry) => (entry._tag === "PodTerminating" ? [entry.pod] : []))
const pod = (name: string) => `${namespace}/${name}`
const pause = (ms: number) => Effect.runPromise(Effect.sleep(ms))

const started = async (name: string, spec: object): Promise<Cluster> => {
  const cluster = await world.cluster(namespace, name)
  await apply(name, spec)
  await cluster.completed()
  expect(await cluster.write(2_000)).toBe(2_000)
  return cluster
}

describe.concurrent("a scale-down", () => {
  let cluster: Cluster
  const isWaiting = ({ status }: ClusterObject) => status?.phase === "WaitingForMigration"

  it.sequential("N-05 waits while partitions migrate", async () => {
    cluster = await started("shrinking", inMemory(4, 15_000, annotated({ "sim.acko.io/migrate-ms": `${migrateMs}` })))
    await world.run(`delete pod shrinking-0-0 -n ${namespace}`)
    const back = Date.now()
    await patch("shrinking", { size: 3 })
    await cluster.until("waiting", isWaiting, 10)
    await cluster.until("shrunk", (object) => object.status?.size === 3 && !isWaiting(object))
    await cluster.completed()
    expect(Date.now() - back).toBeGreaterThan(migrateMs)
    expect(Object.keys(await cluster.uids())).toEqual(["shrinking-0-0", "shrinking-0-1", "shrinking-0-2"])
    expect(await cluster.lostRecords()).toBe(0)
  })

  it.sequential("N-05 waits while a node does not say whether it migrates", async () => {
    const { aerospike } = world.machines
    const before = await cluster.uids()
    await Effect.runPromise(aerospike.setFault(pod("shrinking-0-1"), { _tag: "Hang" }))
    // Nothing is known of before the silence any more that would still count.
    await pause(defaultSettings.safetyFreshMs + 500)
    await patch("shrinking", { size: 2 })
    const isAsking = ({ status }: ClusterObject) => status?.phaseReason?.includes("shrinking-0-1") ?? false
    await cluster.until("the silent node is named", isAsking, 20)
    await pause(3_000)
    expect(await cluster.uids()).toEqual(before)
    await Effect.runPromise(aerospike.clearFault(pod("shrinking-0-1")))
    await cluster.completed()
    expect(await cluster.uids()).toEqual({
      "shrinking-0-0": before["shrinking-0-0"],
      "shrinking-0-1": before["shrinking-0-1"],
    })
    expect(await cluster.lostRecords()).toBe(0)
    await cluster.release()
  })
})

describe.concurrent("a roll-out", () => {
  it.sequential("N-06 R81 a node that dies meanwhile: no healthy pod is stopped until it is back", async () => {
    const { aerospike } = world.machines
    const cluster = await started("batch", onClaims(4, 15_000))
    await apply("batch", onClaims(4, 16_000))
    await cluster.deleted(1)
    await Effect.runPromise(aerospike.setFault(pod("batch-0-0"), { _tag: "Crash", code: 1 }))
    await Effect.runPromise(aerospike.setFault(pod("batch-0-0"), { _tag: "CrashOnStart", code: 1 }))
    await pause(6_000)
    // The broken one is of the old revision: a restart cannot make it worse.
    expect(deleted(cluster).filter((name) => name !== "batch-0-0")).toEqual(["batch-0-3"])
    const { status } = await cluster.get()
    expect(status?.phase).toBe("RollingRestart")
    await Effect.runPromise(aerospike.clearFault(pod("batch-0-0")))
    await cluster.completed()
    expect(new Set(deleted(cluster)).size).toBe(4)
    expect(await cluster.lostRecords()).toBe(0)
    await cluster.release()
  })
})

describe.concurrent("a readiness gate", () => {
  it.sequential("N-08 R20-3 a pod gets no traffic before its node has joined, and soon afterwards", async () => {
    const { aerospike } = world.machines
    const cluster = await started("gated", {
      ...onClaims(3, 15_000),
      podService: {},
      podSpec: { readinessGateEnabled: true },
    })
    const condition = (type: string) =>
      `get pod gated-0-2 -n ${namespace} -o jsonpath={.status.conditions[?(@.type=="${type}")].status}`
    await Effect.runPromise(aerospike.cut([pod("gated-0-2")], [pod("gated-0-0"), pod("gated-0-1")]))
    await world.run(`delete pod gated-0-2 -n ${namespace}`)
    await world.until(condition("ContainersReady"), (out) => out === "True")
    await pause(2_000)
    // What endpoints are made from.
    expect(await world.run(condition("Ready"))).toBe("False")

    await Effect.runPromise(aerospike.heal)
    const isWhole = Effect.map(aerospike.members(pod("gated")), (all) =>
      all.every(({ clusterSize }) => clusterSize === 3),
    )
    await Effect.runPromise(Effect.repeat(Effect.delay(isWhole, "10 millis"), { until: (whole) => whole }))
    const joined = cluster.history.now()
    await cluster.completed()
    const opened = cluster.history.entries.findLast((entry) => entry._tag === "PodReady" && entry.pod === "gated-0-2")
    expect((opened?.at ?? Number.NaN) - joined).toBeLessThan(1_000)
    await cluster.release()
  })
})

describe.concurrent("a drain", () => {
  it.sequential("N-13 R46 evicts every pod, with at most one down at a time", async () => {
    const cluster = await started("drained", inMemory(3, 15_000))
    const from = cluster.history.now()
    const before = await cluster.uids()
    const refusals: Array<number> = []
    const evict = (name: string, uid: string) =>
      world.writer.evict({ namespace, name }, { preconditions: { uid } }).pipe(
        Effect.tapError((error) =>
          Effect.sync(() => refusals.push(error._tag === "KubeStatusError" ? error.status : 0)),
        ),
        // As `kubectl drain` does, only more often.
        Effect.retry({
          schedule: Schedule.spaced("100 millis"),
          while: (error) => error._tag === "KubeStatusError" && error.status === 429,
        }),
      )
    await Effect.runPromise(
      Effect.forEach(Object.entries(before), ([name, uid]) => evict(name, uid), { concurrency: "unbounded" }),
    )
    await cluster.completed()
    expect(new Set(refusals)).toEqual(new Set([429]))
    expect(Object.values(await cluster.uids()).filter((uid) => Object.values(before).includes(uid))).toEqual([])
    expect(cluster.mostUnavailable(from)).toBe(1)
    await cluster.release()
  })
})

describe.concurrent("writes that fail", () => {
  /** Calls nobody: every change of the cluster's ConfigMaps fails. */
  const obstacle = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: "e2e-obstacle" },
    webhooks: [
      {
        name: "obstacle.example.com",
        clientConfig: { url: "https://127.0.0.1:1/" },
        rules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"], operations: ["CREATE", "UPDATE"] }],
        objectSelector: { matchLabels: { "app.kubernetes.io/instance": "failing" } },
        failurePolicy: "Fail",
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
      },
    ],
  }
  const healthy = ({ status }: ClusterObject) => status?.conditions?.find(({ type }) => type === "ReconcileHealthy")
  const failures = ({ status }: ClusterObject) => Number(status?.["failedReconcileCount"] ?? 0)

  it.sequential(
    "N-07 N-17 W44 R110 are tried again ever more rarely until the breaker opens; a pause holds, and all is well once the cause is gone",
    async () => {
      const cluster = await started("failing", inMemory(2, 15_000))
      const before = await cluster.uids()
      await world.run("apply -f -", JSON.stringify(obstacle))
      // A new configuration of webhooks counts a moment later.
      await pause(1_000)
      await patch("failing", config(16_000))
      const failed = await cluster.until("two failures", (object) => failures(object) >= 2, 30)
      expect(healthy(failed)).toMatchObject({ status: "False", reason: "BackingOff" })
      expect(String(failed.status?.["lastReconcileError"])).toContain("obstacle.example.com")

      await patch("failing", { paused: true })
      await cluster.until("paused", ({ status }) => status?.phase === "Paused")
      await patch("failing", { paused: false })
      await cluster.until("failing again", (object) => object.status?.phase !== "Paused" && failures(object) >= 1, 30)
      const broken = await cluster.until("ten failures", (object) => failures(object) >= breakerThreshold, 90)
      expect(healthy(broken)).toMatchObject({ status: "False", reason: "CircuitBreakerActive" })
      // An open breaker goes on trying, and nothing restarts meanwhile.
      await cluster.until("another failure", (object) => failures(object) > breakerThreshold, 30)
      expect(await cluster.uids()).toEqual(before)

      await world.run("delete validatingwebhookconfiguration e2e-obstacle")
      const completed = await cluster.completed()
      expect([healthy(completed)?.status, failures(completed)]).toEqual(["True", 0])
      await world.until(`get events -n ${namespace} -o jsonpath={.items[*].reason}`, (out) =>
        ["CircuitBreakerActive", "CircuitBreakerReset"].every((reason) => out.split(" ").includes(reason)),
      )
      expect(Object.values(await cluster.uids()).filter((uid) => Object.values(before).includes(uid))).toEqual([])
      expect(await cluster.lostRecords()).toBe(0)
      await cluster.release()
    },
    240_000,
  )
})
