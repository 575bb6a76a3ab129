/** Life of a server process: start, service, stop, and what happens to its data. */
import * as Either from "effect/Either"
import { serverOfImage } from "../../../decide/configuration/check/serverOfImage.js"
import type { ProcessExit, ProcessSpec } from "../../PodRuntime.js"
import type { StartRefusal } from "../configuration/ConfigTree.js"
import type { HostFacts } from "../configuration/HostFacts.js"
import {
  type NamespaceConfiguration,
  type NodeConfiguration,
  readConfiguration,
} from "../configuration/NodeConfiguration.js"
import { settingsFrom } from "../Settings.js"
import { dropStore, makeDataset, openStore } from "./Dataset.js"
import { derivedNodeId } from "./hash.js"
import { catchUp, miss, seek, wake } from "./membership.js"
import { faultOf, type Model, record } from "./Model.js"
import { alone, podKey, type Server } from "./Server.js"
import { timing } from "./timing.js"

/** Raw devices exist only where a claim is mounted; files can be created anywhere. */
const hostOf = (host: HostFacts, spec: ProcessSpec): HostFacts => ({
  ...host,
  canOpen: (path) => host.canOpen(path) && (!path.startsWith("/dev/") || spec.volumes[path] !== undefined),
})

/** The claim a path lies on: mounted exactly there, or the nearest mount above. */
const claimOf = (spec: ProcessSpec, path: string): string | undefined => {
  const mounts = Object.keys(spec.volumes).filter(
    (mount) => path === mount || path.startsWith(mount.endsWith("/") ? mount : `${mount}/`),
  )
  const nearest = mounts.sort((a, b) => b.length - a.length)[0]
  return nearest === undefined ? undefined : spec.volumes[nearest]
}

const openStores = (model: Model, server: Server, namespace: NamespaceConfiguration): void => {
  const { spec, configuration } = server
  const claims = namespace.paths.map((path) => claimOf(spec, path))
  const durable = claims.length > 0 && claims.every((claim) => claim !== undefined)
  const key = `${spec.namespace}/${configuration.clusterName}/${namespace.name}`
  const dataset = model.datasets.get(key) ?? makeDataset(key, namespace.name)
  model.datasets.set(key, dataset)
  const id = durable ? `claim:${claims.join("+")}:${namespace.paths.join("+")}` : `process:${spec.id}`
  server.stores.set(
    namespace.name,
    openStore(
      dataset,
      `${id}/${namespace.name}`,
      durable ? claims.flatMap((claim) => (claim === undefined ? [] : [claim])) : [],
    ),
  )
}

const placeholder = (spec: ProcessSpec): NodeConfiguration => ({
  file: { context: "(top)", name: "", label: "", line: 0, entries: [], sections: [] },
  clusterName: "",
  nodeId: undefined,
  servicePort: 0,
  accessAddresses: [spec.address],
  accessPort: 0,
  alternateAddresses: [],
  alternatePort: 0,
  heartbeatPort: 0,
  fabricPort: 0,
  adminPort: 0,
  seeds: [],
  minClusterSize: 1,
  heartbeatInterval: 150,
  heartbeatTimeout: 10,
  namespaces: [],
  hangs: true,
})

/** Starts a process. It either serves after its start-up time, waits for ever, or ends with the server's refusal. */
export const start = (model: Model, spec: ProcessSpec): Server => {
  const now = model.agenda.now()
  const settings = settingsFrom(spec.annotations)
  const { table } = serverOfImage(spec.image)
  const read: Either.Either<NodeConfiguration, StartRefusal> = readConfiguration(
    spec.configuration,
    hostOf(model.host, spec),
    table,
  )
  const configuration = Either.getOrElse(read, () => placeholder(spec))
  const server: Server = {
    spec,
    settings,
    configuration,
    table,
    nodeId: configuration.nodeId ?? derivedNodeId(spec.address, configuration.fabricPort, podKey(spec)),
    startedAt: now,
    phase: "Starting",
    servingAt: undefined,
    isFrozen: false,
    isTerminationPending: false,
    silentSince: undefined,
    exit: undefined,
    dynamic: new Map(),
    tips: new Set(),
    met: new Set(),
    stores: new Map(),
    cluster: undefined,
    view: alone,
    rebalancedAt: now,
    generations: { peers: 0, partition: 0, rebalance: 0, cluster: 0 },
    answered: 0,
  }
  model.servers.set(spec.id, server)
  record(model, "Started", server, configuration.clusterName)
  if (Either.isLeft(read)) {
    const { code, message } = read.left
    model.agenda.at(now + timing.refused, () => end(model, server, { code, message }))
  } else if (!configuration.hangs) {
    model.agenda.at(now + settings.startMs, () => serve(model, server))
  }
  return server
}

