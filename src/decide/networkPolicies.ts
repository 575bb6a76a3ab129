/**
 * The network policy of a cluster: made, kept and taken away. Of two types the one that is not wanted goes when the wanted one stands, so that
 * a cluster with a lock is never without (B17, W67).
 */
import type { DesiredObjects } from "../domain/EffectiveCluster.js"
import { Kinds, type OwnedView } from "../domain/Kubernetes.js"
import type { Step, Wait } from "../domain/Plan.js"
import type { Snapshot } from "../domain/Snapshot.js"
import { policyLeftovers } from "./finalize/leftovers.js"
import { apply, type Situation } from "./objectSteps.js"
import { isOurs } from "./rollout/members.js"

const viewsOf = (
  snapshot: Snapshot,
  { kind }: NonNullable<DesiredObjects["networkPolicy"]>,
): ReadonlyArray<OwnedView> | undefined =>
  kind.kind === Kinds.CiliumNetworkPolicy.kind ? snapshot.ciliumPolicies : snapshot.networkPolicies

/** Why the wanted policy cannot be made; undefined when it can, or none is wanted. */
const obstacle = (snapshot: Snapshot, desired: DesiredObjects): string | undefined => {
  const wanted = desired.networkPolicy
  if (wanted === undefined) return undefined
  const views = viewsOf(snapshot, wanted)
  if (views === undefined) {
    return (
      "CiliumNetworkPolicy (cilium.io/v2) is not installed in this Kubernetes cluster: install Cilium, which is noticed within two " +
      'minutes, or set spec.networkPolicyConfig.type to "kubernetes"'
    )
  }
  const live = views.find(({ name }) => name === wanted.object.metadata.name)
  if (live === undefined || isOurs(live, snapshot)) return undefined
  return `${wanted.kind.kind} ${live.name} belongs to someone else; waiting until it is gone`
}

/** The wanted policy, then the end of every other one; nothing while the wanted one cannot be made. */
export const networkPolicySteps = (situation: Situation): ReadonlyArray<Step> => {
  const { snapshot, desired } = situation
  if (obstacle(snapshot, desired) !== undefined) return []
  const wanted = desired.networkPolicy
  return [
    ...(wanted === undefined ? [] : apply(situation, wanted.kind, wanted.object, viewsOf(snapshot, wanted) ?? [])),
    ...policyLeftovers(snapshot, desired),
  ]
}

/** Looked at again although nothing happens: no watch tells that a kind has come. */
export const networkPolicyWaits = (snapshot: Snapshot, desired: DesiredObjects): ReadonlyArray<Wait> => {
  const message = obstacle(snapshot, desired)
  return message === undefined ? [] : [{ kind: "NetworkPolicy", pods: [], message }]
}
