/** Events: what changed between the stored status and the new one, and what was done. Never a state that merely lasts (W77). */
import * as Either from "effect/Either"
import type { ClusterStatus, TemplateSnapshot } from "../../domain/ClusterStatus.js"
import type { EffectiveCluster } from "../../domain/EffectiveCluster.js"
import { isSame } from "../../domain/Json.js"
import { Annotation } from "../../domain/Labels.js"
import type { Evidence, Step } from "../../domain/Plan.js"
import type { ClusterEvent, StepResult } from "../../domain/Report.js"
import type { StatefulSetView } from "../../domain/Kubernetes.js"
import { effectiveCluster } from "../effective/effectiveCluster.js"
import { localClassWarnings } from "../effective/template/warnings.js"
import { valueSet } from "../../domain/RunningConfiguration.js"
import { breakerThreshold } from "../requeue.js"
import { message } from "./bounds.js"
import { blockedPolicy } from "./networkPolicy.js"
import { operationEvents } from "./operation.js"
import { isDeleting, isSameGeneration, type Outcome } from "./outcome.js"

const event = (type: ClusterEvent["type"], reason: string, text: string): ClusterEvent => ({
  type,
  reason,
  message: message(text),
})
const normal = (reason: string, text: string): ClusterEvent => event("Normal", reason, text)
const warning = (reason: string, text: string): ClusterEvent => event("Warning", reason, text)

const proof = (evidence: Evidence | undefined): string =>
  evidence === undefined
    ? "the pod itself was broken"
    : `cluster key ${evidence.clusterKey}, size ${evidence.clusterSize}, migrations 0, read twice`

const createdKinds: Readonly<Record<string, string>> = {
  StatefulSet: "StatefulSet",
  ConfigMap: "ConfigMap",
  Service: "Service",
  PodDisruptionBudget: "PDB",
  NetworkPolicy: "NetworkPolicy",
  CiliumNetworkPolicy: "NetworkPolicy",
}

const replicasOf = (object: { readonly [field: string]: unknown }): number | undefined => {
  const spec = object["spec"]
  const replicas = typeof spec === "object" && spec !== null ? (spec as { replicas?: unknown }).replicas : undefined
  return typeof replicas === "number" ? replicas : undefined
}

const scaled = (
  step: Extract<Step, { readonly _tag: "Apply" }>,
  sets: ReadonlyArray<StatefulSetView>,
): ReadonlyArray<ClusterEvent> => {
  const before = sets.find((set) => set.name === step.object.metadata.name)?.replicas
  const after = replicasOf(step.object)
  if (before === undefined || after === undefined || before === after) return []
  const why = step.evidence === undefined ? "" : ` (${proof(step.evidence)})`
  return [normal("RackScaled", `${step.object.metadata.name ?? ""}: ${before} → ${after} pods${why}`)]
}

const applied = (
  step: Extract<Step, { readonly _tag: "Apply" }>,
  changed: boolean,
  sets: ReadonlyArray<StatefulSetView>,
): ReadonlyArray<ClusterEvent> => {
  const kind = createdKinds[step.kind.kind]
  if (!changed || kind === undefined) return []
  const name = step.object.metadata.name ?? ""
  if (step.because === "missing") return [normal(`${kind}Created`, `${step.kind.kind} ${name} created`)]
  const scale = step.kind.kind === "StatefulSet" ? scaled(step, sets) : []
  return scale.length > 0 ? scale : [normal(`${kind}Updated`, `${step.kind.kind} ${name} updated: ${step.because}`)]
}

const appliedTemplate = (copy: TemplateSnapshot | undefined): ClusterEvent =>
  normal("TemplateApplied", `Template ${copy?.name ?? ""} at version ${copy?.resourceVersion ?? "unknown"} is in use`)

/** One event about all nodes: they change together. */
const told = ({ nodes }: Extract<Step, { readonly _tag: "SetConfig" }>): ReadonlyArray<ClusterEvent> => {
  const values = [
    ...new Set(nodes.flatMap(({ changes }) => changes.map(({ path, command }) => `${path} = ${valueSet(command)}`))),
  ]
  if (values.length === 0) return []
  const pods = nodes.map(({ pod }) => pod.name).join(", ")
  return [normal("DynamicConfigApplied", `${values.join(", ")} on ${pods}, without a restart and read back`)]
}

const done = (step: Step, changed: boolean, outcome: Outcome): ReadonlyArray<ClusterEvent> => {
  switch (step._tag) {
    case "Apply":
      return applied(step, changed, outcome.snapshot.statefulSets)
    case "RestartPod":
      return [
        normal(
          "PodColdRestarted",
          `${step.pod.name} (uid ${step.pod.uid}, version ${step.pod.resourceVersion}) restarted, ${step.reason}: ${step.because}; ${proof(step.evidence)}`,
        ),
      ]
    case "Remove":
      // Claims are told together, below.
      return changed && step.kind.kind !== "PersistentVolumeClaim"
        ? [
            normal(
              "ObjectRemoved",
              `${step.kind.kind} ${step.target.name} (uid ${step.target.uid}) removed: ${step.because}`,
            ),
          ]
        : []
    case "SetGate":
      return step.status === "True"
        ? [normal("ReadinessGateSatisfied", `${step.pod.name}: ${step.message}`)]
        : [warning("ReadinessGateLost", `${step.pod.name}: ${step.message}`)]
    case "SetConfig":
      return told(step)
    // A copy is told by what it changes in the status.
    case "CopyTemplate":
      return changed ? [appliedTemplate(outcome.snapshot.cluster.status.templateSnapshot)] : []
    case "AddFinalizer":
      return []
    case "RemoveFinalizer":
      return changed ? [normal("FinalizerRemoved", "Clean-up is finished; the finalizer was removed")] : []
  }
}

