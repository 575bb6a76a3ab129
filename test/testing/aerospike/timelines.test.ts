import { describe, expect, it } from "vitest"
import { applyFault, kill, terminate } from "../../../src/testing/aerospike/model/lifecycle.js"
import type { Server } from "../../../src/testing/aerospike/model/Server.js"
import { type NodeOptions, type Rig, rig } from "./support.js"

/** What the recordings watched, polled every 20 ms. */
interface Sample {
  readonly at: number
  readonly size: string
  readonly key: string
  readonly principal: string
  readonly integrity: string
  readonly member: string
  readonly allowed: string
  readonly remaining: number
  readonly nsSize: string
  readonly factor: string
  readonly tx: number
  readonly rx: number
  readonly stable: string
  readonly stableIgnoring: string
}

const sample = (world: Rig, server: Server): Sample => {
  const statistics = world.statistics(server)
  const namespace = world.namespace(server)
  return {
    at: world.now(),
    size: statistics["cluster_size"] ?? "",
    key: statistics["cluster_key"] ?? "",
    principal: statistics["cluster_principal"] ?? "",
    integrity: statistics["cluster_integrity"] ?? "",
    member: statistics["cluster_is_member"] ?? "",
    allowed: statistics["migrate_allowed"] ?? "",
    remaining: Number(statistics["migrate_partitions_remaining"]),
    nsSize: namespace["ns_cluster_size"] ?? "",
    factor: namespace["effective_replication_factor"] ?? "",
    tx: Number(namespace["migrate_tx_partitions_remaining"]),
    rx: Number(namespace["migrate_rx_partitions_remaining"]),
    stable: world.ask(server, "cluster-stable:"),
    stableIgnoring: world.ask(server, "cluster-stable:ignore-migrations=true"),
  }
}

/** Polls for a while; one list per server. */
const watch = (world: Rig, servers: ReadonlyArray<Server>, ms: number): ReadonlyArray<ReadonlyArray<Sample>> => {
  const lists = servers.map((): Array<Sample> => [])
  for (let passed = 0; passed < ms; passed += 20) {
    world.pass(20)
    servers.forEach((server, index) => lists[index]?.push(sample(world, server)))
  }
  return lists
}

const first = (samples: ReadonlyArray<Sample>, when: (sample: Sample) => boolean): Sample => {
  const found = samples.find(when)
  if (found === undefined) throw new Error("never happened")
  return found
}

const isKey = (text: string): boolean => /^[0-9A-F]{12}$/.test(text)
const slow: NodeOptions = { annotations: { "sim.acko.io/migrate-ms": "60000" } }

const three = (options: NodeOptions = {}): readonly [Rig, Server, Server, Server] => {
  const world = rig()
  const [a, b, c] = [world.start(1, options), world.start(2, options), world.start(3, options)]
  world.pass(5_000)
  return [world, a, b, c]
}

