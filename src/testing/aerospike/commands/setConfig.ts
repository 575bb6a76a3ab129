/** `set-config`: one key per command, with the server's checks and their gaps. Nothing survives a restart. */
import type { Parameter } from "../../../domain/serverParameters/Parameter.js"
import type { ParameterTable } from "../../../domain/serverParameters/ParameterTable.js"
import { lastEntry, sectionOf } from "../configuration/ConfigTree.js"
import type { NamespaceConfiguration } from "../configuration/NodeConfiguration.js"
import { readValue } from "../configuration/readValue.js"
import { miss, seek } from "../model/membership.js"
import type { Model } from "../model/Model.js"
import { heartbeatSpan, type Server } from "../model/Server.js"
import { type Command, enterpriseOnly, type Handler, namespaceNotFound, namespaceParameter } from "./Command.js"

const invalid = "ERROR:4:invalid set-config parameter"

/** What the command may set, in the server's order, and where it is kept. */
interface Scope {
  readonly parameters: ReadonlyArray<Parameter>
  readonly prefix: string
  readonly namespace?: NamespaceConfiguration
}

const namespaceParameters = (table: ParameterTable, namespace: NamespaceConfiguration): ReadonlyArray<Parameter> => [
  ...table.of("namespace"),
  ...table.of("namespace.geo2dsphere-within"),
  ...table
    .of("namespace.storage-engine", namespace.engine)
    .filter((parameter) => parameter.name !== "flush-size" || namespace.paths.length > 0),
]

const networkParameters = (table: ParameterTable): ReadonlyArray<Parameter> =>
  ["service", "admin", "heartbeat", "fabric", "info"].flatMap((name) => table.of(`network.${name}`))

const namespaceScope = (server: Server, command: Command): Scope | string => {
  const name = namespaceParameter(command)
  if (name === undefined) return "ERROR:20:missing 'namespace'"
  const namespace = server.configuration.namespaces.find((found) => found.name === name)
  if (namespace === undefined) return namespaceNotFound
  const set = command.parameters.get("set")
  return set === undefined
    ? { parameters: namespaceParameters(server.table, namespace), prefix: `namespace/${name}`, namespace }
    : { parameters: server.table.of("namespace.set"), prefix: `set/${name}/${set}`, namespace }
}

const scopeOf = (server: Server, command: Command): Scope | string => {
  switch (command.parameters.get("context")) {
    case undefined:
      return "ERROR:4:missing 'context'"
    case "service":
      return { parameters: server.table.of("service"), prefix: "service" }
    case "network":
      return { parameters: networkParameters(server.table), prefix: "network" }
    case "namespace":
      return namespaceScope(server, command)
    case "security":
    case "xdr":
      return enterpriseOnly
    default:
      return "ERROR:4:invalid context"
  }
}

/** The text that is stored, or undefined when the server refuses. */
const accept = (parameter: Parameter, sent: string): string | undefined => {
  const quirk = parameter.quirks?.find(([value]) => value === sent)
  if (quirk !== undefined) return quirk[1]
  if (parameter.kind === "bool" && sent !== "true" && sent !== "false") return undefined
  if (parameter.name === "protocol" && sent === "reset") return "v3"
  const read = readValue(parameter, [sent])
  return read._tag === "Stored" ? read.text : undefined
}

/** A value of the namespace the command is about, also when it is about one of its sets. */
const ofNamespace = (server: Server, { namespace }: Scope, name: string): string =>
  server.dynamic.get(`namespace/${namespace?.name ?? ""}/${name}`) ??
  lastEntry(namespace?.section, name)?.values[0] ??
  ""

const network = (server: Server, section: string, name: string, fallback: number): number =>
  Number(
    server.dynamic.get(`network/${section}.${name}`) ??
      lastEntry(sectionOf(server.configuration.file, "network", section), name)?.values[0] ??
      fallback,
  )

/** Conditions that depend on other values or on the cluster. */
const fits = (model: Model, server: Server, scope: Scope, parameter: Parameter, value: string): boolean => {
  const figure = Number(value)
  switch (parameter.getConfig) {
    case "default-ttl":
      return (
        figure === (scope.prefix.startsWith("set/") ? 4_294_967_295 : 0) ||
        !["", "0"].includes(ofNamespace(server, scope, "nsup-period")) ||
        ofNamespace(server, scope, "allow-ttl-without-nsup") === "true"
      )
    case "proto-fd-max":
      return figure <= model.host.fileLimit
    case "min-cluster-size":
      return server.view.cluster === undefined || figure <= server.view.cluster.members.length
    case "heartbeat.connect-timeout-ms":
      return figure <= heartbeatSpan(server) / 3
    case "heartbeat.interval":
      return (
        network(server, "heartbeat", "connect-timeout-ms", 500) <=
        (figure * network(server, "heartbeat", "timeout", 10)) / 3
      )
    case "heartbeat.timeout":
      return (
        network(server, "heartbeat", "connect-timeout-ms", 500) <=
        (figure * network(server, "heartbeat", "interval", 150)) / 3
      )
    case "fabric.channel-rw-recv-threads":
      return figure % network(server, "fabric", "channel-rw-recv-pools", 1) === 0
    default:
      return true
  }
}

export const setConfig: Handler = (model, server, command) => {
  const scope = scopeOf(server, command)
  if (typeof scope === "string") return scope
  const parameter = scope.parameters.find(({ setConfig: key }) => key !== undefined && command.parameters.has(key))
  if (parameter === undefined) return invalid
  const value = accept(parameter, command.parameters.get(parameter.setConfig ?? "") ?? "")
  if (value === undefined || !fits(model, server, scope, parameter, value)) return invalid
  // CE answers ok and changes nothing.
  if (parameter.name !== "advertise-ipv6") {
    server.dynamic.set(`${scope.prefix}/${parameter.getConfig ?? parameter.name}`, value)
  }
  if (parameter.name === "cluster-name") {
    miss(model, server)
    seek(model, server)
  }
  return "ok"
}
