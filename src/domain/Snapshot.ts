/** Everything one pass may know, gathered once: deciding code sees nothing else (W58). `now` is part of it. */
import type { ClusterStatus } from "./ClusterStatus.js"
import type {
  ClaimView,
  ClusterKey,
  KubeObject,
  ObjectIdentity,
  OwnedView,
  PodView,
  StatefulSetView,
  StorageClassView,
} from "./Kubernetes.js"
import type { ClientView, ClusterFacts } from "./NodeFacts.js"

/** The custom resource: metadata we act on, spec and status as sent. */
export interface ClusterView extends ObjectIdentity {
  readonly generation: number
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly finalizers: ReadonlyArray<string>
  /** True once `metadata.deletionTimestamp` is set. */
  readonly isDeleting: boolean
  /** Undecoded: `decide/effective` reads it and answers with problems instead of exceptions. */
  readonly spec: unknown
  /** Decoded leniently: an unreadable field is absent. */
  readonly status: ClusterStatus
  readonly object: KubeObject
}

/** The cluster-scoped template, as far as deciding code reads it. */
export interface TemplateView extends ObjectIdentity {
  /** True once `metadata.deletionTimestamp` is set. */
  readonly isTerminating: boolean
  readonly finalizers: ReadonlyArray<string>
  /** `status.usedBy` as stored. */
  readonly usedBy: ReadonlyArray<string>
  /** Undecoded, as clusters copy it. */
  readonly spec: unknown
}

/** Our latest writes of one object, as long as they may have to be repeated: tells a rival from a repair (R104). */
export interface Repair {
  /** What we asked for (applied-hash). */
  readonly hash: string
  /** First difference that made us write, or "missing". */
  readonly field: string
  /** Writes of this very wish. */
  readonly count: number
  /** The latest of them (epoch ms). */
  readonly at: number
}

/**
 * What the operator process remembers about one cluster between passes. Losing it is always safe: it only saves work or paces retries.
 */
export interface PassMemory {
  /** Consecutive failed passes of `generation`; a new generation starts at 0 (W44). */
  readonly failures: number
  readonly generation: number
  /** No attempt before this time (epoch ms), whatever triggers: back-off is enforced in the pass (R20-5, W46). */
  readonly notBefore: number
  readonly lastError?: string
  /** Value of the force-reconcile annotation already honoured (W47). */
  readonly forcedBy?: string
  /** When the last status write went out (epoch ms): minor changes are coalesced. */
  readonly statusWrittenAt?: number
  /** Status writes in a row that failed, and when the next may try (epoch ms), whatever else wakes the cluster meanwhile (S9). */
  readonly statusRefused?: { readonly tries: number; readonly until: number }
  /** Since when facts have been asked for without the cluster being settled (epoch ms): paces the polling (W25). */
  readonly unsettledSince?: number
  /** A change without restart of this generation that nodes refused: their pods are restarted instead (G-02). */
  readonly refusedChange?: { readonly generation: number; readonly message: string; readonly isUndone: boolean }
  /** By object (`Kind/name`): difference that stayed right after our own apply; another controller wants it that way (R55). */
  readonly acceptedDifferences: Readonly<Record<string, string>>
  /** By object (`Kind/name`). */
  readonly repairs?: Readonly<Record<string, Repair>>
  /** Passes in a row that met a world newer than their snapshot, and when the next may try (epoch ms; R48). */
  readonly contention?: { readonly tries: number; readonly until: number }
}

export const emptyMemory: PassMemory = { failures: 0, generation: 0, notBefore: 0, acceptedDifferences: {} }

/** Settings of the operator that decisions read. */
export interface DecisionSettings {
  readonly operatorVersion: string
  /** Two safety reads are at least this far apart. Default 40 ms: a real server's statistics lie for 20–40 ms after a re-form (S3). */
  readonly safetyReadGapMs: number
  /** The later of the two safety reads must have ended at most this long ago. Default 2 s: a host may die at any time. */
  readonly safetyFreshMs: number
  /** A safety read older than this counts for nothing. Default 10 s (S3). */
  readonly safetyMaxAgeMs: number
  /** While something is waited for that only nodes can tell, they are asked this often in the first ten seconds. Default 40 ms. */
  readonly factsPaceMs: number
  /** Facts of a quiet cluster are refreshed this often. Default 60 s. */
  readonly factsRefreshMs: number
  /** Minor status changes wait up to this long for company. Default 2 s. */
  readonly statusCoalesceMs: number
  /** Fallback look at an incomplete cluster. Default 60 s (R20-4). */
  readonly fallbackRequeueMs: number
  /** Longest pause between two attempts for a cluster whose attempts fail. Default 256 s (behaviour.md Appendix B). */
  readonly maxRetryDelayMs: number
}

export const defaultSettings: DecisionSettings = {
  operatorVersion: "unknown",
  safetyReadGapMs: 40,
  safetyFreshMs: 2_000,
  safetyMaxAgeMs: 10_000,
  factsPaceMs: 40,
  factsRefreshMs: 60_000,
  statusCoalesceMs: 2_000,
  fallbackRequeueMs: 60_000,
  maxRetryDelayMs: 256_000,
}

export interface Snapshot {
  readonly key: ClusterKey
  /** Epoch ms on the operator's clock; the same clock stamps the facts. */
  readonly now: number
  readonly cluster: ClusterView
  /** The template that `spec.templateRef` names, if it is known. */
  readonly template?: TemplateView
  /** All pods with the cluster's selector labels, whatever their owner. */
  readonly pods: ReadonlyArray<PodView>
  readonly statefulSets: ReadonlyArray<StatefulSetView>
  readonly configMaps: ReadonlyArray<OwnedView>
  readonly services: ReadonlyArray<OwnedView>
  readonly pdbs: ReadonlyArray<OwnedView>
  readonly networkPolicies: ReadonlyArray<OwnedView>
  /** Undefined: the API server does not know the kind. */
  readonly ciliumPolicies: ReadonlyArray<OwnedView> | undefined
  readonly claims: ReadonlyArray<ClaimView>
  /** All StorageClasses; absent while they are not known, or must not be read. */
  readonly storageClasses?: ReadonlyArray<StorageClassView>
  readonly facts: ClusterFacts
  /** When the latest change of any pod of this cluster reached us (epoch ms): facts collected before it say nothing about it. */
  readonly podsChangedAt: number
  readonly clientView?: ClientView
  readonly memory: PassMemory
  readonly settings: DecisionSettings
}
