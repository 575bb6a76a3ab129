/** What Kubernetes says about a pod: ready, on its way, stuck. Texts name a cause only when there is one, so that they stay put meanwhile. */
import { isPodReady, type PodView } from "../../domain/Kubernetes.js"
import { Container } from "../../domain/Names.js"
import type { Slot } from "./members.js"

/** Waiting reasons that do not pass by themselves, under the name people know them by. */
const failures: Readonly<Record<string, string>> = {
  CrashLoopBackOff: "CrashLoopBackOff",
  ImagePullBackOff: "ImagePullBackOff",
  ErrImagePull: "ImagePullBackOff",
  ErrImageNeverPull: "ErrImageNeverPull",
  InvalidImageName: "InvalidImageName",
  CreateContainerConfigError: "CreateContainerConfigError",
  CreateContainerError: "CreateContainerError",
  RunContainerError: "RunContainerError",
}

/** The scheduler found no host for it (R85). */
export const isUnschedulable = (pod: PodView): boolean =>
  pod.conditions.some((c) => c.type === "PodScheduled" && c.status === "False" && c.reason === "Unschedulable")

/** Why a pod does not become ready, if it is more than a matter of time. */
export const troubleOf = (pod: PodView): string | undefined => {
  if (pod.phase === "Failed") return "the pod has failed"
  if (isUnschedulable(pod)) {
    const message = pod.conditions.find((c) => c.type === "PodScheduled")?.message
    return `unschedulable${message === undefined ? "" : `: ${message}`}`
  }
  for (const container of pod.containers) {
    const failure = container.waitingReason === undefined ? undefined : failures[container.waitingReason]
    if (failure !== undefined) {
      const message = container.waitingMessage
      return `${container.name}: ${failure}${message === undefined ? "" : ` (${message.slice(0, 200)})`}`
    }
    if (!container.ready && container.restartCount > 0 && container.name === Container.server) {
      return `${container.name}: CrashLoopBackOff`
    }
  }
  return undefined
}

/** Ready as Kubernetes sees it. A missing or terminating pod is not. */
export const isAvailable = (slot: Slot): boolean => slot.pod !== undefined && isPodReady(slot.pod)

/**
 * Whether `maxIgnorablePods` may cover this pod: no host takes it, or it has failed for good. A pod that starts, or whose containers crash,
 * is never ignored: it may be the first victim of a broken revision (R81, R87).
 */
export const isIgnorable = (slot: Slot): boolean =>
  slot.pod !== undefined && !slot.pod.isTerminating && (slot.pod.phase === "Failed" || isUnschedulable(slot.pod))

/** `a is not ready`, with the cause where there is one. */
export const describeUnavailable = (slot: Slot): string => {
  const trouble = slot.pod === undefined || slot.pod.isTerminating ? undefined : troubleOf(slot.pod)
  return trouble === undefined ? slot.name : `${slot.name} (${trouble})`
}
