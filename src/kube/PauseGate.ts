/**
 * Obeys `Retry-After`: after a 429 or 503 that names a time, no request of the same flow leaves before it (R46).
 *
 * Flows are what the API server's priority levels tell apart: reads, writes and leases. A pause of one does not hold up the others.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { KubeStatusError } from "./KubeError.js"
import { isRead, type KubeRequest, whereOf } from "./KubeRequest.js"
import { longestPauseMs } from "./kubeStatus.js"

/** Requests wait up to this long for a pause to end; if it is longer they fail at once and say when to come back. */
export const defaultMaxHoldMs = 5_000

export interface PauseGate {
  /** Waits for the end of a short pause (plus jitter), or fails with status 429 and `retryAfterMs` during a long one. */
  readonly pass: (request: KubeRequest) => Effect.Effect<void, KubeStatusError>
  /** Starts a pause when the answer asks for one. A refused eviction does not: a budget said no, not an overloaded server. */
  readonly observe: (request: KubeRequest, error: KubeStatusError) => Effect.Effect<void>
}

export const flowOf = (request: KubeRequest): string =>
  request.resource.startsWith("leases") ? "leases" : isRead(request) ? "reads" : "writes"

export const makePauseGate = (options: { readonly maxHoldMs: number }): PauseGate => {
  const pausedUntil = new Map<string, number>()

  const pass = Effect.fnUntraced(function* (request: KubeRequest) {
    const flow = flowOf(request)
    let until = pausedUntil.get(flow)
    // The pause may be prolonged by another answer while we wait.
    while (until !== undefined) {
      const left = until - (yield* Clock.currentTimeMillis)
      if (left <= 0) {
        pausedUntil.delete(flow)
        return
      }
      if (left > options.maxHoldMs) {
        return yield* new KubeStatusError({
          ...whereOf(request),
          status: 429,
          reason: "TooManyRequests",
          detail: "not sent: the API server asked for a pause",
          retryAfterMs: left,
        })
      }
      yield* Effect.sleep(left + (yield* Random.nextRange(10, 100 + left * 0.2)))
      until = pausedUntil.get(flow)
    }
  })

  const observe = (request: KubeRequest, error: KubeStatusError): Effect.Effect<void> =>
    Effect.gen(function* () {
      const asksForPause = (error.status === 429 && request.verb !== "evict") || error.status === 503
      if (!asksForPause || error.retryAfterMs === undefined || error.retryAfterMs <= 0) return
      const until = (yield* Clock.currentTimeMillis) + Math.min(error.retryAfterMs, longestPauseMs)
      const flow = flowOf(request)
      pausedUntil.set(flow, Math.max(until, pausedUntil.get(flow) ?? 0))
    })

  return { pass, observe }
}
