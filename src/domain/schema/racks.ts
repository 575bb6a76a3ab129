/** `spec.rackConfig` (api.md §2.4). */
import * as Schema from "effect/Schema"
import { ConfigTree } from "./aerospikeConfig.js"
import { described, int32, IntOrString, keyedList, optional, withRules } from "./fields.js"
import { RackPodSpec } from "./pods.js"
import { Storage } from "./storage.js"

const label = Schema.String.pipe(Schema.maxLength(253))

export const Rack = Schema.Struct({
  id: int32(1, 1_000_000),
  zone: optional(label),
  region: optional(label),
  nodeName: optional(label),
  rackLabel: optional(Schema.String.pipe(Schema.maxLength(63))),
  revision: optional(Schema.String),
  aerospikeConfig: optional(ConfigTree),
  storage: optional(Storage),
  podSpec: optional(RackPodSpec),
})
export type Rack = typeof Rack.Type

/** Racks beyond this are refused: 8 nodes fill at most 8, the rest leaves room for moving them. */
export const maximumRacks = 32

export const RackConfig = withRules(
  Schema.Struct({
    racks: keyedList(Rack, "id", maximumRacks).pipe(Schema.minItems(1)),
    namespaces: optional(Schema.Array(Schema.String).pipe(Schema.maxItems(2))),
    scaleDownBatchSize: optional(described(IntOrString, "Pods removed at a time; default 1")),
    maxIgnorablePods: optional(IntOrString),
    rollingUpdateBatchSize: optional(IntOrString),
  }),
  [
    {
      rule: "self.racks.all(r, !has(r.rackLabel) || r.rackLabel == '' || self.racks.exists_one(o, has(o.rackLabel) && o.rackLabel == r.rackLabel))",
      message: "racks[].rackLabel must be unique",
    },
  ],
)
export type RackConfig = typeof RackConfig.Type
