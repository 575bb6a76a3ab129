/**
 * The state of a watcher between two requests, and what each outcome does to it. Pure: time and randomness come in as arguments.
 *
 *     resourceVersion undefined ──list──▶ resourceVersion known ──watch──▶ same, later version
 *            ▲                                                               │
 *            └────────── 410, unreadable line, version unknown to the server ┘
 *
 * A broken or ended connection resumes from the last version; it does not list again (R30, R31).
 */
import { isGone, type KubeError } from "./KubeError.js"
import { isVersionTooLarge } from "./kubeStatus.js"
import { laterVersion } from "../domain/ResourceVersion.js"
import type { WatcherEvent } from "./WatcherEvent.js"
import type { WatcherTiming } from "./WatcherOptions.js"

export interface WatcherState {
  /** The last version seen, from which a watch resumes. Undefined: list first. */
  readonly resourceVersion: string | undefined
  /** False once a continue token expired: then lists come in one piece, until health returns (R33). */
  readonly paged: boolean
  /** Steps of back-off taken so far. */
  readonly backoffSteps: number
  /** When the present stretch without failure began (its first line); undefined before. Epoch ms. */
  readonly healthySince: number | undefined
  /** Failures since a watch last delivered a line. */
  readonly failures: number
  /** Watches in a row the server itself refused, from the same version. */
  readonly refusals: number
}

export const initialState: WatcherState = {
  resourceVersion: undefined,
  paged: true,
  backoffSteps: 0,
  healthySince: undefined,
  failures: 0,
  refusals: 0,
}

/** After so many refusals of one version without a line between, the version itself is suspected and a list replaces it. */
const maxRefusals = 5

/** Pause, then go on with `state`. `event` is told first. */
export interface Failure {
  readonly state: WatcherState
  readonly event: Extract<WatcherEvent, { readonly _tag: "Failed" }>
}

export const listed = (state: WatcherState, resourceVersion: string): WatcherState => ({
  ...state,
  resourceVersion,
  refusals: 0,
})

/** A list had to be repeated without pages. */
export const unpaged = (state: WatcherState): WatcherState => ({ ...state, paged: false })

/** A watch delivered a line. */
export const advanced = (state: WatcherState, resourceVersion: string, now: number): WatcherState => ({
  ...state,
  resourceVersion:
    state.resourceVersion === undefined ? resourceVersion : laterVersion(state.resourceVersion, resourceVersion),
  healthySince: state.healthySince ?? now,
  failures: 0,
  refusals: 0,
})

const isRefused = (error: KubeError): boolean =>
  error._tag === "KubeStatusError" && (error.status === 403 || error.status === 404 || error.status === 405)

const isServerError = (error: KubeError): boolean => error._tag === "KubeStatusError" && error.status >= 500

/** True when resuming from the same version cannot work. */
export const needsList = (error: KubeError, refusals: number): boolean => {
  if (error._tag === "KubeDecodeError") return true
  if (error._tag !== "KubeStatusError") return false
  const { status } = error
  if (isVersionTooLarge(error) || isGone(error)) return true
  if (status >= 500) return refusals >= maxRefusals
  // These are about us, not about the version.
  return ![401, 403, 408, 429].includes(status)
}

/** Half to all of the doubling pause, never less than what the server asks for. `random` in [0, 1). */
const pauseMs = (error: KubeError, steps: number, timing: WatcherTiming, random: number): number => {
  const doubled = Math.min(timing.maxBackoffMs, timing.minBackoffMs * 2 ** Math.min(steps, 16))
  // The first refusal may be a role that is just being created; from the second on only a person can help.
  const base = isRefused(error) && steps > 0 ? Math.max(timing.refusedPauseMs, doubled) : doubled
  const pause = base * (0.5 + random / 2)
  const asked = error._tag === "KubeStatusError" ? error.retryAfterMs : undefined
  return Math.round(asked === undefined ? pause : Math.max(pause, asked + random * 1000))
}

/** A list or watch failed. Earlier failures are forgotten only after a long enough stretch of health. */
export const failed = (
  state: WatcherState,
  during: "list" | "watch",
  error: KubeError,
  timing: WatcherTiming,
  at: { readonly now: number; readonly random: number },
): Failure => {
  const wasHealthy = state.healthySince !== undefined && at.now - state.healthySince >= timing.healthyAfterMs
  const steps = wasHealthy ? 0 : state.backoffSteps
  const failures = state.failures + 1
  const refusals = during === "watch" && isServerError(error) ? state.refusals + 1 : state.refusals
  return {
    state: {
      resourceVersion: during === "watch" && !needsList(error, refusals) ? state.resourceVersion : undefined,
      paged: wasHealthy || state.paged,
      backoffSteps: steps + 1,
      healthySince: undefined,
      failures,
      refusals,
    },
    event: { _tag: "Failed", during, error, failures, retryInMs: pauseMs(error, steps, timing, at.random) },
  }
}
