/**
 * The readiness gate is a *joining* gate (W63): a pod becomes ready when its node has joined the cluster, and stays so for the run of its
 * container unless the node leaves. Migrations hold back the orchestrator, never serving pods.
 */
import type { EffectiveCluster } from "../../domain/EffectiveCluster.js"
import { areContainersReady, type ConditionView, type ContainerView, type PodView } from "../../domain/Kubernetes.js"
import { readinessGate } from "../../domain/Labels.js"
import { Container } from "../../domain/Names.js"
import { type Collection, known } from "../../domain/NodeFacts.js"
import type { Step } from "../../domain/Plan.js"
import type { Snapshot } from "../../domain/Snapshot.js"
import { groupsByKey } from "./agreement.js"
import type { Members } from "./members.js"
import { clusterOf, readNode } from "./nodeReading.js"
import type { FactsNeed } from "./safety.js"

export interface Gates {
  readonly steps: ReadonlyArray<Step>
  /** Pods whose containers are ready and whose node has not joined yet. */
  readonly joining: ReadonlyArray<string>
  readonly facts?: FactsNeed
}

const serverOf = (pod: PodView): ContainerView | undefined =>
  pod.containers.find((container) => container.name === Container.server)

const gateOf = (pod: PodView): ConditionView | undefined => pod.conditions.find((c) => c.type === readinessGate)

/** Set in an earlier run of the container; both times have a resolution of one second. */
const isOfEarlierRun = (pod: PodView, gate: ConditionView): boolean => {
  const startedAt = serverOf(pod)?.startedAt
  const since = gate.lastTransitionTime === undefined ? Number.NaN : Date.parse(gate.lastTransitionTime)
  return startedAt !== undefined && Number.isFinite(since) && Math.floor(startedAt / 1000) > Math.floor(since / 1000)
}

/** The cluster most of the serving nodes are in; undefined while there is no such majority (creation, split, re-forming). */
const majority = (
  collection: Collection,
  serving: ReadonlyArray<PodView>,
): { key: string; isSelfContained: boolean } | undefined => {
  const [largest] = groupsByKey(collection, serving)
  return largest !== undefined && largest.pods.length * 2 > serving.length ? largest : undefined
}

const hasJoined = (collection: Collection, pod: PodView, key: string | undefined, clusterName: string): boolean => {
  const reading = readNode(collection, pod)
  if (reading._tag === "Unknown" || key === undefined) return false
  const cluster = clusterOf(reading.answers)
  return cluster?.isMember === true && cluster.key === key && known(reading.answers.clusterName) === clusterName
}

/**
 * The others form a whole cluster that does not count this node. While members disagree for a moment (a re-form takes some 100 ms and looks
 * like this from one side) the majority still expects it.
 */
const hasLeft = (collection: Collection | undefined, pod: PodView, serving: ReadonlyArray<PodView>): boolean => {
  if (collection === undefined) return false
  const reading = readNode(collection, pod)
  const others = majority(collection, serving)
  if (reading._tag === "Unknown" || others?.isSelfContained !== true) return false
  return clusterOf(reading.answers)?.key !== others.key
}

const set = (pod: PodView, status: "True" | "False", reason: string, message: string): Step => ({
  _tag: "SetGate",
  pod,
  status,
  reason,
  message,
})

/** Gates to set now, and whether nodes must be asked for those that wait. Pods without the gate count as satisfied. */
export const gates = (snapshot: Snapshot, effective: EffectiveCluster, members: Members): Gates => {
  const gated = members.slots
    .flatMap((slot) => slot.pod ?? [])
    .filter((pod) => !pod.isTerminating && pod.readinessGates.includes(readinessGate))
  const serving = members.slots.flatMap((slot) => slot.pod ?? []).filter(areContainersReady)
  const { latest, previous } = snapshot.facts
  const fresh = latest !== undefined && latest.startedAt > snapshot.podsChangedAt ? latest : undefined
  const key = fresh === undefined ? undefined : majority(fresh, serving)?.key
  const steps: Array<Step> = []
  const joining: Array<string> = []
  for (const pod of gated) {
    const gate = gateOf(pod)
    const isOpen = gate?.status === "True" && !isOfEarlierRun(pod, gate)
    if (isOpen) {
      if (fresh !== undefined && hasLeft(fresh, pod, serving) && hasLeft(previous, pod, serving)) {
        steps.push(set(pod, "False", "NodeLeft", "the node is no longer a member of its cluster"))
      }
    } else if (areContainersReady(pod) && fresh !== undefined && hasJoined(fresh, pod, key, effective.clusterName)) {
      steps.push(set(pod, "True", "AerospikeReady", "the node is a member of its cluster"))
    } else {
      if (gate?.status === "True") {
        steps.push(set(pod, "False", "ContainerRestarted", "the server was restarted and has to join again"))
      }
      if (areContainersReady(pod)) joining.push(pod.name)
    }
  }
  return {
    steps,
    joining,
    ...(joining.length === 0
      ? {}
      : {
          facts: {
            when: fresh === undefined ? "fresh" : "pace",
            expectedSize: Math.max(1, members.slots.length),
            because: `has ${joining.join(", ")} joined?`,
          },
        }),
  }
}
