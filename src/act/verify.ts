/**
 * The last look before something is destroyed (S1): quorum reads of the owner and of the victim, compared with what the decision was made
 * from. Caches may be minutes old (R16–R18, R22); these reads are not.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { Kinds, type KubeObject, type ObjectIdentity, type ResourceKind } from "../domain/Kubernetes.js"
import { Label, ownedSelector } from "../domain/Labels.js"
import type { Snapshot } from "../domain/Snapshot.js"
import { KubeReader } from "../kube/KubeClient.js"
import { isNotFound } from "../kube/KubeError.js"

/** The world is not the one we decided for. Not a failure: decide again. */
export class StaleDecision extends Data.TaggedError("StaleDecision")<{ readonly detail: string }> {
  override get message(): string {
    return this.detail
  }
}

const stale = (detail: string) => Effect.fail(new StaleDecision({ detail }))

/** UID of the controlling owner of a raw object. */
export const controllerUidOf = (object: KubeObject): string | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid

/** Reads the live resource and fails unless it is the one the snapshot was taken of: same UID, same generation, not being deleted. */
export const verifyCluster = (snapshot: Snapshot, options: { readonly whileDeleting: boolean }) =>
  Effect.gen(function* () {
    const reader = yield* KubeReader
    const live = yield* reader.get(Kinds.AerospikeCluster, snapshot.key)
    if (live.metadata.uid !== snapshot.cluster.uid) return yield* stale("the cluster was deleted and created anew")
    if (live.metadata.generation !== snapshot.cluster.generation) return yield* stale("the cluster's spec has changed")
    if (!options.whileDeleting && live.metadata.deletionTimestamp !== undefined)
      return yield* stale("the cluster is being deleted")
    return live
  })

/**
 * Reads the live object and fails unless it is the identity we mean and belongs to the cluster: by controller reference, or, for claims
 * (which have none), by the UID label their StatefulSet gave them.
 */
export const verifyOwned = (kind: ResourceKind, target: ObjectIdentity, clusterUid: string) =>
  Effect.gen(function* () {
    const reader = yield* KubeReader
    const live = yield* reader.get(kind, target)
    if (live.metadata.uid !== target.uid) return yield* stale(`${kind.kind} ${target.name} is another object now`)
    const owner =
      kind.kind === Kinds.PersistentVolumeClaim.kind ? live.metadata.labels?.[Label.clusterUid] : controllerUidOf(live)
    if (owner !== clusterUid) return yield* stale(`${kind.kind} ${target.name} does not belong to this cluster`)
    return live
  })

/** Fails if an object of this name exists that has another owner. */
export const verifyFree = (kind: ResourceKind, object: KubeObject, snapshot: Snapshot) =>
  Effect.gen(function* () {
    const reader = yield* KubeReader
    const { name = "" } = object.metadata
    const live = yield* reader
      .get(kind, { namespace: snapshot.key.namespace, name })
      .pipe(Effect.catchIf(isNotFound, () => Effect.succeed(undefined)))
    if (live === undefined) return
    const owner = controllerUidOf(live)
    const isAdoptable = owner === undefined && live.metadata.labels?.[Label.instance] === snapshot.key.name
    if (owner !== snapshot.cluster.uid && !isAdoptable) {
      return yield* stale(`${kind.kind} ${name} exists and belongs to someone else`)
    }
    if (live.metadata.deletionTimestamp !== undefined) return yield* stale(`${kind.kind} ${name} is being deleted`)
  })

const isReady = (pod: KubeObject): boolean => {
  const status = pod["status"] as { conditions?: ReadonlyArray<{ type?: unknown; status?: unknown }> } | undefined
  return (
    pod.metadata.deletionTimestamp === undefined &&
    (status?.conditions ?? []).some((c) => c.type === "Ready" && c.status === "True")
  )
}

/**
 * Reads all pods of the cluster and fails unless the victim is the pod we mean, owned by the given StatefulSet, and no other pod that the
 * decision counted as available has gone since (S2).
 *
 * @param companions UIDs of all victims of the same decision: it counted them as down already
 */
export const verifyVictim = (
  snapshot: Snapshot,
  victim: ObjectIdentity,
  statefulSetUid: string,
  companions: ReadonlySet<string>,
) =>
  Effect.gen(function* () {
    const reader = yield* KubeReader
    const page = yield* reader.list(Kinds.Pod, {
      namespace: snapshot.key.namespace,
      labelSelector: `${ownedSelector},${Label.instance}=${snapshot.key.name}`,
    })
    const live = new Map(page.items.map((pod) => [pod.metadata.name, pod]))
    const pod = live.get(victim.name)
    if (pod === undefined || pod.metadata.uid !== victim.uid)
      return yield* stale(`pod ${victim.name} is another pod now`)
    if (pod.metadata.deletionTimestamp !== undefined) return yield* stale(`pod ${victim.name} is already terminating`)
    if (controllerUidOf(pod) !== statefulSetUid)
      return yield* stale(`pod ${victim.name} is not controlled by its StatefulSet`)
    const lost = snapshot.pods.filter((known) => {
      if (known.name === victim.name || known.isTerminating || companions.has(known.uid)) return false
      if (!known.conditions.some((c) => c.type === "Ready" && c.status === "True")) return false
      const now = live.get(known.name)
      return now === undefined || now.metadata.uid !== known.uid || !isReady(now)
    })
    if (lost.length > 0) return yield* stale(`${lost.map((p) => p.name).join(", ")} became unavailable meanwhile`)
    return pod
  })