describe("recorded timelines (CE 8.1.2, three nodes)", () => {
  it("D1: three nodes started together answer with size 0 first and form one cluster 1.4 s after their ports opened", () => {
    const world = rig()
    const servers = [world.start(1), world.start(2), world.start(3)]
    const lists = watch(world, servers, 3_000)
    for (const samples of lists) {
      const up = samples.find(({ at }) => at >= 500)
      expect(up).toMatchObject({ size: "0", key: "0", principal: "0", integrity: "false", member: "false" })
      expect(up).toMatchObject({ nsSize: "0", factor: "0", stable: "ERROR:7:unstable cluster", allowed: "false" })
      const formed = first(samples, ({ size }) => size === "3")
      expect(formed.at - 500).toBeGreaterThanOrEqual(1_400)
      expect(formed.at - 500).toBeLessThanOrEqual(1_500)
      expect(formed).toMatchObject({ principal: "A3", integrity: "true", member: "true", nsSize: "3", factor: "2" })
      expect(formed).toMatchObject({ allowed: "false", remaining: 0, stable: formed.key, stableIgnoring: formed.key })
      const settled = first(samples, ({ allowed }) => allowed === "true")
      expect(settled.at - formed.at).toBeLessThanOrEqual(40)
      expect(samples.every(({ tx, rx }) => tx + rx === 0)).toBe(true)
    }
    expect(new Set(lists.map((samples) => samples.at(-1)?.key)).size).toBe(1)
  })

  it("D2: after SIGTERM of a member the rest says 3 nodes for 1.8 s; then statistics say 0 migrations for 20–40 ms (R75)", () => {
    const [world, a, b, c] = three(slow)
    const before = sample(world, a)
    const stopped = world.now()
    terminate(world.model, b)
    const lists = watch(world, [a, c], 4_000)
    for (const samples of lists) {
      const shrunk = first(samples, ({ size }) => size === "2")
      expect(shrunk.at - stopped).toBeGreaterThanOrEqual(1_750)
      expect(shrunk.at - stopped).toBeLessThanOrEqual(1_900)
      for (const earlier of samples.filter(({ at }) => at < shrunk.at)) {
        expect(earlier).toMatchObject({ size: "3", key: before.key, stable: before.key, integrity: "true" })
      }
      expect(shrunk).toMatchObject({ allowed: "false", remaining: 0, nsSize: "2", principal: "A3" })
      expect(shrunk.stable).toBe("ERROR:7:unstable cluster")
      expect(isKey(shrunk.stableIgnoring)).toBe(true)
      expect(shrunk.tx + shrunk.rx).toBeGreaterThan(2_600)
      expect(shrunk.tx + shrunk.rx).toBeLessThan(2_900)
      const honest = first(samples, ({ remaining }) => remaining > 0)
      expect(honest.at - shrunk.at).toBeGreaterThanOrEqual(20)
      expect(honest.at - shrunk.at).toBeLessThanOrEqual(40)
      expect(honest.allowed).toBe("true")
    }
    expect(lists[0]?.at(-1)?.tx).toBe(lists[1]?.at(-1)?.rx)
  })

  it("D2: the restarted member joins 1.8 s after its port opened; the members exchange first, then send, it receives all", () => {
    const [world, a, b, c] = three(slow)
    terminate(world.model, b)
    world.pass(6_000)
    const again = world.start(2, { ...slow, restart: 1 })
    world.pass(500)
    const up = world.now()
    expect(sample(world, again)).toMatchObject({ size: "0", key: "0", stable: "ERROR:7:unstable cluster" })
    const [left = [], joining = [], right = []] = watch(world, [a, again, c], 3_000)
    for (const samples of [left, right]) {
      const unstable = first(samples, ({ stableIgnoring }) => stableIgnoring.startsWith("ERROR:7"))
      expect(unstable).toMatchObject({ allowed: "false", size: "2" })
      expect(unstable.at - up).toBeGreaterThanOrEqual(1_540)
      expect(unstable.at - up).toBeLessThanOrEqual(1_600)
      const grown = first(samples, ({ size }) => size === "3")
      expect(first(samples, ({ nsSize }) => nsSize === "3").at).toBeLessThan(grown.at)
      expect(grown.at - unstable.at).toBeGreaterThanOrEqual(140)
      expect(grown.at - unstable.at).toBeLessThanOrEqual(260)
      expect(grown).toMatchObject({ allowed: "true", rx: 0, stable: "ERROR:7:unstable cluster" })
      expect(grown.remaining).toBe(grown.tx)
    }
    const member = first(joining, ({ member: is }) => is === "true")
    expect(member).toMatchObject({ integrity: "true", size: "0", key: "0" })
    const joined = first(joining, ({ size }) => size === "3")
    expect(joined.at - up).toBeLessThanOrEqual(1_920)
    expect(joined).toMatchObject({ allowed: "false", remaining: 0, tx: 0, principal: "A3", factor: "2" })
    expect(joined.rx).toBeGreaterThan(2_600)
    const honest = first(joining, ({ remaining }) => remaining > 0)
    expect(honest.at - joined.at).toBeLessThanOrEqual(40)
    expect((left.at(-1)?.tx ?? 0) + (right.at(-1)?.tx ?? 0)).toBe(joining.at(-1)?.rx)
  })

  it("D3: recluster on the principal makes everyone unstable for 0.24 s and changes the key, elsewhere it is ignored", () => {
    const [world, a, b, c] = three()
    const { key } = sample(world, a)
    expect(world.ask(a, "recluster:")).toBe("ignored-by-non-principal")
    expect(world.ask(c, "recluster:")).toBe("ok")
    const lists = watch(world, [a, b, c], 600)
    for (const samples of lists) {
      expect(samples[0]).toMatchObject({ key, size: "3", integrity: "true", allowed: "false" })
      expect(samples[0]?.stableIgnoring).toBe("ERROR:7:unstable cluster")
      const changed = first(samples, (found) => found.key !== key)
      expect(changed).toMatchObject({ allowed: "true", stable: changed.key, tx: 0, rx: 0 })
      expect(changed.at - 5_000).toBeGreaterThanOrEqual(200)
      expect(changed.at - 5_000).toBeLessThanOrEqual(300)
    }
  })

  it("D4: SIGKILL of the principal: 1.3 s of old answers, integrity false until 2.7 s, then a new principal (R82)", () => {
    const [world, a, b, c] = three(slow)
    const { key } = sample(world, a)
    const killed = world.now()
    kill(world.model, c)
    for (const samples of watch(world, [a, b], 4_000)) {
      const noticed = first(samples, ({ integrity }) => integrity === "false")
      expect(noticed.at - killed).toBeGreaterThanOrEqual(1_260)
      expect(noticed.at - killed).toBeLessThanOrEqual(1_360)
      expect(noticed).toMatchObject({
        key,
        size: "3",
        member: "false",
        allowed: "false",
        stable: "ERROR:7:unstable cluster",
      })
      const shrunk = first(samples, ({ size }) => size === "2")
      expect(shrunk.at - killed).toBeGreaterThanOrEqual(2_650)
      expect(shrunk.at - killed).toBeLessThanOrEqual(2_780)
      expect(shrunk).toMatchObject({ principal: "A2", integrity: "true", allowed: "false", remaining: 0 })
      expect(shrunk.tx + shrunk.rx).toBeGreaterThan(2_600)
    }
    const again = world.start(3, { ...slow, restart: 1 })
    world.pass(4_000)
    for (const server of [a, b, again]) expect(sample(world, server)).toMatchObject({ size: "3", principal: "A3" })
  })
})

