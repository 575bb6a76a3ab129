/** Spec of an AerospikeClusterTemplate, and of `spec.overrides` of a cluster (api.md §3). */
import * as Schema from "effect/Schema"
import { ConfigTree } from "./aerospikeConfig.js"
import { ResourceRequirements } from "./core/container.js"
import { NodeAffinity, Toleration, TopologySpreadConstraint } from "./core/scheduling.js"
import { VolumeResourceRequirements } from "./core/volumes.js"
import { Monitoring, NetworkPolicy } from "./features.js"
import { type CelRule, field, int32, Names, text, withRules } from "./fields.js"

const Heartbeat = Schema.Struct({
  mode: field(Schema.Literal("", "mesh"), "mesh: pods cannot use multicast"),
  interval: field(Schema.Int, "Milliseconds between heartbeats; 0 is unset"),
  timeout: field(Schema.Int, "Intervals without a heartbeat before a node counts as gone; 0 is unset"),
})

const Config = Schema.Struct({
  namespaceDefaults: field(ConfigTree, "Below every entry of the cluster's aerospikeConfig.namespaces"),
  service: field(ConfigTree, "Below the cluster's service stanza"),
  network: field(
    Schema.Struct({ heartbeat: field(Heartbeat, "Heartbeat between the nodes") }),
    "Network settings of the server",
  ),
})

const Scheduling = Schema.Struct({
  podAntiAffinityLevel: field(
    Schema.Literal("none", "preferred", "required"),
    "How strictly pods of one cluster are kept on separate Kubernetes nodes (default preferred)",
  ),
  nodeAffinity: field(NodeAffinity, "Node affinity"),
  tolerations: field(Schema.Array(Toleration), "Taints the pods tolerate"),
  topologySpreadConstraints: field(Schema.Array(TopologySpreadConstraint), "How pods spread over zones and nodes"),
  podManagementPolicy: field(Schema.Literal("", "OrderedReady", "Parallel"), "How the StatefulSets create pods"),
})

/** TV7. */
export const templateStorageRules: ReadonlyArray<CelRule> = [
  {
    id: "TV7",
    rule: "!has(self.resources) || !has(self.resources.requests) || !('storage' in self.resources.requests) || (type(self.resources.requests['storage']) == int ? self.resources.requests['storage'] > 0 : !self.resources.requests['storage'].matches('^-|^[+]?[0.]+([a-zA-Z].*)?$'))",
    message: "storage.resources.requests.storage must be more than zero, such as 10Gi",
  },
]

const TemplateStorage = withRules(
  Schema.Struct({
    storageClassName: field(Schema.String, "StorageClass of the data claims"),
    volumeMode: field(Schema.String, "Filesystem or Block (default Filesystem)"),
    accessModes: field(Names, "Access modes of the claims (default ReadWriteOnce)"),
    resources: field(VolumeResourceRequirements, "requests.storage is the size of the claims (default 1Gi)"),
    localPVRequired: field(
      Schema.Boolean,
      "The class must bind when a pod is scheduled, as local volumes do; checked, not enforced (default false)",
    ),
  }),
  templateStorageRules,
)

export const TemplateSpec = Schema.Struct({
  description: field(text(500), "What the template is for"),
  image: field(text(1024), "Server image"),
  size: field(int32(1, 8), "Number of Aerospike nodes, 1 to 8"),
  aerospikeConfig: field(Config, "Defaults of the server configuration"),
  scheduling: field(Scheduling, "Defaults of scheduling"),
  storage: field(TemplateStorage, "The data volume of clusters without volumes of their own"),
  resources: field(ResourceRequirements, "Resources of the server container"),
  rackConfig: field(
    Schema.Struct({ maxRacksPerNode: field(int32(0), "Racks per Kubernetes node; 1 asks for warnings (default 0)") }),
    "What racks should be like; checked, not enforced",
  ),
  monitoring: field(Monitoring, "Monitoring, used as a whole"),
  aerospikeNetworkPolicy: field(NetworkPolicy, "Client access, used as a whole"),
})
export type TemplateSpec = typeof TemplateSpec.Type
