/** Bodies and query parameters of requests. */
import { parse } from "yaml"
import { ApiFailure, badRequest, unsupportedMediaType } from "../../testing/kube/ApiFailure.js"
import type { Call, ListRequest, RemoveRequest } from "../../testing/kube/ApiServer.js"
import { decodeProtobuf } from "./protobuf.js"
import { isMap, type JsonMap, mapAt, numberAt, stringAt } from "../../testing/kube/json.js"

/** The body as JSON. Applies may be YAML; JSON is tried first, because clients that can choose send it. */
export const parseBody = (contentType: string, bytes: Buffer): unknown => {
  const media = contentType.split(";")[0]?.trim() ?? ""
  if (media.includes("protobuf")) return decodeProtobuf(bytes)
  const text = bytes.toString("utf8")
  if (text.trim() === "") return {}
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (!media.includes("yaml")) throw badRequest(`couldn't get version/kind; json parse error: ${String(cause)}`)
  }
  try {
    return parse(text)
  } catch (cause) {
    throw badRequest(`error decoding YAML: ${String(cause)}`)
  }
}

/** The body as an object; 400 for anything else. */
export const objectBody = (contentType: string, bytes: Buffer): JsonMap => {
  const body = parseBody(contentType, bytes)
  if (!isMap(body)) throw badRequest("the body of the request is not an object")
  return body
}

/** The kind of patch by its content type; `apply` for server-side apply. Throws 415 for others. */
export const patchKind = (contentType: string): "merge" | "strategic" | "json" | "apply" => {
  switch (contentType.split(";")[0]?.trim()) {
    case "application/merge-patch+json":
      return "merge"
    case "application/strategic-merge-patch+json":
      return "strategic"
    case "application/json-patch+json":
      return "json"
    case "application/apply-patch+yaml":
      return "apply"
    default:
      throw unsupportedMediaType([
        "application/json-patch+json",
        "application/merge-patch+json",
        "application/apply-patch+yaml",
        "application/strategic-merge-patch+json",
      ])
  }
}

const validation = (text: string | null): NonNullable<Call["fieldValidation"]> =>
  text === "Strict" || text === "Ignore" || text === "Warn" ? text : "Warn"

const isDryRun = (text: string | null): boolean => {
  if (text === null || text === "") return false
  if (text !== "All") {
    throw new ApiFailure(
      422,
      "Invalid",
      `PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ${JSON.stringify(text)}: supported values: "All"`,
    )
  }
  return true
}

/** Caller, field manager and options of a write. The default field manager is the program's name, as in the real server. */
export const callOf = (
  query: URLSearchParams,
  user: string,
  userAgent: string,
  warn: (message: string) => void,
): Call & { readonly fieldManager: string } => ({
  user,
  fieldManager: query.get("fieldManager") ?? userAgent.split("/")[0] ?? "unknown",
  dryRun: isDryRun(query.get("dryRun")),
  fieldValidation: validation(query.get("fieldValidation")),
  warn,
})

const textOption = (query: URLSearchParams, name: string): string | undefined => {
  const value = query.get(name)
  return value === null || value === "" ? undefined : value
}

/** Options of a list. */
export const listRequest = (query: URLSearchParams, namespace: string | undefined, name?: string): ListRequest => {
  const labelSelector = textOption(query, "labelSelector")
  const selected = textOption(query, "fieldSelector")
  const fieldSelector = name === undefined ? selected : `metadata.name=${name}`
  const limit = Number(query.get("limit") ?? "0")
  const continueToken = textOption(query, "continue")
  const resourceVersion = textOption(query, "resourceVersion")
  const match = query.get("resourceVersionMatch")
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(limit > 0 ? { limit } : {}),
    ...(continueToken === undefined ? {} : { continueToken }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(match === "Exact" || match === "NotOlderThan" ? { resourceVersionMatch: match } : {}),
  }
}

const policies = ["Foreground", "Background", "Orphan"] as const

/** `DeleteOptions` of the body, over those of the query. */
export const removeRequest = (query: URLSearchParams, body: JsonMap): RemoveRequest => {
  const asked = stringAt(body, "propagationPolicy") ?? query.get("propagationPolicy")
  const policy = policies.find((known) => known === asked)
  const graceText = textOption(query, "gracePeriodSeconds")
  const grace = numberAt(body, "gracePeriodSeconds") ?? (graceText === undefined ? undefined : Number(graceText))
  const preconditions = mapAt(body, "preconditions")
  const uid = stringAt(preconditions, "uid")
  const resourceVersion = stringAt(preconditions, "resourceVersion")
  return {
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(preconditions === undefined
      ? {}
      : {
          preconditions: {
            ...(uid === undefined ? {} : { uid }),
            ...(resourceVersion === undefined ? {} : { resourceVersion }),
          },
        }),
  }
}
