import { expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import { InfoError } from "../../src/aerospike/AerospikeError.js"
import { AerospikeInfo } from "../../src/aerospike/AerospikeInfo.js"
import type { FactsRequest } from "../../src/domain/Plan.js"
import { Facts, type FactsOptions } from "../../src/observe/Facts.js"

const key = { namespace: "default", name: "db" }

const request = (at: number, pods: ReadonlyArray<string>, size = pods.length): FactsRequest => ({
  at,
  expectedSize: size,
  namespaces: ["test"],
  targets: pods.map((pod) => ({ podName: pod, podUid: `uid-${pod}`, host: `10.0.0.${pod}`, port: 3000 })),
  because: "test",
})

/** Nodes that take `latencyMs` and then refuse; counts who is asked at the same time. */
const world = (options: Partial<FactsOptions> = {}, latencyMs = 100) => {
  const asked: Array<{ readonly host: string; readonly at: number }> = []
  const woken: Array<{ readonly name: string; readonly why: string; readonly at: number }> = []
  const load = { now: 0, most: 0 }
  const info = Layer.succeed(AerospikeInfo, {
    ask: (address) =>
      Effect.gen(function* () {
        asked.push({ host: address.host, at: yield* Clock.currentTimeMillis })
        load.now += 1
        load.most = Math.max(load.most, load.now)
        yield* Effect.sleep(address.host === "10.0.0.bug" ? 1 : latencyMs)
        if (address.host === "10.0.0.bug") return yield* Effect.die("a bug")
        return yield* new InfoError({ reason: "Refused", address: address.host, detail: "no" })
      }).pipe(Effect.ensuring(Effect.sync(() => (load.now -= 1)))),
  })
  const layer = Facts.layer({
    trigger: (cluster, why) =>
      Effect.map(Clock.currentTimeMillis, (at) => void woken.push({ name: cluster.name, why, at })),
    ...options,
  }).pipe(Layer.provide(info))
  return { asked, woken, load, layer }
}

describe("Facts", () => {
  it.effect(
    "R20-9 asks in the background at the given time, keeps the two latest collections, wakes the cluster",
    () => {
      const { layer, woken } = world()
      return Effect.gen(function* () {
        const facts = yield* Facts
        yield* facts.request(key, request(1_000, ["1", "2", "3"]))
        expect(yield* facts.get(key)).toEqual({})
        yield* TestClock.adjust(2_000)
        expect(woken).toEqual([{ name: "db", why: "node facts", at: 1_100 }])
        yield* facts.request(key, request(2_000, ["1", "2", "3"]))
        yield* TestClock.adjust(1_000)
        const { latest, previous } = yield* facts.get(key)
        expect([previous?.startedAt, latest?.startedAt]).toEqual([1_000, 2_000])
        expect(Object.keys(latest?.nodes ?? {})).toEqual(["1", "2", "3"])
      }).pipe(Effect.provide(layer))
    },
  )

  it.effect("of two requests for the same targets the earlier wins; a running one is kept", () => {
    const { layer, asked } = world()
    return Effect.gen(function* () {
      const facts = yield* Facts
      yield* facts.request(key, request(5_000, ["1"]))
      yield* facts.request(key, request(9_000, ["1"]))
      yield* facts.request(key, request(1_000, ["1"]))
      yield* TestClock.adjust(1_050)
      yield* facts.request(key, request(1_050, ["1"]))
      yield* TestClock.adjust(60_000)
      expect(asked).toEqual([{ host: "10.0.0.1", at: 1_000 }])
    }).pipe(Effect.provide(layer))
  })

  it.effect("other targets interrupt what runs, and facts of vanished pods are dropped", () => {
    const { layer, asked, woken, load } = world()
    return Effect.gen(function* () {
      const facts = yield* Facts
      yield* facts.request(key, request(0, ["1", "2"]))
      yield* TestClock.adjust(200)
      yield* facts.request(key, request(0, ["1", "2"]))
      yield* TestClock.adjust(50)
      yield* facts.request(key, request(300, ["2", "3"]))
      yield* TestClock.adjust(0)
      expect(load.now).toBe(0)
      expect(Object.keys((yield* facts.get(key)).latest?.nodes ?? {})).toEqual(["2"])
      yield* TestClock.adjust(1_000)
      expect(woken.map((wake) => wake.at)).toEqual([100, 400])
      expect(Object.keys((yield* facts.get(key)).latest?.nodes ?? {})).toEqual(["2", "3"])
      expect(asked).toHaveLength(6)
    }).pipe(Effect.provide(layer))
  })

  it.effect("S12 never more requests at once than allowed, and waiting for others is not a node's silence", () => {
    const { layer, load, woken } = world({ maxRequests: 16, perNodeTimeoutMs: 500 }, 400)
    return Effect.gen(function* () {
      const facts = yield* Facts
      const pods = ["1", "2", "3", "4", "5", "6", "7", "8"]
      for (let i = 0; i < 20; i += 1) yield* facts.request({ namespace: "n", name: `c${i}` }, request(0, pods))
      yield* TestClock.adjust(10_000)
      expect(load.most).toBe(16)
      expect(woken).toHaveLength(20)
      const last = yield* facts.get({ namespace: "n", name: "c19" })
      expect(Object.values(last.latest?.nodes ?? {}).map((node) => node._tag === "Unreachable" && node.reason)).toEqual(
        pods.map(() => "Refused"),
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("S11 R45 a defect while collecting is no silence: the cluster is woken a little later", () => {
    const { layer, woken } = world()
    return Effect.gen(function* () {
      const facts = yield* Facts
      yield* facts.request(key, request(0, ["bug"]))
      yield* TestClock.adjust(10_000)
      expect(woken).toEqual([{ name: "db", why: "collecting node facts failed", at: 5_001 }])
      yield* facts.request(key, request(0, ["bug"]))
      yield* TestClock.adjust(10_000)
      expect(woken).toHaveLength(2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("forget stops and drops everything", () => {
    const { layer, woken, load } = world()
    return Effect.gen(function* () {
      const facts = yield* Facts
      yield* facts.request(key, request(0, ["1"]))
      yield* TestClock.adjust(50)
      yield* facts.forget(key)
      expect(load.now).toBe(0)
      yield* TestClock.adjust(5_000)
      expect(woken).toEqual([])
      expect(yield* facts.get(key)).toEqual({})
    }).pipe(Effect.provide(layer))
  })
})
