/**
 * Metrics about controllers, under the names that dashboards for controller-runtime know. Label values come from a fixed set (names of
 * controllers, results), so the registry stays small.
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

const results = ["success", "requeue_after", "error"] as const
/** How a pass ended: with nothing to come back for, to be continued after a time, or failed. */
export type ReconcileResult = (typeof results)[number]

/** `controller_runtime_reconcile_total{controller,result}`. */
export const reconcileTotal = Metric.counter("controller_runtime_reconcile_total", {
  description: "Passes by controller and result",
  incremental: true,
})

const reconcileErrors = Metric.counter("controller_runtime_reconcile_errors_total", {
  description: "Passes that failed, by controller",
  incremental: true,
})

/** `controller_runtime_reconcile_panics_total{controller}`: passes that met a bug; also counted as errors. */
export const reconcileDefects = Metric.counter("controller_runtime_reconcile_panics_total", {
  description: "Passes that met a bug, by controller",
  incremental: true,
})

const reconcileTime = Metric.histogram(
  "controller_runtime_reconcile_time_seconds",
  MetricBoundaries.fromIterable([0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]),
  "Duration of passes, by controller",
)

const activeWorkers = Metric.gauge("controller_runtime_active_workers", {
  description: "Passes under way, by controller",
})

const maxConcurrent = Metric.gauge("controller_runtime_max_concurrent_reconciles", {
  description: "Passes that may be under way at the same time, by controller",
})

export interface ControllerMetrics {
  /** Every series exists from the start, at zero. */
  readonly begin: (maxConcurrentPasses: number) => Effect.Effect<void>
  readonly count: (result: ReconcileResult, how: { readonly isDefect: boolean }) => Effect.Effect<void>
  readonly took: (seconds: number) => Effect.Effect<void>
  /** Counts the pass as under way while it is. */
  readonly working: <A, E, R>(pass: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** The metrics of one controller. */
export const controllerMetrics = (name: string): ControllerMetrics => {
  const total = (result: ReconcileResult) =>
    reconcileTotal.pipe(Metric.tagged("controller", name), Metric.tagged("result", result))
  const totals = { success: total("success"), requeue_after: total("requeue_after"), error: total("error") }
  const errors = Metric.tagged(reconcileErrors, "controller", name)
  const defects = Metric.tagged(reconcileDefects, "controller", name)
  const time = Metric.tagged(reconcileTime, "controller", name)
  const workers = Metric.tagged(activeWorkers, "controller", name)
  return {
    begin: (maxConcurrentPasses) =>
      Effect.all(
        [
          ...results.map((result) => Metric.incrementBy(totals[result], 0)),
          Metric.incrementBy(errors, 0),
          Metric.incrementBy(defects, 0),
          Metric.incrementBy(workers, 0),
          Metric.set(Metric.tagged(maxConcurrent, "controller", name), maxConcurrentPasses),
        ],
        { discard: true },
      ),
    count: (result, { isDefect }) =>
      Effect.all(
        [
          Metric.increment(totals[result]),
          ...(result === "error" ? [Metric.increment(errors)] : []),
          ...(isDefect ? [Metric.increment(defects)] : []),
        ],
        { discard: true },
      ),
    took: (seconds) => Metric.update(time, seconds),
    working: (pass) =>
      Effect.acquireUseRelease(
        Metric.incrementBy(workers, 1),
        () => pass,
        () => Metric.incrementBy(workers, -1),
      ),
  }
}
