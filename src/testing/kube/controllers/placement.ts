/** The scheduler's decision as a pure function: which host takes a pod, or why none does. */
import {
  conditionOf,
  type HostObject,
  nameOf,
  namespaceOf,
  type PodObject,
  type Taint,
  type Toleration,
} from "./objects.js"
import { matchesSelector, meetsRequirement } from "./selectors.js"

export type Placement =
  | { readonly _tag: "Fits"; readonly host: string }
  /** The text the scheduler writes into `PodScheduled=False` (R85). */
  | { readonly _tag: "Unschedulable"; readonly message: string }

const tolerates =
  (taint: Taint) =>
  (toleration: Toleration): boolean => {
    if (toleration.effect !== undefined && toleration.effect !== "" && toleration.effect !== taint.effect) return false
    if (toleration.operator === "Exists") return toleration.key === undefined || toleration.key === taint.key
    return toleration.key === taint.key && (toleration.value ?? "") === (taint.value ?? "")
  }

/** Taints that keep new pods away and that the pod does not tolerate. */
const repelling = (pod: PodObject, host: HostObject): ReadonlyArray<Taint> =>
  (host.spec?.taints ?? []).filter(
    (taint) => taint.effect !== "PreferNoSchedule" && !(pod.spec?.tolerations ?? []).some(tolerates(taint)),
  )

const matchesNodeAffinity = (pod: PodObject, host: HostObject): boolean => {
  const labels = host.metadata.labels ?? {}
  if (!Object.entries(pod.spec?.nodeSelector ?? {}).every(([key, wanted]) => labels[key] === wanted)) return false
  const terms =
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  return (
    terms.length === 0 ||
    terms.some(
      (term) =>
        (term.matchExpressions ?? []).every((requirement) => meetsRequirement(labels, requirement)) &&
        (term.matchFields ?? []).every((requirement) =>
          meetsRequirement({ "metadata.name": nameOf(host) }, requirement),
        ),
    )
  )
}

const isFinished = (pod: PodObject): boolean => pod.status?.phase === "Failed" || pod.status?.phase === "Succeeded"

/** Pods that occupy a host: bound and not finished. A terminating pod still does. */
const occupants = (pods: ReadonlyArray<PodObject>): ReadonlyArray<PodObject> =>
  pods.filter((pod) => pod.spec?.nodeName !== undefined && !isFinished(pod))

const violatesAntiAffinity = (
  pod: PodObject,
  host: HostObject,
  hosts: ReadonlyMap<string, HostObject>,
  others: ReadonlyArray<PodObject>,
): boolean => {
  const terms = pod.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
  return terms.some((term) => {
    const domain = host.metadata.labels?.[term.topologyKey]
    if (domain === undefined) return false
    return others.some(
      (other) =>
        namespaceOf(other) === namespaceOf(pod) &&
        matchesSelector(other.metadata.labels, term.labelSelector) &&
        hosts.get(other.spec?.nodeName ?? "")?.metadata.labels?.[term.topologyKey] === domain,
    )
  })
}

const isReadyHost = (host: HostObject): boolean => conditionOf(host.status?.conditions, "Ready")?.status === "True"

/** Why this host does not take the pod; undefined when it does. */
const refusal = (
  pod: PodObject,
  host: HostObject,
  hosts: ReadonlyMap<string, HostObject>,
  others: ReadonlyArray<PodObject>,
): string | undefined => {
  if (host.spec?.unschedulable === true) return "node(s) were unschedulable"
  if (!isReadyHost(host)) return "node(s) were not ready"
  const taint = repelling(pod, host)[0]
  if (taint !== undefined) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ""}}`
  if (!matchesNodeAffinity(pod, host)) return "node(s) didn't match Pod's node affinity/selector"
  if (violatesAntiAffinity(pod, host, hosts, others)) return "node(s) didn't match pod anti-affinity rules"
  return undefined
}

/**
 * The host with the fewest pods of the same controller, then the fewest pods, then the first by name.
 *
 * @param pods every pod, of all namespaces
 */
export const place = (pod: PodObject, hosts: ReadonlyArray<HostObject>, pods: ReadonlyArray<PodObject>): Placement => {
  const byName = new Map(hosts.map((host) => [nameOf(host), host]))
  const others = occupants(pods)
  const refusals = new Map<string, number>()
  const fitting = hosts.filter((host) => {
    const why = refusal(pod, host, byName, others)
    if (why !== undefined) refusals.set(why, (refusals.get(why) ?? 0) + 1)
    return why === undefined
  })
  const owner = pod.metadata.ownerReferences?.[0]?.uid
  const load = (host: HostObject): readonly [number, number] => {
    const here = others.filter((other) => other.spec?.nodeName === nameOf(host))
    return [
      here.filter((other) => owner !== undefined && other.metadata.ownerReferences?.[0]?.uid === owner).length,
      here.length,
    ]
  }
  const best = fitting
    .map((host) => ({ name: nameOf(host), load: load(host) }))
    .sort((a, b) => a.load[0] - b.load[0] || a.load[1] - b.load[1] || (a.name < b.name ? -1 : 1))[0]
  if (best !== undefined) return { _tag: "Fits", host: best.name }
  const reasons = [...refusals].map(([why, count]) => `${count} ${why}`).join(", ")
  return { _tag: "Unschedulable", message: `0/${hosts.length} nodes are available: ${reasons || "no nodes"}.` }
}
