/** `status.pods`: one entry per pod that should exist or still does. What a node told last is kept until it tells something else (W36). */
import type { PodStatus, RestartReason } from "../../domain/ClusterStatus.js"
import type { EffectiveCluster } from "../../domain/EffectiveCluster.js"
import { conditionStatus, isPodReady, type PodView } from "../../domain/Kubernetes.js"
import { Annotation, Label, readinessGate } from "../../domain/Labels.js"
import { Container } from "../../domain/Names.js"
import { known } from "../../domain/NodeFacts.js"
import type { Plan } from "../../domain/Plan.js"
import type { Results } from "../../domain/Report.js"
import { recordOf, settledOf } from "../../domain/RunningConfiguration.js"
import type { Snapshot } from "../../domain/Snapshot.js"
import type { Members } from "../rollout/members.js"
import { refusalAfter } from "../configuration/dynamic/refusal.js"
import { readNode } from "../rollout/nodeReading.js"
import { bounded, defined, timestamp, truncated } from "./bounds.js"
import { migratingPartitions } from "./nodes.js"

/** Pods we deleted in this pass: on their way out, although the snapshot still shows them ready. */
export const restartedPods = (results: Results): ReadonlyMap<string, RestartReason> =>
  new Map(
    results.steps.flatMap((result) =>
      result._tag === "Done" && result.step._tag === "RestartPod"
        ? [[result.step.pod.uid, result.step.reason] as const]
        : [],
    ),
  )

/** Gates we set in this pass, by pod UID. */
const gatesSet = (results: Results): ReadonlyMap<string, boolean> =>
  new Map(
    results.steps.flatMap((result) =>
      result._tag === "Done" && result.step._tag === "SetGate"
        ? [[result.step.pod.uid, result.step.status === "True"] as const]
        : [],
    ),
  )

const unstableSince = (pod: PodView, stored: PodStatus | undefined): string | undefined =>
  pod.conditions.find((c) => c.type === "Ready" && c.status !== "True")?.lastTransitionTime ?? stored?.unstableSince

const rackOf = (pod: PodView): number | undefined => {
  const rack = Number(pod.labels[Label.rack] ?? "0")
  return Number.isInteger(rack) && rack > 0 ? rack : undefined
}

/** What it runs, not only what its file says. */
const configHashOf = (pod: PodView): string | undefined =>
  settledOf(pod)?.configHash ?? pod.annotations[Annotation.configHash]

const servicePort = (pod: PodView, stored: PodStatus | undefined, effective: EffectiveCluster | undefined): number => {
  // The port a process was started with stays its port, whatever the spec says meanwhile.
  if (stored !== undefined && stored.podPort > 0 && stored.podIP === pod.podIP) return stored.podPort
  const rack = effective?.racks.find((r) => r.id === (rackOf(pod) ?? 0)) ?? effective?.racks[0]
  return rack?.ports.service ?? stored?.podPort ?? 3000
}

const present = (
  snapshot: Snapshot,
  effective: EffectiveCluster | undefined,
  pod: PodView,
  stored: PodStatus | undefined,
  {
    dynamicConfigStatus,
    gate,
  }: { readonly dynamicConfigStatus: PodStatus["dynamicConfigStatus"]; readonly gate: boolean | undefined },
): PodStatus => {
  const reading = readNode(snapshot.facts.latest, pod)
  const answers = reading._tag === "Answered" ? reading.answers : undefined
  const isReady = isPodReady(pod)
  const port = servicePort(pod, stored, effective)
  const endpoints = answers === undefined ? undefined : known(answers.endpoints)
  return defined<PodStatus>({
    podIP: pod.podIP,
    hostIP: pod.hostIP,
    image: truncated(pod.images[Container.server] ?? effective?.image ?? "", 512),
    podPort: port,
    servicePort: port,
    rack: rackOf(pod),
    isRunningAndReady: isReady,
    configHash: configHashOf(pod),
    podSpecHash: pod.annotations[Annotation.podSpecHash],
    dynamicConfigStatus,
    nodeID: (answers === undefined ? undefined : known(answers.nodeId)) ?? stored?.nodeID,
    clusterName: (answers === undefined ? undefined : known(answers.clusterName)) ?? stored?.clusterName,
    accessEndpoints: endpoints === undefined ? stored?.accessEndpoints : bounded(endpoints),
    readinessGateSatisfied: pod.readinessGates.includes(readinessGate)
      ? (gate ?? conditionStatus(pod, readinessGate) === "True")
      : undefined,
    lastRestartReason: stored?.lastRestartReason,
    lastRestartTime: stored?.lastRestartTime,
    unstableSince: isReady ? undefined : unstableSince(pod, stored),
    migratingPartitions: migratingPartitions(snapshot.facts.latest, pod),
  })
}

