/**
 * Time that only goes forward, at one pace: the wall clock as it was at the start, moved on by the monotonic clock. Everything the operator
 * compares (pauses, deadlines, the age of facts) is measured on it, so a wall clock that is set, by minutes or hours, disturbs nothing (R60).
 *
 * *Gotchas.* What people read (status, Events; not metrics) is stamped with it, too: after the wall clock was set it is off by as much until the process
 * starts anew.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

const wallOf = Symbol("acko/SteadyClock/wall")

interface SteadyClock extends Clock.Clock {
  /** The wall clock it started from. */
  readonly [wallOf]: Clock.Clock
}

const wallBehind = (clock: Clock.Clock): Clock.Clock => (wallOf in clock ? (clock as SteadyClock)[wallOf] : clock)

/** Milliseconds since the epoch as everybody else tells them now: for what others compare with their own clocks, never for ours. */
export const wallTimeMillis: Effect.Effect<number> = Effect.clockWith((clock) => wallBehind(clock).currentTimeMillis)

/** Milliseconds since the epoch as `base` tells them now, from here on by its monotonic clock. Whole, like those of `base`. */
export const steady = (base: Clock.Clock): SteadyClock => {
  const startedAt = base.unsafeCurrentTimeMillis()
  const origin = base.unsafeCurrentTimeNanos()
  const now = () => startedAt + Math.round(Number((base.unsafeCurrentTimeNanos() - origin) / 1_000n) / 1_000)
  return {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    [wallOf]: wallBehind(base),
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

/** Runs a program on the wall clock behind the {@link steady} one: a program about times that others judge by their own clocks. */
export const onWallClock = <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.clockWith((clock) => Effect.withClock(program, wallBehind(clock)))
