/** A cluster that the reference operator ACKO made, found by ours: its objects as ACKO leaves them, its pods running (N-15). */
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, expect, it } from "vitest"
import { Kinds, type KubeObject } from "../../src/domain/Kubernetes.js"
import { referenceObjects } from "../support/referenceObjects.js"
import type { Cluster } from "./Cluster.js"
import { resource } from "./resources.js"
import { makeWorld, type World } from "./world.js"

const namespace = "e2e-take-over"
const name = "legacy"

const spec = (protoFdMax: number) => ({
  size: 3,
  image: "aerospike:ce-8.1.1.1",
  storage: {
    volumes: [
      {
        name: "data",
        source: { persistentVolume: { size: "1Gi" } },
        aerospike: { path: "/opt/aerospike/data" },
        initMethod: "deleteFiles",
      },
    ],
  },
  aerospikeConfig: {
    service: { "cluster-name": name, "proto-fd-max": protoFdMax },
    network: { service: { port: 3000 }, heartbeat: { mode: "mesh", port: 3002 }, fabric: { port: 3001 } },
    namespaces: [
      {
        name: "test",
        "replication-factor": 2,
        "storage-engine": { type: "device", file: "/opt/aerospike/data/test.dat", filesize: 536_870_912 },
      },
    ],
  },
})

let world: World
let cluster: Cluster
beforeAll(async () => {
  world = await makeWorld()
  // Pods of ACKO do not pass Pod Security `restricted`.
  await world.run(`create namespace ${namespace}`)
  await world.run(`apply -n ${namespace} -f -`, resource(name, spec(15_000)))
  cluster = await world.cluster(namespace, name)
})
afterAll(async () => {
  await cluster.release()
  await world.run(`delete asc ${name} -n ${namespace} --timeout=60s`)
  await world.run(`delete namespace ${namespace} --timeout=60s`)
  await world.close()
})

const live = async (kind: (typeof Kinds)[keyof typeof Kinds], object: string): Promise<KubeObject> =>
  Effect.runPromise(world.reader.get(kind, { namespace, name: object }))

it("N-15 R112 no pod is restarted, and from then on the objects are what our operator wants", async () => {
  const { metadata } = await cluster.get()
  for (const { kind, object } of referenceObjects({ namespace, name, uid: metadata.uid ?? "" }, spec(15_000)))
    await Effect.runPromise(world.writer.create(kind, object))
  await world.until(`get pods -n ${namespace} -o name`, (out) => out.split("\n").length === 3)
  const sizes = Effect.map(world.machines.aerospike.members(`${namespace}/${name}`), (all) =>
    all.map(({ clusterSize }) => clusterSize).join(),
  )
  await Effect.runPromise(Effect.repeat(Effect.delay(sizes, "100 millis"), { until: (told) => told === "3,3,3" }))
  expect(await cluster.write(2_000)).toBe(2_000)
  const before = await cluster.uids()

  await world.startOperator(await world.install("acko-system"))
  await cluster.completed()
  expect(await cluster.uids()).toEqual(before)
  expect(cluster.deletions()).toBe(0)
  const { spec: made } = (await live(Kinds.StatefulSet, `${name}-0`)) as unknown as {
    readonly spec: { readonly template: { readonly spec: object } }
  }
  expect(JSON.stringify(made.template.spec)).not.toMatch(/asinfo|INIT_VOLUMES|3003/)
})

it("R112 the first change rolls it out, one pod at a time, and nothing is lost", async () => {
  const from = cluster.history.now()
  const before = Object.values(await cluster.uids())
  await world.run(`apply -n ${namespace} -f -`, resource(name, spec(16_000)))
  await cluster.completed()
  expect(Object.values(await cluster.uids()).filter((uid) => before.includes(uid))).toEqual([])
  expect(cluster.mostUnavailable(from)).toBe(1)
  expect(await cluster.lostRecords()).toBe(0)
  const services = (await live(Kinds.Service, name)) as unknown as {
    readonly spec: { readonly ports: ReadonlyArray<{ name: string }> }
  }
  expect(services.spec.ports.map(({ name: port }) => port)).not.toContain("info")
})
