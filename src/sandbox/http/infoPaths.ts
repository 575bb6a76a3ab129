/** Paths that are no resources: health, version, discovery, OpenAPI, and the two reviews kubectl asks for. */
import { ApiFailure } from "../../testing/kube/ApiFailure.js"
import type { ApiServer } from "../../testing/kube/ApiServer.js"
import { type Answer, bytes, json, pageNotFound, text } from "./Answer.js"
import { objectBody } from "./body.js"
import { aggregated, coreVersions, groupList, groupOf, resourceList, versionInfo } from "./discovery.js"
import { negotiate } from "./negotiate.js"
import { openApiDocument, openApiIndex } from "./openApi.js"
import { acceptsOpenApiProtobuf, encodeOpenApi, openApiProtobufType } from "./openApiProtobuf.js"
import { openApiV2 } from "./openApiV2.js"

export interface InfoRequest {
  readonly method: string
  readonly segments: ReadonlyArray<string>
  readonly accept: string | undefined
  readonly contentType: string
  readonly body: Buffer
  readonly user: string
}

const health = new Set(["healthz", "livez", "readyz"])

/** Health and version need no credentials, as in the real server. */
export const publicAnswer = (segments: ReadonlyArray<string>): Answer | undefined => {
  const [root = ""] = segments
  if (health.has(root)) return text("ok")
  return root === "version" ? json(versionInfo) : undefined
}

const discoveryForm = (request: InfoRequest, isCore: boolean, server: ApiServer, plain: unknown): Answer =>
  negotiate(request.accept) === "AggregatedDiscovery"
    ? {
        ...json(aggregated(server.registry, isCore)),
        contentType: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
      }
    : json(plain)

const found = (body: unknown): Answer => (body === undefined ? pageNotFound : json(body))

const openApi = (server: ApiServer, { segments, accept }: InfoRequest): Answer => {
  const [, version, ...root] = segments
  if (version === "v2") {
    const document = openApiV2(server.registry)
    if (acceptsOpenApiProtobuf(accept)) return bytes(encodeOpenApi(document), openApiProtobufType)
    if (negotiate(accept) === undefined) {
      throw new ApiFailure(
        406,
        "NotAcceptable",
        `only the following media types are accepted: application/json, ${openApiProtobufType}`,
      )
    }
    return json(document)
  }
  if (root.length === 0) return json(openApiIndex(server.registry, server.version()))
  return found(openApiDocument(server.registry, root.join("/")))
}

/** Everybody with a token may do everything here: what kubectl wants to know before it asks. */
const review = (request: InfoRequest): Answer | undefined => {
  const path = request.segments.join("/")
  if (request.method !== "POST") return undefined
  const object = path.startsWith("apis/auth") ? objectBody(request.contentType, request.body, "review") : {}
  if (path === "apis/authorization.k8s.io/v1/selfsubjectaccessreviews") {
    return json({ ...object, status: { allowed: true, reason: "every token of the sandbox may do everything" } }, 201)
  }
  if (path === "apis/authentication.k8s.io/v1/selfsubjectreviews") {
    return json({ ...object, status: { userInfo: { username: request.user, groups: ["system:authenticated"] } } }, 201)
  }
  return undefined
}

/** The answer for a path that is no resource; undefined when it is one. */
export const infoAnswer = (server: ApiServer, request: InfoRequest): Answer | undefined => {
  const { segments, method } = request
  const [root, group, version] = segments
  const reviewed = review(request)
  if (reviewed !== undefined) return reviewed
  if (method !== "GET" && method !== "HEAD") return undefined
  if (root === "openapi") return openApi(server, request)
  if (root === undefined)
    return json({ paths: ["/api", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"] })
  if (root === "api") {
    if (group === undefined) return discoveryForm(request, true, server, coreVersions)
    return segments.length === 2 ? found(resourceList(server.registry, "", group)) : undefined
  }
  if (root !== "apis") return pageNotFound
  if (group === undefined) return discoveryForm(request, false, server, groupList(server.registry))
  if (version === undefined) return found(groupOf(server.registry, group))
  return segments.length === 3 ? found(resourceList(server.registry, group, version)) : undefined
}
