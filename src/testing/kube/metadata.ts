/** Rules for `metadata` that hold for every kind. */
import { type FieldProblem, forbiddenField, invalidField, requiredField } from "./ApiFailure.js"
import { type JsonMap, listAt, mapAt, stringAt } from "./json.js"
import { objectsIn } from "./kinds/fill.js"

const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const labelValue =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
const qualifiedName =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const maxAnnotationBytes = 262_144

const freeNames = new Set(["roles", "rolebindings", "clusterroles", "clusterrolebindings"])

const nameProblems = (plural: string, name: string): ReadonlyArray<FieldProblem> => {
  if (name === "") return [requiredField("metadata.name", "name or generateName is required")]
  if (freeNames.has(plural)) return []
  const isLabel = plural === "services" || plural === "namespaces"
  const limit = isLabel ? 63 : 253
  if (name.length > limit) return [invalidField("metadata.name", name, `must be no more than ${limit} characters`)]
  if (isLabel && name.includes(".")) return [invalidField("metadata.name", name, "must not contain dots")]
  return subdomainPattern.test(name) ? [] : [invalidField("metadata.name", name, subdomain)]
}

const keyProblems = (field: string, key: string): ReadonlyArray<FieldProblem> => {
  const name = key.slice(key.indexOf("/") + 1)
  return [
    ...(name.length > 63 ? [invalidField(field, key, "name part must be no more than 63 bytes")] : []),
    ...(/^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/.test(name) ? [] : [invalidField(field, key, qualifiedName)]),
  ]
}

/** Problems of the value of a label. */
export const labelValueProblems = (field: string, value: string): ReadonlyArray<FieldProblem> => [
  ...(value.length > 63 ? [invalidField(field, value, "must be no more than 63 bytes")] : []),
  ...(/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value) ? [] : [invalidField(field, value, labelValue)]),
]

/** Problems of a label map. */
export const labelProblems = (field: string, labels: unknown): ReadonlyArray<FieldProblem> =>
  Object.entries((labels ?? {}) as JsonMap).flatMap(([key, value]) => [
    ...keyProblems(field, key),
    ...(typeof value === "string" ? labelValueProblems(field, value) : []),
  ])

const annotationProblems = (annotations: JsonMap): ReadonlyArray<FieldProblem> => {
  const bytes = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + (typeof value === "string" ? Buffer.byteLength(value) : 0),
    0,
  )
  return [
    ...Object.keys(annotations).flatMap((key) => keyProblems("metadata.annotations", key.toLowerCase())),
    ...(bytes > maxAnnotationBytes
      ? [
          {
            reason: "FieldValueTooLong" as const,
            field: "metadata.annotations",
            message: `Too long: may not be more than ${maxAnnotationBytes} bytes`,
          },
        ]
      : []),
  ]
}

const ownerProblems = (metadata: JsonMap): ReadonlyArray<FieldProblem> => {
  const owners = objectsIn(metadata, "ownerReferences")
  const controllers = owners.filter((owner) => owner["controller"] === true)
  const field = "metadata.ownerReferences"
  return [
    ...owners.flatMap((owner, i) =>
      ["apiVersion", "kind", "name", "uid"]
        .filter((part) => (stringAt(owner, part) ?? "") === "")
        .map((part) => requiredField(`${field}[${i}].${part}`, "must not be empty")),
    ),
    ...(controllers.length > 1
      ? [
          invalidField(
            field,
            owners,
            `Only one reference can have Controller set to true. Found "true" in references for ${controllers.map((o) => `${stringAt(o, "kind")}/${stringAt(o, "name")}`).join(" and ")}`,
          ),
        ]
      : []),
  ]
}

const standardFinalizers = new Set(["orphan", "foregroundDeletion", "kubernetes"])

const finalizerProblems = (metadata: JsonMap): ReadonlyArray<FieldProblem> => {
  const finalizers = (listAt(metadata, "finalizers") ?? []).filter((item) => typeof item === "string")
  return [
    ...finalizers.flatMap((name) => keyProblems("metadata.finalizers", name)),
    ...finalizers.flatMap((name, i) =>
      name.includes("/") || standardFinalizers.has(name)
        ? []
        : [
            invalidField(
              `metadata.finalizers[${i}]`,
              name,
              "name is neither a standard finalizer name nor is it fully qualified",
            ),
          ],
    ),
  ]
}

/** What an update may not change in the metadata, however it is written. */
export const fixedMetadataProblems = (sent: JsonMap, live: JsonMap): ReadonlyArray<FieldProblem> =>
  (["uid", "deletionTimestamp", "deletionGracePeriodSeconds"] as const).flatMap((field) => {
    const now = mapAt(sent, "metadata")?.[field]
    return now === undefined || now === null || now === mapAt(live, "metadata")?.[field]
      ? []
      : [invalidField(`metadata.${field}`, now, "field is immutable")]
  })

/** Problems of the metadata of any object. */
export const metadataProblems = (plural: string, object: JsonMap): ReadonlyArray<FieldProblem> => {
  const metadata = mapAt(object, "metadata") ?? {}
  return [
    ...nameProblems(plural, stringAt(metadata, "name") ?? ""),
    ...labelProblems("metadata.labels", metadata["labels"]),
    ...annotationProblems(mapAt(metadata, "annotations") ?? {}),
    ...ownerProblems(metadata),
    ...finalizerProblems(metadata),
  ]
}

/** An object on its way out takes no new finalizers. */
export const newFinalizerProblems = (now: JsonMap, old: JsonMap): ReadonlyArray<FieldProblem> => {
  if (stringAt(old, "metadata", "deletionTimestamp") === undefined) return []
  const before = listAt(old, "metadata", "finalizers") ?? []
  const added = (listAt(now, "metadata", "finalizers") ?? []).filter((finalizer) => !before.includes(finalizer))
  return added.length === 0
    ? []
    : [
        forbiddenField(
          "metadata.finalizers",
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((f) => JSON.stringify(f)).join(", ")}}`,
        ),
      ]
}
