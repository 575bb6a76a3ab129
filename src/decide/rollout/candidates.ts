/** Which pods want a restart, and why: image, configuration or anything else in the pod template differs (W5, W26, W30). */
import type { RestartReason } from "../../domain/ClusterStatus.js"
import type { DesiredObjects } from "../../domain/EffectiveCluster.js"
import type { PodView } from "../../domain/Kubernetes.js"
import { templateDifference } from "../objects/templateDifference.js"
import type { Members, RackMembers } from "./members.js"

/** A pod that runs something else than it should. */
export interface Candidate {
  readonly pod: PodView
  readonly rack: RackMembers
  readonly ordinal: number
  readonly reason: RestartReason
  /** First difference, for people. */
  readonly because: string
}

/**
 * All pods that want a restart: those of wanted racks that are there and not already on their way out (W9). Pods that a scale-down is about to
 * remove are left alone, unless that scale-down is refused.
 */
export const candidates = (
  members: Members,
  desired: DesiredObjects,
  options: { readonly surplusStays: boolean },
): ReadonlyArray<Candidate> =>
  members.racks.flatMap((rack) => {
    const wanted = desired.racks.find((r) => r.rack.id === rack.id)
    if (wanted === undefined) return []
    return rack.slots.flatMap(({ pod, ordinal }) => {
      if (pod === undefined || pod.isTerminating) return []
      if (ordinal >= rack.wanted && !options.surplusStays) return []
      const difference = templateDifference(wanted, pod)
      return difference === undefined ? [] : [{ pod, rack, ordinal, ...difference }]
    })
  })
