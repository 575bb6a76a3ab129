/** One observer per source (and namespace, where only some are watched), started together and asked together how they are doing. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { OperatorConfig } from "../config/OperatorConfig.js"
import type { KubeReader } from "../kube/KubeClient.js"
import { make as makeObserver, type Observer, type ObserverMode, type ObserverOptions } from "./Observer.js"
import { sources, Stores } from "./Sources.js"

export interface ObserverReport {
  readonly kind: string
  readonly namespace?: string
  readonly mode: ObserverMode
}

export class Observers extends Context.Tag("acko/Observers")<
  Observers,
  {
    /** Observes until interrupted; a defect of one observer ends all (S11). */
    readonly run: Effect.Effect<never, never, KubeReader>
    readonly modes: Effect.Effect<ReadonlyArray<ObserverReport>>
  }
>() {
  /** Watches, with polling as the safety net. `overrides` replaces options of every observer. */
  static readonly layerWith = (
    overrides: Partial<Omit<ObserverOptions, "store" | "target">> = {},
  ): Layer.Layer<Observers, never, Stores | OperatorConfig> =>
    Layer.effect(
      Observers,
      Effect.suspend(() => make(overrides)),
    )

  static readonly layer = Observers.layerWith()
}

const make = (overrides: Partial<Omit<ObserverOptions, "store" | "target">>) =>
  Effect.gen(function* () {
    const stores = yield* Stores
    const { watchNamespaces, pollIntervalMs, resyncMs } = yield* OperatorConfig
    const namespaces: ReadonlyArray<string | undefined> = watchNamespaces.length === 0 ? [undefined] : watchNamespaces
    const observers: ReadonlyArray<{ readonly where: Omit<ObserverReport, "mode">; readonly observer: Observer }> =
      yield* Effect.forEach(
        sources(stores).flatMap((source) =>
          (source.store.kind.namespaced ? namespaces : [undefined]).map((namespace) => ({ ...source, namespace })),
        ),
        ({ store, labelSelector, namespace }) =>
          Effect.map(
            makeObserver({
              store,
              target: {
                ...(namespace === undefined ? {} : { namespace }),
                ...(labelSelector === undefined ? {} : { labelSelector }),
              },
              pollIntervalMs,
              resyncMs,
              ...overrides,
            }),
            (observer) => ({
              where: { kind: store.kind.kind, ...(namespace === undefined ? {} : { namespace }) },
              observer,
            }),
          ),
      )
    return Observers.of({
      run: Effect.zipRight(
        Effect.all(
          observers.map(({ observer }) => observer.run),
          { concurrency: "unbounded", discard: true },
        ),
        Effect.never,
      ),
      modes: Effect.forEach(observers, ({ where, observer }) =>
        Effect.map(SubscriptionRef.get(observer.mode), (mode) => ({ ...where, mode })),
      ),
    })
  })
