/**
 * Metrics about calls of the webhooks, under the names of controller-runtime; `webhook` is the path. Label values come from a fixed set, so the
 * registry stays small.
 */
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import type { Endpoint } from "./endpoints.js"

const requests = Metric.counter("controller_runtime_webhook_requests_total", {
  description: "Calls of the webhooks, by path and status code",
  incremental: true,
})

const latency = Metric.histogram(
  "controller_runtime_webhook_latency_seconds",
  MetricBoundaries.fromIterable([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]),
  "Time from the headers of a call to its answer, by path",
)

const inFlight = Metric.gauge("controller_runtime_webhook_requests_in_flight", {
  description: "Calls being answered, by path",
})

type Answer = HttpServerResponse.HttpServerResponse

/** Counts and times the calls of an endpoint. What can be counted exists from the start, at zero. */
export const measured = ({ path }: Endpoint) => {
  const calls = (code: string) => requests.pipe(Metric.tagged("webhook", path), Metric.tagged("code", code))
  const took = Metric.tagged(latency, "webhook", path)
  const underWay = Metric.tagged(inFlight, "webhook", path)
  for (const code of ["200", "500"]) calls(code).unsafeUpdate(0, [])
  underWay.unsafeUpdate(0, [])
  return <E, R>(call: Effect.Effect<Answer, E, R>): Effect.Effect<Answer, E, R> =>
    Effect.gen(function* () {
      const from = yield* Clock.currentTimeMillis
      const answer = yield* call
      yield* Metric.update(took, ((yield* Clock.currentTimeMillis) - from) / 1_000)
      yield* Metric.increment(calls(String(answer.status)))
      return answer
    }).pipe((counted) =>
      Effect.acquireUseRelease(
        Metric.incrementBy(underWay, 1),
        () => counted,
        () => Metric.incrementBy(underWay, -1),
      ),
    )
}
