/**
 * `status.conditions`: each with its own reason for True and for False (W51). `lastTransitionTime` moves only when the status flips. A
 * condition this pass can say nothing about stays as it was, with the generation it was found at.
 */
import { templateNameOf } from "../../domain/AerospikeCluster.js"
import type { OperationStatus, StatusCondition, TemplateSnapshot } from "../../domain/ClusterStatus.js"
import { Annotation } from "../../domain/Labels.js"
import type { PassMemory } from "../../domain/Snapshot.js"
import { describeImmutable } from "../immutable.js"
import { refusalAfter, refusalCondition, refusalReason } from "../configuration/dynamic/refusal.js"
import { contested } from "../repairs.js"
import { message, timestamp } from "./bounds.js"
import { isAsWanted, isComplete, isDeleting, isSameGeneration, mainWait, type Outcome } from "./outcome.js"
import { networkPolicyApplied } from "./networkPolicy.js"
import { operationCompleted } from "./operation.js"
import { describeProblems, phaseOf } from "./phase.js"
import { breakerThreshold } from "../requeue.js"

type Finding = Pick<StatusCondition, "status" | "reason" | "message">

const yes = (reason: string, text: string): Finding => ({ status: "True", reason, message: text })
const no = (reason: string, text: string): Finding => ({ status: "False", reason, message: text })

const stored = (outcome: Outcome, type: string): StatusCondition | undefined =>
  outcome.snapshot.cluster.status.conditions?.find((condition) => condition.type === type)

const available = ({ ready }: Outcome): Finding =>
  ready > 0 ? yes("ClusterAvailable", "At least one pod is ready") : no("NoPodReady", "No pod is ready")

const readiness = (outcome: Outcome): Finding | undefined => {
  const { plan, ready, effective, pending } = outcome
  if (plan._tag === "Refused") return no("SpecRefused", "The spec cannot be carried out")
  if (effective === undefined)
    return isDeleting(outcome)
      ? no("Deleting", "The cluster is being deleted")
      : no("TemplatePending", "The template is not taken over yet")
  const count = `${ready}/${effective.size} pods ready`
  if (plan._tag === "Held") return ready === effective.size ? undefined : no("PodsNotReady", count)
  if (isDeleting(outcome)) return no("Deleting", count)
  if (isAsWanted(outcome)) return yes("AllPodsReady", count)
  if (pending.length > 0) return no("RestartPending", `${count}, ${pending.length} to restart`)
  return no(ready === effective.size ? "ChangesPending" : "PodsNotReady", count)
}

const configApplied = (outcome: Outcome): Finding | undefined => {
  const { plan, members, pods } = outcome
  if (plan._tag !== "Proceed" || members === undefined || isDeleting(outcome)) return undefined
  const { pendingRestarts, pendingUpdates = [] } = plan.progress
  const stale = pendingRestarts.filter(({ reason }) => reason !== "ManualRestart").length + pendingUpdates.length
  if (stale > 0) return no("ConfigPending", `${stale} pods run an older revision`)
  const entries = Object.values(pods)
  const areUp = entries.length > 0 && entries.every((pod) => pod.isRunningAndReady)
  const wasApplied = stored(outcome, "ConfigApplied")?.status === "True" && isSameGeneration(outcome)
  return areUp || wasApplied
    ? yes("ConfigApplied", "All pods run the wanted revision")
    : no("ConfigPending", "Not all pods run the wanted revision yet")
}

const migrations = ({ nodes }: Outcome): Finding | undefined => {
  const { migrations: sum } = nodes
  if (sum === undefined) return undefined
  if (sum.remaining > 0) return no("MigrationsInProgress", `Remaining partitions: ${sum.remaining}`)
  return sum.isComplete
    ? yes("MigrationComplete", "Remaining partitions: 0")
    : { status: "Unknown", reason: "NodesUnknown", message: "Not every node told its remaining partitions" }
}

const paused = ({ plan }: Outcome): Finding =>
  plan._tag === "Held" && plan.wait.kind === "Paused"
    ? yes("PausedByUser", "spec.paused is true")
    : no("NotPaused", "Reconciliation is active")

