/** From JSON to objects, list pages and watch events. What the API promises is checked once, here; everything else stays raw. */
import * as Either from "effect/Either"
import { apiVersionOf, type KubeObject, type ResourceKind } from "../domain/Kubernetes.js"
import type { ListPage, WatchEvent } from "./KubeClient.js"
import { KubeDecodeError, type KubeError } from "./KubeError.js"
import { type KubeRequest, whereOf } from "./KubeRequest.js"
import { isRecord, statusError } from "./kubeStatus.js"

const unreadable = (request: KubeRequest, detail: string): KubeDecodeError =>
  new KubeDecodeError({ ...whereOf(request), detail })

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)

/** The same object when it says what it is; list items do not, so `kind` fills it in. Undefined without name and version. */
const asObject = (value: unknown, kind: ResourceKind): KubeObject | undefined => {
  if (!isRecord(value) || !isRecord(value["metadata"])) return undefined
  const metadata = value["metadata"]
  if (text(metadata["name"]) === undefined || text(metadata["resourceVersion"]) === undefined) return undefined
  const apiVersion = text(value["apiVersion"])
  const name = text(value["kind"])
  return apiVersion !== undefined && name !== undefined
    ? { ...value, apiVersion, kind: name, metadata }
    : { ...value, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata }
}

/** One object of a get or a write. */
export const decodeObject = (
  request: KubeRequest,
  kind: ResourceKind,
  json: unknown,
): Either.Either<KubeObject, KubeDecodeError> => {
  const object = asObject(json, kind)
  return object === undefined
    ? Either.left(unreadable(request, "no object with metadata.name and metadata.resourceVersion"))
    : Either.right(object)
}

/**
 * One page of a list. A single unreadable item fails the page: skipping it would look like its deletion (R36).
 */
export const decodeList = (
  request: KubeRequest,
  kind: ResourceKind,
  json: unknown,
): Either.Either<ListPage, KubeDecodeError> => {
  if (!isRecord(json) || !isRecord(json["metadata"])) return Either.left(unreadable(request, "no list metadata"))
  const resourceVersion = text(json["metadata"]["resourceVersion"])
  if (resourceVersion === undefined) return Either.left(unreadable(request, "a list without resourceVersion"))
  const raw = json["items"]
  if (!Array.isArray(raw)) return Either.left(unreadable(request, "a list without items"))
  const items: Array<KubeObject> = []
  for (const value of raw as ReadonlyArray<unknown>) {
    const item = asObject(value, kind)
    if (item === undefined) return Either.left(unreadable(request, `item ${items.length} has no metadata`))
    items.push(item)
  }
  const continueToken = text(json["metadata"]["continue"])
  return Either.right({ resourceVersion, items, ...(continueToken === undefined ? {} : { continueToken }) })
}

/** One line of a watch. An in-stream `ERROR` is a failure of the stream (R32, R34), an unknown type too (R36). */
export const decodeWatchLine = (
  request: KubeRequest,
  kind: ResourceKind,
  line: unknown,
): Either.Either<WatchEvent, KubeError> => {
  if (!isRecord(line)) return Either.left(unreadable(request, "a watch line that is no event"))
  const type = line["type"]
  const object = line["object"]
  if (type === "ERROR") {
    return Either.left(statusError(request, object, { code: 500, text: "the server ended the watch with an error" }))
  }
  if (type === "BOOKMARK") {
    const version =
      isRecord(object) && isRecord(object["metadata"]) ? text(object["metadata"]["resourceVersion"]) : undefined
    return version === undefined
      ? Either.left(unreadable(request, "a bookmark without resourceVersion"))
      : Either.right({ type, resourceVersion: version })
  }
  if (type === "ADDED" || type === "MODIFIED" || type === "DELETED") {
    const decoded = asObject(object, kind)
    return decoded === undefined
      ? Either.left(unreadable(request, `a ${type} event without metadata`))
      : Either.right({ type, object: decoded })
  }
  return Either.left(unreadable(request, `an event of type ${JSON.stringify(type)?.slice(0, 40)}`))
}
