import { describe, expect, it } from "vitest"
import { countLost, countRecords } from "../../../src/testing/aerospike/model/Dataset.js"
import { kill, removeClaim, terminate } from "../../../src/testing/aerospike/model/lifecycle.js"
import { miss, reconnect } from "../../../src/testing/aerospike/model/membership.js"
import type { Server } from "../../../src/testing/aerospike/model/Server.js"
import { clustersOf, writeRecords } from "../../../src/testing/aerospike/model/writes.js"
import { device, type NodeOptions, type Rig, rig } from "./support.js"

/** 40,960 records: ten per partition. */
const mib = "40"
const total = 40_960

const options = (extra: NodeOptions = {}): NodeOptions => ({
  ...extra,
  annotations: { "sim.acko.io/data-mib": mib, "sim.acko.io/migrate-ms": "10000" },
})

const onDevice = (n: number): NodeOptions =>
  options({ engine: device, volumes: { "/opt/aerospike/data": `claim-${n}` } })

const dataset = (world: Rig) => {
  const found = world.model.datasets.get("default/loop/test")
  if (found === undefined) throw new Error("no data set")
  return found
}

const lost = (world: Rig): number => countLost(dataset(world))

const three = (of: (n: number) => NodeOptions): readonly [Rig, Server, Server, Server] => {
  const world = rig()
  const servers = [world.start(1, of(1)), world.start(2, of(2)), world.start(3, of(3))] as const
  world.pass(5_000)
  return [world, ...servers]
}

const objects = (world: Rig, servers: ReadonlyArray<Server>, key = "objects"): number =>
  servers.reduce((sum, server) => sum + Number(world.namespace(server)[key]), 0)

