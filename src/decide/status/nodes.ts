/** What the nodes say together: migrations, cluster size, split. One silent node makes a sum unknown, never smaller (R20-8). */
import type { PodView } from "../../domain/Kubernetes.js"
import { type Collection, known } from "../../domain/NodeFacts.js"
import type { Snapshot } from "../../domain/Snapshot.js"
import { groupsByKey } from "../rollout/agreement.js"
import { count, readNode } from "../rollout/nodeReading.js"

export interface NodesSummary {
  /** Partitions still to move. `isComplete` is false when a node did not tell: the sum is then a lower bound. */
  readonly migrations: { readonly remaining: number; readonly isComplete: boolean } | undefined
  /** Size of the cluster most nodes are in. */
  readonly clusterSize: number | undefined
  /** Groups of pods that are clusters of their own, in both latest collections; undefined when nothing can be said. */
  readonly split: ReadonlyArray<ReadonlyArray<string>> | undefined
}

/** Remaining partitions of one node: by its own count, or by its namespaces while that count lies (S3). */
export const migratingPartitions = (collection: Collection | undefined, pod: PodView): number | undefined => {
  const reading = readNode(collection, pod)
  if (reading._tag === "Unknown") return undefined
  const own = count(known(reading.answers.statistics), "migrate_partitions_remaining")
  const byNamespace = Object.values(reading.answers.namespaces).reduce((sum, answer) => {
    const statistics = known(answer)
    return (
      sum +
      (count(statistics, "migrate_tx_partitions_remaining") ?? 0) +
      (count(statistics, "migrate_rx_partitions_remaining") ?? 0)
    )
  }, 0)
  return own === undefined ? undefined : Math.max(own, byNamespace)
}

const splitIn = (collection: Collection, pods: ReadonlyArray<PodView>): ReadonlyArray<ReadonlyArray<string>> =>
  groupsByKey(collection, pods)
    .filter((group) => group.isSelfContained)
    .map((group) => group.pods)

/** The summary over `pods` (those that should be members). */
export const summarize = (snapshot: Snapshot, pods: ReadonlyArray<PodView>): NodesSummary => {
  const { latest, previous } = snapshot.facts
  if (latest === undefined || pods.length === 0) {
    return { migrations: undefined, clusterSize: undefined, split: undefined }
  }
  const counts = pods.map((pod) => migratingPartitions(latest, pod))
  const told = counts.filter((partitions) => partitions !== undefined)
  const [largest] = groupsByKey(latest, pods)
  const sizes = pods.flatMap((pod) => {
    if (largest?.pods.includes(pod.name) !== true) return []
    const reading = readNode(latest, pod)
    return reading._tag === "Unknown" ? [] : (count(known(reading.answers.statistics), "cluster_size") ?? [])
  })
  const now = splitIn(latest, pods)
  const before = previous === undefined ? [] : splitIn(previous, pods)
  return {
    migrations:
      told.length === 0
        ? undefined
        : { remaining: told.reduce((sum, n) => sum + n, 0), isComplete: told.length === counts.length },
    clusterSize: sizes.length === 0 ? undefined : Math.max(...sizes),
    split: told.length === 0 ? undefined : now.length > 1 && before.length > 1 ? now : [],
  }
}
