/** Whose news a cluster needs to get on: while it waits, the silence of those watches is doubted (R24). */
import { Kinds, type ResourceKind } from "../domain/Kubernetes.js"
import { isComplete, isDeleting, type Outcome } from "./status/outcome.js"

const ofMembers: ReadonlyArray<ResourceKind> = [Kinds.Pod, Kinds.StatefulSet, Kinds.AerospikeCluster]
const ofDeletion: ReadonlyArray<ResourceKind> = [...ofMembers, Kinds.PersistentVolumeClaim]

/**
 * The kinds after a pass. Services, ConfigMaps and budgets are not among them: we write them ourselves and know the answers. A cluster paused
 * by its user, or with a spec that cannot be carried out, waits for nobody but that user.
 */
export const awaits = (outcome: Outcome): ReadonlyArray<ResourceKind> => {
  const { plan } = outcome
  if (isDeleting(outcome)) return ofDeletion
  const isForUser = plan._tag === "Refused" || (plan._tag === "Held" && plan.wait.kind === "Paused")
  return isForUser || isComplete(outcome) ? [] : ofMembers
}