/** What became of a change without restart on this node; absent where there was none since its file was read. */
const dynamicConfigStatus = (
  snapshot: Snapshot,
  plan: Plan,
  results: Results,
  pod: PodView,
): PodStatus["dynamicConfigStatus"] => {
  const record = recordOf(pod)
  const { pendingRestarts = [], pendingUpdates = [] } = plan._tag === "Proceed" ? plan.progress : {}
  const isRefused = refusalAfter(snapshot, results.steps) !== undefined
  const isPending = pendingUpdates.includes(pod.name)
  if (isRefused && (isPending || pendingRestarts.some((restart) => restart.pod === pod.name))) return "Failed"
  if (isPending || record?.pending !== undefined) return "Pending"
  return (record?.told.length ?? 0) > 0 ? "Applied" : undefined
}

/** The pod is being replaced: everything known about it stays, except that it serves. */
const absent = (stored: PodStatus, now: string): PodStatus => {
  const { migratingPartitions: _partitions, readinessGateSatisfied, ...kept } = stored
  return {
    ...kept,
    isRunningAndReady: false,
    ...(readinessGateSatisfied === undefined ? {} : { readinessGateSatisfied: false }),
    unstableSince: stored.isRunningAndReady ? now : (stored.unstableSince ?? now),
  }
}

/** Names of all entries with the pod behind them, if it is there. `members` is undefined for a spec that cannot be read. */
const listed = (
  snapshot: Snapshot,
  members: Members | undefined,
): ReadonlyArray<readonly [string, PodView | undefined]> => {
  if (members !== undefined) {
    return [
      ...members.slots.map((slot) => [slot.name, slot.pod] as const),
      ...members.leaving.map((pod) => [pod.name, pod] as const),
    ]
  }
  return Object.keys(snapshot.cluster.status.pods ?? {}).map(
    (name) => [name, snapshot.pods.find((pod) => pod.name === name)] as const,
  )
}

/** The map, sorted by name. A pod that never existed has no entry. */
export const podStatuses = (
  snapshot: Snapshot,
  effective: EffectiveCluster | undefined,
  members: Members | undefined,
  plan: Plan,
  results: Results,
): Readonly<Record<string, PodStatus>> => {
  const restarted = restartedPods(results)
  const gates = gatesSet(results)
  const now = timestamp(results.finishedAt)
  const entries = listed(snapshot, members).flatMap(([name, pod]): ReadonlyArray<readonly [string, PodStatus]> => {
    const stored = snapshot.cluster.status.pods?.[name]
    if (pod === undefined) return stored === undefined ? [] : [[name, absent(stored, now)]]
    const entry = present(snapshot, effective, pod, stored, {
      dynamicConfigStatus: dynamicConfigStatus(snapshot, plan, results, pod),
      gate: gates.get(pod.uid),
    })
    const reason = restarted.get(pod.uid)
    if (reason !== undefined) {
      return [[name, { ...absent(entry, now), lastRestartReason: reason, lastRestartTime: now }]]
    }
    return [[name, pod.isTerminating ? absent(stored ?? entry, now) : entry]]
  })
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
