/** Puts the parts of the API server together. */
import { apiVersionOf, Kinds, type KubeObject, type ObjectRef, type ResourceKind } from "../../domain/Kubernetes.js"
import { TypedError } from "./apply/extract.js"
import { applyConfig } from "./apply/managedFields.js"
import {
  ApiFailure,
  badRequest,
  conflict,
  invalid,
  invalidField,
  invalidOptions,
  noSuchResource,
  requiredField,
  unsupportedMediaType,
} from "./ApiFailure.js"
import { typeFinding } from "./apply/checkTyped.js"
import { checkTypes } from "./checkTypes.js"
import type { ApiServer, ApiServerOptions, ApplyRequest, Call, Commit, PatchRequest, Subresource } from "./ApiServer.js"
import { builtinResources } from "./builtinResources.js"
import { definitionsOf } from "./custom/customResources.js"
import { asMap, type Engine, timestamp } from "./Engine.js"
import { bindPod, evictPod } from "./evict.js"
import { makeCollector } from "./garbage.js"
import { cloneJson, cloneMap, ensureMap, isMap, type JsonMap, stringAt } from "./json.js"
import { jsonPatch } from "./patch/jsonPatch.js"
import { mergePatch } from "./patch/mergePatch.js"
import { strategicMerge } from "./patch/strategicMerge.js"
import { listAsOf, listObjects, watchObjects } from "./read.js"
import { removeObject } from "./remove.js"
import { makeRequestGate } from "./RequestGate.js"
import { makeRegistry, type ResourceDefinition } from "./ResourceRegistry.js"
import { scaleConfig, scaleOf, withScale } from "./scale.js"
import { makeStore } from "./Store.js"
import { builtinType } from "./TypeSchema.js"
import { createObject } from "./create.js"
import { findObject, getObject, refOf, type WriteOptions, writerOf } from "./objects.js"
import { checkVersion, updateObject } from "./update.js"

const startNamespaces = ["default", "kube-node-lease", "kube-public", "kube-system"]

const requireStatus = (definition: ResourceDefinition, subresource: Subresource | undefined): void => {
  if (subresource === "status" && !definition.hasStatus) throw noSuchResource()
}

/** The merged object of a patch, by patch type. */
const patched = (definition: ResourceDefinition, live: JsonMap, patch: PatchRequest, isScale: boolean): JsonMap => {
  if (patch.type === "strategic" && definition.isCustom && !isScale) {
    throw unsupportedMediaType([
      "application/json-patch+json",
      "application/merge-patch+json",
      "application/apply-patch+yaml",
    ])
  }
  const body = cloneJson(patch.body)
  const type = isScale ? builtinType("Scale") : definition.type
  const merged =
    patch.type === "json"
      ? jsonPatch(live, patch.body)
      : patch.type === "merge"
        ? mergePatch(live, body)
        : strategicMerge(type, live, body)
  if (!isMap(merged)) throw badRequest("the patch does not leave an object")
  return merged
}

/** A scale of a built-in kind knows whose it is; custom kinds do not compare. */
const checkScaleUid = (definition: ResourceDefinition, scale: JsonMap, live: KubeObject): void => {
  const uid = stringAt(scale, "metadata", "uid")
  if (definition.isCustom || uid === undefined || uid === live.metadata.uid) return
  const { group, plural } = definition.kind
  throw conflict(
    { group, plural: `${plural}/scale` },
    live.metadata.name ?? "",
    `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid ?? ""}`,
  )
}

const patchObject = (
  engine: Engine,
  definition: ResourceDefinition,
  ref: ObjectRef,
  patch: PatchRequest,
  call: Call,
): KubeObject => {
  requireStatus(definition, patch.subresource)
  const live = getObject(engine, definition, ref)
  const options: WriteOptions = {
    ...call,
    isPatch: true,
    ...(patch.subresource === undefined ? {} : { subresource: patch.subresource }),
  }
  if (patch.subresource === "scale") {
    const scale = patched(definition, asMap(scaleOf(definition, live)), patch, true)
    checkScaleUid(definition, scale, live)
    return scaleOf(definition, updateObject(engine, definition, live, withScale(definition, live, scale), options))
  }
  const merged = patched(definition, asMap(live), patch, false)
  const name = stringAt(merged, "metadata", "name")
  if (name !== ref.name) {
    throw badRequest(`the name of the object (${name ?? ""}) does not match the name on the URL (${ref.name})`)
  }
  const namespace = stringAt(merged, "metadata", "namespace")
  if (namespace !== undefined && namespace !== ref.namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request")
  }
  return updateObject(engine, definition, live, merged, options)
}

