import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { expect } from "vitest"
import { AerospikeInfo } from "../../src/aerospike/AerospikeInfo.js"
import { InfoError } from "../../src/aerospike/AerospikeError.js"
import { collect, type Target } from "../../src/aerospike/Enrichment.js"
import { parseAnswer } from "../../src/aerospike/infoProtocol.js"
import { absent, type Answer, value } from "../../src/domain/NodeFacts.js"
import { answering, memberValues, scriptedNode, type ScriptedNode, until } from "../support/scriptedNode.js"

const targets = (count: number): ReadonlyArray<Target> =>
  Array.from({ length: count }, (_, index) => ({
    podName: `demo-${index}`,
    podUid: `uid-${index}`,
    address: { host: `10.0.0.${index + 1}`, port: 3000 },
  }))

const targetsOf = (nodes: ReadonlyArray<ScriptedNode>): ReadonlyArray<Target> =>
  nodes.map((node, index) => ({ podName: `demo-${index}`, podUid: `uid-${index}`, address: node.address }))

const memberAnswers = (commands: ReadonlyArray<string>, size = 8): ReadonlyArray<Answer<string>> => {
  const values = memberValues(size)
  return commands.map((command) => {
    const sent = values[command]
    return sent === undefined ? absent : parseAnswer(sent)
  })
}

const options = { expectedSize: 8, namespaces: ["test"] }
const tags = (collection: { readonly nodes: Readonly<Record<string, { readonly _tag: string }>> }) =>
  Object.values(collection.nodes).map(({ _tag }) => _tag)

describe("in virtual time", () => {
  it.effect("R65: 8 nodes, 7 hung: the healthy one is fresh, the rest time out together", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(collect({ ...options, targets: targets(8) }))
      yield* TestClock.adjust("2 seconds")
      const collection = yield* Fiber.join(fiber)
      expect(collection.finishedAt - collection.startedAt).toBe(2_000)
      expect(collection.expectedSize).toBe(8)
      expect(collection.nodes["demo-0"]).toMatchObject({
        _tag: "Answered",
        podUid: "uid-0",
        address: "10.0.0.1:3000",
        answers: { stableKey: value("13B3F0EC3EDC") },
      })
      for (const index of [1, 2, 3, 4, 5, 6, 7]) {
        expect(collection.nodes[`demo-${index}`]).toMatchObject({
          _tag: "Unreachable",
          reason: "Timeout",
          podUid: `uid-${index}`,
        })
      }
    }).pipe(
      Effect.provide(
        AerospikeInfo.layerMemory((address, commands) =>
          address.host === "10.0.0.1" ? Effect.succeed(memberAnswers(commands)) : Effect.never,
        ),
      ),
    ),
  )

  it.effect("W2: all nodes cost as much time as one", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(collect({ ...options, targets: targets(8) }))
      yield* TestClock.adjust("1 minute")
      const collection = yield* Fiber.join(fiber)
      expect(collection.finishedAt - collection.startedAt).toBe(150)
      expect(tags(collection)).toEqual(Array(8).fill("Answered"))
    }).pipe(
      Effect.provide(
        AerospikeInfo.layerMemory((_, commands) => Effect.delay(Effect.succeed(memberAnswers(commands)), "150 millis")),
      ),
    ),
  )

  it.effect("R66: each failing node says why", () =>
    Effect.gen(function* () {
      const collection = yield* collect({ ...options, targets: targets(2) })
      expect(collection.nodes["demo-0"]).toMatchObject({
        _tag: "Unreachable",
        reason: "Refused",
        message: "nobody there",
      })
      expect(collection.nodes["demo-1"]).toMatchObject({ _tag: "Unreachable", reason: "TooLarge" })
    }).pipe(
      Effect.provide(
        AerospikeInfo.layerMemory(({ host }) =>
          Effect.fail(
            new InfoError({
              reason: host === "10.0.0.1" ? "Refused" : "TooLarge",
              address: host,
              detail: "nobody there",
            }),
          ),
        ),
      ),
    ),
  )

  it.effect("R83: 20 clusters of 8 nodes: never more at once than the cap, and every node once", () => {
    let running = 0
    let most = 0
    const asked = new Map<string, number>()
    return Effect.gen(function* () {
      const clusters = Array.from({ length: 20 }, (_, cluster) =>
        targets(8).map((target) => ({
          ...target,
          address: { host: `10.${cluster}.0.1`, port: 3000 + Number(target.podName.slice(5)) },
        })),
      )
      const fiber = yield* Effect.fork(
        Effect.forEach(clusters, (cluster) => collect({ ...options, targets: cluster, concurrency: 4 }), {
          concurrency: "unbounded",
        }),
      )
      yield* TestClock.adjust("1 second")
      const collections = yield* Fiber.join(fiber)
      expect(collections.flatMap(tags)).toEqual(Array(160).fill("Answered"))
      expect(most).toBe(80)
      expect([...asked.values()]).toEqual(Array(160).fill(1))
    }).pipe(
      Effect.provide(
        AerospikeInfo.layerMemory(({ host, port }, commands) =>
          Effect.acquireUseRelease(
            Effect.sync(() => {
              most = Math.max(most, ++running)
              asked.set(`${host}:${port}`, (asked.get(`${host}:${port}`) ?? 0) + 1)
            }),
            () => Effect.delay(Effect.succeed(memberAnswers(commands)), "10 millis"),
            () => Effect.sync(() => running--),
          ),
        ),
      ),
    )
  })

  it.effect("no targets, no facts", () =>
    Effect.map(collect({ ...options, targets: [] }), ({ nodes }) => expect(nodes).toEqual({})).pipe(
      Effect.provide(AerospikeInfo.layerMemory(() => Effect.die("asked"))),
    ),
  )
})

