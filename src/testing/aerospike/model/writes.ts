/** Writes of clients: acknowledged when every store that has the partition completely took them. */
import { holderIndex } from "./Balance.js"
import { acknowledge, type Dataset, partitionCount, type Store } from "./Dataset.js"
import { catchUp } from "./membership.js"
import type { Model } from "./Model.js"
import { type Cluster, isBeating } from "./Server.js"

/** The clusters of a name that exist right now, the largest first; `name` may carry the Kubernetes namespace (`ns/name`). */
export const clustersOf = (model: Model, name: string): ReadonlyArray<Cluster> => {
  const clusters = new Set<Cluster>()
  for (const server of model.servers.values()) {
    const { cluster } = server.view
    const matches =
      cluster !== undefined && (cluster.name === name || `${server.spec.namespace}/${cluster.name}` === name)
    if (matches) clusters.add(cluster)
  }
  return [...clusters].sort((a, b) => b.members.length - a.members.length)
}

/** Stores that take part in a namespace of a cluster right now. */
export const liveStores = (cluster: Cluster, namespace: string): ReadonlyArray<Store> =>
  cluster.members.flatMap((member) => {
    const store = member.stores.get(namespace)
    return store !== undefined && isBeating(member) ? [store] : []
  })

/** Writes `records` new records, spread over all partitions; returns how many were acknowledged. */
export const writeRecords = (model: Model, cluster: Cluster, namespace: string, records: number): number => {
  catchUp(model)
  const balance = cluster.balances.get(namespace)
  if (balance === undefined) return 0
  const stores = liveStores(cluster, namespace)
  const { dataset } = balance
  const each = Math.floor(records / partitionCount)
  const rest = records % partitionCount
  let acknowledged = 0
  for (let step = 0; step < partitionCount; step++) {
    const partition = (dataset.cursor + step) % partitionCount
    const count = each + (step < rest ? 1 : 0)
    if (count > 0 && acknowledge(dataset, partition, stores, count)) acknowledged += count
  }
  dataset.cursor = (dataset.cursor + rest) % partitionCount
  return acknowledged
}

/** Whether some running member holds the record. */
export const isReadable = (cluster: Cluster, namespace: string, partition: number, position: number): boolean =>
  liveStores(cluster, namespace).some((store) => (store.held[partition] ?? -1) > position)

/** One record of a real client; its position in the partition, or undefined when it could not be acknowledged. */
export const writeOne = (
  cluster: Cluster,
  dataset: Dataset,
  namespace: string,
  partition: number,
): number | undefined => {
  const position = dataset.records[partition] ?? 0
  return acknowledge(dataset, partition, liveStores(cluster, namespace), 1) ? position : undefined
}

/** Whether the node is the partition's master. */
export const isMaster = (cluster: Cluster, namespace: string, nodeId: string, partition: number): boolean => {
  const balance = cluster.balances.get(namespace)
  return (
    balance !== undefined && balance.replicas[partition * balance.replicationFactor] === holderIndex(balance, nodeId)
  )
}
