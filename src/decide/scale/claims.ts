/**
 * Claims of pods that are gone for good. Level-triggered: every pass looks at what is there, not at what was just done (W20, R97). Only claims
 * that carry this very resource's UID are ever touched (S1, W73): a claim of a namesake, or one that ACKO made, stays.
 */
import type { EffectiveCluster } from "../../domain/EffectiveCluster.js"
import { type ClaimView, Kinds } from "../../domain/Kubernetes.js"
import { Label } from "../../domain/Labels.js"
import { statefulSetName } from "../../domain/Names.js"
import type { Step } from "../../domain/Plan.js"
import type { Snapshot } from "../../domain/Snapshot.js"
import type { Members, RackMembers } from "../rollout/members.js"

/** A claim as its StatefulSet named it: `<volume>-<statefulset>-<ordinal>`. */
export interface MemberClaim {
  readonly claim: ClaimView
  readonly volume: string
  readonly rack: number
  readonly ordinal: number
  readonly pod: string
}

/** The claim of a member of this cluster; undefined for one whose labels do not prove it. */
export const memberClaim = (snapshot: Snapshot, claim: ClaimView): MemberClaim | undefined => {
  if (claim.labels[Label.instance] !== snapshot.cluster.name) return undefined
  if (claim.labels[Label.clusterUid] !== snapshot.cluster.uid) return undefined
  const [, owner = "", rack, ordinal] = /^(.+)-(\d+)-(\d+)$/.exec(claim.name) ?? []
  const ofCluster = `-${snapshot.cluster.name}`
  const volume = owner.slice(0, -ofCluster.length)
  if (!owner.endsWith(ofCluster) || volume === "") return undefined
  const pod = claim.name.slice(volume.length + 1)
  const label = claim.labels[Label.rack]
  if (label !== undefined && label !== rack) return undefined
  return { claim, volume, pod, rack: Number(rack), ordinal: Number(ordinal) }
}

const memberClaims = (snapshot: Snapshot): ReadonlyArray<MemberClaim> =>
  snapshot.claims.flatMap((claim) => memberClaim(snapshot, claim) ?? [])

/** Volumes of a rack that go with their pods; for a rack that is no longer in the spec, those of all racks. */
const cascadeVolumes = (effective: EffectiveCluster, rack: number): ReadonlySet<string> =>
  new Set(
    effective.racks.find((r) => r.id === rack)?.cascadeVolumes ??
      effective.racks.flatMap((r) => r.cascadeVolumes) ??
      [],
  )

const hasPod = (snapshot: Snapshot, name: string): boolean => snapshot.pods.some((pod) => pod.name === name)

/** No StatefulSet will hand this claim to a pod: the size is committed and seen by its controller, and the pod is gone. */
const isOrphaned = (snapshot: Snapshot, members: Members, effective: EffectiveCluster, claim: MemberClaim): boolean => {
  if (hasPod(snapshot, claim.pod)) return false
  const set = members.racks.find((rack) => rack.id === claim.rack)?.statefulSet
  if (set !== undefined) return claim.ordinal >= set.replicas && set.observedGeneration >= set.generation
  const name = statefulSetName(snapshot.cluster.name, claim.rack)
  // A missing StatefulSet that is still wanted comes back and needs its claims (R98); one in foreign hands is none of our business.
  return !effective.racks.some((rack) => rack.id === claim.rack) && !snapshot.statefulSets.some((s) => s.name === name)
}

const remove = (claim: ClaimView, because: string): Step => {
  const { namespace, name, uid, resourceVersion } = claim
  return {
    _tag: "Remove",
    kind: Kinds.PersistentVolumeClaim,
    target: { namespace, name, uid, resourceVersion },
    because,
  }
}

/** Removal of cascade claims beyond the present size. */
export const orphanedClaims = (
  snapshot: Snapshot,
  members: Members,
  effective: EffectiveCluster,
): ReadonlyArray<Step> =>
  memberClaims(snapshot)
    .filter(
      (claim) =>
        !claim.claim.isTerminating &&
        cascadeVolumes(effective, claim.rack).has(claim.volume) &&
        isOrphaned(snapshot, members, effective, claim),
    )
    .map((claim) => remove(claim.claim, `pod ${claim.pod} was removed`))

/** Removal of all cascade claims: the cluster is being deleted. */
export const claimsOfDeletedCluster = (snapshot: Snapshot, effective: EffectiveCluster): ReadonlyArray<Step> =>
  memberClaims(snapshot)
    .filter((claim) => !claim.claim.isTerminating && cascadeVolumes(effective, claim.rack).has(claim.volume))
    .map((claim) => remove(claim.claim, "the cluster is being deleted"))

/** What keeps a rack from growing over an ordinal: claims left behind by an earlier pod of that name. */
export interface ClaimObstacle {
  readonly ordinal: number
  readonly kind: "Leaving" | "Retained"
  readonly claims: ReadonlyArray<string>
}

/**
 * The lowest ordinal in `[replicas, wanted)` that a rack must not be grown over yet. A claim that goes with its pod is waited for. A retained
 * one of a rack with persistent records would bring deleted records back with it, so it needs the user's word (R96).
 */
export const claimObstacle = (
  snapshot: Snapshot,
  effective: EffectiveCluster,
  rack: RackMembers,
): ClaimObstacle | undefined => {
  if (rack.statefulSet === undefined) return undefined
  const cascade = cascadeVolumes(effective, rack.id)
  const holdsRecords = rack.effective?.namespaces.some((namespace) => namespace.isPersistent) === true
  const obstacles = memberClaims(snapshot)
    .filter((claim) => claim.rack === rack.id && claim.ordinal >= rack.replicas && claim.ordinal < rack.wanted)
    .flatMap((claim): ReadonlyArray<ClaimObstacle> => {
      const { ordinal } = claim
      const claims = [claim.claim.name]
      if (claim.claim.isTerminating || cascade.has(claim.volume)) return [{ ordinal, kind: "Leaving", claims }]
      return holdsRecords && !effective.allowUnsafeRestart ? [{ ordinal, kind: "Retained", claims }] : []
    })
  const [first] = obstacles.toSorted((a, b) => a.ordinal - b.ordinal || (a.kind < b.kind ? -1 : 1))
  return first === undefined
    ? undefined
    : { ...first, claims: obstacles.filter((o) => o.kind === first.kind).flatMap((o) => o.claims) }
}
