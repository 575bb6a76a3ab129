/**
 * The in-memory Kubernetes API server: a synchronous, deterministic engine with the semantics of the real one (resourceVersions, watch
 * windows, 410, server-side apply, conflicts, finalizers, graceful deletion, garbage collection). It knows no clock, no randomness and
 * no Effect: time and UIDs are injected, so a simulation is a pure function of its inputs.
 *
 * Operations answer with stored objects, which are deeply frozen and may be shared; they throw {@link ApiFailure} when the real server
 * would answer with an error `Status`. Faces put it behind `KubeReader`/`KubeWriter` (`MemoryKube.ts`) or behind HTTPS (`src/sandbox/http`).
 */
import type { KubeObject, ObjectRef, ResourceKind } from "../../domain/Kubernetes.js"
import type { ListOptions, Preconditions } from "../../kube/KubeClient.js"
import type { ApiFailure } from "./ApiFailure.js"
import type { RequestGate } from "./RequestGate.js"
import type { ResourceRegistry } from "./ResourceRegistry.js"

/** Who calls and how: the parts of a request that are neither object nor name. */
export interface Call {
  /** User name, for the request log. Default `system:admin`. */
  readonly user?: string
  /** Owner recorded in `managedFields`. Default `unknown`. */
  readonly fieldManager?: string
  /** Everything is checked, nothing is stored. */
  readonly dryRun?: boolean
  /** What to do about fields the schema does not know. Default `Ignore`: they are dropped silently. `Warn` reports them through `warn`. */
  readonly fieldValidation?: "Ignore" | "Warn" | "Strict"
  /** Receives warnings for the client (`Warning` header). */
  readonly warn?: (message: string) => void
}

export type Subresource = "status" | "scale"

export interface ListRequest extends ListOptions {
  /** `Exact` serves the state of `resourceVersion`, `NotOlderThan` anything at least as new. */
  readonly resourceVersionMatch?: "Exact" | "NotOlderThan"
}

/** One page. `items` are in key order (`namespace/name`). */
export interface ListAnswer {
  readonly resourceVersion: string
  readonly continueToken?: string
  /** How many objects follow; absent with selectors, as in the real server. */
  readonly remainingItemCount?: number
  readonly items: ReadonlyArray<KubeObject>
}

export interface WatchRequest {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Absent or `"0"`: start with synthetic `ADDED` events for what exists. Otherwise only events after this version. */
  readonly resourceVersion?: string
  /** Existing objects as `ADDED`, then a bookmark annotated `k8s.io/initial-events-end`. */
  readonly sendInitialEvents?: boolean
  /** Send bookmarks (see {@link Subscription.bookmark}). Default false. */
  readonly allowBookmarks?: boolean
}

/** One line of a watch. A `BOOKMARK` object carries only `metadata.resourceVersion`; an `ERROR` object is a `Status` and ends the watch. */
export interface WatchLine {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR"
  readonly object: KubeObject
  /** When the change was committed (server clock, epoch ms): faces delay delivery by it. */
  readonly at: number
}

export interface Subscription {
  /** Emits a bookmark with the present version, if the watch asked for bookmarks. When is the face's business (the real server: once a minute). */
  readonly bookmark: () => void
  /** Stops delivery; idempotent. */
  readonly close: () => void
}

export interface PatchRequest {
  readonly type: "merge" | "strategic" | "json"
  readonly body: unknown
  readonly subresource?: Subresource
}

export interface ApplyRequest extends Call {
  readonly fieldManager: string
  /** Take over fields of other managers. Default false, as in the API. */
  readonly force?: boolean
  readonly subresource?: Subresource
}

export interface RemoveRequest {
  readonly preconditions?: Preconditions
  readonly propagationPolicy?: "Foreground" | "Background" | "Orphan"
  readonly gracePeriodSeconds?: number
}

/** `gone`: removed at once, `object` is its last state. Otherwise it stays with a `deletionTimestamp` until finalizers or the kubelet are done. */
export interface RemoveAnswer {
  readonly object: KubeObject
  readonly gone: boolean
}

/** One committed change, as the server's own controllers see it. */
export interface Commit {
  readonly type: "ADDED" | "MODIFIED" | "DELETED"
  readonly kind: ResourceKind
  readonly object: KubeObject
  readonly previous?: KubeObject
}

