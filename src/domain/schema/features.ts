/** The smaller parts of the cluster spec: network access, monitoring, operations, Service metadata (api.md §2.5, §2.8–2.13). */
import * as Schema from "effect/Schema"
import { EnvVar, ResourceRequirements } from "./core/container.js"
import {
  type CelRule,
  described,
  field,
  int32,
  keyedList,
  Metadata,
  Name,
  Names,
  StringMap,
  text,
  withRules,
} from "./fields.js"

export const NetworkType = Schema.Literal("pod", "hostInternal", "hostExternal", "configuredIP")
export type NetworkType = typeof NetworkType.Type
const networkType = NetworkType.annotations({ default: "pod" })

export const NetworkPolicy = Schema.Struct({
  accessType: field(networkType, "Address that clients are told"),
  alternateAccessType: field(networkType, "Alternate address that clients are told"),
  fabricType: field(networkType, "Network of the fabric; no effect"),
  customAccessNetworkNames: field(Names, "Secondary networks for accessType configuredIP; no effect"),
  customAlternateAccessNetworkNames: field(Names, "The same for alternateAccessType; no effect"),
  customFabricNetworkNames: field(Names, "The same for fabricType; no effect"),
})
export type NetworkPolicy = typeof NetworkPolicy.Type

const metricLabels = Schema.Record({ key: Schema.String, value: text(256) }).annotations({
  jsonSchema: { maxProperties: 64 },
})

const whileEnabled = "!has(self.enabled) || !self.enabled || "

/** V31, V32. */
export const monitoringRules: ReadonlyArray<CelRule> = [
  {
    id: "V31",
    rule: `${whileEnabled}!has(self.metricLabels) || self.metricLabels.all(k, !k.contains('=') && !k.contains(','))`,
    message: "keys of monitoring.metricLabels cannot contain = or ,; remove these characters",
  },
  {
    id: "V32",
    rule: `${whileEnabled}!has(self.metricLabels) || self.metricLabels.all(k, !self.metricLabels[k].contains('=') && !self.metricLabels[k].contains(','))`,
    message: "values of monitoring.metricLabels cannot contain = or ,; remove these characters",
  },
]

/** V33–V35: complete rule groups. */
const customRule = Schema.Unknown.annotations({
  jsonSchema: {
    type: "object",
    "x-kubernetes-preserve-unknown-fields": true,
    required: ["name", "rules"],
    properties: {
      name: { type: "string", description: "Name of the group" },
      rules: {
        type: "array",
        items: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        description: "Rules as Prometheus takes them",
      },
    },
  },
})

const ServiceMonitor = Schema.Struct({
  enabled: field(Schema.Boolean, "Make a ServiceMonitor (default false)"),
  interval: field(Schema.String, "Scrape interval (default 30s)"),
  labels: field(StringMap, "Extra labels by which Prometheus finds it"),
})

const PrometheusRule = Schema.Struct({
  enabled: field(Schema.Boolean, "Make a PrometheusRule (default false)"),
  labels: field(StringMap, "Extra labels by which Prometheus finds it"),
  customRules: field(
    Schema.Array(described(customRule, "One group of rules")),
    "Rule groups that replace the built-in alerts",
  ),
})

export const Monitoring = withRules(
  Schema.Struct({
    enabled: field(Schema.Boolean, "Add the Prometheus exporter to each pod, and a Service for it (default false)"),
    exporterImage: field(text(1024), "Image of the exporter (default aerospike/aerospike-prometheus-exporter:1.16.1)"),
    port: field(int32(1, 65_535), "Port of the exporter, none of the server's (default 9145)"),
    resources: field(ResourceRequirements, "Resources of the exporter"),
    env: field(keyedList(EnvVar, "name", 128), "Extra environment of the exporter; overrides the operator's"),
    metricLabels: field(metricLabels, "Labels on all metrics; no = or , in keys and values"),
    serviceMonitor: field(ServiceMonitor, "A monitoring.coreos.com/v1 ServiceMonitor"),
    prometheusRule: field(PrometheusRule, "A monitoring.coreos.com/v1 PrometheusRule"),
  }),
  monitoringRules,
)
export type Monitoring = typeof Monitoring.Type

export const OperationKind = Schema.Literal("WarmRestart", "PodRestart")

/** An on-demand operation; a new id starts a new run. */
export const Operation = Schema.Struct({
  kind: described(OperationKind, "PodRestart: restart pods. WarmRestart does not exist on Community Edition"),
  id: described(
    Schema.String.pipe(Schema.minLength(1), Schema.maxLength(20)),
    "Identity of the run, 1 to 20 characters; a new id starts a new run",
  ),
  podList: field(Names, "Pods to act on, in this order; none: all"),
})
export type Operation = typeof Operation.Type

export const NetworkPolicyConfig = Schema.Struct({
  enabled: field(Schema.Boolean, "Make a network policy (default false)"),
  type: field(
    Schema.Literal("kubernetes", "cilium").annotations({ default: "kubernetes" }),
    "A NetworkPolicy of Kubernetes or of Cilium",
  ),
})

export const BandwidthConfig = Schema.Struct({
  ingress: field(Schema.String, "Pod annotation kubernetes.io/ingress-bandwidth, such as 100M"),
  egress: field(Schema.String, "Pod annotation kubernetes.io/egress-bandwidth, such as 100M"),
})

const loadBalancerPort = int32(1, 65_535).annotations({ default: 3000 })

const LoadBalancer = Schema.Struct({
  annotations: field(StringMap, "Annotations of the Service"),
  labels: field(StringMap, "Labels of the Service"),
  externalTrafficPolicy: field(Schema.Literal("Cluster", "Local"), "External traffic policy of the Service"),
  port: field(loadBalancerPort, "External port"),
  targetPort: field(loadBalancerPort, "Port of the container"),
  loadBalancerSourceRanges: field(Names, "CIDR ranges of clients that may connect"),
})

export const SeedsFinderServices = Schema.Struct({
  loadBalancer: field(LoadBalancer, "The LoadBalancer Service; no effect"),
})

export const ValidationPolicy = Schema.Struct({
  skipWorkDirValidate: field(Schema.Boolean, "Do not warn about a work directory without volume (default false)"),
})

/** Metadata of a Service we make. */
export const ServiceMetadata = Schema.Struct({
  metadata: field(Metadata, "Extra labels and annotations of the Service"),
})
export type ServiceMetadata = typeof ServiceMetadata.Type

export const TemplateRef = Schema.Struct({
  name: described(Name, "Name of a (cluster-scoped) AerospikeClusterTemplate"),
})
