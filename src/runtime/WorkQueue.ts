/**
 * A keyed delay queue: which keys want work, and when.
 *
 * *Guarantees.* A key is queued at most once, whatever the burst (bounded by the number of keys, R28). Of several times the earliest wins. No key
 * is worked on twice at the same time: what arrives meanwhile is held and runs once afterwards (no lost wake-up). Keys that are due run in the
 * order in which they became due, so no key can starve another (R138).
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import { queueMetrics } from "./queueMetrics.js"

export interface WorkQueueOptions<K> {
  /** Name in metrics. */
  readonly name: string
  /** Two keys are the same when their texts are. */
  readonly keyString: (key: K) => string
  /** A key rests this long after its first trigger, so that a burst becomes one piece of work. Default 1 ms; 0 switches it off. */
  readonly debounceMs?: number
  /** Distinct reasons remembered per key. Default 8. */
  readonly maxReasons?: number
}

/** A key whose time has come, with the reasons for it: for logs and traces, never for decisions. */
export interface Due<K> {
  readonly key: K
  readonly why: ReadonlyArray<string>
}

export interface QueueStats {
  /** Due, waiting for a worker. */
  readonly ready: number
  /** Not yet due. */
  readonly delayed: number
  readonly running: number
  /** How long the longest-waiting due key has been due (ms). */
  readonly oldestMs: number
}

export interface WorkQueue<K> {
  /** Work on `key` as soon as possible. */
  readonly add: (key: K, why: string) => Effect.Effect<void>
  /** Work on `key` in `ms`, or earlier if something else asks for it. */
  readonly addAfter: (key: K, ms: number, why: string) => Effect.Effect<void>
  /**
   * Runs `work` for every due key, up to `concurrency` (default 64) at the same time. Ends after {@link WorkQueue.close}, when the last running
   * key is done. Interrupting it interrupts the running keys. A defect of `work`, or of the queue itself, ends it with that defect: catch
   * what you can handle.
   */
  readonly consume: (work: (due: Due<K>) => Effect.Effect<void>, concurrency?: number) => Effect.Effect<void>
  /** No new work from now on. */
  readonly close: Effect.Effect<void>
  readonly isClosed: Effect.Effect<boolean>
  readonly stats: Effect.Effect<QueueStats>
  /** Brings those metrics up to date that grow by themselves: how long the running work has been going on. */
  readonly measure: Effect.Effect<void>
}

interface Item<K> {
  readonly key: K
  readonly id: string
  /** Epoch ms; undefined: nothing asked for (it only runs). */
  dueAt: number | undefined
  /** In the ready line. */
  isReady: boolean
  isRunning: boolean
  /** When it last began to run (epoch ms). */
  startedAt: number
  why: Set<string>
}