const accessControl = ({ effective }: Outcome): Finding | undefined =>
  effective?.hasAccessControl === true
    ? no("NotAvailableOnCE", "Access control needs the Enterprise Edition; the fields are kept and do nothing")
    : undefined

const accepted = ({ plan, effective }: Outcome): Finding | undefined => {
  if (plan._tag === "Refused") return no("SpecRefused", describeProblems(plan.problems))
  return effective === undefined ? undefined : yes("SpecAccepted", "The spec can be carried out")
}

/** What only the user can change. */
const needsUser = new Set(["UnsafeRestart", "Paused", "Backoff"])

const progressing = (outcome: Outcome): Finding => {
  const { plan } = outcome
  if (plan._tag === "Refused") return no("SpecRefused", describeProblems(plan.problems))
  if (isComplete(outcome)) return no("Complete", "Nothing to do")
  const { phase, phaseReason } = phaseOf(outcome)
  const wait = mainWait(plan)
  const reason = wait?.kind ?? phase
  return needsUser.has(reason) ? no(reason, phaseReason) : yes(reason, phaseReason)
}

const split = ({ nodes }: Outcome): Finding | undefined => {
  if (nodes.split === undefined) return undefined
  return nodes.split.length > 1
    ? yes(
        "SeveralClusters",
        `The nodes are in ${nodes.split.length} clusters: ${nodes.split.map((g) => g.join("+")).join(" | ")}`,
      )
    : no("OneCluster", "No node is in another cluster")
}

const clientAccess = ({ snapshot }: Outcome): Finding | undefined => {
  const outcome = snapshot.clientView?.outcome
  switch (outcome?._tag) {
    case undefined:
    case "Unknown":
      return undefined
    case "Disconnected":
      return no("Disconnected", outcome.message)
    case "Connected":
      return outcome.unreachable.length === 0
        ? yes("Connected", "Applications reach every node")
        : no("AddressesUnreachable", `Advertised but not reachable: ${outcome.unreachable.slice(0, 8).join(", ")}`)
  }
}

/** Whether passes succeed: the breaker and its reason (W44). */
const healthy = (outcome: Outcome, failures: number, error: string | undefined): Finding => {
  if (failures === 0 || error === undefined) return yes("Succeeded", "The latest pass succeeded")
  const text = `${failures} failed attempts: ${error}`
  if (outcome.failure?.isPermanent === true) return no("PermanentError", text)
  return no(failures >= breakerThreshold ? "CircuitBreakerActive" : "BackingOff", text)
}

/** Nodes refused a change without restart; told until their pods have been restarted instead, and once more when it is over. */
const degraded = (outcome: Outcome): Finding | undefined => {
  const { plan, results, snapshot } = outcome
  if (plan._tag !== "Proceed" || isDeleting(outcome)) return undefined
  const refusal = refusalAfter(snapshot, results.steps)
  if (refusal !== undefined && (plan.progress.pendingRestarts.length > 0 || plan.progress.pendingUpdates !== undefined))
    return yes(refusalReason(refusal.isUndone), refusal.message)
  return stored(outcome, refusalCondition) === undefined
    ? undefined
    : no("Recovered", "Every node runs the configuration of its file and what it was told")
}

