/** What a cluster takes from its template: every step fills only what the cluster leaves open (api.md §7.4, A1–A15). Pure (W27, W28). */
import type { ClusterSpec } from "../../../domain/AerospikeCluster.js"
import type { TemplateSpec } from "../../../domain/AerospikeClusterTemplate.js"
import type { Json, JsonObject } from "../../../domain/Json.js"
import { selectorLabels } from "../../../domain/Labels.js"
import type { RawObject } from "../../../domain/schema/fields.js"
import type { PodSpec } from "../../../domain/schema/pods.js"
import type { Storage } from "../../../domain/schema/storage.js"
import { deepMerge, isList, isObject, section, withDefaults } from "../configTree.js"

const given = <A>(list: ReadonlyArray<A> | undefined): list is ReadonlyArray<A> => list !== undefined && list.length > 0

/** A2. */
const antiAffinity = (level: string | undefined, cluster: string): RawObject | undefined => {
  const term = { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: selectorLabels(cluster) } }
  switch (level) {
    case "required":
      return { requiredDuringSchedulingIgnoredDuringExecution: [term] }
    case "preferred":
      return { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }] }
    default:
      return undefined
  }
}

/** A2, A3. Undefined: as the cluster has it. */
const affinity = (pod: PodSpec, template: TemplateSpec, cluster: string): RawObject | undefined => {
  const own = pod.affinity ?? {}
  const pods = own["podAntiAffinity"] ?? antiAffinity(template.scheduling?.podAntiAffinityLevel, cluster)
  const nodes = own["nodeAffinity"] ?? template.scheduling?.nodeAffinity
  const merged = {
    ...own,
    ...(pods === undefined ? {} : { podAntiAffinity: pods }),
    ...(nodes === undefined ? {} : { nodeAffinity: nodes }),
  }
  return Object.keys(merged).length === 0 ? pod.affinity : merged
}

/** A1–A6, A11. */
const podSpec = (spec: ClusterSpec, template: TemplateSpec, cluster: string): PodSpec | undefined => {
  const { scheduling, resources } = template
  if (scheduling === undefined && resources === undefined) return spec.podSpec
  const pod = spec.podSpec ?? {}
  const merged = affinity(pod, template, cluster)
  const spread = scheduling?.topologySpreadConstraints
  const management = pod.podManagementPolicy ?? (scheduling?.podManagementPolicy || undefined)
  return {
    ...pod,
    ...(merged === undefined ? {} : { affinity: merged }),
    ...(!given(pod.tolerations) && given(scheduling?.tolerations) ? { tolerations: scheduling.tolerations } : {}),
    ...(!given(pod.topologySpreadConstraints) && given(spread) ? { topologySpreadConstraints: spread } : {}),
    ...(management === undefined ? {} : { podManagementPolicy: management }),
    ...(resources === undefined || pod.aerospikeContainer?.resources !== undefined
      ? {}
      : { aerospikeContainer: { ...pod.aerospikeContainer, resources } }),
  }
}

const requestedStorage = (resources: RawObject | undefined): string | undefined => {
  const requests = resources?.["requests"]
  const storage = isObject(requests) ? requests["storage"] : undefined
  return typeof storage === "string" || typeof storage === "number" ? String(storage) : undefined
}

/** A7: one data volume, unless the cluster has volumes of its own. */
const storage = (own: Storage | undefined, template: TemplateSpec): Storage | undefined => {
  const wanted = template.storage
  if (wanted === undefined || given(own?.volumes)) return own
  return {
    ...own,
    volumes: [
      {
        name: "data",
        source: {
          persistentVolume: {
            ...(wanted.storageClassName ? { storageClass: wanted.storageClassName } : {}),
            volumeMode: wanted.volumeMode === "Block" ? "Block" : "Filesystem",
            accessModes: given(wanted.accessModes) ? wanted.accessModes : ["ReadWriteOnce"],
            size: requestedStorage(wanted.resources) ?? "1Gi",
          },
        },
        aerospike: { path: "/opt/aerospike/data" },
      },
    ],
  }
}

/** A9. */
const heartbeat = (own: JsonObject, template: TemplateSpec): JsonObject => {
  const { mode, interval = 0, timeout = 0 } = template.aerospikeConfig?.network?.heartbeat ?? {}
  const defaults: JsonObject = {
    ...(mode ? { mode } : {}),
    ...(interval > 0 ? { interval } : {}),
    ...(timeout > 0 ? { timeout } : {}),
  }
  const network = section(own, "network")
  // What is no map is refused by V58 and V59, not replaced.
  const isMap = [own["network"], network["heartbeat"]].every((value) => value === undefined || isObject(value))
  return Object.keys(defaults).length === 0 || !isMap
    ? own
    : { ...own, network: { ...network, heartbeat: withDefaults(section(network, "heartbeat"), defaults) } }
}

/** A8: the cluster wins. A service that is no map is left for V57. */
const service = (own: JsonObject, base: JsonObject | undefined): JsonObject => {
  if (base === undefined || Object.keys(base).length === 0) return own
  const service = own["service"]
  if (service !== undefined && !isObject(service)) return own
  return { ...own, service: deepMerge(base, service ?? {}) }
}

/** A10: no namespace is created. */
const namespaces = (own: JsonObject, defaults: JsonObject | undefined): JsonObject => {
  const entries = own["namespaces"]
  if (defaults === undefined || !isList(entries)) return own
  return { ...own, namespaces: entries.map((entry): Json => (isObject(entry) ? deepMerge(defaults, entry) : entry)) }
}

/** A8–A10. */
const aerospikeConfig = (own: JsonObject | undefined, template: TemplateSpec): JsonObject | undefined => {
  const { service: base, namespaceDefaults } = template.aerospikeConfig ?? {}
  const merged = heartbeat(namespaces(service(own ?? {}, base), namespaceDefaults), template)
  return own === undefined && Object.keys(merged).length === 0 ? undefined : merged
}

/** The spec of a cluster with everything it leaves open taken from `template` (overrides included). `cluster` is its name. */
export const inherit = (spec: ClusterSpec, template: TemplateSpec, cluster: string): ClusterSpec => {
  const config = aerospikeConfig(spec.aerospikeConfig, template)
  const volumes = storage(spec.storage, template)
  const pods = podSpec(spec, template, cluster)
  const image = spec.image || template.image
  const size = spec.size || template.size
  const monitoring = spec.monitoring ?? template.monitoring
  const network = spec.aerospikeNetworkPolicy ?? template.aerospikeNetworkPolicy
  return {
    ...spec,
    ...(config === undefined ? {} : { aerospikeConfig: config }),
    ...(volumes === undefined ? {} : { storage: volumes }),
    ...(pods === undefined ? {} : { podSpec: pods }),
    ...(image === undefined ? {} : { image }),
    ...(size === undefined ? {} : { size }),
    ...(monitoring === undefined ? {} : { monitoring }),
    ...(network === undefined ? {} : { aerospikeNetworkPolicy: network }),
  }
}
