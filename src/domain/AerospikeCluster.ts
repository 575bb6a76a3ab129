/** The spec of an AerospikeCluster as a schema: one source for decoding and for the CRD (api.md §2). */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { SpecProblem } from "./EffectiveCluster.js"
import { AerospikeConfig } from "./schema/aerospikeConfig.js"
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

/** `["racks", 0, "id"]` as `spec.racks[0].id`. */
const pathText = (path: ReadonlyArray<PropertyKey>): string =>
  path.reduce<string>((text, key) => (typeof key === "number" ? `${text}[${key}]` : `${text}.${String(key)}`), "spec")

/** Configuration trees keep their nulls: there they have a meaning. */
const rawFields = new Set(["aerospikeConfig", "customRules"])

/** An explicit null is an absent field, as the API server treats it. */
const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null && field !== undefined)
      .map(([key, field]) => [key, rawFields.has(key) ? (field as unknown) : withoutNulls(field)]),
  )
}

/** Rule ids of what the schema refuses itself. */
const ruleOf = (path: string): string | undefined => {
  if (path === "spec.size") return "V1"
  if (/^spec\.rackConfig\.racks\[\d+\]\.id$/.test(path)) return "V22"
  if (path === "spec.operations") return "V50"
  if (/^spec\.operations\[\d+\]\.id$/.test(path)) return "V51"
  return undefined
}

/** Decodes a spec. Unknown fields are tolerated, all errors are reported together, each with its field path. */
export const decodeSpec = (spec: unknown): Either.Either<ClusterSpec, ReadonlyArray<SpecProblem>> =>
  Schema.decodeUnknownEither(ClusterSpec)(withoutNulls(spec ?? {}), { errors: "all" }).pipe(
    Either.mapLeft((error) =>
      ParseResult.ArrayFormatter.formatErrorSync(error).map(({ path, message }) => {
        const field = pathText(path)
        const rule = ruleOf(field)
        return {
          path: field,
          ...(rule === undefined ? {} : { rule }),
          message,
          fix: `correct ${field}; \`kubectl explain aerospikecluster.${field.replace(/\[\d+\]/g, "")}\` tells what it takes`,
        }
      }),
    ),
  )
