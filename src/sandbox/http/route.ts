/** What a URL means: discovery, or a verb on a resource. */
import { ApiFailure, methodNotAllowed, noSuchResource } from "../../testing/kube/ApiFailure.js"
import { isTrue } from "./body.js"
import type { RequestInfo } from "../../testing/kube/RequestGate.js"
import type { ResourceDefinition, ResourceRegistry } from "../../testing/kube/ResourceRegistry.js"

export interface ResourceRoute {
  readonly definition: ResourceDefinition
  readonly verb: RequestInfo["verb"]
  readonly namespace?: string
  readonly name?: string
  readonly subresource?: string
}

/** Group, version and the rest of an API path; undefined for anything else. */
const groupVersion = (
  segments: ReadonlyArray<string>,
): { readonly group: string; readonly version: string; readonly rest: ReadonlyArray<string> } | undefined => {
  const [root, first, second] = segments
  if (root === "api" && first !== undefined) return { group: "", version: first, rest: segments.slice(2) }
  if (root === "apis" && first !== undefined && second !== undefined) {
    return { group: first, version: second, rest: segments.slice(3) }
  }
  return undefined
}

interface Place {
  readonly plural: string
  readonly namespace?: string
  readonly name?: string
  readonly subresource?: string
}

const placeOf = (rest: ReadonlyArray<string>): Place | undefined => {
  const isNamespaced = rest[0] === "namespaces" && rest.length > 2 && rest[2] !== "status" && rest[2] !== "finalize"
  const [plural, name, subresource, tail] = isNamespaced ? rest.slice(2) : rest
  if (plural === undefined || tail !== undefined) return undefined
  return {
    plural,
    ...(isNamespaced && rest[1] !== undefined ? { namespace: rest[1] } : {}),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  }
}

const verbOf = (method: string, place: Place, query: URLSearchParams): RequestInfo["verb"] => {
  const hasName = place.name !== undefined
  switch (method) {
    case "GET":
    case "HEAD":
      if (hasName) return "get"
      return isTrue(query.get("watch")) ? "watch" : "list"
    case "POST":
      if (hasName && place.subresource === undefined) throw methodNotAllowed()
      return "create"
    case "PUT":
      if (!hasName) throw methodNotAllowed()
      return "update"
    case "PATCH":
      if (!hasName) throw methodNotAllowed()
      return "patch"
    case "DELETE":
      return hasName ? "delete" : "deletecollection"
    default:
      throw methodNotAllowed()
  }
}

/** `POST …/namespaces/n/bindings` is the old spelling of `pods/binding`. */
const isKnownSubresource = (definition: ResourceDefinition, subresource: string | undefined): boolean => {
  if (subresource === undefined) return true
  if (subresource === "status") return definition.hasStatus
  if (subresource === "scale") return definition.scale !== undefined
  return definition.kind.plural === "pods" && ["eviction", "binding", "log"].includes(subresource)
}

/** The route of a path below `/api` or `/apis`. Throws 404 or 405 where there is none. */
export const resourceRoute = (
  registry: ResourceRegistry,
  method: string,
  segments: ReadonlyArray<string>,
  query: URLSearchParams,
): ResourceRoute => {
  const at = groupVersion(segments)
  const place = at === undefined ? undefined : placeOf(at.rest)
  if (at === undefined || place === undefined) throw noSuchResource()
  const definition = registry.find(at.group, at.version, place.plural)
  if (definition === undefined || !isKnownSubresource(definition, place.subresource)) throw noSuchResource()
  if (place.namespace !== undefined && !definition.kind.namespaced) throw noSuchResource()
  const needsNamespace = definition.kind.namespaced && place.namespace === undefined
  const verb = verbOf(method, place, query)
  if (needsNamespace && verb !== "list" && verb !== "watch") {
    throw verb === "deletecollection" || verb === "create" ? methodNotAllowed() : noSuchResource()
  }
  const { plural: _plural, ...where } = place
  return { definition, verb, ...where }
}

/**
 * Whether a group of the API answers at all. Built-in groups say in a `Status` what they do not serve; custom kinds are routes of their own,
 * and where there is none there is no page.
 */
export const isServed = (registry: ResourceRegistry, segments: ReadonlyArray<string>): boolean => {
  const at = groupVersion(segments)
  const place = at === undefined ? undefined : placeOf(at.rest)
  if (at === undefined) return false
  const inGroup = registry.all().filter(({ kind }) => kind.group === at.group && kind.version === at.version)
  const isCustom = inGroup.every((definition) => definition.isCustom)
  return isCustom ? inGroup.some(({ kind }) => kind.plural === place?.plural) : true
}

/** Decodes a path into segments. Throws 400 on a malformed escape. */
export const segmentsOf = (path: string): ReadonlyArray<string> => {
  try {
    return path
      .split("/")
      .filter((segment) => segment !== "")
      .map(decodeURIComponent)
  } catch {
    throw new ApiFailure(400, "BadRequest", "malformed path")
  }
}
