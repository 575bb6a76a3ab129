/**
 * Keeps the store of one kind equal to the API server: by watching, while that works; by polling, while it does not; and back, without a reader
 * noticing (ADR-0020). Both feed the same events into the same store, which sorts out what is new, so nothing is lost or doubled at a switch.
 *
 * *Guarantees.* While the API server answers at all, the store is at most one poll interval behind what somebody waits for. A watch that
 * silently lost an event is found out by a list, counted and replaced (R24, R38): one poll interval after the latest news where a cluster is
 * {@link Observer.expect | waiting}, else by a slow safety list. No state is silent: whatever says nothing for `silenceMs` is replaced. A
 * list that is refused is not polled around: it shows as mode `refused` and is retried slowly.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberHandle from "effect/FiberHandle"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { ClusterKey, KubeObject } from "../domain/Kubernetes.js"
import type { KubeReader } from "../kube/KubeClient.js"
import { type KubeError, KubeTransportError } from "../kube/KubeError.js"
import { listAll } from "../kube/listPages.js"
import { watch } from "../kube/Watcher.js"
import type { WatcherEvent } from "../kube/WatcherEvent.js"
import { defaultTiming, type WatcherTiming, type WatchTarget } from "../kube/WatcherOptions.js"
import { missedEvents, observerEvents, observerFailures, observerMode } from "./observeMetrics.js"
import { isPolling, nextPhase, type ObserverMode, type Phase, type Signal } from "./observerPhase.js"
import type { Feed, StoreReader, StoreWriter } from "./Store.js"
import { makeVigils } from "./vigils.js"

export type { ObserverMode } from "./observerPhase.js"

export interface ObserverOptions {
  readonly store: StoreWriter & Pick<StoreReader<unknown>, "kind" | "unsafeChangedAt">
  /** Which objects. `namespace` must be one of the store's namespaces, or absent like them. */
  readonly target?: WatchTarget
  /** Overrides for the watcher. */
  readonly timing?: Partial<WatcherTiming>
  /** Poll this often while no watch works (ms, ±10 %). Default 10 000. Failing polls slow down to `maxPollPauseMs`. */
  readonly pollIntervalMs?: number
  /** Longest pause between failing polls (ms). Default 30 000, unless the interval is longer. */
  readonly maxPollPauseMs?: number
  /** A list of the poll or the safety list that takes longer is given up (ms). Default 30 000 (R42). */
  readonly listTimeoutMs?: number
  /** Safety list beside a healthy watch (ms after the last complete picture, ±10 %). Default 300 000. */
  readonly resyncMs?: number
  /** How long the watch may take to deliver what such a list saw before it counts as missed (ms). Default 1 000. */
  readonly resyncGraceMs?: number
  /** A watcher that says nothing for longer is replaced (ms). Default: twice the watcher's idle limit, 150 000. */
  readonly silenceMs?: number
  /** False: poll only, the strategy before ADR-0020, to measure against (R20-10). Default true. */
  readonly isWatchEnabled?: boolean
}

export interface Observer {
  /** Where the store's news come from now; `changes` for those who want to know about switches. */
  readonly mode: SubscriptionRef.SubscriptionRef<ObserverMode>
  /**
   * Whether a cluster waits for changes of this kind. While it does, a watch that brings none about it is doubted after one poll interval,
   * later less and less often, down to the pace of the safety list. All waiting clusters share the lists: at most one per poll interval. To
   * be said again after news, which start the interval anew.
   */
  readonly expect: (key: ClusterKey, isWaiting: boolean) => Effect.Effect<void>
  /** Observes until interrupted. A defect ends it with that defect: run it where that is noticed (S11). */
  readonly run: Effect.Effect<never, never, KubeReader>
}

const modes: ReadonlyArray<ObserverMode> = [
  "listing",
  "watching",
  "polling",
  "returning",
  "refused",
  "absent",
  "stopped",
]

const isRefused = (error: KubeError): boolean =>
  error._tag === "KubeStatusError" && (error.status === 403 || error.status === 404 || error.status === 405)

const retryAfterOf = (error: KubeError): number => (error._tag === "KubeStatusError" ? (error.retryAfterMs ?? 0) : 0)

