/** Everything `project` derives a status from, gathered once. */
import type { PodStatus } from "../../domain/ClusterStatus.js"
import type { EffectiveCluster } from "../../domain/EffectiveCluster.js"
import type { Plan, Wait } from "../../domain/Plan.js"
import type { Results, StepResult } from "../../domain/Report.js"
import type { Snapshot } from "../../domain/Snapshot.js"
import type { Members } from "../rollout/members.js"
import type { NodesSummary } from "./nodes.js"

export interface Outcome {
  readonly snapshot: Snapshot
  readonly plan: Plan
  readonly results: Results
  /** Undefined for a spec that cannot be carried out. */
  readonly effective: EffectiveCluster | undefined
  readonly members: Members | undefined
  readonly pods: Readonly<Record<string, PodStatus>>
  /** Number of ready pods. */
  readonly ready: number
  readonly nodes: NodesSummary
  /** Pods that still want a restart after this pass. */
  readonly pending: ReadonlyArray<string>
  readonly failure: Failure | undefined
}

export interface Failure {
  readonly message: string
  readonly isPermanent: boolean
  readonly retryAfterMs?: number
}

/** What the failed steps of a pass come to; undefined when none failed. Stale and skipped steps are no failures (W45). */
export const failureOf = (steps: ReadonlyArray<StepResult>): Failure | undefined => {
  const failed = steps.flatMap((result) => (result._tag === "Failed" && result.failure !== "Waiting" ? [result] : []))
  const [first] = failed.toSorted((a, b) => Number(b.failure === "Permanent") - Number(a.failure === "Permanent"))
  if (first === undefined) return undefined
  const delays = failed.flatMap((result) => result.retryAfterMs ?? [])
  return {
    message: first.message,
    isPermanent: first.failure === "Permanent",
    ...(delays.length === 0 ? {} : { retryAfterMs: Math.max(...delays) }),
  }
}

/** The wait that people should know about. */
export const mainWait = (plan: Plan): Wait | undefined =>
  plan._tag === "Held" ? plan.wait : plan._tag === "Proceed" ? plan.waits[0] : undefined

export const isDeleting = (outcome: Outcome): boolean => outcome.snapshot.cluster.isDeleting

/** The stored status speaks about this very spec. */
export const isSameGeneration = ({ snapshot }: Outcome): boolean =>
  snapshot.cluster.status.observedGeneration === snapshot.cluster.generation

const touchesPods = (result: StepResult): boolean =>
  result.step._tag === "RestartPod" || (result.step._tag === "Apply" && result.step.kind.kind === "StatefulSet")

/** Every pod that should exist is ready and of the wanted revision, and no other is left. */
export const isAsWanted = (outcome: Outcome): boolean => {
  const { plan, effective, results, ready, failure } = outcome
  return (
    plan._tag === "Proceed" &&
    effective !== undefined &&
    !isDeleting(outcome) &&
    failure === undefined &&
    !plan.waits.some(({ kind }) => kind === "Conflict") &&
    !results.steps.some((result) => result._tag !== "Done" || touchesPods(result)) &&
    plan.progress.pendingRestarts.length === 0 &&
    (plan.progress.pendingUpdates ?? []).length === 0 &&
    plan.progress.toCreate + plan.progress.toRemove === 0 &&
    ready === effective.size
  )
}

/** Everything holds (W50): as wanted, whole and quiet, or whole before and nothing says otherwise. */
export const isComplete = (outcome: Outcome): boolean => {
  if (outcome.plan._tag !== "Proceed" || !isAsWanted(outcome)) return false
  const { isSettled } = outcome.plan.progress
  const wasComplete = outcome.snapshot.cluster.status.phase === "Completed" && isSameGeneration(outcome)
  return isSettled === true || (isSettled === undefined && wasComplete)
}
