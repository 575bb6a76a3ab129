/**
 * The parameters of one server release. The same table decides what admission accepts, what can be set at run time and what the simulated
 * nodes of the tests and the sandbox refuse.
 */
import { namespaceParameters } from "./data/namespace.js"
import { networkParameters } from "./data/network.js"
import { otherParameters } from "./data/other.js"
import { serviceParameters } from "./data/service.js"
import { storageEngineParameters } from "./data/storageEngine.js"
import { logContextsOf } from "./logContexts.js"
import type { Parameter, ParameterEntry } from "./Parameter.js"
import { formatServerVersion, isWithin, newestOf81, type ServerVersion } from "./ServerVersion.js"

export interface ParameterTable {
  /** The release it describes. */
  readonly version: ServerVersion
  /** The entry for a name in a section; `variant` is the word after `storage-engine`. */
  readonly find: (context: string, name: string, variant?: string) => Parameter | undefined
  /** All entries of a section, in the server's order. */
  readonly of: (context: string, variant?: string) => ReadonlyArray<Parameter>
  /** Names whose value is a number of bytes, wherever they stand. */
  readonly byteSizes: ReadonlySet<string>
  /** Sections, in no particular order; `(top)` among them. */
  readonly contexts: ReadonlyArray<string>
  /** Log contexts, in lower case. */
  readonly logContexts: ReadonlySet<string>
}

const sections: Readonly<Record<string, ReadonlyArray<ParameterEntry>>> = {
  ...otherParameters,
  ...serviceParameters,
  ...networkParameters,
  ...namespaceParameters,
  ...storageEngineParameters,
}

/** Sections below `network` and `namespace` prefix their names in the answer of `get-config`; sets are shown by themselves. */
const shownAs = (context: string, name: string): string =>
  context === "namespace.set" ? name : (/^(?:network|namespace)\.(.*)$/.exec(context)?.[1]?.concat(".") ?? "") + name

/** Keys of `set-config`: `heartbeat.interval`, `geo2dsphere-within-max-cells`, but `defrag-sleep` without its section. */
const setAs = (context: string, name: string): string => {
  if (context.startsWith("network.")) return `${context.slice("network.".length)}.${name}`
  return context === "namespace.geo2dsphere-within" ? `geo2dsphere-within-${name}` : name
}

const isShown = (entry: ParameterEntry): boolean =>
  entry.hidden !== true &&
  entry.refused !== "obsolete" &&
  entry.refused !== "unknown" &&
  !entry.kind.startsWith("section")

const inPlace = (context: string, entry: ParameterEntry): Parameter => ({
  ...entry,
  context,
  ...(isShown(entry) ? { getConfig: shownAs(context, entry.name) } : {}),
  ...(entry.dynamic === true ? { setConfig: setAs(context, entry.name) } : {}),
})

const suits = (parameter: ParameterEntry, variant: string): boolean =>
  parameter.variant === undefined || parameter.variant === variant

const build = (version: ServerVersion): ParameterTable => {
  const lists = new Map<string, ReadonlyArray<Parameter>>()
  const byName = new Map<string, Map<string, ReadonlyArray<Parameter>>>()
  for (const [context, entries] of Object.entries(sections)) {
    const list = entries
      .filter(({ releases }) => releases === undefined || releases.some((range) => isWithin(version, range)))
      .map((entry) => inPlace(context, entry))
    const names = new Map<string, ReadonlyArray<Parameter>>()
    for (const parameter of list) names.set(parameter.name, [...(names.get(parameter.name) ?? []), parameter])
    lists.set(context, list)
    byName.set(context, names)
  }
  return {
    version,
    find: (context, name, variant = "") =>
      byName
        .get(context)
        ?.get(name)
        ?.find((parameter) => suits(parameter, variant)),
    of: (context, variant = "") => (lists.get(context) ?? []).filter((parameter) => suits(parameter, variant)),
    byteSizes: new Set([...lists.values()].flat().flatMap(({ kind, name }) => (kind === "size" ? [name] : []))),
    contexts: [...lists.keys()],
    logContexts: logContextsOf(version),
  }
}

const tables = new Map<string, ParameterTable>()

/** More than there are releases. */
const maximumTables = 64

/** The table of a release, built when it is first asked for. Default: the newest. */
export const parameterTable = (version: ServerVersion = newestOf81): ParameterTable => {
  const key = formatServerVersion(version)
  const found = tables.get(key)
  if (found !== undefined) return found
  if (tables.size >= maximumTables) tables.clear()
  const table = build(version)
  tables.set(key, table)
  return table
}

/** Context of a section inside another. Sinks `console` and `file` share one. */
export const childContext = (parent: string, name: string): string => {
  if (parent === "(top)") return name
  if (parent === "logging" && (name === "console" || name === "file")) return "logging.console|file"
  return `${parent}.${name}`
}
