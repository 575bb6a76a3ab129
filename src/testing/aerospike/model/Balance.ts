/** Who holds which partition of one namespace in one cluster, and the migrations that bring the data there. */
import { type Dataset, partitionCount, recordBytes, type Store } from "./Dataset.js"
import { hashText, mix } from "./hash.js"

/** A member as far as data is concerned. */
export interface Holder {
  readonly nodeId: string
  readonly store: Store
  /** Whether the process runs and is heard: a migration from or to a dead node does not proceed. */
  readonly isAlive: () => boolean
}

export interface Balance {
  readonly dataset: Dataset
  readonly holders: ReadonlyArray<Holder>
  readonly replicationFactor: number
  /** Holder indexes, `replicationFactor` per partition, the master first. */
  readonly replicas: Uint8Array
  /** One migration per entry, by ascending partition. */
  readonly partitions: ReadonlyArray<number>
  readonly from: ReadonlyArray<number>
  readonly to: ReadonlyArray<number>
  readonly startedAt: number
  readonly endsAt: number
  /** Migrations begun and gone through so far. */
  position: number
  /** Remaining migrations, by holder. */
  readonly sending: Int32Array
  readonly receiving: Int32Array
  readonly sendingAtFirst: Int32Array
  readonly receivingAtFirst: Int32Array
  /** Migrations stand still from here: the cluster is being re-formed. */
  pausedAt: number | undefined
}

/** Duration of one round of migrations. */
export interface Pace {
  readonly fixedMs: number | undefined
  readonly msPerGib: number
  readonly leastMs: number
}

const greatest = (scores: Float64Array): number => {
  let best = 0
  for (let index = 1; index < scores.length; index++) if ((scores[index] ?? 0) > (scores[best] ?? 0)) best = index
  return best
}

/** Holder indexes of all partitions: for each partition the holders in the order of a hash, as rendezvous hashing does it. */
const assign = (holders: ReadonlyArray<Holder>, replicationFactor: number): Uint8Array => {
  const seeds = holders.map((holder) => hashText(holder.nodeId))
  const replicas = new Uint8Array(partitionCount * replicationFactor)
  const score = new Float64Array(holders.length)
  for (let partition = 0; partition < partitionCount; partition++) {
    const salt = Math.imul(partition + 1, 0x9e3779b1)
    for (let index = 0; index < seeds.length; index++) score[index] = mix((seeds[index] ?? 0) ^ salt)
    for (let replica = 0; replica < replicationFactor; replica++) {
      const chosen = greatest(score)
      replicas[partition * replicationFactor + replica] = chosen
      score[chosen] = -1
    }
  }
  return replicas
}

const load = (dataset: Dataset, records: number): void => {
  dataset.loaded = true
  const each = Math.floor(records / partitionCount)
  const rest = records % partitionCount
  for (let partition = 0; partition < partitionCount; partition++) {
    dataset.records[partition] = each + (partition < rest ? 1 : 0)
  }
}

/** The holder whose copy is best: the most records, in step before out of step, earlier in the replica order. */
const bestHolder = (stores: ReadonlyArray<Store>, partition: number): number => {
  let best = -1
  let records = -1
  let inStep = false
  for (let index = 0; index < stores.length; index++) {
    const store = stores[index]
    const held = store?.held[partition] ?? -1
    if (store === undefined || held < 0 || held < records) continue
    if (held > records || (store.inStep && !inStep)) {
      best = index
      records = held
      inStep = store.inStep
    }
  }
  return best
}

/** Migrations to be done, by ascending partition: three columns. */
interface Moves {
  readonly partitions: Array<number>
  readonly from: Array<number>
  readonly to: Array<number>
  /** Records every holder receives. */
  readonly records: Float64Array
}

/**
 * What every replica that is behind the best copy, or was away, has to receive. Partitions nobody has a version of start empty (or, in
 * a new data set, with the initial data volume) on their replicas at once.
 */
const planMoves = (
  dataset: Dataset,
  holders: ReadonlyArray<Holder>,
  replicas: Uint8Array,
  replicationFactor: number,
): Moves => {
  const moves: Moves = { partitions: [], from: [], to: [], records: new Float64Array(holders.length) }
  const isNew = [...dataset.stores.values()].every((store) => store.held.every((held) => held < 0))
  const stores = holders.map((holder) => holder.store)
  for (let partition = 0; partition < partitionCount; partition++) {
    const source = bestHolder(stores, partition)
    const best = stores[source]
    for (let replica = 0; replica < replicationFactor; replica++) {
      const target = replicas[partition * replicationFactor + replica] ?? 0
      const store = stores[target]
      if (store === undefined || target === source) continue
      if (best === undefined) store.held[partition] = isNew ? (dataset.records[partition] ?? 0) : 0
      else if (isBehind(store, best, partition))
        addMove(moves, partition, source, target, behindBy(store, best, partition))
    }
  }
  return moves
}

