/** What to watch and how patient to be. */

/** Which objects of a kind. One watcher covers one namespace or all of them. */
export interface WatchTarget {
  /** Absent: all namespaces (or a cluster-scoped kind). */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

/** Durations of a watcher, in milliseconds unless said otherwise. */
export interface WatcherTiming {
  /** The server is asked to end each watch after a random time between these (seconds): below 240 s on average, some load balancers cut there. */
  readonly serverTimeoutSeconds: readonly [min: number, max: number]
  /** The client ends a watch this long after the server should have. */
  readonly overtimeMs: number
  /** A watch without any line (bookmarks included, about one a minute) for this long is dead: {@link WatchIdleError} (R37, R38). */
  readonly idleMs: number
  /** First pause after a failure, doubling up to `maxBackoffMs`; each pause is 50–100 % of that, at random. */
  readonly minBackoffMs: number
  readonly maxBackoffMs: number
  /** Failures are forgotten after this long without one (a watch that delivers one event and dies is not healthy). */
  readonly healthyAfterMs: number
  /** Pause after 403 and 404: only a person can help, so ask slowly (R49, R50: recovered within 60 s). */
  readonly refusedPauseMs: number
  /** A watch the server ends cleanly resumes at once, unless it lived shorter than this. */
  readonly shortLivedMs: number
}

export const defaultTiming: WatcherTiming = {
  serverTimeoutSeconds: [200, 238],
  overtimeMs: 5_000,
  idleMs: 75_000,
  minBackoffMs: 800,
  maxBackoffMs: 30_000,
  healthyAfterMs: 120_000,
  refusedPauseMs: 30_000,
  shortLivedMs: 5_000,
}

/** Objects per page of a list: 8,000 pods need 216 instead of 307 MB that way. */
export const defaultPageSize = 500

export interface WatcherOptions extends WatchTarget {
  /** Default {@link defaultPageSize}. */
  readonly pageSize?: number
  /** Overrides of {@link defaultTiming}. */
  readonly timing?: Partial<WatcherTiming>
}
