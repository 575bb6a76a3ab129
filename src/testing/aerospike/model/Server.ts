/** One server process in the model. */
import type { ParameterTable } from "../../../domain/serverParameters/ParameterTable.js"
import type { ProcessExit, ProcessSpec } from "../../PodRuntime.js"
import type { NodeConfiguration } from "../configuration/NodeConfiguration.js"
import type { Fault, Settings } from "../Settings.js"
import type { Balance } from "./Balance.js"
import type { Store } from "./Dataset.js"

export type Phase =
  /** Reading its configuration and storage; the service port is closed. */
  | "Starting"
  | "Serving"
  /** After SIGTERM: the port is closed, heartbeats have ended. */
  | "Stopping"
  | "Gone"

/** Servers that exchange data. Every change of members makes a new one. */
export interface Cluster {
  readonly name: string
  readonly key: string
  readonly principal: Server
  readonly members: ReadonlyArray<Server>
  /** By Aerospike namespace; empty until the new distribution is in force. */
  readonly balances: Map<string, Balance>
  /** Replaced by a later one: its pending steps are void. */
  isOver: boolean
}

/** What a server says about its cluster right now. It lags behind what is decided, as a real node's answers do. */
export interface View {
  readonly cluster: Cluster | undefined
  readonly integrity: boolean
  readonly isMember: boolean
  /** Members are agreeing on a new cluster: `cluster-stable` fails whatever is asked. */
  readonly isExchanging: boolean
  readonly migrateAllowed: boolean
  readonly namespaceClusterSize: number
}

export const alone: View = {
  cluster: undefined,
  integrity: false,
  isMember: false,
  isExchanging: true,
  migrateAllowed: false,
  namespaceClusterSize: 0,
}

export interface Generations {
  peers: number
  partition: number
  rebalance: number
  cluster: number
}

export interface Server {
  readonly spec: ProcessSpec
  readonly settings: Settings
  readonly configuration: NodeConfiguration
  /** What its release knows. */
  readonly table: ParameterTable
  readonly nodeId: string
  readonly startedAt: number
  phase: Phase
  servingAt: number | undefined
  isFrozen: boolean
  /** SIGTERM arrived while the process was frozen. */
  isTerminationPending: boolean
  /** No heartbeat leaves the process since then. */
  silentSince: number | undefined
  exit: ProcessExit | undefined
  /** `set-config` values by `<context>/<key>`, `namespace/<ns>/<key>` and `set/<ns>/<set>/<key>`. */
  readonly dynamic: Map<string, string>
  /** Heartbeat addresses given by `tip:`, as `host:port`. */
  readonly tips: Set<string>
  /** Ids of the processes it was in a cluster with: the mesh remembers them. */
  readonly met: Set<string>
  readonly stores: Map<string, Store>
  /** The cluster it belongs to, before it says so. */
  cluster: Cluster | undefined
  view: View
  rebalancedAt: number
  readonly generations: Generations
  /** Info requests answered. */
  answered: number
}

/** How a pod's fault is looked up: by `<namespace>/<pod>`. */
export const podKey = (spec: Pick<ProcessSpec, "namespace" | "podName">): string => `${spec.namespace}/${spec.podName}`

/** Whether the process sends heartbeats. */
export const isBeating = (server: Server): boolean => server.phase === "Serving" && !server.isFrozen

/** Cluster name in force: the file's, or what `set-config` made of it. */
export const clusterNameOf = (server: Server): string =>
  server.dynamic.get("service/cluster-name") ?? server.configuration.clusterName

const figure = (server: Server, key: string, fallback: number): number => Number(server.dynamic.get(key) ?? fallback)

export const minClusterSizeOf = (server: Server): number =>
  figure(server, "service/min-cluster-size", server.configuration.minClusterSize)

/** Interval × timeout, in ms: so long must a node be silent to be missed. */
export const heartbeatSpan = (server: Server): number =>
  figure(server, "network/heartbeat.interval", server.configuration.heartbeatInterval) *
  figure(server, "network/heartbeat.timeout", server.configuration.heartbeatTimeout)

export const replicationFactorOf = (server: Server, namespace: string): number =>
  figure(
    server,
    `namespace/${namespace}/replication-factor`,
    server.configuration.namespaces.find((found) => found.name === namespace)?.replicationFactor ?? 1,
  )

/** Node ids compare as numbers. */
export const compareNodeIds = (a: Server, b: Server): number => {
  const left = a.nodeId.padStart(16, "0")
  const right = b.nodeId.padStart(16, "0")
  return left < right ? -1 : left > right ? 1 : 0
}

/** What the process does about requests: the fault in force, unless there is none. */
export type FaultOf = (server: Server) => Fault
