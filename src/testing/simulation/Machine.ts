/** The machine one instance runs on: it can stop dead for a while, and its wall clock can be wrong. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Scheduler } from "effect/Scheduler"
import type { VirtualTime } from "./VirtualTime.js"

export interface Machine {
  /**
   * Nothing on it goes on, timers that ran out wait with the rest (SIGSTOP, a stolen CPU). Others do not notice. It begins when the present
   * instant is over: what has been sent by then is answered.
   */
  readonly freeze: () => void
  /** Everything that piled up goes on, in any order. */
  readonly thaw: () => void
  /** Moves the wall clock (ms); the monotonic clock goes on as before. */
  readonly setWallClock: (aheadMs: number) => void
  /** Runs a program on it. */
  readonly host: <A, E, R>(program: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** A machine that works and is on time. */
export const makeMachine = (time: VirtualTime): Machine => {
  const parked: Array<{ readonly task: () => void; readonly priority: number }> = []
  let isFrozen = false
  let aheadMs = 0
  const scheduler: Scheduler = {
    shouldYield: (fiber) => time.scheduler.shouldYield(fiber),
    scheduleTask: (task, priority) =>
      time.scheduler.scheduleTask(() => {
        if (isFrozen) parked.push({ task, priority })
        else task()
      }, priority),
  }
  const wall = () => time.clock.unsafeCurrentTimeMillis() + aheadMs
  const clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: wall,
    unsafeCurrentTimeNanos: () => time.clock.unsafeCurrentTimeNanos(),
    currentTimeMillis: Effect.sync(wall),
    currentTimeNanos: time.clock.currentTimeNanos,
    sleep: (duration) => time.clock.sleep(duration),
  }
  return {
    freeze: () =>
      time.whenResting(() => {
        isFrozen = true
      }),
    thaw: () =>
      time.whenResting(() => {
        isFrozen = false
        for (const { task, priority } of parked.splice(0)) time.scheduler.scheduleTask(task, priority)
      }),
    setWallClock: (ahead) => {
      aheadMs = ahead
    },
    host: (program) => program.pipe(Effect.withClock(clock), Effect.withScheduler(scheduler)),
  }
}
