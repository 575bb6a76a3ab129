/** Updates: whatever is not a creation or a deletion ends here. Internal to this folder. */
import type { KubeObject } from "../../domain/Kubernetes.js"
import { trackUpdate } from "./apply/managedFields.js"
import { admitted, validated } from "./admit.js"
import { invalid, staleVersion, unreadableVersion } from "./ApiFailure.js"
import type { Subresource } from "./ApiServer.js"
import { asMap, asObject, decodeIncoming, type Engine, storageKind } from "./Engine.js"
import { cloneMap, ensureMap, equalJson, freezeJson, isMap, type Json, type JsonMap, mapAt, stringAt } from "./json.js"
import { fixedMetadataProblems } from "./metadata.js"
import { refOf, save, type WriteOptions, writerOf } from "./objects.js"
import type { ResourceDefinition } from "./ResourceRegistry.js"
import { objectKey } from "./Store.js"

/** Server-owned members of metadata, copied from the stored object on every update. */
const kept = [
  "name",
  "namespace",
  "uid",
  "creationTimestamp",
  "generation",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "resourceVersion",
  "generateName",
] as const

/** Refuses an update of another version than the stored one; `undefined` and `0` mean any. */
export const checkVersion = (definition: ResourceDefinition, sent: JsonMap, live: KubeObject): void => {
  const version = stringAt(sent, "metadata", "resourceVersion")
  if (version === undefined || version === "0" || version === live.metadata.resourceVersion) return
  if (!/^\d+$/.test(version)) throw unreadableVersion(version)
  throw staleVersion(definition.kind, live.metadata.name ?? "")
}

/** Which part of the object a request may change: the rest is taken from the stored one. */
const scoped = (
  definition: ResourceDefinition,
  object: JsonMap,
  live: JsonMap,
  subresource: Subresource | undefined,
): JsonMap => {
  if (subresource === "status") {
    const { status, metadata } = object
    const base = { ...live, metadata: definition.isCustom ? cloneMap(live["metadata"]) : (metadata ?? {}) }
    return status === undefined ? withoutStatus(base) : { ...base, status }
  }
  if (!definition.hasStatus) return object
  const { status } = live
  return status === undefined ? withoutStatus(object) : { ...object, status }
}

const withoutStatus = (object: JsonMap): JsonMap => {
  const { status: _status, ...rest } = object
  return rest
}

const desired = (object: JsonMap, hasStatus: boolean): JsonMap => {
  const { metadata: _metadata, apiVersion: _apiVersion, kind: _kind, ...rest } = object
  return hasStatus ? withoutStatus(rest) : rest
}

const carryMetadata = (object: JsonMap, live: JsonMap): void => {
  const metadata = ensureMap(object, "metadata")
  const old = mapAt(live, "metadata") ?? {}
  delete metadata["selfLink"]
  for (const field of kept) {
    const value = old[field]
    if (value === undefined) delete metadata[field]
    else metadata[field] = value
  }
}

const bumpGeneration = (definition: ResourceDefinition, object: JsonMap, live: JsonMap): void => {
  if (!definition.hasGeneration) return
  const isSame = equalJson(desired(object, definition.hasStatus), desired(live, definition.hasStatus))
  const generation = mapAt(live, "metadata")?.["generation"]
  const present = typeof generation === "number" ? generation : 0
  ensureMap(object, "metadata")["generation"] = isSame ? present : present + 1
}

/** Owners as the client says: none after a reset (`[{}]`), as they were if it says nothing. */
const managersBefore = (sent: JsonMap, live: JsonMap): Json[] => {
  const said = mapAt(sent, "metadata")?.["managedFields"]
  const entries = Array.isArray(said) ? said : mapAt(live, "metadata")?.["managedFields"]
  const isReset = Array.isArray(entries) && entries.every((m) => isMap(m) && Object.keys(m).length === 0)
  return Array.isArray(entries) && !isReset ? [...entries] : []
}

const managersAfter = (
  engine: Engine,
  definition: ResourceDefinition,
  sent: JsonMap,
  object: JsonMap,
  live: JsonMap,
  options: WriteOptions,
): Json[] => {
  const base = { ...live, metadata: { ...mapAt(live, "metadata"), managedFields: managersBefore(sent, live) } }
  return (
    options.managedFields ??
    trackUpdate(definition.type, base, object, writerOf(engine, definition, options), definition.hasStatus)
  )
}

const setManagers = (object: JsonMap, managedFields: Json[]): void => {
  const metadata = ensureMap(object, "metadata")
  if (managedFields.length > 0) metadata["managedFields"] = managedFields
  else delete metadata["managedFields"]
}

/** True once nothing holds a deleted object back. */
export const isReleased = (object: JsonMap): boolean => {
  const metadata = mapAt(object, "metadata") ?? {}
  const finalizers = metadata["finalizers"]
  const contents = object["kind"] === "Namespace" ? mapAt(object, "spec")?.["finalizers"] : undefined
  const isEmpty = (list: Json | undefined) => !Array.isArray(list) || list.length === 0
  const grace = metadata["deletionGracePeriodSeconds"]
  return (
    metadata["deletionTimestamp"] !== undefined &&
    isEmpty(finalizers) &&
    isEmpty(contents) &&
    (grace === undefined || grace === 0)
  )
}

/** Replaces `live` by what a client sent (in full: patches are merged before). */
export const updateObject = (
  engine: Engine,
  definition: ResourceDefinition,
  live: KubeObject,
  sent: JsonMap,
  options: WriteOptions,
): KubeObject => {
  checkVersion(definition, sent, live)
  const old = asMap(live)
  // Status requests of custom kinds take nothing from the metadata they are sent, not even to compare it.
  const takesMetadata = !definition.isCustom || options.subresource === undefined
  const fixed = takesMetadata ? fixedMetadataProblems(sent, old) : []
  if (fixed.length > 0) throw invalid(definition.kind, live.metadata.name ?? "", fixed)
  let object = decodeIncoming(definition, cloneMap(sent), options)
  definition.strategy.setDefaults?.(object, old)
  object = cloneMap(scoped(definition, object, old, options.subresource))
  carryMetadata(object, old)
  const managedFields = managersAfter(engine, definition, sent, object, old, options)
  object = admitted(engine, definition, object, live, options)
  object = cloneMap(scoped(definition, object, old, options.subresource))
  carryMetadata(object, old)
  setManagers(object, managedFields)
  bumpGeneration(definition, object, old)
  validated(engine, definition, object, live, options)
  if (equalJson(object, old)) return live
  if (options.dryRun === true) return asObject(freezeJson(object))
  if (!isReleased(object)) return save(engine, definition, object)
  // The write that takes the last finalizer is the deletion: watchers see the object as it was before.
  engine.store.drop(storageKind(definition), objectKey(refOf(object)))
  return asObject(freezeJson(object))
}
