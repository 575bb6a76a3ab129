/** {@link KubeReader} and {@link KubeWriter} over HTTP: which URL, which content type, which body. */
import * as Chunk from "effect/Chunk"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Kinds, type KubeObject, type ObjectRef, type ResourceKind } from "../domain/Kubernetes.js"
import type { KubeAccess } from "./KubeAccess.js"
import {
  KubeReader,
  KubeWriter,
  type ListOptions,
  type RemoveOptions,
  type WatchEvent,
  type WatchOptions,
} from "./KubeClient.js"
import { KubeDecodeError, type KubeError } from "./KubeError.js"
import { decodeList, decodeObject, decodeWatchLine } from "./kubeDecode.js"
import { KubeHttp, type KubeHttpOptions, layerKubeHttp } from "./KubeHttp.js"
import { collectionPath, objectPath, type Subresource } from "./kubePath.js"
import { type KubeRequest, whereOf } from "./KubeRequest.js"
import { isRecord } from "./kubeStatus.js"
import { jsonLines } from "./jsonLines.js"

const json = "application/json"

const patchTypes = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
} as const

/** The subset of a request that says which object is meant. */
const target = (kind: ResourceKind, ref: ObjectRef, subresource?: Subresource) => ({
  resource: subresource === undefined ? kind.plural : `${kind.plural}/${subresource}`,
  namespace: ref.namespace,
  name: ref.name,
  path: objectPath(kind, ref, subresource),
})

const collection = (kind: ResourceKind, namespace: string | undefined) => ({
  resource: kind.plural,
  namespace,
  path: collectionPath(kind, namespace),
})

/** Where an object lives, from its own metadata. */
const refOf = (kind: ResourceKind, object: KubeObject): ObjectRef => ({
  name: object.metadata.name ?? "",
  ...(kind.namespaced && object.metadata.namespace !== undefined ? { namespace: object.metadata.namespace } : {}),
})

const listRequest = (kind: ResourceKind, options: ListOptions): KubeRequest => ({
  verb: "list",
  method: "GET",
  ...collection(kind, options.namespace),
  query: {
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
    limit: options.limit === undefined ? undefined : String(options.limit),
    continue: options.continueToken,
    resourceVersion: options.resourceVersion,
  },
})

const watchRequest = (kind: ResourceKind, options: WatchOptions): KubeRequest => ({
  verb: "watch",
  method: "GET",
  ...collection(kind, options.namespace),
  query: {
    watch: "true",
    allowWatchBookmarks: "true",
    resourceVersion: options.resourceVersion,
    timeoutSeconds: String(options.timeoutSeconds),
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
  },
})

/** Reads over {@link KubeHttp}. */
export const makeReader = (http: Context.Tag.Service<KubeHttp>): Context.Tag.Service<KubeReader> => ({
  get: (kind, ref) =>
    Effect.suspend(() => {
      const request: KubeRequest = { verb: "get", method: "GET", ...target(kind, ref) }
      return Effect.flatMap(http.exchange(request), (answer) => decodeObject(request, kind, answer))
    }),
  list: (kind, options) =>
    Effect.suspend(() => {
      const request = listRequest(kind, options)
      return Effect.flatMap(http.exchange(request), (answer) => decodeList(request, kind, answer))
    }),
  watch: (kind, options) =>
    Stream.suspend(() => {
      const request = watchRequest(kind, options)
      return jsonLines(http.open(request)).pipe(
        Stream.catchTag("JsonLineError", (error) =>
          Stream.fail(new KubeDecodeError({ ...whereOf(request), detail: error.message, cause: error })),
        ),
        Stream.mapChunksEffect((lines) => decodeLines(request, kind, lines)),
      )
    }),
})

/** A bad line voids the lines that arrived with it; whoever resumes or lists again gets them anew. */
const decodeLines = (
  request: KubeRequest,
  kind: ResourceKind,
  lines: Chunk.Chunk<unknown>,
): Effect.Effect<Chunk.Chunk<WatchEvent>, KubeError> =>
  Effect.map(Effect.all(Chunk.toReadonlyArray(lines).map((line) => decodeWatchLine(request, kind, line))), (events) =>
    Chunk.unsafeFromArray(events),
  )

