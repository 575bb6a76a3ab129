/** Metrics about asking nodes. Label values come from a fixed set (outcomes), so the registry stays small. */
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

/** `acko_node_requests_total{outcome}`: `answered`, or why not (`Timeout`, `Refused`, …). */
export const nodeRequests = Metric.counter("acko_node_requests_total", {
  description: "Aerospike nodes asked, by outcome",
  incremental: true,
})

/** `acko_node_facts_duration_seconds`: asking all nodes of one cluster, which takes as long as the slowest. */
export const factsDuration = Metric.histogram(
  "acko_node_facts_duration_seconds",
  MetricBoundaries.fromIterable([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 5]),
  "Duration of asking all nodes of a cluster",
)

/** `acko_client_views_total{outcome}`: `Connected`, `Disconnected` or `Unknown`. */
export const clientViews = Metric.counter("acko_client_views_total", {
  description: "Looks at a cluster with the client library, by outcome",
  incremental: true,
})
