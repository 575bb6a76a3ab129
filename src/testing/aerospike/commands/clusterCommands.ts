/** Commands about the cluster: `cluster-stable`, `recluster`, `tip`, truncation. */
import { countRecords } from "../model/Dataset.js"
import { recluster as reformCluster, seek } from "../model/membership.js"
import { podKey, type Server } from "../model/Server.js"
import { type Handler, namespaceNotFound, namespaceParameter } from "./Command.js"
import { migrationsOf } from "./statistics.js"

const unstable = "ERROR:7:unstable cluster"

const hasMigrations = (server: Server, namespace: string | undefined): boolean =>
  [...(server.view.cluster?.balances ?? [])].some(([name, balance]) => {
    const { sending, receiving } = migrationsOf(server, balance)
    return (namespace === undefined || namespace === name) && sending + receiving > 0
  })

/** The key in hex when this node sees a cluster of the asked size without migrations; otherwise why not. */
export const clusterStable: Handler = (_model, server, { parameters }) => {
  const { cluster, isExchanging } = server.view
  const size = parameters.get("size")
  const ignore = parameters.get("ignore-migrations")
  const namespace = parameters.get("namespace")
  if (cluster === undefined || isExchanging) return unstable
  if (size !== undefined && !/^\d+$/.test(size)) return "ERROR:4:bad size"
  if (size !== undefined && Number(size) !== cluster.members.length) return "ERROR:7:cluster not specified size"
  if (ignore !== undefined && ignore !== "true" && ignore !== "false") return "ERROR:4:bad ignore migrations"
  if (namespace !== undefined && !server.stores.has(namespace)) return namespaceNotFound
  return ignore !== "true" && hasMigrations(server, namespace) ? unstable : cluster.key
}

export const recluster: Handler = (model, server) => (reformCluster(model, server) ? "ok" : "ignored-by-non-principal")

export const tip: Handler = (model, server, { parameters }) => {
  const host = parameters.get("host")
  const port = parameters.get("port")
  if (host === undefined || port === undefined) return "ERROR:4:bad or missing 'host' or 'port'"
  server.tips.add(`${host}:${port}`)
  seek(model, server)
  return "ok"
}

export const tipClear: Handler = (_model, server) => {
  server.tips.clear()
  server.met.clear()
  return "ok"
}

/** CE has no authentication: whoever can send this deletes all records. They count as lost. */
export const truncateNamespace: Handler = (model, server, command) => {
  const namespace = namespaceParameter(command)
  if (namespace === undefined) return "ERROR:20:missing 'namespace'"
  const dataset = model.datasets.get(`${server.spec.namespace}/${server.configuration.clusterName}/${namespace}`)
  if (dataset === undefined || !server.stores.has(namespace)) return namespaceNotFound
  // Sets are not modelled: what truncates one set leaves the namespace as it is.
  if (command.parameters.has("set")) return "ok"
  const records = countRecords(dataset)
  dataset.records.fill(0)
  dataset.content.clear()
  for (const store of dataset.stores.values()) {
    for (let partition = 0; partition < store.held.length; partition++) {
      if ((store.held[partition] ?? -1) > 0) store.held[partition] = 0
    }
  }
  if (records > 0 && !dataset.released) {
    dataset.losses.push({
      at: model.agenda.now(),
      dataset: dataset.key,
      cause: `truncate-namespace on ${podKey(server.spec)}`,
      records,
    })
  }
  return "ok"
}