const typedFailure = (definition: ResourceDefinition, config: JsonMap, why: string): ApiFailure => {
  const ref = refOf(config)
  const { group, version, kind } = definition.kind
  const who = `${ref.namespace ?? ""}/${ref.name}; ${group}/${version}, Kind=${kind}`
  return new ApiFailure(500, "", `failed to create typed patch object (${who}): ${why}`)
}

const maxManagerBytes = 128

const checkConfig = (definition: ResourceDefinition, config: JsonMap, request: ApplyRequest): void => {
  if (request.fieldManager === "") {
    throw invalidOptions("PatchOptions", [requiredField("fieldManager", "is required for apply patch")])
  }
  if (Buffer.byteLength(request.fieldManager) > maxManagerBytes) {
    const message = `Too long: may not be more than ${maxManagerBytes} bytes`
    throw invalidOptions("PatchOptions", [{ reason: "FieldValueTooLong", field: "fieldManager", message }])
  }
  const apiVersion = stringAt(config, "apiVersion") ?? ""
  const kind = stringAt(config, "kind") ?? ""
  if (apiVersion !== apiVersionOf(definition.kind) || kind !== definition.kind.kind) {
    const versioned = apiVersion.includes("/") ? apiVersion : `/${apiVersion}`
    throw badRequest(`invalid object type: ${versioned}, Kind=${kind}`)
  }
  const managed = isMap(config["metadata"]) ? config["metadata"]["managedFields"] : undefined
  if (Array.isArray(managed) && managed.length > 0) throw badRequest("metadata.managedFields must be nil")
  const finding = typeFinding(definition.type, config)
  if (finding !== undefined) throw typedFailure(definition, config, finding)
}

const merged = (
  engine: Engine,
  definition: ResourceDefinition,
  live: JsonMap,
  config: JsonMap,
  options: WriteOptions,
  force: boolean,
) => {
  try {
    return applyConfig(definition.type, live, config, writerOf(engine, definition, options), {
      force,
      hasStatus: definition.hasStatus,
    })
  } catch (error) {
    throw error instanceof TypedError ? typedFailure(definition, config, error.message) : error
  }
}