describe("over TCP", () => {
  it.scopedLive("R65, R67, R68: healthy, silent, refused, late, rubbish and endless nodes in one collection", () =>
    Effect.gen(function* () {
      const healthy = answering(memberValues(8))
      const gone = yield* scriptedNode({})
      yield* gone.stop
      const nodes = [
        yield* scriptedNode({ onRequest: healthy }),
        yield* scriptedNode({}),
        gone,
        yield* scriptedNode({ onRequest: (request) => void setTimeout(healthy, 40, request) }),
        yield* scriptedNode({ onRequest: ({ socket }) => socket.write("rubbish") }),
        yield* scriptedNode({ onRequest: ({ socket }) => socket.write(Buffer.from([2, 1, 0, 0, 8, 0, 0, 0])) }),
        yield* scriptedNode({ onRequest: ({ socket }) => socket.destroy() }),
        yield* scriptedNode({ onRequest: healthy }),
      ]
      const collection = yield* collect({ ...options, targets: targetsOf(nodes), perNodeTimeoutMs: 300 })
      const told = Object.values(collection.nodes).map((facts) =>
        facts._tag === "Answered" ? facts._tag : facts.reason,
      )
      expect(told).toEqual(["Answered", "Timeout", "Refused", "Answered", "Protocol", "TooLarge", "Reset", "Answered"])
      for (const node of [nodes[1]!, nodes[4]!, nodes[5]!, nodes[6]!]) yield* node.drained
    }).pipe(Effect.provide(AerospikeInfo.layer)),
  )

  it.scopedLive("R65, W3: interrupting a collection frees all its connections", () =>
    Effect.gen(function* () {
      const nodes = yield* Effect.all(Array.from({ length: 8 }, () => scriptedNode({})))
      const fiber = yield* Effect.fork(collect({ ...options, targets: targetsOf(nodes), perNodeTimeoutMs: 60_000 }))
      yield* until(() => nodes.every((node) => node.open() === 1))
      yield* Fiber.interrupt(fiber)
      for (const node of nodes) yield* node.drained
    }).pipe(Effect.provide(AerospikeInfo.layer)),
  )

  it.scopedLive("R83, W4: 50 collections of 8 nodes, 8 connections", () =>
    Effect.gen(function* () {
      const nodes = yield* Effect.all(
        Array.from({ length: 8 }, () => scriptedNode({ onRequest: answering(memberValues(8)) })),
      )
      const one = collect({ ...options, targets: targetsOf(nodes) })
      for (let round = 0; round < 50; round++) expect(tags(yield* one)).toEqual(Array(8).fill("Answered"))
      expect(nodes.map((node) => [node.connections(), node.mostOpen(), node.requests().length])).toEqual(
        Array(8).fill([1, 1, 50]),
      )
    }).pipe(Effect.provide(AerospikeInfo.layer)),
  )

  it.scopedLive("R83, S12: 100 clusters x 8 nodes at once, one connection per node, none after the layer", () =>
    Effect.gen(function* () {
      const clusters = yield* Effect.forEach(
        Array.from({ length: 100 }),
        () =>
          Effect.all(
            Array.from({ length: 8 }, () => scriptedNode({ onRequest: answering(memberValues(8)) })),
            { concurrency: 8 },
          ),
        { concurrency: 10 },
      )
      yield* Effect.forEach(
        clusters,
        (nodes) => collect({ ...options, targets: targetsOf(nodes), perNodeTimeoutMs: 10_000 }),
        {
          concurrency: "unbounded",
        },
      ).pipe(
        Effect.repeatN(1),
        Effect.map((collections) => expect(collections.flatMap(tags)).toEqual(Array(800).fill("Answered"))),
        Effect.provide(AerospikeInfo.layer),
      )
      for (const node of clusters.flat()) {
        expect([node.connections(), node.requests().length]).toEqual([1, 2])
        yield* node.drained
      }
    }),
  )
})
