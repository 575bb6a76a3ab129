/** Steps that make objects what they should be, and what is in their way. */
import type { DesiredObjects, EffectiveCluster } from "../domain/EffectiveCluster.js"
import {
  type KubeObject,
  Kinds,
  type OwnedView,
  type ResourceKind,
  type StatefulSetView,
} from "../domain/Kubernetes.js"
import { Annotation } from "../domain/Labels.js"
import type { ImmutableField, Step, Wait } from "../domain/Plan.js"
import type { Snapshot } from "../domain/Snapshot.js"
import { type Difference, isAccepted } from "./acceptedDifferences.js"
import { type ApplicableStatefulSet, applicableStatefulSet } from "./objects/statefulSet.js"
import { isRepairPaused } from "./repairs.js"
import { isOurs, type Members } from "./rollout/members.js"
import type { Shrinking } from "./scale/down.js"
import type { Growth } from "./scale/up.js"

/** What several parts of a plan are made from. */
export interface Situation {
  readonly snapshot: Snapshot
  readonly effective: EffectiveCluster
  readonly desired: DesiredObjects
  readonly members: Members
  readonly differs: Difference
}

/**
 * Why `object` must be applied: it is missing, or differs otherwise than in the way another controller insists on (R55). An object of the same
 * name that belongs to someone else, or is on its way out, is not touched (S6). What a rival undoes again and again is put right rarely (R104).
 */
const reasonToApply = (
  { snapshot, differs }: Situation,
  object: KubeObject,
  live: OwnedView | StatefulSetView | undefined,
): string | undefined => {
  if (live === undefined) return isRepairPaused(snapshot, object) ? undefined : "missing"
  if (live.isTerminating || !isOurs(live, snapshot)) return undefined
  const difference = differs(object, live.object)
  if (difference === undefined || isAccepted(snapshot.memory, object, difference)) return undefined
  return isRepairPaused(snapshot, object) ? undefined : difference
}

/** The cluster's, but not by our hand: everything we apply carries its hash. */
const isInherited = (
  { snapshot }: Situation,
  live: OwnedView | StatefulSetView | undefined,
): live is OwnedView | StatefulSetView =>
  live !== undefined &&
  live.controllerUid === snapshot.cluster.uid &&
  live.object.metadata.annotations?.[Annotation.appliedHash] === undefined

/** The step that applies `object`, if it must be. */
export const apply = (
  situation: Situation,
  kind: ResourceKind,
  object: KubeObject,
  views: ReadonlyArray<OwnedView | StatefulSetView>,
): ReadonlyArray<Step> => {
  const live = views.find((view) => view.name === object.metadata.name)
  const because = reasonToApply(situation, object, live)
  if (because === undefined) return []
  return [{ _tag: "Apply", kind, object, because, ...(isInherited(situation, live) ? { takesOver: live } : {}) }]
}

/** By desired object and live one: most passes meet the pair of the pass before. */
const applicables = new WeakMap<KubeObject, WeakMap<KubeObject, ApplicableStatefulSet>>()

/** What of `object` can be applied to the live StatefulSet (W72). */
const applicable = (object: KubeObject, live: StatefulSetView | undefined): ApplicableStatefulSet => {
  if (live === undefined) return { object, immutable: undefined, keepsTemplate: false }
  const known = applicables.get(object) ?? new WeakMap<KubeObject, ApplicableStatefulSet>()
  const answer = known.get(live.object) ?? applicableStatefulSet(object, live.object)
  known.set(live.object, answer)
  applicables.set(object, known)
  return answer
}

/** What becomes of the StatefulSets at their present or a larger size; shrinking is a step of its own. */
export interface StatefulSetWork {
  readonly steps: ReadonlyArray<Step>
  readonly immutable: ReadonlyArray<ImmutableField>
}

export const statefulSetWork = (situation: Situation, grow: Growth): StatefulSetWork => {
  const steps: Array<Step> = []
  const immutable: Array<ImmutableField> = []
  for (const rack of situation.members.racks) {
    const desired = situation.desired.racks.find((wanted) => wanted.rack.id === rack.id)
    // A missing StatefulSet that cannot be created yet has no target either.
    const replicas = grow.targets.get(rack.id) ?? rack.statefulSet?.replicas
    if (desired === undefined || replicas === undefined) continue
    const wanted = applicable(desired.statefulSet(replicas), rack.statefulSet)
    steps.push(...apply(situation, Kinds.StatefulSet, wanted.object, situation.snapshot.statefulSets))
    if (wanted.immutable !== undefined) {
      immutable.push({ statefulSet: rack.name, field: wanted.immutable, keepsTemplate: wanted.keepsTemplate })
    }
  }
  return { steps, immutable }
}

/** A rack that is no longer in the spec has no desired object: what it is, smaller. */
const smaller = (set: StatefulSetView, replicas: number): KubeObject => {
  const { name, namespace, labels, annotations, ownerReferences } = set.object.metadata
  const spec = set.object["spec"]
  return {
    apiVersion: set.object.apiVersion,
    kind: set.object.kind,
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    },
    spec: { ...(typeof spec === "object" ? spec : {}), replicas },
  }
}

/** The step that takes surplus members away: with the live version as precondition and the evidence. */
export const shrinkSteps = ({ desired }: Situation, shrink: Shrinking): ReadonlyArray<Step> => {
  if (shrink._tag !== "Shrink" || shrink.rack.statefulSet === undefined) return []
  const { rack, replicas, evidence } = shrink
  const set = shrink.rack.statefulSet
  const wanted = desired.racks.find((r) => r.rack.id === rack.id)?.statefulSet(replicas)
  const object = wanted === undefined ? smaller(set, replicas) : applicable(wanted, set).object
  const { namespace, name, uid, resourceVersion } = set
  return [
    {
      _tag: "Apply",
      kind: Kinds.StatefulSet,
      object,
      because: `replicas ${rack.replicas} → ${replicas}`,
      precondition: { namespace, name, uid, resourceVersion },
      evidence,
    },
  ]
}

/** Objects of the same name that are not ours: a namesake's that was deleted, or a stranger's. */
export const foreign = ({ snapshot, desired, members }: Situation): ReadonlyArray<Wait> => {
  const sets = members.racks.filter((rack) => rack.effective !== undefined).map((rack) => rack.name)
  const maps = desired.racks.map((rack) => rack.configMap.metadata.name)
  const wanted: ReadonlyArray<readonly [string, string | undefined, ReadonlyArray<OwnedView | StatefulSetView>]> = [
    ["Service", desired.headlessService.metadata.name, snapshot.services],
    ...maps.map((name) => ["ConfigMap", name, snapshot.configMaps] as const),
    ...sets.map((name) => ["StatefulSet", name, snapshot.statefulSets] as const),
  ]
  return wanted.flatMap(([kind, name, views]): ReadonlyArray<Wait> => {
    const live = views.find((view) => view.name === name)
    if (live === undefined || isOurs(live, snapshot)) return []
    const message = `${kind} ${live.name} belongs to someone else; waiting until it is gone`
    return [{ kind: "StatefulSet", pods: [], message }]
  })
}