const deleteOptions = (options: RemoveOptions) => ({
  apiVersion: "v1",
  kind: "DeleteOptions",
  ...(options.preconditions === undefined ? {} : { preconditions: options.preconditions }),
  ...(options.propagationPolicy === undefined ? {} : { propagationPolicy: options.propagationPolicy }),
  ...(options.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: options.gracePeriodSeconds }),
})

/** Writes over {@link KubeHttp}. */
export const makeWriter = (http: Context.Tag.Service<KubeHttp>): Context.Tag.Service<KubeWriter> => {
  const write = (kind: ResourceKind, build: () => KubeRequest): Effect.Effect<KubeObject, KubeError> =>
    Effect.suspend(() => {
      const request = build()
      return Effect.flatMap(http.exchange(request), (answer) => decodeObject(request, kind, answer))
    })
  return {
    create: (kind, object) =>
      write(kind, () => {
        const namespace = object.metadata.namespace
        if (kind.namespaced && namespace === undefined) throw new TypeError(`a new ${kind.kind} needs a namespace`)
        return {
          verb: "create",
          method: "POST",
          ...collection(kind, namespace),
          name: object.metadata.name ?? object.metadata.generateName,
          body: { contentType: json, json: object },
        }
      }),
    replace: (kind, object, subresource) =>
      write(kind, () => ({
        verb: "update",
        method: "PUT",
        ...target(kind, refOf(kind, object), subresource),
        body: { contentType: json, json: object },
      })),
    apply: (kind, object, options) =>
      write(kind, () => ({
        verb: "apply",
        method: "PATCH",
        ...target(kind, refOf(kind, object), options.subresource),
        query: { fieldManager: options.fieldManager, force: String(options.force ?? true) },
        // JSON is YAML; the content type is what makes it an apply.
        body: { contentType: "application/apply-patch+yaml", json: object },
      })),
    patch: (kind, ref, options) =>
      write(kind, () => ({
        verb: "patch",
        method: "PATCH",
        ...target(kind, ref, options.subresource),
        query: { fieldManager: options.fieldManager },
        body: { contentType: patchTypes[options.type], json: options.body },
      })),
    remove: (kind, ref, options) =>
      Effect.suspend(() => {
        const request: KubeRequest = {
          verb: "delete",
          method: "DELETE",
          ...target(kind, ref),
          body: { contentType: json, json: deleteOptions(options) },
        }
        return Effect.flatMap(http.exchange(request), (answer) => {
          // A `Status`, or the object as it was: gone. With a deletionTimestamp: still there, waiting for finalizers or its grace period.
          if (!isRecord(answer) || answer["kind"] === "Status") return Effect.succeed(undefined)
          return Effect.map(decodeObject(request, kind, answer), (object) =>
            object.metadata.deletionTimestamp === undefined ? undefined : object,
          )
        })
      }),
    evict: (ref, options) =>
      Effect.suspend(() =>
        Effect.asVoid(
          http.exchange({
            verb: "evict",
            method: "POST",
            ...target(Kinds.Pod, ref, "eviction"),
            body: {
              contentType: json,
              json: {
                apiVersion: "policy/v1",
                kind: "Eviction",
                metadata: { name: ref.name, namespace: ref.namespace },
                deleteOptions: deleteOptions(options),
              },
            },
          }),
        ),
      ),
    bind: (ref, host) =>
      Effect.suspend(() =>
        Effect.asVoid(
          http.exchange({
            verb: "bind",
            method: "POST",
            ...target(Kinds.Pod, ref, "binding"),
            body: {
              contentType: json,
              json: {
                apiVersion: "v1",
                kind: "Binding",
                metadata: { name: ref.name, namespace: ref.namespace },
                target: { apiVersion: "v1", kind: "Node", name: host },
              },
            },
          }),
        ),
      ),
  }
}

export const layerReader: Layer.Layer<KubeReader, never, KubeHttp> = Layer.effect(
  KubeReader,
  Effect.map(KubeHttp, makeReader),
)

export const layerWriter: Layer.Layer<KubeWriter, never, KubeHttp> = Layer.effect(
  KubeWriter,
  Effect.map(KubeHttp, makeWriter),
)

/** Reader and writer sharing connections, pauses and budget. Provide one of the layers of `KubeAccess`. */
export const layer = (options: KubeHttpOptions = {}): Layer.Layer<KubeReader | KubeWriter, never, KubeAccess> =>
  Layer.provide(Layer.merge(layerReader, layerWriter), layerKubeHttp(options))
