/** Log sinks: how many, and what their lines may name (`log.*`). */
import type { Json, JsonObject } from "../../../domain/Json.js"
import { syslogFacilities } from "../../../domain/serverParameters/logContexts.js"
import { isObject, listOf } from "../../effective/configTree.js"
import { type Finding, type Findings, refused, type Rules, shown } from "./Finding.js"
import { nearestOf } from "./nearest.js"

/** Log sinks of a server. */
const maximumSinks = 8

const syslogKeys = new Set(["facility", "path", "tag"])

const unknownContext = ({ table, server }: Rules, context: string, path: string): Finding =>
  refused(
    "log.context",
    path,
    `logging: ${server} has no log context ${shown(context)} and would not start`,
    `use ${nearestOf(context, table.logContexts)?.name ?? "any"}, the nearest one, or any`,
  )

/** Contexts a sink names: in `context` as text, list or map, or as keys of the sink itself. */
const contextsOf = (sink: JsonObject, path: string): ReadonlyArray<readonly [string, string]> =>
  Object.entries(sink).flatMap(([key, value]): ReadonlyArray<readonly [string, string]> => {
    if (key === "name" || value === null || (sink["name"] === "syslog" && syslogKeys.has(key))) return []
    if (key !== "context") return [[key, `${path}.${key}`]]
    if (isObject(value)) return Object.keys(value).map((context) => [context, `${path}.context.${context}`])
    return listOf(value).flatMap((line): ReadonlyArray<readonly [string, string]> =>
      typeof line === "string" ? [[line.split(" ")[0] ?? "", `${path}.context`]] : [],
    )
  })

const sinkFindings = (rules: Rules, sink: Json, path: string): Findings => {
  if (!isObject(sink)) return []
  const facility = sink["name"] === "syslog" ? (sink["facility"] ?? undefined) : undefined
  return [
    ...contextsOf(sink, path)
      .filter(([context]) => !rules.table.logContexts.has(context.toLowerCase()))
      .map(([context, at]) => unknownContext(rules, context, at)),
    ...(facility === undefined || (typeof facility === "string" && syslogFacilities.has(facility))
      ? []
      : [
          refused(
            "log.facility",
            `${path}.facility`,
            `logging: there is no syslog facility ${shown(facility)}; the server would not start`,
            `use ${nearestOf(shown(facility), syslogFacilities)?.name ?? "daemon"}, the nearest one`,
          ),
        ]),
  ]
}

/** Findings about `logging`; its shape and levels are checked where it is rendered. */
export const loggingFindings = (rules: Rules, logging: Json | undefined, path: string): Findings => {
  const sinks = listOf(logging)
  return [
    ...(sinks.length > maximumSinks
      ? [refused("log.max", path, `${sinks.length} log sinks; the server allows ${maximumSinks}`, "remove some")]
      : []),
    ...sinks.flatMap((sink, index) => sinkFindings(rules, sink, `${path}[${index}]`)),
  ]
}
