/**
 * Metrics about work queues, under the names that dashboards for client-go and controller-runtime know; `name` and `controller` are the same
 * name. They come from a fixed set, so the registry stays small.
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

const depth = Metric.gauge("workqueue_depth", { description: "Keys that are due and wait for a worker" })

const adds = Metric.counter("workqueue_adds_total", {
  description: "Times that a key got in line; a burst about one key is one",
  incremental: true,
})

const retries = Metric.counter("workqueue_retries_total", {
  description: "Times that a key was to be looked at later: retries, and looks agreed on",
  incremental: true,
})

const waited = Metric.histogram(
  "workqueue_queue_duration_seconds",
  MetricBoundaries.fromIterable([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30]),
  "How long keys were due before a worker took them",
)

const worked = Metric.histogram(
  "workqueue_work_duration_seconds",
  MetricBoundaries.fromIterable([0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]),
  "How long workers were busy with a key",
)

const unfinished = Metric.gauge("workqueue_unfinished_work_seconds", {
  description: "Time spent so far on all keys being worked on",
})

const longest = Metric.gauge("workqueue_longest_running_processor_seconds", {
  description: "Time spent so far on the key that is being worked on for longest",
})

export interface QueueMetrics {
  /** Every series exists from the start, at zero. */
  readonly begin: Effect.Effect<void>
  readonly added: () => void
  readonly postponed: () => void
  readonly depth: (keys: number) => Effect.Effect<void>
  readonly waited: (ms: number) => Effect.Effect<void>
  readonly worked: (ms: number) => Effect.Effect<void>
  /** To be brought up to date when somebody asks: they grow by themselves. `ages` of the running work (ms). */
  readonly running: (ages: ReadonlyArray<number>) => Effect.Effect<void>
}

/** The metrics of one queue. */
export const queueMetrics = (name: string): QueueMetrics => {
  const of = <Type, In, Out>(metric: Metric.Metric<Type, In, Out>): Metric.Metric<Type, In, Out> =>
    metric.pipe(Metric.tagged("name", name), Metric.tagged("controller", name))
  const [queued, added, postponed, wait, work] = [of(depth), of(adds), of(retries), of(waited), of(worked)]
  const [all, oldest] = [of(unfinished), of(longest)]
  const running = (ages: ReadonlyArray<number>): Effect.Effect<void> =>
    Effect.zipRight(
      Metric.set(all, ages.reduce((sum, ms) => sum + ms, 0) / 1_000),
      Metric.set(oldest, Math.max(0, ...ages) / 1_000),
    )
  return {
    begin: Effect.all(
      [Metric.incrementBy(added, 0), Metric.incrementBy(postponed, 0), Metric.set(queued, 0), running([])],
      { discard: true },
    ),
    added: () => added.unsafeUpdate(1, []),
    postponed: () => postponed.unsafeUpdate(1, []),
    depth: (keys) => Metric.set(queued, keys),
    waited: (ms) => Metric.update(wait, ms / 1_000),
    worked: (ms) => Metric.update(work, ms / 1_000),
    running,
  }
}
