/** PodDisruptionBudgets, Leases, Namespaces, role bindings, ConfigMaps and Secrets. */
import { type FieldProblem, forbiddenField, invalidField, requiredField } from "../ApiFailure.js"
import { ensureMap, isMap, type Json, type JsonMap, mapAt, numberAt, stringAt } from "../json.js"
import type { Strategy } from "../ResourceRegistry.js"
import { fill, immutable, objectsIn } from "./fill.js"

export const disruptionBudgetStrategy: Strategy = {
  setDefaults: (budget) =>
    void fill(ensureMap(budget, "status"), {
      currentHealthy: 0,
      desiredHealthy: 0,
      disruptionsAllowed: 0,
      expectedPods: 0,
    }),
  validate: (budget) => {
    const spec = mapAt(budget, "spec") ?? {}
    const isBoth = spec["minAvailable"] !== undefined && spec["maxUnavailable"] !== undefined
    return isBoth ? [invalidField("spec", spec, "minAvailable and maxUnavailable cannot be both set")] : []
  },
}

export const leaseStrategy: Strategy = {
  validate: (lease) => {
    const seconds = numberAt(lease, "spec", "leaseDurationSeconds")
    const transitions = numberAt(lease, "spec", "leaseTransitions")
    return [
      ...(seconds !== undefined && seconds <= 0
        ? [invalidField("spec.leaseDurationSeconds", seconds, "must be greater than 0")]
        : []),
      ...(transitions !== undefined && transitions < 0
        ? [invalidField("spec.leaseTransitions", transitions, "must be greater than or equal to 0")]
        : []),
    ]
  },
}

export const namespaceStrategy: Strategy = {
  setDefaults: (namespace) => {
    const labels = ensureMap(ensureMap(namespace, "metadata"), "labels")
    const name = stringAt(namespace, "metadata", "name")
    if (name !== undefined) labels["kubernetes.io/metadata.name"] = name
    ensureMap(namespace, "spec")
    fill(ensureMap(namespace, "status"), { phase: "Active" })
  },
  prepareCreate: (namespace) => {
    ensureMap(namespace, "spec")["finalizers"] = ["kubernetes"]
  },
}

const rbacGroup = "rbac.authorization.k8s.io"

export const bindingStrategy: Strategy = {
  setDefaults: (binding) => {
    fill(ensureMap(binding, "roleRef"), { apiGroup: rbacGroup })
    for (const subject of objectsIn(binding, "subjects")) {
      if (subject["kind"] !== "ServiceAccount") fill(subject, { apiGroup: rbacGroup })
    }
  },
  validateUpdate: (now, old) => immutable("roleRef", now["roleRef"], old["roleRef"], "cannot change roleRef"),
}

const maxBytes = 1024 * 1024

const sizeOf = (...parts: ReadonlyArray<Json | undefined>): number =>
  parts
    .flatMap((part) => (isMap(part) ? Object.values(part) : []))
    .reduce<number>((sum, value) => sum + (typeof value === "string" ? Buffer.byteLength(value) : 0), 0)

const dataProblems = (object: JsonMap): ReadonlyArray<FieldProblem> => [
  ...(sizeOf(object["data"], object["binaryData"]) > maxBytes
    ? [{ reason: "FieldValueTooLong" as const, field: "", message: `Too long: may not be more than ${maxBytes} bytes` }]
    : []),
  ...Object.keys(mapAt(object, "data") ?? {})
    .filter((key) => !/^[-._a-zA-Z0-9]+$/.test(key))
    .map((key) =>
      invalidField(
        `data[${key}]`,
        key,
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      ),
    ),
]

const immutableData = (now: JsonMap, old: JsonMap): ReadonlyArray<FieldProblem> => {
  if (old["immutable"] !== true) return []
  const detail = "field is immutable when `immutable` is set"
  return ["immutable", "data", "binaryData"].flatMap((field) =>
    immutable(field, now[field], old[field]).map(() => forbiddenField(field, detail)),
  )
}

export const configMapStrategy: Strategy = { validate: dataProblems, validateUpdate: immutableData }

export const secretStrategy: Strategy = {
  setDefaults: (secret) => {
    fill(secret, { type: "Opaque" })
    const text = mapAt(secret, "stringData")
    if (text === undefined) return
    const data = ensureMap(secret, "data")
    for (const [key, value] of Object.entries(text)) {
      if (typeof value === "string") data[key] = Buffer.from(value).toString("base64")
    }
    delete secret["stringData"]
  },
  validate: dataProblems,
  validateUpdate: (now, old) => [...immutable("type", now["type"], old["type"]), ...immutableData(now, old)],
}

export const eventStrategy: Strategy = {
  validate: (event) => {
    const involved = stringAt(event, "involvedObject", "namespace") ?? ""
    const namespace = stringAt(event, "metadata", "namespace") ?? ""
    const isMatch = involved === "" ? namespace === "default" || namespace === "kube-system" : involved === namespace
    return isMatch ? [] : [invalidField("involvedObject.namespace", involved, "does not match event.namespace")]
  },
}

/** The rules of `events.k8s.io`: stricter than those of the core events. */
export const newEventProblems = (event: JsonMap): ReadonlyArray<FieldProblem> => {
  const required = ["reportingController", "reportingInstance", "action", "reason"].filter(
    (field) => (stringAt(event, field) ?? "") === "",
  )
  const type = stringAt(event, "type") ?? ""
  const note = stringAt(event, "note") ?? ""
  return [
    ...(event["eventTime"] === undefined ? [requiredField("eventTime")] : []),
    ...required.map((field) => requiredField(field)),
    ...(type === "Normal" || type === "Warning" ? [] : [invalidField("type", type, "has invalid value")]),
    ...(note.length > 1024 ? [invalidField("note", "", "can have at most 1024 characters")] : []),
  ]
}
