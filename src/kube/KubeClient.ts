/**
 * The Kubernetes API as two services, split by ability so that a signature tells what a function may do: {@link KubeReader} reads,
 * {@link KubeWriter} changes. Plain JSON in both directions: no serializer that drops unknown fields.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { KubeObject, ObjectRef, ResourceKind } from "../domain/Kubernetes.js"
import type { KubeError } from "./KubeError.js"

export interface ListOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Page size; absent: everything in one answer. */
  readonly limit?: number
  readonly continueToken?: string
  /** Absent: quorum read. `"0"`: any cache. */
  readonly resourceVersion?: string
}

/** One page of a list. `items` carry `apiVersion` and `kind` even where the API omits them. */
export interface ListPage {
  readonly resourceVersion: string
  readonly continueToken?: string
  readonly items: ReadonlyArray<KubeObject>
}

export interface WatchOptions {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Events after this version. */
  readonly resourceVersion: string
  /** The server ends the watch after this many seconds. */
  readonly timeoutSeconds: number
}

/** One line of a watch. Bookmarks are always asked for. */
export type WatchEvent =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: KubeObject }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string }

/** Reading the API. Every effect is interruptible (the socket closes) and bounded in time. */
export class KubeReader extends Context.Tag("acko/KubeReader")<
  KubeReader,
  {
    /** Quorum read of one object. Fails with status 404 when there is none. */
    readonly get: (kind: ResourceKind, ref: ObjectRef) => Effect.Effect<KubeObject, KubeError>
    readonly list: (kind: ResourceKind, options: ListOptions) => Effect.Effect<ListPage, KubeError>
    /**
     * One watch connection, from `resourceVersion` on. Ends when the server ends it; fails on a broken connection, an unreadable line
     * or an in-stream `ERROR` (as {@link KubeStatusError}). Resuming is the business of `Watcher`.
     */
    readonly watch: (kind: ResourceKind, options: WatchOptions) => Stream.Stream<WatchEvent, KubeError>
  }
>() {}

/** Which object a delete means: without the right `uid` and `resourceVersion` the API server refuses (S1). */
export interface Preconditions {
  readonly uid?: string
  readonly resourceVersion?: string
}

export interface ApplyOptions {
  readonly fieldManager: string
  /** Take over fields other managers own. Default true: what we own is ours (kube anchors §4.12). */
  readonly force?: boolean
  readonly subresource?: "status" | "scale"
}

export interface PatchOptions {
  readonly type: "merge" | "strategic" | "json"
  readonly body: unknown
  readonly subresource?: "status" | "scale"
  readonly fieldManager?: string
}

export interface RemoveOptions {
  readonly preconditions?: Preconditions
  readonly propagationPolicy?: "Foreground" | "Background" | "Orphan"
  readonly gracePeriodSeconds?: number
}

/**
 * Changing the API. Writes are never repeated by the transport: whether a lost reply means a lost write only a fresh read can tell (R11).
 * Each returns the object as the server stored it.
 */
export class KubeWriter extends Context.Tag("acko/KubeWriter")<
  KubeWriter,
  {
    readonly create: (kind: ResourceKind, object: KubeObject) => Effect.Effect<KubeObject, KubeError>
    /** PUT: replaces the object; `metadata.resourceVersion` in it is the precondition. */
    readonly replace: (
      kind: ResourceKind,
      object: KubeObject,
      subresource?: "status",
    ) => Effect.Effect<KubeObject, KubeError>
    /** Server-side apply of the fields in `object` (creates when missing). `metadata.uid`/`resourceVersion` in it act as preconditions. */
    readonly apply: (
      kind: ResourceKind,
      object: KubeObject,
      options: ApplyOptions,
    ) => Effect.Effect<KubeObject, KubeError>
    readonly patch: (kind: ResourceKind, ref: ObjectRef, options: PatchOptions) => Effect.Effect<KubeObject, KubeError>
    /** Returns the object with its `deletionTimestamp`, or undefined when it is gone at once. */
    readonly remove: (
      kind: ResourceKind,
      ref: ObjectRef,
      options: RemoveOptions,
    ) => Effect.Effect<KubeObject | undefined, KubeError>
    /** Eviction respects PodDisruptionBudgets; a refusal is status 429 with reason `TooManyRequests` (R46). */
    readonly evict: (ref: ObjectRef, options: RemoveOptions) => Effect.Effect<void, KubeError>
    /** Bind a pod to a host (scheduler's verb; only the embedded kubelet uses it). */
    readonly bind: (ref: ObjectRef, host: string) => Effect.Effect<void, KubeError>
  }
>() {}
