/** Every info command of a CE node that the operator, `asinfo` or a client library asks, with the recorded texts. */
import { formatServerVersion } from "../../../domain/serverParameters/ServerVersion.js"
import { recordedFeatures, recordedHelp, recordedLogContexts } from "../data/recorded.js"
import { catchUp } from "../model/membership.js"
import { faultOf, type Model } from "../model/Model.js"
import { clusterNameOf, type Server } from "../model/Server.js"
import { clusterStable, recluster, tip, tipClear, truncateNamespace } from "./clusterCommands.js"
import { enterpriseOnly, type Handler, namespaceNotFound, parseCommand, unrecognized } from "./Command.js"
import {
  endpoints,
  peersClearAlt,
  peersClearStd,
  peersTls,
  replicas,
  replicasAll,
  replicasMaster,
  service,
  serviceClearAlt,
  serviceClearStd,
  services,
} from "./discovery.js"
import { getConfig } from "./getConfig.js"
import { setConfig } from "./setConfig.js"
import { namespaceStatistics, statistics } from "./statistics.js"

/** Release of the node, as its image names it. */
const build: Handler = (_model, { table }) => formatServerVersion(table.version)

const constant =
  (text: string): Handler =>
  () =>
    text

const sinks = (server: Server): ReadonlyArray<string> =>
  server.configuration.file.sections
    .filter((section) => section.name === "logging")
    .flatMap((section) => section.sections.map((sink) => (sink.name === "file" ? sink.label : "stderr")))

const logs: Handler = (_model, server) =>
  sinks(server)
    .map((path, index) => `${index}:${path}`)
    .join(";")

const isSink = (server: Server, id: string | undefined): boolean => sinks(server)[Number(id)] !== undefined

const levelKey = (sink: string, context: string): string => `log/${sink}/${context}`

const log: Handler = (_model, server, { path }) =>
  isSink(server, path)
    ? recordedLogContexts
        .split(";")
        .map((pair) => {
          const [context = ""] = pair.split(":")
          return `${context}:${server.dynamic.get(levelKey(path, context)) ?? "INFO"}`
        })
        .join(";")
    : "ERROR:4:bad log sink id"

const logSet: Handler = (_model, server, { parameters }) => {
  const id = parameters.get("id")
  if (id === undefined || !isSink(server, id)) return "ERROR:4:bad log sink id"
  const [context, level] = [...parameters].find(([key]) => key !== "id") ?? ["", ""]
  const known = recordedLogContexts.split(";").map((pair) => pair.split(":")[0] ?? "")
  if (!/^(critical|warning|info|debug|detail)$/i.test(level)) return "ERROR:4:bad log level"
  if (context !== "any" && !known.includes(context)) return "ERROR:4:bad log context"
  for (const name of context === "any" ? known : [context]) server.dynamic.set(levelKey(id, name), level.toUpperCase())
  return "ok"
}

const physicalDevices: Handler = (_model, _server, { parameters }) =>
  parameters.has("path") ? "" : "ERROR:4:missing 'path'"

const getStats: Handler = (_model, _server, { parameters }) =>
  parameters.has("context") ? "ERROR:4:unknown context" : "ERROR:4:missing 'context'"

/** Settings of a set, as `sets/<ns>/<set>` shows them after a `set-config`. */
const sets: Handler = (_model, server, { path }) => {
  const [namespace = "", set = ""] = path.split("/")
  if (namespace !== "" && !server.stores.has(namespace)) return namespaceNotFound
  const prefix = `set/${namespace}/${set}/`
  const values = [...server.dynamic].filter(([key]) => set !== "" && key.startsWith(prefix))
  return values.length === 0
    ? ""
    : `ns=${namespace}:set=${set}:objects=0:${values.map(([key, value]) => `${key.slice(prefix.length)}=${value}`).join(":")};`
}

