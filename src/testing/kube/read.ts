/** Lists and watches. Internal to this folder. */
import { apiVersionOf, type KubeObject, type ResourceKind } from "../../domain/Kubernetes.js"
import { ApiFailure, badRequest, expired, tooLargeVersion, unreadableVersion } from "./ApiFailure.js"
import type { ListAnswer, ListRequest, Subscription, WatchLine, WatchRequest } from "./ApiServer.js"
import { type Engine, fromStored, storageKind } from "./Engine.js"
import { freezeJson, stringAt } from "./json.js"
import type { ResourceDefinition } from "./ResourceRegistry.js"
import { type ObjectMatch, parseSelection } from "./selectors.js"
import type { Change } from "./Store.js"

const versionOf = (text: string): bigint => {
  if (!/^\d+$/.test(text)) {
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    )
  }
  return BigInt(text)
}

interface Continue {
  /** -1: whatever is there now. */
  readonly version: bigint
  /** Key of the last object sent. */
  readonly after: string
}

const tokenVersion = "meta.k8s.io/v1"

/** The form of the real server; clients must not look into it, tests do. */
const encodeContinue = ({ after, version }: Continue): string =>
  Buffer.from(`{"v":"${tokenVersion}","rv":${version},"start":${JSON.stringify(`${after}\0`)}}`).toString("base64url")

const decodeContinue = (text: string): Continue => {
  const refuse = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`)
  const json = Buffer.from(text, "base64url").toString()
  // Versions may be larger than a JSON number can say exactly.
  const version = /"rv":(-?\d+)/.exec(json)?.[1]
  if (version === undefined) throw refuse("not a token of this server")
  const start = stringAt(JSON.parse(json), "start") ?? ""
  if (start === "") throw refuse(`encoded start key empty (version ${tokenVersion})`)
  return { version: BigInt(version), after: start.replace(/\0$/, "") }
}

const expiredContinue = (after: string) =>
  new ApiFailure(
    410,
    "Expired",
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
    undefined,
    { continue: encodeContinue({ version: -1n, after }) },
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
  const matches = parseSelection(definition, request)
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
      ? { continueToken: encodeContinue({ version: source.version, after: last[0] }) }
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
  const asked = versionOf(resourceVersion)
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
  const { after, version } = decodeContinue(request.continueToken)
  if (version < 0n) return page(definition, sourceOf(engine, kind, {}), request, after)
  const objects = engine.store.snapshot(kind, version)
  if (objects === undefined) throw expiredContinue(after)
  return page(definition, { objects, version }, request, after)
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
  if (!/^\d+$/.test(resourceVersion)) {
    const invalid = `resourceVersion: Invalid value: ${JSON.stringify(resourceVersion)}`
    throw new ApiFailure(500, "", `${invalid}: ${unreadableVersion(resourceVersion).message}`)
  }
  const version = BigInt(resourceVersion)
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
  const matches = parseSelection(definition, request)
  const since = resumePoint(engine, kind, request)
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
  const marksInitial = request.sendInitialEvents === true || (request.resourceVersion ?? "") === ""
  if (marksInitial && request.allowBookmarks === true) bookmark({ "k8s.io/initial-events-end": "true" })
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
