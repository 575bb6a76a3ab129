/** What to tell about a pass, and what to remember of it: the other entry point of deciding. */
import * as Either from "effect/Either"
import type { ClientViewStatus, ClusterStatus, MigrationStatus } from "../domain/ClusterStatus.js"
import type { EffectiveCluster } from "../domain/EffectiveCluster.js"
import { areContainersReady, isPodReady } from "../domain/Kubernetes.js"
import { selectorLabels } from "../domain/Labels.js"
import type { Plan } from "../domain/Plan.js"
import type { Report, Results } from "../domain/Report.js"
import type { PassMemory, Snapshot } from "../domain/Snapshot.js"
import { acceptedAfter, type Difference } from "./acceptedDifferences.js"
import { isSame } from "../domain/Json.js"
import { awaits } from "./awaits.js"
import { refusalAfter } from "./configuration/dynamic/refusal.js"
import { contentionAfter } from "./contention.js"
import { firstDifference } from "./difference.js"
import { nextRepairMs, repairsAfter } from "./repairs.js"
import { operationAfter } from "./operation/status.js"
import { remember } from "./requeue.js"
import { members as membersOf } from "./rollout/members.js"
import { bounded, defined, errorText, message, timestamp } from "./status/bounds.js"
import { conditions } from "./status/conditions.js"
import { summarize } from "./status/nodes.js"
import { failureOf, isComplete, mainWait, type Outcome } from "./status/outcome.js"
import { measuresOf } from "./status/measures.js"
import { describeProblems, phaseOf } from "./status/phase.js"
import { podStatuses, restartedPods } from "./status/pods.js"
import { transitions } from "./status/transitions.js"
import { decideWrite } from "./status/write.js"
import { templateSnapshotAfter } from "./template/copy.js"
import { effectiveOf } from "./wanted.js"

const outcomeOf = (
  snapshot: Snapshot,
  plan: Plan,
  results: Results,
  effective: EffectiveCluster | undefined,
): Outcome => {
  const members = effective === undefined ? undefined : membersOf(snapshot, effective)
  const pods = podStatuses(snapshot, effective, members, plan, results)
  const restarted = restartedPods(results)
  const serving = (members?.slots ?? []).flatMap((slot) => slot.pod ?? []).filter(areContainersReady)
  return {
    snapshot,
    plan,
    results,
    effective,
    members,
    pods,
    ready: Object.values(pods).filter((pod) => pod.isRunningAndReady).length,
    nodes: summarize(snapshot, serving),
    pending:
      plan._tag === "Proceed"
        ? plan.progress.pendingRestarts
            .map(({ pod }) => pod)
            .filter((name) => !snapshot.pods.some((pod) => pod.name === name && restarted.has(pod.uid)))
        : (snapshot.cluster.status.pendingRestartPods ?? []),
    failure: failureOf(results.steps),
  }
}

const migrationStatus = ({ snapshot, nodes }: Outcome): MigrationStatus | undefined => {
  const { migrations } = nodes
  const { latest } = snapshot.facts
  // Nothing asked since the operator started: what is stored was true when it was checked.
  if (latest === undefined) return snapshot.cluster.status.migrationStatus
  if (migrations === undefined || (!migrations.isComplete && migrations.remaining === 0)) return undefined
  return {
    inProgress: migrations.remaining > 0,
    remainingPartitions: migrations.remaining,
    lastChecked: timestamp(latest.finishedAt),
  }
}

const clientViewStatus = ({ snapshot }: Outcome): ClientViewStatus | undefined => {
  const view = snapshot.clientView
  // A broken probe says nothing about the cluster.
  if (view === undefined || view.outcome._tag === "Unknown") return snapshot.cluster.status.clientView
  const { outcome, checkedAt } = view
  return defined<ClientViewStatus>({
    connected: outcome._tag === "Connected",
    nodes: outcome._tag === "Connected" ? Object.keys(outcome.nodes).length : 0,
    unreachable:
      outcome._tag === "Connected" && outcome.unreachable.length > 0 ? bounded(outcome.unreachable, 16) : undefined,
    message: outcome._tag === "Disconnected" ? message(outcome.message) : undefined,
    lastChecked: timestamp(checkedAt),
  })
}

