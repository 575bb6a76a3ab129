/**
 * What the StatefulSet controller wants, as a pure function of what exists. Follows Kubernetes: pods by ordinal, claims before pods, a
 * terminating pod keeps its place until it is gone, the highest ordinal goes first.
 */
import {
  type ClaimObject,
  conditionOf,
  controllerOf,
  isRunningAndReady,
  isTerminating,
  nameOf,
  namespaceOf,
  type PodObject,
  type PodTemplate,
  type RevisionObject,
  type StatefulSetObject,
  type StatefulSetStatus,
  uidOf,
} from "./objects.js"
import { makeRevision, revisionLabel, revisionName, templateOf } from "./revisions.js"
import { matchesSelector } from "./selectors.js"
import { claimsFor, ordinalIn, ownerOf, podFor } from "./statefulSetIdentity.js"

/** One write, in the order to carry out. */
export type Action =
  | { readonly _tag: "CreateRevision"; readonly revision: RevisionObject }
  | { readonly _tag: "RemoveRevision"; readonly revision: RevisionObject }
  | { readonly _tag: "CreateClaim"; readonly claim: ClaimObject }
  | { readonly _tag: "RemoveClaim"; readonly claim: ClaimObject }
  | { readonly _tag: "CreatePod"; readonly pod: PodObject }
  | { readonly _tag: "RemovePod"; readonly pod: PodObject }
  | { readonly _tag: "AdoptPod"; readonly pod: PodObject; readonly owners: PodObject["metadata"]["ownerReferences"] }

/** Everything the decision may look at. `pods` and `claims` are those of the set's namespace. */
export interface Observation {
  readonly set: StatefulSetObject
  readonly pods: ReadonlyArray<PodObject>
  readonly claims: ReadonlyMap<string, ClaimObject>
  readonly revisions: ReadonlyArray<RevisionObject>
  /** Epoch ms; only `minReadySeconds` depends on it. */
  readonly now: number
}

export interface Decision {
  readonly actions: ReadonlyArray<Action>
  readonly status: StatefulSetStatus
  /** Look again after this many ms although nothing may have happened (`minReadySeconds`). */
  readonly lookAgainMs?: number
}

interface Member {
  readonly ordinal: number
  readonly pod: PodObject
}

interface Revisions {
  readonly current: string
  readonly update: string
  readonly currentTemplate: PodTemplate
  readonly updateTemplate: PodTemplate
}

const revisionOf = (pod: PodObject): string | undefined => pod.metadata.labels?.[revisionLabel]
const isMonotonic = (set: StatefulSetObject): boolean => set.spec?.podManagementPolicy !== "Parallel"
const isFinished = (pod: PodObject): boolean => pod.status?.phase === "Failed" || pod.status?.phase === "Succeeded"
const isCreated = (pod: PodObject): boolean => pod.status?.phase !== undefined && pod.status.phase !== ""
const isHealthy = (pod: PodObject): boolean => isRunningAndReady(pod) && !isTerminating(pod)

/** Ms until the pod counts as available: 0 now, undefined when it is not even ready. */
const untilAvailable = (set: StatefulSetObject, pod: PodObject, now: number): number | undefined => {
  if (!isRunningAndReady(pod)) return undefined
  const since = Date.parse(conditionOf(pod.status?.conditions, "Ready")?.lastTransitionTime ?? "")
  const wanted = (set.spec?.minReadySeconds ?? 0) * 1000
  return wanted === 0 || Number.isNaN(since) ? 0 : Math.max(0, since + wanted - now)
}

const isOwned = (set: StatefulSetObject, pod: PodObject): boolean => controllerOf(pod) === uidOf(set)

/** Pods without a controller that match selector and name become the set's (R98). */
const adoptable = (set: StatefulSetObject, pods: ReadonlyArray<PodObject>): ReadonlyArray<PodObject> =>
  pods.filter(
    (pod) =>
      controllerOf(pod) === undefined &&
      !isTerminating(pod) &&
      ordinalIn(set, nameOf(pod)) !== undefined &&
      matchesSelector(pod.metadata.labels, set.spec?.selector),
  )

const members = (set: StatefulSetObject, pods: ReadonlyArray<PodObject>): ReadonlyArray<Member> =>
  pods.flatMap((pod) => {
    const ordinal = isOwned(set, pod) ? ordinalIn(set, nameOf(pod)) : undefined
    return ordinal === undefined ? [] : [{ ordinal, pod }]
  })

