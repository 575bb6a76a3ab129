/** Counters of the traffic with the API server. Label values come from a fixed set, so the registry stays small. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import type { KubeRequest } from "./KubeRequest.js"

/**
 * `rest_client_requests_total{code,host,method,verb,resource}`: name and first three labels are client-go's. `code` is the HTTP status, or
 * `<error>` when there was no answer.
 */
export const kubeRequests = Metric.counter("rest_client_requests_total", {
  description: "Requests sent to the Kubernetes API",
  incremental: true,
})

/** `acko_kube_request_duration_seconds{verb}`: from sending to the status, waiting for a connection included. */
const requestDuration = Metric.histogram(
  "acko_kube_request_duration_seconds",
  MetricBoundaries.fromIterable([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30]),
  "Time until the Kubernetes API answered, by verb",
)

/** Measures how long a request takes to be answered, or to fail. */
export const timeRequest = <A, E, R>(request: KubeRequest, send: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Clock.currentTimeMillis, (from) =>
    Effect.ensuring(
      send,
      Effect.flatMap(Clock.currentTimeMillis, (to) =>
        Metric.update(Metric.tagged(requestDuration, "verb", request.verb), (to - from) / 1_000),
      ),
    ),
  )

const tagged = new Map<string, ReturnType<typeof tag>>()

const tag = (host: string, { method, resource, verb }: KubeRequest, code: string) =>
  kubeRequests.pipe(
    Metric.tagged("code", code),
    Metric.tagged("host", host),
    Metric.tagged("method", method),
    Metric.tagged("verb", verb),
    Metric.tagged("resource", resource),
  )

/** Counts one answered (or unanswered) request to `host` (with port). */
export const countRequest = (host: string, request: KubeRequest, code: number | "<error>"): Effect.Effect<void> => {
  const key = `${host} ${request.verb} ${request.resource} ${code}`
  let metric = tagged.get(key)
  if (metric === undefined) {
    metric = tag(host, request, String(code))
    tagged.set(key, metric)
  }
  return Metric.increment(metric)
}
