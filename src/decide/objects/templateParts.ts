/**
 * The pod template and the configuration cut into named parts with a short hash each: the difference of two tables is the reason for a
 * restart in words, also when the old template is long gone.
 */
import type { EffectiveCluster, EffectiveRack } from "../../domain/EffectiveCluster.js"
import type { Json, JsonObject } from "../../domain/Json.js"
import { Container } from "../../domain/Names.js"
import type { RawObject } from "../../domain/schema/fields.js"
import { withAccessAddresses } from "../configuration/accessAddresses.js"
import { stableHash } from "../configuration/hash.js"
import { isList, isObject, section } from "../effective/configTree.js"
import { normalised } from "../normalise.js"
import type { PodTemplate } from "./podTemplate.js"

/** More parts than this are too many for people: then whole sections are named instead of directives. */
const maximumParts = 200

export type TemplateParts = Readonly<Record<string, string>>

const short = (value: unknown): string => stableHash(value).slice(0, 8)

/** Name of a list entry: its own name, else its position. */
const entryName = (value: Json, index: number): string =>
  isObject(value) && typeof value["name"] === "string" ? value["name"] : String(index)

const configParts = (value: Json, path: string, depth: number): ReadonlyArray<readonly [string, unknown]> => {
  if (value === null) return []
  if (depth > 0 && isObject(value))
    return Object.keys(value).flatMap((key) => configParts(value[key] ?? null, `${path}.${key}`, depth - 1))
  if (depth > 0 && isList(value) && value.some(isObject))
    return value.flatMap((item, index) => configParts(item, `${path}.${entryName(item, index)}`, depth - 1))
  return [[path, value]]
}

/** Parts of the tree that are rendered: neither `security` nor given seeds. */
export const renderedTree = (cluster: EffectiveCluster, rack: EffectiveRack): JsonObject => {
  const { security: _security, ...tree } = withAccessAddresses(rack.config, cluster.spec.aerospikeNetworkPolicy)
  const network = section(tree, "network")
  if (!isObject(network["heartbeat"])) return tree
  const { "mesh-seed-address-port": _seeds, ...heartbeat } = network["heartbeat"]
  return { ...tree, network: { ...network, heartbeat } }
}

const containerParts = (container: unknown, prefix: string): ReadonlyArray<readonly [string, unknown]> => {
  if (typeof container !== "object" || container === null) return []
  const { name, ...fields } = container as RawObject
  return Object.entries(fields).map(([field, value]) =>
    name === Container.server && field === "image"
      ? (["image", value] as const)
      : ([`${prefix}.${String(name)}.${field}`, value] as const),
  )
}

/** The init container runs the server image: its change is the change of `image`. */
const isImplied = ([part]: readonly [string, unknown]): boolean => part === `initContainers.${Container.init}.image`

const templateEntries = (template: PodTemplate): ReadonlyArray<readonly [string, unknown]> => {
  const { containers, initContainers, ...fields } = template.spec
  const list = (value: unknown): ReadonlyArray<unknown> =>
    Array.isArray(value) ? (value as ReadonlyArray<unknown>) : []
  return [
    ...Object.entries(fields).map(([field, value]) => [`podSpec.${field}`, value] as const),
    ...list(containers).flatMap((container) => containerParts(container, "containers")),
    ...list(initContainers)
      .flatMap((container) => containerParts(container, "initContainers"))
      .filter((part) => !isImplied(part)),
    ["metadata.labels", template.metadata.labels],
    ["metadata.annotations", template.metadata.annotations],
  ]
}

/** Part name → hash, by name: in which order a resource was written means nothing. */
export const templateParts = (cluster: EffectiveCluster, rack: EffectiveRack, template: PodTemplate): TemplateParts => {
  const tree = renderedTree(cluster, rack)
  const fine = configParts(tree, "config", 6)
  const config = fine.length <= maximumParts ? fine : configParts(tree, "config", 1)
  return Object.fromEntries(
    [...templateEntries(template), ...config]
      .map(([part, value]) => [part, short(normalised(value))] as const)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
  )
}

/** Reads a table back; undefined for anything unreadable. */
export const readTemplateParts = (text: string | undefined): TemplateParts | undefined => {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined
    const entries = Object.entries(value)
    return entries.every((entry): entry is [string, string] => typeof entry[1] === "string")
      ? Object.fromEntries(entries)
      : undefined
  } catch {
    return undefined
  }
}
