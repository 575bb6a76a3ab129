/** Lists and watches. Internal to this folder. */
import { apiVersionOf, type KubeObject, type ResourceKind } from "../../domain/Kubernetes.js"
import { ApiFailure, badRequest, expired, tooLargeVersion } from "./ApiFailure.js"
import type { ListAnswer, ListRequest, Subscription, WatchLine, WatchRequest } from "./ApiServer.js"
import { type Engine, fromStored, storageKind } from "./Engine.js"
import { freezeJson, isMap } from "./json.js"
import type { ResourceDefinition } from "./ResourceRegistry.js"
import { type ObjectMatch, parseSelection } from "./selectors.js"
import type { Change } from "./Store.js"

const parseVersion = (text: string): bigint => {
  if (!/^\d+$/.test(text)) {
    throw badRequest(`invalid resource version "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`)
  }
  return BigInt(text)
}

interface Continue {
  readonly version: string
  /** Key of the last object sent. */
  readonly after: string
}

const encodeContinue = (token: Continue): string => Buffer.from(JSON.stringify(token)).toString("base64url")

const decodeContinue = (text: string): Continue => {
  let token: unknown
  try {
    token = JSON.parse(Buffer.from(text, "base64url").toString())
  } catch {
    token = undefined
  }
  if (!isMap(token) || typeof token["version"] !== "string" || typeof token["after"] !== "string") {
    throw badRequest("continue key is not valid: encoded continue key is not valid")
  }
  return { version: token["version"], after: token["after"] }
}

const expiredContinue = () =>
  expired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.",
  )

const byKey = (a: readonly [string, KubeObject], b: readonly [string, KubeObject]): number =>
  a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0

interface Source {
  readonly objects: ReadonlyMap<string, KubeObject>
  readonly version: bigint
}

const page = (
  definition: ResourceDefinition,
  source: Source,
  request: ListRequest,
  after: string | undefined,
): ListAnswer => {
  const matches = parseSelection(definition.kind.plural, request)
  const all = [...source.objects]
    .map(([key, object]) => [key, fromStored(definition, object)] as const)
    .filter(([key, object]) => (after === undefined || key > after) && matches(object))
    .sort(byKey)
  const limit = request.limit === undefined || request.limit <= 0 ? all.length : request.limit
  const items = all.slice(0, limit)
  const rest = all.length - items.length
  const hasSelector = (request.labelSelector ?? "") !== "" || (request.fieldSelector ?? "") !== ""
  const last = items.at(-1)
  return {
    resourceVersion: String(source.version),
    ...(rest > 0 && last !== undefined
      ? { continueToken: encodeContinue({ version: String(source.version), after: last[0] }) }
      : {}),
    ...(rest > 0 && !hasSelector ? { remainingItemCount: rest } : {}),
    items: items.map(([, object]) => object),
  }
}

const sourceOf = (engine: Engine, kind: ResourceKind, request: ListRequest): Source => {
  const version = engine.store.version()
  const live: Source = { objects: engine.store.table(kind).objects, version }
  const { resourceVersion } = request
  if (resourceVersion === undefined || resourceVersion === "" || resourceVersion === "0") return live
  const asked = parseVersion(resourceVersion)
  if (asked > version) throw tooLargeVersion(resourceVersion, String(version))
  if (request.resourceVersionMatch !== "Exact") return live
  const objects = engine.store.snapshot(kind, asked)
  if (objects === undefined) throw expired("The resourceVersion for the provided list is too old.")
  return { objects, version: asked }
}

/** One page of a list. Continued pages show the state of the first one, or fail with 410. */
export const listObjects = (engine: Engine, definition: ResourceDefinition, request: ListRequest): ListAnswer => {
  const kind = storageKind(definition)
  if (request.continueToken === undefined || request.continueToken === "") {
    return page(definition, sourceOf(engine, kind, request), request, undefined)
  }
  if (request.resourceVersion !== undefined && request.resourceVersion !== "" && request.resourceVersion !== "0") {
    throw badRequest("specifying resource version is not allowed when using continue")
  }
  const token = decodeContinue(request.continueToken)
  const version = BigInt(token.version)
  const objects = engine.store.snapshot(kind, version)
  if (objects === undefined) throw expiredContinue()
  return page(definition, { objects, version }, request, token.after)
}

