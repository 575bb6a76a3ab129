/**
 * The records of one Aerospike namespace of one cluster, and where copies of them are. Not single records but, per partition, how many
 * were acknowledged and how many of those (always the oldest ones) each store holds. A record is lost when no store holds it any more.
 */

/** Partitions of every namespace. */
export const partitionCount = 4096

/** Bytes a record takes in the model. */
export const recordBytes = 1024

/** One node's storage of one namespace. */
export interface Store {
  readonly id: string
  /** UIDs of the claims behind it; empty for memory and for files outside of claims: gone with the process. */
  readonly claims: ReadonlyArray<string>
  /** Acknowledged records held, by partition; -1 where the store has no version of the partition. */
  readonly held: Int32Array
  /** False after the node was away: what it holds has to be compared with the others before it counts as in step. */
  inStep: boolean
}

/** Records that no store holds any more. */
export interface Loss {
  readonly at: number
  readonly dataset: string
  /** The pod whose stop, or the claim whose removal, took the last copies. */
  readonly cause: string
  readonly records: number
}

export interface StoredRecord {
  readonly partition: number
  /** Position in the partition: present in every store that holds more. */
  readonly position: number
  readonly bins: Map<string, { readonly type: number; readonly bytes: Uint8Array }>
  generation: number
}

export interface Dataset {
  /** `<kubernetes namespace>/<cluster name>/<aerospike namespace>`. */
  readonly key: string
  readonly namespace: string
  /** Acknowledged and not lost, by partition. */
  readonly records: Int32Array
  readonly stores: Map<string, Store>
  /** Records written by real clients, by digest in hex. */
  readonly content: Map<string, StoredRecord>
  readonly losses: Array<Loss>
  /** Given up on purpose: losing it is no loss. */
  released: boolean
  /** Whether the initial data volume was written. */
  loaded: boolean
  /** Where the next single write goes. */
  cursor: number
}

export const makeDataset = (key: string, namespace: string): Dataset => ({
  key,
  namespace,
  records: new Int32Array(partitionCount),
  stores: new Map(),
  content: new Map(),
  losses: [],
  released: false,
  loaded: false,
  cursor: 0,
})

/** The store of that id, kept from an earlier process if its claims survived. */
export const openStore = (dataset: Dataset, id: string, claims: ReadonlyArray<string>): Store => {
  const known = dataset.stores.get(id)
  if (known !== undefined) {
    known.inStep = false
    return known
  }
  const store: Store = { id, claims, held: new Int32Array(partitionCount).fill(-1), inStep: false }
  dataset.stores.set(id, store)
  return store
}

/** Removes a store with all it holds and counts what nobody else has. */
export const dropStore = (dataset: Dataset, store: Store, at: number, cause: string): number => {
  if (!dataset.stores.delete(store.id)) return 0
  const others = [...dataset.stores.values()]
  let lost = 0
  for (let partition = 0; partition < partitionCount; partition++) {
    const acknowledged = dataset.records[partition] ?? 0
    if (acknowledged === 0 || (store.held[partition] ?? -1) <= 0) continue
    let best = 0
    for (const other of others) best = Math.max(best, other.held[partition] ?? 0)
    if (best >= acknowledged) continue
    lost += acknowledged - best
    dataset.records[partition] = best
  }
  if (lost > 0 && !dataset.released) dataset.losses.push({ at, dataset: dataset.key, cause, records: lost })
  return lost
}

/**
 * Acknowledges `count` new records of a partition: every store in `members` that holds the partition completely takes them. Returns
 * false, and acknowledges nothing, when no such store is there (the partition's data is on nodes that are down).
 */
export const acknowledge = (
  dataset: Dataset,
  partition: number,
  members: ReadonlyArray<Store>,
  count: number,
): boolean => {
  const before = dataset.records[partition] ?? 0
  const complete = members.filter((store) => (store.held[partition] ?? -1) >= before)
  if (complete.length === 0) return false
  dataset.records[partition] = before + count
  for (const store of complete) store.held[partition] = before + count
  return true
}

export const countRecords = (dataset: Dataset): number => dataset.records.reduce((sum, records) => sum + records, 0)

export const countLost = (dataset: Dataset): number => dataset.losses.reduce((sum, loss) => sum + loss.records, 0)
