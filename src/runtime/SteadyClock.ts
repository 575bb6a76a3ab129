/**
 * Time that only goes forward, at one pace: the wall clock as it was at the start, moved on by the monotonic clock. Everything the operator
 * compares (pauses, deadlines, the age of facts) is measured on it, so a wall clock that is set, by minutes or hours, disturbs nothing (R60).
 *
 * *Gotchas.* What people read (status, Events) is stamped with it, too: after the wall clock was set it is off by as much until the process
 * starts anew.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Milliseconds since the epoch as `base` tells them now, from here on by its monotonic clock. Whole, like those of `base`. */
export const steady = (base: Clock.Clock): Clock.Clock => {
  const startedAt = base.unsafeCurrentTimeMillis()
  const origin = base.unsafeCurrentTimeNanos()
  const now = () => startedAt + Math.round(Number((base.unsafeCurrentTimeNanos() - origin) / 1_000n) / 1_000)
  return {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: now,
    unsafeCurrentTimeNanos: () => base.unsafeCurrentTimeNanos(),
    currentTimeMillis: Effect.sync(now),
    currentTimeNanos: base.currentTimeNanos,
    sleep: (duration) => base.sleep(duration),
  }
}

/** Runs a program, and every fiber it starts, on the {@link steady} form of the clock in force. */
export const onSteadyClock = <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.clockWith((base) => Effect.withClock(program, steady(base)))
