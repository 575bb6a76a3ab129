/**
 * `spec.aerospikeConfig`: free-form, but the few places where a wrong value endangers a cluster are named, so that the API server refuses
 * them without the webhook (V6–V13, V57–V59).
 */
import * as Schema from "effect/Schema"
import type { JsonObject } from "../Json.js"
import { type CelRule, published } from "./fields.js"

const described = (description: string) => ({ description })
const open = (description: string) => ({
  type: "object",
  "x-kubernetes-preserve-unknown-fields": true,
  description,
})

const configSchema: Schema.Schema<JsonObject> = Schema.declare(
  (input): input is JsonObject => typeof input === "object" && input !== null && !Array.isArray(input),
  { identifier: "AerospikeConfig", description: "an object" },
)

/** V10: in a namespace, with the type a value would have and what it is for. */
const enterpriseNamespaceKeys: ReadonlyArray<readonly [string, object, string]> = [
  ["compression", { type: "string" }, "data compression"],
  ["compression-level", { type: "integer" }, "data compression"],
  ["durable-delete", { type: "boolean" }, "durable deletes"],
  ["fast-restart", { type: "boolean" }, "fast restart"],
  ["index-type", { type: "object", "x-kubernetes-preserve-unknown-fields": true }, "an index on flash or pmem"],
  [
    "sindex-type",
    { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    "a secondary index on flash or pmem",
  ],
  ["rack-id", { type: "integer" }, "rack ids in namespaces (racks are in spec.rackConfig)"],
  ["strong-consistency", { type: "boolean" }, "strong consistency"],
  ["tomb-raider-eligible-age", { "x-kubernetes-int-or-string": true }, "the tomb raider"],
  ["tomb-raider-period", { "x-kubernetes-int-or-string": true }, "the tomb raider"],
]

/** V12. */
const enterpriseSecurityKeys = ["tls", "ldap", "log", "syslog"]

/** A property name as CEL writes it. */
const celName = (key: string): string => key.replaceAll("-", "__dash__")

/** Rules over one namespace. */
export const namespaceRules: ReadonlyArray<CelRule> = enterpriseNamespaceKeys.map(([key, , what]) => ({
  id: "V10",
  rule: `!has(self.${celName(key)})`,
  message: `namespaces[].${key} is Enterprise-only (${what}); remove it`,
}))

/** Rules over `security`. */
export const securityRules: ReadonlyArray<CelRule> = enterpriseSecurityKeys.map((key) => ({
  id: "V12",
  rule: `!has(self.${key})`,
  message: `aerospikeConfig.security.${key} is Enterprise-only; remove it`,
}))

/** Rules over the whole tree. */
export const configRules: ReadonlyArray<CelRule> = [
  {
    id: "V6",
    rule: "!has(self.xdr)",
    message: "aerospikeConfig.xdr is Enterprise-only: Community Edition has no XDR; remove it",
  },
  {
    id: "V7",
    rule: "!has(self.tls)",
    message: "aerospikeConfig.tls is Enterprise-only: Community Edition has no TLS; remove it",
  },
]

const namespace = {
  ...open("One namespace: any parameter of the server"),
  required: ["name"],
  properties: {
    name: { type: "string", minLength: 1, maxLength: 31, ...described("Name of the namespace") },
    "replication-factor": {
      type: "integer",
      minimum: 1,
      maximum: 4,
      ...described("Copies of each record: 1 to 4, at most spec.size (server default 2)"),
    },
    ...Object.fromEntries(
      enterpriseNamespaceKeys.map(([key, shape, what]) => [
        key,
        { ...shape, ...described(`Refused: Enterprise-only (${what})`) },
      ]),
    ),
  },
  "x-kubernetes-validations": namespaceRules.map(published),
}

/** Decodes any JSON object; what it means is judged by `decide/effective`. */
export const AerospikeConfig = configSchema.annotations({
  jsonSchema: {
    ...open("Server configuration as a tree, rendered to aerospike.conf"),
    properties: {
      service: open("Rendered as the service stanza"),
      network: {
        ...open("Rendered as the network stanza; mesh seeds are added"),
        properties: {
          service: open("Where clients connect: port (default 3000), addresses"),
          fabric: open("Traffic between nodes: port (default 3001)"),
          heartbeat: {
            ...open("How nodes find each other: port (default 3002), interval, timeout"),
            properties: {
              mode: { type: "string", enum: ["mesh"], ...described("mesh: pods cannot use multicast") },
            },
          },
        },
      },
      namespaces: {
        type: "array",
        maxItems: 2,
        items: namespace,
        ...described("Namespaces; Community Edition allows 2"),
      },
      security: {
        ...open("Accepted without effect: Community Edition has no access control"),
        properties: Object.fromEntries(enterpriseSecurityKeys.map((key) => [key, open("Refused: Enterprise-only")])),
        "x-kubernetes-validations": securityRules.map(published),
      },
      xdr: open("Refused: Enterprise-only"),
      tls: open("Refused: Enterprise-only"),
    },
    "x-kubernetes-validations": configRules.map(published),
  },
})

/** The same tree where the CRD says nothing about its inside (`racks[].aerospikeConfig`). */
export const ConfigTree = configSchema.annotations({
  jsonSchema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
})