const applyObject = (
  engine: Engine,
  definition: ResourceDefinition,
  sent: JsonMap,
  request: ApplyRequest,
): KubeObject => {
  requireStatus(definition, request.subresource)
  const ref = refOf(sent)
  const live = findObject(engine, definition, ref)
  const isScale = request.subresource === "scale"
  if (live === undefined && request.subresource !== undefined) getObject(engine, definition, ref)
  if (!isScale) checkConfig(definition, sent, request)
  if (isScale && live !== undefined) checkScaleUid(definition, sent, live)
  const config = isScale && live !== undefined ? scaleConfig(definition, live, sent) : cloneMap(sent)
  if (live === undefined) {
    const uid = stringAt(config, "metadata", "uid")
    if (uid !== undefined) {
      throw conflict(
        definition.kind,
        ref.name,
        `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
      )
    }
    delete ensureMap(config, "metadata")["resourceVersion"]
    const { object, managedFields } = merged(engine, definition, {}, config, request, request.force ?? false)
    return createObject(engine, definition, object, { ...request, managedFields })
  }
  checkVersion(definition, config, live)
  const result = merged(engine, definition, asMap(live), config, request, request.force ?? false)
  const stored = updateObject(engine, definition, live, result.object, {
    ...request,
    managedFields: result.managedFields,
  })
  return isScale ? scaleOf(definition, stored) : stored
}

const checkVersionGiven = (definition: ResourceDefinition, object: JsonMap): void => {
  const version = stringAt(object, "metadata", "resourceVersion")
  if ((version !== undefined && version !== "0") || definition.unconditionalUpdate) return
  const { group, plural } = definition.kind
  throw invalid({ group, kind: plural }, stringAt(object, "metadata", "name") ?? "", [
    invalidField("metadata.resourceVersion", 0, "must be specified for an update"),
  ])
}

/** Where the real server keeps an object; its messages say so. */
const storagePath = ({ kind, isCustom }: ResourceDefinition, { namespace, name }: ObjectRef): string => {
  const resource = isCustom ? `${kind.group}/${kind.plural}` : kind.plural
  return `/registry/${resource}/${namespace === undefined ? "" : `${namespace}/`}${name}`
}

const checkUid = (definition: ResourceDefinition, object: JsonMap, live: KubeObject): void => {
  const uid = stringAt(object, "metadata", "uid")
  if (uid === undefined || uid === live.metadata.uid) return
  const ref = refOf(live)
  throw conflict(
    definition.kind,
    ref.name,
    `StorageError: invalid object, Code: 4, Key: ${storagePath(definition, ref)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid ?? ""}`,
  )
}

const replaceObject = (
  engine: Engine,
  definition: ResourceDefinition,
  object: JsonMap,
  options: WriteOptions,
): KubeObject => {
  requireStatus(definition, options.subresource)
  const ref = refOf(object)
  if (options.subresource !== "scale") checkTypes(engine.registry, definition, object)
  if (options.subresource === "scale") {
    const live = getObject(engine, definition, ref)
    return scaleOf(definition, updateObject(engine, definition, live, withScale(definition, live, object), options))
  }
  const live = findObject(engine, definition, ref)
  if (live === undefined && definition.createOnUpdate && options.subresource === undefined) {
    return createObject(engine, definition, object, options)
  }
  const found = live ?? getObject(engine, definition, ref)
  checkVersionGiven(definition, object)
  checkUid(definition, object, found)
  return updateObject(engine, definition, found, object, options)
}

/** Serves the kinds of CustomResourceDefinitions from the moment they are stored; without its definition a kind's objects are gone. */
const followDefinitions = (engine: Engine): void => {
  engine.store.onChange(Kinds.CustomResourceDefinition, (change) => {
    for (const definition of definitionsOf(change.previous ?? {})) {
      if (change.type === "DELETED") {
        for (const key of [...engine.store.table(definition.kind).objects.keys()])
          engine.store.drop(definition.kind, key)
      }
      engine.registry.remove(definition.kind)
    }
    if (change.type !== "DELETED") definitionsOf(change.object).forEach(engine.registry.add)
  })
}

const makeEngine = (options: ApiServerOptions): Engine => {
  const store = makeStore({
    now: options.now,
    startVersion: BigInt(options.startVersion ?? "0"),
    historyLimit: options.historyLimit ?? 1000,
  })
  let numbers = 0
  const isDefault = (object: KubeObject) =>
    object.metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true"
  return {
    options,
    store,
    registry: makeRegistry(builtinResources),
    facts: {
      now: () => timestamp(options.now()),
      nextNumber: () => ++numbers,
      defaultStorageClass: () => [...store.table(Kinds.StorageClass).objects.values()].find(isDefault)?.metadata.name,
    },
  }
}

/** A fresh server with the four usual namespaces and `options.objects`. */
export const makeApiServer = (options: ApiServerOptions): ApiServer => {
  const engine = makeEngine(options)
  const { registry, store } = engine
  followDefinitions(engine)
  const of = (kind: ResourceKind): ResourceDefinition => registry.of(kind)

  const server: ApiServer = {
    registry,
    gate: makeRequestGate(),
    now: options.now,
    version: () => String(store.version()),
    get: (kind, ref, subresource) => {
      const object = getObject(engine, of(kind), ref)
      return subresource === "scale" ? scaleOf(of(kind), object) : object
    },
    find: (kind, ref) => findObject(engine, of(kind), ref),
    list: (kind, request) => listObjects(engine, of(kind), request),
    listAsOf: (kind, request, at) => listAsOf(engine, of(kind), request, at),
    watch: (kind, request, listener) => watchObjects(engine, of(kind), request, listener),
    create: (kind, object, call = {}) => createObject(engine, of(kind), asMap(object), call),
    replace: (kind, object, call = {}) => replaceObject(engine, of(kind), asMap(object), call),
    patch: (kind, ref, patch, call = {}) => patchObject(engine, of(kind), ref, patch, call),
    apply: (kind, object, request) => applyObject(engine, of(kind), asMap(object), request),
    remove: (kind, ref, request = {}, call = {}) => removeObject(engine, of(kind), ref, request, call),
    removeCollection: (kind, selection, request = {}, call = {}) =>
      listObjects(engine, of(kind), selection).items.map(
        (item) => removeObject(engine, of(kind), refOf(item), request, call).object,
      ),
    evict: (ref, request = {}, call = {}) => evictPod(engine, ref, request, call),
    bind: (ref, host, call = {}) => bindPod(engine, ref, host, call),
    collectGarbage: makeCollector(engine),
    onCommit: (listener) =>
      store.onChange(undefined, ({ type, kind, object, previous }) => {
        const commit: Commit = { type, kind, object }
        listener(previous === undefined ? commit : { ...commit, previous })
      }),
    compact: (kind) => store.forget(kind === undefined ? undefined : (of(kind).storage?.kind ?? kind)),
  }
  for (const name of startNamespaces) {
    server.create(Kinds.Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name } })
  }
  for (const object of options.objects ?? []) {
    const definition = registry.byKind(object.apiVersion, object.kind)
    if (definition === undefined) throw noSuchResource()
    createObject(engine, definition, asMap(object), {})
  }
  return server
}
