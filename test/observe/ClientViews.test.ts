import { expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import { ClusterClient, type ClientProbe } from "../../src/aerospike/ClusterClient.js"
import type { ClientView } from "../../src/domain/NodeFacts.js"
import { ClientViews } from "../../src/observe/ClientViews.js"

const key = (name: string) => ({ namespace: "default", name })
const probe = (clusterName: string, ...hosts: ReadonlyArray<string>): ClientProbe => ({
  clusterName,
  seeds: hosts.map((host) => ({ host, port: 3000 })),
})

/** A client that takes 300 ms and sees whatever `sees` says then. */
const world = (sees: (probe: ClientProbe) => Effect.Effect<ClientView["outcome"]>) => {
  const looks: Array<{ readonly of: string; readonly at: number }> = []
  const woken: Array<string> = []
  const load = { now: 0, most: 0 }
  const client = Layer.succeed(ClusterClient, {
    view: (asked) =>
      Effect.gen(function* () {
        looks.push({ of: asked.clusterName, at: yield* Clock.currentTimeMillis })
        load.now += 1
        load.most = Math.max(load.most, load.now)
        yield* Effect.sleep(300)
        const outcome = yield* sees(asked)
        return { checkedAt: yield* Clock.currentTimeMillis, outcome }
      }).pipe(Effect.ensuring(Effect.sync(() => (load.now -= 1)))),
  })
  const layer = ClientViews.layer({ trigger: (cluster) => Effect.sync(() => woken.push(cluster.name)) }).pipe(
    Layer.provide(client),
  )
  return { looks, woken, load, layer }
}

const connected = (...nodes: ReadonlyArray<string>): ClientView["outcome"] => ({
  _tag: "Connected",
  nodes: Object.fromEntries(nodes.map((node) => [node, `${node}:3000`])),
  unreachable: [],
})

describe("ClientViews", () => {
  it.effect("looks in the background, wakes the cluster only when what it sees has changed", () => {
    let outcome = connected("A", "B")
    const { layer, woken, looks } = world(() => Effect.succeed(outcome))
    return Effect.gen(function* () {
      const views = yield* ClientViews
      yield* views.request(key("db"), probe("db", "h1"))
      expect(yield* views.get(key("db"))).toBe(undefined)
      yield* TestClock.adjust("1 second")
      expect((yield* views.get(key("db")))?.checkedAt).toBe(300)
      expect(woken).toEqual(["db"])
      for (let i = 0; i < 50; i += 1) {
        yield* views.request(key("db"), probe("db", "h1"))
        yield* TestClock.adjust("1 second")
      }
      expect(woken).toEqual(["db"])
      expect(looks.map((look) => look.at)).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000])
      outcome = connected("A")
      yield* views.request(key("db"), probe("db", "h1"))
      yield* TestClock.adjust("30 seconds")
      expect(woken).toEqual(["db", "db"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("one look at a time, each cluster gets its turn, the latest request counts", () => {
    const { layer, load, looks } = world(() => Effect.succeed(connected()))
    return Effect.gen(function* () {
      const views = yield* ClientViews
      for (const name of ["a", "b", "c"]) yield* views.request(key(name), probe(name, "old"))
      yield* views.request(key("c"), probe("c2", "new"))
      yield* TestClock.adjust("20 seconds")
      expect(load.most).toBe(1)
      expect(looks.map((look) => look.of)).toEqual(["a", "b", "c2"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("S11 a look that hangs or dies is Unknown and blocks nobody for ever", () => {
    const { layer, looks } = world((asked) =>
      asked.clusterName === "hang"
        ? Effect.never
        : asked.clusterName === "die"
          ? Effect.die("a bug")
          : Effect.succeed(connected()),
    )
    return Effect.gen(function* () {
      const views = yield* ClientViews
      for (const name of ["hang", "die", "fine"]) yield* views.request(key(name), probe(name, "h"))
      yield* TestClock.adjust("40 seconds")
      expect(looks.map((look) => look.of)).toEqual(["hang", "die", "fine"])
      expect((yield* views.get(key("hang")))?.outcome._tag).toBe("Unknown")
      expect((yield* views.get(key("die")))?.outcome._tag).toBe("Unknown")
      expect((yield* views.get(key("fine")))?.outcome._tag).toBe("Connected")
    }).pipe(Effect.provide(layer))
  })

  it.effect("forget stops and drops everything", () => {
    const { layer, load, woken } = world(() => Effect.succeed(connected()))
    return Effect.gen(function* () {
      const views = yield* ClientViews
      yield* views.request(key("db"), probe("db", "h"))
      yield* TestClock.adjust(100)
      expect(load.now).toBe(1)
      yield* views.forget(key("db"))
      expect(load.now).toBe(0)
      yield* TestClock.adjust("1 minute")
      expect(woken).toEqual([])
      yield* views.request(key("db"), probe("db", "h"))
      yield* TestClock.adjust("1 minute")
      expect(woken).toEqual(["db"])
    }).pipe(Effect.provide(layer))
  })
})
