/**
 * The finalizer, four cases: alive or being deleted, with or without it.
 *
 * |  | finalizer missing | finalizer present |
 * |---|---|---|
 * | alive | add it, before the first object that needs cleaning up | nothing |
 * | being deleted | nothing at all: somebody took it away | remove cascade claims, then the finalizer |
 *
 * Deletion asks no node anything (R107) and creates nothing (R7, R106): StatefulSets, Services and the rest go with the resource by garbage
 * collection. A claim that cannot be removed keeps the finalizer.
 */
import type { EffectiveCluster } from "../../domain/EffectiveCluster.js"
import { finalizer } from "../../domain/Labels.js"
import type { Track } from "../../domain/Plan.js"
import type { Snapshot } from "../../domain/Snapshot.js"
import { claimsOfDeletedCluster } from "../scale/claims.js"

export const hasFinalizer = (snapshot: Snapshot): boolean => snapshot.cluster.finalizers.includes(finalizer)

/** The track that every object waits for while the resource is alive; no step when there is nothing to add. */
export const finalizerTrack = (snapshot: Snapshot): Track => ({
  name: "finalizer",
  steps: hasFinalizer(snapshot) ? [] : [{ _tag: "AddFinalizer" }],
  after: [],
})

/** All that a deletion takes. `effective` is undefined for an unreadable spec: then no claim is known to be cascade, and all are kept. */
export const deletionTracks = (snapshot: Snapshot, effective: EffectiveCluster | undefined): ReadonlyArray<Track> => {
  if (!hasFinalizer(snapshot)) return []
  return [
    {
      name: "claims",
      steps: effective === undefined ? [] : claimsOfDeletedCluster(snapshot, effective),
      independent: true,
      after: [],
    },
    { name: "finalizer", steps: [{ _tag: "RemoveFinalizer" }], after: ["claims"] },
  ]
}
