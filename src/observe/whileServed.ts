/**
 * Observing a kind that comes with something that need not be installed. While the API server does not know it nothing is watched: one small
 * list a minute asks whether it has come. From then on it is observed like every other kind, until it goes.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { KubeReader } from "../kube/KubeClient.js"
import { isNotFound } from "../kube/KubeError.js"
import { observerMode } from "./observeMetrics.js"
import { make as makeObserver, type Observer, type ObserverMode, type ObserverOptions } from "./Observer.js"

/** Between two questions for a kind that is not there (ms, ±10 %). */
const absentPauseMs = 60_000
/** After a question that was not answered (ms, ±10 %). */
const failurePauseMs = 10_000
/** After a list of the observer was refused, which may mean that the kind has gone (ms, ±10 %). */
const refusedPauseMs = 1_000

const pause = (ms: number): Effect.Effect<void> =>
  Effect.flatMap(Random.next, (random) => Effect.sleep(ms * (0.9 + 0.2 * random)))

/** An {@link Observer} with one mode more: `absent`. Whether the kind is served tells the store. */
export const whileServed = (options: ObserverOptions): Effect.Effect<Observer> =>
  Effect.map(makeObserver(options), (observer) => {
    const { store, target = {} } = options
    const feed = store.feed(target.namespace)
    const absences = observerMode.pipe(Metric.tagged("kind", store.kind.kind), Metric.tagged("mode", "absent"))
    const enter = (mode: ObserverMode) => SubscriptionRef.set(observer.mode, mode)
    const isRefused = Stream.runHead(Stream.filter(observer.mode.changes, (mode) => mode === "refused"))

    let isAbsent = false
    /** Stays what it is while the question is asked again. */
    const setAbsent = (is: boolean) =>
      Effect.suspend(() => {
        const change = Number(is) - Number(isAbsent)
        isAbsent = is
        return change === 0 ? Effect.void : Metric.incrementBy(absences, change)
      })

    const absent = Effect.gen(function* () {
      yield* setAbsent(true)
      yield* enter("absent")
      yield* feed.unserved
      yield* pause(absentPauseMs)
    })

    const served = Effect.gen(function* () {
      yield* setAbsent(false)
      yield* enter("listing")
      yield* Effect.raceFirst(observer.run, isRefused)
      yield* enter("listing")
      yield* pause(refusedPauseMs)
    })

    const once = Effect.gen(function* () {
      const reader = yield* KubeReader
      const answer = yield* Effect.either(reader.list(store.kind, { ...target, limit: 1 }))
      if (Either.isRight(answer)) return yield* served
      if (isNotFound(answer.left)) return yield* absent
      // Unanswered is not refused: what was known before still holds.
      if (answer.left.retry === "stop") {
        yield* setAbsent(false)
        yield* enter("refused")
      }
      yield* Effect.annotateLogs(Effect.logWarning("cannot ask whether a kind is served", answer.left), {
        kind: store.kind.kind,
      })
      return yield* pause(failurePauseMs)
    })
    const ended = Effect.zipRight(setAbsent(false), enter("stopped"))

    return { ...observer, run: Effect.ensuring(Effect.forever(once), ended) }
  })
