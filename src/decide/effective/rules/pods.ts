/** Parts of a pod that users add: names that clash would make the API server refuse every pod. */
import type { ClusterSpec } from "../../../domain/AerospikeCluster.js"
import type { SpecProblem } from "../../../domain/SpecProblem.js"
import { Container } from "../../../domain/Names.js"
import type { RawObject } from "../../../domain/schema/fields.js"
import { annotationProblems, isLabelValue, labelProblems } from "./labels.js"
import { problem, repeated, when } from "./problem.js"
import { resourceProblems, tolerationProblems } from "./resources.js"

const containerName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

const nameOf = (container: RawObject): string => {
  const name = container["name"]
  return typeof name === "string" ? name : ""
}

const containerProblems = (spec: ClusterSpec): ReadonlyArray<SpecProblem> => {
  const lists = ["sidecars", "initContainers"] as const
  const own = new Set<string>(Object.values(Container))
  const named = lists.flatMap((list) =>
    (spec.podSpec?.[list] ?? []).map((container, index) => ({
      name: nameOf(container),
      at: `spec.podSpec.${list}[${index}].name`,
    })),
  )
  return [
    ...named.flatMap(({ name, at }) => [
      ...when(
        !containerName.test(name),
        "container.name",
        at,
        `${JSON.stringify(name.slice(0, 80))} cannot be the name of a container: lower-case letters, digits and "-", at most 63`,
        "give the container a plain name",
      ),
      ...when(
        own.has(name),
        "container.reserved",
        at,
        `${name} is a container of the operator`,
        "rename the container",
      ),
    ]),
    ...repeated(named.map(({ name }) => name)).map(({ value, index }) =>
      problem(
        "container.same",
        named[index]?.at ?? "spec.podSpec",
        `container ${value} occurs more than once`,
        "rename one of them",
      ),
    ),
  ]
}

const dnsPolicies = ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]

const podProblems = ({ podSpec }: ClusterSpec): ReadonlyArray<SpecProblem> => {
  const grace = podSpec?.terminationGracePeriodSeconds
  return [
    ...when(
      Boolean(podSpec?.dnsPolicy) && !dnsPolicies.includes(podSpec?.dnsPolicy ?? ""),
      "pod.dnsPolicy",
      "spec.podSpec.dnsPolicy",
      `${JSON.stringify(podSpec?.dnsPolicy)} is no DNS policy`,
      `use one of ${dnsPolicies.slice(0, 3).join(", ")}`,
    ),
    ...when(
      grace !== undefined && grace < 0,
      "pod.gracePeriod",
      "spec.podSpec.terminationGracePeriodSeconds",
      `${grace} seconds are less than none`,
      "use 60, or more when shutting down takes longer",
    ),
  ]
}

/** A node with such a label cannot exist: the pods of the rack would wait for ever. */
const rackLabelProblems = (spec: ClusterSpec): ReadonlyArray<SpecProblem> =>
  (spec.rackConfig?.racks ?? []).flatMap((rack, index) =>
    (["zone", "region", "rackLabel"] as const).flatMap((field) =>
      when(
        !isLabelValue(rack[field] ?? ""),
        "rack.label",
        `spec.rackConfig.racks[${index}].${field}`,
        `${JSON.stringify(rack[field])} cannot be the value of a node's label: at most 63 letters, digits, - _ .`,
        "use the value the nodes carry",
      ),
    ),
  )

const metadataProblems = (
  metadata:
    | { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> }
    | undefined,
  path: string,
): ReadonlyArray<SpecProblem> => [
  ...labelProblems(metadata?.labels, `${path}.labels`),
  ...annotationProblems(metadata?.annotations, `${path}.annotations`),
]

/** What the containers ask for, and which taints the pods tolerate. */
const schedulingProblems = ({ podSpec, rackConfig, monitoring }: ClusterSpec): ReadonlyArray<SpecProblem> => [
  ...resourceProblems(podSpec?.aerospikeContainer?.resources, "spec.podSpec.aerospikeContainer.resources"),
  ...(["sidecars", "initContainers"] as const).flatMap((list) =>
    (podSpec?.[list] ?? []).flatMap((container: RawObject, index) =>
      resourceProblems(container["resources"], `spec.podSpec.${list}[${index}].resources`),
    ),
  ),
  ...resourceProblems(monitoring?.resources, "spec.monitoring.resources"),
  ...tolerationProblems(podSpec?.tolerations, "spec.podSpec.tolerations"),
  ...(rackConfig?.racks ?? []).flatMap((rack, index) =>
    tolerationProblems(rack.podSpec?.tolerations, `spec.rackConfig.racks[${index}].podSpec.tolerations`),
  ),
]

/** Names, labels and settings of pods and of the Services in front of them. */
export const podPartProblems = (spec: ClusterSpec): ReadonlyArray<SpecProblem> => [
  ...containerProblems(spec),
  ...podProblems(spec),
  ...schedulingProblems(spec),
  ...rackLabelProblems(spec),
  ...labelProblems(spec.podSpec?.nodeSelector, "spec.podSpec.nodeSelector"),
  ...(spec.rackConfig?.racks ?? []).flatMap((rack, index) =>
    labelProblems(rack.podSpec?.nodeSelector, `spec.rackConfig.racks[${index}].podSpec.nodeSelector`),
  ),
  ...metadataProblems(spec.podSpec?.metadata, "spec.podSpec.metadata"),
  ...metadataProblems(spec.headlessService?.metadata, "spec.headlessService.metadata"),
  ...metadataProblems(spec.podService?.metadata, "spec.podService.metadata"),
  ...metadataProblems(spec.seedsFinderServices?.loadBalancer, "spec.seedsFinderServices.loadBalancer"),
]
