/** What to tell people and machines after a pass, and what to do next. */
import type { ClusterStatus, Phase } from "./ClusterStatus.js"
import type { FailureClass } from "./OperatorError.js"
import type { KubeObject, ResourceKind } from "./Kubernetes.js"
import type { Step } from "./Plan.js"
import type { PassMemory } from "./Snapshot.js"

/** How one step ended. */
export type StepResult = {
  readonly step: Step
} & (
  | {
      readonly _tag: "Done"
      /** The object as stored, where there is one. */
      readonly object?: KubeObject
      /** False when the server found nothing to change. */
      readonly changed: boolean
    }
  /** The world had moved on: decide again, not a failure (W45). */
  | { readonly _tag: "Stale"; readonly message: string }
  | {
      readonly _tag: "Failed"
      readonly failure: FailureClass
      readonly message: string
      readonly retryAfterMs?: number
    }
  /** Nodes did not take what the step asks for. `isUndone`: what they took before is taken back everywhere, seen by reading it. */
  | { readonly _tag: "Refused"; readonly message: string; readonly isUndone: boolean }
  /** Not tried, because a step before it did not succeed. */
  | { readonly _tag: "Skipped" }
)

export interface Results {
  readonly steps: ReadonlyArray<StepResult>
  /** Epoch ms when execution ended. */
  readonly finishedAt: number
}

/** A Kubernetes Event about the cluster; sent on transitions only (W77). */
export interface ClusterEvent {
  readonly type: "Normal" | "Warning"
  readonly reason: string
  readonly message: string
}

/** What a failed pass was about (label `reason` of `acko_reconcile_errors_total`). `Status`: the report itself could not be written. */
export const errorReasons = [
  "Service",
  "ConfigMap",
  "StatefulSet",
  "PDB",
  "NetworkPolicy",
  "Restart",
  "Status",
  "Operations",
  "Other",
] as const
export type ErrorReason = (typeof errorReasons)[number]

/** What a pass tells the metrics of its cluster. Absent means "not known", never a zero in disguise. */
export interface Measures {
  /** Everything that was tried succeeded, and what could be decided was decided; false also while a back-off holds. */
  readonly isSuccess: boolean
  /** What failed, each once. */
  readonly errors: ReadonlyArray<Exclude<ErrorReason, "Status">>
  readonly phase: Phase | undefined
  readonly readyPods: number
  /** Size of the cluster most nodes say they are in. */
  readonly serverSize?: number
  /** Partitions still to move, of all nodes that told. */
  readonly migratingPartitions?: number
  /** Failed passes are retried with growing pauses. */
  readonly isBackingOff: boolean
  /** Pods stopped to be started anew. */
  readonly restarts: number
  /** Pods whose node took another configuration without a restart, all of it read back. */
  readonly dynamicUpdates: number
  /** A scale-down began to wait for migrations. */
  readonly isDeferral: boolean
  /** Start of the pause (epoch ms), while paused. */
  readonly pausedSince?: number
  /** Length of the pause that is over now (ms). */
  readonly pausedMs?: number
}

export interface Report {
  /** The complete new status. */
  readonly status: ClusterStatus
  /** `now`: something people act on changed. `later`: write when `statusCoalesceMs` has passed. `none`: equal to what is stored. */
  readonly write: "now" | "later" | "none"
  readonly events: ReadonlyArray<ClusterEvent>
  readonly memory: PassMemory
  readonly measures: Measures
  /** Kinds whose changes must come before the cluster is as wanted: their silence is doubted (R24). */
  readonly awaits: ReadonlyArray<ResourceKind>
  /** Look again after this long (ms), event or not. */
  readonly requeueAfterMs?: number
  /** Decide again at once: a step met a world newer than the snapshot. */
  readonly again: boolean
}
