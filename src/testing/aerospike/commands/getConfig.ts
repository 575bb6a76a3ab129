/** `get-config`: the recorded answer in its order, with what the file and `set-config` say. */
import type { Parameter } from "../../../domain/serverParameters/Parameter.js"
import { type ParameterTable, parameterTable } from "../../../domain/serverParameters/ParameterTable.js"
import { type ConfigSection, entriesOf, lastEntry, sectionOf } from "../configuration/ConfigTree.js"
import type { NamespaceConfiguration } from "../configuration/NodeConfiguration.js"
import { recordedNamespaceConfig, recordedNetworkConfig, recordedServiceConfig } from "../data/recorded.js"
import type { Server } from "../model/Server.js"
import { fill, type Handler, namespaceNotFound, namespaceParameter } from "./Command.js"

type Values = Map<string, string>

/** The recorded answer as another release gives it: without the names it does not know, and with those that only it knows at the end. */
const asOfRelease = (server: Server, recorded: string, values: Values, contexts: ReadonlyArray<string>): string => {
  const { table } = server
  const newest = parameterTable()
  if (table === newest) return fill(recorded, values)
  const shown = (of: ParameterTable): ReadonlyArray<string> =>
    contexts.flatMap((context) => of.of(context).flatMap(({ getConfig: name }) => name ?? []))
  const [known, recordable] = [new Set(shown(table)), new Set(shown(newest))]
  const missing = contexts.filter((context) => table.of(context).length === 0)
  const kept = recorded.split(";").filter((pair) => {
    const name = pair.slice(0, pair.indexOf("="))
    const isOfMissing = missing.some((context) => name.startsWith(`${context.slice(context.indexOf(".") + 1)}.`))
    return known.has(name) || (!recordable.has(name) && !isOfMissing)
  })
  const added = [...known].flatMap((name) => {
    const value = values.get(name)
    return recordable.has(name) || value === undefined ? [] : [`${name}=${value}`]
  })
  return fill([...kept, ...added].join(";"), values)
}

/** Value of one parameter: set at run time, else the file's. Several lines of one name are joined with commas. */
const valueOf = (
  server: Server,
  section: ConfigSection | undefined,
  parameter: Parameter,
  scope: string,
): string | undefined => {
  const dynamic = server.dynamic.get(`${scope}/${parameter.getConfig ?? parameter.name}`)
  if (dynamic !== undefined) return dynamic
  if (parameter.repeated === true) {
    const values = entriesOf(section, parameter.name).map((entry) => entry.values[0] ?? "")
    return values.length === 0 ? undefined : values.join(",")
  }
  return lastEntry(section, parameter.name)?.values[0]
}

/** The default where it is a value; the recorded node's value stands for defaults that depend on the machine. */
const plainDefault = (parameter: Parameter): string | undefined =>
  parameter.default !== undefined && /^(\d+|true|false)$/.test(parameter.default) ? parameter.default : undefined

const collect = (
  server: Server,
  section: ConfigSection | undefined,
  parameters: ReadonlyArray<Parameter>,
  scope: string,
): Values => {
  const values: Values = new Map()
  for (const parameter of parameters) {
    const value = valueOf(server, section, parameter, scope) ?? plainDefault(parameter)
    if (parameter.getConfig !== undefined && value !== undefined) values.set(parameter.getConfig, value)
  }
  return values
}

const serviceConfig = (server: Server): string => {
  const values = collect(server, sectionOf(server.configuration.file, "service"), server.table.of("service"), "service")
  return asOfRelease(server, recordedServiceConfig, values.set("node-id", server.nodeId), ["service"])
}

const networkConfig = (server: Server): string => {
  const values: Values = new Map([
    ["service.address", "any"],
    ["service.access-address", server.configuration.accessAddresses.join(",") || "null"],
    ["admin.port", "0"],
    [
      "admin.address",
      lastEntry(sectionOf(server.configuration.file, "network", "admin"), "address")?.values[0] ?? "any",
    ],
    ["heartbeat.address", "any"],
    ["fabric.address", "any"],
  ])
  const sections = ["service", "admin", "heartbeat", "fabric", "info"]
  for (const name of sections) {
    const section = sectionOf(server.configuration.file, "network", name)
    for (const [key, value] of collect(server, section, server.table.of(`network.${name}`), "network"))
      values.set(key, value)
  }
  return asOfRelease(
    server,
    recordedNetworkConfig,
    values,
    sections.map((name) => `network.${name}`),
  )
}

/** Storage engine part: files or devices (or the stripes of pure memory), then every key with its value in force. */
const storageConfig = (server: Server, namespace: NamespaceConfiguration): string => {
  const section = sectionOf(namespace.section, "storage-engine")
  const kind = namespace.raw ? "device" : "file"
  const places =
    namespace.paths.length > 0
      ? namespace.paths.map((path, index) => `storage-engine.${kind}[${index}]=${path}`)
      : Array.from({ length: 8 }, (_, index) => `storage-engine.stripe[${index}]=stripe-${index}`)
  const keys = server.table.of("namespace.storage-engine", namespace.engine).flatMap((parameter) => {
    const isUnset = parameter.getConfig === undefined || parameter.repeated === true
    if (isUnset || (parameter.name === "flush-size" && namespace.paths.length === 0)) return []
    const value = valueOf(server, section, parameter, `namespace/${namespace.name}`) ?? parameter.default ?? "null"
    return [`${parameter.getConfig}=${value === "none" && parameter.kind === "size" ? "0" : value}`]
  })
  return [`storage-engine=${namespace.engine}`, ...places, ...keys].join(";")
}

const namespaceConfig = (server: Server, namespace: NamespaceConfiguration): string => {
  const scope = `namespace/${namespace.name}`
  const values = collect(server, namespace.section, server.table.of("namespace"), scope)
  const geo = sectionOf(namespace.section, "geo2dsphere-within")
  for (const [key, value] of collect(server, geo, server.table.of("namespace.geo2dsphere-within"), scope)) {
    values.set(key, value)
  }
  const contexts = ["namespace", "namespace.geo2dsphere-within"]
  return `${asOfRelease(server, recordedNamespaceConfig, values, contexts)};${storageConfig(server, namespace)}`
}

export const getConfig: Handler = (_model, server, command) => {
  switch (command.parameters.get("context")) {
    case undefined:
      return "ERROR:4:missing 'context'"
    case "service":
      return serviceConfig(server)
    case "network":
      return networkConfig(server)
    case "namespace": {
      const name = namespaceParameter(command)
      if (name === undefined) return "ERROR:20:missing 'namespace'"
      const namespace = server.configuration.namespaces.find((found) => found.name === name)
      return namespace === undefined ? namespaceNotFound : namespaceConfig(server, namespace)
    }
    case "security":
    case "xdr":
      return ""
    default:
      return "ERROR:4:invalid context"
  }
}
