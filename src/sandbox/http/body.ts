/** Bodies and query parameters of requests. */
import { parse } from "yaml"
import {
  ApiFailure,
  badRequest,
  type FieldProblem,
  forbiddenField,
  invalidField,
  invalidOptions,
  unsupportedField,
  unsupportedMediaType,
} from "../../testing/kube/ApiFailure.js"
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
    if (!media.includes("yaml")) throw new SyntaxError(String(cause))
  }
  return parse(text)
}

const objectTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]

/** The body as an object of `kind` (for the message); 400 for anything else, 415 for a type that holds no objects. */
export const objectBody = (contentType: string, bytes: Buffer, kind: string): JsonMap => {
  const media = contentType.split(";")[0]?.trim() ?? ""
  if (!objectTypes.includes(media) && !media.includes("apply-patch")) throw unsupportedMediaType(objectTypes)
  const unrecognized = (why: string) =>
    badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${why}`,
    )
  let body: unknown
  try {
    body = parseBody(contentType, bytes)
  } catch (cause) {
    if (cause instanceof ApiFailure) throw cause
    throw unrecognized(String(cause))
  }
  if (!isMap(body))
    throw unrecognized(`json: cannot unmarshal ${Array.isArray(body) ? "array" : typeof body} into Go value`)
  return body
}

/** The body of a patch as JSON. */
export const patchBody = (contentType: string, bytes: Buffer, kind: "merge" | "strategic" | "json"): unknown => {
  let body: unknown
  try {
    body = parseBody(contentType, bytes)
  } catch {
    throw badRequest("invalid JSON patch")
  }
  if (kind === "json" || isMap(body)) return body
  const got = Array.isArray(body) ? "array" : typeof body
  throw badRequest(`error decoding patch: json: cannot unmarshal ${got} into Go value of type map[string]interface {}`)
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
      throw new ApiFailure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
  }
}

const validations = ["", "Ignore", "Strict", "Warn"] as const

const validation = (text: string, options: string): NonNullable<Call["fieldValidation"]> => {
  const known = validations.find((value) => value === text)
  if (known === undefined) throw invalidOptions(options, [unsupportedField("fieldValidation", text, validations)])
  return known === "" ? "Warn" : known
}

const isDryRun = (values: ReadonlyArray<string>, options: string): boolean => {
  if (values.some((value) => value !== "All"))
    throw invalidOptions(options, [unsupportedField("dryRun", values, ["All"])])
  return values.length > 0
}

/** The options of a request, as messages call them. */
const optionsOf = (method: string): string => {
  switch (method) {
    case "POST":
      return "CreateOptions"
    case "PUT":
      return "UpdateOptions"
    case "DELETE":
      return "DeleteOptions"
    default:
      return "PatchOptions"
  }
}

/** Caller, field manager and options of a write. The default field manager is the program's name, as in the real server. */
export const callOf = (
  method: string,
  query: URLSearchParams,
  user: string,
  userAgent: string,
  warn: (message: string) => void,
): Call & { readonly fieldManager: string } => ({
  user,
  fieldManager: query.get("fieldManager") ?? userAgent.split("/")[0] ?? "unknown",
  dryRun: isDryRun(
    query.getAll("dryRun").filter((value) => value !== ""),
    optionsOf(method),
  ),
  fieldValidation: validation(query.get("fieldValidation") ?? "", optionsOf(method)),
  warn,
})

const textOption = (query: URLSearchParams, name: string): string | undefined => {
  const value = query.get(name)
  return value === null || value === "" ? undefined : value
}

const matchProblems = (query: URLSearchParams, isWatch: boolean): ReadonlyArray<FieldProblem> => {
  const match = query.get("resourceVersionMatch") ?? ""
  const version = query.get("resourceVersion") ?? ""
  const field = "resourceVersionMatch"
  const wantsInitial = isTrue(query.get("sendInitialEvents"))
  if (isWatch) {
    return wantsInitial && match !== "NotOlderThan"
      ? [forbiddenField(field, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")]
      : []
  }
  if (wantsInitial) return [forbiddenField("sendInitialEvents", "sendInitialEvents is forbidden for list")]
  if (match === "") return []
  return [
    ...(version === ""
      ? [forbiddenField(field, "resourceVersionMatch is forbidden unless resourceVersion is provided")]
      : []),
    ...(match !== "Exact" && match !== "NotOlderThan"
      ? [unsupportedField(field, match, ["Exact", "NotOlderThan", ""])]
      : []),
    ...(match === "Exact" && version === "0"
      ? [forbiddenField(field, `resourceVersionMatch "exact" is forbidden for resourceVersion "0"`)]
      : []),
  ]
}

/** Refuses options of a list or watch that contradict each other. */
export const checkListOptions = (query: URLSearchParams, isWatch: boolean): void => {
  for (const name of ["limit", "timeoutSeconds"]) {
    const text = query.get(name) ?? ""
    if (!/^([+-]?\d+)?$/.test(text))
      throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
  const problems = matchProblems(query, isWatch)
  if (problems.length > 0) throw invalidOptions("ListOptions", problems)
}

/** `true` or `1`, as the query of a URL says it. */
export const isTrue = (text: string | null): boolean => text === "true" || text === "1"

/** Options of a list. */
export const listRequest = (query: URLSearchParams, namespace: string | undefined): ListRequest => {
  const labelSelector = textOption(query, "labelSelector")
  const fieldSelector = textOption(query, "fieldSelector")
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

const policyOf = (query: URLSearchParams, body: JsonMap): RemoveRequest["propagationPolicy"] => {
  const orphans = body["orphanDependents"] ?? (query.has("orphanDependents") && isTrue(query.get("orphanDependents")))
  const asked = stringAt(body, "propagationPolicy") ?? textOption(query, "propagationPolicy")
  const field = "propagationPolicy"
  if (asked === undefined) return orphans === true ? "Orphan" : undefined
  if (body["orphanDependents"] !== undefined || query.has("orphanDependents")) {
    const why = "orphanDependents and deletionPropagation cannot be both set"
    throw invalidOptions("DeleteOptions", [invalidField(field, asked, why)])
  }
  const policy = policies.find((known) => known === asked)
  if (policy === undefined)
    throw invalidOptions("DeleteOptions", [unsupportedField(field, asked, [...policies, "nil"])])
  return policy
}

/** Whether the `DeleteOptions` of a body ask for a dry run, as kubectl does. */
export const asksDryRun = (body: JsonMap): boolean => {
  const values = Array.isArray(body["dryRun"]) ? body["dryRun"].filter((value) => typeof value === "string") : []
  return isDryRun(values, "DeleteOptions")
}

/** `DeleteOptions` of the body, over those of the query. Throws 422 for a policy that is none, and for two. */
export const removeRequest = (query: URLSearchParams, body: JsonMap): RemoveRequest => {
  const policy = policyOf(query, body)
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
