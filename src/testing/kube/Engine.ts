/** What the parts of the API server share: store, kinds, admission, clock. Internal to this folder. */
import { apiVersionOf, type KubeObject, type ResourceKind } from "../../domain/Kubernetes.js"
import type { AdmissionRequest, ApiServerOptions, Call, Subresource } from "./ApiServer.js"
import { badRequest, invalidPatch } from "./ApiFailure.js"
import { DecodeError } from "./decodeBuiltin.js"
import { freezeJson, type JsonMap } from "./json.js"
import type { Incoming, MutableRegistry, ResourceDefinition, ServerFacts } from "./ResourceRegistry.js"
import type { Store } from "./Store.js"

export interface Engine {
  readonly options: ApiServerOptions
  readonly store: Store
  readonly registry: MutableRegistry
  readonly facts: ServerFacts
}

/** Where objects of a definition are kept. */
export const storageKind = (definition: ResourceDefinition): ResourceKind => definition.storage?.kind ?? definition.kind

/** A stored object in the form of `definition`. */
export const fromStored = (definition: ResourceDefinition, object: KubeObject): KubeObject =>
  definition.storage === undefined
    ? object
    : (freezeJson(definition.storage.fromStored(object as unknown as JsonMap)) as unknown as KubeObject)

export const toStored = (definition: ResourceDefinition, object: JsonMap): JsonMap =>
  definition.storage === undefined ? object : definition.storage.toStored(object)

/** An object read as JSON map. It may be frozen: copy before changing. */
export const asMap = (object: KubeObject): JsonMap => object as unknown as JsonMap
export const asObject = (object: JsonMap): KubeObject => object as unknown as KubeObject

/** `2026-01-02T03:04:05Z` */
export const timestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

const withTypes = (definition: ResourceDefinition, object: JsonMap): JsonMap => ({
  apiVersion: apiVersionOf(definition.kind),
  kind: definition.kind.kind,
  ...object,
})

type DecodeCall = Call & { readonly isPatch?: boolean }

const decoded = (definition: ResourceDefinition, object: JsonMap, call: DecodeCall): Incoming => {
  const { kind, version } = definition.kind
  try {
    return definition.decode(object)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    if (call.isPatch === true) throw invalidPatch(error.message, object)
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${error.message}`)
  }
}

/** Decodes by the definition's schema and deals with unknown fields as the call asks. */
export const decodeIncoming = (definition: ResourceDefinition, object: JsonMap, call: DecodeCall): JsonMap => {
  const { kind, version } = definition.kind
  const incoming = decoded(definition, object, call)
  if (incoming.unknown.length > 0 && call.fieldValidation === "Strict") {
    const fields = incoming.unknown.map((path) => `unknown field "${path}"`).join(", ")
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${fields}`)
  }
  if (call.fieldValidation === "Warn") for (const path of incoming.unknown) call.warn?.(`unknown field "${path}"`)
  return withTypes(definition, incoming.object)
}

const noWarning = (): void => undefined

/** Runs the mutating hooks; the object may be replaced. */
export const runMutating = (engine: Engine, request: AdmissionRequest, call: Call): KubeObject | undefined => {
  let object = request.object
  for (const admission of engine.options.admission ?? []) {
    const changed = admission.mutating?.(
      object === undefined ? request : { ...request, object },
      call.warn ?? noWarning,
    )
    if (changed !== undefined) object = changed
  }
  return object
}

/** Runs the validating hooks; throws the first refusal. */
export const runValidating = (engine: Engine, request: AdmissionRequest, call: Call): void => {
  for (const admission of engine.options.admission ?? []) {
    const failure = admission.validating?.(request, call.warn ?? noWarning)
    if (failure !== undefined) throw failure
  }
}

/** The admission request of a write. */
export const admissionRequest = (
  definition: ResourceDefinition,
  operation: AdmissionRequest["operation"],
  parts: {
    readonly object?: KubeObject
    readonly oldObject?: KubeObject
    readonly subresource?: Subresource | undefined
    readonly call: Call
  },
): AdmissionRequest => {
  const about = parts.object ?? parts.oldObject
  const namespace = about?.metadata.namespace
  return {
    operation,
    kind: definition.kind,
    ...(parts.subresource === undefined ? {} : { subresource: parts.subresource }),
    ...(namespace === undefined ? {} : { namespace }),
    name: about?.metadata.name ?? "",
    user: parts.call.user ?? "system:admin",
    dryRun: parts.call.dryRun ?? false,
    ...(parts.object === undefined ? {} : { object: parts.object }),
    ...(parts.oldObject === undefined ? {} : { oldObject: parts.oldObject }),
  }
}
