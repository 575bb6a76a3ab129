/** Whether a pod still runs what its rack wants, and the reason in words. The first difference is the reason of the restart. */
import type { RestartReason } from "../../domain/ClusterStatus.js"
import type { DesiredRack } from "../../domain/EffectiveCluster.js"
import type { PodView } from "../../domain/Kubernetes.js"
import { Annotation } from "../../domain/Labels.js"
import { recordOf } from "../../domain/RunningConfiguration.js"
import { Container } from "../../domain/Names.js"
import { readTemplateParts, type TemplateParts } from "./templateParts.js"

export interface TemplateDifference {
  readonly reason: RestartReason
  /** `image aerospike:ce-8.1.0.0 → aerospike:ce-8.1.1.1`, `config changed: service.proto-fd-max`, `podSpec.tolerations changed`. */
  readonly because: string
}

/** At most three names, then how many more. */
const listed = (names: ReadonlyArray<string>): string =>
  names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ")

const changedParts = (before: TemplateParts, after: TemplateParts): ReadonlyArray<string> =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((part) => before[part] !== after[part]).sort()

const desiredImage = (rack: DesiredRack): string | undefined => {
  const spec = rack.statefulSet(0)["spec"] as
    | {
        readonly template?: {
          readonly spec?: { readonly containers?: ReadonlyArray<{ name?: unknown; image?: unknown }> }
        }
      }
    | undefined
  const image = spec?.template?.spec?.containers?.find(({ name }) => name === Container.server)?.image
  return typeof image === "string" ? image : undefined
}

/** What can be said without a table of parts: image and configuration are compared as a whole. */
const roughly = (rack: DesiredRack, pod: PodView): TemplateDifference | undefined => {
  const image = desiredImage(rack)
  const running = pod.images[Container.server]
  if (image !== undefined && running !== undefined && running !== image)
    return { reason: "ImageChanged", because: `image ${running} → ${image}` }
  const config = pod.annotations[Annotation.configHash]
  return config === undefined || config === rack.configHash
    ? undefined
    : { reason: "ConfigChanged", because: "config changed" }
}

const explained = (rack: DesiredRack, pod: PodView): TemplateDifference => {
  if (pod.annotations[Annotation.templateHash] === rack.templateHash)
    return { reason: "ConfigChanged", because: "config changed while the server runs" }
  const before = readTemplateParts(pod.annotations[Annotation.templateParts])
  if (before === undefined) {
    return roughly(rack, pod) ?? { reason: "PodSpecChanged", because: "the pod template changed" }
  }
  const changed = changedParts(before, rack.templateParts ?? {})
  const config = changed.filter((part) => part.startsWith("config."))
  const others = changed.filter((part) => !part.startsWith("config.") && part !== "image")
  if (changed.includes("image"))
    return {
      reason: "ImageChanged",
      because: `image ${pod.images[Container.server] ?? "unknown"} → ${desiredImage(rack) ?? "unknown"}`,
    }
  if (config.length > 0)
    return {
      reason: "ConfigChanged",
      because: `config changed: ${listed(config.map((part) => part.slice("config.".length)))}`,
    }
  return {
    reason: "PodSpecChanged",
    because: others.length > 0 ? `${listed(others)} changed` : "the pod template changed",
  }
}

/**
 * Version of a template hash: what stands before the first `-` or `:`, if anything. Hashes of another version were made from other inputs
 * and cannot be compared (R112).
 */
const versionOf = (hash: string): string => /^([^-:]*)[-:]/.exec(hash)?.[1] ?? ""

const isComparable = (hash: string | undefined, rack: DesiredRack): boolean =>
  hash !== undefined && versionOf(hash) === versionOf(rack.templateHash)

/** Whether the pod's template and the wanted one are known to have the same parts but for the configuration. */
export const differsInConfigurationOnly = (rack: DesiredRack, pod: PodView): boolean => {
  const hash = pod.annotations[Annotation.templateHash]
  if (hash === rack.templateHash) return true
  const before = readTemplateParts(pod.annotations[Annotation.templateParts])
  if (!isComparable(hash, rack) || before === undefined) return false
  const changed = changedParts(before, rack.templateParts ?? {})
  return changed.length > 0 && changed.every((part) => part.startsWith("config."))
}

/**
 * Undefined while the pod is what its rack wants, or while nothing proves that it is not. A webhook may have rewritten the pod's image or added
 * containers (R55): only what we asked for counts, by its hash. A pod without a comparable hash was made by the reference operator or another
 * version; it wants a restart only for another image or configuration (N-15, R112). A process that was told of changes since it read its file runs what
 * it was told (W18, W19).
 */
export const templateDifference = (rack: DesiredRack, pod: PodView): TemplateDifference | undefined => {
  const record = recordOf(pod)
  if (record?.pending !== undefined) return explained(rack, pod)
  const hash = record?.templateHash ?? pod.annotations[Annotation.templateHash]
  if (hash === rack.templateHash) return undefined
  return isComparable(hash, rack) ? explained(rack, pod) : roughly(rack, pod)
}
