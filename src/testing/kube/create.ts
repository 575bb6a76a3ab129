/** Creation: names, identity, defaults. Internal to this folder. */
import { Kinds, type KubeObject } from "../../domain/Kubernetes.js"
import { trackUpdate } from "./apply/managedFields.js"
import { admitted, validated } from "./admit.js"
import { checkTypes } from "./checkTypes.js"
import { alreadyExists, ApiFailure, badRequest, forbidden, notFound } from "./ApiFailure.js"
import { asObject, decodeIncoming, type Engine, timestamp } from "./Engine.js"
import { cloneMap, ensureMap, freezeJson, type JsonMap, stringAt } from "./json.js"
import { findObject, refOf, save, type WriteOptions, writerOf } from "./objects.js"
import type { ResourceDefinition } from "./ResourceRegistry.js"

const checkNamespace = (engine: Engine, definition: ResourceDefinition, object: JsonMap): void => {
  if (!definition.kind.namespaced) return
  const name = stringAt(object, "metadata", "namespace") ?? ""
  if (name === "") throw badRequest("an empty namespace may not be set during creation")
  const namespace = engine.store.find(Kinds.Namespace, name)
  if (namespace === undefined) throw notFound(Kinds.Namespace, name)
  if (namespace.metadata.deletionTimestamp === undefined) return
  throw forbidden(
    definition.kind,
    stringAt(object, "metadata", "name") ?? "",
    `unable to create new content in namespace ${name} because it is being terminated`,
    [{ reason: "NamespaceTerminating", message: `namespace ${name} is being terminated`, field: "metadata.namespace" }],
  )
}

const alphabet = "bcdfghjklmnpqrstvwxz2456789"

/** Five letters that look random and never repeat within a server. */
const suffix = (n: number): string => {
  let rest = (n * 7_654_321 + 1_234_567) % 27 ** 5
  let text = ""
  for (let i = 0; i < 5; i++) {
    text += alphabet[rest % 27] ?? ""
    rest = Math.floor(rest / 27)
  }
  return text
}

const prepareMetadata = (engine: Engine, definition: ResourceDefinition, object: JsonMap): void => {
  const metadata = ensureMap(object, "metadata")
  if (stringAt(metadata, "resourceVersion") !== undefined) {
    throw new ApiFailure(500, "", "resourceVersion should not be set on objects to be created")
  }
  const prefix = stringAt(metadata, "generateName")
  if (stringAt(metadata, "name") === undefined && prefix !== undefined) {
    metadata["name"] = prefix.slice(0, 58) + suffix(engine.facts.nextNumber())
  }
  if (!definition.kind.namespaced) delete metadata["namespace"]
  for (const field of ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "managedFields", "generation"]) {
    delete metadata[field]
  }
  metadata["uid"] = engine.options.nextUid()
  metadata["creationTimestamp"] = timestamp(engine.options.now())
  if (definition.hasGeneration) metadata["generation"] = 1
}

/** Creates an object from what a client sent. */
export const createObject = (
  engine: Engine,
  definition: ResourceDefinition,
  sent: JsonMap,
  options: WriteOptions,
): KubeObject => {
  checkTypes(engine.registry, definition, sent)
  let object = decodeIncoming(definition, cloneMap(sent), options)
  checkNamespace(engine, definition, object)
  prepareMetadata(engine, definition, object)
  if (definition.hasStatus) delete object["status"]
  definition.strategy.setDefaults?.(object, undefined)
  definition.strategy.prepareCreate?.(object, engine.facts)
  const managedFields =
    options.managedFields ??
    trackUpdate(definition.type, {}, object, writerOf(engine, definition, options), definition.hasStatus)
  object = admitted(engine, definition, object, undefined, options)
  if (managedFields.length > 0) ensureMap(object, "metadata")["managedFields"] = managedFields
  validated(engine, definition, object, undefined, options)
  const ref = refOf(object)
  if (findObject(engine, definition, ref) !== undefined) throw alreadyExists(definition.kind, ref.name)
  return options.dryRun === true ? asObject(freezeJson(object)) : save(engine, definition, object)
}
