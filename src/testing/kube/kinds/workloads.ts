/** StatefulSets, Deployments, ReplicaSets and ControllerRevisions. */
import { type FieldProblem, invalidField, requiredField, unsupportedField } from "../ApiFailure.js"
import { ensureMap, isMap, type JsonMap, mapAt, numberAt, stringAt, valueAt } from "../json.js"
import { matchLabelSelector } from "../selectors.js"
import type { Strategy } from "../ResourceRegistry.js"
import { fill, immutable, objectsIn, onlyMutable } from "./fill.js"
import { fillTemplate } from "./podDefaults.js"
import { validatePodSpec } from "./podValidation.js"

const statefulSetRefusal =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"

const labelsOf = (template: unknown): Readonly<Record<string, string>> => {
  const labels = mapAt(template, "metadata", "labels") ?? {}
  return Object.fromEntries(Object.entries(labels).filter((e): e is [string, string] => typeof e[1] === "string"))
}

const selectorProblems = (spec: JsonMap): ReadonlyArray<FieldProblem> => {
  const selector = spec["selector"]
  const labels = labelsOf(spec["template"])
  const mismatch = [
    invalidField("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"),
  ]
  if (!isMap(selector)) return [requiredField("spec.selector"), ...mismatch]
  if (Object.keys(selector).length === 0) {
    return [invalidField("spec.selector", selector, "empty selector is invalid for statefulset")]
  }
  return matchLabelSelector(selector)(labels) ? [] : mismatch
}

const replicaProblems = (spec: JsonMap): ReadonlyArray<FieldProblem> => {
  const replicas = numberAt(spec, "replicas") ?? 0
  return replicas < 0 ? [invalidField("spec.replicas", replicas, "must be greater than or equal to 0")] : []
}

const templateProblems = (spec: JsonMap): ReadonlyArray<FieldProblem> => {
  const claims = objectsIn(spec, "volumeClaimTemplates").map((claim) => stringAt(claim, "metadata", "name") ?? "")
  const restart = stringAt(spec, "template", "spec", "restartPolicy")
  return [
    ...validatePodSpec("spec.template.spec", valueAt(spec, "template", "spec"), claims),
    ...(restart !== undefined && restart !== "Always"
      ? [unsupportedField("spec.template.spec.restartPolicy", restart, ["Always"])]
      : []),
  ]
}

const validate = (object: JsonMap): ReadonlyArray<FieldProblem> => {
  const spec = mapAt(object, "spec") ?? {}
  return [...replicaProblems(spec), ...selectorProblems(spec), ...templateProblems(spec)]
}

const fillClaimTemplate = (claim: JsonMap): void => {
  fill(claim, { apiVersion: "v1", kind: "PersistentVolumeClaim" })
  fill(ensureMap(claim, "spec"), { volumeMode: "Filesystem" })
  fill(ensureMap(claim, "status"), { phase: "Pending" })
}

const fixedSelector = (now: JsonMap, old: JsonMap): ReadonlyArray<FieldProblem> =>
  immutable("spec.selector", valueAt(now, "spec", "selector"), valueAt(old, "spec", "selector"))

export const statefulSetStrategy: Strategy = {
  setDefaults: (set) => {
    const spec = ensureMap(set, "spec")
    fill(spec, {
      podManagementPolicy: "OrderedReady",
      replicas: 1,
      revisionHistoryLimit: 10,
      updateStrategy: { type: "RollingUpdate" },
      serviceName: "",
    })
    fill(ensureMap(spec, "persistentVolumeClaimRetentionPolicy"), { whenDeleted: "Retain", whenScaled: "Retain" })
    const update = ensureMap(spec, "updateStrategy")
    fill(update, { type: "RollingUpdate" })
    if (update["type"] === "RollingUpdate")
      fill(ensureMap(update, "rollingUpdate"), { partition: 0, maxUnavailable: 1 })
    fillTemplate(spec)
    objectsIn(spec, "volumeClaimTemplates").forEach(fillClaimTemplate)
    fill(ensureMap(set, "status"), { availableReplicas: 0, replicas: 0 })
  },
  validate: (set) => {
    const policy = stringAt(set, "spec", "podManagementPolicy") ?? ""
    const known = ["OrderedReady", "Parallel"]
    return [
      ...(known.includes(policy)
        ? []
        : [invalidField("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'")]),
      ...validate(set),
    ]
  },
  validateUpdate: (now, old) => [
    ...immutable("spec.serviceName", valueAt(now, "spec", "serviceName"), valueAt(old, "spec", "serviceName")),
    ...fixedSelector(now, old),
    ...onlyMutable(
      mapAt(now, "spec") ?? {},
      mapAt(old, "spec") ?? {},
      [
        "serviceName",
        "selector",
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
      ],
      { field: "spec", detail: statefulSetRefusal },
    ),
  ],
}

export const deploymentStrategy: Strategy = {
  setDefaults: (deployment) => {
    const spec = ensureMap(deployment, "spec")
    fill(spec, {
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: "RollingUpdate" },
    })
    const strategy = ensureMap(spec, "strategy")
    if (strategy["type"] === "RollingUpdate") {
      fill(ensureMap(strategy, "rollingUpdate"), { maxUnavailable: "25%", maxSurge: "25%" })
    }
    fillTemplate(spec)
    ensureMap(deployment, "status")
  },
  validate,
  validateUpdate: fixedSelector,
}

export const replicaSetStrategy: Strategy = {
  setDefaults: (set) => {
    const spec = ensureMap(set, "spec")
    fill(spec, { replicas: 1 })
    fillTemplate(spec)
    fill(ensureMap(set, "status"), { replicas: 0 })
  },
  validate,
  validateUpdate: fixedSelector,
}

export const controllerRevisionStrategy: Strategy = {
  setDefaults: (revision) => void fill(revision, { revision: 0 }),
  validateUpdate: (now, old) => immutable("data", now["data"], old["data"]),
}
