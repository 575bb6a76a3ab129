/**
 * `spec.aerospikeConfig`: free-form, but the few places where a wrong value endangers a cluster are named, so that the API server refuses
 * them without the webhook (V6–V9, V11, V13, V57–V59).
 */
import * as Schema from "effect/Schema"
import type { JsonObject } from "../EffectiveCluster.js"

const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true }

const configSchema: Schema.Schema<JsonObject> = Schema.declare(
  (input): input is JsonObject => typeof input === "object" && input !== null && !Array.isArray(input),
  { identifier: "AerospikeConfig", description: "Server configuration as a tree" },
)

/** Decodes any JSON object; what it means is judged by `decide/effective`. */
export const AerospikeConfig = configSchema.annotations({
  jsonSchema: {
    ...open,
    description: "Server configuration as a tree, rendered to aerospike.conf",
    properties: {
      service: open,
      network: {
        ...open,
        properties: {
          service: open,
          fabric: open,
          heartbeat: { ...open, properties: { mode: { type: "string", enum: ["mesh"] } } },
        },
      },
      namespaces: {
        type: "array",
        maxItems: 2,
        items: {
          ...open,
          required: ["name"],
          properties: {
            name: { type: "string", minLength: 1, maxLength: 31 },
            "replication-factor": { type: "integer", minimum: 1, maximum: 4 },
          },
        },
      },
      xdr: open,
      tls: open,
    },
    "x-kubernetes-validations": [
      { rule: "!has(self.xdr)", message: "xdr is not available on Community Edition" },
      { rule: "!has(self.tls)", message: "tls is not available on Community Edition" },
    ],
  },
})

/** The same tree where the CRD says nothing about its inside (`racks[].aerospikeConfig`). */
export const ConfigTree = configSchema.annotations({ jsonSchema: open })
