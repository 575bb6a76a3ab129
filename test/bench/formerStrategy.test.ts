import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { assert, describe } from "vitest"
import { AerospikeInfo } from "../../src/aerospike/AerospikeInfo.js"
import type { FactsRequest } from "../../src/domain/Plan.js"
import { Facts } from "../../src/observe/Facts.js"
import { paced, requeueMs } from "./formerStrategy.js"

const key = { namespace: "aerospike", name: "demo" }
const request = (at: number, because: string): FactsRequest => ({
  at,
  because,
  expectedSize: 1,
  namespaces: ["test"],
  targets: [{ podName: "demo-0-0", podUid: "uid", host: "127.0.0.1", port: 3000 }],
})

const nodes = AerospikeInfo.layerMemory((_, commands) =>
  Effect.succeed(commands.map(() => ({ _tag: "Absent" as const }))),
)
const facts = Facts.layer({ trigger: () => Effect.void }).pipe(Layer.provide(nodes))

describe("the former strategy (R20-10)", () => {
  it.scoped("looks at the nodes of a cluster every 15 s, whatever asks for it (W1)", () =>
    Effect.gen(function* () {
      const slow = paced(yield* Facts, requeueMs)
      const startedAt = Effect.map(slow.get(key), ({ latest }) => latest?.startedAt)
      yield* slow.request(key, request(0, "first safety read"))
      yield* TestClock.adjust("1 millis")
      assert.equal(yield* startedAt, 0)
      yield* slow.request(key, request(40, "waiting until migrations are finished"))
      yield* TestClock.adjust("14 seconds")
      yield* slow.request(key, request(14_001, "first safety read"))
      assert.equal(yield* startedAt, 0)
      yield* TestClock.adjust("1 seconds")
      assert.equal(yield* startedAt, requeueMs)
    }).pipe(Effect.provide(facts)),
  )

  it.scoped("keeps both safety reads 40 ms apart (S3)", () =>
    Effect.gen(function* () {
      const slow = paced(yield* Facts, requeueMs)
      yield* slow.request(key, request(0, "first safety read"))
      yield* TestClock.adjust("1 millis")
      yield* slow.request(key, request(40, "second safety read"))
      yield* TestClock.adjust("39 millis")
      const { latest, previous } = yield* slow.get(key)
      assert.deepEqual([previous?.startedAt, latest?.startedAt], [0, 40])
    }).pipe(Effect.provide(facts)),
  )
})
