/**
 * What to do: data, decided once, carried out by one shell. Tracks are independent of each other: a step that fails or waits ends its own
 * track and those that depend on it, nothing else (W23).
 */
import type { OperationKind, RestartReason } from "./ClusterStatus.js"
import type { NodeChange } from "./RunningConfiguration.js"
import type { EffectiveCluster } from "./EffectiveCluster.js"
import type { SpecProblem } from "./SpecProblem.js"
import type { KubeObject, ObjectIdentity, PodView, ResourceKind } from "./Kubernetes.js"

/** Why a healthy member may be stopped now: written into the event and the log (R137). */
export interface Evidence {
  readonly clusterKey: string
  readonly clusterSize: number
  /** Start of the first and second safety read (epoch ms). */
  readonly reads: readonly [number, number]
  /** Nothing may be stopped on this evidence after that time (epoch ms). */
  readonly validUntil: number
}

export type Step =
  /** Server-side apply of the complete desired object. */
  | {
      readonly _tag: "Apply"
      readonly kind: ResourceKind
      readonly object: KubeObject
      /** First difference that made us apply, or "missing". */
      readonly because: string
      /** Lowering replicas removes members: then the live version is a precondition and `evidence` is checked again. */
      readonly precondition?: ObjectIdentity
      readonly evidence?: Evidence
      /** Made by another operator and never applied by us: its fields become ours first (R112). */
      readonly takesOver?: ObjectIdentity
    }
  /** Deletes a pod so that its StatefulSet recreates it. `evidence` is absent only for a member that is itself the broken one (S2). */
  | {
      readonly _tag: "RestartPod"
      readonly pod: PodView
      /** The StatefulSet that owns it, which the cluster owns: verified again by quorum reads (S1). */
      readonly statefulSet: ObjectIdentity
      readonly reason: RestartReason
      /** First difference, for people. */
      readonly because: string
      readonly evidence?: Evidence
    }
  /** Deletes an object that is ours and no longer wanted (S1: identity verified by a quorum read). */
  | {
      readonly _tag: "Remove"
      readonly kind: ResourceKind
      readonly target: ObjectIdentity
      readonly because: string
      readonly evidence?: Evidence
    }
  /**
   * Changes values on running nodes: on all of them or on none (D-11). Every node says first what it has now, every new value is read back, and
   * what one node refuses is taken back on the others.
   */
  | {
      readonly _tag: "SetConfig"
      /** The Aerospike cluster whose nodes they must be. */
      readonly clusterName: string
      readonly nodes: ReadonlyArray<NodeChange>
    }
  /** Sets the readiness gate condition of a pod. */
  | {
      readonly _tag: "SetGate"
      readonly pod: PodView
      readonly status: "True" | "False"
      readonly reason: string
      readonly message: string
    }
  /**
   * Reads the template by a quorum read. When its content is what the cluster holds already, a request for a fresh copy is fulfilled and its
   * annotation goes; otherwise the copy is what the report writes.
   */
  | {
      readonly _tag: "CopyTemplate"
      readonly template: string
      /** Spec of the copy the cluster holds; undefined when it has none of this template. */
      readonly held?: unknown
    }
  | { readonly _tag: "AddFinalizer" }
  | { readonly _tag: "RemoveFinalizer" }

export type TrackName =
  | "template"
  | "finalizer"
  | "network"
  | "networkPolicy"
  | "budget"
  | "config"
  | "statefulSets"
  | "gates"
  | "dynamicConfig"
  | "rollout"
  | "scaleDown"
  | "claims"
  | "cleanup"

export interface Track {
  readonly name: TrackName
  /** Runs in order; the first failure ends the track, unless its steps are independent. */
  readonly steps: ReadonlyArray<Step>
  /** True: every step is tried, whatever became of the others (R97). The track succeeds if all did. Default: false. */
  readonly independent?: boolean
  /** Tracks that must have succeeded before this one starts. */
  readonly after: ReadonlyArray<TrackName>
}