const selector = (cluster: string): string =>
  Object.entries(selectorLabels(cluster))
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(",")

const errorOf = (outcome: Outcome, memory: PassMemory): string | undefined => {
  if (outcome.plan._tag === "Refused") return describeProblems(outcome.plan.problems)
  return memory.lastError
}

/** What was last carried out as a whole: the spec as it is stored, and its configuration with the values of the template and the defaults (W29). */
const applied = (outcome: Outcome): Pick<ClusterStatus, "aerospikeConfig" | "appliedSpec"> => {
  const { effective, snapshot } = outcome
  const { aerospikeConfig, appliedSpec } = snapshot.cluster.status
  if (effective === undefined || !isComplete(outcome)) return defined<ClusterStatus>({ aerospikeConfig, appliedSpec })
  return { aerospikeConfig: effective.config, appliedSpec: snapshot.cluster.spec }
}

const statusOf = (outcome: Outcome, memory: PassMemory): ClusterStatus => {
  const { snapshot, effective, ready, nodes, pods, pending } = outcome
  const stored = snapshot.cluster.status
  const error = errorOf(outcome, memory)
  const { phase, phaseReason } = phaseOf(outcome)
  const templateSnapshot = templateSnapshotAfter(snapshot, outcome.results)
  const operationStatus = operationAfter(snapshot, outcome.plan, outcome.results, effective)
  return defined<ClusterStatus>({
    phase,
    phaseReason,
    size: ready,
    health: effective === undefined ? stored.health : `${ready}/${effective.size}`,
    conditions: conditions(outcome, memory, error, { templateSnapshot, operationStatus }),
    pods,
    observedGeneration: Math.max(stored.observedGeneration ?? 0, snapshot.cluster.generation),
    selector: selector(snapshot.cluster.name),
    operationStatus,
    aerospikeClusterSize: nodes.clusterSize ?? stored.aerospikeClusterSize,
    operatorVersion: snapshot.settings.operatorVersion,
    pendingRestartPods: pending.length === 0 ? undefined : pending,
    lastReconcileTime: isComplete(outcome) ? timestamp(outcome.results.finishedAt) : stored.lastReconcileTime,
    failedReconcileCount: memory.failures,
    lastReconcileError: error === undefined ? undefined : errorText(error),
    migrationStatus: migrationStatus(outcome),
    clientView: clientViewStatus(outcome),
    templateSnapshot,
    ...applied(outcome),
  })
}

/** Paces questions to nodes: since when something only nodes can tell is waited for. */
const unsettledSince = (snapshot: Snapshot, plan: Plan): number | undefined => {
  if (plan._tag !== "Proceed" || plan.progress.isSettled === true) return undefined
  const asks = plan.facts !== undefined && plan.facts.because !== "regular refresh"
  return asks ? (snapshot.memory.unsettledSince ?? snapshot.now) : undefined
}

const memoryAfter = (outcome: Outcome, differs: Difference): PassMemory => {
  const { snapshot, plan, results, failure } = outcome
  const {
    unsettledSince: _since,
    contention: _contention,
    refusedChange: _refused,
    ...memory
  } = plan._tag === "Held" && plan.wait.kind === "Backoff"
    ? snapshot.memory
    : remember(snapshot, failure === undefined ? {} : { failed: failure }, results.finishedAt)
  const since = unsettledSince(snapshot, plan)
  const contention = contentionAfter(snapshot, plan, results)
  const refused = refusalAfter(snapshot, results.steps)
  return {
    ...memory,
    ...(since === undefined ? {} : { unsettledSince: since }),
    ...(contention === undefined ? {} : { contention }),
    ...(refused === undefined ? {} : { refusedChange: refused }),
    acceptedDifferences: acceptedAfter(snapshot.memory, results.steps, differs),
    repairs: repairsAfter(snapshot.memory, results.steps, results.finishedAt),
  }
}

