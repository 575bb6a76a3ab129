/** How long to wait after failures. Pure: randomness comes in as an argument. */

export interface BackoffOptions {
  /** Pause after the first failure, at most (ms). */
  readonly baseMs: number
  /** Each further failure multiplies the pause by this. */
  readonly factor: number
  /** No pause is longer (ms). */
  readonly maxMs: number
}

/** 1 s, doubling, never more than 5 minutes (R142). */
export const defaultBackoff: BackoffOptions = { baseMs: 1_000, factor: 2, maxMs: 300_000 }

/**
 * Pause after `failures` in a row (1 = the first), in ms: half to all of the exponential value, so that those who failed together do not come
 * back together and none exceeds the cap. `random` in [0, 1).
 */
export const backoffMs = (options: BackoffOptions, failures: number, random: number): number => {
  const full = Math.min(options.maxMs, options.baseMs * options.factor ** Math.max(0, failures - 1))
  return Math.round(full * (0.5 + random / 2))
}