describe("clusters at their limits", () => {
  it("E: nine nodes started together form no cluster; with one less they do", () => {
    const world = rig()
    const nine = Array.from({ length: 9 }, (_, i) => world.start(i + 1, { seeds: 8, nodeId: `B${i + 1}` }))
    world.pass(20_000)
    for (const server of nine) {
      expect(sample(world, server)).toMatchObject({ size: "0", integrity: "false", stable: "ERROR:7:unstable cluster" })
      expect(world.ask(server, "status")).toBe("ok")
    }
    const last = nine.at(-1)
    if (last !== undefined) kill(world.model, last)
    world.pass(20_000)
    for (const server of nine.slice(0, 8)) expect(sample(world, server).size).toBe("8")
  })

  it("E: a ninth node beside a formed cluster of eight stays alone and changes nothing", () => {
    const world = rig()
    const eight = Array.from({ length: 8 }, (_, i) => world.start(i + 1, { seeds: 8, nodeId: `B${i + 1}` }))
    world.pass(10_000)
    const keys = eight.map((server) => sample(world, server).key)
    const ninth = world.start(9, { seeds: 8, nodeId: "B9" })
    world.pass(10_000)
    expect(sample(world, ninth)).toMatchObject({ size: "0", stable: "ERROR:7:unstable cluster" })
    expect(eight.map((server) => sample(world, server).key)).toEqual(keys)
    for (const server of eight) expect(sample(world, server)).toMatchObject({ size: "8", integrity: "true" })
  })

  it("waits for min-cluster-size and falls apart below it", () => {
    const world = rig()
    const service = "min-cluster-size 2"
    const a = world.start(1, { service })
    world.pass(10_000)
    expect(sample(world, a)).toMatchObject({ size: "0", stable: "ERROR:7:unstable cluster" })
    const b = world.start(2, { service })
    world.pass(5_000)
    expect(sample(world, a).size).toBe("2")
    kill(world.model, b)
    world.pass(10_000)
    expect(sample(world, a).size).toBe("0")
  })

  it("other cluster names and unknown seeds stay apart", () => {
    const world = rig()
    const a = world.start(1)
    const other = world.start(2, { cluster: "other" })
    const far = world.start(3, { seeds: 0, nodeId: "F1" })
    world.pass(5_000)
    expect([a, other, far].map((server) => sample(world, server).size)).toEqual(["2", "1", "2"])
    expect(sample(world, a).key).toBe(sample(world, far).key)
  })

  it("a late node joins the cluster that formed without it", () => {
    const world = rig()
    const a = world.start(1)
    world.pass(3_000)
    expect(sample(world, a)).toMatchObject({ size: "1", factor: "1" })
    const b = world.start(2)
    const c = world.start(3)
    world.pass(5_000)
    for (const server of [a, b, c]) expect(sample(world, server)).toMatchObject({ size: "3", factor: "2" })
  })

  it("R65: a frozen process is missed like a dead one and comes back", () => {
    const [world, a, b, c] = three()
    world.model.faults.set("default/node-2", { _tag: "Freeze" })
    applyFault(world.model, b)
    world.pass(4_000)
    expect(sample(world, a).size).toBe("2")
    world.model.faults.delete("default/node-2")
    applyFault(world.model, b)
    world.pass(5_000)
    for (const server of [a, b, c]) expect(sample(world, server).size).toBe("3")
  })

  it("changing the cluster name at run time splits the cluster", () => {
    const [world, a, b] = three()
    expect(world.ask(b, "set-config:context=service;cluster-name=elsewhere")).toBe("ok")
    world.pass(8_000)
    expect(sample(world, a).size).toBe("2")
    expect(sample(world, b).size).toBe("1")
    expect(world.ask(b, "cluster-name")).toBe("elsewhere")
  })

  it("equal worlds give equal keys and histories", () => {
    const run = () => {
      const [world, , b] = three(slow)
      kill(world.model, b)
      world.pass(10_000)
      return world.model.history
    }
    expect(run()).toEqual(run())
  })
})
