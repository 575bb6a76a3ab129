/** Every name and value of a configuration tree against the server's table (X-01). */
import type { Json, JsonObject } from "../../../domain/Json.js"
import type { Parameter } from "../../../domain/serverParameters/Parameter.js"
import { isList, isObject, kindOf, listOf, namespaceEntries } from "../../effective/configTree.js"
import { isEnterpriseOnly } from "./enterprise.js"
import { advised, type Finding, type Findings, type Place, refused, type Rules } from "./Finding.js"
import { loggingFindings } from "./logging.js"
import { obsoleteName, unknownName } from "./names.js"
import { valueFault } from "./value.js"

/** Values that rules with ids of their own look after, and the seeds, which the operator writes itself. */
const lookedAfter: Readonly<Record<string, ReadonlyArray<string>>> = {
  service: ["cluster-name"],
  "network.service": ["port"],
  "network.admin": ["port"],
  "network.heartbeat": ["port", "mode", "mesh-seed-address-port"],
  "network.fabric": ["port"],
  namespace: ["name", "replication-factor"],
  "namespace.set": ["name"],
}

const faulty = (place: Place, parameter: Parameter, value: Json, path: string): Findings => {
  const fault = valueFault(parameter, value)
  return fault === undefined
    ? []
    : [refused("config.value", path, `${place.words}: ${parameter.name} ${fault.message}`, fault.fix)]
}

const deprecation = (place: Place, parameter: Parameter, value: Json, path: string): Findings => {
  const isOldValue = typeof value === "string" && parameter.deprecatedValues?.includes(value) === true
  return parameter.deprecated === true || isOldValue
    ? [
        advised(
          "config.deprecated",
          path,
          `${place.words}: ${parameter.name}${isOldValue ? ` ${value}` : ""} is deprecated by the server`,
          "remove it while it is optional",
        ),
      ]
    : []
}

const listFindings = (place: Place, parameter: Parameter, list: ReadonlyArray<Json>, path: string): Findings => {
  const { maxItems = Number.POSITIVE_INFINITY, name } = parameter
  return [
    ...(list.length > maxItems
      ? [refused("config.items", path, `${place.words}: ${list.length} values of ${name}`, `keep at most ${maxItems}`)]
      : []),
    ...(parameter.repeated !== true && list.length > 1
      ? [advised("config.items", path, `${place.words}: of several values of ${name} only the last counts`, "keep one")]
      : []),
    ...list.flatMap((item, index) => (item === null ? [] : faulty(place, parameter, item, `${path}[${index}]`))),
  ]
}

const valueFindings = (place: Place, parameter: Parameter, value: Json, path: string): Findings =>
  lookedAfter[place.context]?.includes(parameter.name) === true
    ? []
    : [
        ...(isList(value) ? listFindings(place, parameter, value, path) : faulty(place, parameter, value, path)),
        ...deprecation(place, parameter, value, path),
      ]

const notMap = (place: Place, name: string, value: Json, path: string): Finding =>
  refused(
    "config.section",
    path,
    `${place.words}: ${name} must be a map of parameters, it is ${kindOf(value)}`,
    `write ${name} as a map`,
  )

/** The word behind `storage-engine`: as written, else by what stands in it, as it is rendered. */
export const engineKind = (engine: Json | undefined): string | undefined => {
  if (!isObject(engine)) return typeof engine === "string" ? engine : undefined
  const { type } = engine
  if (typeof type === "string") return type
  return "file" in engine || "device" in engine ? "device" : "memory"
}

const engineFindings = (rules: Rules, place: Place, parameter: Parameter, value: Json, path: string): Findings => {
  if (!isObject(value)) return faulty(place, parameter, value, path)
  const { type = null, ...rest } = value
  const kind = engineKind(value) ?? ""
  // Enterprise-only engines are refused by the rule for those.
  if (kind === "pmem") return []
  const inside = {
    context: "namespace.storage-engine",
    variant: kind,
    path,
    words: `storage-engine of ${place.words}`,
  }
  const wrong = type === null ? [] : faulty(place, parameter, type, `${path}.type`)
  return wrong.length > 0 ? wrong : sectionFindings(rules, inside, rest)
}