/** Looks again although nothing happened: back-off, coalesced status, incomplete pods (R20-4), applications cut off. */
const requeueAfter = (outcome: Outcome, memory: PassMemory, coalesceMs: number | undefined): number | undefined => {
  const { snapshot, plan, members } = outcome
  const { now, settings, clientView } = snapshot
  const isIncomplete =
    plan._tag === "Proceed" &&
    !snapshot.cluster.isDeleting &&
    (plan.progress.toCreate > 0 ||
      plan.waits.length > 0 ||
      (members?.slots.some((slot) => slot.pod === undefined || !isPodReady(slot.pod)) ?? false))
  const delays = [
    coalesceMs,
    memory.notBefore > now ? memory.notBefore - now : undefined,
    isIncomplete ? settings.fallbackRequeueMs : undefined,
    nextRepairMs(memory.repairs, now),
    memory.contention === undefined ? undefined : Math.max(0, memory.contention.until - outcome.results.finishedAt),
    mainWait(plan)?.kind === "Client" && clientView !== undefined
      ? Math.max(0, clientView.checkedAt + settings.safetyMaxAgeMs - now)
      : undefined,
  ].filter((ms) => ms !== undefined)
  return delays.length === 0 ? undefined : Math.min(...delays)
}

/** Pods have joined the operation, or it has ended: what is decided from that is decided when the status has it. */
const isOperationMoved = (before: ClusterStatus, { operationStatus: after }: ClusterStatus): boolean => {
  const { operationStatus: was } = before
  return was?.id !== after?.id || was?.phase !== after?.phase || !isSame(was?.targets, after?.targets)
}

/** The report, with the effective cluster as a value. */
export const projectFor = (
  snapshot: Snapshot,
  plan: Plan,
  results: Results,
  effective: EffectiveCluster | undefined,
  differs: Difference = firstDifference,
): Report => {
  const outcome = outcomeOf(snapshot, plan, results, effective)
  const memory = memoryAfter(outcome, differs)
  const status = statusOf(outcome, memory)
  // Without its last finalizer the resource is gone: there is no status to write.
  const isGone =
    snapshot.cluster.isDeleting &&
    (snapshot.cluster.finalizers.length === 0 ||
      results.steps.some(({ step, _tag }) => step._tag === "RemoveFinalizer" && _tag === "Done"))
  const decision = isGone ? ({ write: "none" } as const) : decideWrite(snapshot, status)
  const requeueAfterMs = requeueAfter(outcome, memory, "afterMs" in decision ? decision.afterMs : undefined)
  return {
    status,
    write: decision.write,
    events: transitions(outcome, status),
    awaits: isGone ? [] : awaits(outcome),
    memory,
    measures: measuresOf(outcome, status, memory),
    ...(requeueAfterMs === undefined ? {} : { requeueAfterMs }),
    // Only the first time: afterwards the growing pause decides (R48).
    again:
      (decision.write === "now" && isOperationMoved(snapshot.cluster.status, status)) ||
      (memory.contention?.tries === 1 && results.steps.some(({ _tag }) => _tag === "Stale")) ||
      results.steps.some(({ step, _tag }) => step._tag === "CopyTemplate" && _tag === "Done"),
  }
}

/** What to tell and remember after `plan` was carried out with `results`. */
export const project = (snapshot: Snapshot, plan: Plan, results: Results): Report => {
  const effective =
    plan._tag === "Proceed"
      ? plan.effective
      : plan._tag === "Refused"
        ? undefined
        : Either.getOrUndefined(effectiveOf(snapshot.cluster))
  return projectFor(snapshot, plan, results, effective)
}