/** Wishes a StatefulSet cannot fulfil any more (W72); told while it lasts, and once more when it is over. */
const immutableField = (outcome: Outcome): Finding | undefined => {
  const { plan } = outcome
  if (plan._tag !== "Proceed" || isDeleting(outcome)) return undefined
  const [first, ...others] = plan.immutable ?? []
  if (first !== undefined) {
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`
    return yes("CannotBeChanged", `${describeImmutable(first)}${more}`)
  }
  return stored(outcome, "ImmutableField") === undefined ? undefined : no("Applied", "Every field is applied")
}

/** Somebody else keeps changing what we own (R104). */
const conflict = (outcome: Outcome, memory: PassMemory): Finding | undefined => {
  const rivals = contested(memory.repairs)
  if (rivals.length > 0) {
    const list = rivals.slice(0, 4).map(({ object, field }) => `${object} (${field})`)
    return yes(
      "AnotherWriter",
      `Somebody else keeps changing ${list.join(", ")}; it is put right at most once a minute. Find the other writer, or let it leave these objects alone`,
    )
  }
  return stored(outcome, "Conflict") === undefined ? undefined : no("NoOtherWriter", "Nobody else changes our objects")
}

/** Whether the copy of the template is what the template says now; only of clusters that refer to one. */
const templateSynced = ({ snapshot }: Outcome, after: TemplateSnapshot | undefined): Finding | undefined => {
  const { template, cluster } = snapshot
  const name = templateNameOf(cluster.spec)
  if (name === undefined) return undefined
  if (template === undefined)
    return no(
      "TemplateNotFound",
      `There is no AerospikeClusterTemplate ${name}${after?.name === name ? "; the copy in the status stays in use" : ""}`,
    )
  if (after?.name !== name)
    return no(
      "TemplateNotCopied",
      template.isTerminating
        ? `AerospikeClusterTemplate ${name} is being deleted`
        : `AerospikeClusterTemplate ${name} is not taken over yet`,
    )
  return after.synced
    ? yes("TemplateSynced", `The cluster follows ${name} at version ${after.resourceVersion ?? "unknown"}`)
    : no(
        "TemplateDrifted",
        `${name} has changed since it was copied; to follow it: kubectl annotate asc ${cluster.name} ${Annotation.resyncTemplate}=true`,
      )
}

/** Conditions of a pass that is held: everything about the wanted state stays as it was. */
const isEvaluated = (outcome: Outcome): boolean => outcome.plan._tag === "Proceed"

/** Conditions that exist only while the spec asks for what they tell about. */
const vanishing = new Set(["ACLSynced", "TemplateSynced", "NetworkPolicyApplied", "OperationCompleted"])

/** All conditions, in a fixed order; the stored ones of other types are kept. */
export const conditions = (
  outcome: Outcome,
  memory: PassMemory,
  error: string | undefined,
  told: {
    readonly templateSnapshot: TemplateSnapshot | undefined
    readonly operationStatus: OperationStatus | undefined
  },
): ReadonlyArray<StatusCondition> => {
  const { snapshot, results } = outcome
  const now = timestamp(results.finishedAt)
  const found: ReadonlyArray<readonly [string, Finding | undefined]> = [
    ["Available", available(outcome)],
    ["Ready", readiness(outcome)],
    ["ConfigApplied", configApplied(outcome)],
    ["MigrationComplete", migrations(outcome)],
    ["ReconciliationPaused", paused(outcome)],
    ["Accepted", accepted(outcome)],
    [
      "Progressing",
      isEvaluated(outcome) || mainWait(outcome.plan) !== undefined || outcome.plan._tag === "Refused"
        ? progressing(outcome)
        : undefined,
    ],
    ["ReconcileHealthy", healthy(outcome, memory.failures, error)],
    ["ClusterSplit", split(outcome)],
    ["ClientAccess", clientAccess(outcome)],
    ["ACLSynced", accessControl(outcome)],
    ["ImmutableField", immutableField(outcome)],
    ["Conflict", conflict(outcome, memory)],
    [refusalCondition, degraded(outcome)],
    ["TemplateSynced", templateSynced(outcome, told.templateSnapshot)],
    ["NetworkPolicyApplied", networkPolicyApplied(outcome)],
    ["OperationCompleted", operationCompleted(outcome, told.operationStatus)],
  ]
  const ours = found.flatMap(([type, finding]): ReadonlyArray<StatusCondition> => {
    const before = stored(outcome, type)
    if (finding === undefined) return before === undefined || vanishing.has(type) ? [] : [before]
    return [
      {
        type,
        ...finding,
        message: message(finding.message),
        observedGeneration: snapshot.cluster.generation,
        lastTransitionTime:
          before?.status === finding.status && before.lastTransitionTime !== "" ? before.lastTransitionTime : now,
      },
    ]
  })
  return ours
}