const claims = (steps: ReadonlyArray<StepResult>): ReadonlyArray<ClusterEvent> => {
  const removals = steps.filter(({ step }) => step._tag === "Remove" && step.kind.kind === "PersistentVolumeClaim")
  const nameOf = ({ step }: StepResult): string =>
    step._tag === "Remove" ? `${step.target.name} (uid ${step.target.uid})` : ""
  const gone = removals.filter((result) => result._tag === "Done" && result.changed)
  const failed = removals.filter((result) => result._tag === "Failed")
  return [
    ...(gone.length === 0
      ? []
      : [normal("PVCCleanedUp", `${gone.length} claims removed: ${gone.map(nameOf).join(", ")}`)]),
    ...failed.map((result) =>
      warning("PVCCleanupFailed", `${nameOf(result)}: ${result._tag === "Failed" ? result.message : ""}`),
    ),
  ]
}

const refusals = (steps: ReadonlyArray<StepResult>): ReadonlyArray<ClusterEvent> =>
  steps.flatMap((result) =>
    result._tag === "Refused"
      ? [warning(result.isUndone ? "DynamicConfigRollback" : "DynamicConfigDegraded", result.message)]
      : [],
  )

const restartsFailed = (steps: ReadonlyArray<StepResult>): ReadonlyArray<ClusterEvent> =>
  steps.flatMap((result) =>
    result._tag === "Failed" && result.step._tag === "RestartPod"
      ? [warning("RestartFailed", `${result.step.pod.name}: ${result.message}`)]
      : [],
  )

const statusOf = (status: ClusterStatus, type: string): string | undefined =>
  status.conditions?.find((condition) => condition.type === type)?.status

const reasonOf = (status: ClusterStatus, type: string): string | undefined =>
  status.conditions?.find((condition) => condition.type === type)?.reason

const phases = (outcome: Outcome, after: ClusterStatus): ReadonlyArray<ClusterEvent> => {
  const before = outcome.snapshot.cluster.status
  if (before.phase === after.phase) return []
  const events: Array<ClusterEvent> = []
  if (after.phase === "RollingRestart") {
    const pending = outcome.plan._tag === "Proceed" ? outcome.plan.progress.pendingRestarts : []
    events.push(normal("RollingRestartStarted", `${pending.length} pods to restart: ${pending[0]?.because ?? ""}`))
  }
  if (before.phase === "RollingRestart" && after.phase === "Completed") {
    events.push(normal("RollingRestartCompleted", "All pods run the wanted revision"))
  }
  if (after.phase === "WaitingForMigration") events.push(warning("ScaleDownDeferred", after.phaseReason ?? ""))
  if (after.phase === "Deleting") events.push(normal("ClusterDeletionStarted", "The cluster is being deleted"))
  if (after.phase === "Paused") events.push(normal("ReconciliationPaused", "Paused by the user"))
  if (before.phase === "Paused") events.push(normal("ReconciliationResumed", "No longer paused"))
  return events
}

const conditionEvents = (outcome: Outcome, after: ClusterStatus): ReadonlyArray<ClusterEvent> => {
  const before = outcome.snapshot.cluster.status
  const events: Array<ClusterEvent> = []
  const text = (type: string): string => after.conditions?.find((condition) => condition.type === type)?.message ?? ""
  if (statusOf(after, "ClusterSplit") === "True" && statusOf(before, "ClusterSplit") !== "True") {
    events.push(warning("ClusterSplit", text("ClusterSplit")))
  }
  if (reasonOf(after, "Progressing") === "UnsafeRestart" && reasonOf(before, "Progressing") !== "UnsafeRestart") {
    const isScaling = outcome.plan._tag === "Proceed" && outcome.plan.progress.toRemove > 0
    events.push(warning(isScaling ? "ScaleDownDeferred" : "RestartBlocked", text("Progressing")))
  }
  if (statusOf(after, "ClientAccess") === "False" && statusOf(before, "ClientAccess") !== "False") {
    events.push(warning("ClientAccessLost", text("ClientAccess")))
  }
  if (statusOf(after, "ImmutableField") === "True" && statusOf(before, "ImmutableField") !== "True") {
    events.push(warning("ImmutableField", text("ImmutableField")))
  }
  const policy = reasonOf(after, "NetworkPolicyApplied")
  if (policy !== undefined && blockedPolicy.has(policy) && policy !== reasonOf(before, "NetworkPolicyApplied")) {
    events.push(warning("NetworkPolicyBlocked", text("NetworkPolicyApplied")))
  }
  if (statusOf(after, "Conflict") === "True" && statusOf(before, "Conflict") !== "True") {
    events.push(warning("ObjectConflict", text("Conflict")))
  }
  return events
}