/** The list a cache would show that is as old as `at`. */
export const listAsOf = (
  engine: Engine,
  definition: ResourceDefinition,
  request: ListRequest,
  at: number,
): ListAnswer => {
  const kind = storageKind(definition)
  const version = engine.store.versionAt(kind, at)
  const objects = engine.store.snapshot(kind, version) ?? engine.store.table(kind).objects
  return page(definition, { objects, version }, request, undefined)
}

const bookmarkObject = (
  definition: ResourceDefinition,
  version: bigint,
  annotations?: Readonly<Record<string, string>>,
): KubeObject =>
  freezeJson({
    apiVersion: apiVersionOf(definition.kind),
    kind: definition.kind.kind,
    metadata: { resourceVersion: String(version), ...(annotations === undefined ? {} : { annotations }) },
  })

const withVersion = (object: KubeObject, version: string): KubeObject =>
  freezeJson({ ...object, metadata: { ...object.metadata, resourceVersion: version } })

/** A change as a watch with a selector sees it: leaving the selection is a deletion, entering it an addition. */
const lineOf = (definition: ResourceDefinition, change: Change, matches: ObjectMatch): WatchLine | undefined => {
  const object = fromStored(definition, change.object)
  const previous = change.previous === undefined ? undefined : fromStored(definition, change.previous)
  const was = previous !== undefined && matches(previous)
  const is = change.type !== "DELETED" && matches(object)
  if (is) return { type: was ? "MODIFIED" : "ADDED", object, at: change.at }
  if (!was) return undefined
  return { type: "DELETED", object: withVersion(previous, String(change.version)), at: change.at }
}

const resumePoint = (engine: Engine, kind: ResourceKind, request: WatchRequest): bigint | undefined => {
  const { resourceVersion } = request
  if (resourceVersion === undefined || resourceVersion === "" || resourceVersion === "0") return undefined
  const version = parseVersion(resourceVersion)
  const { floor } = engine.store.table(kind)
  if (version < floor) throw expired(`too old resource version: ${resourceVersion} (${floor})`)
  return version
}

/** A subscription to the changes of one kind. */
export const watchObjects = (
  engine: Engine,
  definition: ResourceDefinition,
  request: WatchRequest,
  listener: (line: WatchLine) => void,
): Subscription => {
  const kind = storageKind(definition)
  const matches = parseSelection(definition.kind.plural, request)
  const since = resumePoint(engine, kind, request)
  if (request.sendInitialEvents === true && request.allowBookmarks !== true) {
    throw new ApiFailure(
      422,
      "Invalid",
      `ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden without allowWatchBookmarks`,
    )
  }
  let seen = engine.store.version()
  const table = engine.store.table(kind)
  if (since === undefined || request.sendInitialEvents === true) {
    for (const [, object] of [...table.objects].sort(byKey)) {
      const shown = fromStored(definition, object)
      if (matches(shown)) listener({ type: "ADDED", object: shown, at: engine.options.now() })
    }
  } else {
    for (const change of [...table.history]) {
      const line = change.version > since ? lineOf(definition, change, matches) : undefined
      if (line !== undefined) listener(line)
    }
    if (since > seen) seen = since
  }
  const bookmark = (annotations?: Readonly<Record<string, string>>) =>
    listener({
      type: "BOOKMARK",
      object: bookmarkObject(definition, engine.store.version(), annotations),
      at: engine.options.now(),
    })
  if (request.sendInitialEvents === true) bookmark({ "k8s.io/initial-events-end": "true" })
  let isOpen = true
  const stop = engine.store.onChange(kind, (change) => {
    // A change made while another one is being delivered may be in history already.
    if (!isOpen || change.version <= seen) return
    const line = lineOf(definition, change, matches)
    if (line !== undefined) listener(line)
  })
  return {
    bookmark: () => {
      if (isOpen && request.allowBookmarks === true) bookmark()
    },
    close: () => {
      isOpen = false
      stop()
    },
  }
}
