/** The info client and the client view against the simulated cluster on real sockets: both sides of the wire were written apart. */
import { rmSync } from "node:fs"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { afterAll, beforeAll, expect } from "vitest"
import { AerospikeInfo } from "../../src/aerospike/AerospikeInfo.js"
import { ClusterClient } from "../../src/aerospike/ClusterClient.js"
import { collect } from "../../src/aerospike/Enrichment.js"
import { type Collection, known } from "../../src/domain/NodeFacts.js"
import { AerospikeWorld, layerWorld, type World } from "../../src/testing/aerospike/AerospikeWorld.js"
import { listenOnLoopback } from "../../src/testing/aerospike/loopback.js"
import { buildClientViewWorker, temporaryFolder } from "../support/clientViewWorker.js"
import { address, pod } from "../testing/aerospike/support.js"

let folder = ""
let workerPath = ""

beforeAll(async () => {
  folder = temporaryFolder()
  workerPath = await buildClientViewWorker(folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A port of this file: other files simulate nodes on the same addresses. */
const port = 13_970
const annotations = { "sim.acko.io/start-ms": "1", "sim.acko.io/migrate-ms": "20" }
const addressOf = (n: number) => ({ host: address(n), port })

const facts = (count: number) =>
  collect({
    targets: Array.from({ length: count }, (_, index) => ({
      podName: `node-${index + 1}`,
      podUid: `uid-${index + 1}`,
      address: addressOf(index + 1),
    })),
    expectedSize: count,
    namespaces: ["test"],
    perNodeTimeoutMs: 500,
  })

const keysOf = (collection: Collection): ReadonlyArray<string | undefined> =>
  Object.values(collection.nodes).map((node) =>
    node._tag === "Answered" ? known(node.answers.stableKey) : node.reason,
  )

/** Collects until all nodes give the same key. */
const whole = (count: number): Effect.Effect<Collection, never, AerospikeInfo> =>
  Effect.flatMap(facts(count), (collection) => {
    const keys = new Set(keysOf(collection))
    return keys.size === 1 && !keys.has(undefined)
      ? Effect.succeed(collection)
      : Effect.zipRight(Effect.sleep("20 millis"), whole(count))
  })

const cluster = (
  count: number,
  use: (world: World) => Effect.Effect<void, never, AerospikeInfo | ClusterClient | Scope.Scope>,
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const world = yield* AerospikeWorld
    yield* listenOnLoopback
    for (let n = 1; n <= count; n++) {
      const node = yield* world.start(pod(n, { port, annotations }))
      yield* node.serving
    }
    yield* use(world)
  }).pipe(
    Effect.scoped,
    Effect.provide(
      Layer.mergeAll(
        layerWorld(),
        AerospikeInfo.layer,
        Layer.suspend(() => ClusterClient.layer({ workerPath })),
      ),
    ),
  )

describe("a simulated cluster", () => {
  it.live(
    "W34, R65–R68: all nodes give one key and say who they are; faulty ones are told apart, the others stay known",
    () =>
      cluster(3, (world) =>
        Effect.gen(function* () {
          const { nodes } = yield* whole(3)
          expect(nodes["node-2"]).toMatchObject({
            podUid: "uid-2",
            answers: {
              nodeId: { value: "A2" },
              clusterName: { value: "loop" },
              build: { value: "8.1.2.0" },
              endpoints: { value: [`${address(2)}:${port}`] },
              statistics: { value: { cluster_size: "3", migrate_partitions_remaining: "0" } },
              namespaces: { test: { value: { ns_cluster_size: "3" } } },
            },
          })
          const cases = [
            [{ _tag: "Hang" }, "Timeout"],
            [{ _tag: "MidAnswer" }, "Timeout"],
            [{ _tag: "Refuse" }, "Refused"],
            [{ _tag: "Reset" }, "Reset"],
            [{ _tag: "Garbage" }, "Protocol"],
            [{ _tag: "Truncate" }, "Protocol"],
            [{ _tag: "Huge", mib: 128 }, "TooLarge"],
          ] as const
          for (const [fault, reason] of cases) {
            yield* world.setFault("node-1", fault)
            const [first, second, third] = keysOf(yield* facts(3))
            expect([fault._tag, first, second]).toEqual([fault._tag, reason, third])
            expect(second).toMatch(/^[0-9A-F]+$/)
          }
        }),
      ),
  )

  it.live("an application connects to all nodes; one that it cannot reach is named", () =>
    cluster(3, (world) =>
      Effect.gen(function* () {
        yield* whole(3)
        const client = yield* ClusterClient
        const { outcome } = yield* client.view({ seeds: [addressOf(1)], clusterName: "loop" })
        expect(outcome).toEqual({
          _tag: "Connected",
          nodes: { A1: `${address(1)}:${port}`, A2: `${address(2)}:${port}`, A3: `${address(3)}:${port}` },
          unreachable: [],
        })
        yield* world.setFault("node-3", { _tag: "Refuse" })
        const { outcome: without } = yield* client.view({ seeds: [addressOf(1)], clusterName: "loop" })
        expect(without).toEqual({
          _tag: "Connected",
          nodes: { A1: `${address(1)}:${port}`, A2: `${address(2)}:${port}` },
          unreachable: [`${address(3)}:${port}`],
        })
      }),
    ),
  )
})
