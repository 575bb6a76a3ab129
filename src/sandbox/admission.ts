/**
 * The operator's webhooks as the sandbox's API server has them: asked in process instead of over HTTPS, the same paths through the same
 * verdict, and what `kubectl` shows is the same.
 */
import { type Endpoint, endpoints } from "../admission/endpoints.js"
import { denial, warningTexts } from "../admission/messages.js"
import { denialPrefix, verdictOn } from "../admission/respond.js"
import type { Verdict } from "../decide/admission/review.js"
import { isObject } from "../decide/effective/configTree.js"
import type { Json } from "../domain/Json.js"
import type { KubeObject, ResourceKind } from "../domain/Kubernetes.js"
import { ApiFailure } from "../testing/kube/ApiFailure.js"
import type { Admission, AdmissionRequest } from "../testing/kube/ApiServer.js"

const endpointOf = (kind: ResourceKind, isMutating: boolean): Endpoint | undefined =>
  endpoints.find(
    (endpoint) =>
      endpoint.isMutating === isMutating &&
      endpoint.kind.group === kind.group &&
      endpoint.kind.version === kind.version &&
      endpoint.kind.plural === kind.plural,
  )

/** The verdict, if the request is one that the webhooks are registered for. */
const verdictFor = (endpoint: Endpoint | undefined, request: AdmissionRequest): Verdict | undefined => {
  const { operation, subresource, object, oldObject } = request
  if (endpoint === undefined || subresource !== undefined || operation === "DELETE" || !isObject(object))
    return undefined
  return verdictOn(endpoint.kind, { operation, object, ...(isObject(oldObject) ? { oldObject } : {}) })
}

const isKubeObject = (object: Json): object is Json & KubeObject =>
  isObject(object) &&
  typeof object["apiVersion"] === "string" &&
  typeof object["kind"] === "string" &&
  isObject(object["metadata"])

/** Defaults and verdict on our kinds, for create and update, dry runs included. */
export const operatorAdmission: Admission = {
  mutating: (request) => {
    const defaulted = verdictFor(endpointOf(request.kind, true), request)?.defaulted
    return defaulted !== undefined && isKubeObject(defaulted) ? defaulted : undefined
  },
  validating: (request, warn) => {
    const endpoint = endpointOf(request.kind, false)
    const verdict = verdictFor(endpoint, request)
    if (endpoint === undefined || verdict === undefined) return undefined
    for (const warning of warningTexts(verdict.warnings)) warn(warning)
    if (verdict.errors.length === 0) return undefined
    const message = denial(denialPrefix(endpoint.kind), verdict.errors)
    return new ApiFailure(403, "Forbidden", `admission webhook "${endpoint.name}" denied the request: ${message}`)
  },
}
