/**
 * Virtual time for a whole program: a clock whose sleeps are entries of a heap, and a scheduler whose next task is chosen by a seeded
 * generator. A run is a function of its seed: the choice of the next task is where interleavings come from.
 *
 * *Gotchas*: nothing in the program may wait for a Promise or a real timer; such a fiber never comes back and the run ends "quiet".
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import type { Scheduler } from "effect/Scheduler"

/** A small seeded generator (mulberry32): uniform numbers in [0, 1). */
export const generator = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface Timer {
  readonly at: number
  readonly order: number
  readonly fire: () => void
  cancelled: boolean
}

/** Binary heap ordered by time, then by order of creation. */
const makeHeap = () => {
  const items: Array<Timer> = []
  const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)
  const at = (index: number): Timer => {
    const timer = items[index]
    if (timer === undefined) throw new Error("heap index out of range")
    return timer
  }
  const swap = (i: number, j: number): void => {
    const t = at(i)
    items[i] = at(j)
    items[j] = t
  }
  return {
    push: (timer: Timer): void => {
      items.push(timer)
      let i = items.length - 1
      while (i > 0) {
        const parent = (i - 1) >> 1
        if (before(at(parent), at(i))) break
        swap(i, parent)
        i = parent
      }
    },
    pop: (): Timer | undefined => {
      const first = items[0]
      const last = items.pop()
      if (first === undefined || last === undefined || items.length === 0) return first
      items[0] = last
      for (let i = 0; ;) {
        let least = i
        for (const child of [2 * i + 1, 2 * i + 2])
          if (child < items.length && before(at(child), at(least))) least = child
        if (least === i) break
        swap(i, least)
        i = least
      }
      return first
    },
    peek: (): Timer | undefined => items[0],
  }
}

export interface VirtualTime {
  readonly clock: Clock.Clock
  readonly scheduler: Scheduler
  readonly random: Random.Random
  /** Clock and random as a Layer; the scheduler goes to `Effect.runFork`. */
  readonly layer: Layer.Layer<never>
  /** Epoch ms. */
  readonly now: () => number
  /** Does something once nothing is left to do at the present instant: in the middle of nothing. */
  readonly whenResting: (action: () => void) => void
  /** Tasks run so far. */
  readonly steps: () => number
  /**
   * Runs until the given time: all ready tasks, then the next timer, and so on. `afterInstant` is called whenever nothing is left to do at
   * the present instant. Returns false when the program asked for more steps in one instant than any sane program needs (a livelock).
   */
  readonly runUntil: (until: number, afterInstant: () => boolean) => boolean
}

export interface VirtualTimeOptions {
  readonly seed: number
  /** Epoch ms at the start. Default 2026-01-01. */
  readonly startAt?: number
  /** Livelock limit. Default 1,000,000 tasks in one instant. */
  readonly maxStepsPerInstant?: number
  /** False: tasks run in the order they became ready. Default true. */
  readonly permute?: boolean
}

export const make = (options: VirtualTimeOptions): VirtualTime => {
  const next = generator(options.seed)
  const permute = options.permute ?? true
  const limit = options.maxStepsPerInstant ?? 1_000_000
  const tasks: Array<() => void> = []
  const resting: Array<() => void> = []
  const timers = makeHeap()
  let now = options.startAt ?? Date.UTC(2026, 0, 1)
  let order = 0
  let steps = 0

  const scheduler: Scheduler = {
    shouldYield: (fiber) => (fiber.currentOpCount > 2_048 ? 0 : false),
    scheduleTask: (task) => {
      tasks.push(task)
    },
  }

  const clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => now,
    unsafeCurrentTimeNanos: () => BigInt(Math.round(now * 1_000_000)),
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanos: Effect.sync(() => BigInt(Math.round(now * 1_000_000))),
    sleep: (duration) =>
      Effect.async<void>((resume) => {
        const millis = Duration.toMillis(duration)
        if (!Number.isFinite(millis)) return undefined
        const timer: Timer = {
          at: now + Math.max(0, millis),
          order: order++,
          cancelled: false,
          fire: () => resume(Effect.void),
        }
        timers.push(timer)
        return Effect.sync(() => {
          timer.cancelled = true
        })
      }),
  }

  const takeTask = (): (() => void) | undefined => {
    if (!permute || tasks.length < 2) return tasks.shift()
    const index = Math.floor(next() * tasks.length)
    const chosen = tasks[index]
    const last = tasks.pop()
    if (last !== undefined && index < tasks.length) tasks[index] = last
    return chosen
  }

  const drain = (): boolean => {
    for (let n = 0; n < limit; n++) {
      const task = takeTask()
      if (task === undefined) return true
      steps++
      task()
    }
    return false
  }

  const random = Random.make(options.seed)
  return {
    clock,
    scheduler,
    random,
    layer: Layer.mergeAll(Layer.setClock(clock), Layer.setRandom(random)),
    now: () => now,
    whenResting: (action) => void resting.push(action),
    steps: () => steps,
    runUntil: (until, afterInstant) => {
      for (;;) {
        if (!drain()) return false
        const action = resting.shift()
        if (action !== undefined) {
          action()
          continue
        }
        if (!afterInstant()) return true
        if (tasks.length > 0) continue
        const timer = timers.peek()
        if (timer === undefined || timer.at > until) {
          now = Math.max(now, until)
          return true
        }
        timers.pop()
        if (timer.cancelled) continue
        now = Math.max(now, timer.at)
        timer.fire()
      }
    },
  }
}
