/** Accepted, but people should know: fields without effect on Community Edition, and the warnings of api.md §6.6. */
import { ClusterSpec } from "../../domain/AerospikeCluster.js"
import type { JsonObject } from "../../domain/Json.js"
import type { SpecProblem } from "../../domain/SpecProblem.js"
import { section } from "./configTree.js"
import { configurationWarnings, type Draft, storageWarningsOfRacks } from "./findings.js"
import { imageWarnings } from "./rules/image.js"
import { monitoringWarnings } from "./rules/monitoring.js"
import { privilegeWarnings } from "./privileges.js"
import { problem, when } from "./rules/problem.js"
import { unknownFields } from "./unknownFields.js"
import { budgetWarnings } from "./rules/racks.js"
import { storageWarnings } from "./rules/storage.js"

const accessControlWarnings = (spec: ClusterSpec, config: JsonObject): ReadonlyArray<SpecProblem> => {
  const fix = "remove it, or run Enterprise Edition with another operator"
  const message = (what: string) => `${what} has no effect: Community Edition has no access control`
  return [
    ...when(
      spec.aerospikeAccessControl !== undefined,
      "NotAvailableOnCE",
      "spec.aerospikeAccessControl",
      message("aerospikeAccessControl"),
      fix,
    ),
    ...when(
      Object.hasOwn(config, "security"),
      "NotAvailableOnCE",
      "spec.aerospikeConfig.security",
      message("the security stanza"),
      fix,
    ),
    ...(spec.operations ?? [])
      .filter((operation) => operation.kind === "WarmRestart")
      .map(() =>
        problem(
          "NotAvailableOnCE",
          "spec.operations[0].kind",
          "Community Edition has no warm restart",
          "use PodRestart",
        ),
      ),
  ]
}

const hostNetworkWarnings = (spec: ClusterSpec): ReadonlyArray<SpecProblem> => {
  const pod = spec.podSpec
  return [
    ...when(
      pod?.hostNetwork === true && pod.multiPodPerHost === true,
      "W3",
      "spec.podSpec.multiPodPerHost",
      "two pods on one host would use the same ports",
      "remove multiPodPerHost, or hostNetwork",
    ),
    ...when(
      pod?.hostNetwork === true && Boolean(pod.dnsPolicy) && pod.dnsPolicy !== "ClusterFirstWithHostNet",
      "W4",
      "spec.podSpec.dnsPolicy",
      `with hostNetwork and dnsPolicy ${pod?.dnsPolicy ?? ""} the pods cannot resolve each other`,
      "use ClusterFirstWithHostNet",
    ),
    ...when(
      pod?.hostNetwork === true && spec.networkPolicyConfig?.enabled === true,
      "network.policy",
      "spec.networkPolicyConfig",
      "network policies do not apply to pods with hostNetwork",
      "remove hostNetwork, or protect the hosts' ports otherwise",
    ),
  ]
}

/** Access types that do nothing (W26): said, instead of silently ignored. */
const networkWarnings = (spec: ClusterSpec): ReadonlyArray<SpecProblem> => {
  const policy = spec.aerospikeNetworkPolicy
  const path = "spec.aerospikeNetworkPolicy"
  return [
    ...(["accessType", "alternateAccessType", "fabricType"] as const).flatMap((field) => [
      ...when(
        policy?.[field] === "configuredIP",
        "network.configuredIP",
        `${path}.${field}`,
        "configuredIP is not implemented: no address is advertised for it",
        "write the address into aerospikeConfig.network",
      ),
      ...when(
        policy?.[field] === "hostExternal",
        "network.hostExternal",
        `${path}.${field}`,
        "hostExternal advertises the internal address of the host: a pod cannot learn the external one",
        "use hostInternal, or write the address into aerospikeConfig.network",
      ),
    ]),
    ...when(
      policy?.fabricType !== undefined && policy.fabricType !== "pod",
      "network.fabric",
      `${path}.fabricType`,
      "fabricType has no effect: fabric traffic uses pod addresses",
      "remove fabricType",
    ),
  ]
}

const workDirectoryWarnings = (spec: ClusterSpec, config: JsonObject): ReadonlyArray<SpecProblem> => {
  const directory = section(config, "service")["work-directory"]
  if (typeof directory !== "string" || directory === "" || spec.validationPolicy?.skipWorkDirValidate === true)
    return []
  return when(
    !(spec.storage?.volumes ?? []).some((volume) => volume.aerospike?.path === directory),
    "W13",
    "spec.aerospikeConfig.service.work-directory",
    `no volume is mounted at ${directory}: the server's metadata is gone with the pod`,
    `mount a volume at ${directory}`,
  )
}

const unusedFields: ReadonlyArray<readonly [keyof ClusterSpec, string]> = [
  ["seedsFinderServices", "no LoadBalancer Service is made"],
  ["enableRackIDOverride", "rack ids come from spec.rackConfig only"],
]

/** Every warning about an accepted spec, in the order of api.md §6.1. */
export const specWarnings = (draft: Draft, config: JsonObject): ReadonlyArray<SpecProblem> => {
  const { spec } = draft
  return [
    ...(spec.image ? imageWarnings(spec.image) : []),
    ...configurationWarnings(draft, config),
    ...hostNetworkWarnings(spec),
    ...monitoringWarnings(spec.monitoring),
    ...storageWarnings(spec.storage, "spec.storage"),
    ...(spec.rackConfig?.racks ?? []).flatMap((rack, index) =>
      storageWarnings(rack.storage, `spec.rackConfig.racks[${index}].storage`),
    ),
    ...storageWarningsOfRacks(draft),
    ...workDirectoryWarnings(spec, config),
    ...budgetWarnings(spec, spec.size ?? 0),
    ...accessControlWarnings(spec, config),
    ...networkWarnings(spec),
    ...privilegeWarnings(spec),
    ...unknownFields(ClusterSpec.ast, spec, "spec"),
    ...unusedFields.flatMap(([field, message]) =>
      when(
        spec[field] !== undefined,
        "unused",
        `spec.${field}`,
        `${field} has no effect: ${message}`,
        `remove ${field}`,
      ),
    ),
  ]
}
