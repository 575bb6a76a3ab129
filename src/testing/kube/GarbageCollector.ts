/** Runs the server's garbage collection as the real controllers do: a moment after something changed. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type { ApiServer } from "./ApiServer.js"

export interface CollectorOptions {
  /** Ms between a change and the sweep it causes. Default 100. */
  readonly delayMs?: number
}

/** Collects for ever; interrupt it to stop. */
export const runGarbageCollector = (server: ApiServer, options: CollectorOptions = {}): Effect.Effect<never> =>
  Effect.scoped(
    Effect.gen(function* () {
      const wake = yield* Queue.sliding<void>(1)
      yield* Effect.acquireRelease(
        Effect.sync(() => server.onCommit(() => void wake.unsafeOffer(undefined))),
        (stop) => Effect.sync(stop),
      )
      yield* Effect.sync(server.collectGarbage)
      return yield* Effect.forever(
        Queue.take(wake).pipe(
          Effect.zipRight(Effect.sleep(options.delayMs ?? 100)),
          Effect.zipRight(Effect.sync(server.collectGarbage)),
        ),
      )
    }),
  )