/** Something near `ms`, so that observers do not move in step. */
const jittered = (ms: number): Effect.Effect<number> => Effect.map(Random.next, (random) => ms * (0.9 + 0.2 * random))

const toSignal = (event: WatcherEvent, longMs: number): Signal | undefined => {
  switch (event._tag) {
    case "InitDone":
      return { _tag: "Listed" }
    case "Connected":
    case "Bookmark":
    case "Apply":
    case "Delete":
      return { _tag: "Heard" }
    case "Failed":
      return { ...event, isRefused: isRefused(event.error), isLong: event.retryInMs > longMs }
    case "Init":
    case "InitApply":
      return undefined
  }
}

/** Hands a complete list to a feed; answers how many objects it changed. */
const swapIn = (
  feed: Feed,
  picture: { readonly resourceVersion: string; readonly items: ReadonlyArray<KubeObject> },
): Effect.Effect<number> =>
  Effect.gen(function* () {
    yield* feed.handle({ _tag: "Init" })
    yield* Effect.forEach(picture.items, (object) => feed.handle({ _tag: "InitApply", object }), { discard: true })
    return yield* feed.handle({ _tag: "InitDone", resourceVersion: picture.resourceVersion })
  })

/** An observer that has not begun. */
export const make = (options: ObserverOptions): Effect.Effect<Observer> =>
  Effect.map(SubscriptionRef.make<ObserverMode>("stopped"), (mode) => {
    const doubts = makeDoubts(options)
    return { mode, expect: doubts.expect, run: observe(options, mode, doubts) }
  })

const defaultPollMs = 10_000
const defaultResyncMs = 300_000

/** Who waits, and the sleep of the fiber that lists for them. */
const makeDoubts = ({ store, pollIntervalMs = defaultPollMs, resyncMs = defaultResyncMs }: ObserverOptions) => {
  const vigils = makeVigils({ intervalMs: pollIntervalMs, maxIntervalMs: resyncMs }, store.unsafeChangedAt)
  const woken = Effect.unsafeMakeLatch(false)
  /** Whoever wants a list later than this need not wake the sleeper. */
  let wakesFor = -Infinity
  return {
    dueAt: vigils.dueAt,
    listed: vigils.listed,
    expect: (key: ClusterKey, isWaiting: boolean): Effect.Effect<void> =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        if (!isWaiting) vigils.end(key)
        else if (vigils.begin(key, now) < wakesFor) woken.unsafeOpen()
      }),
    /** Until that time (epoch ms), or until somebody waits who may have to be served earlier. */
    sleepUntil: (time: () => number): Effect.Effect<void> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const at = time()
        wakesFor = Math.min(at, vigils.dueAt())
        woken.unsafeClose()
        return Effect.raceFirst(Effect.sleep(at - now), woken.await)
      }),
  }
}