const handlers: Readonly<Record<string, Handler>> = {
  build,
  edition: constant("Aerospike Community Edition"),
  version: (...of) => `Aerospike Community Edition build ${build(...of)}`,
  build_ee_sha: constant(""),
  build_sha: constant("68182105aaa20bce52e3a672e0ac896e84421f85"),
  build_arch: constant("x86_64"),
  build_time: constant("Sun Nov 22 19:01:42 UTC 2026"),
  build_os: constant("debian12"),
  "compatibility-id": constant("15"),
  node: (_model, server) => server.nodeId,
  name: (_model, server) => server.nodeId,
  service,
  "service-clear-std": serviceClearStd,
  "service-clear-alt": serviceClearAlt,
  "service-tls-std": constant(""),
  "service-tls-alt": constant(""),
  services,
  "services-alumni": services,
  "services-alumni-reset": constant("ok"),
  "peers-generation": (_model, server) => String(server.generations.peers),
  "peers-clear-std": peersClearStd,
  "peers-clear-alt": peersClearAlt,
  "peers-tls-std": peersTls,
  "peers-tls-alt": peersTls,
  "partition-generation": (_model, server) => String(server.generations.partition),
  "rebalance-generation": (_model, server) => String(server.generations.rebalance),
  replicas,
  "replicas-all": replicasAll,
  "replicas-master": replicasMaster,
  "cluster-name": (_model, server) => clusterNameOf(server),
  features: constant(recordedFeatures),
  namespaces: (_model, server) => server.configuration.namespaces.map(({ name }) => name).join(";"),
  status: constant("ok"),
  endpoints,
  mesh: (_model, server) => `${server.spec.address}:${server.configuration.heartbeatPort}`,
  "cluster-stable": clusterStable,
  recluster,
  tip,
  "tip-clear": tipClear,
  "truncate-namespace": truncateNamespace,
  "truncate-namespace-undo": constant("ok"),
  truncate: truncateNamespace,
  "truncate-undo": constant("ok"),
  statistics,
  namespace: namespaceStatistics,
  "get-config": getConfig,
  "set-config": setConfig,
  "config-set": setConfig,
  "get-stats": getStats,
  logs,
  log,
  "log-set": logSet,
  "log-message": constant("ok"),
  quiesce: constant(enterpriseOnly),
  "quiesce-undo": constant(enterpriseOnly),
  racks: constant(enterpriseOnly),
  roster: constant(enterpriseOnly),
  "roster-set": constant(enterpriseOnly),
  "feature-key": constant(enterpriseOnly),
  "best-practices": constant("failed_best_practices=max-map-count,min-free-kbytes,swappiness"),
  "health-outliers": constant(""),
  "health-stats": constant(""),
  sets,
  "sindex-list": constant(""),
  sindex: constant(""),
  "udf-list": constant(""),
  "physical-devices": physicalDevices,
  help: constant(recordedHelp),
  "user-agents": constant("user-agent=dW5rbm93bg==:count=1;"),
  "user-agent-set": constant("ok"),
  connection: constant("admin=false"),
  "dump-cluster": constant("ok"),
  "dump-fabric": constant("ok"),
  "dump-hb": constant("ok"),
  "dump-migrates": constant("ok"),
}

/** What an empty request is answered with, in order. */
export const everything: ReadonlyArray<string> = [
  "features",
  "node",
  "compatibility-id",
  "edition",
  "build_ee_sha",
  "build_sha",
  "build_arch",
  "build_time",
  "build_os",
  "build",
  "version",
  "statistics",
  "services-alumni",
  "services",
  "partition-generation",
]

/** The value of one command from one node at the model's present time. May change the node (`set-config`, `recluster`, `tip`). */
export const answer = (model: Model, server: Server, text: string): string => {
  const fault = faultOf(model, server)
  if (fault._tag === "Answers") {
    const given = fault.byCommand[text] ?? fault.byCommand[text.split(/[:/]/)[0] ?? ""]
    if (given !== undefined) return given
  }
  catchUp(model)
  server.answered += 1
  const command = parseCommand(text)
  const handler = Object.hasOwn(handlers, command.name) ? handlers[command.name] : undefined
  return handler === undefined ? unrecognized : handler(model, server, command)
}