const failures = (outcome: Outcome, after: ClusterStatus): ReadonlyArray<ClusterEvent> => {
  const before = outcome.snapshot.cluster.status
  const was = before.failedReconcileCount ?? 0
  const is = after.failedReconcileCount ?? 0
  const error = after.lastReconcileError
  return [
    ...(error !== undefined && outcome.plan._tag !== "Refused" && error !== before.lastReconcileError
      ? [warning("ReconcileError", error)]
      : []),
    ...(is >= breakerThreshold && was < breakerThreshold
      ? [warning("CircuitBreakerActive", `${is} attempts in a row failed: ${error ?? ""}`)]
      : []),
    ...(was >= breakerThreshold && is < breakerThreshold
      ? [normal("CircuitBreakerReset", "The circuit breaker is closed")]
      : []),
  ]
}

/** The copy of the template that the pass has taken, if it says something new. */
const freshCopy = (outcome: Outcome, after: ClusterStatus): TemplateSnapshot | undefined => {
  const [was, is] = [outcome.snapshot.cluster.status.templateSnapshot, after.templateSnapshot]
  return is !== undefined && (was?.name !== is.name || !isSame(was.spec, is.spec)) ? is : undefined
}

/** A fresh copy, unless a request for it is still to be fulfilled (that tells it itself); a template that moved on or is not there. */
const templates = (outcome: Outcome, after: ClusterStatus): ReadonlyArray<ClusterEvent> => {
  const { cluster } = outcome.snapshot
  const fresh = freshCopy(outcome, after)
  const reason = reasonOf(after, "TemplateSynced")
  const text = after.conditions?.find(({ type }) => type === "TemplateSynced")?.message ?? ""
  const isNews = reason !== reasonOf(cluster.status, "TemplateSynced")
  return [
    ...(fresh !== undefined && cluster.annotations[Annotation.resyncTemplate] !== "true"
      ? [appliedTemplate(fresh)]
      : []),
    ...(isNews && reason === "TemplateDrifted" ? [warning("TemplateDrifted", text)] : []),
    ...(isNews && reason === "TemplateNotFound" ? [warning("TemplateResolutionError", text)] : []),
  ]
}

/** E3–E5, told again when they change; E1 is told by the condition. */
const resolutionErrors = (outcome: Outcome, after: ClusterStatus): ReadonlyArray<ClusterEvent> =>
  outcome.plan._tag !== "Refused" || after.lastReconcileError === outcome.snapshot.cluster.status.lastReconcileError
    ? []
    : outcome.plan.problems
        .filter(({ rule = "" }) => /^E[345]$/.test(rule))
        .map(({ path, message: what, fix }) => warning("TemplateResolutionError", `${path}: ${what}; fix: ${fix}`))

/** What the cluster means from now on: a pass that takes a copy of its template decides nothing else yet. */
const effectiveAfter = (outcome: Outcome, after: ClusterStatus): EffectiveCluster | undefined =>
  freshCopy(outcome, after) === undefined
    ? outcome.effective
    : Either.getOrUndefined(effectiveCluster({ ...outcome.snapshot.cluster, status: after }))

/** Once per generation or copy of the template: what is odd about a spec, or why it is refused. */
const spec = (outcome: Outcome, after: ClusterStatus): ReadonlyArray<ClusterEvent> => {
  if (isDeleting(outcome) || (isSameGeneration(outcome) && freshCopy(outcome, after) === undefined)) return []
  if (outcome.plan._tag === "Refused") {
    return outcome.plan.problems
      .filter(({ rule = "" }) => !/^E\d$/.test(rule))
      .slice(0, 5)
      .map((problem) => warning("ReconcileError", `${problem.path}: ${problem.message}; fix: ${problem.fix}`))
  }
  const effective = effectiveAfter(outcome, after)
  return [...localClassWarnings(effective?.localClass, outcome.snapshot.storageClasses), ...(effective?.warnings ?? [])]
    .slice(0, 5)
    .map((problem) => warning("ValidationWarning", `${problem.path}: ${problem.message}; ${problem.fix}`))
}

/** All events of a pass. `after` is the new status. */
export const transitions = (outcome: Outcome, after: ClusterStatus): ReadonlyArray<ClusterEvent> => {
  const { steps } = outcome.results
  return [
    ...spec(outcome, after),
    ...templates(outcome, after),
    ...resolutionErrors(outcome, after),
    ...phases(outcome, after),
    ...steps.flatMap((result) => (result._tag === "Done" ? done(result.step, result.changed, outcome) : [])),
    ...operationEvents(outcome.snapshot.cluster.status, after),
    ...claims(steps),
    ...restartsFailed(steps),
    ...refusals(steps),
    ...conditionEvents(outcome, after),
    ...failures(outcome, after),
  ]
}
