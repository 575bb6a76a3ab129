/**
 * Works through a queue: one pass per due key, retries with back-off, survives every defect. Generic in key and error, so that a team can run
 * its own controller for its own kind beside ours.
 *
 * *Guarantees.* A pass that fails, dies or takes too long is tried again; other keys do not notice. Interrupting `run` takes no new key, lets the
 * running ones finish for `graceMs`, then interrupts them.
 *
 * *Gotchas.* A trigger may start a pass earlier than its back-off: whoever must not act before a time checks that in the pass (R20-5).
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import type { FailureClass } from "../domain/OperatorError.js"
import { type BackoffOptions, backoffMs, defaultBackoff } from "./Backoff.js"
import { controllerMetrics, type ReconcileResult } from "./controllerMetrics.js"
import type { Due, WorkQueue } from "./WorkQueue.js"

/** How a pass ended that did not fail. */
export interface Outcome {
  /** Look again after this long, event or not. Absent: only when something changes. */
  readonly requeueAfterMs?: number
  /** With nothing to come back for, look once more after this long all the same. Absent: never. */
  readonly heartbeatMs?: number
  /** It ended, but did not do what it should: counted as an error. When to try again the pass has said itself. Default false. */
  readonly isFailed?: boolean
}

/** Something happened that concerns `key`. `why` is for logs and traces. */
export interface Trigger<K> {
  readonly key: K
  readonly why: string
}

export interface ControllerOptions<K, E, R> {
  /** Name in logs and metrics. */
  readonly name: string
  readonly queue: WorkQueue<K>
  readonly keyString: (key: K) => string
  /** What every log line of a pass carries besides `reconcile`, the number of the pass. Default: the key as text. */
  readonly annotations?: (key: K) => Readonly<Record<string, string>>
  readonly reconcile: (key: K, why: ReadonlyArray<string>) => Effect.Effect<Outcome, E, R>
  /** `Transient` is retried with back-off, `Permanent` slowly, `Waiting` is no failure. */
  readonly classify: (error: E) => FailureClass
  /** More triggers than the queue gets anyway. A source that fails is logged and started again; one that ends is done. */
  readonly sources?: ReadonlyArray<Stream.Stream<Trigger<K>, unknown, R>>
  /** No pass begins before this completes: stores that are not filled yet look like an empty world. Default: at once. */
  readonly ready?: Effect.Effect<void, never, R>
  /** Passes at the same time. Default 64. */
  readonly concurrency?: number
  /** Default {@link defaultBackoff}. */
  readonly backoff?: Partial<BackoffOptions>
  /** Failures are counted per key and epoch, such as `metadata.generation`: a new one starts at the first step (R142). Default: none. */
  readonly epochOf?: (key: K) => Effect.Effect<string | number | undefined, never, R>
  /** Pause after a `Permanent` failure. Default 300 000 ms. */
  readonly permanentRetryMs?: number
  /** Pause after a `Waiting` end. Default 60 000 ms. */
  readonly waitingRetryMs?: number
  /** A pass that takes longer is interrupted and counts as a transient failure. Default 300 000 ms. */
  readonly deadlineMs?: number
  /** How long running passes may go on after `run` is interrupted. Default 20 000 ms. */
  readonly graceMs?: number
  /** Completes to end the grace period early (a second signal). Default: never. */
  readonly abandon?: Effect.Effect<void>
}

export interface Controller<K, R> {
  /** Runs until interrupted. */
  readonly run: Effect.Effect<never, never, R>
  readonly trigger: (key: K, why: string) => Effect.Effect<void>
  /** Failures in a row of a key. */
  readonly failures: (key: K) => Effect.Effect<number>
}

interface Failures {
  readonly count: number
  readonly epoch: string | number | undefined
}

/** How a pass ended: what is counted, said and done next. */
type Ending =
  | { readonly _tag: "Done"; readonly outcome: Outcome }
  | { readonly _tag: "Waiting"; readonly cause: Cause.Cause<unknown> }
  | { readonly _tag: "Transient" | "Permanent" | "Defect"; readonly cause: Cause.Cause<unknown> }

