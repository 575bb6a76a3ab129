/** The smaller parts of the cluster spec: network access, monitoring, access control, operations, Service metadata (api.md §2.5, §2.7–2.12). */
import * as Schema from "effect/Schema"
import { int32, kubernetes, kubernetesList, Metadata, Name, optional, StringMap } from "./fields.js"

export const NetworkType = Schema.Literal("pod", "hostInternal", "hostExternal", "configuredIP")
export type NetworkType = typeof NetworkType.Type
const networkType = NetworkType.annotations({ default: "pod" })

export const NetworkPolicy = Schema.Struct({
  accessType: optional(networkType),
  alternateAccessType: optional(networkType),
  fabricType: optional(networkType),
  customAccessNetworkNames: optional(Schema.Array(Schema.String)),
  customAlternateAccessNetworkNames: optional(Schema.Array(Schema.String)),
  customFabricNetworkNames: optional(Schema.Array(Schema.String)),
})
export type NetworkPolicy = typeof NetworkPolicy.Type

export const Monitoring = Schema.Struct({
  enabled: optional(Schema.Boolean),
  exporterImage: optional(Schema.String),
  port: optional(int32(1, 65_535)),
  resources: optional(kubernetes("ResourceRequirements")),
  env: optional(kubernetesList("EnvVar", ["name"])),
  metricLabels: optional(StringMap),
  serviceMonitor: optional(
    Schema.Struct({
      enabled: optional(Schema.Boolean),
      interval: optional(Schema.String),
      labels: optional(StringMap),
    }),
  ),
  prometheusRule: optional(
    Schema.Struct({
      enabled: optional(Schema.Boolean),
      labels: optional(StringMap),
      customRules: optional(
        Schema.Array(
          Schema.Unknown.annotations({ jsonSchema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } }),
        ),
      ),
    }),
  ),
})
export type Monitoring = typeof Monitoring.Type

const names = Schema.Array(Schema.String).pipe(Schema.minItems(1))

/** Accepted for compatibility; Community Edition has no access control. */
export const AccessControl = Schema.Struct({
  roles: optional(
    Schema.Array(Schema.Struct({ name: Name, privileges: names, whitelist: optional(Schema.Array(Schema.String)) })),
  ),
  users: optional(Schema.Array(Schema.Struct({ name: Name, secretName: Name, roles: names }))),
  adminPolicy: optional(Schema.Struct({ timeout: optional(int32(100, 30_000).annotations({ default: 2000 })) })),
})

export const OperationKind = Schema.Literal("WarmRestart", "PodRestart")

/** An on-demand operation; a new id starts a new run. */
export const Operation = Schema.Struct({
  kind: OperationKind,
  id: Schema.String.pipe(Schema.minLength(1), Schema.maxLength(20)),
  podList: optional(Schema.Array(Schema.String)),
})
export type Operation = typeof Operation.Type

export const NetworkPolicyConfig = Schema.Struct({
  enabled: optional(Schema.Boolean),
  type: optional(Schema.Literal("kubernetes", "cilium").annotations({ default: "kubernetes" })),
})

export const BandwidthConfig = Schema.Struct({ ingress: optional(Schema.String), egress: optional(Schema.String) })

const loadBalancerPort = int32(1, 65_535).annotations({ default: 3000 })

export const SeedsFinderServices = Schema.Struct({
  loadBalancer: optional(
    Schema.Struct({
      annotations: optional(StringMap),
      labels: optional(StringMap),
      externalTrafficPolicy: optional(Schema.Literal("Cluster", "Local")),
      port: optional(loadBalancerPort),
      targetPort: optional(loadBalancerPort),
      loadBalancerSourceRanges: optional(Schema.Array(Schema.String)),
    }),
  ),
})

export const ValidationPolicy = Schema.Struct({ skipWorkDirValidate: optional(Schema.Boolean) })

/** Metadata of a Service we make. */
export const ServiceMetadata = Schema.Struct({ metadata: optional(Metadata) })
export type ServiceMetadata = typeof ServiceMetadata.Type

export const TemplateRef = Schema.Struct({ name: Name })
