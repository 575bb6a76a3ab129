/** Carries out one resource request (all but watches) on the API server. */
import { Kinds, type KubeObject, type ObjectRef } from "../../domain/Kubernetes.js"
import { ApiFailure, badRequest, methodNotAllowed, noSuchResource } from "../../testing/kube/ApiFailure.js"
import type { ApiServer, Call, Subresource } from "../../testing/kube/ApiServer.js"
import { ensureMap, isMap, type JsonMap, stringAt } from "../../testing/kube/json.js"
import { type Answer, json, text } from "./Answer.js"
import { asksDryRun, checkListOptions, listRequest, objectBody, patchBody, patchKind, removeRequest } from "./body.js"
import { type Rendering, renderList, renderObject } from "./forms.js"
import type { Form } from "./negotiate.js"
import type { ResourceRoute } from "./route.js"

/** A request whose route is known. */
export interface ResourceRequest {
  readonly route: ResourceRoute
  readonly query: URLSearchParams
  readonly contentType: string
  readonly body: Buffer
  readonly form: Form
  readonly call: Call & { readonly fieldManager: string }
}

/** Reads the log of a container; undefined: there is none. */
export type ReadLog = (ref: ObjectRef, container: string | undefined) => string | undefined

const asObject = (object: JsonMap): KubeObject => object as unknown as KubeObject

const refOf = ({ namespace, name = "" }: ResourceRoute): ObjectRef =>
  namespace === undefined ? { name } : { namespace, name }

const rendering = (server: ApiServer, request: ResourceRequest): Rendering => ({
  form: request.form,
  definition: request.route.definition,
  now: server.now(),
  includeObject: request.query.get("includeObject") ?? "Metadata",
})

const subresourceOf = (route: ResourceRoute): { readonly subresource?: Subresource } =>
  route.subresource === "status" || route.subresource === "scale" ? { subresource: route.subresource } : {}

/** The object of the body, with the name and namespace of the URL; 400 when they contradict. */
const placedObject = (request: ResourceRequest): JsonMap => {
  const object = objectBody(request.contentType, request.body, request.route.definition.kind.kind)
  const metadata = ensureMap(object, "metadata")
  const { namespace, name } = request.route
  const given = stringAt(metadata, "namespace")
  if (namespace !== undefined && given !== undefined && given !== "" && given !== namespace) {
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`)
  }
  if (namespace !== undefined) metadata["namespace"] = namespace
  const givenName = stringAt(metadata, "name")
  if (name !== undefined && givenName !== undefined && givenName !== name) {
    throw badRequest(`the name of the object (${givenName}) does not match the name on the URL (${name})`)
  }
  if (name !== undefined) metadata["name"] = name
  return object
}

const success = (request: ResourceRequest, object: KubeObject): unknown => {
  const { group, plural } = request.route.definition.kind
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name: object.metadata.name,
      ...(group === "" ? {} : { group }),
      kind: plural,
      uid: object.metadata.uid,
    },
  }
}

const read = (server: ApiServer, request: ResourceRequest, readLog: ReadLog): Answer => {
  const { route } = request
  const ref = refOf(route)
  const { kind } = route.definition
  if (route.subresource === "log") {
    server.get(kind, ref)
    return text(readLog(ref, request.query.get("container") ?? undefined) ?? "")
  }
  const object = server.get(kind, ref, subresourceOf(route).subresource)
  return json(route.subresource === "scale" ? object : renderObject(rendering(server, request), object))
}

const dryCall = (call: Call, options: JsonMap): Call => (asksDryRun(options) ? { ...call, dryRun: true } : call)

const create = (server: ApiServer, request: ResourceRequest): Answer => {
  const { route, call } = request
  if (route.subresource === "eviction") {
    const body = objectBody(request.contentType, request.body, "Eviction")
    if ((stringAt(body, "metadata", "name") ?? route.name) !== route.name) {
      throw badRequest("name in URL does not match name in Eviction object")
    }
    const options = isMap(body["deleteOptions"]) ? body["deleteOptions"] : {}
    server.evict(refOf(route), removeRequest(request.query, options), dryCall(call, options))
    return json({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 }, 201)
  }
  if (route.subresource === "binding") {
    const host = stringAt(objectBody(request.contentType, request.body, "Binding"), "target", "name") ?? ""
    if (host === "") throw new ApiFailure(500, "", "target.name: Required value")
    server.bind(refOf(route), host, call)
    return json({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 }, 201)
  }
  if (route.subresource !== undefined) throw methodNotAllowed()
  const made = server.create(route.definition.kind, asObject(placedObject(request)), call)
  return json(renderObject(rendering(server, request), made), 201)
}

const patch = (server: ApiServer, request: ResourceRequest): Answer => {
  const { route, call } = request
  const type = patchKind(request.contentType)
  const { kind } = route.definition
  if (type !== "apply") {
    const body = patchBody(request.contentType, request.body, type)
    const patched = server.patch(kind, refOf(route), { type, body, ...subresourceOf(route) }, call)
    return json(renderObject(rendering(server, request), patched))
  }
  const existed = server.find(kind, refOf(route)) !== undefined
  const object = placedObject(request)
  const applied = server.apply(kind, asObject(object), {
    ...call,
    fieldManager: request.query.get("fieldManager") ?? "",
    force: request.query.get("force") === "true",
    ...subresourceOf(route),
  })
  return json(renderObject(rendering(server, request), applied), existed ? 200 : 201)
}

const deleteOptions = ({ body, contentType }: ResourceRequest): JsonMap =>
  body.length === 0 ? {} : objectBody(contentType, body, "DeleteOptions")

const remove = (server: ApiServer, request: ResourceRequest): Answer => {
  const { route, call } = request
  const body = deleteOptions(request)
  const options = removeRequest(request.query, body)
  const { object, gone } = server.remove(route.definition.kind, refOf(route), options, dryCall(call, body))
  const showsObject = !gone || route.definition.returnsDeleted
  return json(showsObject ? renderObject(rendering(server, request), object) : success(request, object))
}

const removeCollection = (server: ApiServer, request: ResourceRequest): Answer => {
  const { route, query } = request
  const body = deleteOptions(request)
  const items = server.removeCollection(
    route.definition.kind,
    listRequest(query, route.namespace),
    removeRequest(query, body),
    dryCall(request.call, body),
  )
  return json(renderList(rendering(server, request), { resourceVersion: server.version(), items }))
}

/** The answer to a request; throws `ApiFailure`. */
export const execute = (server: ApiServer, request: ResourceRequest, readLog: ReadLog): Answer => {
  const { route, query } = request
  const { kind } = route.definition
  switch (route.verb) {
    case "get":
      return read(server, request, readLog)
    case "list":
      checkListOptions(query, false)
      return json(renderList(rendering(server, request), server.list(kind, listRequest(query, route.namespace))))
    case "create":
      return create(server, request)
    case "update": {
      const existed = server.find(kind, refOf(route)) !== undefined
      const replaced = server.replace(kind, asObject(placedObject(request)), {
        ...request.call,
        ...subresourceOf(route),
      })
      return json(renderObject(rendering(server, request), replaced), existed ? 200 : 201)
    }
    case "patch":
      return patch(server, request)
    case "delete":
      return remove(server, request)
    case "deletecollection":
      if (kind.plural === Kinds.Namespace.plural) throw methodNotAllowed()
      return removeCollection(server, request)
    case "watch":
      throw noSuchResource()
  }
}
