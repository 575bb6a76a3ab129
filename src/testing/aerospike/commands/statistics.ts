/** `statistics` and `namespace/<ns>`: the recorded text with what the model knows filled in. */
import { recordedNamespace, recordedStatistics } from "../data/recorded.js"
import { type Balance, holderIndex } from "../model/Balance.js"
import { partitionCount, recordBytes, type Store } from "../model/Dataset.js"
import type { Server } from "../model/Server.js"
import { fill, type Handler } from "./Command.js"

const secondsSince = (now: number, then: number): number => Math.max(0, Math.floor((now - then) / 1000))

const countHeld = ({ held }: Store): number => {
  let sum = 0
  for (const records of held) if (records > 0) sum += records
  return sum
}

interface Migrations {
  readonly sending: number
  readonly receiving: number
  readonly sendingAtFirst: number
  readonly receivingAtFirst: number
}

/** Migrations of this node in one namespace. */
export const migrationsOf = (server: Server, balance: Balance | undefined): Migrations => {
  const holder = balance === undefined ? -1 : holderIndex(balance, server.nodeId)
  return {
    sending: balance?.sending[holder] ?? 0,
    receiving: balance?.receiving[holder] ?? 0,
    sendingAtFirst: balance?.sendingAtFirst[holder] ?? 0,
    receivingAtFirst: balance?.receivingAtFirst[holder] ?? 0,
  }
}

/**
 * `migrate_partitions_remaining`. Right after a cluster was re-formed, before migrations are allowed, it says 0 while the namespaces
 * already report theirs; while members are agreeing on a new cluster it keeps the old figure. Both as recorded.
 */
const partitionsRemaining = (server: Server): number => {
  const { cluster, isExchanging, migrateAllowed } = server.view
  if (!migrateAllowed && !isExchanging) return 0
  return [...(cluster?.balances.values() ?? [])]
    .map((balance) => migrationsOf(server, balance))
    .reduce((sum, { sending, receiving }) => sum + sending + receiving, 0)
}

export const statistics: Handler = (model, server) => {
  const { view } = server
  const now = model.agenda.now()
  const members = view.cluster?.members.length ?? 0
  const principal = view.cluster?.principal.nodeId ?? "0"
  const objects = [...server.stores.values()].reduce((sum, store) => sum + countHeld(store), 0)
  return fill(
    recordedStatistics,
    new Map<string, string | number | boolean>([
      ["cluster_size", members],
      ["cluster_key", view.cluster?.key ?? "0"],
      ["cluster_generation", server.generations.cluster],
      ["cluster_principal", principal],
      ["paxos_principal", principal],
      ["cluster_integrity", view.integrity],
      ["cluster_is_member", view.isMember],
      ["uptime", secondsSince(now, server.servingAt ?? server.startedAt)],
      ["objects", objects],
      ["info_complete", server.answered],
      ["heartbeat_connections", Math.max(0, members - 1)],
      ["fabric_connections", 24 * Math.max(0, members - 1)],
      ["time_since_rebalance", secondsSince(now, server.rebalancedAt)],
      ["migrate_allowed", view.migrateAllowed],
      ["migrate_partitions_remaining", partitionsRemaining(server)],
    ]),
  )
}

interface Objects {
  readonly master: number
  readonly replica: number
  readonly other: number
}

const roleOf = ({ replicas, replicationFactor }: Balance, partition: number, holder: number): keyof Objects => {
  const first = partition * replicationFactor
  if (replicas[first] === holder) return "master"
  for (let place = 1; place < replicationFactor; place++) if (replicas[first + place] === holder) return "replica"
  return "other"
}

const objectsOf = (server: Server, store: Store | undefined, balance: Balance | undefined): Objects => {
  const objects = { master: 0, replica: 0, other: 0 }
  if (store === undefined) return objects
  const holder = balance === undefined ? -1 : holderIndex(balance, server.nodeId)
  for (let partition = 0; partition < partitionCount; partition++) {
    const held = store.held[partition] ?? 0
    if (held > 0) objects[balance === undefined ? "other" : roleOf(balance, partition, holder)] += held
  }
  return objects
}

/** Seconds since 2010-01-01, the server's epoch. */
const serverEpochMs = 1_262_304_000_000

export const namespaceStatistics: Handler = (model, server, command) => {
  const configuration = server.configuration.namespaces.find(({ name }) => name === command.path)
  if (configuration === undefined) return "type=unknown"
  const { cluster } = server.view
  const balance = cluster?.balances.get(configuration.name)
  const store = server.stores.get(configuration.name)
  const { master, replica, other } = objectsOf(server, store, balance)
  const objects = master + replica + other
  const migrations = migrationsOf(server, balance)
  const used = objects * recordBytes
  const usedPct = Math.min(100, Math.floor((100 * used) / Math.max(1, configuration.storageBytes)))
  return fill(
    recordedNamespace,
    new Map<string, string | number | boolean>([
      ["ns_cluster_size", server.view.namespaceClusterSize],
      ["effective_replication_factor", balance?.replicationFactor ?? 0],
      ["objects", objects],
      ["master_objects", master],
      ["prole_objects", replica],
      ["non_replica_objects", other],
      ["current_time", Math.max(0, Math.floor((model.agenda.now() - serverEpochMs) / 1000))],
      ["index_used_bytes", objects * 64],
      ["data_total_bytes", configuration.storageBytes],
      ["data_used_bytes", used],
      ["data_used_pct", usedPct],
      ["data_avail_pct", Math.max(0, 87 - usedPct)],
      ["migrate_rx_instances", migrations.receivingAtFirst - migrations.receiving],
      ["migrate_tx_partitions_initial", migrations.sendingAtFirst],
      ["migrate_tx_partitions_remaining", migrations.sending],
      ["migrate_rx_partitions_initial", migrations.receivingAtFirst],
      ["migrate_rx_partitions_remaining", migrations.receiving],
    ]),
  )
}
