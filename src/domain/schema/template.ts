/** Spec of an AerospikeClusterTemplate, and of `spec.overrides` of a cluster (api.md §3). */
import * as Schema from "effect/Schema"
import { ConfigTree } from "./aerospikeConfig.js"
import { Monitoring, NetworkPolicy } from "./features.js"
import { int32, kubernetes, kubernetesList, optional } from "./fields.js"

export const TemplateSpec = Schema.Struct({
  description: optional(Schema.String.pipe(Schema.maxLength(500))),
  image: optional(Schema.String),
  size: optional(int32(1, 8)),
  aerospikeConfig: optional(
    Schema.Struct({
      namespaceDefaults: optional(ConfigTree),
      service: optional(ConfigTree),
      network: optional(
        Schema.Struct({
          heartbeat: optional(
            Schema.Struct({
              mode: optional(Schema.String),
              interval: optional(Schema.Int),
              timeout: optional(Schema.Int),
            }),
          ),
        }),
      ),
    }),
  ),
  scheduling: optional(
    Schema.Struct({
      podAntiAffinityLevel: optional(Schema.Literal("none", "preferred", "required")),
      nodeAffinity: optional(kubernetes("NodeAffinity")),
      tolerations: optional(kubernetesList("Toleration")),
      topologySpreadConstraints: optional(kubernetesList("TopologySpreadConstraint")),
      podManagementPolicy: optional(Schema.Literal("", "OrderedReady", "Parallel")),
    }),
  ),
  storage: optional(
    Schema.Struct({
      storageClassName: optional(Schema.String),
      volumeMode: optional(Schema.String),
      accessModes: optional(Schema.Array(Schema.String)),
      resources: optional(kubernetes("VolumeResourceRequirements")),
      localPVRequired: optional(Schema.Boolean),
    }),
  ),
  resources: optional(kubernetes("ResourceRequirements")),
  rackConfig: optional(Schema.Struct({ maxRacksPerNode: optional(int32(0)) })),
  monitoring: optional(Monitoring),
  aerospikeNetworkPolicy: optional(NetworkPolicy),
})
export type TemplateSpec = typeof TemplateSpec.Type