const isBehind = (store: Store, best: Store, partition: number): boolean =>
  (store.held[partition] ?? -1) !== (best.held[partition] ?? -1) || (!store.inStep && best.inStep)

const behindBy = (store: Store, best: Store, partition: number): number =>
  (best.held[partition] ?? 0) - Math.max(0, store.held[partition] ?? 0)

const addMove = (moves: Moves, partition: number, from: number, to: number, records: number): void => {
  moves.partitions.push(partition)
  moves.from.push(from)
  moves.to.push(to)
  moves.records[to] = (moves.records[to] ?? 0) + records
}

const countBy = (indexes: ReadonlyArray<number>, size: number): Int32Array => {
  const counts = new Int32Array(size)
  for (const index of indexes) counts[index] = (counts[index] ?? 0) + 1
  return counts
}

/** The new distribution after a change of members, with its migrations starting now. */
export const rebalance = (
  dataset: Dataset,
  holders: ReadonlyArray<Holder>,
  wantedFactor: number,
  initialRecords: number,
  pace: Pace,
  now: number,
): Balance => {
  const replicationFactor = Math.max(1, Math.min(wantedFactor, holders.length))
  const replicas = assign(holders, replicationFactor)
  if (!dataset.loaded) load(dataset, initialRecords)
  const { partitions, from, to, records } = planMoves(dataset, holders, replicas, replicationFactor)
  const gib = (Math.max(0, ...records) * recordBytes) / 2 ** 30
  const duration = partitions.length === 0 ? 0 : (pace.fixedMs ?? Math.max(pace.leastMs, gib * pace.msPerGib))
  const balance: Balance = {
    dataset,
    holders,
    replicationFactor,
    replicas,
    partitions,
    from,
    to,
    startedAt: now,
    endsAt: now + Math.ceil(duration),
    position: 0,
    sending: countBy(from, holders.length),
    receiving: countBy(to, holders.length),
    sendingAtFirst: countBy(from, holders.length),
    receivingAtFirst: countBy(to, holders.length),
    pausedAt: undefined,
  }
  for (const holder of holders) holder.store.inStep = true
  for (let partition = 0; partition < partitionCount; partition++) dropSurplus(balance, partition)
  return balance
}

const isReplica = (balance: Balance, partition: number, holder: number): boolean => {
  for (let replica = 0; replica < balance.replicationFactor; replica++) {
    if (balance.replicas[partition * balance.replicationFactor + replica] === holder) return true
  }
  return false
}

/** A node that is no replica keeps its copy until every replica holds as much; then it drops it. */
const dropSurplus = (balance: Balance, partition: number): void => {
  let least = Number.MAX_SAFE_INTEGER
  for (let replica = 0; replica < balance.replicationFactor; replica++) {
    const holder = balance.holders[balance.replicas[partition * balance.replicationFactor + replica] ?? 0]
    if (holder === undefined || !holder.isAlive()) return
    least = Math.min(least, holder.store.held[partition] ?? -1)
  }
  for (let index = 0; index < balance.holders.length; index++) {
    const held = balance.holders[index]?.store.held
    const records = held?.[partition] ?? -1
    if (held !== undefined && records >= 0 && records <= least && !isReplica(balance, partition, index))
      held[partition] = -1
  }
}

const migrate = (balance: Balance, item: number): void => {
  const partition = balance.partitions[item] ?? 0
  const source = balance.from[item] ?? 0
  const target = balance.to[item] ?? 0
  const from = balance.holders[source]
  const to = balance.holders[target]
  if (from === undefined || to === undefined || !from.isAlive() || !to.isAlive()) return
  to.store.held[partition] = Math.max(to.store.held[partition] ?? -1, from.store.held[partition] ?? -1)
  balance.sending[source] = (balance.sending[source] ?? 0) - 1
  balance.receiving[target] = (balance.receiving[target] ?? 0) - 1
  if (balance.partitions[item + 1] !== partition) dropSurplus(balance, partition)
}

/** Carries out the migrations that are through by `now`. */
export const progress = (balance: Balance, now: number): void => {
  const until = Math.min(now, balance.pausedAt ?? now)
  const total = balance.partitions.length
  const span = balance.endsAt - balance.startedAt
  const due = until >= balance.endsAt ? total : Math.floor((total * Math.max(0, until - balance.startedAt)) / span)
  while (balance.position < due) {
    migrate(balance, balance.position)
    balance.position += 1
  }
}

/** Migrations that still have to be done, over all holders. */
export const remaining = (balance: Balance): number => balance.receiving.reduce((sum, count) => sum + count, 0)

/** Number of the holder with that node id, or -1. */
export const holderIndex = (balance: Balance, nodeId: string): number =>
  balance.holders.findIndex((holder) => holder.nodeId === nodeId)
