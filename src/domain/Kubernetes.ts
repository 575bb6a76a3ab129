/**
 * What we know about Kubernetes objects: raw JSON as the API server speaks it, and small views of the kinds the operator reads.
 *
 * Raw objects keep every field (a serializer that drops unknown fields corrupts objects on a round trip). Views are what
 * deciding code sees: only fields that are read somewhere, decoded leniently, one bad object never hides another.
 */

/** One kind of the API: enough to build its URL and its `apiVersion`. */
export interface ResourceKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
}

const core = (kind: string, plural: string): ResourceKind => ({
  group: "",
  version: "v1",
  kind,
  plural,
  namespaced: true,
})

/** Every kind the operator or its embedded world touches. */
export const Kinds = {
  AerospikeCluster: {
    group: "acko.io",
    version: "v1alpha1",
    kind: "AerospikeCluster",
    plural: "aerospikeclusters",
    namespaced: true,
  },
  AerospikeClusterTemplate: {
    group: "acko.io",
    version: "v1alpha1",
    kind: "AerospikeClusterTemplate",
    plural: "aerospikeclustertemplates",
    namespaced: false,
  },
  Pod: core("Pod", "pods"),
  Service: core("Service", "services"),
  ConfigMap: core("ConfigMap", "configmaps"),
  PersistentVolumeClaim: core("PersistentVolumeClaim", "persistentvolumeclaims"),
  StatefulSet: { group: "apps", version: "v1", kind: "StatefulSet", plural: "statefulsets", namespaced: true },
  ControllerRevision: {
    group: "apps",
    version: "v1",
    kind: "ControllerRevision",
    plural: "controllerrevisions",
    namespaced: true,
  },
  PodDisruptionBudget: {
    group: "policy",
    version: "v1",
    kind: "PodDisruptionBudget",
    plural: "poddisruptionbudgets",
    namespaced: true,
  },
  StorageClass: {
    group: "storage.k8s.io",
    version: "v1",
    kind: "StorageClass",
    plural: "storageclasses",
    namespaced: false,
  },
  NetworkPolicy: {
    group: "networking.k8s.io",
    version: "v1",
    kind: "NetworkPolicy",
    plural: "networkpolicies",
    namespaced: true,
  },
  /** There only where Cilium is installed. */
  CiliumNetworkPolicy: {
    group: "cilium.io",
    version: "v2",
    kind: "CiliumNetworkPolicy",
    plural: "ciliumnetworkpolicies",
    namespaced: true,
  },
  Lease: { group: "coordination.k8s.io", version: "v1", kind: "Lease", plural: "leases", namespaced: true },
  Event: { group: "events.k8s.io", version: "v1", kind: "Event", plural: "events", namespaced: true },
  CoreEvent: core("Event", "events"),
  Namespace: { group: "", version: "v1", kind: "Namespace", plural: "namespaces", namespaced: false },
  Node: { group: "", version: "v1", kind: "Node", plural: "nodes", namespaced: false },
  CustomResourceDefinition: {
    group: "apiextensions.k8s.io",
    version: "v1",
    kind: "CustomResourceDefinition",
    plural: "customresourcedefinitions",
    namespaced: false,
  },
  MutatingWebhookConfiguration: {
    group: "admissionregistration.k8s.io",
    version: "v1",
    kind: "MutatingWebhookConfiguration",
    plural: "mutatingwebhookconfigurations",
    namespaced: false,
  },
  ValidatingWebhookConfiguration: {
    group: "admissionregistration.k8s.io",
    version: "v1",
    kind: "ValidatingWebhookConfiguration",
    plural: "validatingwebhookconfigurations",
    namespaced: false,
  },
} as const satisfies Record<string, ResourceKind>

/** `v1`, or `group/version`. */
export const apiVersionOf = (kind: ResourceKind): string =>
  kind.group === "" ? kind.version : `${kind.group}/${kind.version}`

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

export interface ObjectMeta {
  readonly name?: string
  readonly generateName?: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: ReadonlyArray<string>
  readonly ownerReferences?: ReadonlyArray<OwnerReference>
  readonly managedFields?: ReadonlyArray<unknown>
}

/** Any object of the API, as JSON. Fields beyond `metadata` are unknown until a view decodes them. */
export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly [field: string]: unknown
}

/** Names one object of a kind. `namespace` is absent for cluster-scoped kinds. */
export interface ObjectRef {
  readonly namespace?: string
  readonly name: string
}

