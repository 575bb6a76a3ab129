import { expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import { make, type WorkQueueOptions } from "../../src/runtime/WorkQueue.js"

interface Run {
  readonly key: string
  readonly at: number
  readonly why: ReadonlyArray<string>
}

/** A queue of strings whose work takes `workMs`. */
const start = (workMs: number, options: Partial<WorkQueueOptions<string>> & { readonly concurrency?: number } = {}) =>
  Effect.gen(function* () {
    const queue = yield* make<string>({ name: "test", keyString: (key) => key, ...options })
    const runs: Array<Run> = []
    const busy = new Set<string>()
    const load = { most: 0 }
    const consumer = yield* Effect.forkScoped(
      queue.consume(
        ({ key, why }) =>
          Effect.gen(function* () {
            expect(busy.has(key)).toBe(false)
            busy.add(key)
            load.most = Math.max(load.most, busy.size)
            runs.push({ key, why, at: yield* Clock.currentTimeMillis })
            if (workMs > 0) yield* Effect.sleep(workMs)
          }).pipe(Effect.ensuring(Effect.sync(() => busy.delete(key)))),
        options.concurrency ?? 64,
      ),
    )
    yield* TestClock.adjust(0)
    return { queue, runs, load, busy, consumer, brief: () => runs.map((run) => `${run.key}@${run.at}`) }
  })

describe("WorkQueue", () => {
  it.scoped("a burst for one key is one piece of work with its reasons", () =>
    Effect.gen(function* () {
      const { queue, runs } = yield* start(0)
      for (let i = 0; i < 10_000; i += 1) yield* queue.add("a", `reason ${i % 20}`)
      yield* TestClock.adjust(1)
      expect(runs).toHaveLength(1)
      expect(runs[0]?.why.slice(0, 2)).toEqual(["reason 0", "reason 1"])
      expect(runs[0]?.why).toHaveLength(8)
    }),
  )

  it.scoped("of several times the earliest wins", () =>
    Effect.gen(function* () {
      const { queue, brief } = yield* start(0, { debounceMs: 0 })
      yield* queue.addAfter("a", 5_000, "later")
      yield* queue.addAfter("a", 9_000, "much later")
      yield* queue.addAfter("a", 2_000, "soon")
      yield* queue.addAfter("b", 3_000, "x")
      yield* TestClock.adjust(60_000)
      expect(brief()).toEqual(["a@2000", "b@3000"])
    }),
  )

  it.scoped("R28 whatever arrives while a key runs is held and runs exactly once more", () =>
    Effect.gen(function* () {
      const { queue, brief } = yield* start(100, { debounceMs: 0 })
      yield* queue.add("a", "first")
      yield* TestClock.adjust(50)
      for (let i = 0; i < 10_000; i += 1) yield* queue.add("a", "burst")
      yield* queue.addAfter("a", 30_000, "timer")
      yield* TestClock.adjust(60_000)
      expect(brief()).toEqual(["a@0", "a@100"])
      expect(yield* queue.stats).toEqual({ ready: 0, delayed: 0, running: 0, oldestMs: 0 })
    }),
  )

  it.scoped("a timer set while the key runs counts from when it was set", () =>
    Effect.gen(function* () {
      const { queue, brief } = yield* start(100, { debounceMs: 0 })
      yield* queue.add("a", "first")
      yield* TestClock.adjust(10)
      yield* queue.addAfter("a", 1_000, "timer")
      yield* TestClock.adjust(10_000)
      expect(brief()).toEqual(["a@0", "a@1010"])
    }),
  )

  it.scoped("due keys run in the order they became due, never more than allowed at once", () =>
    Effect.gen(function* () {
      const { queue, runs, load } = yield* start(10, { concurrency: 2, debounceMs: 0 })
      for (const key of ["a", "b", "c", "d", "e"]) yield* queue.add(key, "x")
      yield* TestClock.adjust(0)
      expect(yield* queue.stats).toEqual({ ready: 3, delayed: 0, running: 2, oldestMs: 0 })
      yield* TestClock.adjust(5)
      expect((yield* queue.stats).oldestMs).toBe(5)
      yield* TestClock.adjust(100)
      expect(runs.map((run) => run.key)).toEqual(["a", "b", "c", "d", "e"])
      expect(load.most).toBe(2)
    }),
  )

  it.scoped("close lets running work end, drops the rest and ends the consumer", () =>
    Effect.gen(function* () {
      const { queue, brief, consumer } = yield* start(100, { concurrency: 1, debounceMs: 0 })
      yield* queue.add("a", "x")
      yield* queue.add("b", "x")
      yield* queue.addAfter("c", 50, "x")
      yield* TestClock.adjust(10)
      yield* queue.close
      yield* queue.add("d", "too late")
      yield* queue.add("a", "too late")
      yield* TestClock.adjust(1_000)
      yield* Fiber.join(consumer)
      expect(brief()).toEqual(["a@0"])
      expect(yield* queue.stats).toEqual({ ready: 0, delayed: 0, running: 0, oldestMs: 0 })
    }),
  )

  it.scoped("interrupting the consumer interrupts what runs", () =>
    Effect.gen(function* () {
      const { queue, consumer, busy } = yield* start(1_000_000, { debounceMs: 0 })
      yield* queue.add("a", "x")
      yield* TestClock.adjust(0)
      expect(busy.size).toBe(1)
      yield* Fiber.interrupt(consumer)
      expect(busy.size).toBe(0)
    }),
  )

  it.scoped("S11 R45 a defect of the work ends the consumer with it", () =>
    Effect.gen(function* () {
      const queue = yield* make<string>({ name: "test", keyString: (key) => key, debounceMs: 0 })
      const consumer = yield* Effect.fork(queue.consume(() => Effect.die("a bug")))
      yield* queue.add("a", "x")
      expect(String(yield* Fiber.await(consumer))).toContain("a bug")
    }),
  )

  it.scoped("S11 R45 a defect of the queue's own timer ends the consumer with it", () =>
    Effect.gen(function* () {
      const clock = yield* Effect.clock
      let isBroken = false
      const breaking: Clock.Clock = {
        ...clock,
        [Clock.ClockTypeId]: Clock.ClockTypeId,
        currentTimeMillis: Effect.suspend(() => (isBroken ? Effect.die("a bug") : clock.currentTimeMillis)),
        currentTimeNanos: clock.currentTimeNanos,
        sleep: (duration) => clock.sleep(duration),
        unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis(),
        unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
      }
      const queue = yield* make<string>({ name: "test", keyString: (key) => key })
      const consumer = yield* Effect.fork(queue.consume(() => Effect.void))
      yield* Effect.withClock(queue.addAfter("a", 1_000, "x"), breaking)
      yield* TestClock.adjust(0)
      isBroken = true
      yield* TestClock.adjust("1 second")
      expect(String(yield* Fiber.await(consumer))).toContain("a bug")
    }),
  )

  const step = fc.record({
    key: fc.constantFrom("a", "b", "c"),
    delay: fc.constantFrom(0, 1, 5, 20, 100),
    wait: fc.constantFrom(0, 0, 1, 10, 50),
  })
  it.scoped.prop(
    "R28 no wake-up is lost: every trigger is followed by a run that begins at or after it",
    {
      steps: fc.array(step, { maxLength: 30 }),
      workMs: fc.constantFrom(0, 7, 30),
      concurrency: fc.integer({ min: 1, max: 3 }),
    },
    ({ steps, workMs, concurrency }) =>
      Effect.gen(function* () {
        const { queue, runs } = yield* start(workMs, { concurrency, debounceMs: 2 })
        const asked: Array<{ readonly key: string; readonly at: number; readonly dueAt: number }> = []
        for (const { key, delay, wait } of steps) {
          const at = yield* Clock.currentTimeMillis
          asked.push({ key, at, dueAt: at + (delay === 0 ? 2 : delay) })
          yield* delay === 0 ? queue.add(key, "now") : queue.addAfter(key, delay, "later")
          yield* TestClock.adjust(wait)
        }
        yield* TestClock.adjust(10_000)
        for (const { key, at, dueAt } of asked) {
          const next = runs.find((run) => run.key === key && run.at >= at)
          expect(next).toBeDefined()
          // All keys ahead of it, and its own running pass, at most.
          expect(next!.at).toBeLessThanOrEqual(dueAt + 4 * Math.max(1, workMs))
        }
        expect(runs.length).toBeLessThanOrEqual(asked.length)
      }),
    { fastCheck: { numRuns: 60 } },
  )
})
