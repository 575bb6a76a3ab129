/** The spec of an AerospikeCluster as a schema: one source for decoding and for the CRD (api.md §2). */
import * as Schema from "effect/Schema"
import { templateRuleOf } from "./AerospikeClusterTemplate.js"
import { AccessControl } from "./schema/accessControl.js"
import { AerospikeConfig } from "./schema/aerospikeConfig.js"
import { specDecoder } from "./schema/decode.js"
import {
  BandwidthConfig,
  Monitoring,
  NetworkPolicy,
  NetworkPolicyConfig,
  Operation,
  SeedsFinderServices,
  ServiceMetadata,
  TemplateRef,
  ValidationPolicy,
} from "./schema/features.js"
import { field, int32, IntOrString, keyedList, Names, text } from "./schema/fields.js"
import { PodSpec } from "./schema/pods.js"
import { RackConfig } from "./schema/racks.js"
import { CheckedStorage } from "./schema/storage.js"
import { TemplateSpec } from "./schema/template.js"

/** Largest cluster Community Edition allows. */
export const maximumSize = 8

export const ClusterSpec = Schema.Struct({
  size: field(int32(0, maximumSize), "Number of Aerospike nodes over all racks, 1 to 8; 0 or absent: the template's"),
  image: field(text(1024), "Server image, Community Edition 8 or later; empty or absent: the template's"),
  aerospikeConfig: field(AerospikeConfig, "Server configuration as a tree, rendered to aerospike.conf"),
  storage: field(CheckedStorage, "Volumes and how they are prepared and cleaned"),
  rackConfig: field(RackConfig, "Racks; without them there is one, with id 0"),
  aerospikeNetworkPolicy: field(NetworkPolicy, "Which addresses the servers tell their clients"),
  podSpec: field(PodSpec, "Settings of the pods"),
  aerospikeAccessControl: field(AccessControl, "Roles and users; no effect: Community Edition has no access control"),
  monitoring: field(Monitoring, "Prometheus exporter and the objects that find it"),
  networkPolicyConfig: field(NetworkPolicyConfig, "A network policy for the pods"),
  bandwidthConfig: field(BandwidthConfig, "Bandwidth limits of the pods, for network plugins that know them"),
  enableDynamicConfigUpdate: field(
    Schema.Boolean,
    "Apply changes of the configuration without a restart where the server can (default false)",
  ),
  rollingUpdateBatchSize: field(int32(1), "Pods restarted at a time per rack (default 1)"),
  disablePDB: field(Schema.Boolean, "Make no PodDisruptionBudget, delete an existing one (default false)"),
  maxUnavailable: field(IntOrString, "Pods that may be disrupted at a time, a number or percentage (default 1)"),
  paused: field(Schema.Boolean, "Touch nothing; deletion is still carried out (default false)"),
  seedsFinderServices: field(SeedsFinderServices, "A Service for finding seeds from outside; no effect"),
  k8sNodeBlockList: field(Names, "Kubernetes nodes that must not run pods"),
  operations: field(keyedList(Operation, "id", 1), "The on-demand operation, at most one"),
  validationPolicy: field(ValidationPolicy, "Checks to leave out"),
  headlessService: field(ServiceMetadata, "The headless Service of the cluster"),
  podService: field(ServiceMetadata, "One Service per pod; present, even empty: they are made"),
  enableRackIDOverride: field(Schema.Boolean, "Rack ids from pod annotations; no effect"),
  templateRef: field(TemplateRef, "The template that fills what the cluster leaves open"),
  overrides: field(
    TemplateSpec,
    "Changes of the template for this cluster; beaten by the fields of the cluster itself",
  ),
})
/** A decoded spec. Absent fields are absent; nothing is defaulted. */
export type ClusterSpec = typeof ClusterSpec.Type

/** The name of the template a spec refers to, read from a spec nobody has judged yet. */
export const templateNameOf = (spec: unknown): string | undefined => {
  const reference = typeof spec === "object" && spec !== null && "templateRef" in spec ? spec.templateRef : undefined
  const name = typeof reference === "object" && reference !== null && "name" in reference ? reference.name : undefined
  return typeof name === "string" && name !== "" ? name : undefined
}

/** Rule ids of what the schema refuses itself. */
const rulesByPath: ReadonlyArray<readonly [RegExp, string]> = [
  [/^spec\.size$/, "V1"],
  [/^spec\.aerospikeAccessControl\.users\[\d+\]\.secretName$/, "V15"],
  [/^spec\.rackConfig\.racks\[\d+\]\.id$/, "V22"],
  [/^spec\.monitoring\.port$/, "V28"],
  [/^spec\.operations$/, "V50"],
  [/^spec\.operations\[\d+\]\.id$/, "V51"],
]

const overrides = "spec.overrides."

/** `spec.overrides` is the spec of a template, and obeys the rules of one. */
const ruleOf = (path: string): string | undefined =>
  path.startsWith(overrides)
    ? templateRuleOf(`spec.${path.slice(overrides.length)}`)
    : rulesByPath.find(([pattern]) => pattern.test(path))?.[1]

const reasons = {
  V1: `Community Edition has at most ${maximumSize} nodes`,
  V15: "without the Secret the user would have no password",
  V22: "0 is reserved for clusters without racks",
  V50: "only one operation at a time is carried out",
  V51: "an id has 1–20 bytes",
}

/** Decodes a spec. Unknown fields are tolerated, all errors are reported together, each with its field path. */
export const decodeSpec = specDecoder(ClusterSpec, {
  resource: "aerospikecluster",
  ruleOf,
  reasons,
})
