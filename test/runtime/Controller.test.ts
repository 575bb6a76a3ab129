import { expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import type { FailureClass } from "../../src/domain/OperatorError.js"
import { type ControllerOptions, make, type Outcome } from "../../src/runtime/Controller.js"
import { reconcileDefects } from "../../src/runtime/controllerMetrics.js"
import { make as makeQueue } from "../../src/runtime/WorkQueue.js"

type Settings = Partial<Omit<ControllerOptions<string, FailureClass, never>, "reconcile" | "queue">>

const start = (reconcile: (key: string) => Effect.Effect<Outcome, FailureClass>, settings: Settings = {}) =>
  Effect.gen(function* () {
    const queue = yield* makeQueue<string>({ name: "test", keyString: (key) => key, debounceMs: 0 })
    const began: Array<{ readonly key: string; readonly at: number }> = []
    const controller = make<string, FailureClass, never>({
      name: "test",
      queue,
      keyString: (key) => key,
      classify: (error) => error,
      reconcile: (key) =>
        Effect.gen(function* () {
          began.push({ key, at: yield* Clock.currentTimeMillis })
          return yield* reconcile(key)
        }),
      // Under a test clock nobody waits for a grace period at the end of a test.
      graceMs: 0,
      ...settings,
    })
    const fiber = yield* Effect.forkScoped(controller.run)
    yield* Effect.yieldNow()
    return {
      queue,
      controller,
      fiber,
      began,
      timesOf: (key: string) => began.filter((b) => b.key === key).map((b) => b.at),
    }
  })

const done = Effect.succeed<Outcome>({})
/** Jitter at its upper end: pauses are the full 1, 2, 4 … seconds. */
const fullPauses = Effect.withRandom(Random.fixed([0.999_999]))

describe("Controller", () => {
  it.scoped("R142 failures back off exponentially up to 5 minutes and start anew after a success", () =>
    Effect.gen(function* () {
      let isBroken = true
      const { controller, timesOf } = yield* start(() => (isBroken ? Effect.fail("Transient" as const) : done))
      yield* controller.trigger("a", "x")
      yield* TestClock.adjust("30 minutes")
      const times = timesOf("a")
      const gaps = times.slice(1).map((at, i) => Math.round((at - times[i]!) / 1000))
      expect(gaps.slice(0, 11)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
      isBroken = false
      yield* controller.trigger("a", "x")
      yield* TestClock.adjust("1 minute")
      expect(yield* controller.failures("a")).toBe(0)
      isBroken = true
      const before = timesOf("a").length
      yield* controller.trigger("a", "x")
      yield* TestClock.adjust("3500 millis")
      expect(timesOf("a").length - before).toBe(3)
    }).pipe(fullPauses),
  )

  it.scoped("R142 a new epoch (generation) starts at the first step of the back-off", () =>
    Effect.gen(function* () {
      let generation = 1
      const { controller } = yield* start(() => Effect.fail("Transient"), {
        epochOf: () => Effect.sync(() => generation),
      })
      yield* controller.trigger("a", "x")
      yield* TestClock.adjust("1 minute")
      expect(yield* controller.failures("a")).toBeGreaterThan(4)
      generation = 2
      yield* controller.trigger("a", "x")
      yield* TestClock.adjust(0)
      expect(yield* controller.failures("a")).toBe(1)
    }),
  )

  it.scoped("a permanent failure is retried slowly; waiting is no failure", () =>
    Effect.gen(function* () {
      const { controller, timesOf } = yield* start((key) => Effect.fail(key === "p" ? "Permanent" : "Waiting"), {
        permanentRetryMs: 100_000,
        waitingRetryMs: 7_000,
      })
      yield* controller.trigger("p", "x")
      yield* controller.trigger("w", "x")
      yield* TestClock.adjust("20 seconds")
      expect(timesOf("p")).toEqual([0])
      expect(timesOf("w")).toEqual([0, 7_000, 14_000])
      expect(yield* controller.failures("w")).toBe(0)
      yield* TestClock.adjust("85 seconds")
      expect(timesOf("p")).toHaveLength(2)
    }).pipe(fullPauses),
  )

  it.scoped("asks again after the time a pass wants; an earlier trigger replaces that", () =>
    Effect.gen(function* () {
      const { controller, timesOf } = yield* start(() => Effect.succeed({ requeueAfterMs: 10_000 }))
      yield* controller.trigger("a", "x")
      yield* TestClock.adjust("15 seconds")
      yield* controller.trigger("a", "x")
      yield* TestClock.adjust("11 seconds")
      expect(timesOf("a")).toEqual([0, 10_000, 15_000, 25_000])
    }),
  )

  it.scoped(
    "S11 R45 R13 a pass that dies is counted and retried; a classifier that throws too; others do not notice",
    () =>
      Effect.gen(function* () {
        const defects = Metric.tagged(reconcileDefects, "controller", "test")
        const before = (yield* Metric.value(defects)).count
        const { controller, timesOf, fiber } = yield* start(
          (key) => {
            if (key === "thrower") throw new Error("not even an Effect")
            return key === "poison" ? Effect.die("a bug") : key === "odd" ? Effect.fail("Transient") : done
          },
          {
            classify: () => {
              throw new Error("a bug in classify")
            },
          },
        )
        for (const key of ["poison", "thrower", "odd", "fine"]) yield* controller.trigger(key, "x")
        yield* TestClock.adjust("10 seconds")
        yield* controller.trigger("fine", "x")
        yield* TestClock.adjust("10 minutes")
        expect(timesOf("fine")).toEqual([0, 10_000])
        for (const key of ["poison", "thrower", "odd"]) expect(timesOf(key).length).toBeGreaterThan(1)
        expect((yield* Metric.value(defects)).count - before).toBeGreaterThan(4)
        expect(fiber.unsafePoll()).toBe(null)
      }),
  )

  it.scoped("every line of a pass tells which one, and of what; also from fibers it started, and when it fails", () =>
    Effect.gen(function* () {
      const lines: Array<Readonly<Record<string, unknown>>> = []
      const collect = Logger.make(({ annotations, message }) => {
        lines.push({ message, ...Object.fromEntries(annotations) })
      })
      const { controller } = yield* start(
        (key) =>
          Effect.zipRight(Effect.forkDaemon(Effect.logInfo("from a fiber")), Effect.logInfo("inside")).pipe(
            Effect.zipRight(key === "a/bad" ? Effect.fail("Transient" as const) : done),
          ),
        { annotations: (key) => ({ namespace: key.split("/")[0] ?? "", name: key.split("/")[1] ?? "" }) },
      ).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, collect)),
        Effect.provide(Logger.minimumLogLevel(LogLevel.Debug)),
      )
      yield* controller.trigger("a/good", "x")
      yield* controller.trigger("a/bad", "x")
      yield* TestClock.adjust(0)
      const of = (name: string) => lines.filter((line) => line["name"] === name)
      expect(
        of("good")
          .map(({ message }) => String(message))
          .sort(),
      ).toEqual(["from a fiber", "inside", "pass begins"])
      expect(of("bad")).toHaveLength(4)
      expect(of("good").every((line) => line["namespace"] === "a" && line["reconcile"] === 1)).toBe(true)
      expect(of("bad").every((line) => line["namespace"] === "a" && line["reconcile"] === 2)).toBe(true)
      expect(lines).toHaveLength(7)
    }),
  )

  it.scoped("a pass beyond its deadline is interrupted and retried", () =>
    Effect.gen(function* () {
      let interrupted = 0
      const { controller, timesOf } = yield* start(
        () => Effect.never.pipe(Effect.onInterrupt(() => Effect.sync(() => (interrupted += 1)))),
        { deadlineMs: 30_000 },
      )
      yield* controller.trigger("a", "x")
      yield* TestClock.adjust("40 seconds")
      expect(interrupted).toBe(1)
      expect(timesOf("a")).toHaveLength(2)
    }),
  )

  it.scoped("R138 500 keys at once, one always failing, one always slow: everybody else is served at once", () =>
    Effect.gen(function* () {
      const { controller, timesOf } = yield* start((key) =>
        key === "slow"
          ? Effect.as(Effect.sleep("1 hour"), {})
          : key === "failing"
            ? Effect.fail("Transient")
            : Effect.as(Effect.sleep(100), {}),
      )
      const others = Array.from({ length: 498 }, (_, i) => `c${i}`)
      for (const key of ["slow", "failing", ...others]) yield* controller.trigger(key, "start")
      yield* TestClock.adjust("1 minute")
      for (const key of others) expect(timesOf(key)).toHaveLength(1)
      expect(Math.max(...others.flatMap(timesOf))).toBeLessThanOrEqual(1_000)
      yield* controller.trigger("c7", "again")
      yield* TestClock.adjust(0)
      expect(timesOf("c7")).toHaveLength(2)
    }),
  )

  it.scoped("nothing is worked on before the stores are ready", () =>
    Effect.gen(function* () {
      const ready = yield* Deferred.make<void>()
      const { controller, timesOf } = yield* start(() => done, { ready: Deferred.await(ready) })
      yield* controller.trigger("a", "x")
      yield* TestClock.adjust("5 seconds")
      expect(timesOf("a")).toEqual([])
      yield* Deferred.succeed(ready, undefined)
      yield* TestClock.adjust(0)
      expect(timesOf("a")).toEqual([5_000])
    }),
  )

  it.scoped("R12 interrupting takes no new key and lets the running pass finish", () =>
    Effect.gen(function* () {
      let finished = 0
      const { controller, fiber, began } = yield* start(
        () => Effect.sleep("5 seconds").pipe(Effect.zipRight(Effect.sync(() => (finished += 1))), Effect.as({})),
        { graceMs: 20_000 },
      )
      yield* controller.trigger("a", "x")
      yield* TestClock.adjust("1 second")
      const stopping = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* TestClock.adjust(0)
      yield* controller.trigger("b", "x")
      yield* TestClock.adjust("1 second")
      expect(stopping.unsafePoll()).toBe(null)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(stopping)
      expect(finished).toBe(1)
      expect(began).toHaveLength(1)
    }),
  )

  it.scoped("R12 after the grace period, or when told to hurry, running passes are interrupted", () =>
    Effect.gen(function* () {
      const hurry = yield* Deferred.make<void>()
      for (const end of ["grace", "abandon"]) {
        const { controller, fiber } = yield* start(() => Effect.never, {
          graceMs: 20_000,
          abandon: Deferred.await(hurry),
        })
        yield* controller.trigger("a", "x")
        yield* TestClock.adjust(0)
        const stopping = yield* Effect.fork(Fiber.interrupt(fiber))
        yield* TestClock.adjust("19 seconds")
        expect(stopping.unsafePoll()).toBe(null)
        if (end === "abandon") yield* Deferred.succeed(hurry, undefined)
        else yield* TestClock.adjust("1 second")
        yield* Fiber.join(stopping)
      }
    }),
  )

  it.scoped("sources trigger passes; one that breaks is started again, one that ends is done", () =>
    Effect.gen(function* () {
      let opened = 0
      const flaky = Stream.suspend(() => {
        opened += 1
        return Stream.concat(Stream.make({ key: `from ${opened}`, why: "x" }), Stream.fail("broken"))
      })
      const ticking = Stream.fromSchedule(Schedule.spaced("10 seconds")).pipe(
        Stream.take(2),
        Stream.map((n) => ({ key: `tick ${n}`, why: "tick" })),
      )
      const { began } = yield* start(() => done, { sources: [flaky, ticking] })
      yield* TestClock.adjust("30 seconds")
      expect(opened).toBeGreaterThan(2)
      expect(began.filter((b) => b.key.startsWith("from"))).toHaveLength(opened)
      expect(began.filter((b) => b.key.startsWith("tick"))).toHaveLength(2)
    }),
  )

  it.live(
    "R141 S12 10,000 passes leave nothing behind",
    () =>
      Effect.gen(function* () {
        let passes = 0
        const { controller, queue, began } = yield* start((key) => {
          passes += 1
          return passes % 10 === 0
            ? Effect.fail("Transient")
            : Effect.succeed(key === "c5" ? { requeueAfterMs: 1 } : {})
        })
        const heap = () => {
          globalThis.gc?.()
          return process.memoryUsage().heapUsed / 1024 / 1024
        }
        const round = (n: number) =>
          Effect.forEach(
            Array.from({ length: n }, (_, i) => i),
            (i) => Effect.zipRight(controller.trigger(`c${i % 100}`, "x"), Effect.yieldNow()),
            { discard: true },
          )
        yield* round(1_000)
        began.length = 0
        const before = heap()
        for (let i = 0; i < 9; i += 1) {
          yield* round(1_000)
          began.length = 0
        }
        yield* Effect.sleep("50 millis")
        yield* queue.close
        expect(passes).toBeGreaterThanOrEqual(9_900)
        expect(yield* queue.stats).toEqual({ ready: 0, delayed: 0, running: 0, oldestMs: 0 })
        if (globalThis.gc !== undefined) expect(heap() - before).toBeLessThan(8)
      }).pipe(Effect.scoped, Logger.withMinimumLogLevel(LogLevel.None)),
    60_000,
  )
})
