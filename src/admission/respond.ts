/** From a review to its answer: pure, without I/O. The same question gets the same answer, so a dry run is like any other. */
import { jsonPatch } from "../decide/admission/patch.js"
import { reviewCluster, reviewTemplate, type ReviewRequest, type Verdict } from "../decide/admission/review.js"
import type { JsonObject } from "../domain/Json.js"
import { apiVersionOf, Kinds, type ResourceKind } from "../domain/Kubernetes.js"
import type { AdmissionRequest, AdmissionResponse } from "./AdmissionReview.js"
import type { Endpoint } from "./endpoints.js"
import { denial, printable, warningTexts } from "./messages.js"

const allowed = (uid: string): AdmissionResponse => ({ uid, allowed: true })

const refused = (uid: string, code: number, reason: string, message: string): AdmissionResponse => ({
  uid,
  allowed: false,
  status: { code, reason, message },
})

/** The verdict about a resource of `kind`. Which template a cluster uses only the reconciler knows; without, what depends on it stays open. */
export const verdictOn = (kind: ResourceKind, request: ReviewRequest): Verdict =>
  kind.kind === Kinds.AerospikeCluster.kind ? reviewCluster(request) : reviewTemplate(request)

/** What messages about refused resources begin with. */
export const denialPrefix = (kind: ResourceKind): string =>
  kind.kind === Kinds.AerospikeCluster.kind ? "validation failed" : "template validation failed"

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64")

const defaulted = (uid: string, object: JsonObject, verdict: Verdict): AdmissionResponse => {
  const patch = jsonPatch(object, verdict.defaulted)
  return patch.length === 0 ? allowed(uid) : { ...allowed(uid), patchType: "JSONPatch", patch: base64(patch) }
}

const judged = (kind: ResourceKind, uid: string, { errors, warnings }: Verdict): AdmissionResponse => ({
  ...(errors.length === 0 ? allowed(uid) : refused(uid, 403, "Forbidden", denial(denialPrefix(kind), errors))),
  ...(warnings.length === 0 ? {} : { warnings: warningTexts(warnings) }),
})

/**
 * What the endpoint answers. Operations and subresources that are not ours to judge are allowed, and so is whatever happens to an object that
 * is being deleted: it must be able to lose its finalizers. Defaulting never refuses: what it cannot
 * default, the validating webhook refuses together with everything else.
 */
export const respond = (endpoint: Endpoint, request: AdmissionRequest): AdmissionResponse => {
  const { uid, operation, subResource, object, oldObject } = request
  if ((operation !== "CREATE" && operation !== "UPDATE") || Boolean(subResource)) return allowed(uid)
  const { kind, isMutating } = endpoint
  const expected = `${apiVersionOf(kind)}, ${kind.kind}`
  if (object === undefined || object === null) {
    return refused(uid, 400, "BadRequest", `request.object: missing; this path takes ${expected}`)
  }
  if (object["kind"] !== kind.kind || object["apiVersion"] !== apiVersionOf(kind)) {
    const sent = printable(`${JSON.stringify(object["apiVersion"])}, ${JSON.stringify(object["kind"])}`)
    return refused(uid, 400, "BadRequest", `request.object: this path takes ${expected}, not ${sent}`)
  }
  const old = oldObject === undefined || oldObject === null ? {} : { oldObject }
  const verdict = verdictOn(kind, { operation, object, ...old })
  return isMutating ? defaulted(uid, object, verdict) : judged(kind, uid, verdict)
}