describe("records (S3: loss is counted, not guessed)", () => {
  it("loads the data volume on the first cluster: every record twice with replication factor 2", () => {
    const [world, ...servers] = three(() => options())
    expect(countRecords(dataset(world))).toBe(total)
    expect(objects(world, servers)).toBe(2 * total)
    expect(objects(world, servers, "master_objects")).toBe(total)
    expect(objects(world, servers, "prole_objects")).toBe(total)
    expect(objects(world, servers, "non_replica_objects")).toBe(0)
  })

  it("memory, RF 2: one node after another, waiting for migrations, loses nothing", () => {
    const [world, ...servers] = three(() => options())
    servers.forEach((server, index) => {
      terminate(world.model, server)
      world.pass(20_000)
      world.start(index + 1, { ...options(), restart: 1 })
      world.pass(20_000)
    })
    expect(lost(world)).toBe(0)
    expect(objects(world, [...world.model.servers.values()])).toBe(2 * total)
  })

  it("memory, RF 2: two nodes at once lose the partitions they shared, a third of the data", () => {
    const [world, a, b] = three(() => options())
    kill(world.model, a)
    kill(world.model, b)
    expect(lost(world) / total).toBeGreaterThan(0.3)
    expect(lost(world) / total).toBeLessThan(0.37)
    expect(countRecords(dataset(world))).toBe(total - lost(world))
  })

  it("memory, RF 2: the second stop half-way through the migrations loses half of that", () => {
    const [world, a, b] = three(() => options())
    kill(world.model, a)
    world.pass(1_850 + 5_000)
    kill(world.model, b)
    expect(lost(world) / total).toBeGreaterThan(0.13)
    expect(lost(world) / total).toBeLessThan(0.2)
  })

  it("memory, RF 2: a restart believed finished at once (28 ms of 0 migrations) loses data (R75)", () => {
    const [world, a, b] = three(() => options())
    terminate(world.model, a)
    let waited = 0
    const looksDone = (): boolean => {
      const statistics = world.statistics(b)
      return statistics["cluster_size"] === "2" && statistics["migrate_partitions_remaining"] === "0"
    }
    while (!looksDone() && waited < 3_000) {
      world.pass(5)
      waited += 5
    }
    expect(world.ask(b, "cluster-stable:size=2;ignore-migrations=false")).toBe("ERROR:7:unstable cluster")
    terminate(world.model, b)
    world.pass(1_000)
    expect(lost(world)).toBeGreaterThan(total / 4)
  })

  it("memory, RF 1: every stop loses what the node held", () => {
    const [world, a] = three(() => options({ replicationFactor: 1 }))
    const held = Number(world.namespace(a)["objects"])
    expect(held).toBeGreaterThan(total / 4)
    terminate(world.model, a)
    world.pass(1_000)
    expect(lost(world)).toBe(held)
  })

  it("devices: all nodes may stop at once and come back with everything (claims survive processes)", () => {
    const [world, ...servers] = three(onDevice)
    for (const server of servers) kill(world.model, server)
    expect(lost(world)).toBe(0)
    const again = [1, 2, 3].map((n) => world.start(n, { ...onDevice(n), restart: 1 }))
    world.pass(20_000)
    expect(objects(world, again)).toBe(2 * total)
    expect(lost(world)).toBe(0)
  })

  it("devices: removing the claims of stopped nodes loses what only they held (R97)", () => {
    const [world, a, b] = three(onDevice)
    terminate(world.model, a)
    terminate(world.model, b)
    world.pass(1_000)
    removeClaim(world.model, "claim-1")
    expect(lost(world)).toBe(0)
    removeClaim(world.model, "claim-2")
    expect(lost(world) / total).toBeGreaterThan(0.3)
  })

  it("a file outside of every claim goes with the process", () => {
    const [world, a, b] = three(() => options({ engine: device }))
    kill(world.model, a)
    kill(world.model, b)
    expect(lost(world)).toBeGreaterThan(0)
  })

  it("a device that comes back lacks what was written meanwhile, until it received it", () => {
    const [world, a, b, c] = three(onDevice)
    kill(world.model, a)
    world.pass(20_000)
    const cluster = clustersOf(world.model, "loop")[0]
    if (cluster === undefined) throw new Error("no cluster")
    expect(writeRecords(world.model, cluster, "test", 8_192)).toBe(8_192)
    const again = world.start(1, { ...onDevice(1), restart: 1 })
    world.pass(3_000)
    expect(Number(world.namespace(again)["migrate_rx_partitions_remaining"])).toBeGreaterThan(0)
    kill(world.model, b)
    kill(world.model, c)
    removeClaim(world.model, "claim-2")
    removeClaim(world.model, "claim-3")
    // Node 1 still has everything written before it stopped; of the rest what it had received again.
    expect(lost(world)).toBeGreaterThan(0)
    expect(countRecords(dataset(world))).toBeGreaterThan(0.6 * total)
  })

  it("scaling down by one after migrations keeps everything", () => {
    const [world, a, b, c] = three(() => options())
    terminate(world.model, c)
    world.pass(30_000)
    expect(lost(world)).toBe(0)
    expect(objects(world, [a, b])).toBe(2 * total)
    terminate(world.model, b)
    world.pass(30_000)
    expect(lost(world)).toBe(0)
    expect(world.namespace(a)["effective_replication_factor"]).toBe("1")
  })

  it("R121: truncate-namespace needs no right on CE and takes everything", () => {
    const [world, a] = three(() => options())
    expect(world.ask(a, "truncate-namespace:namespace=test")).toBe("ok")
    expect(lost(world)).toBe(total)
    expect(Number(world.namespace(a)["objects"])).toBe(0)
  })

  it("two halves of a split cluster have two keys and merge without loss (R73)", () => {
    const [world, a, b, c] = three(() => options())
    const pods = (server: Server): string => `default/${server.spec.podName}`
    for (const other of [b, c]) {
      world.model.cuts.set(`${pods(a)}|${pods(other)}`, world.now())
      world.model.cuts.set(`${pods(other)}|${pods(a)}`, world.now())
    }
    miss(world.model, a)
    world.pass(15_000)
    const key = (server: Server): string => world.statistics(server)["cluster_key"] ?? ""
    expect([a, b, c].map((server) => world.statistics(server)["cluster_size"])).toEqual(["1", "2", "2"])
    expect(key(a)).not.toBe(key(b))
    world.model.cuts.clear()
    reconnect(world.model)
    world.pass(20_000)
    expect(new Set([a, b, c].map(key)).size).toBe(1)
    expect(lost(world)).toBe(0)
    expect(objects(world, [a, b, c])).toBe(2 * total)
  })

  it("eight nodes keep everything through re-forms, and have nothing to migrate for them", () => {
    const world = rig()
    const servers = Array.from({ length: 8 }, (_, i) =>
      world.start(i + 1, { ...options(), seeds: 8, nodeId: `B${i + 1}` }),
    )
    world.pass(5_000)
    for (let round = 0; round < 5; round++) {
      const principal = clustersOf(world.model, "loop")[0]?.principal
      if (principal !== undefined) expect(world.ask(principal, "recluster:")).toBe("ok")
      world.pass(1_000)
    }
    expect(servers.map((server) => world.statistics(server)["migrate_partitions_remaining"])).toEqual(
      Array(8).fill("0"),
    )
    expect(objects(world, servers)).toBe(2 * total)
    expect(lost(world)).toBe(0)
  })
})
