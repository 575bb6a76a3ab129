import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/TestClock"
import { Kinds } from "../../src/domain/Kubernetes.js"
import type { ClusterEvent } from "../../src/domain/Report.js"
import { EventRecorder } from "../../src/report/EventRecorder.js"
import { layerMemory, makeServer } from "../../src/testing/kube/MemoryKube.js"
import { clusterView, namespace } from "../support/snapshots.js"

interface Line {
  readonly level: string
  readonly message: string
  readonly reason: unknown
}

/** A recorder over an API server of its own: what is stored, and what is logged. */
const setUp = Effect.gen(function* () {
  const server = yield* makeServer({
    objects: [{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }],
  })
  const lines: Array<Line> = []
  const collect = Logger.make(({ annotations, logLevel, message }) => {
    lines.push({
      level: logLevel.label,
      message: String(message),
      reason: Object.fromEntries(annotations)["reason"],
    })
  })
  const context = yield* Layer.build(
    Layer.provide(EventRecorder.layer, layerMemory(server, { as: "acko-operator" })).pipe(
      Layer.provideMerge(Logger.replace(Logger.defaultLogger, collect)),
    ),
  )
  const recorder = yield* Effect.provide(EventRecorder, context)
  return {
    lines,
    record: (...events: ReadonlyArray<ClusterEvent>) =>
      recorder
        .record(clusterView(), events)
        .pipe(Effect.zipRight(TestClock.adjust(0)), Effect.provide(Logger.replace(Logger.defaultLogger, collect))),
    stored: () =>
      server.list(Kinds.CoreEvent, { namespace }).items.map((event) => ({
        message: event["message"],
        count: event["count"],
      })),
  }
})

const restarted: ClusterEvent = {
  type: "Normal",
  reason: "PodRestarted",
  message: "demo-0-1: image; cluster key A1, size 3, migrations 0, read twice",
}
const split: ClusterEvent = { type: "Warning", reason: "ClusterSplit", message: "2 groups" }

describe("EventRecorder", () => {
  it.scoped("R137: what is told as an Event stands in the log, too, with its reason and the evidence", () =>
    Effect.gen(function* () {
      const { lines, record, stored } = yield* setUp
      yield* record(restarted, split)
      expect(stored()).toHaveLength(2)
      expect(stored()).toEqual(
        expect.arrayContaining([
          { message: restarted.message, count: 1 },
          { message: split.message, count: 1 },
        ]),
      )
      expect(lines).toEqual([
        { level: "INFO", message: restarted.message, reason: "PodRestarted" },
        { level: "WARN", message: split.message, reason: "ClusterSplit" },
      ])
    }),
  )

  it.scoped("a repeat within ten minutes raises the count, and is not logged again", () =>
    Effect.gen(function* () {
      const { lines, record, stored } = yield* setUp
      yield* record(split)
      yield* TestClock.adjust("9 minutes")
      yield* record(split)
      expect(stored()).toEqual([{ message: "2 groups", count: 2 }])
      expect(lines.filter(({ level }) => level === "WARN")).toHaveLength(1)
      yield* TestClock.adjust("11 minutes")
      yield* record(split)
      expect(stored()).toHaveLength(2)
      expect(lines.filter(({ level }) => level === "WARN")).toHaveLength(2)
    }),
  )

  it.scoped("R142: one cluster has 25 Events at once, then 10 a minute", () =>
    Effect.gen(function* () {
      const { record, stored } = yield* setUp
      const many = (from: number): ReadonlyArray<ClusterEvent> =>
        Array.from({ length: 60 }, (_, index) => ({ ...split, message: `group ${from + index}` }))
      yield* record(...many(0))
      expect(stored()).toHaveLength(25)
      yield* TestClock.adjust("1 minute")
      yield* record(...many(100))
      expect(stored()).toHaveLength(35)
    }),
  )
})
