/** Whose news a cluster needs to get on: while it waits, the silence of those watches is doubted (R24). */
import { Kinds, type OwnedView, type ResourceKind } from "../domain/Kubernetes.js"
import type { Snapshot } from "../domain/Snapshot.js"
import { isOurs } from "./rollout/members.js"
import { isComplete, isDeleting, type Outcome } from "./status/outcome.js"

const ofMembers: ReadonlyArray<ResourceKind> = [Kinds.Pod, Kinds.StatefulSet, Kinds.AerospikeCluster]
const ofDeletion: ReadonlyArray<ResourceKind> = [...ofMembers, Kinds.PersistentVolumeClaim]

/**
 * Services, ConfigMaps, budgets and policies we write ourselves and know the answers, except where one that is not ours is in the way, such as that of
 * a predecessor of the same name: then only news of its end let us make our own (R17).
 */
const obstructed = (snapshot: Snapshot): ReadonlyArray<ResourceKind> => {
  const isInTheWay = (view: OwnedView): boolean => view.isTerminating || !isOurs(view, snapshot)
  const { services, configMaps, pdbs, networkPolicies, ciliumPolicies = [] } = snapshot
  return [
    ...(services.some(isInTheWay) ? [Kinds.Service] : []),
    ...(configMaps.some(isInTheWay) ? [Kinds.ConfigMap] : []),
    ...(pdbs.some(isInTheWay) ? [Kinds.PodDisruptionBudget] : []),
    ...(networkPolicies.some(isInTheWay) ? [Kinds.NetworkPolicy] : []),
    ...(ciliumPolicies.some(isInTheWay) ? [Kinds.CiliumNetworkPolicy] : []),
  ]
}

/** The kinds after a pass. A cluster paused by its user, or with a spec that cannot be carried out, waits for nobody but that user. */
export const awaits = (outcome: Outcome): ReadonlyArray<ResourceKind> => {
  const { plan, snapshot } = outcome
  if (isDeleting(outcome)) return ofDeletion
  const isForUser = plan._tag === "Refused" || (plan._tag === "Held" && plan.wait.kind === "Paused")
  if (isForUser) return []
  return [...(isComplete(outcome) ? [] : ofMembers), ...obstructed(snapshot)]
}