const serve = (model: Model, server: Server): void => {
  if (server.phase !== "Starting") return
  const fault = faultOf(model, server)
  if (fault._tag === "CrashOnStart") {
    return end(model, server, { code: fault.code, message: `exited with code ${fault.code} during start-up` })
  }
  server.phase = "Serving"
  server.servingAt = model.agenda.now()
  for (const namespace of server.configuration.namespaces) openStores(model, server, namespace)
  record(model, "Serving", server, server.configuration.clusterName)
  model.watchers.serving(server)
  seek(model, server)
  applyFault(model, server)
}

/** Brings a process in line with the fault of its pod. Called whenever either changes. */
export const applyFault = (model: Model, server: Server): void => {
  const fault = faultOf(model, server)
  if (fault._tag === "Crash") {
    model.faults.delete(podKey(server.spec))
    return end(model, server, { code: fault.code, message: `exited with code ${fault.code}` })
  }
  if (server.phase !== "Serving") return
  if (fault._tag === "Freeze" && !server.isFrozen) {
    catchUp(model)
    server.isFrozen = true
    server.silentSince = model.agenda.now()
    miss(model, server)
  } else if (fault._tag !== "Freeze" && server.isFrozen) {
    wake(model, server)
    if (server.isTerminationPending) terminate(model, server)
  }
}

/** SIGTERM. A process that has not finished starting ends at once, a frozen one when it goes on. */
export const terminate = (model: Model, server: Server): void => {
  if (server.phase === "Starting") {
    return end(model, server, { code: 1, message: "startup was not complete, exiting immediately" })
  }
  if (server.phase !== "Serving") return
  if (server.isFrozen) {
    server.isTerminationPending = true
    return
  }
  catchUp(model)
  server.phase = "Stopping"
  fallSilent(model, server)
  model.agenda.at(model.agenda.now() + server.settings.stopMs, () => {
    end(model, server, { code: 0, message: "SIGTERM received, finished clean shutdown" })
  })
}

/** SIGKILL. */
export const kill = (model: Model, server: Server): void => end(model, server, { code: 137, message: "killed" })

const fallSilent = (model: Model, server: Server): void => {
  if (server.silentSince === undefined) server.silentSince = model.agenda.now()
  miss(model, server)
}

/** The process is gone; memory and files outside of claims go with it. */
const end = (model: Model, server: Server, exit: ProcessExit): void => {
  if (server.phase === "Gone") return
  catchUp(model)
  const wasServing = server.phase === "Serving"
  server.phase = "Gone"
  server.exit = exit
  if (wasServing) fallSilent(model, server)
  const now = model.agenda.now()
  for (const [namespace, store] of server.stores) {
    const dataset = model.datasets.get(`${server.spec.namespace}/${server.configuration.clusterName}/${namespace}`)
    if (store.claims.length === 0 && dataset !== undefined) dropStore(dataset, store, now, podKey(server.spec))
  }
  model.servers.delete(server.spec.id)
  record(model, "Stopped", server, server.configuration.clusterName, `${exit.code} ${exit.message}`)
  model.watchers.exited(server, exit)
}

/** A claim and its data are gone. */
export const removeClaim = (model: Model, uid: string): void => {
  catchUp(model)
  for (const dataset of model.datasets.values()) {
    for (const store of dataset.stores.values()) {
      if (store.claims.includes(uid)) dropStore(dataset, store, model.agenda.now(), `claim ${uid}`)
    }
  }
}
