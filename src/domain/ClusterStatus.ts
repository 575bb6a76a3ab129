/** `status` of an AerospikeCluster as we read and write it (api.md §4). Absent means "not known", never a zero in disguise. */

export const phases = [
  "InProgress",
  "Completed",
  "Error",
  "ScalingUp",
  "ScalingDown",
  "WaitingForMigration",
  "RollingRestart",
  "ACLSync",
  "Paused",
  "Deleting",
] as const
export type Phase = (typeof phases)[number]

export const restartReasons = [
  "ConfigChanged",
  "ImageChanged",
  "PodSpecChanged",
  "ManualRestart",
  "WarmRestart",
] as const
export type RestartReason = (typeof restartReasons)[number]

export type OperationKind = "WarmRestart" | "PodRestart"

/** The latest on-demand operation (api.md §4.5). */
export interface OperationStatus {
  readonly id: string
  readonly kind: OperationKind
  readonly phase: "InProgress" | "Completed" | "Error"
  readonly completedPods?: ReadonlyArray<string>
  readonly failedPods?: ReadonlyArray<string>
  /**
   * Pod name → UID it had when it became part of the operation; empty where there was no pod. A pod with another UID has been restarted since:
   * nothing else has to be remembered to restart each once (R15). An addition of ours; absent in a status of the former operator.
   */
  readonly targets?: Readonly<Record<string, string>>
  /** Why it failed, in words. An addition of ours. */
  readonly message?: string
}

export interface StatusCondition {
  readonly type: string
  readonly status: "True" | "False" | "Unknown"
  readonly reason: string
  /** At most 1 KiB (S5). */
  readonly message: string
  readonly observedGeneration: number
  /** RFC 3339; moves only when `status` changes. */
  readonly lastTransitionTime: string
}

/** The latest change without restart. `Failed`: refused, the pod is going to be restarted instead. */
export type DynamicConfigStatus = "Applied" | "Failed" | "Pending"

export interface PodStatus {
  readonly podIP?: string
  readonly hostIP?: string
  readonly image: string
  readonly podPort: number
  readonly servicePort: number
  readonly rack?: number
  readonly isRunningAndReady: boolean
  readonly configHash?: string
  readonly podSpecHash?: string
  readonly dynamicConfigStatus?: DynamicConfigStatus
  readonly nodeID?: string
  readonly clusterName?: string
  readonly accessEndpoints?: ReadonlyArray<string>
  readonly readinessGateSatisfied?: boolean
  readonly lastRestartReason?: RestartReason
  readonly lastRestartTime?: string
  readonly unstableSince?: string
  readonly migratingPartitions?: number
}

export interface MigrationStatus {
  readonly inProgress: boolean
  readonly remainingPartitions: number
  readonly lastChecked: string
}

/** What applications see (an addition of ours, design.md §2). */
export interface ClientViewStatus {
  readonly connected: boolean
  readonly nodes: number
  readonly unreachable?: ReadonlyArray<string>
  readonly message?: string
  readonly lastChecked: string
}

/** The template as it was when the cluster took it over: later edits of the template do not reach the cluster (api.md §7.2). */
export interface TemplateSnapshot {
  readonly name: string
  /** Of the template when it was copied. */
  readonly resourceVersion?: string
  /** RFC 3339. */
  readonly snapshotTimestamp?: string
  /** False once the template's content differs from the copy. */
  readonly synced: boolean
  /** The template's spec, before overrides. Undecoded: what we do not know survives the copy. */
  readonly spec?: unknown
}

export interface ClusterStatus {
  readonly phase?: Phase
  readonly phaseReason?: string
  /** Ready pods: the replicas of the scale subresource. */
  readonly size?: number
  /** `ready/desired`. */
  readonly health?: string
  readonly conditions?: ReadonlyArray<StatusCondition>
  readonly pods?: Readonly<Record<string, PodStatus>>
  readonly observedGeneration?: number
  readonly selector?: string
  readonly operationStatus?: OperationStatus
  readonly aerospikeClusterSize?: number
  readonly operatorVersion?: string
  readonly pendingRestartPods?: ReadonlyArray<string>
  readonly lastReconcileTime?: string
  readonly failedReconcileCount?: number
  /** At most 256 bytes, UTF-8 safe. */
  readonly lastReconcileError?: string
  readonly migrationStatus?: MigrationStatus
  readonly clientView?: ClientViewStatus
  readonly templateSnapshot?: TemplateSnapshot
  /** The cluster's configuration as it was last carried out, with what template and defaults add. Undecoded. */
  readonly aerospikeConfig?: unknown
  /** The spec that was last carried out, as it was stored. Undecoded. */
  readonly appliedSpec?: unknown
}
