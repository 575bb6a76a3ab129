/** What client libraries use to find all nodes and the partitions on them. */
import { type Balance, holderIndex } from "../model/Balance.js"
import { partitionCount } from "../model/Dataset.js"
import type { Server } from "../model/Server.js"
import type { Handler } from "./Command.js"

interface Endpoint {
  readonly addresses: ReadonlyArray<string>
  readonly port: number
}

/** Addresses given to clients: the configured access addresses, else where the node listens. */
const standard = ({ configuration, spec }: Server): Endpoint => ({
  addresses: configuration.accessAddresses.length > 0 ? configuration.accessAddresses : [spec.address],
  port: configuration.accessPort,
})

const alternate = ({ configuration }: Server): Endpoint => ({
  addresses: configuration.alternateAddresses,
  port: configuration.alternatePort,
})

const list = ({ addresses, port }: Endpoint, separator: string): string =>
  addresses.map((address) => `${address}:${port}`).join(separator)

/** The other members, by ascending id, as this node reports them. */
const peersOf = (server: Server): ReadonlyArray<Server> =>
  (server.view.cluster?.members ?? []).filter((member) => member !== server)

export const service: Handler = (_model, server) => list(standard(server), ";")
export const serviceClearStd: Handler = (_model, server) => list(standard(server), ",")
export const serviceClearAlt: Handler = (_model, server) => list(alternate(server), ",")
export const services: Handler = (_model, server) =>
  peersOf(server)
    .map((peer) => list(standard(peer), ";"))
    .join(";")

const peers =
  (endpoint: (server: Server) => Endpoint): Handler =>
  (_model, server) => {
    const { port } = endpoint(server)
    const entries = peersOf(server).map((peer) => {
      const there = endpoint(peer)
      const addresses = there.addresses.map((address) => (there.port === port ? address : `${address}:${there.port}`))
      return `[${peer.nodeId},,[${addresses.join(",")}]]`
    })
    return `${server.generations.peers},${port},[${entries.join(",")}]`
  }

export const peersClearStd = peers(standard)
export const peersClearAlt = peers(alternate)

/** TLS does not exist on CE: no addresses, port 0. */
export const peersTls: Handler = (_model, server) => `${server.generations.peers},0,[]`

/** Partitions for which the node is the n-th replica, one bit each from the left. */
const bitmap = (balance: Balance, nodeId: string, replica: number): string => {
  const bytes = Buffer.alloc(partitionCount / 8)
  const holder = holderIndex(balance, nodeId)
  for (let partition = 0; partition < partitionCount; partition++) {
    if (balance.replicas[partition * balance.replicationFactor + replica] === holder) {
      bytes[partition >> 3] = (bytes[partition >> 3] ?? 0) | (0x80 >> (partition & 7))
    }
  }
  return bytes.toString("base64")
}

const maps = (server: Server, replicas: number | "all", head: (factor: number) => string): string =>
  [...(server.view.cluster?.balances ?? [])]
    .map(([namespace, balance]) => {
      const count = replicas === "all" ? balance.replicationFactor : replicas
      const columns = Array.from({ length: count }, (_, replica) => bitmap(balance, server.nodeId, replica))
      return `${namespace}:${head(balance.replicationFactor)}${columns.join(",")}`
    })
    .join(";")

export const replicas: Handler = (_model, server) => maps(server, "all", (factor) => `0,${factor},`)
export const replicasAll: Handler = (_model, server) => maps(server, "all", (factor) => `${factor},`)
export const replicasMaster: Handler = (_model, server) => maps(server, 1, () => "")

export const endpoints: Handler = (_model, server) => {
  const { configuration, spec } = server
  const here = standard(server)
  const there = alternate(server)
  const tls = (prefix: string): string => `${prefix}.tls-port=0;${prefix}.tls-addresses=null`
  return [
    `service.port=${configuration.servicePort};service.addresses=${spec.address}`,
    `service.access-port=${here.port};service.access-addresses=${here.addresses.join(",")}`,
    `service.alternate-access-port=${there.port};service.alternate-access-addresses=${there.addresses.join(",") || "null"}`,
    `${tls("service")};service.tls-access-port=0;service.tls-access-addresses=null`,
    "service.tls-alternate-access-port=0;service.tls-alternate-access-addresses=null",
    `admin.port=${configuration.adminPort};admin.addresses=${spec.address};${tls("admin")}`,
    `heartbeat.port=${configuration.heartbeatPort};heartbeat.addresses=${spec.address};${tls("heartbeat")}`,
    `fabric.port=${configuration.fabricPort};fabric.addresses=${spec.address};${tls("fabric")}`,
  ].join(";")
}
