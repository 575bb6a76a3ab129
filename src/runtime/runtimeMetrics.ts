/** Metrics about queues and controllers. Label values come from a fixed set (controller names, results), so the registry stays small. */
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

/** `acko_reconcile_total{controller,result}`: result is `success`, `requeue`, `error` or `defect`. */
export const reconcileTotal = Metric.counter("acko_reconcile_total", {
  description: "Passes by controller and result",
  incremental: true,
})

/** `acko_reconcile_duration_seconds{controller}`. */
export const reconcileDuration = Metric.histogram(
  "acko_reconcile_duration_seconds",
  MetricBoundaries.fromIterable([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60]),
  "Duration of passes",
)

/** `acko_queue_depth{queue}`: keys ready and waiting for a worker. */
export const queueDepth = Metric.gauge("acko_queue_depth", { description: "Keys ready and waiting for a worker" })

/** `acko_queue_adds_total{queue}`: times that work was asked for; a burst about one key is many. */
export const queueAdds = Metric.counter("acko_queue_adds_total", {
  description: "Times that work on a key was asked for",
  incremental: true,
})

/** `acko_queue_wait_seconds{queue}`: how long keys were due before a worker took them. */
export const queueWait = Metric.histogram(
  "acko_queue_wait_seconds",
  MetricBoundaries.fromIterable([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30]),
  "How long keys were due before a worker took them",
)

/** `acko_queue_running{queue}`: keys being worked on. */
export const queueRunning = Metric.gauge("acko_queue_running", { description: "Keys being worked on" })
