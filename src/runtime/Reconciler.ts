/**
 * One pass over one cluster: gather → plan → execute → project → publish. All reading and writing of the pass happens here; every choice in
 * it was made by `decide`. The only state kept between passes is {@link PassMemory}, which may be lost at any time.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { execute, type Outside } from "../act/Executor.js"
import { OperatorConfig } from "../config/OperatorConfig.js"
import { plan } from "../decide/plan.js"
import { project } from "../decide/project.js"
import { afterRefusal, afterWrite } from "../decide/status/write.js"
import type { ClusterStatus } from "../domain/ClusterStatus.js"
import { keyString, Kinds, type ClusterKey } from "../domain/Kubernetes.js"
import type { Plan } from "../domain/Plan.js"
import type { Report } from "../domain/Report.js"
import { emptyMemory, type PassMemory, type Snapshot } from "../domain/Snapshot.js"
import { KubeReader, type KubeWriter } from "../kube/KubeClient.js"
import { type KubeError, isConflict, isNotFound } from "../kube/KubeError.js"
import { ClientViews } from "../observe/ClientViews.js"
import { Facts } from "../observe/Facts.js"
import { Observers } from "../observe/Observers.js"
import { gather } from "../observe/Snapshots.js"
import { Stores } from "../observe/Sources.js"
import * as ClusterMetrics from "../report/ClusterMetrics.js"
import { EventRecorder } from "../report/EventRecorder.js"
import type { Family } from "../report/Prometheus.js"
import { writeStatus } from "../report/StatusWriter.js"
import { wallTimeMillis } from "./SteadyClock.js"

/** The report could not be written; the world was still acted upon. Retried with back-off by the controller. */
export class StatusNotWritten extends Data.TaggedError("StatusNotWritten")<{ readonly cause: KubeError }> {
  override get message(): string {
    return `status not written: ${this.cause.message}`
  }
}

/** How a pass ended that could report. */
export interface PassOutcome {
  /** Look again after this long (ms), event or not. */
  readonly requeueAfterMs?: number
  /** Look once more after this long (ms), though nothing asks for it. Absent: there is no such cluster. */
  readonly heartbeatMs?: number
  /** Something was tried and failed; `requeueAfterMs` says when it is tried again. */
  readonly isFailed?: boolean
}

/**
 * A cluster at rest is looked at this often (ms), whatever its nodes say: proof that it is still looked after (B27). Costs no request. Nodes
 * that answer wake it earlier, once a minute.
 */
export const heartbeatMs = 120_000

/** A step found the world newer than the snapshot: the store catches up within moments, and its event wakes us earlier. */
const staleRetryMs = 100

/** The status met a resource newer than we know, which has been read since. */
const outdatedRetryMs = 1_000

/** What happened in the latest pass over a cluster, for those who watch the operator (`acko status`, the demo, tests). */
export interface PassTrace {
  readonly snapshot: Snapshot
  readonly plan: Plan
  readonly report: Report
}

export class Reconciler extends Context.Tag("acko/Reconciler")<
  Reconciler,
  {
    readonly reconcile: (key: ClusterKey) => Effect.Effect<PassOutcome, StatusNotWritten>
    /** Never succeeds; dies with a defect of what works in the background for the passes: node facts, client views, Events (S11). */
    readonly failure: Effect.Effect<never>
    /** The latest pass over a cluster, if there was one. */
    readonly latest: (key: ClusterKey) => Effect.Effect<Option.Option<PassTrace>>
    /** Metrics about the clusters there are. */
    readonly metrics: Effect.Effect<ReadonlyArray<Family>>
  }
>() {
  static readonly layer = Layer.effect(
    Reconciler,
    Effect.suspend(() => make),
  )
}

/** What became of the status: `outdated` when somebody else has written the resource since we last heard of it. */
type Published = "written" | "outdated" | "nothing"

const requeue = (report: Report, published: Published): PassOutcome => {
  const isFailed = report.measures.errors.length > 0
  const delays = [
    report.requeueAfterMs,
    report.again ? staleRetryMs : undefined,
    published === "outdated" ? outdatedRetryMs : undefined,
  ].filter((ms) => ms !== undefined)
  return { heartbeatMs, isFailed, ...(delays.length === 0 ? {} : { requeueAfterMs: Math.min(...delays) }) }
}

/** The story of a cluster in the log, between its events. */
const tellPhase = (before: ClusterStatus, { phase, phaseReason }: ClusterStatus): Effect.Effect<void> =>
  phase === before.phase
    ? Effect.void
    : Effect.annotateLogs(Effect.logInfo(`phase ${before.phase ?? "none"} → ${phase ?? "none"}`), {
        ...(phaseReason === undefined ? {} : { reason: phaseReason }),
      })