const observe = (
  options: ObserverOptions,
  mode: SubscriptionRef.SubscriptionRef<ObserverMode>,
  doubts: ReturnType<typeof makeDoubts>,
): Effect.Effect<never, never, KubeReader> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { store, target = {}, timing = {}, isWatchEnabled = true } = options
      const { pollIntervalMs = defaultPollMs, listTimeoutMs = 30_000 } = options
      const { resyncMs = defaultResyncMs, resyncGraceMs = 1_000 } = options
      const maxPollPauseMs = Math.max(pollIntervalMs, options.maxPollPauseMs ?? 30_000)
      const silenceMs = options.silenceMs ?? 2 * (timing.idleMs ?? defaultTiming.idleMs)
      const kind = store.kind
      const annotations = {
        kind: kind.kind,
        ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
      }
      const gauge = (of: ObserverMode) => observerMode.pipe(Metric.tagged("kind", kind.kind), Metric.tagged("mode", of))
      const missed = missedEvents.pipe(Metric.tagged("kind", kind.kind))
      const events = (type: WatcherEvent["_tag"]) =>
        observerEvents.pipe(Metric.tagged("kind", kind.kind), Metric.tagged("type", type))
      const failed = (during: string) =>
        observerFailures.pipe(Metric.tagged("kind", kind.kind), Metric.tagged("during", during))

      const attempt = yield* FiberHandle.make<void, never>()
      const pollGate = Effect.unsafeMakeLatch(!isWatchEnabled)
      const replace = Effect.unsafeMakeLatch(false)

      let phase: Phase = isWatchEnabled ? "listing" : "polling"
      let published: ObserverMode = "stopped"
      /** Its parts end one after the other: what they say meanwhile is no news. */
      let isOver = false
      /** When the latest complete picture reached the store. */
      let picturedAt = -Infinity
      /** When a list was last tried and did not succeed. */
      let listFailedAt = -Infinity
      /** When the watcher last said something, its announced pause included. */
      let heardAt = yield* Clock.currentTimeMillis
      let watchFailures = 0
      let pollFailures = 0
      let retryAfterMs = 0

      const publish = (next: () => ObserverMode): Effect.Effect<void> =>
        Effect.suspend(() => {
          const [before, now] = [published, next()]
          if (before === now || (isOver && now !== "stopped")) return Effect.void
          published = now
          const log = now === "refused" ? Effect.logError : isPollingMode(now) ? Effect.logWarning : Effect.logInfo
          return Effect.all(
            [
              Metric.incrementBy(gauge(before), -1),
              Metric.incrementBy(gauge(now), 1),
              SubscriptionRef.set(mode, now),
              Effect.annotateLogs(log("observer changed its mode"), { from: before, to: now, ...annotations }),
            ],
            { discard: true },
          )
        })

      const signal = (received: Signal): Effect.Effect<void> =>
        Effect.suspend(() => {
          phase = nextPhase(phase, received)
          if (isPolling(phase) || !isWatchEnabled) pollGate.unsafeOpen()
          else pollGate.unsafeClose()
          return publish(() => phase)
        })

      /** A list that began then is in the store. */
      const pictured = (startedAt: number): Effect.Effect<void> =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          picturedAt = now
          doubts.listed(startedAt)
        })

      const feed = store.feed(target.namespace)

      const onFailed = (event: Extract<WatcherEvent, { readonly _tag: "Failed" }>, now: number) =>
        Effect.gen(function* () {
          heardAt = now + event.retryInMs
          watchFailures += 1
          if (event.during === "list") listFailedAt = now
          yield* Metric.increment(failed(event.during))
          yield* Effect.annotateLogs(Effect.logDebug("observing failed", event.error), {
            during: event.during,
            failures: event.failures,
            retryInMs: event.retryInMs,
            ...annotations,
          })
          yield* FiberHandle.run(
            attempt,
            Effect.delay(
              Effect.suspend(() => signal({ _tag: "AttemptDue" })),
              event.retryInMs,
            ),
          )
        })

      const onWatcherEvent = (event: WatcherEvent): Effect.Effect<void> =>
        Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          if (event._tag === "Failed") yield* onFailed(event, now)
          else heardAt = now
          yield* Metric.increment(events(event._tag))
          yield* feed.handle(event)
          if (event._tag === "InitDone") yield* pictured(now)
          const received = toSignal(event, pollIntervalMs / 2)
          if (received !== undefined) yield* signal(received)
        })

      const watching = Effect.forever(
        Effect.gen(function* () {
          replace.unsafeClose()
          heardAt = yield* Clock.currentTimeMillis
          const follow = Stream.runForEach(watch(kind, { ...target, timing }), onWatcherEvent)
          yield* Effect.raceFirst(Effect.zipRight(follow, Effect.sleep(1_000)), replace.await)
        }),
      )

      const watchdog = Effect.forever(
        Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          const left = heardAt + silenceMs - now
          if (left > 0) return yield* Effect.sleep(left)
          yield* Effect.annotateLogs(Effect.logWarning("replacing a silent watcher"), annotations)
          heardAt = now
          replace.unsafeOpen()
          yield* signal({ _tag: "Silent" })
        }),
      )

      const list = listAll(kind, target).pipe(
        Effect.timeoutFail({
          duration: listTimeoutMs,
          onTimeout: () =>
            new KubeTransportError({
              verb: "list",
              resource: kind.plural,
              reason: "Timeout",
              cause: `no complete list within ${listTimeoutMs} ms`,
            }),
        }),
        Effect.tapError(() => Metric.increment(failed("list"))),
        Effect.either,
      )

      /** When the poll may list next: no list is sent sooner than one interval after any other. `factor` spreads it. */
      const pollDueAt = (factor: number): number => {
        const doubled = Math.min(maxPollPauseMs, pollIntervalMs * 2 ** Math.max(0, pollFailures - 1))
        const pause = phase === "refused" ? maxPollPauseMs : doubled
        return Math.max(picturedAt + pollIntervalMs * factor, listFailedAt + Math.max(pause * factor, retryAfterMs))
      }

      const pollFeed = store.feed(target.namespace)

      const pollOnce = Effect.gen(function* () {
        const startedAt = yield* Clock.currentTimeMillis
        const answer = yield* list
        const now = yield* Clock.currentTimeMillis
        if (Either.isLeft(answer)) {
          pollFailures += 1
          listFailedAt = now
          retryAfterMs = retryAfterOf(answer.left)
          yield* Effect.annotateLogs(Effect.logDebug("a poll failed", answer.left), annotations)
          if (isRefused(answer.left)) yield* signal({ _tag: "PollRefused" })
          return
        }
        pollFailures = 0
        retryAfterMs = 0
        yield* swapIn(pollFeed, answer.right)
        yield* pictured(startedAt)
        yield* signal({ _tag: "Polled" })
      })

      const polling = Effect.forever(
        Effect.gen(function* () {
          yield* pollGate.await
          const left = pollDueAt(yield* jittered(1)) - (yield* Clock.currentTimeMillis)
          if (left > 0) yield* Effect.sleep(left)
          // Meanwhile a watch may have come back, or the watcher may have listed.
          if (pollDueAt(0.9) > (yield* Clock.currentTimeMillis)) return
          if (isPolling(phase) || !isWatchEnabled) yield* pollOnce
        }),
      )

      const resyncFeed = store.feed(target.namespace)

      const resyncOnce = Effect.gen(function* () {
        const [picturedBefore, failuresBefore] = [picturedAt, watchFailures]
        const startedAt = yield* Clock.currentTimeMillis
        const answer = yield* list
        if (Either.isLeft(answer)) {
          yield* Effect.annotateLogs(Effect.logWarning("the safety list failed", answer.left), annotations)
          return
        }
        yield* Effect.sleep(resyncGraceMs)
        // Somebody else has brought a later picture: nothing left to compare.
        if (picturedAt !== picturedBefore) return
        const changed = yield* swapIn(resyncFeed, answer.right)
        yield* pictured(startedAt)
        if (changed === 0 || failuresBefore !== watchFailures) return
        yield* Metric.incrementBy(missed, changed)
        yield* Effect.annotateLogs(Effect.logWarning("the watch had missed changes and is replaced"), {
          changed,
          ...annotations,
        })
        replace.unsafeOpen()
      })

      const resyncing = Effect.gen(function* () {
        let triedAt = yield* Clock.currentTimeMillis
        while (true) {
          const resyncAfterMs = yield* jittered(resyncMs)
          const dueAt = (): number => {
            // A picture that came meanwhile, from anybody, puts every other list off.
            const latest = Math.max(picturedAt, triedAt)
            const first = Math.min(latest + resyncAfterMs, Math.max(latest + pollIntervalMs * 0.9, doubts.dueAt()))
            // Whole, so that whoever slept until then finds it reached.
            return Math.ceil(first)
          }
          while ((yield* Clock.currentTimeMillis) < dueAt()) yield* doubts.sleepUntil(dueAt)
          triedAt = yield* Clock.currentTimeMillis
          if (phase === "watching") yield* resyncOnce
        }
      })

      // All series of this kind exist from the start, at zero.
      yield* Effect.forEach(modes, (of) => Metric.incrementBy(gauge(of), of === published ? 1 : 0), { discard: true })
      yield* Metric.incrementBy(missed, 0)
      yield* publish(() => phase)
      const parts = isWatchEnabled ? [watching, watchdog, FiberHandle.join(attempt), polling, resyncing] : [polling]
      return yield* Effect.all(parts, { concurrency: "unbounded", discard: true }).pipe(
        Effect.zipRight(Effect.never),
        Effect.ensuring(
          Effect.suspend(() => {
            isOver = true
            // Whoever has ended counts nowhere.
            return Effect.zipRight(
              publish(() => "stopped"),
              Metric.incrementBy(gauge("stopped"), -1),
            )
          }),
        ),
      )
    }),
  )

const isPollingMode = (mode: ObserverMode): boolean => mode === "polling" || mode === "returning"
