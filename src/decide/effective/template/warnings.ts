/** Odd about the template a cluster uses, seen together with the cluster: R1–R7 of api.md §7.6. */
import type { ClusterSpec } from "../../../domain/AerospikeCluster.js"
import type { TemplateSpec } from "../../../domain/AerospikeClusterTemplate.js"
import type { SpecProblem } from "../../../domain/SpecProblem.js"
import type { StorageClassView } from "../../../domain/Kubernetes.js"
import type { RawObject } from "../../../domain/schema/fields.js"
import { isObject } from "../configTree.js"
import { nanos } from "../quantity.js"
import { problem, when } from "../rules/problem.js"

const amount = (resources: RawObject, part: "requests" | "limits", name: string): bigint | undefined => {
  const amounts = resources[part]
  return isObject(amounts) ? nanos(amounts[name]) : undefined
}

/** CPU or memory whose request and limit differ, compared as numbers (`1000m` = `1`); W18 asks the same. */
export const unequalResources = (resources: RawObject | undefined): ReadonlyArray<"cpu" | "memory"> =>
  resources === undefined
    ? []
    : (["cpu", "memory"] as const).filter(
        (name) => amount(resources, "requests", name) !== amount(resources, "limits", name),
      )

/** `template` is the effective one, overrides included; `spec` the cluster's as written. */
export const templateWarnings = (spec: ClusterSpec, template: TemplateSpec): ReadonlyArray<SpecProblem> => {
  const isAlone = template.rackConfig?.maxRacksPerNode === 1
  const storage = template.storage
  const unequal = unequalResources(template.resources)
  return [
    ...when(
      isAlone && template.scheduling?.podAntiAffinityLevel !== "required",
      "R1",
      "spec.templateRef",
      "the template allows one rack per node, but its anti-affinity does not require separate nodes",
      "set scheduling.podAntiAffinityLevel to required in the template or in spec.overrides",
    ),
    ...when(
      isAlone && storage?.localPVRequired !== true,
      "R2",
      "spec.templateRef",
      "the template allows one rack per node, but does not require local volumes",
      "set storage.localPVRequired in the template or in spec.overrides",
    ),
    ...when(
      isAlone && spec.podSpec !== undefined && (spec.podSpec.tolerations ?? []).length === 0,
      "R3",
      "spec.podSpec.tolerations",
      "the template allows one rack per node, but the cluster tolerates no dedicated nodes",
      "add a toleration for the nodes reserved for Aerospike",
    ),
    ...when(
      unequal.length > 0,
      "R4",
      "spec.templateRef",
      `requests and limits of ${unequal.join(" and ")} differ: the pods are not in the Guaranteed class`,
      "make requests and limits equal in the template's resources",
    ),
    ...when(
      storage?.localPVRequired === true && !storage.storageClassName,
      "R5",
      "spec.templateRef",
      "localPVRequired: no storageClassName to check",
      "name a StorageClass of local volumes in storage.storageClassName",
    ),
  ]
}

/**
 * R6, R7: what is odd about the StorageClass of volumes that must be local. A local volume exists on one host only, so its class must wait for
 * the pod (`WaitForFirstConsumer`). Nothing is said as long as the classes are not known.
 */
export const localClassWarnings = (
  name: string | undefined,
  classes: ReadonlyArray<StorageClassView> | undefined,
): ReadonlyArray<SpecProblem> => {
  if (name === undefined || classes === undefined) return []
  const found = classes.find((storageClass) => storageClass.name === name)
  if (found === undefined)
    return [
      problem(
        "R6",
        "spec.templateRef",
        `localPVRequired: there is no StorageClass ${name}`,
        "create it, or name another one in storage.storageClassName of the template or of spec.overrides",
      ),
    ]
  return when(
    found.volumeBindingMode !== "WaitForFirstConsumer",
    "R7",
    "spec.templateRef",
    `localPVRequired: StorageClass ${name} binds volumes ${found.volumeBindingMode}, before it is known on which host the pod runs`,
    "name a class with volumeBindingMode WaitForFirstConsumer",
  )
}