const make = Effect.gen(function* () {
  const context = yield* Effect.context<Outside | Stores | Facts | ClientViews>()
  const config = yield* OperatorConfig
  const stores = yield* Stores
  const reader = yield* KubeReader
  const facts = yield* Facts
  const clientViews = yield* ClientViews
  const observers = yield* Observers
  const events = yield* EventRecorder
  const memories = new Map<string, PassMemory>()
  const traces = new Map<string, PassTrace>()
  const metrics = ClusterMetrics.make()

  const forget = (key: ClusterKey) =>
    Effect.gen(function* () {
      memories.delete(keyString(key))
      traces.delete(keyString(key))
      metrics.forget(key)
      yield* facts.forget(key)
      yield* clientViews.forget(key)
      yield* observers.expect(key, [])
    })

  /** Somebody wrote the resource and its event is late, or lost: the quorum read takes its place (R24). */
  const refresh = (key: ClusterKey) =>
    reader.get(Kinds.AerospikeCluster, key).pipe(
      Effect.flatMap(stores.clusters.confirm),
      Effect.catchAll((error) => Effect.logDebug("the newer resource cannot be read yet", error)),
    )

  /** Writes what people see. A vanished or replaced resource needs no report. */
  const publish = (snapshot: Snapshot, report: Report): Effect.Effect<Published, StatusNotWritten, KubeWriter> =>
    Effect.gen(function* () {
      const told = events.record(snapshot.cluster, report.events)
      if (report.write !== "now") return yield* Effect.as(told, "nothing" as const)
      // The pass itself may have written the resource: what the store has now is newer than the snapshot.
      const newest = yield* stores.clusters.get(snapshot.key)
      if (newest?.uid !== snapshot.cluster.uid) return yield* Effect.as(told, "nothing" as const)
      const concurrent = report.events.length > 0
      return yield* Effect.zipLeft(writeStatus(newest, report.status), told, { concurrent }).pipe(
        Effect.zipRight(tellPhase(newest.status, report.status)),
        Effect.as("written" as const),
        Effect.catchIf(isNotFound, () => Effect.succeed("nothing" as const)),
        Effect.catchIf(isConflict, () => Effect.as(refresh(snapshot.key), "outdated" as const)),
        Effect.mapError((cause) => new StatusNotWritten({ cause })),
      )
    })

  /** Starts what the plan wants to know; the answers come back as triggers, the pass does not wait for them. */
  const inquire = (snapshot: Snapshot, decided: Plan) =>
    Effect.gen(function* () {
      if (decided._tag === "Refused") return
      if (decided.facts !== undefined) yield* facts.request(snapshot.key, decided.facts)
      if (decided._tag !== "Proceed" || !decided.clientView || decided.effective === undefined) return
      if (!config.clientView) return
      const port = decided.effective.racks[0]?.ports.service
      const seeds = snapshot.pods.flatMap(({ podIP, isTerminating }) =>
        podIP === undefined || port === undefined || isTerminating ? [] : [{ host: podIP, port }],
      )
      if (seeds.length > 0)
        yield* clientViews.request(snapshot.key, { seeds, clusterName: decided.effective.clusterName })
    })

  /** One pass over a cluster that exists. */
  const passOver = Effect.fnUntraced(function* (snapshot: Snapshot) {
    const { key } = snapshot
    const id = keyString(key)
    const decided = plan(snapshot)
    const results = yield* execute(snapshot, decided)
    const report = project(snapshot, decided, results)
    memories.set(id, report.memory)
    traces.set(id, { snapshot, plan: decided, report })
    yield* observers.expect(key, report.awaits)
    // People hear first; the nodes are asked once the API server has answered.
    const published = yield* publish(snapshot, report).pipe(
      Effect.tapError(() =>
        Effect.map(Clock.currentTimeMillis, (now) => memories.set(id, afterRefusal(report.memory, now))),
      ),
    )
    yield* inquire(snapshot, decided)
    if (published === "written") memories.set(id, afterWrite(report.memory, results.finishedAt))
    return requeue(report, published)
  })

  const pass = Effect.fnUntraced(function* (key: ClusterKey) {
    const id = keyString(key)
    const startedAt = yield* Clock.currentTimeMillis
    const gathered = yield* gather(key, memories.get(id) ?? emptyMemory, config.decision)
    if (Option.isNone(gathered)) {
      yield* forget(key)
      return {}
    }
    const before = traces.get(id)
    return yield* Effect.onExit(passOver(gathered.value), (exit) =>
      Effect.gen(function* () {
        const trace = traces.get(id)
        const durationMs = (yield* Clock.currentTimeMillis) - startedAt
        metrics.passed(key, {
          ...(trace === undefined || trace === before ? {} : { measures: trace.report.measures }),
          durationMs,
          endedAt: yield* wallTimeMillis,
          isReported: Exit.isSuccess(exit),
        })
      }),
    )
  })

  return Reconciler.of({
    reconcile: (key) => Effect.provide(pass(key), context),
    failure: Effect.zipRight(
      Effect.all([facts.failure, clientViews.failure, events.failure], { concurrency: "unbounded", discard: true }),
      Effect.never,
    ),
    latest: (key) => Effect.sync(() => Option.fromNullable(traces.get(keyString(key)))),
    metrics: Effect.sync(metrics.families),
  })
})
