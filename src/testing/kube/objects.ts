/** Finding and storing objects in the form of their definition. Internal to this folder. */
import { apiVersionOf, type KubeObject, type ObjectRef } from "../../domain/Kubernetes.js"
import type { Writer } from "./apply/managedFields.js"
import { notFound } from "./ApiFailure.js"
import type { Call, Subresource } from "./ApiServer.js"
import { type Engine, fromStored, storageKind, timestamp, toStored } from "./Engine.js"
import { type Json, type JsonMap, stringAt } from "./json.js"
import type { ResourceDefinition } from "./ResourceRegistry.js"
import { objectKey } from "./Store.js"

/** A call to one resource or subresource. */
export interface WriteOptions extends Call {
  readonly subresource?: Subresource
  /** The object is the result of a patch: what cannot be decoded is the patch's fault. */
  readonly isPatch?: boolean
  /** Set by server-side apply, which computes ownership itself. */
  readonly managedFields?: Json[]
}

/** Who a write is recorded for in `managedFields`. */
export const writerOf = (engine: Engine, definition: ResourceDefinition, options: WriteOptions): Writer => ({
  manager: options.fieldManager ?? "unknown",
  apiVersion: apiVersionOf(definition.kind),
  subresource: options.subresource ?? "",
  time: timestamp(engine.options.now()),
})

/** The stored object in the definition's form, or undefined. */
export const findObject = (engine: Engine, definition: ResourceDefinition, ref: ObjectRef): KubeObject | undefined => {
  const found = engine.store.find(storageKind(definition), objectKey(ref))
  return found === undefined ? undefined : fromStored(definition, found)
}

export const getObject = (engine: Engine, definition: ResourceDefinition, ref: ObjectRef): KubeObject => {
  const found = findObject(engine, definition, ref)
  if (found === undefined) throw notFound(definition.kind, ref.name)
  return found
}

export const refOf = (object: JsonMap | KubeObject): ObjectRef => {
  const namespace = stringAt(object, "metadata", "namespace")
  const name = stringAt(object, "metadata", "name") ?? ""
  return namespace === undefined ? { name } : { namespace, name }
}

/** Stores an object under its key. */
export const save = (engine: Engine, definition: ResourceDefinition, object: JsonMap): KubeObject =>
  fromStored(
    definition,
    engine.store.put(storageKind(definition), objectKey(refOf(object)), toStored(definition, object)),
  )
