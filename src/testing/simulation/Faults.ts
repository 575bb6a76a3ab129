/**
 * What may go wrong in a simulated run. A seed first draws *which* classes of faults exist in it, then the faults themselves: runs with few
 * kinds of trouble reach deeper than runs with all of them at once.
 */

export const faultClasses = [
  "crash",
  "amnesia",
  "lostReply",
  "lostRequest",
  "serverError",
  "latency",
  "watchCut",
  "watchEnd",
  "watchStall",
  "watchExpire",
  "watchRefused",
  "droppedEvent",
  "repeatedEvent",
  "staleCache",
  "outage",
  "hungNode",
] as const

/** What may happen to the leader of two instances: frozen, cut off from the API server alone, a wall clock that jumps, or a crash. */
export const leaderFaults = [
  { id: "R58", name: "freeze" },
  { id: "R59", name: "cut-off" },
  { id: "R60", name: "clock-jump" },
  { id: "R63", name: "crash" },
] as const

export type LeaderFault = (typeof leaderFaults)[number]["name"]

export type FaultClass = (typeof faultClasses)[number]

/** Probabilities and lengths of one run. */
export interface FaultPlan {
  readonly classes: ReadonlySet<FaultClass>
  /** Writes after which the operator crashes, counted over the run. */
  readonly crashAfter: ReadonlySet<number>
  /** Longest time until a crashed operator is back (ms). */
  readonly maxDowntimeMs: number
  /** Share of requests hit, per class that hits requests. */
  readonly share: number
  /** How far the operator's watch caches lag (ms). */
  readonly lagMs: number
  /** Plural of a kind → how far its cache lags instead (ms). */
  readonly lagOf?: Readonly<Record<string, number>>
  /** Time between two faults of the classes that come and go (ms). */
  readonly pauseMs: number
  /** Watches once refused stay refused after all other faults ended: a role without `watch`. Default false. */
  readonly refusesForGood?: boolean
}

/** One fault at one place, for plans that go through all places one after the other. Counted from the change under test. */
export type Strike =
  /** The operator dies with these writes: committed, but never answered. */
  | { readonly _tag: "CrashAfter"; readonly writes: ReadonlyArray<number> }
  /** The operator is told to end while its n-th write is on its way (SIGTERM), and started again. */
  | { readonly _tag: "StopAfter"; readonly write: number }
  /** The answer to its n-th write is lost; it lives on. */
  | { readonly _tag: "LoseReply"; readonly write: number }
  /** The n-th event of a kind never arrives. */
  | { readonly _tag: "DropEvent"; readonly plural: string; readonly event: number }
  /** With the n-th write the operator's watch caches stand still for so long (ms): what it caused is seen late, by a successor, too. */
  | { readonly _tag: "StaleAfter"; readonly write: number; readonly ms: number; readonly crashes: boolean }

/** Draws a plan. `next` gives uniform numbers in [0, 1). */
export const drawPlan = (next: () => number, only?: ReadonlyArray<FaultClass>): FaultPlan => {
  const wanted = 1 + Math.floor(next() * 4)
  const pool = [...(only ?? faultClasses)]
  const classes = new Set<FaultClass>()
  while (classes.size < wanted && pool.length > 0) {
    const [drawn] = pool.splice(Math.floor(next() * pool.length), 1)
    if (drawn !== undefined) classes.add(drawn)
  }
  const crashAfter = new Set<number>()
  if (classes.has("crash")) for (let n = 0; n < 3; n++) crashAfter.add(1 + Math.floor(next() * 40))
  return {
    classes,
    crashAfter,
    maxDowntimeMs: next() < 0.5 ? 2_000 : 60_000,
    share: [0.02, 0.1, 0.4][Math.floor(next() * 3)] ?? 0.1,
    lagMs: classes.has("staleCache") ? ([200, 2_000, 20_000][Math.floor(next() * 3)] ?? 0) : 0,
    pauseMs: 2_000 + Math.floor(next() * 20_000),
  }
}