/** A queue whose timer lives as long as the scope. */
export const make = <K>(options: WorkQueueOptions<K>): Effect.Effect<WorkQueue<K>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { keyString, debounceMs = 1, maxReasons = 8 } = options
    const timer = yield* FiberHandle.make<void, never>()
    const wake = Effect.unsafeMakeLatch(false)
    const metrics = queueMetrics(options.name)
    yield* metrics.begin
    const items = new Map<string, Item<K>>()
    /** Due items in order. A Set is a line that can be left in the middle. */
    const ready = new Set<Item<K>>()
    let running = 0
    let isClosed = false
    /** What the timer sleeps for. */
    let nextAt: number | undefined

    const makeReady = (item: Item<K>): void => {
      item.isReady = true
      ready.add(item)
      metrics.added()
      wake.unsafeOpen()
    }

    /** Moves what is due into the line, earliest first, and finds the next instant to look. */
    const promote = (now: number): void => {
      const due: Array<Item<K>> = []
      nextAt = undefined
      for (const item of items.values()) {
        if (item.isReady || item.isRunning || item.dueAt === undefined) continue
        if (item.dueAt <= now) due.push(item)
        else nextAt = nextAt === undefined ? item.dueAt : Math.min(nextAt, item.dueAt)
      }
      due.sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0))
      due.forEach(makeReady)
    }

    const tick: Effect.Effect<void> = Effect.gen(function* () {
      while (nextAt !== undefined) {
        const now = yield* Clock.currentTimeMillis
        if (nextAt > now) yield* Effect.sleep(nextAt - now)
        promote(yield* Clock.currentTimeMillis)
      }
    })

    /** Makes sure the timer wakes up for `item`. */
    const arm = (item: Item<K>, now: number): Effect.Effect<void> => {
      if (item.dueAt === undefined || item.isReady || item.isRunning) return Effect.void
      if (item.dueAt <= now) {
        makeReady(item)
        return Effect.void
      }
      if (nextAt !== undefined && nextAt <= item.dueAt) return Effect.void
      nextAt = item.dueAt
      return Effect.asVoid(FiberHandle.run(timer, tick))
    }

    const schedule = (key: K, delayMs: number, why: string): Effect.Effect<void> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        if (isClosed) return Effect.void
        const id = keyString(key)
        const item = items.get(id) ?? {
          key,
          id,
          dueAt: undefined,
          isReady: false,
          isRunning: false,
          startedAt: now,
          why: new Set<string>(),
        }
        items.set(id, item)
        if (item.why.size < maxReasons) item.why.add(why)
        const dueAt = now + Math.max(0, delayMs)
        if (item.dueAt !== undefined && item.dueAt <= dueAt) return Effect.void
        item.dueAt = dueAt
        return arm(item, now)
      })

    const take = (
      now: number,
    ): { readonly due: Due<K>; readonly item: Item<K>; readonly waitedMs: number } | undefined => {
      const [item] = ready
      if (item === undefined) return undefined
      ready.delete(item)
      const why = [...item.why]
      const waitedMs = now - (item.dueAt ?? now)
      item.isReady = false
      item.isRunning = true
      item.startedAt = now
      item.dueAt = undefined
      item.why = new Set()
      running += 1
      return { due: { key: item.key, why }, item, waitedMs }
    }

    const release = (item: Item<K>): Effect.Effect<void> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        running -= 1
        item.isRunning = false
        if (item.dueAt === undefined || isClosed) items.delete(item.id)
        wake.unsafeOpen()
        return Effect.zipRight(metrics.worked(now - item.startedAt), arm(item, now))
      })

    const gauge = Effect.suspend(() => metrics.depth(ready.size))

    const consume: WorkQueue<K>["consume"] = (work, concurrency = 64) =>
      Effect.scoped(
        Effect.gen(function* () {
          const fibers = yield* FiberSet.make<void, never>()
          const dispatch = Effect.gen(function* () {
            while (!isClosed) {
              wake.unsafeClose()
              const now = yield* Clock.currentTimeMillis
              while (!isClosed && running < concurrency) {
                const next = take(now)
                if (next === undefined) break
                yield* FiberSet.run(fibers, Effect.ensuring(work(next.due), release(next.item)))
                yield* metrics.waited(next.waitedMs)
              }
              yield* gauge
              if (!isClosed) yield* wake.await
            }
            yield* FiberSet.awaitEmpty(fibers)
            yield* gauge
          })
          yield* Effect.raceFirst(dispatch, Effect.raceFirst(FiberSet.join(fibers), FiberHandle.join(timer)))
        }),
      )

    const shut = (): void => {
      isClosed = true
      nextAt = undefined
      for (const item of items.values()) if (!item.isRunning) items.delete(item.id)
      ready.clear()
      wake.unsafeOpen()
    }
    yield* Effect.addFinalizer(() => Effect.sync(shut))

    return {
      add: (key, why) => schedule(key, debounceMs, why),
      addAfter: (key, ms, why) =>
        Effect.suspend(() => {
          if (!isClosed) metrics.postponed()
          return schedule(key, ms, why)
        }),
      consume,
      close: Effect.zipRight(Effect.sync(shut), FiberHandle.clear(timer)),
      isClosed: Effect.sync(() => isClosed),
      measure: Effect.flatMap(Clock.currentTimeMillis, (now) =>
        metrics.running([...items.values()].flatMap((item) => (item.isRunning ? [now - item.startedAt] : []))),
      ),
      stats: Effect.map(Clock.currentTimeMillis, (now) => {
        const [oldest] = ready
        return {
          ready: ready.size,
          delayed: [...items.values()].filter((item) => !item.isReady && !item.isRunning).length,
          running,
          oldestMs: oldest === undefined ? 0 : now - (oldest.dueAt ?? now),
        }
      }),
    }
  })
