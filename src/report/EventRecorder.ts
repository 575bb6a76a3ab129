/**
 * Kubernetes Events about clusters. Recording never delays or fails a pass: events go through a bounded queue to one writer fiber; repeats
 * of the same event raise its count instead of adding a new one, and each cluster has a budget (R142). The log of the operator tells every
 * event, too, once (R137): Kubernetes forgets its own after an hour.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import { Kinds, apiVersionOf, type KubeObject } from "../domain/Kubernetes.js"
import type { ClusterEvent } from "../domain/Report.js"
import type { ClusterView } from "../domain/Snapshot.js"
import { KubeWriter } from "../kube/KubeClient.js"

/** The component name that ACKO's users filter on. */
export const eventSource = "aerospikecluster-controller"

const eventsSent = Metric.counter("acko_events_total", { description: "Events written, by outcome", incremental: true })
const sent = Metric.tagged(eventsSent, "outcome", "written")
const dropped = Metric.tagged(eventsSent, "outcome", "dropped")
const failed = Metric.tagged(eventsSent, "outcome", "failed")

/** Tokens per cluster: a burst of 25, then 10 per minute. */
const burst = 25
const refillMs = 6_000
/** A repeat within this time raises the count of the event before. */
const correlateMs = 600_000
const maxRemembered = 2_000

interface Remembered {
  readonly ref: { readonly namespace: string; readonly name: string }
  readonly count: number
  readonly lastAt: number
}

interface Job {
  readonly cluster: ClusterView
  readonly event: ClusterEvent
  readonly at: number
}

export class EventRecorder extends Context.Tag("acko/EventRecorder")<
  EventRecorder,
  {
    readonly record: (cluster: ClusterView, events: ReadonlyArray<ClusterEvent>) => Effect.Effect<void>
    /** Never succeeds; dies with a defect of the writer (S11). */
    readonly failure: Effect.Effect<never>
  }
>() {
  /** Writes to the API server from a fiber of its own. When the scope closes, what is queued is written, for at most 2 s. */
  static readonly layer = Layer.scoped(
    EventRecorder,
    Effect.suspend(() => make),
  )

  /** Forgets everything. */
  static readonly layerNoop = Layer.succeed(EventRecorder, { record: () => Effect.void, failure: Effect.never })
}

const timestamp = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z")

const eventObject = (job: Job, name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Event",
  metadata: { name, namespace: job.cluster.namespace },
  involvedObject: {
    apiVersion: apiVersionOf(Kinds.AerospikeCluster),
    kind: Kinds.AerospikeCluster.kind,
    namespace: job.cluster.namespace,
    name: job.cluster.name,
    uid: job.cluster.uid,
    resourceVersion: job.cluster.resourceVersion,
  },
  type: job.event.type,
  reason: job.event.reason,
  message: job.event.message.slice(0, 1024),
  source: { component: eventSource },
  reportingComponent: eventSource,
  reportingInstance: "",
  firstTimestamp: timestamp(job.at),
  lastTimestamp: timestamp(job.at),
  count: 1,
})

const isRecent = (before: Remembered, at: number): boolean => at - before.lastAt < correlateMs

/** Map with a bound: the entry untouched for longest goes first. */
const remember = <V>(map: Map<string, V>, key: string, entry: V): void => {
  map.delete(key)
  map.set(key, entry)
  for (const oldest of map.keys()) {
    if (map.size <= maxRemembered) break
    map.delete(oldest)
  }
}

const keyOf = (cluster: ClusterView, { message, reason, type }: ClusterEvent): string =>
  `${cluster.uid}|${type}|${reason}|${message}`

const make = Effect.gen(function* () {
  const writer = yield* KubeWriter
  const jobs = yield* Queue.dropping<Job>(1_000)
  const seen = new Map<string, Remembered>()
  const budgets = new Map<string, { readonly tokens: number; readonly at: number }>()

  const takeToken = (uid: string, now: number): boolean => {
    const budget = budgets.get(uid) ?? { tokens: burst, at: now }
    const tokens = Math.min(burst, budget.tokens + (now - budget.at) / refillMs)
    remember(budgets, uid, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now })
    return tokens >= 1
  }

  /** In the context of the pass: the line carries its cluster and number. */
  const log = ({ at, cluster, event }: Job) => {
    const before = seen.get(keyOf(cluster, event))
    const repeated = before !== undefined && isRecent(before, at)
    const tell = repeated ? Effect.logDebug : event.type === "Warning" ? Effect.logWarning : Effect.logInfo
    return Effect.annotateLogs(tell(event.message), { reason: event.reason })
  }

  const write = (job: Job) =>
    Effect.gen(function* () {
      const key = keyOf(job.cluster, job.event)
      const before = seen.get(key)
      if (!takeToken(job.cluster.uid, job.at)) return yield* Metric.increment(dropped)
      if (before !== undefined && isRecent(before, job.at)) {
        const count = before.count + 1
        yield* writer.patch(Kinds.CoreEvent, before.ref, {
          type: "merge",
          body: { count, lastTimestamp: timestamp(job.at) },
        })
        remember(seen, key, { ref: before.ref, count, lastAt: job.at })
      } else {
        const suffix = yield* Random.nextIntBetween(0, 0x1000000)
        const name = `${job.cluster.name}.${job.at.toString(16)}${suffix.toString(16).padStart(6, "0")}`
        yield* writer.create(Kinds.CoreEvent, eventObject(job, name))
        remember(seen, key, { ref: { namespace: job.cluster.namespace, name }, count: 1, lastAt: job.at })
      }
      yield* Metric.increment(sent)
    }).pipe(
      // Defects too: the writer fiber outlives every single event (S11).
      Effect.catchAllCause((cause) => {
        if (Cause.isInterruptedOnly(cause)) return Effect.interrupt
        seen.clear()
        return Effect.zipRight(
          Metric.increment(failed),
          Effect.logDebug("event not written", cause).pipe(Effect.annotateLogs({ reason: job.event.reason })),
        )
      }),
    )

  const drain = Effect.flatMap(Queue.takeAll(jobs), Effect.forEach(write, { discard: true }))
  yield* Effect.addFinalizer((exit) =>
    Exit.isInterrupted(exit) || Exit.isSuccess(exit)
      ? drain.pipe(Effect.interruptible, Effect.timeout("2 seconds"), Effect.ignore)
      : Effect.void,
  )
  const writing = yield* Effect.forkScoped(Effect.forever(Effect.flatMap(Queue.take(jobs), write)))

  return EventRecorder.of({
    failure: Fiber.join(writing),
    record: (cluster, events) =>
      Effect.flatMap(Clock.currentTimeMillis, (at) =>
        Effect.forEach(
          events,
          (event) => {
            const job = { cluster, event, at }
            return Effect.zipRight(
              log(job),
              Effect.flatMap(Queue.offer(jobs, job), (taken) => (taken ? Effect.void : Metric.increment(dropped))),
            )
          },
          { discard: true },
        ),
      ),
  })
})