/** Names one cluster: the key of the work queue. */
export interface ClusterKey {
  readonly namespace: string
  readonly name: string
}

/** `namespace/name`, for maps and logs. */
export const keyString = (key: ClusterKey): string => `${key.namespace}/${key.name}`

/** Identity and version of an object we read: what a destructive write must carry as preconditions (S1). */
export interface ObjectIdentity {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
}

export interface ConditionView {
  readonly type: string
  readonly status: "True" | "False" | "Unknown"
  readonly reason?: string
  readonly message?: string
  /** RFC 3339. */
  readonly lastTransitionTime?: string
}

export interface ContainerView {
  readonly name: string
  readonly image: string
  readonly ready: boolean
  readonly started: boolean
  readonly restartCount: number
  /** `CrashLoopBackOff`, `ImagePullBackOff`, … while the container waits. */
  readonly waitingReason?: string
  readonly waitingMessage?: string
  /** Epoch ms of the present run, when it runs. */
  readonly startedAt?: number
}

/** One pod, as far as deciding code reads it. */
export interface PodView extends ObjectIdentity {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** UID of the controlling owner (the StatefulSet), if any. */
  readonly controllerUid?: string
  /** Epoch ms. */
  readonly createdAt: number
  /** True once `metadata.deletionTimestamp` is set. Such a pod counts as unavailable (S2). */
  readonly isTerminating: boolean
  readonly phase: "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown"
  readonly podIP?: string
  readonly hostIP?: string
  /** The Kubernetes node the pod is bound to. */
  readonly host?: string
  readonly conditions: ReadonlyArray<ConditionView>
  readonly containers: ReadonlyArray<ContainerView>
  /** Images as the pod's spec asks for them, by container name. */
  readonly images: Readonly<Record<string, string>>
  /** Ports the server container declares, by name: what this pod listens on, whatever the spec has become since. */
  readonly ports: Readonly<Record<string, number>>
  readonly readinessGates: ReadonlyArray<string>
}

/** Status of a pod condition; absent counts as `Unknown`. */
export const conditionStatus = (pod: PodView, type: string): "True" | "False" | "Unknown" =>
  pod.conditions.find((c) => c.type === type)?.status ?? "Unknown"

/** Running and `Ready=True`, not terminating (behaviour.md §4.11; a terminating pod is leaving and never counts as ready). */
export const isPodReady = (pod: PodView): boolean =>
  pod.phase === "Running" && !pod.isTerminating && conditionStatus(pod, "Ready") === "True"

/** All containers ready: with a readiness gate this changes *before* `Ready` can (R20-3). */
export const areContainersReady = (pod: PodView): boolean =>
  pod.phase === "Running" && !pod.isTerminating && conditionStatus(pod, "ContainersReady") === "True"

/** The number after the last `-` of a pod name; undefined when there is none (a foreign pod, not ordinal 0). */
export const ordinalOf = (podName: string): number | undefined => {
  const digits = /-(\d+)$/.exec(podName)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** One StatefulSet: the view decides, `object` serves drift detection (we compare the fields we own). */
export interface StatefulSetView extends ObjectIdentity {
  readonly labels: Readonly<Record<string, string>>
  readonly controllerUid?: string
  readonly isTerminating: boolean
  readonly generation: number
  readonly replicas: number
  readonly templateAnnotations: Readonly<Record<string, string>>
  /** The StatefulSet controller has seen this generation; below `generation` it still acts on the old template. */
  readonly observedGeneration: number
  readonly currentReplicas: number
  readonly readyReplicas: number
  readonly object: KubeObject
}

/** One PersistentVolumeClaim. */
export interface ClaimView extends ObjectIdentity {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly isTerminating: boolean
  readonly phase: string
  readonly requestedStorage?: string
  readonly storageClassName?: string
}

/** One StorageClass. */
export interface StorageClassView extends ObjectIdentity {
  /** When its volumes are made: `Immediate` (the default), or `WaitForFirstConsumer`, once it is known where the pod runs. */
  readonly volumeBindingMode: string
}

/** An owned object of which we need no more than identity, owner and the raw fields for drift detection (Service, ConfigMap, PDB, policy). */
export interface OwnedView extends ObjectIdentity {
  readonly labels: Readonly<Record<string, string>>
  readonly controllerUid?: string
  readonly isTerminating: boolean
  readonly object: KubeObject
}
