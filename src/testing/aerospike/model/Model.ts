/** The state of all Aerospike nodes of all clusters, and what its parts share. Plain and synchronous; time comes from outside. */
import type { ProcessExit } from "../../PodRuntime.js"
import type { HostFacts } from "../configuration/HostFacts.js"
import { type Fault, noFault } from "../Settings.js"
import { type Agenda, makeAgenda } from "./Agenda.js"
import type { Dataset } from "./Dataset.js"
import { podKey, type Server } from "./Server.js"

/** What happened, and when (Clock ms). `pod` is `<namespace>/<pod>`; for migrations the pod of the principal. */
export interface Happening {
  readonly at: number
  readonly kind:
    "Started" | "Serving" | "Joined" | "Left" | "MigrationsStarted" | "MigrationsFinished" | "Settled" | "Stopped"
  readonly pod: string
  readonly cluster: string
  /** Exit code and message for `Stopped`, member count for `Joined`, `Left` and `Settled`. */
  readonly detail: string
}

export interface Watchers {
  readonly serving: (server: Server) => void
  readonly exited: (server: Server, exit: ProcessExit) => void
}

export interface Model {
  readonly agenda: Agenda
  /** Makes cluster keys differ between worlds. */
  readonly seed: string
  readonly host: HostFacts
  /** Processes that are not gone, by process id, in the order of their start. */
  readonly servers: Map<string, Server>
  readonly datasets: Map<string, Dataset>
  /** Faults in force, by `<namespace>/<pod>`; they outlive the process. */
  readonly faults: Map<string, Fault>
  /** Cut links between pods, as `<pod>|<pod>` in both directions, and since when. */
  readonly cuts: Map<string, number>
  readonly history: Array<Happening>
  readonly watchers: Watchers
  clustersFormed: number
}

/** An empty world at a time. */
export const makeModel = (
  startAt: number,
  options: { readonly seed: string; readonly host: HostFacts; readonly watchers: Watchers },
): Model => ({
  agenda: makeAgenda(startAt),
  seed: options.seed,
  host: options.host,
  servers: new Map(),
  datasets: new Map(),
  faults: new Map(),
  cuts: new Map(),
  history: [],
  watchers: options.watchers,
  clustersFormed: 0,
})

export const record = (model: Model, kind: Happening["kind"], server: Server, cluster: string, detail = ""): void => {
  model.history.push({ at: model.agenda.now(), kind, pod: podKey(server.spec), cluster, detail })
}

/** The fault in force for a process: set at run time for its pod, else from its annotations. */
export const faultOf = (model: Model, server: Server): Fault =>
  model.faults.get(podKey(server.spec)) ?? server.settings.fault

/** Whether the service port answers: what a probe that asks for `statistics` finds. */
export const answersProbes = (model: Model, server: Server): boolean => {
  if (server.phase !== "Serving" || server.isFrozen) return false
  const fault = faultOf(model, server)._tag
  return fault === noFault._tag || fault === "Slow" || fault === "Answers" || fault === "Drip"
}

/** The process that listens on an address and service port, if any. */
export const serverAt = (model: Model, host: string, port: number): Server | undefined => {
  for (const server of model.servers.values()) {
    const here = server.spec.address === host && server.configuration.servicePort === port
    if (here && server.phase === "Serving") return server
  }
  return undefined
}

/** The running process of a pod, given as `<pod>` or `<namespace>/<pod>`. */
export const serverOf = (model: Model, pod: string): Server | undefined => {
  for (const server of model.servers.values()) {
    if (server.spec.podName === pod || podKey(server.spec) === pod) return server
  }
  return undefined
}
