/**
 * When the silence of a watch is to be doubted. Somebody waits for news about a cluster and none comes: either nothing happened, or the watch
 * lost it. After one interval without news a list tells; while lists find nothing the interval doubles, any news starts it anew. Who waits
 * for nothing costs nothing.
 */
import { type ClusterKey, keyString } from "../domain/Kubernetes.js"

/** One cluster that waits. */
export interface Vigil {
  /** Since when (epoch ms). */
  readonly since: number
  /** When the latest list began that it has seen (epoch ms); never: minus infinity. */
  readonly checkedAt: number
  /** Lists in a row that were made for it and brought no news. */
  readonly checks: number
}

export interface VigilTiming {
  /** Silence that is doubted first (ms). */
  readonly intervalMs: number
  /** Silence that is doubted at the latest (ms). */
  readonly maxIntervalMs: number
}

/** When a vigil wants a list, given when the latest news came (epoch ms; 0: never). */
export const doubtAt = (vigil: Vigil, newsAt: number, { intervalMs, maxIntervalMs }: VigilTiming): number => {
  const isNews = newsAt > vigil.checkedAt
  const silentSince = Math.max(vigil.since, vigil.checkedAt, newsAt)
  return (
    silentSince + (isNews ? intervalMs : Math.min(Math.max(intervalMs, maxIntervalMs), intervalMs * 2 ** vigil.checks))
  )
}

/** The vigil after a list that began at `startedAt`. A list made for others serves it, too, but does not make it more patient. */
export const afterList = (vigil: Vigil, newsAt: number, startedAt: number, timing: VigilTiming): Vigil => {
  const isNews = newsAt > vigil.checkedAt
  const isOwn = doubtAt(vigil, newsAt, timing) <= startedAt
  return { ...vigil, checkedAt: startedAt, checks: (isNews ? 0 : vigil.checks) + (isOwn ? 1 : 0) }
}

/** The vigils of one kind. `newsAt` tells when the latest news about a cluster came (epoch ms). */
export const makeVigils = (timing: VigilTiming, newsAt: (key: ClusterKey) => number) => {
  const vigils = new Map<string, { readonly key: ClusterKey; readonly vigil: Vigil }>()
  return {
    /** Begins a vigil, or leaves the running one alone. Answers when it wants a list. */
    begin: (key: ClusterKey, now: number): number => {
      const known = vigils.get(keyString(key)) ?? { key, vigil: { since: now, checkedAt: -Infinity, checks: 0 } }
      vigils.set(keyString(key), known)
      return doubtAt(known.vigil, newsAt(key), timing)
    },
    end: (key: ClusterKey): void => {
      vigils.delete(keyString(key))
    },
    /** When the first of them wants a list; infinity: none ever. */
    dueAt: (): number => {
      let first = Infinity
      for (const { key, vigil } of vigils.values()) first = Math.min(first, doubtAt(vigil, newsAt(key), timing))
      return first
    },
    /** A list that began at `startedAt` has been seen by all. */
    listed: (startedAt: number): void => {
      for (const [id, { key, vigil }] of vigils)
        vigils.set(id, { key, vigil: afterList(vigil, newsAt(key), startedAt, timing) })
    },
  }
}
