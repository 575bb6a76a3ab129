/**
 * `status.operationStatus` after a pass. An operation ends once and for all: Completed when every pod of it is back, Error when one could not be
 * restarted, with every failed pod named once (B18, W14). The same id is not taken up again.
 */
import type { OperationStatus } from "../../domain/ClusterStatus.js"
import type { EffectiveCluster } from "../../domain/EffectiveCluster.js"
import type { OperationRun, Plan } from "../../domain/Plan.js"
import type { Results } from "../../domain/Report.js"
import type { Snapshot } from "../../domain/Snapshot.js"
import { bounded, defined, errorText } from "../status/bounds.js"
import { operationOf } from "./run.js"

type Failures = OperationRun["failed"]

/** Names kept of a list (S5): a cluster has eight pods, the rest can only be mistakes. */
const mostNames = 16

const notOnCommunity =
  "WarmRestart is not available on Community Edition, whose server does not restart warm; no pod was touched. Use PodRestart"

/** Restarts the API server refused in this pass for good. */
const refused = (run: OperationRun, { steps }: Results): Failures =>
  steps.flatMap((result) =>
    result._tag === "Failed" &&
    result.failure === "Permanent" &&
    result.step._tag === "RestartPod" &&
    run.released.has(result.step.pod.name)
      ? [{ pod: result.step.pod.name, why: result.message, isFinal: true }]
      : [],
  )

const denied = ({ denied: why, released }: OperationRun): Failures =>
  why === undefined ? [] : [...released].map((pod) => ({ pod, why, isFinal: true }))

/** Reasons, each with the pods it is about. */
const reasons = (failures: Failures): string =>
  [...new Set(failures.map(({ why }) => why))]
    .map((why) => `${bounded(failures.flatMap((one) => (one.why === why ? [one.pod] : []))).join(", ")}: ${why}`)
    .join("; ")

const after = (run: OperationRun, results: Results): OperationStatus => {
  const { id, kind, targets, completed, pending, coming } = run
  if (kind === "WarmRestart") return { id, kind, phase: "Error", message: errorText(notOnCommunity) }
  const failures = [...run.failed, ...refused(run, results), ...denied(run)]
  const isOver = failures.some(({ isFinal }) => isFinal) || pending.length + coming.length === 0
  const nothing = completed.length + failures.length === 0
  const message = failures.length > 0 ? reasons(failures) : isOver && nothing ? "there is no pod to restart" : undefined
  const names = (list: ReadonlyArray<string>) =>
    list.length === 0 ? undefined : bounded([...new Set(list)], mostNames)
  return defined<OperationStatus>({
    id,
    kind,
    phase: !isOver ? "InProgress" : message === undefined ? "Completed" : "Error",
    completedPods: names(completed),
    failedPods: names(failures.map(({ pod }) => pod)),
    targets,
    message: message === undefined ? undefined : errorText(message),
  })
}

/** The status after the pass; undefined where there never was an operation. */
export const operationAfter = (
  snapshot: Snapshot,
  plan: Plan,
  results: Results,
  effective: EffectiveCluster | undefined,
): OperationStatus | undefined => {
  const stored = snapshot.cluster.status.operationStatus
  if (plan._tag !== "Proceed" || snapshot.cluster.isDeleting) return stored
  if (plan.operation !== undefined) return after(plan.operation, results)
  // Nobody asks for it any more, and while it counts as running nobody may ask for another (V54).
  return stored?.phase === "InProgress" && effective !== undefined && operationOf(effective) === undefined
    ? { ...stored, phase: "Error", message: "withdrawn before it had ended" }
    : stored
}
