/**
 * What stopping a node costs, whatever the evidence says about the cluster (S3). By namespace, with the replication factor that is in force
 * (`effective_replication_factor` of the nodes where known, else the smaller of the configured one and the size):
 *
 * | replication factor in force | records | restart one | restart a batch | remove for good |
 * |---|---|---|---|---|
 * | ≥ 2 | persistent | yes | up to `maxUnavailable` | one less than the factor at a time |
 * | ≥ 2 | in memory | yes | one less than the factor | one less than the factor at a time |
 * | 1 | persistent | yes: they are back with the pod | up to `maxUnavailable` | only with `acko.io/allow-unsafe-restart` |
 * | 1 | in memory | only with `acko.io/allow-unsafe-restart` | one at a time | only with `acko.io/allow-unsafe-restart` |
 *
 * A cluster of size 1 has factor 1. A namespace no node has yet holds nothing that could be lost.
 */
import type { EffectiveCluster, EffectiveNamespace } from "../../domain/EffectiveCluster.js"
import { known, type Statistics } from "../../domain/NodeFacts.js"
import { Annotation } from "../../domain/Labels.js"
import type { Snapshot } from "../../domain/Snapshot.js"
import { count, readNode } from "./nodeReading.js"

export interface NamespaceRisk {
  readonly name: string
  /** Copies of every record while the cluster is whole. */
  readonly replicationFactor: number
  readonly isPersistent: boolean
}

/** Statistics of one namespace from every pod that answered for it. */
export const namespaceAnswers = (
  snapshot: Snapshot,
  name: string,
): ReadonlyArray<{ readonly pod: string; readonly statistics: Statistics }> =>
  snapshot.pods.flatMap((pod) => {
    const reading = readNode(snapshot.facts.latest, pod)
    const answer = reading._tag === "Answered" ? reading.answers.namespaces[name] : undefined
    const statistics = answer === undefined ? undefined : known(answer)
    return statistics === undefined ? [] : [{ pod: pod.name, statistics }]
  })

const mergeRacks = (effective: EffectiveCluster): ReadonlyArray<EffectiveNamespace> => {
  const merged = new Map<string, EffectiveNamespace>()
  for (const namespace of effective.racks.flatMap((rack) => rack.namespaces)) {
    const other = merged.get(namespace.name) ?? namespace
    merged.set(namespace.name, {
      name: namespace.name,
      replicationFactor: Math.min(other.replicationFactor, namespace.replicationFactor),
      isPersistent: other.isPersistent && namespace.isPersistent,
    })
  }
  return [...merged.values()]
}

/** The replication factor in force per namespace, for a cluster of `size` nodes. */
export const namespaceRisks = (
  snapshot: Snapshot,
  effective: EffectiveCluster,
  size: number,
): ReadonlyArray<NamespaceRisk> =>
  mergeRacks(effective).map(({ name, replicationFactor, isPersistent }) => {
    const live = namespaceAnswers(snapshot, name).flatMap(
      ({ statistics }) => count(statistics, "effective_replication_factor") ?? [],
    )
    return {
      name,
      replicationFactor: live.length > 0 ? Math.min(...live) : Math.min(replicationFactor, size),
      isPersistent,
    }
  })

const optIn = `set annotation ${Annotation.allowUnsafeRestart}: "true" to accept that`

/** How many healthy members may be down at a time, or why none. */
export type Allowance =
  { readonly _tag: "Allowed"; readonly pods: number } | { readonly _tag: "Denied"; readonly message: string }

/** For restarts. `maxUnavailable` 0 means what it says: nothing healthy is stopped. */
export const restartAllowance = (snapshot: Snapshot, effective: EffectiveCluster, size: number): Allowance => {
  if (effective.maxUnavailable < 1) {
    return { _tag: "Denied", message: "maxUnavailable is 0: no healthy pod is restarted until it is raised" }
  }
  const volatile = namespaceRisks(snapshot, effective, size).filter((namespace) => !namespace.isPersistent)
  const single = volatile.filter((namespace) => namespace.replicationFactor < 2)
  if (single.length > 0 && !effective.allowUnsafeRestart) {
    const names = single.map((namespace) => namespace.name).join(", ")
    return {
      _tag: "Denied",
      message: `restarting a node would lose the only copy of records in memory (namespace ${names}); ${optIn}`,
    }
  }
  const copies = volatile.map((namespace) => Math.max(1, namespace.replicationFactor - 1))
  return { _tag: "Allowed", pods: Math.min(effective.maxUnavailable, ...copies) }
}

/** For removals from a cluster of `size` nodes: the copies must find room on the nodes that stay. */
export const removalAllowance = (snapshot: Snapshot, effective: EffectiveCluster, size: number): Allowance => {
  if (effective.allowUnsafeRestart) return { _tag: "Allowed", pods: 1 }
  const risks = namespaceRisks(snapshot, effective, size)
  const single = risks.filter((namespace) => namespace.replicationFactor < 2)
  if (single.length > 0) {
    const names = single.map((namespace) => namespace.name).join(", ")
    return {
      _tag: "Denied",
      message: `removing a node would lose the only copy of its records (namespace ${names}); ${optIn}`,
    }
  }
  return { _tag: "Allowed", pods: Math.min(size, ...risks.map((namespace) => namespace.replicationFactor - 1)) }
}
