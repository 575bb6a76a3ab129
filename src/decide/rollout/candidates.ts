/**
 * Which pods want a restart, and why: image, configuration or anything else in the pod template differs (W5, W26, W30), or an operation asks for
 * it (W13).
 */
import type { RestartReason } from "../../domain/ClusterStatus.js"
import type { DesiredObjects } from "../../domain/EffectiveCluster.js"
import type { PodView } from "../../domain/Kubernetes.js"
import type { OperationRun } from "../../domain/Plan.js"
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
  /** For an operation alone: its place in the operation, and whether it has to wait until the status knows of it. */
  readonly operation?: { readonly place: number; readonly isHeld: boolean }
}

/** A pod that an operation asks to restart. */
const onDemand = (
  run: OperationRun | undefined,
  pod: PodView,
): Pick<Candidate, "reason" | "because" | "operation"> | undefined => {
  const place = run?.pending.indexOf(pod.name) ?? -1
  if (run === undefined || place < 0) return undefined
  const operation = { place, isHeld: !run.released.has(pod.name) }
  return { reason: "ManualRestart", because: `operation ${run.id}`, operation }
}

/**
 * All pods that want a restart: those of wanted racks that are there and not already on their way out (W9). Pods that a scale-down is about to
 * remove are left alone, unless that scale-down is refused.
 */
export const candidates = (
  members: Members,
  desired: DesiredObjects,
  options: { readonly surplusStays: boolean; readonly run?: OperationRun | undefined },
): ReadonlyArray<Candidate> =>
  members.racks.flatMap((rack) => {
    const wanted = desired.racks.find((r) => r.rack.id === rack.id)
    if (wanted === undefined) return []
    return rack.slots.flatMap(({ pod, ordinal }) => {
      if (pod === undefined || pod.isTerminating) return []
      if (ordinal >= rack.wanted && !options.surplusStays) return []
      const difference = templateDifference(wanted, pod) ?? onDemand(options.run, pod)
      return difference === undefined ? [] : [{ pod, rack, ordinal, ...difference }]
    })
  })
