/** `spec.podSpec` and the per-rack overrides (api.md §2.4, §2.6). */
import * as Schema from "effect/Schema"
import { Container, LocalObjectReference, ResourceRequirements } from "./core/container.js"
import { Affinity, Toleration, TopologySpreadConstraint } from "./core/scheduling.js"
import { PodSecurityContext, SecurityContext } from "./core/security.js"
import { field, Int64, keyedList, Metadata, StringMap } from "./fields.js"

export const AerospikeContainer = Schema.Struct({
  resources: field(ResourceRequirements, "Resources of the server container"),
  securityContext: field(SecurityContext, "Security context of the server container"),
})

export const PodManagementPolicy = Schema.Literal("OrderedReady", "Parallel")

export const PodSpec = Schema.Struct({
  aerospikeContainer: field(AerospikeContainer, "Settings of the server container"),
  sidecars: field(keyedList(Container, "name", 32), "Extra containers, after the server and the exporter"),
  initContainers: field(keyedList(Container, "name", 32), "Extra init containers, after aerospike-init"),
  imagePullSecrets: field(Schema.Array(LocalObjectReference), "Secrets for pulling images"),
  nodeSelector: field(StringMap, "Labels of the Kubernetes nodes that may run the pods"),
  tolerations: field(Schema.Array(Toleration), "Taints the pods tolerate"),
  affinity: field(Affinity, "Affinity; what racks ask for is added to its node affinity"),
  securityContext: field(PodSecurityContext, "Security context of the pods"),
  serviceAccountName: field(Schema.String, "Service account of the pods"),
  dnsPolicy: field(Schema.String, "DNS policy; with hostNetwork the default is ClusterFirstWithHostNet"),
  hostNetwork: field(Schema.Boolean, "Use the network of the Kubernetes node (default false)"),
  multiPodPerHost: field(
    Schema.Boolean,
    "False: never two pods of the cluster on one Kubernetes node; the default with hostNetwork",
  ),
  terminationGracePeriodSeconds: field(Int64, "Seconds a pod may take to end (default 60)"),
  topologySpreadConstraints: field(Schema.Array(TopologySpreadConstraint), "How pods spread over zones and nodes"),
  podManagementPolicy: field(
    PodManagementPolicy,
    "How the StatefulSets create pods (default Parallel); fixed at creation",
  ),
  metadata: field(Metadata, "Extra labels and annotations of the pods"),
  readinessGateEnabled: field(
    Schema.Boolean,
    "Adds the readiness gate acko.io/aerospike-ready: a pod is ready once its node is in the cluster (default false)",
  ),
})
export type PodSpec = typeof PodSpec.Type

/** What one rack may replace of the pod settings. */
export const RackPodSpec = Schema.Struct({
  affinity: field(Affinity, "Replaces all affinity of this rack's pods, that of zone and nodeName included"),
  tolerations: field(Schema.Array(Toleration), "Replaces the tolerations when not empty"),
  nodeSelector: field(StringMap, "Replaces the node selector when not empty"),
})
export type RackPodSpec = typeof RackPodSpec.Type
