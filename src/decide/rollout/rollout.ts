/** The next step of a rolling restart: at most one batch of one rack, or one broken pod; otherwise what it waits for. */
import type { DesiredObjects, EffectiveCluster } from "../../domain/EffectiveCluster.js"
import { isPodReady } from "../../domain/Kubernetes.js"
import { Annotation } from "../../domain/Labels.js"
import type { Evidence, Step, Wait } from "../../domain/Plan.js"
import type { Snapshot } from "../../domain/Snapshot.js"
import type { Candidate } from "./candidates.js"
import type { Members, RackMembers } from "./members.js"
import { inOrder, isBroken, servesData } from "./order.js"
import { restartAllowance } from "./risk.js"
import { expectedSlots, type FactsNeed, type Safety } from "./safety.js"

export interface RolloutStep {
  readonly steps: ReadonlyArray<Step>
  readonly waits: ReadonlyArray<Wait>
  readonly facts?: FactsNeed
}

/** A pod deleted before this would come back from the old template. */
const carriesTemplate = (rack: RackMembers, desired: DesiredObjects): boolean => {
  const hash = desired.racks.find((wanted) => wanted.rack.id === rack.id)?.templateHash
  return (
    rack.statefulSet !== undefined &&
    !rack.statefulSet.isTerminating &&
    hash !== undefined &&
    rack.statefulSet.templateAnnotations[Annotation.templateHash] === hash &&
    rack.statefulSet.observedGeneration >= rack.statefulSet.generation
  )
}

const isControlled = (candidate: Candidate): boolean =>
  candidate.rack.statefulSet !== undefined && candidate.pod.controllerUid === candidate.rack.statefulSet.uid

const restart = (candidate: Candidate, evidence: Evidence | undefined): ReadonlyArray<Step> => {
  const { pod, rack, reason, because } = candidate
  if (rack.statefulSet === undefined) return []
  const { namespace, name, uid, resourceVersion } = rack.statefulSet
  return [
    {
      _tag: "RestartPod",
      pod,
      statefulSet: { namespace, name, uid, resourceVersion },
      reason,
      because,
      ...(evidence === undefined ? {} : { evidence }),
    },
  ]
}

const waitForTemplate = (candidate: Candidate): RolloutStep => ({
  steps: [],
  waits: [
    {
      kind: "StatefulSet",
      pods: [candidate.pod.name],
      message: `waiting until StatefulSet ${candidate.rack.name} has taken up the new pod template`,
    },
  ],
})

/** Healthy members: only with evidence, only within the budget, only one rack at a time. */
const healthyBatch = (
  snapshot: Snapshot,
  effective: EffectiveCluster,
  members: Members,
  queue: ReadonlyArray<Candidate>,
  evidence: Evidence,
): RolloutStep => {
  const [head] = queue
  if (head === undefined) return { steps: [], waits: [] }
  const size = expectedSlots(members, effective).length
  const allowance = restartAllowance(snapshot, effective, size)
  if (allowance._tag === "Denied") {
    const pods = queue.map((candidate) => candidate.pod.name)
    return { steps: [], waits: [{ kind: "UnsafeRestart", pods, message: allowance.message }] }
  }
  const batch = Math.max(1, Math.min(allowance.pods, effective.restartBatch[head.rack.id] ?? 1))
  const chosen = queue.filter((candidate) => candidate.rack.id === head.rack.id).slice(0, batch)
  return { steps: chosen.flatMap((candidate) => restart(candidate, evidence)), waits: [] }
}

/**
 * Decides the next restarts.
 *
 * A broken pod of an old revision goes first, alone and without evidence: it is the one that is down (S2, W10, R86). A broken pod of the new
 * revision is no candidate, and while it is down `safety` is no `Settled`: healthy pods stay untouched (R81, R87).
 */
export const rollout = (
  snapshot: Snapshot,
  effective: EffectiveCluster,
  desired: DesiredObjects,
  members: Members,
  all: ReadonlyArray<Candidate>,
  safety: Safety,
): RolloutStep => {
  const queue = inOrder(snapshot, all).filter((one) => isControlled(one) && one.operation?.isHeld !== true)
  const [head] = queue
  if (head === undefined) return { steps: [], waits: [] }
  if (!carriesTemplate(head.rack, desired)) return waitForTemplate(head)
  if (isBroken(snapshot, head)) return { steps: restart(head, undefined), waits: [] }
  const unsure = queue.filter(({ pod }) => !isPodReady(pod) && servesData(snapshot, pod) === "unknown")
  const facts: FactsNeed | undefined =
    unsure.length === 0
      ? undefined
      : { when: "fresh", expectedSize: members.slots.length, because: "is the unready pod still a member?" }
  if (safety._tag === "Wait") {
    const need = safety.facts ?? facts
    return { steps: [], waits: [safety.wait], ...(need === undefined ? {} : { facts: need }) }
  }
  return healthyBatch(snapshot, effective, members, queue, safety.evidence)
}
