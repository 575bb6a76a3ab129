/** One disruption budget for all racks of a cluster (behaviour.md §3.6, R92). */
import type { EffectiveCluster } from "../../domain/EffectiveCluster.js"
import { type KubeObject, Kinds } from "../../domain/Kubernetes.js"
import { clusterLabels, selectorLabels } from "../../domain/Labels.js"
import { pdbName } from "../../domain/Names.js"
import { ownedObject } from "./ownedObject.js"

/** Undefined with `disablePDB`. */
export const podDisruptionBudget = (cluster: EffectiveCluster): KubeObject | undefined =>
  cluster.disablePdb
    ? undefined
    : ownedObject(cluster, Kinds.PodDisruptionBudget, pdbName(cluster.key.name), clusterLabels(cluster.key.name), {
        spec: {
          maxUnavailable: cluster.maxUnavailableSpec,
          selector: { matchLabels: selectorLabels(cluster.key.name) },
        },
      })