const revisionsOf = (observation: Observation): { revisions: Revisions; create: ReadonlyArray<Action> } => {
  const { set } = observation
  const mine = observation.revisions.filter((revision) => controllerOf(revision) === uidOf(set))
  const update = revisionName(set)
  const current = set.status?.currentRevision ?? update
  const currentObject = mine.find((revision) => nameOf(revision) === current)
  const highest = Math.max(0, ...mine.map((revision) => revision.revision ?? 0))
  const updateTemplate = set.spec?.template ?? {}
  return {
    revisions: {
      current,
      update,
      updateTemplate,
      currentTemplate: (currentObject && templateOf(currentObject)) ?? updateTemplate,
    },
    create: mine.some((revision) => nameOf(revision) === update)
      ? []
      : [{ _tag: "CreateRevision", revision: makeRevision(set, highest + 1) }],
  }
}

const usesCurrentRevision = (set: StatefulSetObject, ordinal: number): boolean => {
  const strategy = set.spec?.updateStrategy
  if ((strategy?.type ?? "RollingUpdate") !== "RollingUpdate") return false
  const start = set.spec?.ordinals?.start ?? 0
  const kept =
    strategy?.rollingUpdate === undefined ? (set.status?.currentReplicas ?? 0) : (strategy.rollingUpdate.partition ?? 0)
  return ordinal < start + kept
}

const createPod = (observation: Observation, revisions: Revisions, ordinal: number): ReadonlyArray<Action> => {
  const { claims, set } = observation
  const wanted = claimsFor(set, ordinal)
  // A claim on its way out would take the new pod's data with it (R94).
  if (wanted.some((claim) => isTerminating(claims.get(nameOf(claim)) ?? claim))) return []
  const old = usesCurrentRevision(set, ordinal)
  return [
    ...wanted.filter((claim) => !claims.has(nameOf(claim))).map((claim): Action => ({ _tag: "CreateClaim", claim })),
    {
      _tag: "CreatePod",
      pod: podFor(
        set,
        old ? revisions.currentTemplate : revisions.updateTemplate,
        old ? revisions.current : revisions.update,
        ordinal,
      ),
    },
  ]
}

/** Fills the places below `replicas`. `settled` is false when an ordered set must wait before it does anything else. */
const fill = (
  observation: Observation,
  revisions: Revisions,
  byOrdinal: ReadonlyMap<number, PodObject>,
): { readonly actions: ReadonlyArray<Action>; readonly settled: boolean } => {
  const { set } = observation
  const monotonic = isMonotonic(set)
  const start = set.spec?.ordinals?.start ?? 0
  const actions: Array<Action> = []
  for (let ordinal = start; ordinal < start + (set.spec?.replicas ?? 1); ordinal++) {
    const pod = byOrdinal.get(ordinal)
    if (pod === undefined) actions.push(...createPod(observation, revisions, ordinal))
    else if (isFinished(pod) && !isTerminating(pod)) actions.push({ _tag: "RemovePod", pod })
    const available = pod !== undefined && isHealthy(pod) && untilAvailable(set, pod, observation.now) === 0
    if (monotonic && !available) return { actions, settled: false }
  }
  return { actions, settled: true }
}

/** Takes away what is above `replicas`, highest ordinal first; an ordered set one at a time and never past an unready pod. */
const shrink = (set: StatefulSetObject, condemned: ReadonlyArray<Member>): ReadonlyArray<Action> => {
  const fromTop = [...condemned].sort((a, b) => b.ordinal - a.ordinal)
  if (!isMonotonic(set))
    return fromTop.filter(({ pod }) => !isTerminating(pod)).map(({ pod }) => ({ _tag: "RemovePod", pod }))
  const top = fromTop[0]
  if (top === undefined || isTerminating(top.pod)) return []
  const firstUnhealthy = [...fromTop].reverse().find(({ pod }) => !isHealthy(pod))
  if (!isRunningAndReady(top.pod) && firstUnhealthy !== top) return []
  return [{ _tag: "RemovePod", pod: top.pod }]
}

/** One step of a rolling update: the highest outdated pod goes, if all above it are healthy. `OnDelete` never acts. */
const roll = (
  set: StatefulSetObject,
  revisions: Revisions,
  byOrdinal: ReadonlyMap<number, PodObject>,
): ReadonlyArray<Action> => {
  if ((set.spec?.updateStrategy?.type ?? "RollingUpdate") !== "RollingUpdate") return []
  const start = set.spec?.ordinals?.start ?? 0
  const partition = set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0
  for (let ordinal = start + (set.spec?.replicas ?? 1) - 1; ordinal >= start + partition; ordinal--) {
    const pod = byOrdinal.get(ordinal)
    if (pod === undefined) return []
    if (revisionOf(pod) !== revisions.update && !isTerminating(pod)) return [{ _tag: "RemovePod", pod }]
    if (!isHealthy(pod)) return []
  }
  return []
}

