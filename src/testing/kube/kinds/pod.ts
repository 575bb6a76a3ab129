/** Pods. */
import { type FieldProblem, forbiddenField } from "../ApiFailure.js"
import { cloneMap, ensureMap, equalJson, isMap, type Json, type JsonMap, listAt, mapAt } from "../json.js"
import type { Strategy } from "../ResourceRegistry.js"
import { objectsIn } from "./fill.js"
import { fillPodOnly, fillPodSpec, qosClass } from "./podDefaults.js"
import { validatePodSpec } from "./podValidation.js"

const refusal =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"

/** A copy of the spec without what an update may change. */
const fixedPart = (spec: unknown): JsonMap => {
  const copy = cloneMap(spec)
  for (const list of ["containers", "initContainers"])
    for (const container of objectsIn(copy, list)) delete container["image"]
  for (const field of ["activeDeadlineSeconds", "tolerations", "schedulingGates"]) delete copy[field]
  return copy
}

const keepsTolerations = (now: JsonMap, old: JsonMap): boolean => {
  const all: Json[] = listAt(now, "spec", "tolerations") ?? []
  return (listAt(old, "spec", "tolerations") ?? []).every((t) => all.some((other) => equalJson(t, other)))
}

const validateUpdate = (now: JsonMap, old: JsonMap): ReadonlyArray<FieldProblem> => {
  const isFixed = equalJson(fixedPart(now["spec"]), fixedPart(old["spec"]))
  return isFixed && keepsTolerations(now, old) ? [] : [forbiddenField("spec", refusal)]
}

export const podStrategy: Strategy = {
  setDefaults: (pod) => {
    const spec = ensureMap(pod, "spec")
    fillPodSpec(spec)
    fillPodOnly(spec)
  },
  prepareCreate: (pod) => {
    pod["status"] = { phase: "Pending", qosClass: qosClass(mapAt(pod, "spec") ?? {}) }
  },
  validate: (pod) => (isMap(pod["spec"]) ? validatePodSpec("spec", pod["spec"]) : []),
  validateUpdate,
}
