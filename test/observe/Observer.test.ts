import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import { type ClusterKey, Kinds, type PodView } from "../../src/domain/Kubernetes.js"
import { Label } from "../../src/domain/Labels.js"
import { missedEvents, observerMode } from "../../src/observe/observeMetrics.js"
import { make, type ObserverMode, type ObserverOptions } from "../../src/observe/Observer.js"
import { make as makeStore } from "../../src/observe/Store.js"
import { podView } from "../../src/observe/views.js"
import { broken, makeModel, type Model, statusError } from "../support/listWatchModel.js"

const waiting: ClusterKey = { namespace: "aerospike", name: "db" }

const clusterOf = (labels: PodView["labels"]): ReadonlyArray<ClusterKey> => {
  const name = labels[Label.instance]
  return name === undefined ? [] : [{ ...waiting, name }]
}

const start = (model: Model, options: Partial<ObserverOptions> = {}) =>
  Effect.gen(function* () {
    const store = yield* makeStore<PodView>({
      kind: Kinds.Pod,
      decode: podView,
      keysOf: ({ labels }) => clusterOf(labels),
    })
    const observer = yield* make({ store, ...options })
    const modes: Array<ObserverMode> = []
    yield* Effect.forkScoped(Stream.runForEach(observer.mode.changes, (mode) => Effect.sync(() => modes.push(mode))))
    const fiber = yield* Effect.forkScoped(model.provide(observer.run))
    yield* TestClock.adjust(0)
    return {
      store,
      expect: observer.expect,
      fiber,
      modes,
      mode: SubscriptionRef.get(observer.mode),
      names: Effect.map(store.list, (pods) => pods.map((pod) => pod.name)),
    }
  })

