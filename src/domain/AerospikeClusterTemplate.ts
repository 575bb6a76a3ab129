/** The cluster-scoped template of `acko.io/v1alpha1`: defaults that clusters refer to by name (api.md §3). */
import { specDecoder } from "./schema/decode.js"
import { TemplateSpec } from "./schema/template.js"

export { TemplateSpec } from "./schema/template.js"
export { TemplateStatusSchema } from "./schema/status.js"

/** Rule ids of what the schema refuses itself (api.md §6.7). */
const rules: ReadonlyMap<string, string> = new Map([
  ["spec.scheduling.podAntiAffinityLevel", "TV1"],
  ["spec.scheduling.podManagementPolicy", "TV2"],
  ["spec.rackConfig.maxRacksPerNode", "TV3"],
  ["spec.aerospikeConfig.network.heartbeat.mode", "TV4"],
  ["spec.size", "TV5"],
  ["spec.monitoring.port", "TV6"],
])

/** The rule for a field of a template's spec, which begins with `spec`. */
export const templateRuleOf = (path: string): string | undefined => rules.get(path)

/** Decodes the spec of a template. Unknown fields are tolerated, all errors are reported together, each with its field path. */
export const decodeTemplateSpec = specDecoder(TemplateSpec, {
  resource: "aerospikeclustertemplate",
  ruleOf: templateRuleOf,
})
