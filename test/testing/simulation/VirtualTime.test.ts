import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import * as Runtime from "effect/Runtime"
import { assert, describe, it } from "vitest"
import * as VirtualTime from "../../../src/testing/simulation/VirtualTime.js"

/** Three workers race for a queue; the trace is what the interleaving made of it. */
const race = (seed: number) => {
  const time = VirtualTime.make({ seed })
  const start = time.now()
  const trace: Array<string> = []
  const program = Effect.gen(function* () {
    const queue = yield* Queue.unbounded<number>()
    for (const name of ["a", "b", "c"])
      yield* Effect.fork(
        Effect.forever(
          Effect.gen(function* () {
            const n = yield* Queue.take(queue)
            trace.push(`${name}${n}@${time.now() - start}`)
            yield* Effect.sleep(10 + (yield* Random.nextIntBetween(0, 5)))
          }),
        ),
      )
    for (let n = 0; n < 12; n++) {
      yield* Queue.offer(queue, n)
      yield* Effect.sleep(3)
    }
    yield* Effect.sleep("1 hour")
    return "end"
  })
  const fiber = Runtime.runFork(Runtime.defaultRuntime, Effect.provide(program, time.layer), {
    scheduler: time.scheduler,
  })
  const alive = time.runUntil(start + 2 * 3_600_000, () => true)
  return { trace, alive, elapsed: time.now() - start, done: fiber.unsafePoll() !== null, fiber }
}

describe("VirtualTime", () => {
  it("runs hours in no time, without a real timer", () => {
    const run = race(1)
    assert.isTrue(run.alive)
    assert.isTrue(run.done)
    assert.strictEqual(run.elapsed, 2 * 3_600_000)
    assert.strictEqual(run.trace.length, 12)
  })

  it("equal seeds give equal traces, other seeds other interleavings", () => {
    const traces = [1, 2, 3, 4, 5, 6].map((seed) => race(seed).trace.join(" "))
    assert.deepStrictEqual(
      traces,
      [1, 2, 3, 4, 5, 6].map((seed) => race(seed).trace.join(" ")),
    )
    assert.isAbove(new Set(traces).size, 3)
  })

  it("an interrupted sleep leaves no timer that fires", () => {
    const time = VirtualTime.make({ seed: 1 })
    const woken: Array<string> = []
    const program = Effect.gen(function* () {
      const sleeper = yield* Effect.fork(Effect.andThen(Effect.sleep("1 minute"), () => void woken.push("sleeper")))
      yield* Effect.sleep("1 second")
      yield* Fiber.interrupt(sleeper)
      woken.push("main")
    })
    Runtime.runFork(Runtime.defaultRuntime, Effect.provide(program, time.layer), { scheduler: time.scheduler })
    time.runUntil(time.now() + 600_000, () => true)
    assert.deepStrictEqual(woken, ["main"])
  })

  it("a program that never rests in one instant is reported as a livelock", () => {
    const time = VirtualTime.make({ seed: 1, maxStepsPerInstant: 10_000 })
    Runtime.runFork(Runtime.defaultRuntime, Effect.provide(Effect.forever(Effect.yieldNow()), time.layer), {
      scheduler: time.scheduler,
    })
    assert.isFalse(time.runUntil(time.now() + 1, () => true))
  })
})
