/** Condition `OperationCompleted` and the events of on-demand operations: how far the run is, and how it ended. */
import type { ClusterStatus, OperationStatus, StatusCondition } from "../../domain/ClusterStatus.js"
import type { ClusterEvent } from "../../domain/Report.js"
import { operationOf } from "../operation/run.js"
import { message } from "./bounds.js"
import { isDeleting, type Outcome } from "./outcome.js"

type Finding = Pick<StatusCondition, "status" | "reason" | "message">

const count = ({ completedPods = [], targets = {} }: OperationStatus): string =>
  `${completedPods.length} of ${Object.keys(targets).length} pods restarted`

const titled = ({ kind, id }: OperationStatus): string => `${kind} ${id}`

const failure = (operation: OperationStatus): string =>
  operation.kind === "WarmRestart"
    ? (operation.message ?? "it is not available")
    : `${count(operation)}; ${operation.message ?? "a pod could not be restarted"}`

/** Undefined while the spec asks for no operation. */
export const operationCompleted = (outcome: Outcome, operation: OperationStatus | undefined): Finding | undefined => {
  const { effective, snapshot } = outcome
  if (effective === undefined || isDeleting(outcome) || operationOf(effective) === undefined) return undefined
  // A pass that is held looks at no operation.
  if (outcome.plan._tag !== "Proceed")
    return snapshot.cluster.status.conditions?.find(({ type }) => type === "OperationCompleted")
  if (operation === undefined) return undefined
  switch (operation.phase) {
    case "InProgress":
      return { status: "False", reason: "InProgress", message: `${titled(operation)}: ${count(operation)}` }
    case "Completed":
      return { status: "True", reason: "Completed", message: `${titled(operation)}: ${count(operation)}` }
    case "Error": {
      const reason = operation.kind === "WarmRestart" ? "NotAvailableOnCE" : "Failed"
      return { status: "False", reason, message: `${titled(operation)}: ${failure(operation)}` }
    }
  }
}

const event = (type: ClusterEvent["type"], operation: OperationStatus, text: string): ClusterEvent => ({
  type,
  reason: "Operation",
  message: message(`${titled(operation)} ${text}`),
})

/** Told when it begins, when a named pod turns out not to exist, and when it ends (W77). */
export const operationEvents = (
  before: ClusterStatus,
  { operationStatus: is }: ClusterStatus,
): ReadonlyArray<ClusterEvent> => {
  if (is === undefined) return []
  const was = before.operationStatus?.id === is.id ? before.operationStatus : undefined
  const pods = Object.keys(is.targets ?? {})
  const begins =
    was === undefined && is.kind === "PodRestart"
      ? [event("Normal", is, `begins: ${pods.join(", ") || "no pods"}`)]
      : []
  if (was?.phase !== is.phase && is.phase === "Completed")
    return [...begins, event("Normal", is, `completed: ${count(is)}`)]
  if (was?.phase !== is.phase && is.phase === "Error")
    return [...begins, event("Warning", is, `failed: ${failure(is)}`)]
  const isNewFailure = (is.failedPods ?? []).some((pod) => was?.failedPods?.includes(pod) !== true)
  return isNewFailure ? [...begins, event("Warning", is, `cannot restart ${is.message ?? "every pod"}`)] : begins
}