describe("Observer", () => {
  it.scoped(
    "R24 R38 a lost event somebody waits for is found within one poll interval, counted, and the watch replaced",
    () =>
      Effect.gen(function* () {
        const model = makeModel(Kinds.Pod)
        const missed = missedEvents.pipe(Metric.tagged("kind", "Pod"))
        const before = (yield* Metric.value(missed)).count
        const observed = yield* start(model)
        yield* observed.expect(waiting, true)
        yield* TestClock.adjust("3 seconds")
        const watches = model.requests.filter((request) => request.verb === "watch").length
        model.faults.lost = 1
        model.put("a")
        yield* TestClock.adjust("11 seconds")
        expect(yield* observed.names).toEqual(["a"])
        expect((yield* Metric.value(missed)).count - before).toBe(1)
        expect(model.requests.filter((request) => request.verb === "watch").length).toBe(watches + 1)
      }),
  )

  it.scoped("R24 lists for those who wait get rarer while they find nothing, and begin anew with news", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      // No safety list, whose time is a matter of chance, comes in between.
      const observed = yield* start(model, { resyncMs: 3_600_000 })
      yield* TestClock.adjust("20 seconds")
      yield* observed.expect(waiting, true)
      for (let n = 0; n < 20; n++) {
        yield* TestClock.adjust("30 seconds")
        model.bookmark()
      }
      const times = model.lists().map(({ at }) => at / 1000)
      expect(times.slice(0, 6).map(Math.floor)).toEqual([0, 30, 50, 90, 170, 330])
      model.put("a", { metadata: { labels: { [Label.instance]: waiting.name } } })
      yield* TestClock.adjust(0)
      // As the pass does that the news wakes.
      yield* observed.expect(waiting, true)
      yield* TestClock.adjust("11 seconds")
      expect(model.lists().length).toBe(times.length + 1)
      yield* observed.expect(waiting, false)
      const after = model.lists().length
      model.bookmark()
      yield* TestClock.adjust("1 minute")
      expect(model.lists().length).toBe(after)
    }),
  )

  it.scoped("R24 five hundred waiting clusters share their lists: at most one per poll interval", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      const observed = yield* start(model)
      for (let n = 0; n < 500; n++) {
        yield* observed.expect({ namespace: "aerospike", name: `c${n}` }, true)
        yield* TestClock.adjust(200)
      }
      const at = model.lists().map((list) => list.at)
      expect(at.length).toBeGreaterThan(5)
      const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0))
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(9_000)
    }),
  )

  it.scoped("lists, then watches: what exists and what comes is in the store", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      model.put("a")
      const { names, mode, store } = yield* start(model)
      expect(yield* names).toEqual(["a"])
      expect(yield* mode).toBe("watching")
      expect(yield* store.isReady).toBe(true)
      model.put("b")
      model.remove("a")
      yield* TestClock.adjust(0)
      expect(yield* names).toEqual(["b"])
      expect(model.lists()).toHaveLength(1)
    }),
  )

  it.scoped("R24 a watch that fails twice is replaced by polling, and comes back with its first line", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      model.put("a")
      const { names, mode, modes } = yield* start(model)
      model.faults.watch = broken("watch")
      model.cut()
      yield* TestClock.adjust("3 seconds")
      expect(yield* mode).toMatch(/polling|returning/)
      model.put("b")
      yield* TestClock.adjust("11 seconds")
      expect(yield* names).toEqual(["a", "b"])
      model.faults.watch = undefined
      // Catching up on "b" is the first line of the new connection.
      yield* TestClock.adjust("30 seconds")
      expect(yield* mode).toBe("watching")
      model.put("c")
      yield* TestClock.adjust(0)
      expect(yield* names).toEqual(["a", "b", "c"])
      expect(yield* mode).toBe("watching")
      const listsThen = model.lists().length
      model.bookmark()
      yield* TestClock.adjust("60 seconds")
      expect(model.lists().length).toBe(listsThen)
      expect(modes.filter((is) => is !== "stopped").slice(0, 3)).toEqual(["listing", "watching", "polling"])
      expect(modes.at(-1)).toBe("watching")
    }),
  )

  it.scoped("polling goes on beside a new connection until that has delivered a line", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      const { mode, names } = yield* start(model)
      model.faults.watch = broken("watch")
      model.cut()
      yield* TestClock.adjust("5 seconds")
      model.faults.watch = undefined
      yield* TestClock.adjust("40 seconds")
      expect(yield* mode).toBe("returning")
      const before = model.lists().length
      model.faults.lost = 1
      model.put("a")
      yield* TestClock.adjust("11 seconds")
      expect(yield* names).toEqual(["a"])
      expect(model.lists().length).toBeGreaterThan(before)
      model.bookmark()
      yield* TestClock.adjust(0)
      expect(yield* mode).toBe("watching")
    }),
  )

  it.scoped("a refused watch is polled around at once, every 10 s within 10 %", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      model.faults.watch = statusError("watch", 403, "Forbidden")
      const { mode, names } = yield* start(model)
      expect(yield* mode).toBe("polling")
      model.put("a")
      yield* TestClock.adjust("11 seconds")
      expect(yield* names).toEqual(["a"])
      yield* TestClock.adjust("100 seconds")
      const at = model.lists().map((list) => list.at)
      const gaps = at.slice(1).map((time, index) => time - at[index]!)
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(9_000)
      expect(Math.max(...gaps)).toBeLessThanOrEqual(11_000)
    }),
  )

  it.scoped("R50 a refused list is visible, not polled around, and recovers within 60 s of the grant", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      model.put("a")
      model.faults.list = statusError("list", 403, "Forbidden")
      model.faults.watch = statusError("watch", 403, "Forbidden")
      const { mode, names, store } = yield* start(model)
      expect(yield* mode).toBe("refused")
      yield* TestClock.adjust("5 minutes")
      expect(yield* mode).toBe("refused")
      expect(yield* store.isReady).toBe(false)
      expect(model.lists().length).toBeLessThanOrEqual(21)
      model.faults.list = undefined
      model.faults.watch = undefined
      yield* TestClock.adjust("60 seconds")
      expect(yield* names).toEqual(["a"])
      model.bookmark()
      yield* TestClock.adjust(0)
      expect(yield* mode).toBe("watching")
    }),
  )

  it.scoped("R50 after a refusal of both, granting only the list is enough", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      const { mode, names } = yield* start(model)
      model.faults.list = statusError("list", 403, "Forbidden")
      model.faults.watch = statusError("watch", 403, "Forbidden")
      model.cut()
      yield* TestClock.adjust("2 minutes")
      expect(yield* mode).toBe("refused")
      model.put("a")
      model.faults.list = undefined
      yield* TestClock.adjust("60 seconds")
      expect(yield* names).toEqual(["a"])
      expect(yield* mode).toBe("polling")
    }),
  )

  it.scoped("R38 a change the watch never delivers is found by the safety list, counted, and the watch replaced", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      model.put("a")
      const missed = missedEvents.pipe(Metric.tagged("kind", "Pod"))
      const before = (yield* Metric.value(missed)).count
      const { names, mode } = yield* start(model, { resyncMs: 60_000 })
      model.faults.lost = 1
      model.put("b")
      yield* TestClock.adjust("40 seconds")
      model.bookmark()
      expect(yield* names).toEqual(["a"])
      const watches = model.requests.filter((request) => request.verb === "watch").length
      yield* TestClock.adjust("40 seconds")
      expect(yield* names).toEqual(["a", "b"])
      expect((yield* Metric.value(missed)).count - before).toBe(1)
      expect(model.requests.filter((request) => request.verb === "watch").length).toBe(watches + 1)
      expect(yield* mode).toBe("watching")
    }),
  )

  it.scoped("R38 the safety list blames nobody for changes the watch delivers meanwhile", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      const missed = missedEvents.pipe(Metric.tagged("kind", "Pod"))
      const before = (yield* Metric.value(missed)).count
      const { names } = yield* start(model, { resyncMs: 60_000 })
      for (let round = 0; round < 30; round += 1) {
        model.put(`p${round % 3}`)
        if (round % 4 === 0) model.remove(`p${(round + 1) % 3}`)
        yield* TestClock.adjust("7 seconds")
      }
      expect(yield* names).toEqual([...model.objects.keys()].sort())
      expect((yield* Metric.value(missed)).count).toBe(before)
    }),
  )

  it.scoped("R38 a connection that is alive but silent does not leave the store behind", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      const { names, mode } = yield* start(model)
      model.faults.isDeaf = true
      yield* TestClock.adjust("3 minutes")
      expect(yield* mode).toMatch(/polling|returning/)
      model.put("a")
      yield* TestClock.adjust("11 seconds")
      expect(yield* names).toEqual(["a"])
    }),
  )

  it.scoped("R42 a list that hangs is given up; the store never shows half of one", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      model.put("a")
      model.faults.isListHanging = true
      const { names, mode, store } = yield* start(model)
      yield* TestClock.adjust("3 minutes")
      expect(yield* store.isReady).toBe(false)
      expect(yield* mode).toMatch(/polling|returning/)
      model.faults.isListHanging = false
      yield* TestClock.adjust("90 seconds")
      expect(yield* names).toEqual(["a"])
    }),
  )

  it.scoped("R41 three API servers restarting one after the other cost at most one list per 5 s", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      model.put("a")
      const { names, mode } = yield* start(model)
      for (let server = 0; server < 3; server += 1) {
        model.faults.watch = broken("watch")
        model.faults.list = broken("list")
        model.cut()
        yield* TestClock.adjust("20 seconds")
        model.faults.watch = undefined
        model.faults.list = undefined
        yield* TestClock.adjust("20 seconds")
        model.bookmark()
        model.put(`b${server}`)
      }
      yield* TestClock.adjust("30 seconds")
      expect(yield* names).toEqual(["a", "b0", "b1", "b2"])
      expect(yield* mode).toBe("watching")
      expect(model.lists().length).toBeLessThanOrEqual(150 / 5)
    }),
  )

  it.scoped("R33 a storm of 410 settles at about one list per 10 s", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      model.put("a")
      model.faults.watch = statusError("watch", 410, "Expired")
      yield* start(model)
      yield* TestClock.adjust("2 minutes")
      const before = model.lists().length
      yield* TestClock.adjust("10 minutes")
      expect(model.lists().length - before).toBeLessThanOrEqual(80)
    }),
  )

  it.scoped("a watch that breaks after every line is polled beside, so the store stays fresh", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      const { names } = yield* start(model)
      for (let round = 0; round < 12; round += 1) {
        while (model.connections.size === 0) yield* TestClock.adjust("1 second")
        model.bookmark()
        yield* TestClock.adjust(0)
        model.cut()
        yield* TestClock.adjust(0)
      }
      // The watcher rests for 15 to 30 s now, after a single failure.
      model.put("late")
      yield* TestClock.adjust("11 seconds")
      expect(model.connections.size).toBe(0)
      expect(yield* names).toEqual(["late"])
    }),
  )

  it.scoped("R46 Retry-After of a refused poll is kept", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      model.faults.watch = statusError("watch", 403, "Forbidden")
      yield* start(model)
      model.faults.list = statusError("list", 429, "TooManyRequests", 60_000)
      yield* TestClock.adjust("12 seconds")
      const before = model.lists().length
      yield* TestClock.adjust("55 seconds")
      expect(model.lists().length).toBe(before)
      yield* TestClock.adjust("10 seconds")
      expect(model.lists().length).toBe(before + 1)
    }),
  )

  it.scoped("R20-10 with the watch switched off it polls, and nothing else", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      const { names, mode } = yield* start(model, { isWatchEnabled: false })
      expect(yield* mode).toBe("polling")
      model.put("a")
      yield* TestClock.adjust("11 seconds")
      expect(yield* names).toEqual(["a"])
      model.faults.list = statusError("list", 403, "Forbidden")
      yield* TestClock.adjust("30 seconds")
      expect(yield* mode).toBe("refused")
      model.faults.list = undefined
      model.remove("a")
      yield* TestClock.adjust("40 seconds")
      expect(yield* names).toEqual([])
      expect(yield* mode).toBe("polling")
      expect(model.requests.some((request) => request.verb === "watch")).toBe(false)
    }),
  )

  it.scoped("S11 a defect ends the observer with that defect, and its mode says so", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      const { fiber, store, mode } = yield* start(model)
      yield* store.subscribe(() => Effect.die("a bug"))
      model.put("a")
      const exit = yield* Fiber.await(fiber)
      expect(String(exit)).toContain("a bug")
      expect(yield* mode).toBe("stopped")
    }),
  )

  it.scoped("R12: whatever still arrives while its parts end, its last mode is stopped", () =>
    Effect.forEach(
      Array.from({ length: 12 }, (_, ticks) => ticks),
      (ticks) =>
        Effect.gen(function* () {
          const model = makeModel(Kinds.Pod)
          const { fiber, modes } = yield* start(model)
          yield* Effect.fork(Fiber.interrupt(fiber))
          yield* Effect.replicateEffect(Effect.yieldNow(), ticks, { discard: true })
          model.put("a")
          yield* Fiber.await(fiber)
          yield* TestClock.adjust("1 minute")
          expect(modes.slice(modes.indexOf("watching"))).toEqual(["watching", "stopped"])
        }),
      { discard: true },
    ),
  )

  it.scoped("R141 S12 hundreds of reconnects leave one connection and no list behind", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      const { names, mode } = yield* start(model)
      for (let round = 0; round < 200; round += 1) {
        yield* TestClock.adjust("6 seconds")
        model.put("a")
        if (round % 2 === 0) model.end()
        else {
          yield* TestClock.adjust(0)
          model.cut()
        }
      }
      yield* TestClock.adjust("30 seconds")
      model.put("b")
      yield* TestClock.adjust(0)
      expect(yield* names).toEqual(["a", "b"])
      expect(yield* mode).toBe("watching")
      expect(model.connections.size).toBe(1)
    }),
  )

  it.scoped("the gauge shows one observer in exactly one mode", () =>
    Effect.gen(function* () {
      const model = makeModel(Kinds.Pod)
      const read = (mode: string) =>
        Effect.map(
          Metric.value(observerMode.pipe(Metric.tagged("kind", "Pod"), Metric.tagged("mode", mode))),
          (state) => state.value,
        )
      const watchingBefore = yield* read("watching")
      const pollingBefore = (yield* read("polling")) + (yield* read("returning"))
      yield* start(model)
      expect((yield* read("watching")) - watchingBefore).toBe(1)
      model.faults.watch = broken("watch")
      model.cut()
      yield* TestClock.adjust("5 seconds")
      expect((yield* read("watching")) - watchingBefore).toBe(0)
      expect((yield* read("polling")) + (yield* read("returning")) - pollingBefore).toBe(1)
    }),
  )
})
