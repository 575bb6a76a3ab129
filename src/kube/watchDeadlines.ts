/** Two deadlines of a watch connection: silence, and total age. */
import type * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/**
 * Fails with `onIdle` when no element comes for `idleMs` (half a line is no element), ends after `totalMs`. Only waiting counts: a slow
 * consumer does not make a connection idle.
 */
export const withDeadlines = <A, E, E2, R>(
  self: Stream.Stream<A, E, R>,
  options: { readonly idleMs: number; readonly totalMs: number; readonly onIdle: () => E2 },
): Stream.Stream<A, E | E2, R> =>
  Stream.fromPull(
    Effect.zipWith(Stream.toPull(self), Clock.currentTimeMillis, (pull, startedAt) => {
      const next: typeof pull = Effect.flatMap(pull, (chunk: Chunk.Chunk<A>) =>
        chunk.length === 0 ? next : Effect.succeed(chunk),
      )
      return Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const left = startedAt + options.totalMs - now
        const endsFirst = left <= options.idleMs
        return Effect.timeoutFail(next, {
          duration: Math.max(0, Math.min(left, options.idleMs)),
          onTimeout: (): Option.Option<E | E2> => (endsFirst ? Option.none() : Option.some(options.onIdle())),
        })
      })
    }),
  )
