/** Objects of ours that nothing in the spec asks for any more: emptied racks, their ConfigMaps, Services of single pods, an unwanted PDB. */
import type { DesiredObjects } from "../../domain/EffectiveCluster.js"
import { Kinds, type ObjectIdentity, type OwnedView, type ResourceKind } from "../../domain/Kubernetes.js"
import { Label } from "../../domain/Labels.js"
import { configMapName } from "../../domain/Names.js"
import type { Step } from "../../domain/Plan.js"
import type { Snapshot } from "../../domain/Snapshot.js"
import type { Members, RackMembers } from "../rollout/members.js"

const remove = (kind: ResourceKind, view: ObjectIdentity, because: string): Step => {
  const { namespace, name, uid, resourceVersion } = view
  return { _tag: "Remove", kind, target: { namespace, name, uid, resourceVersion }, because }
}

/** Only what this very resource controls, never what merely looks like it (S6). */
const removable = (snapshot: Snapshot, views: ReadonlyArray<OwnedView>): ReadonlyArray<OwnedView> =>
  views.filter((view) => view.controllerUid === snapshot.cluster.uid && !view.isTerminating)

/** A rack without pods whose controller has seen that it wants none (W21). */
const isEmptied = ({ effective, statefulSet, replicas, leaving }: RackMembers): boolean =>
  effective === undefined &&
  statefulSet !== undefined &&
  !statefulSet.isTerminating &&
  replicas === 0 &&
  leaving.length === 0 &&
  statefulSet.observedGeneration >= statefulSet.generation &&
  statefulSet.currentReplicas === 0

/** StatefulSets of emptied racks, and ConfigMaps that no StatefulSet uses. */
export const rackLeftovers = (snapshot: Snapshot, members: Members, desired: DesiredObjects): ReadonlyArray<Step> => {
  const wanted = new Set(desired.racks.map((rack) => rack.configMap.metadata.name))
  const inUse = new Set(
    snapshot.statefulSets.flatMap((set) => {
      const rack = members.racks.find((r) => r.name === set.name)
      return rack === undefined ? [] : [configMapName(snapshot.cluster.name, rack.id)]
    }),
  )
  return [
    ...members.racks.flatMap((rack) =>
      isEmptied(rack) && rack.statefulSet?.controllerUid === snapshot.cluster.uid
        ? [remove(Kinds.StatefulSet, rack.statefulSet, `rack ${rack.id} is no longer in the spec and empty`)]
        : [],
    ),
    ...removable(snapshot, snapshot.configMaps)
      .filter(({ name, labels }) => labels[Label.rack] !== undefined && !wanted.has(name) && !inUse.has(name))
      .map((view) => remove(Kinds.ConfigMap, view, "its rack is gone")),
  ]
}

/** Services of single pods that are not wanted (any more). */
export const serviceLeftovers = (snapshot: Snapshot, desired: DesiredObjects): ReadonlyArray<Step> => {
  const wanted = new Set([desired.headlessService, ...desired.podServices].map((object) => object.metadata.name))
  return removable(snapshot, snapshot.services)
    .filter(({ name, labels }) => labels[Label.podService] !== undefined && !wanted.has(name))
    .map((view) => remove(Kinds.Service, view, "its pod is not in the spec any more"))
}

/** Policies of the type, or by the name, that is not wanted (any more): of both kinds, whatever made them (B17, W67). */
export const policyLeftovers = (snapshot: Snapshot, desired: DesiredObjects): ReadonlyArray<Step> => {
  const wanted = desired.networkPolicy
  const because = wanted === undefined ? "no network policy is wanted" : `networkPolicyConfig.type is another`
  const unwanted = (kind: ResourceKind, views: ReadonlyArray<OwnedView> = []): ReadonlyArray<Step> =>
    removable(snapshot, views)
      .filter(({ name }) => wanted?.kind.kind !== kind.kind || wanted.object.metadata.name !== name)
      .map((view) => remove(kind, view, because))
  return [
    ...unwanted(Kinds.NetworkPolicy, snapshot.networkPolicies),
    ...unwanted(Kinds.CiliumNetworkPolicy, snapshot.ciliumPolicies),
  ]
}

/** The PodDisruptionBudget when `disablePDB` is set. */
export const budgetLeftovers = (snapshot: Snapshot, desired: DesiredObjects): ReadonlyArray<Step> =>
  removable(snapshot, snapshot.pdbs)
    .filter(({ name }) => name !== desired.pdb?.metadata.name)
    .map((view) => remove(Kinds.PodDisruptionBudget, view, "disablePDB is set"))
