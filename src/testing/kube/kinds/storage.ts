/** PersistentVolumeClaims, PersistentVolumes and StorageClasses. */
import { type FieldProblem, forbiddenField, invalidField, requiredField, unsupportedField } from "../ApiFailure.js"
import { ensureMap, type JsonMap, listAt, mapAt, stringAt, textOf } from "../json.js"
import { quantityValue } from "../quantity.js"
import type { Strategy } from "../ResourceRegistry.js"
import { fill, onlyMutable } from "./fill.js"

const requested = (claim: JsonMap): string => stringAt(claim, "spec", "resources", "requests", "storage") ?? "0"

/** The binder may set `volumeName` once. */
const mutableFields = (old: JsonMap): ReadonlyArray<string> => [
  "resources",
  "volumeAttributesClassName",
  ...(stringAt(old, "spec", "volumeName") === undefined ? ["volumeName"] : []),
]

const validateUpdate = (now: JsonMap, old: JsonMap): ReadonlyArray<FieldProblem> => {
  const isBound = stringAt(old, "status", "phase") === "Bound"
  const changes = requested(now) !== requested(old)
  const frozen = {
    field: "spec",
    detail: "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims",
  }
  return [
    ...onlyMutable(mapAt(now, "spec") ?? {}, mapAt(old, "spec") ?? {}, mutableFields(old), frozen),
    ...(changes && !isBound ? [forbiddenField(frozen.field, frozen.detail)] : []),
    ...(quantityValue(requested(now)) < quantityValue(requested(old))
      ? [forbiddenField("spec.resources.requests.storage", "field can not be less than status.capacity")]
      : []),
  ]
}

/** Keeps a claim while a pod uses it; a controller takes it away. */
const protection = "kubernetes.io/pvc-protection"

const modes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]

const modeProblems = (claim: JsonMap): ReadonlyArray<FieldProblem> => {
  const given = (listAt(claim, "spec", "accessModes") ?? []).map(textOf)
  if (given.length === 0) return [requiredField("spec.accessModes", "at least 1 access mode is required")]
  return given.filter((mode) => !modes.includes(mode)).map((mode) => unsupportedField("spec.accessModes", mode, modes))
}

const sizeProblems = (claim: JsonMap): ReadonlyArray<FieldProblem> => {
  const field = "spec.resources[storage]"
  const size = stringAt(claim, "spec", "resources", "requests", "storage")
  if (size === undefined) return [requiredField(field)]
  return quantityValue(size) > 0n ? [] : [invalidField(field, size, "must be greater than zero")]
}

export const claimStrategy: Strategy = {
  setDefaults: (claim) => {
    fill(ensureMap(claim, "spec"), { volumeMode: "Filesystem" })
    fill(ensureMap(claim, "status"), { phase: "Pending" })
  },
  prepareCreate: (claim, facts) => {
    const storageClass = facts.defaultStorageClass()
    if (storageClass !== undefined) fill(ensureMap(claim, "spec"), { storageClassName: storageClass })
    const metadata = ensureMap(claim, "metadata")
    const finalizers = listAt(metadata, "finalizers") ?? []
    if (!finalizers.includes(protection)) metadata["finalizers"] = [...finalizers, protection]
  },
  validate: (claim) => [...modeProblems(claim), ...sizeProblems(claim)],
  validateUpdate,
}

export const volumeStrategy: Strategy = {
  setDefaults: (volume) => {
    fill(ensureMap(volume, "spec"), { persistentVolumeReclaimPolicy: "Retain", volumeMode: "Filesystem" })
    fill(ensureMap(volume, "status"), { phase: "Pending" })
  },
}

export const storageClassStrategy: Strategy = {
  setDefaults: (storageClass) => void fill(storageClass, { reclaimPolicy: "Delete", volumeBindingMode: "Immediate" }),
  validate: (storageClass) =>
    stringAt(storageClass, "provisioner") === undefined ? [requiredField("provisioner")] : [],
}
