/** A controller's loop: keys in, one reconciliation at a time, each key at most once in the queue, failures again after a pause. */
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"

export interface KeyedLoop {
  /** Have this key reconciled; adding it again before it runs changes nothing, while it runs means once more. */
  readonly add: (key: string) => Effect.Effect<void>
  readonly addAfter: (key: string, millis: number) => Effect.Effect<void>
}

/**
 * How long after a change the controllers act on it, in milliseconds; default 0. Real controllers are other processes behind a watch: their
 * reaction comes a little later, and while they think the API server answers others. A world served to other processes sets a few
 * milliseconds, or its own reaction would be in the way of theirs.
 */
export class ControllerLag extends Context.Reference<ControllerLag>()("acko/testing/ControllerLag", {
  defaultValue: () => 0,
}) {}

const firstPauseMs = 5
const longestPauseMs = 10_000

/**
 * Runs `reconcile` for added keys until the scope closes. A failure (a conflict, a quota, a lost connection) is retried after 5 ms,
 * doubling up to 10 s; it never ends the loop.
 */
export const makeKeyedLoop = <E>(
  name: string,
  reconcile: (key: string) => Effect.Effect<void, E>,
): Effect.Effect<KeyedLoop, never, Scope.Scope> =>
  Effect.gen(function* () {
    const queue = yield* Queue.unbounded<string>()
    const dirty = new Set<string>()
    const failures = new Map<string, number>()
    const scope = yield* Effect.scope
    const lagMs = yield* ControllerLag

    const add = (key: string): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (dirty.has(key)) return Effect.void
        dirty.add(key)
        return Effect.asVoid(Queue.offer(queue, key))
      })
    const addAfter = (key: string, millis: number): Effect.Effect<void> =>
      Effect.asVoid(Effect.forkIn(Effect.delay(add(key), millis), scope))

    const once = Effect.fnUntraced(function* (key: string) {
      dirty.delete(key)
      const exit = yield* Effect.exit(reconcile(key))
      if (Exit.isSuccess(exit)) return void failures.delete(key)
      if (Cause.isInterruptedOnly(exit.cause)) return yield* Effect.interrupt
      const count = failures.get(key) ?? 0
      failures.set(key, count + 1)
      const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(count, 12))
      yield* Effect.logDebug(`${name} ${key}: again in ${pause} ms`, exit.cause)
      yield* addAfter(key, pause)
    })
    const work = Effect.gen(function* () {
      const first = yield* Queue.take(queue)
      if (lagMs > 0) yield* Effect.sleep(lagMs)
      yield* Effect.forEach(Chunk.prepend(yield* Queue.takeAll(queue), first), once, { discard: true })
    })
    yield* Effect.forkScoped(Effect.forever(work))
    return { add, addAfter }
  })
