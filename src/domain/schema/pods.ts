/** `spec.podSpec` and the per-rack overrides (api.md §2.4, §2.6). */
import * as Schema from "effect/Schema"
import { Int64, kubernetes, kubernetesList, Metadata, optional, StringMap } from "./fields.js"

export const AerospikeContainer = Schema.Struct({
  resources: optional(kubernetes("ResourceRequirements")),
  securityContext: optional(kubernetes("SecurityContext")),
})

export const PodManagementPolicy = Schema.Literal("OrderedReady", "Parallel")

export const PodSpec = Schema.Struct({
  aerospikeContainer: optional(AerospikeContainer),
  sidecars: optional(kubernetesList("Container", ["name"])),
  initContainers: optional(kubernetesList("Container", ["name"])),
  imagePullSecrets: optional(kubernetesList("LocalObjectReference")),
  nodeSelector: optional(StringMap),
  tolerations: optional(kubernetesList("Toleration")),
  affinity: optional(kubernetes("Affinity")),
  securityContext: optional(kubernetes("PodSecurityContext")),
  serviceAccountName: optional(Schema.String),
  dnsPolicy: optional(Schema.String),
  hostNetwork: optional(Schema.Boolean),
  multiPodPerHost: optional(Schema.Boolean),
  terminationGracePeriodSeconds: optional(Int64),
  topologySpreadConstraints: optional(kubernetesList("TopologySpreadConstraint")),
  podManagementPolicy: optional(PodManagementPolicy),
  metadata: optional(Metadata),
  readinessGateEnabled: optional(Schema.Boolean),
})
export type PodSpec = typeof PodSpec.Type

/** What one rack may replace of the pod settings. */
export const RackPodSpec = Schema.Struct({
  affinity: optional(kubernetes("Affinity")),
  tolerations: optional(kubernetesList("Toleration")),
  nodeSelector: optional(StringMap),
})
export type RackPodSpec = typeof RackPodSpec.Type
