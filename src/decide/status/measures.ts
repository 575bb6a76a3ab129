/** What a pass tells the metrics of its cluster: outcomes, each counted once (W78). */
import type { ClusterStatus, StatusCondition } from "../../domain/ClusterStatus.js"
import type { ErrorReason, Measures, StepResult } from "../../domain/Report.js"
import type { PassMemory } from "../../domain/Snapshot.js"
import { defined } from "./bounds.js"
import { mainWait, type Outcome } from "./outcome.js"

const reasonsByKind: Readonly<Record<string, Measures["errors"][number]>> = {
  Service: "Service",
  ConfigMap: "ConfigMap",
  StatefulSet: "StatefulSet",
  PodDisruptionBudget: "PDB",
  NetworkPolicy: "NetworkPolicy",
  CiliumNetworkPolicy: "NetworkPolicy",
} satisfies Record<string, ErrorReason>

const reasonOf = ({ step }: StepResult): Measures["errors"][number] => {
  switch (step._tag) {
    case "Apply":
    case "Remove":
      return reasonsByKind[step.kind.kind] ?? "Other"
    case "RestartPod":
      return step.reason === "ManualRestart" ? "Operations" : "Restart"
    case "SetConfig":
    case "SetGate":
    case "CopyTemplate":
    case "AddFinalizer":
    case "RemoveFinalizer":
      return "Other"
  }
}

const isFailure = (result: StepResult): boolean => result._tag === "Failed" && result.failure !== "Waiting"

const pauseIn = (conditions: ReadonlyArray<StatusCondition> | undefined): number | undefined => {
  const pause = conditions?.find(({ type, status }) => type === "ReconciliationPaused" && status === "True")
  const since = Date.parse(pause?.lastTransitionTime ?? "")
  return Number.isNaN(since) ? undefined : since
}

/** `after` and `memory`: as they are after the pass. */
export const measuresOf = (outcome: Outcome, after: ClusterStatus, memory: PassMemory): Measures => {
  const { nodes, plan, ready, results, snapshot } = outcome
  const { status: before } = snapshot.cluster
  const [wasPausedSince, isPausedSince] = [pauseIn(before.conditions), pauseIn(after.conditions)]
  const isResumed = wasPausedSince !== undefined && isPausedSince === undefined
  return defined<Measures>({
    isSuccess:
      plan._tag !== "Refused" &&
      mainWait(plan)?.kind !== "Backoff" &&
      results.steps.every((result) => result._tag === "Done" || (result._tag === "Failed" && !isFailure(result))),
    errors: [...new Set(results.steps.filter(isFailure).map(reasonOf))],
    phase: after.phase,
    readyPods: ready,
    serverSize: nodes.clusterSize,
    migratingPartitions: after.migrationStatus?.remainingPartitions,
    isBackingOff: memory.failures > 0,
    restarts: results.steps.filter(({ step, _tag }) => step._tag === "RestartPod" && _tag === "Done").length,
    dynamicUpdates: results.steps.reduce(
      (sum, { step, _tag }) => (step._tag === "SetConfig" && _tag === "Done" ? sum + step.nodes.length : sum),
      0,
    ),
    isDeferral: after.phase === "WaitingForMigration" && before.phase !== "WaitingForMigration",
    pausedSince: isPausedSince,
    pausedMs: isResumed ? Math.max(0, results.finishedAt - wasPausedSince) : undefined,
  })
}
