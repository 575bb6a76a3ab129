/** Which pods want a restart, and why: image, configuration or anything else in the pod template differs (W5, W26, W30). */
import type { RestartReason } from "../../domain/ClusterStatus.js"
import type { DesiredObjects, DesiredRack, EffectiveCluster } from "../../domain/EffectiveCluster.js"
import type { PodView } from "../../domain/Kubernetes.js"
import { Annotation } from "../../domain/Labels.js"
import { Container } from "../../domain/Names.js"
import { readTemplateParts, templatePartsAnnotation } from "../objects/templateParts.js"
import type { Members, RackMembers } from "./members.js"

/** A pod that runs something else than it should. */
export interface Candidate {
  readonly pod: PodView
  readonly rack: RackMembers
  readonly ordinal: number
  readonly reason: RestartReason
  /** First difference, for people. */
  readonly because: string
}

/**
 * Version of a template hash: what stands before the first `-` or `:`, if anything. Hashes of another version were made from other inputs
 * and cannot be compared (R112).
 */
const versionOf = (hash: string): string => /^([^-:]*)[-:]/.exec(hash)?.[1] ?? ""

const isComparable = (actual: string | undefined, desired: string): actual is string =>
  actual !== undefined && versionOf(actual) === versionOf(desired)

/** Names of the parts in which a pod differs from its rack, as far as the pod tells. */
const changedParts = (pod: PodView, desired: DesiredRack): ReadonlyArray<string> => {
  const actual = readTemplateParts(pod.annotations[templatePartsAnnotation])
  const wanted = desired.templateParts
  if (actual === undefined || wanted === undefined) return []
  return [...new Set([...Object.keys(actual), ...Object.keys(wanted)])].filter((part) => actual[part] !== wanted[part])
}

const some = (parts: ReadonlyArray<string>): string =>
  parts.length <= 3 ? parts.join(", ") : `${parts.slice(0, 3).join(", ")} and ${parts.length - 3} more`

/**
 * Why `pod` does not match its rack; undefined when it does, or when nothing proves that it does not.
 *
 * The template hash is the hash of what was asked for: a pod that carries the wanted one is right, whatever a foreign webhook made of its image
 * (R55). A pod without a comparable hash was made by another operator (version); then only image and configuration hash count, so that a
 * take-over restarts nothing needlessly (R112, N-15).
 */
export const differenceOf = (
  pod: PodView,
  desired: DesiredRack,
  image: string,
): { readonly reason: RestartReason; readonly because: string } | undefined => {
  const template = pod.annotations[Annotation.templateHash]
  if (template === desired.templateHash) return undefined
  const running = pod.images[Container.server]
  if (running !== undefined && running !== image) {
    return { reason: "ImageChanged", because: `image ${running} → ${image}` }
  }
  const parts = changedParts(pod, desired)
  const config = pod.annotations[Annotation.configHash]
  const changed = some(parts.filter((part) => part !== "image"))
  if (config !== undefined && config !== desired.configHash) {
    return {
      reason: "ConfigChanged",
      because: changed === "" ? `config hash ${config} → ${desired.configHash}` : changed,
    }
  }
  if (!isComparable(template, desired.templateHash)) return undefined
  return {
    reason: parts.some((part) => part.startsWith("config.")) ? "ConfigChanged" : "PodSpecChanged",
    because: changed === "" ? `pod template ${template} → ${desired.templateHash}` : changed,
  }
}

/**
 * All pods that want a restart: those of wanted racks that are there and not already on their way out (W9). Pods that a scale-down is about to
 * remove are left alone, unless that scale-down is refused.
 */
export const candidates = (
  members: Members,
  effective: EffectiveCluster,
  desired: DesiredObjects,
  options: { readonly surplusStays: boolean },
): ReadonlyArray<Candidate> =>
  members.racks.flatMap((rack) => {
    const wanted = desired.racks.find((r) => r.rack.id === rack.id)
    if (wanted === undefined) return []
    return rack.slots.flatMap(({ pod, ordinal }) => {
      if (pod === undefined || pod.isTerminating) return []
      if (ordinal >= rack.wanted && !options.surplusStays) return []
      const difference = differenceOf(pod, wanted, effective.image)
      return difference === undefined ? [] : [{ pod, rack, ordinal, ...difference }]
    })
  })