/** Every operation throws {@link ApiFailure} where the real server answers with an error. None consults the gate: that is the faces' part. */
export interface ApiServer {
  /** Kinds served now, built-in and from CustomResourceDefinitions. */
  readonly registry: ResourceRegistry
  /** Request log and fault decisions, asked by every face before a request is executed. */
  readonly gate: RequestGate
  /** Epoch ms, the injected clock. */
  readonly now: () => number
  /** The newest resourceVersion. */
  readonly version: () => string

  readonly get: (kind: ResourceKind, ref: ObjectRef, subresource?: Subresource) => KubeObject
  /** Like `get`, undefined instead of 404. */
  readonly find: (kind: ResourceKind, ref: ObjectRef) => KubeObject | undefined
  readonly list: (kind: ResourceKind, request: ListRequest) => ListAnswer
  /** The objects a cache that lags behind would hold at `at` (epoch ms), with their version; clamped to the history window. */
  readonly listAsOf: (kind: ResourceKind, request: ListRequest, at: number) => ListAnswer
  /** Delivers synchronously, inside the write that causes an event. Throws 410 when `resourceVersion` is outside the history window. */
  readonly watch: (kind: ResourceKind, request: WatchRequest, listener: (line: WatchLine) => void) => Subscription

  /** The namespace comes from `object.metadata.namespace`. */
  readonly create: (kind: ResourceKind, object: KubeObject, call?: Call) => KubeObject
  readonly replace: (
    kind: ResourceKind,
    object: KubeObject,
    call?: Call & { readonly subresource?: Subresource },
  ) => KubeObject
  readonly patch: (kind: ResourceKind, ref: ObjectRef, patch: PatchRequest, call?: Call) => KubeObject
  readonly apply: (kind: ResourceKind, object: KubeObject, request: ApplyRequest) => KubeObject
  readonly remove: (kind: ResourceKind, ref: ObjectRef, request?: RemoveRequest, call?: Call) => RemoveAnswer
  /** Deletes what a list with `selection` shows; answers with those objects. */
  readonly removeCollection: (
    kind: ResourceKind,
    selection: ListRequest,
    request?: RemoveRequest,
    call?: Call,
  ) => ReadonlyArray<KubeObject>
  /** Eviction (policy/v1) of a pod; 429 with cause `DisruptionBudget` when a PodDisruptionBudget refuses. */
  readonly evict: (ref: ObjectRef, request?: RemoveRequest, call?: Call) => RemoveAnswer
  /** Binds a pod to a host. */
  readonly bind: (ref: ObjectRef, host: string, call?: Call) => KubeObject

  /**
   * One round of the garbage collector and the namespace controller, until nothing more can be done: dependents of absent owner UIDs,
   * foreground and orphan finalizers, contents of terminating namespaces. Cheap when nothing changed. Answers with the number of writes.
   */
  readonly collectGarbage: () => number
  /** Called after each commit, after the watchers. Returns its own removal. */
  readonly onCommit: (listener: (commit: Commit) => void) => () => void
  /** Forgets the history of a kind (all kinds when absent): older watches and continue tokens get 410; open watches stay. */
  readonly compact: (kind?: ResourceKind) => void
}

/** A write as admission sees it. */
export interface AdmissionRequest {
  readonly operation: "CREATE" | "UPDATE" | "DELETE"
  readonly kind: ResourceKind
  readonly subresource?: Subresource
  readonly namespace?: string
  readonly name: string
  readonly user: string
  readonly dryRun: boolean
  /** Absent for DELETE. */
  readonly object?: KubeObject
  /** Absent for CREATE. */
  readonly oldObject?: KubeObject
}

/** Injectable admission, in order. A mutator returns the new object (or undefined: unchanged); a validator returns a failure to refuse. */
export interface Admission {
  readonly mutating?: (request: AdmissionRequest, warn: (message: string) => void) => KubeObject | undefined
  readonly validating?: (request: AdmissionRequest, warn: (message: string) => void) => ApiFailure | undefined
}

export interface ApiServerOptions {
  /** Epoch ms. */
  readonly now: () => number
  /** Unique ids in UUID form. */
  readonly nextUid: () => string
  /** First resourceVersion is this plus one. Default `0`; a profile starts above 2^53. */
  readonly startVersion?: string
  /** Changes kept per kind for watches and continue tokens. Default 1000. */
  readonly historyLimit?: number
  readonly admission?: ReadonlyArray<Admission>
  /** Objects present at start (namespaces beyond the usual four, hosts, CustomResourceDefinitions …), created in order. */
  readonly objects?: ReadonlyArray<KubeObject>
}
