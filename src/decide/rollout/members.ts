/**
 * Which pods a cluster should have right now, rack by rack: every StatefulSet of ours with its slots (ordinals below `replicas`) and what is
 * still there beyond them. Racks that are no longer wanted are part of it until their StatefulSet is gone (W21).
 */
import type { EffectiveCluster, EffectiveRack } from "../../domain/EffectiveCluster.js"
import { ordinalOf, type PodView, type StatefulSetView } from "../../domain/Kubernetes.js"
import { Label } from "../../domain/Labels.js"
import { podName, statefulSetName } from "../../domain/Names.js"
import type { Snapshot } from "../../domain/Snapshot.js"

/** One identity: the pod that has it, or nothing while it is missing. */
export interface Slot {
  readonly name: string
  readonly rack: number
  readonly ordinal: number
  readonly pod: PodView | undefined
}

export interface RackMembers {
  readonly id: number
  /** Name of the StatefulSet. */
  readonly name: string
  /** Undefined: the rack is no longer in the spec and shrinks to nothing. */
  readonly effective: EffectiveRack | undefined
  /** Pods the rack should end with. */
  readonly wanted: number
  /** Undefined: missing. */
  readonly statefulSet: StatefulSetView | undefined
  /** Pods the StatefulSet is told to keep; without one, those that will be adopted or created. */
  readonly replicas: number
  readonly slots: ReadonlyArray<Slot>
  /** Pods beyond `replicas` that are still there. */
  readonly leaving: ReadonlyArray<PodView>
}

export interface Members {
  /** Wanted racks in spec order, then racks to be removed by id. */
  readonly racks: ReadonlyArray<RackMembers>
  readonly slots: ReadonlyArray<Slot>
  readonly leaving: ReadonlyArray<PodView>
}

/** Controlled by this very resource, or by nobody while it carries our labels: such an object is adopted (R98). */
export const isOurs = (
  view: { readonly controllerUid?: string; readonly labels: Readonly<Record<string, string>> },
  snapshot: Snapshot,
): boolean =>
  view.controllerUid === undefined
    ? view.labels[Label.instance] === snapshot.cluster.name
    : view.controllerUid === snapshot.cluster.uid

/** Rack id from a StatefulSet's name; undefined for a name that is not ours. */
export const rackOf = (cluster: string, statefulSet: string): number | undefined => {
  if (!statefulSet.startsWith(`${cluster}-`)) return undefined
  const id = statefulSet.slice(cluster.length + 1)
  return /^\d+$/.test(id) ? Number(id) : undefined
}

const podsOf = (snapshot: Snapshot, name: string): ReadonlyArray<PodView> =>
  snapshot.pods.filter((pod) => {
    const ordinal = ordinalOf(pod.name)
    return ordinal !== undefined && pod.name === `${name}-${ordinal}`
  })

/** A StatefulSet that was deleted without its pods gets them back: it must be created large enough to adopt every one of them (R98). */
const adopting = (pods: ReadonlyArray<PodView>, wanted: number): number =>
  pods.reduce((most, pod) => (pod.isTerminating ? most : Math.max(most, (ordinalOf(pod.name) ?? -1) + 1)), wanted)

const membersOf = (
  snapshot: Snapshot,
  id: number,
  effective: EffectiveRack | undefined,
  statefulSet: StatefulSetView | undefined,
): RackMembers => {
  const name = statefulSetName(snapshot.cluster.name, id)
  const pods = podsOf(snapshot, name)
  const wanted = effective?.size ?? 0
  const replicas = statefulSet?.replicas ?? adopting(pods, 0)
  const byName = new Map(pods.map((pod) => [pod.name, pod]))
  const slots = Array.from({ length: replicas }, (_, ordinal): Slot => {
    const slot = podName(snapshot.cluster.name, id, ordinal)
    return { name: slot, rack: id, ordinal, pod: byName.get(slot) }
  })
  return {
    id,
    name,
    effective,
    wanted,
    statefulSet,
    replicas,
    slots,
    leaving: pods.filter((pod) => (ordinalOf(pod.name) ?? 0) >= replicas),
  }
}

/** The members of a cluster as Kubernetes has them, whatever the nodes say. */
export const members = (snapshot: Snapshot, effective: EffectiveCluster): Members => {
  const owned = new Map(
    snapshot.statefulSets.filter((set) => isOurs(set, snapshot)).map((set) => [set.name, set] as const),
  )
  const wanted = effective.racks.map((rack) =>
    membersOf(snapshot, rack.id, rack, owned.get(statefulSetName(snapshot.cluster.name, rack.id))),
  )
  const leftovers = [...owned.values()]
    .flatMap((set) => {
      const id = rackOf(snapshot.cluster.name, set.name)
      return id === undefined || effective.racks.some((rack) => rack.id === id) ? [] : [{ id, set }]
    })
    .sort((a, b) => a.id - b.id)
    .map(({ id, set }) => membersOf(snapshot, id, undefined, set))
  const racks = [...wanted, ...leftovers]
  return { racks, slots: racks.flatMap((rack) => rack.slots), leaving: racks.flatMap((rack) => rack.leaving) }
}
