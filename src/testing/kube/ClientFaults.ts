/** Faults on the way between one client and the in-memory API server: outages, and what can happen to open watches. */
import type { ResourceKind } from "../../domain/Kubernetes.js"

/** What happens to a watch: the connection breaks, the server ends it, an in-stream 410, or silence for ever. */
export type WatchFault = "Cut" | "End" | "Expire" | "Stall"

export interface OpenWatch {
  readonly kind: ResourceKind
  readonly strike: (fault: WatchFault) => void
}

export interface ClientFaults {
  /** Every request fails to connect, open watches break. */
  readonly setOutage: (isOut: boolean) => void
  readonly isOut: () => boolean
  /** New watches are refused (403, as a role without `watch` would be). Open ones stay. */
  readonly refuseWatches: (refuse: boolean, kind?: ResourceKind) => void
  readonly isWatchRefused: (kind: ResourceKind) => boolean
  /** Strikes the open watches of a kind (all kinds when absent). Answers with how many there were. */
  readonly strikeWatches: (fault: WatchFault, kind?: ResourceKind) => number
  /** Breaks the connections of open watches. */
  readonly cutWatches: (kind?: ResourceKind) => number
  /** How many watches are open. */
  readonly openWatches: (kind?: ResourceKind) => number
  /** For faces: registers a watch; returns its removal. */
  readonly register: (watch: OpenWatch) => () => void
}

const isOf = (kind: ResourceKind | undefined) => (other: ResourceKind) =>
  kind === undefined || (other.plural === kind.plural && other.group === kind.group)

/** No faults to begin with. */
export const makeClientFaults = (): ClientFaults => {
  const watches = new Set<OpenWatch>()
  const refused: Array<ResourceKind> = []
  let isOut = false
  let refusesAll = false
  const strikeWatches = (fault: WatchFault, kind?: ResourceKind): number => {
    const hit = [...watches].filter((watch) => isOf(kind)(watch.kind))
    for (const watch of hit) watch.strike(fault)
    return hit.length
  }
  return {
    setOutage: (out) => {
      isOut = out
      if (out) strikeWatches("Cut")
    },
    isOut: () => isOut,
    refuseWatches: (refuse, kind) => {
      if (kind === undefined) {
        refusesAll = refuse
        if (!refuse) refused.length = 0
      } else if (refuse) refused.push(kind)
      else refused.splice(0, refused.length, ...refused.filter((other) => !isOf(kind)(other)))
    },
    isWatchRefused: (kind) => refusesAll || refused.some(isOf(kind)),
    strikeWatches,
    cutWatches: (kind) => strikeWatches("Cut", kind),
    openWatches: (kind) => [...watches].filter((watch) => isOf(kind)(watch.kind)).length,
    register: (watch) => {
      watches.add(watch)
      return () => void watches.delete(watch)
    },
  }
}
