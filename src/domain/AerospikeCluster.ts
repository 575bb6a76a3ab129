/** The spec of an AerospikeCluster as a schema: one source for decoding and for the CRD (api.md §2). */
import * as Schema from "effect/Schema"
import { AerospikeConfig } from "./schema/aerospikeConfig.js"
import { specDecoder } from "./schema/decode.js"
import {
  AccessControl,
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
import { int32, IntOrString, optional } from "./schema/fields.js"
import { PodSpec } from "./schema/pods.js"
import { RackConfig } from "./schema/racks.js"
import { Storage } from "./schema/storage.js"
import { TemplateSpec } from "./schema/template.js"

/** Largest cluster Community Edition allows. */
export const maximumSize = 8

export const ClusterSpec = Schema.Struct({
  size: optional(int32(0, maximumSize)),
  image: optional(Schema.String.pipe(Schema.maxLength(1024))),
  aerospikeConfig: optional(AerospikeConfig),
  storage: optional(Storage),
  rackConfig: optional(RackConfig),
  aerospikeNetworkPolicy: optional(NetworkPolicy),
  podSpec: optional(PodSpec),
  aerospikeAccessControl: optional(AccessControl),
  monitoring: optional(Monitoring),
  networkPolicyConfig: optional(NetworkPolicyConfig),
  bandwidthConfig: optional(BandwidthConfig),
  enableDynamicConfigUpdate: optional(Schema.Boolean),
  rollingUpdateBatchSize: optional(int32(1)),
  disablePDB: optional(Schema.Boolean),
  maxUnavailable: optional(IntOrString),
  paused: optional(Schema.Boolean),
  seedsFinderServices: optional(SeedsFinderServices),
  k8sNodeBlockList: optional(Schema.Array(Schema.String)),
  operations: optional(Schema.Array(Operation).pipe(Schema.maxItems(1))),
  validationPolicy: optional(ValidationPolicy),
  headlessService: optional(ServiceMetadata),
  podService: optional(ServiceMetadata),
  enableRackIDOverride: optional(Schema.Boolean),
  templateRef: optional(TemplateRef),
  overrides: optional(TemplateSpec),
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
  ruleOf: (path) => rulesByPath.find(([pattern]) => pattern.test(path))?.[1],
  reasons,
})
