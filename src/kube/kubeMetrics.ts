/** Counters of the traffic with the API server. Label values come from a fixed set, so the registry stays small. */
import type * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { KubeRequest } from "./KubeRequest.js"

/** `acko_kube_requests_total{verb,resource,code}`; `code` is the HTTP status, or `error` when there was no answer. */
export const kubeRequests = Metric.counter("acko_kube_requests_total", {
  description: "Requests sent to the Kubernetes API, by verb, resource and status code",
  incremental: true,
})

const tagged = new Map<string, ReturnType<typeof tag>>()

const tag = (verb: string, resource: string, code: string) =>
  kubeRequests.pipe(Metric.tagged("verb", verb), Metric.tagged("resource", resource), Metric.tagged("code", code))

/** Counts one answered (or unanswered) request. */
export const countRequest = (request: KubeRequest, code: number | "error"): Effect.Effect<void> => {
  const key = `${request.verb} ${request.resource} ${code}`
  let metric = tagged.get(key)
  if (metric === undefined) {
    metric = tag(request.verb, request.resource, String(code))
    tagged.set(key, metric)
  }
  return Metric.increment(metric)
}
