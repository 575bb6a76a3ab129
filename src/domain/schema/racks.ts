/** `spec.rackConfig` (api.md §2.4). */
import * as Schema from "effect/Schema"
import { ConfigTree } from "./aerospikeConfig.js"
import { type CelRule, described, field, int32, IntOrString, keyedList, text, withRules } from "./fields.js"
import { RackPodSpec } from "./pods.js"
import { CheckedStorage } from "./storage.js"

const label = text(253)

export const Rack = Schema.Struct({
  id: described(int32(1, 1_000_000), "Rack id, unique; 0 is the id of a cluster without racks"),
  zone: field(label, "Only on Kubernetes nodes of this zone"),
  region: field(label, "Only on Kubernetes nodes of this region"),
  nodeName: field(label, "Only on this Kubernetes node"),
  rackLabel: field(text(63), "Only on Kubernetes nodes with this value of the label acko.io/rack; unique"),
  revision: field(Schema.String, "Version tag for rack migration; no effect"),
  aerospikeConfig: field(ConfigTree, "Merged over spec.aerospikeConfig: maps deeply, lists and values replaced"),
  storage: field(CheckedStorage, "Replaces spec.storage for this rack"),
  podSpec: field(RackPodSpec, "Replaces parts of spec.podSpec for this rack"),
})
export type Rack = typeof Rack.Type

/** Racks beyond this are refused: 8 nodes fill at most 8, the rest leaves room for moving them. */
export const maximumRacks = 32

const amountRule = (id: string, name: string, minimum: 0 | 1): CelRule => ({
  id,
  rule: `!has(self.${name}) || (type(self.${name}) == int ? self.${name} >= ${minimum} : self.${name}.matches('^0*([${minimum}-9]|[1-9][0-9]|100)%$'))`,
  message: `${name} must be a number of at least ${minimum}, or a percentage from "${minimum}%" to "100%"`,
})

/** V24–V27, V56. */
export const rackRules: ReadonlyArray<CelRule> = [
  {
    id: "V24",
    rule: "self.racks.all(r, !has(r.rackLabel) || r.rackLabel == '' || self.racks.exists_one(o, has(o.rackLabel) && o.rackLabel == r.rackLabel))",
    message: "racks[].rackLabel must be unique; give every rack its own label",
  },
  amountRule("V25", "scaleDownBatchSize", 1),
  amountRule("V26", "maxIgnorablePods", 0),
  amountRule("V27", "rollingUpdateBatchSize", 1),
  {
    id: "V56",
    rule: "self.racks.all(r, oldSelf.racks.exists(o, o.id == r.id)) || oldSelf.racks.all(o, self.racks.exists(r, r.id == o.id))",
    message: "racks cannot be added and removed at once; add the new rack ids first, remove the old ones afterwards",
  },
]

const batch = IntOrString

export const RackConfig = withRules(
  Schema.Struct({
    racks: described(keyedList(Rack, "id", maximumRacks).pipe(Schema.minItems(1)), "The racks: one StatefulSet each"),
    namespaces: field(Schema.Array(Schema.String).pipe(Schema.maxItems(2)), "Rack-aware namespaces; no effect"),
    scaleDownBatchSize: field(batch, "Pods removed at a time per rack, a number or percentage (default 1)"),
    maxIgnorablePods: field(
      batch,
      "Broken pods per rack that do not hold up a rolling restart, a number or percentage (default 0)",
    ),
    rollingUpdateBatchSize: field(
      batch,
      "Pods restarted at a time per rack, a number or percentage (default spec.rollingUpdateBatchSize)",
    ),
  }),
  rackRules,
)
export type RackConfig = typeof RackConfig.Type
