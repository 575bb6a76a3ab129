/** PodDisruptionBudgets, Leases, Namespaces, role bindings, ConfigMaps and Secrets. */
import { type FieldProblem, forbiddenField, invalidField, requiredField } from "../ApiFailure.js"
import { ensureMap, isMap, type Json, type JsonMap, mapAt, numberAt, stringAt } from "../json.js"
import type { Strategy } from "../ResourceRegistry.js"
import { fill, immutable, objectsIn } from "./fill.js"

const percentage =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"

/** A count of pods or a percentage of them. */
const amountProblems = (field: string, amount: Json | undefined): ReadonlyArray<FieldProblem> => {
  if (typeof amount === "number") {
    return amount < 0 ? [invalidField(field, amount, "must be greater than or equal to 0")] : []
  }
  if (typeof amount !== "string") return []
  if (!/^\d+%$/.test(amount)) return [invalidField(field, amount, percentage)]
  return Number(amount.slice(0, -1)) > 100 ? [invalidField(field, amount, "must not be greater than 100%")] : []
}

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
    return [
      ...(isBoth ? [invalidField("spec", spec, "minAvailable and maxUnavailable cannot be both set")] : []),
      ...amountProblems("spec.minAvailable", spec["minAvailable"]),
      ...amountProblems("spec.maxUnavailable", spec["maxUnavailable"]),
    ]
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
    ? [
        {
          reason: "FieldValueTooLong" as const,
          field: "[]",
          message: `Too long: may not be more than ${maxBytes} bytes`,
        },
      ]
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
  const hasTime = event["eventTime"] !== undefined && event["eventTime"] !== null
  const type = stringAt(event, "type") ?? ""
  const note = stringAt(event, "note") ?? ""
  return [
    ...(hasTime ? required.map((field) => requiredField(field)) : [requiredField("eventTime")]),
    ...(type === "Normal" || type === "Warning" ? [] : [invalidField("type", "", `has invalid value: ${type}`)]),
    ...(note.length > 1024 ? [invalidField("note", "", "can have at most 1024 characters")] : []),
  ]
}

/** Members of an `events.k8s.io` event that stay as they are, with the names messages use. */
const fixedEventFields: ReadonlyArray<readonly [field: string, name: string]> = [
  ["regarding", "involvedObject"],
  ["reason", "reason"],
  ["note", "message"],
  ["type", "type"],
  ["eventTime", "eventTime"],
  ["action", "action"],
  ["reportingController", "reportingController"],
  ["reportingInstance", "reportingInstance"],
]

/** Only the series of such an event changes. */
export const fixedEventProblems = (now: JsonMap, old: JsonMap): ReadonlyArray<FieldProblem> =>
  fixedEventFields.flatMap(([field, name]) => immutable(name, now[field], old[field]))
