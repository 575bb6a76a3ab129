/** Every label, annotation, finalizer and condition key, once (behaviour.md §0.2, api.md §8). Keys shared with ACKO keep their spelling. */

export const Label = {
  name: "app.kubernetes.io/name",
  instance: "app.kubernetes.io/instance",
  component: "app.kubernetes.io/component",
  managedBy: "app.kubernetes.io/managed-by",
  rack: "acko.io/rack",
  podService: "acko.io/pod-service",
  /** On claims: UID of the cluster that made them. PVCs have no owner reference; S1 needs one to compare. */
  clusterUid: "acko.io/cluster-uid",
} as const

export const Annotation = {
  /** ACKO's config hash of the rack's effective `aerospikeConfig`: 16 hex digits, byte-identical to ACKO's. */
  configHash: "acko.io/config-hash",
  /** ACKO's pod-spec hash. Kept for display; decisions use {@link Annotation.templateHash}. */
  podSpecHash: "acko.io/podspec-hash",
  /** Hash of the complete desired pod template and the rendered configuration without mesh seeds (W26, W30). */
  templateHash: "acko.io/template-hash",
  /** A short hash per part of template and configuration, as JSON: tells in words why a pod wants a restart. */
  templateParts: "acko.io/template-parts",
  /** The configuration tree that the pod's file was written from, as JSON: what a change without restart is compared with (W16). */
  config: "acko.io/config",
  /** Hash of the complete desired object, on every object we apply: what we asked for, whatever others made of it (R55). */
  appliedHash: "acko.io/applied-hash",
  resyncTemplate: "acko.io/resync-template",
  /** Any new value closes the circuit breaker and forces one attempt (W47). */
  forceReconcile: "acko.io/force-reconcile",
  /** `"true"`: the user accepts that restarting loses data or availability (size 1, replication factor 1, memory only; S3). */
  allowUnsafeRestart: "acko.io/allow-unsafe-restart",
} as const

export const finalizer = "acko.io/storage-finalizer"

/** On templates: a template that clusters refer to is kept until the last of them has gone. */
export const templateFinalizer = "acko.io/template-in-use"

/** Pod condition and readiness gate: the node is a member of its cluster. */
export const readinessGate = "acko.io/aerospike-ready"

/** Pod condition: what the server was told since it read its file. `True`: in force and read back, `False`: under way. */
export const dynamicConfig = "acko.io/dynamic-config"

export const appName = "aerospike-cluster"
export const managedBy = "aerospike-ce-kubernetes-operator"

/** Field managers, one per concern (server-side apply). */
export const FieldManager = {
  /** Owned objects: ConfigMap, Service, StatefulSet, PDB. */
  objects: "acko-operator",
  /** `status` of clusters. */
  status: "acko-operator-status",
  /** The readiness gate of pods. */
  gate: "acko-operator-gate",
  /** What servers were told without a restart, on their pods. */
  dynamicConfig: "acko-operator-dynamic-config",
  /** The finalizer of clusters. */
  finalizer: "acko-operator-finalizer",
  /** Annotations of clusters that we fulfil. */
  annotations: "acko-operator-annotations",
  /** Finalizer and `usedBy` of templates. */
  templates: "acko-operator-templates",
} as const

/** The two labels every selector uses: Services, StatefulSets of all racks, PDB, and our own list/watch calls. */
export const selectorLabels = (cluster: string): Record<string, string> => ({
  [Label.name]: appName,
  [Label.instance]: cluster,
})

/** Labels of every owned object. */
export const clusterLabels = (cluster: string): Record<string, string> => ({
  ...selectorLabels(cluster),
  [Label.component]: "database",
  [Label.managedBy]: managedBy,
})

/** Labels of pods and of the ConfigMap of one rack. */
export const rackLabels = (cluster: string, rack: number): Record<string, string> => ({
  ...clusterLabels(cluster),
  [Label.rack]: String(rack),
})

/** The label selector of all our watches. */
export const ownedSelector = `${Label.name}=${appName}`
