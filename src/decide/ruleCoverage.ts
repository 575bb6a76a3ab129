/**
 * Which rule of the API the definitions enforce by themselves, without webhook: by their schema, by CEL, or not at all and why. Every rule is
 * enforced again by the webhook and by the operator.
 */
import { accessControlRules, privilegeRules } from "../domain/schema/accessControl.js"
import { configRules, namespaceRules, securityRules } from "../domain/schema/aerospikeConfig.js"
import { clusterRules, objectRules } from "../domain/schema/clusterRules.js"
import { monitoringRules } from "../domain/schema/features.js"
import type { CelRule } from "../domain/schema/fields.js"
import { rackRules } from "../domain/schema/racks.js"
import { mountRules, serverPathRules, sizeRules, sourceRules, storageRules } from "../domain/schema/storage.js"
import { templateStorageRules } from "../domain/schema/template.js"

/** Every CEL rule of both definitions, with the id of the rule it expresses. */
export const celRules: ReadonlyArray<CelRule> = [
  ...clusterRules,
  ...objectRules,
  ...configRules,
  ...namespaceRules,
  ...securityRules,
  ...accessControlRules,
  ...privilegeRules,
  ...rackRules,
  ...monitoringRules,
  ...storageRules,
  ...sourceRules,
  ...sizeRules,
  ...serverPathRules,
  ...mountRules("V43"),
  ...mountRules("V44"),
  ...mountRules("V45"),
  ...templateStorageRules,
]

export interface Coverage {
  readonly ids: ReadonlyArray<string>
  readonly by: "schema" | "CEL" | "webhook and operator"
  /** The keyword that does it, or why the definition cannot. */
  readonly how: string
}

const range = (prefix: string, from: number, to: number): ReadonlyArray<string> =>
  Array.from({ length: to - from + 1 }, (_, index) => `${prefix}${from + index}`)

/** Each id once. */
export const ruleCoverage: ReadonlyArray<Coverage> = [
  { ids: ["V1"], by: "schema", how: "maximum 8 of spec.size" },
  { ids: ["V8", "V9"], by: "schema", how: "namespaces is a list of at most 2" },
  { ids: ["V11", "V47", "V48"], by: "schema", how: "replication-factor is a whole number from 1 to 4" },
  { ids: ["V13"], by: "schema", how: "heartbeat.mode is mesh" },
  { ids: ["V14", "V17"], by: "schema", how: "users and roles are lists with unique names" },
  { ids: ["V15"], by: "schema", how: "secretName has at least one character" },
  { ids: ["V22", "V23"], by: "schema", how: "rack ids are at least 1 and unique" },
  { ids: ["V28"], by: "schema", how: "monitoring.port is 1 to 65535" },
  { ids: ["V33", "V34", "V35"], by: "schema", how: "customRules are objects with name and rules" },
  { ids: ["V36"], by: "schema", how: "volumes have unique names" },
  { ids: ["V39"], by: "schema", how: "persistentVolume.size has at least one character" },
  { ids: ["V50", "V52"], by: "schema", how: "operations has at most one entry, with a unique id" },
  { ids: ["V51"], by: "schema", how: "an id has 1 to 20 characters" },
  { ids: ["V57", "V58", "V59"], by: "schema", how: "service, network and its parts are objects" },
  { ids: ["TV1", "TV2", "TV4"], by: "schema", how: "enumerated values" },
  { ids: ["TV3", "TV5", "TV6"], by: "schema", how: "minimum and maximum" },
  { ids: [...new Set(celRules.map(({ id }) => id))], by: "CEL", how: "x-kubernetes-validations" },
  {
    ids: range("D", 1, 14),
    by: "webhook and operator",
    how: "a schema default knows neither the name of the object, nor other fields, nor whether a template will say it",
  },
  { ids: range("TD", 1, 3), by: "webhook and operator", how: "a schema default would also reach spec.overrides" },
  { ids: ["V29"], by: "webhook and operator", how: "the server's ports come from a free-form tree, template and rack" },
  { ids: ["V30"], by: "webhook and operator", how: "defaulting fills the image before it is judged" },
  { ids: range("W", 1, 19), by: "webhook and operator", how: "a definition can refuse but not warn" },
]