/** Longest name of a set, in bytes. */
const longestSetName = 63

const setFindings = (rules: Rules, place: Place, value: Json, path: string): Findings =>
  listOf(value).flatMap((set, index) => {
    const at = `${path}[${index}]`
    const name = isObject(set) ? set["name"] : undefined
    if (!isObject(set) || typeof name !== "string")
      return [refused("set.name", at, `${place.words}: a set needs a name`, "write a list of maps, each with a name")]
    const inside = { context: "namespace.set", variant: "", path: at, words: `set ${name} of ${place.words}` }
    return [
      ...(/^[\x21-\x7e]+$/.test(name) && !/[:;=/{}#"]/.test(name) && name.length <= longestSetName
        ? []
        : [
            refused(
              "set.name",
              `${at}.name`,
              `${place.words}: a set needs a name of 1 to ${longestSetName} characters without : ; = /, not ${JSON.stringify(name.slice(0, 80))}`,
              "give the set a plain name",
            ),
          ]),
      ...sectionFindings(rules, inside, set),
    ]
  })

const entryFindings = (rules: Rules, place: Place, name: string, value: Json): Findings => {
  const path = `${place.path}.${name}`
  const isNamespace = place.context === "namespace"
  if (isNamespace && (name === "set" || name === "sets")) return setFindings(rules, place, value, path)
  if ((isNamespace || place.context === "namespace.set") && name === "name") return []
  if (isEnterpriseOnly(rules.table, place.context, name, place.variant)) return []
  const parameter = rules.table.find(place.context, name, place.variant)
  if (parameter === undefined || parameter.refused === "unknown") return [unknownName(rules, place, name)]
  if (parameter.refused === "obsolete") return [obsoleteName(rules, place, parameter)]
  if (parameter.kind === "sectionEnum") return engineFindings(rules, place, parameter, value, path)
  if (parameter.kind !== "section") return valueFindings(place, parameter, value, path)
  if (!isObject(value)) return [notMap(place, name, value, path)]
  return sectionFindings(rules, below(place, name), value)
}

const below = (place: Place, name: string): Place => ({
  context: `${place.context}.${name}`,
  variant: "",
  path: `${place.path}.${name}`,
  words: place.context.startsWith("namespace") ? `${name} of ${place.words}` : `${place.words}.${name}`,
})

/** An obsolete section of which nothing is read any more. */
const isIgnored = (rules: Rules, place: Place): boolean =>
  place.context === "network.info" && rules.table.of(place.context).length === 0

const sectionFindings = (rules: Rules, place: Place, tree: JsonObject): Findings =>
  isIgnored(rules, place)
    ? [advised("info.section", place.path, `${place.words} is obsolete: ${rules.server} ignores it`, "remove it")]
    : Object.entries(tree).flatMap(([name, value]) => (value === null ? [] : entryFindings(rules, place, name, value)))

/** Sections of the resource that are not sections of the file, or that rules of their own look after. */
const special = new Set(["namespaces", "logging", "security", "xdr", "tls"])

/** All names and values of the tree at `path`. Enterprise-only names are left to their own rule. */
export const entriesFindings = (rules: Rules, config: JsonObject, path: string): Findings => [
  ...Object.entries(config).flatMap(([name, value]): Findings => {
    if (special.has(name) || value === null) return []
    const top = { context: "(top)", variant: "", path, words: "aerospikeConfig" }
    const parameter = rules.table.find("(top)", name)
    if (parameter === undefined || name === "namespace") return [unknownName(rules, top, name)]
    return isObject(value)
      ? sectionFindings(rules, { context: name, variant: "", path: `${path}.${name}`, words: name }, value)
      : [notMap(top, name, value, `${path}.${name}`)]
  }),
  ...namespaceEntries(config).flatMap((namespace, index) =>
    isObject(namespace)
      ? sectionFindings(
          rules,
          {
            context: "namespace",
            variant: "",
            path: `${path}.namespaces[${index}]`,
            words: `namespace ${typeof namespace["name"] === "string" ? namespace["name"] : "<unknown>"}`,
          },
          namespace,
        )
      : [],
  ),
  ...loggingFindings(rules, config["logging"], `${path}.logging`),
]
