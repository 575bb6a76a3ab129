import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import { Kinds, type OwnedView } from "../../src/domain/Kubernetes.js"
import { Label } from "../../src/domain/Labels.js"
import { observerMode } from "../../src/observe/observeMetrics.js"
import type { ObserverMode } from "../../src/observe/Observer.js"
import { type Change, make as makeStore } from "../../src/observe/Store.js"
import { ownedView } from "../../src/observe/views.js"
import { whileServed } from "../../src/observe/whileServed.js"
import { makeModel, type Model, statusError } from "../support/listWatchModel.js"

const kind = Kinds.CiliumNetworkPolicy
const unknown = statusError("list", 404, "NotFound")
const labels = { metadata: { labels: { [Label.instance]: "db" } } }

const start = (model: Model) =>
  Effect.gen(function* () {
    const store = yield* makeStore<OwnedView>({
      kind,
      decode: ownedView,
      keysOf: ({ namespace }) => [{ namespace, name: "db" }],
    })
    const told: Array<Change<OwnedView>> = []
    yield* store.subscribe((change) => Effect.sync(() => told.push(change)))
    const observer = yield* whileServed({ store })
    yield* Effect.forkScoped(model.provide(observer.run))
    yield* TestClock.adjust(0)
    return {
      store,
      told: () => told.splice(0).map(({ why }) => why),
      mode: SubscriptionRef.get(observer.mode),
      names: Effect.map(store.list, (views) => views.map(({ name }) => name)),
    }
  })

describe("whileServed", () => {
  it.scoped("a kind that is not served is a complete picture of nothing, asked for once a minute", () =>
    Effect.gen(function* () {
      const model = makeModel(kind)
      model.faults.list = unknown
      const { store, mode } = yield* start(model)
      expect(yield* store.isReady).toBe(true)
      expect(yield* store.isServed).toBe(false)
      expect(yield* mode).toBe("absent")
      yield* TestClock.adjust("10 minutes")
      expect(model.lists().length).toBeGreaterThanOrEqual(10)
      expect(model.lists().length).toBeLessThanOrEqual(12)
      expect(model.requests.filter(({ verb }) => verb === "watch")).toEqual([])
      // Whoever asks for readiness in the middle of a question hears nothing else.
      model.faults.list = undefined
      model.faults.isListHanging = true
      yield* TestClock.adjust("2 minutes")
      expect(yield* mode).toBe("absent")
    }),
  )

  it.scoped("B17: it comes and is watched; it goes and everything with it; it comes again", () =>
    Effect.gen(function* () {
      const model = makeModel(kind)
      const count = (mode: ObserverMode) =>
        Effect.map(
          Metric.value(observerMode.pipe(Metric.tagged("kind", kind.kind), Metric.tagged("mode", mode))),
          ({ value }) => value,
        )
      const before = { absent: yield* count("absent"), watching: yield* count("watching") }
      model.faults.list = unknown
      const { store, mode, names, told } = yield* start(model)
      expect((yield* count("absent")) - before.absent).toBe(1)

      model.faults.list = undefined
      yield* TestClock.adjust("70 seconds")
      model.put("a", labels)
      yield* TestClock.adjust(0)
      expect(yield* names).toEqual(["a"])
      expect(yield* store.isServed).toBe(true)
      expect(yield* mode).toBe("watching")
      expect((yield* count("absent")) - before.absent).toBe(0)
      expect((yield* count("watching")) - before.watching).toBe(1)
      expect(told()).toEqual(["CiliumNetworkPolicy default/a added"])

      model.faults.list = unknown
      model.faults.watch = statusError("watch", 404, "NotFound")
      model.cut()
      yield* TestClock.adjust("1 minute")
      expect(yield* names).toEqual([])
      expect(yield* store.isServed).toBe(false)
      expect(told()).toEqual(["CiliumNetworkPolicy default/a removed"])

      model.faults.list = undefined
      model.faults.watch = undefined
      yield* TestClock.adjust("70 seconds")
      expect(yield* names).toEqual(["a"])
      expect(yield* mode).toBe("watching")
      expect((yield* count("watching")) - before.watching).toBe(1)
    }),
  )

  it.scoped("R50: what is forbidden is not taken for absent: nothing is known, and it shows", () =>
    Effect.gen(function* () {
      const model = makeModel(kind)
      model.faults.list = statusError("list", 403, "Forbidden")
      const { store, mode } = yield* start(model)
      yield* TestClock.adjust("1 minute")
      expect(yield* store.isReady).toBe(false)
      expect(yield* mode).toBe("refused")
      model.faults.list = undefined
      yield* TestClock.adjust("15 seconds")
      expect(yield* store.isReady).toBe(true)
      expect(yield* mode).toBe("watching")
    }),
  )
})