/** Claims of pods above `replicas` that are gone, when the retention policy says so. Never a claim somebody may still use. */
const scaledAway = (observation: Observation, all: ReadonlyArray<Member>): ReadonlyArray<Action> => {
  const { claims, set } = observation
  if (set.spec?.persistentVolumeClaimRetentionPolicy?.whenScaled !== "Delete") return []
  const end = (set.spec.ordinals?.start ?? 0) + (set.spec.replicas ?? 1)
  return (set.spec.volumeClaimTemplates ?? []).flatMap((template) => {
    const prefix = `${template.metadata?.name ?? ""}-`
    return [...claims.values()].flatMap((claim): ReadonlyArray<Action> => {
      const name = nameOf(claim)
      const ordinal = name.startsWith(prefix) ? ordinalIn(set, name.slice(prefix.length)) : undefined
      const isFree = ordinal !== undefined && ordinal >= end && !all.some((member) => member.ordinal === ordinal)
      return isFree && !isTerminating(claim) ? [{ _tag: "RemoveClaim", claim }] : []
    })
  })
}

/** Keeps `revisionHistoryLimit` (10) revisions besides the live ones. */
const forget = (observation: Observation, live: ReadonlySet<string>): ReadonlyArray<Action> => {
  const dead = observation.revisions
    .filter((revision) => controllerOf(revision) === uidOf(observation.set) && !live.has(nameOf(revision)))
    .sort((a, b) => (a.revision ?? 0) - (b.revision ?? 0))
  const excess = dead.length - (observation.set.spec?.revisionHistoryLimit ?? 10)
  return dead.slice(0, Math.max(0, excess)).map((revision) => ({ _tag: "RemoveRevision", revision }))
}

const statusOf = (observation: Observation, revisions: Revisions, all: ReadonlyArray<Member>): StatefulSetStatus => {
  const { now, set } = observation
  const pods = all.map(({ pod }) => pod)
  const live = pods.filter((pod) => isCreated(pod) && !isTerminating(pod))
  const count = {
    replicas: pods.filter(isCreated).length,
    readyReplicas: pods.filter(isRunningAndReady).length,
    availableReplicas: pods.filter((pod) => untilAvailable(set, pod, now) === 0).length,
    currentReplicas: live.filter((pod) => revisionOf(pod) === revisions.current).length,
    updatedReplicas: live.filter((pod) => revisionOf(pod) === revisions.update).length,
  }
  const isRolling = (set.spec?.updateStrategy?.type ?? "RollingUpdate") === "RollingUpdate"
  const isComplete = isRolling && count.updatedReplicas === count.replicas && count.readyReplicas === count.replicas
  return {
    observedGeneration: set.metadata.generation ?? 1,
    ...count,
    ...(isComplete && { currentReplicas: count.updatedReplicas }),
    currentRevision: isComplete ? revisions.update : revisions.current,
    updateRevision: revisions.update,
    collisionCount: 0,
  }
}

/** Everything the controller would do next, and the status it would report. Calling it again after doing it yields nothing new. */
export const desiredActions = (observation: Observation): Decision => {
  const { now, pods, set } = observation
  const here = pods.filter((pod) => namespaceOf(pod) === namespaceOf(set))
  const all = members(set, here)
  const { create, revisions } = revisionsOf(observation)
  const status = statusOf(observation, revisions, all)
  // The garbage collector removes the pods of a set that is being deleted.
  if (isTerminating(set)) return { actions: [], status }

  const orphans = adoptable(set, here)
  const adopt = orphans.map((pod): Action => ({
    _tag: "AdoptPod",
    pod,
    owners: [...(pod.metadata.ownerReferences ?? []), ownerOf(set)],
  }))
  // An orphan already has its place: creating beside it would only fail.
  const placed = [
    ...all,
    ...members(
      set,
      orphans.map((pod) => ({ ...pod, metadata: { ...pod.metadata, ownerReferences: [ownerOf(set)] } })),
    ),
  ]
  const byOrdinal = new Map(placed.map(({ ordinal, pod }) => [ordinal, pod]))
  const start = set.spec?.ordinals?.start ?? 0
  const end = start + (set.spec?.replicas ?? 1)
  const condemned = placed.filter(({ ordinal }) => ordinal < start || ordinal >= end)

  const filled = fill(observation, revisions, byOrdinal)
  const shrunk = filled.settled ? shrink(set, condemned) : []
  const isBusy = filled.actions.length > 0 || (isMonotonic(set) && condemned.length > 0)
  const rolled = filled.settled && !isBusy ? roll(set, revisions, byOrdinal) : []
  const live = new Set([revisions.current, revisions.update, ...all.flatMap(({ pod }) => revisionOf(pod) ?? [])])
  const waits = all.flatMap(({ pod }) => untilAvailable(set, pod, now) ?? []).filter((wait) => wait > 0)
  return {
    actions: [
      ...create,
      ...adopt,
      ...filled.actions,
      ...shrunk,
      ...rolled,
      ...scaledAway(observation, placed),
      ...forget(observation, live),
    ],
    status,
    ...(waits.length > 0 && { lookAgainMs: Math.min(...waits) }),
  }
}