/** Something the plan waits for: what people see as "waiting for …". */
export interface Wait {
  readonly kind:
    | "PodReady"
    | "PodGone"
    | "Membership"
    | "Migration"
    | "SafetyRead"
    | "NodeUnknown"
    | "ClusterSplit"
    | "StatefulSet"
    | "Client"
    | "NetworkPolicy"
    | "UnsafeRestart"
    | "Backoff"
    | "Conflict"
    | "Paused"
    | "Template"
  /** Pods concerned, if any. */
  readonly pods: ReadonlyArray<string>
  readonly message: string
}

/** A field of a StatefulSet that the API server lets nobody change (W72): the rest is applied without it. */
export interface ImmutableField {
  readonly statefulSet: string
  /** `spec.volumeClaimTemplates[0].spec.resources.requests.storage`. */
  readonly field: string
  /** The wanted pods need what cannot be changed, so the present pod template stays, too. */
  readonly keepsTemplate: boolean
}

/** Ask all nodes again. */
export interface FactsRequest {
  /** Not before this time (epoch ms). */
  readonly at: number
  readonly expectedSize: number
  readonly namespaces: ReadonlyArray<string>
  readonly targets: ReadonlyArray<{
    readonly podName: string
    readonly podUid: string
    readonly host: string
    readonly port: number
  }>
  readonly because: string
}

/** What the pass found the cluster to be doing; `project` turns it into phase and conditions. */
export interface Progress {
  /** Pods that still want a restart, in the order they will get it. */
  readonly pendingRestarts: ReadonlyArray<{
    readonly pod: string
    readonly reason: RestartReason
    readonly because: string
  }>
  /** Pods whose nodes run another configuration and are told the wanted one without a restart. */
  readonly pendingUpdates?: ReadonlyArray<string>
  /** Pods still missing, resp. still to be removed. */
  readonly toCreate: number
  readonly toRemove: number
  /** All expected members agree, nothing migrates, read twice. Undefined: unknown. */
  readonly isSettled: boolean | undefined
}

/** The on-demand operation that is to be carried out, as the pass finds it. */
export interface OperationRun {
  readonly id: string
  readonly kind: OperationKind
  /** As {@link OperationStatus.targets} has them, or shall have them. */
  readonly targets: Readonly<Record<string, string>>
  readonly completed: ReadonlyArray<string>
  /** `isFinal`: the run ends with it, since no other pod could follow. Otherwise the others are still restarted. */
  readonly failed: ReadonlyArray<{ readonly pod: string; readonly why: string; readonly isFinal: boolean }>
  /** Still to be restarted, in the order the user gave. */
  readonly pending: ReadonlyArray<string>
  /** Restarted, not ready yet. */
  readonly coming: ReadonlyArray<string>
  /** Pending pods that may be restarted now: the status already says that they are part of the run. */
  readonly released: ReadonlySet<string>
  /** Why no healthy pod of this cluster may be restarted, if that is so. */
  readonly denied?: string
}

export type Plan =
  /** The resource cannot be carried out: nothing is written but the report. */
  | { readonly _tag: "Refused"; readonly problems: ReadonlyArray<SpecProblem> }
  /** Not now: paused, backing off after failures, or taking over a template first. */
  | {
      readonly _tag: "Held"
      readonly wait: Wait
      readonly until?: number
      readonly facts?: FactsRequest
      /** What must be done before anything else can be decided. */
      readonly tracks?: ReadonlyArray<Track>
    }
  | {
      readonly _tag: "Proceed"
      /** Undefined while deleting a resource whose spec is unreadable. */
      readonly effective: EffectiveCluster | undefined
      readonly tracks: ReadonlyArray<Track>
      readonly waits: ReadonlyArray<Wait>
      /** Wishes that only a new StatefulSet can fulfil. */
      readonly immutable?: ReadonlyArray<ImmutableField>
      readonly facts?: FactsRequest
      /** Ask for a fresh client view. */
      readonly clientView: boolean
      readonly progress: Progress
      /** Absent when the spec asks for none, or for one that has ended. */
      readonly operation?: OperationRun
    }
