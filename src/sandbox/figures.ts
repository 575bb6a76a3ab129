/** Figures from a {@link Timeline}: pure arithmetic over entries and intervals. Times in milliseconds. */
import { isWrite, type TimelineEntry } from "./Timeline.js"

export interface Interval {
  readonly from: number
  readonly to: number
}

const within = (entries: ReadonlyArray<TimelineEntry>, window: Interval): ReadonlyArray<TimelineEntry> =>
  entries.filter((entry) => entry.at >= window.from && entry.at <= window.to)

/** The value below which `share` of the samples lie (nearest rank); 0 without samples. */
export const percentile = (samples: ReadonlyArray<number>, share: number): number => {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? 0
}

/** Events tell people; they are not what a ready pod waits for. */
const isAction = (entry: TimelineEntry): boolean =>
  isWrite(entry) && entry._tag === "Request" && entry.request.resource !== "events"

/** For each pod that became Ready: time until the operator's next write (Events do not count). Pods nobody reacted to are left out. */
export const readinessSamples = (entries: ReadonlyArray<TimelineEntry>): ReadonlyArray<number> => {
  const samples: Array<number> = []
  const open: Array<number> = []
  for (const entry of entries) {
    if (entry._tag === "PodReady") open.push(entry.at)
    else if (isAction(entry)) {
      for (const at of open) samples.push(entry.at - at)
      open.length = 0
    }
  }
  return samples
}

/** Length of the union of intervals. */
export const covered = (intervals: ReadonlyArray<Interval>): number => {
  let total = 0
  let end = Number.NEGATIVE_INFINITY
  for (const { from, to } of [...intervals].sort((a, b) => a.from - b.from)) {
    if (to <= end) continue
    total += to - Math.max(from, end)
    end = to
  }
  return total
}

export interface Restart extends Interval {
  readonly pod: string
}

/** Each pod's own time: from the accepted delete to Ready. */
export const restarts = (entries: ReadonlyArray<TimelineEntry>, window: Interval): ReadonlyArray<Restart> => {
  const leaving = new Map<string, number>()
  const found: Array<Restart> = []
  for (const entry of within(entries, window)) {
    if (entry._tag === "PodTerminating" || (entry._tag === "PodGone" && !leaving.has(entry.pod)))
      leaving.set(entry.pod, entry.at)
    if (entry._tag !== "PodReady") continue
    const from = leaving.get(entry.pod)
    if (from === undefined) continue
    leaving.delete(entry.pod)
    found.push({ pod: entry.pod, from, to: entry.at })
  }
  return found
}

export interface RollingRestart {
  readonly pods: number
  readonly totalMs: number
  /** Time in which some pod was down or starting. */
  readonly podStartMs: number
  /** Time in which all pods were ready and the nodes still migrated. */
  readonly migrationMs: number
  /** The rest: what the operator added. */
  readonly overheadMs: number
}

/** A roll-out seen as its parts. `unsettled` are the intervals in which the servers themselves were joining or migrating. */
export const rollingRestart = (
  entries: ReadonlyArray<TimelineEntry>,
  unsettled: ReadonlyArray<Interval>,
  window: Interval,
): RollingRestart => {
  const clip = ({ from, to }: Interval): Interval => ({
    from: Math.max(from, window.from),
    to: Math.min(to, window.to),
  })
  const pods = restarts(entries, window)
  const podStartMs = covered(pods)
  const busy = covered([...pods, ...unsettled.map(clip).filter(({ from, to }) => to > from)])
  const totalMs = window.to - window.from
  return {
    pods: pods.length,
    totalMs,
    podStartMs,
    migrationMs: busy - podStartMs,
    overheadMs: totalMs - busy,
  }
}

/** Most members that were not Ready at the same time, within a window in which `size` of them should be. */
export const maxUnavailable = (entries: ReadonlyArray<TimelineEntry>, window: Interval): number => {
  const ready = new Set<string>()
  const down = new Set<string>()
  let most = 0
  let inside = false
  for (const entry of entries) {
    if (entry.at > window.to) break
    // The window starts with a complete cluster: members removed before it are nobody's outage.
    if (!inside && entry.at >= window.from) {
      inside = true
      down.clear()
    }
    if (entry._tag === "PodReady") {
      ready.add(entry.pod)
      down.delete(entry.pod)
    } else if (entry._tag === "PodNotReady" || entry._tag === "PodTerminating" || entry._tag === "PodGone") {
      if (ready.delete(entry.pod)) down.add(entry.pod)
    }
    if (inside) most = Math.max(most, down.size)
  }
  return most
}

/** How often each was counted, all together. */
export const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

export interface ApiTraffic {
  /** Watch connections opened, by resource. */
  readonly watches: Readonly<Record<string, number>>
  /** By resource, too: one that is not installed is asked for by the clock, others by what happens. */
  readonly lists: Readonly<Record<string, number>>
  readonly gets: number
  readonly writes: number
}

export const apiTraffic = (entries: ReadonlyArray<TimelineEntry>, window: Interval): ApiTraffic => {
  const watches: Record<string, number> = {}
  const lists: Record<string, number> = {}
  let gets = 0
  let writes = 0
  for (const entry of within(entries, window)) {
    if (entry._tag !== "Request") continue
    const { verb, resource } = entry.request
    if (verb === "watch") watches[resource] = (watches[resource] ?? 0) + 1
    else if (verb === "list") lists[resource] = (lists[resource] ?? 0) + 1
    else if (verb === "get") gets++
    else if (isWrite(entry)) writes++
  }
  return { watches, lists, gets, writes }
}
