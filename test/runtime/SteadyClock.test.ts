import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { onSteadyClock, steady, wallTimeMillis } from "../../src/runtime/SteadyClock.js"

/** A clock whose wall time and monotonic time are set by hand. */
const makeBase = () => {
  const time = { wallMs: 1_767_225_600_000, monotonicMs: 5_000 }
  const nanos = () => BigInt(Math.round(time.monotonicMs * 1_000)) * 1_000n
  const base: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => time.wallMs,
    unsafeCurrentTimeNanos: nanos,
    currentTimeMillis: Effect.sync(() => time.wallMs),
    currentTimeNanos: Effect.sync(nanos),
    sleep: () => Effect.never,
  }
  return { time, base }
}

describe("steady clock (R60)", () => {
  it.each([-3_600_000, 0, 3_600_000])("starts with the wall clock and does not follow its jump of %i ms", (jumpMs) => {
    const { time, base } = makeBase()
    const clock = steady(base)
    const before = clock.unsafeCurrentTimeMillis()
    expect(before).toBe(time.wallMs)
    time.wallMs += jumpMs
    time.monotonicMs += 1_500.4
    expect(clock.unsafeCurrentTimeMillis() - before).toBe(1_500)
  })

  it.effect("wall time stays to be had, however often the clock was made steady", () =>
    Effect.gen(function* () {
      const { time, base } = makeBase()
      const jumped = Effect.suspend(() => ((time.wallMs += 3_600_000), wallTimeMillis))
      expect(yield* Effect.withClock(onSteadyClock(onSteadyClock(jumped)), base)).toBe(time.wallMs)
      expect(yield* Effect.withClock(jumped, base)).toBe(time.wallMs)
    }),
  )

  it.effect("reaches the fibers a program starts", () =>
    Effect.gen(function* () {
      const { time, base } = makeBase()
      const program = onSteadyClock(
        Effect.gen(function* () {
          const before = yield* Clock.currentTimeMillis
          time.wallMs -= 3_600_000
          time.monotonicMs += 7
          const fiber = yield* Effect.fork(Clock.currentTimeMillis)
          return (yield* fiber) - before
        }),
      )
      expect(yield* Effect.withClock(program, base)).toBe(7)
    }),
  )
})