const resultOf = (ending: Ending): ReconcileResult => {
  switch (ending._tag) {
    case "Done": {
      const { isFailed = false, requeueAfterMs } = ending.outcome
      return isFailed ? "error" : requeueAfterMs === undefined ? "success" : "requeue_after"
    }
    case "Waiting":
      return "requeue_after"
    case "Transient":
    case "Permanent":
    case "Defect":
      return "error"
  }
}

const endingOf = <E>(exit: Exit.Exit<Option.Option<Outcome>, E>, classify: (error: E) => FailureClass): Ending => {
  if (Exit.isSuccess(exit)) {
    return Option.match(exit.value, {
      onNone: (): Ending => ({ _tag: "Transient", cause: Cause.die("the pass exceeded its deadline") }),
      onSome: (outcome) => ({ _tag: "Done", outcome }),
    })
  }
  const { cause } = exit
  if (Cause.isDie(cause)) return { _tag: "Defect", cause }
  const failure = Cause.failureOption(cause)
  // Interrupted from inside, by nobody who waits for it: try again.
  if (Option.isNone(failure)) return { _tag: "Transient", cause }
  return { _tag: classify(failure.value), cause }
}

/** A controller; nothing runs before `run`. */
export const make = <K, E, R>(options: ControllerOptions<K, E, R>): Controller<K, R> => {
  const { queue, keyString, graceMs = 20_000, deadlineMs = 300_000 } = options
  const { permanentRetryMs = 300_000, waitingRetryMs = 60_000 } = options
  const backoff: BackoffOptions = { ...defaultBackoff, ...options.backoff }
  const failures = new Map<string, Failures>()
  let passes = 0
  const metrics = controllerMetrics(options.name)
  const concurrency = options.concurrency ?? 64

  const countFailure = (key: K): Effect.Effect<number, never, R> =>
    Effect.map(options.epochOf?.(key) ?? Effect.succeed(undefined), (epoch) => {
      const known = failures.get(keyString(key))
      const count = known !== undefined && known.epoch === epoch ? known.count + 1 : 1
      failures.set(keyString(key), { count, epoch })
      return count
    })

  const afterFailure = (
    key: K,
    ending: Exclude<Ending, { readonly _tag: "Done" | "Waiting" }>,
  ): Effect.Effect<void, never, R> =>
    Effect.gen(function* () {
      const count = yield* countFailure(key)
      const random = yield* Random.next
      const retryInMs =
        ending._tag === "Permanent"
          ? backoffMs({ baseMs: permanentRetryMs, factor: 1, maxMs: permanentRetryMs }, 1, random)
          : backoffMs(backoff, count, random)
      // Whoever ends cuts its passes short: no news.
      const isEnding = yield* queue.isClosed
      const log = isEnding ? Effect.logDebug : ending._tag === "Transient" ? Effect.logWarning : Effect.logError
      const message = ending._tag === "Defect" ? "pass died of a defect" : "pass failed"
      yield* Effect.annotateLogs(log(message, ending.cause), {
        failure: ending._tag,
        failures: count,
        retryInMs,
      })
      yield* queue.addAfter(key, retryInMs, `retry after failure ${count}`)
    })

  const lookAgain = (key: K, { heartbeatMs, requeueAfterMs }: Outcome): Effect.Effect<void> => {
    if (requeueAfterMs !== undefined) return queue.addAfter(key, requeueAfterMs, "requeue")
    return heartbeatMs === undefined ? Effect.void : queue.addAfter(key, heartbeatMs, "heartbeat")
  }

  const conclude = (key: K, ending: Ending): Effect.Effect<void, never, R> => {
    switch (ending._tag) {
      case "Done":
        failures.delete(keyString(key))
        return lookAgain(key, ending.outcome)
      case "Waiting":
        return Effect.zipRight(
          Effect.logDebug("pass waits", ending.cause),
          queue.addAfter(key, waitingRetryMs, "waited"),
        )
      case "Transient":
      case "Permanent":
      case "Defect":
        return afterFailure(key, ending)
    }
  }

  /** What surrounds a pass (`classify`, `epochOf`) died: a bug there must not cost the other keys their controller. */
  const giveUp = (key: K, cause: Cause.Cause<never>): Effect.Effect<void> =>
    Effect.logError("a pass could not be concluded", cause).pipe(
      Effect.zipRight(metrics.count("error", { isDefect: true })),
      Effect.zipRight(queue.addAfter(key, backoff.maxMs, "retry after a defect")),
    )

  const pass = ({ key, why }: Due<K>): Effect.Effect<void, never, R> =>
    Effect.suspend(() => {
      passes += 1
      const of = options.annotations?.(key) ?? { key: keyString(key) }
      const annotations = { controller: options.name, ...of, reconcile: passes }
      return Effect.gen(function* () {
        const startedAt = yield* Clock.currentTimeMillis
        yield* Effect.annotateLogs(Effect.logDebug("pass begins"), "why", why.join(", "))
        const exit = yield* Effect.suspend(() => options.reconcile(key, why)).pipe(
          Effect.timeoutOption(deadlineMs),
          Effect.exit,
        )
        const ending = endingOf(exit, options.classify)
        yield* metrics.took(((yield* Clock.currentTimeMillis) - startedAt) / 1_000)
        yield* metrics.count(resultOf(ending), { isDefect: ending._tag === "Defect" })
        yield* conclude(key, ending)
      }).pipe(
        Effect.catchAllCause((cause) =>
          Cause.isInterruptedOnly(cause) ? Effect.failCause(cause) : giveUp(key, cause),
        ),
        metrics.working,
        Effect.withSpan(`${options.name}.pass`, { attributes: { ...annotations, why } }),
        Effect.annotateLogs(annotations),
      )
    })

  /** For ever: a source that breaks is a reason to tell, not to stop. */
  const follow = (source: Stream.Stream<Trigger<K>, unknown, R>): Effect.Effect<never, never, R> =>
    Effect.gen(function* () {
      for (let broken = 1; ; broken += 1) {
        const exit = yield* Effect.exit(Stream.runForEach(source, ({ key, why }) => queue.add(key, why)))
        if (Exit.isSuccess(exit)) return yield* Effect.never
        const retryInMs = backoffMs(backoff, broken, yield* Random.next)
        yield* Effect.annotateLogs(Effect.logError("a source of triggers broke", exit.cause), {
          controller: options.name,
          retryInMs,
        })
        yield* Effect.sleep(retryInMs)
      }
    })

  const drain = (workers: Fiber.RuntimeFiber<void>): Effect.Effect<void> =>
    Effect.gen(function* () {
      yield* queue.close
      const finished = Fiber.await(workers).pipe(Effect.interruptible, Effect.timeoutOption(graceMs))
      yield* Effect.raceFirst(finished, Effect.interruptible(options.abandon ?? Effect.never))
      yield* Fiber.interrupt(workers)
    })

  const work: Effect.Effect<never, never, R> = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      yield* restore(options.ready ?? Effect.void)
      const context = yield* Effect.context<R>()
      const consume = queue.consume((due) => Effect.provide(pass(due), context), concurrency)
      // A daemon, since a child would be interrupted together with us; `drain` ends it.
      const workers = yield* Effect.forkDaemon(Effect.interruptible(consume))
      return yield* restore(Effect.zipRight(Fiber.join(workers), Effect.never)).pipe(
        Effect.onInterrupt(() => drain(workers)),
      )
    }),
  )

  return {
    run: Effect.gen(function* () {
      // Every series exists from the start, at zero.
      yield* metrics.begin(concurrency)
      yield* Effect.all([work, ...(options.sources ?? []).map(follow)], { concurrency: "unbounded", discard: true })
      return yield* Effect.never
    }),
    trigger: queue.add,
    failures: (key) => Effect.sync(() => failures.get(keyString(key))?.count ?? 0),
  }
}
