/** The phase, derived once from the whole outcome (W49, W50), and what it waits for in words. */
import type { Phase } from "../../domain/ClusterStatus.js"
import type { SpecProblem } from "../../domain/SpecProblem.js"
import { message } from "./bounds.js"
import { isComplete, isDeleting, mainWait, type Outcome } from "./outcome.js"

export interface PhaseAndReason {
  readonly phase: Phase
  readonly phaseReason: string
}

/** Field, reason and fix of the first problem, and how many more there are. */
export const describeProblems = (problems: ReadonlyArray<SpecProblem>): string => {
  const [first, ...others] = problems
  if (first === undefined) return "the spec cannot be carried out"
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`
  return message(`${first.path}: ${first.message}; fix: ${first.fix}${more}`)
}

const working: Readonly<Record<string, string>> = {
  InProgress: "Reconciling",
  ScalingUp: "Scaling up cluster",
  ScalingDown: "Scaling down cluster",
  WaitingForMigration: "Scale-down deferred",
  RollingRestart: "Rolling restart in progress",
}

/** What a cluster under way is doing. A phase lasts until the cluster is whole again, also when nothing is left to start. */
const underWay = (outcome: Outcome): Phase => {
  const { plan, pending, snapshot, results } = outcome
  if (plan._tag !== "Proceed") return "InProgress"
  const { toCreate, toRemove } = plan.progress
  if (toCreate > 0) return "ScalingUp"
  if (toRemove > 0) {
    const isShrinking = results.steps.some((r) => r._tag === "Done" && r.step._tag === "Apply" && r.step.evidence)
    return !isShrinking && plan.waits.some((wait) => wait.kind === "Migration") ? "WaitingForMigration" : "ScalingDown"
  }
  if (pending.length > 0 || plan.progress.pendingRestarts.length > 0) return "RollingRestart"
  const { phase } = snapshot.cluster.status
  switch (phase) {
    case "ScalingUp":
    case "RollingRestart":
    case "ScalingDown":
      return phase
    case "WaitingForMigration":
      return "ScalingDown"
    default:
      return "InProgress"
  }
}

const heldPhase = (outcome: Outcome): Phase => {
  const { phase } = outcome.snapshot.cluster.status
  return phase === undefined || phase === "Paused" || phase === "Completed" || phase === "Deleting"
    ? "InProgress"
    : phase
}

const describeWork = ({ pending, plan }: Outcome, phase: Phase): string | undefined => {
  if (phase === "RollingRestart" && pending.length > 0) return `${working[phase]}, ${pending.length} to go`
  const updates = plan._tag === "Proceed" ? (plan.progress.pendingUpdates ?? []) : []
  return phase === "InProgress" && updates.length > 0
    ? `Changing the configuration of ${updates.length} running nodes`
    : working[phase]
}

/** Phase and reason after a pass. */
export const phaseOf = (outcome: Outcome): PhaseAndReason => {
  const { plan, failure } = outcome
  const wait = mainWait(plan)
  if (isDeleting(outcome)) {
    const trouble = failure?.message ?? wait?.message
    return {
      phase: "Deleting",
      phaseReason: message(trouble === undefined ? "Cluster is being deleted" : `Cluster is being deleted: ${trouble}`),
    }
  }
  if (plan._tag === "Refused") return { phase: "Error", phaseReason: describeProblems(plan.problems) }
  if (plan._tag === "Held") {
    return plan.wait.kind === "Paused"
      ? { phase: "Paused", phaseReason: "Reconciliation paused by user" }
      : { phase: heldPhase(outcome), phaseReason: message(plan.wait.message) }
  }
  if (failure?.isPermanent === true) return { phase: "Error", phaseReason: message(failure.message) }
  if (isComplete(outcome)) return { phase: "Completed", phaseReason: "Cluster is healthy and stable" }
  const phase = underWay(outcome)
  const what = describeWork(outcome, phase)
  const why = failure === undefined ? wait?.message : `trying again after: ${failure.message}`
  return { phase, phaseReason: message(why === undefined ? `${what}` : `${what}: ${why}`) }
}
