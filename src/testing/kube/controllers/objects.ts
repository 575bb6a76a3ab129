/**
 * The objects the embedded controllers work on, as the API speaks them: raw JSON with only the fields that are read here typed.
 * Everything is optional that the API may leave out; unknown fields are carried along.
 */
import type { KubeObject, ObjectMeta } from "../../../domain/Kubernetes.js"

export interface LabelRequirement {
  readonly key: string
  readonly operator: string
  readonly values?: ReadonlyArray<string>
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: ReadonlyArray<LabelRequirement>
}

export interface ContainerSpec {
  readonly name: string
  readonly image?: string
  readonly startupProbe?: unknown
  readonly readinessProbe?: unknown
  readonly livenessProbe?: unknown
  readonly lifecycle?: { readonly preStop?: unknown }
  readonly volumeMounts?: ReadonlyArray<{ readonly name: string; readonly mountPath: string }>
  readonly volumeDevices?: ReadonlyArray<{ readonly name: string; readonly devicePath: string }>
}

export interface PodVolume {
  readonly name: string
  readonly configMap?: { readonly name?: string; readonly optional?: boolean }
  readonly persistentVolumeClaim?: { readonly claimName: string }
  readonly emptyDir?: unknown
  readonly hostPath?: { readonly path: string }
}

export interface NodeSelectorTerm {
  readonly matchExpressions?: ReadonlyArray<LabelRequirement>
  readonly matchFields?: ReadonlyArray<LabelRequirement>
}

export interface PodAffinityTerm {
  readonly labelSelector?: LabelSelector
  readonly topologyKey: string
}

export interface Affinity {
  readonly nodeAffinity?: {
    readonly requiredDuringSchedulingIgnoredDuringExecution?: {
      readonly nodeSelectorTerms?: ReadonlyArray<NodeSelectorTerm>
    }
  }
  readonly podAntiAffinity?: {
    readonly requiredDuringSchedulingIgnoredDuringExecution?: ReadonlyArray<PodAffinityTerm>
  }
}

export interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
  readonly tolerationSeconds?: number
}

export interface PodSpec {
  readonly nodeName?: string
  readonly containers?: ReadonlyArray<ContainerSpec>
  readonly initContainers?: ReadonlyArray<ContainerSpec>
  readonly volumes?: ReadonlyArray<PodVolume>
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly affinity?: Affinity
  readonly tolerations?: ReadonlyArray<Toleration>
  readonly readinessGates?: ReadonlyArray<{ readonly conditionType: string }>
  readonly terminationGracePeriodSeconds?: number
  readonly restartPolicy?: string
  readonly [field: string]: unknown
}

export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  /** RFC 3339, whole seconds. */
  readonly lastTransitionTime?: string
  readonly lastHeartbeatTime?: string
}

export interface ContainerStatus {
  readonly name: string
  readonly ready: boolean
  readonly started?: boolean
  readonly restartCount: number
  readonly image: string
  readonly imageID: string
  readonly containerID?: string
  readonly state: ContainerState
  readonly lastState?: ContainerState
}

/** Exactly one of the three, as in the API. */
export type ContainerState =
  | { readonly waiting: { readonly reason: string; readonly message?: string } }
  | { readonly running: { readonly startedAt: string } }
  | {
      readonly terminated: {
        readonly exitCode: number
        readonly reason: string
        readonly message?: string
        readonly startedAt?: string
        readonly finishedAt?: string
      }
    }
  | Record<string, never>

export interface PodStatus {
  readonly phase?: string
  readonly podIP?: string
  readonly hostIP?: string
  readonly conditions?: ReadonlyArray<Condition>
  readonly containerStatuses?: ReadonlyArray<ContainerStatus>
  readonly initContainerStatuses?: ReadonlyArray<ContainerStatus>
}

export interface PodObject extends KubeObject {
  readonly spec?: PodSpec
  readonly status?: PodStatus
}

export interface ClaimObject extends KubeObject {
  readonly spec?: {
    readonly storageClassName?: string
    readonly volumeName?: string
    readonly accessModes?: ReadonlyArray<string>
    readonly volumeMode?: string
    readonly resources?: { readonly requests?: Readonly<Record<string, string>> }
    readonly [field: string]: unknown
  }
  readonly status?: { readonly phase?: string; readonly capacity?: Readonly<Record<string, string>> }
}

export interface PodTemplate {
  readonly metadata?: ObjectMeta
  readonly spec?: PodSpec
}

export interface StatefulSetStatus {
  readonly observedGeneration?: number
  readonly replicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly currentReplicas?: number
  readonly updatedReplicas?: number
  readonly currentRevision?: string
  readonly updateRevision?: string
  readonly collisionCount?: number
}

export interface StatefulSetObject extends KubeObject {
  readonly spec?: {
    readonly replicas?: number
    readonly serviceName?: string
    readonly selector?: LabelSelector
    readonly podManagementPolicy?: string
    readonly minReadySeconds?: number
    readonly revisionHistoryLimit?: number
    readonly ordinals?: { readonly start?: number }
    readonly updateStrategy?: {
      readonly type?: string
      readonly rollingUpdate?: { readonly partition?: number }
    }
    readonly template?: PodTemplate
    readonly volumeClaimTemplates?: ReadonlyArray<Partial<ClaimObject>>
    readonly persistentVolumeClaimRetentionPolicy?: { readonly whenDeleted?: string; readonly whenScaled?: string }
  }
  readonly status?: StatefulSetStatus
}

export interface RevisionObject extends KubeObject {
  readonly revision?: number
  readonly data?: unknown
}

export interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: string
}

/** A Kubernetes node: we call it a host. */
export interface HostObject extends KubeObject {
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: ReadonlyArray<Taint> }
  readonly status?: {
    readonly conditions?: ReadonlyArray<Condition>
    readonly addresses?: ReadonlyArray<{ readonly type: string; readonly address: string }>
  }
}

export interface BudgetObject extends KubeObject {
  readonly spec?: {
    readonly selector?: LabelSelector
    readonly maxUnavailable?: number | string
    readonly minAvailable?: number | string
  }
  readonly status?: Readonly<Record<string, unknown>>
}

/** Name of an object that came from the server (always set there). */
export const nameOf = (object: KubeObject): string => object.metadata.name ?? ""
/** Namespace of a namespaced object; empty for cluster-scoped kinds. */
export const namespaceOf = (object: KubeObject): string => object.metadata.namespace ?? ""
export const uidOf = (object: KubeObject): string => object.metadata.uid ?? ""
export const refOf = (object: KubeObject): { readonly namespace: string; readonly name: string } => ({
  namespace: namespaceOf(object),
  name: nameOf(object),
})
export const isTerminating = (object: KubeObject): boolean => object.metadata.deletionTimestamp !== undefined

/** UID of the managing controller, if any. */
export const controllerOf = (object: KubeObject): string | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid

export const conditionOf = (conditions: ReadonlyArray<Condition> | undefined, type: string): Condition | undefined =>
  conditions?.find((condition) => condition.type === type)

/** `Running` with `Ready=True`: what every controller of Kubernetes means by a ready pod. */
export const isRunningAndReady = (pod: PodObject): boolean =>
  pod.status?.phase === "Running" && conditionOf(pod.status.conditions, "Ready")?.status === "True"

/** RFC 3339 with whole seconds, as `metav1.Time` prints. `millis` is epoch time. */
export const timestamp = (millis: number): string => new Date(millis).toISOString().replace(/\.\d{3}Z$/, "Z")
