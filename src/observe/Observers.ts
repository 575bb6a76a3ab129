/** One observer per source (and namespace, where only some are watched), started together and asked together how they are doing. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { OperatorConfig } from "../config/OperatorConfig.js"
import { type ClusterKey, Kinds, type ResourceKind } from "../domain/Kubernetes.js"
import type { KubeReader } from "../kube/KubeClient.js"
import { make as makeObserver, type Observer, type ObserverMode, type ObserverOptions } from "./Observer.js"
import { sources, Stores } from "./Sources.js"
import { whileServed } from "./whileServed.js"

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
    /** The kinds whose changes a cluster waits for now; those not named it waits for no longer (see {@link Observer.expect}). */
    readonly expect: (key: ClusterKey, kinds: ReadonlyArray<ResourceKind>) => Effect.Effect<void>
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

/**
 * Safety list of what users edit (ms). An edit that a watch lost is missed by nobody who waits, so only this list finds it. It costs one list
 * a minute of kinds with one object per cluster (some 10 KiB each, managed fields included).
 */
const usersResyncMs = 60_000
const ofUsers: ReadonlySet<ResourceKind> = new Set([Kinds.AerospikeCluster, Kinds.AerospikeClusterTemplate])

const make = (overrides: Partial<Omit<ObserverOptions, "store" | "target">>) =>
  Effect.gen(function* () {
    const stores = yield* Stores
    const { watchNamespaces, pollIntervalMs, resyncMs } = yield* OperatorConfig
    const namespaces: ReadonlyArray<string | undefined> = watchNamespaces.length === 0 ? [undefined] : watchNamespaces
    const observers: ReadonlyArray<{
      readonly kind: ResourceKind
      readonly where: Omit<ObserverReport, "mode">
      readonly observer: Observer
    }> = yield* Effect.forEach(
      sources(stores).flatMap((source) =>
        (source.store.kind.namespaced ? namespaces : [undefined]).map((namespace) => ({ ...source, namespace })),
      ),
      ({ store, labelSelector, mayBeAbsent, namespace }) =>
        Effect.map(
          (mayBeAbsent === true ? whileServed : makeObserver)({
            store,
            target: {
              ...(namespace === undefined ? {} : { namespace }),
              ...(labelSelector === undefined ? {} : { labelSelector }),
            },
            pollIntervalMs,
            resyncMs: ofUsers.has(store.kind) ? Math.min(usersResyncMs, resyncMs) : resyncMs,
            ...overrides,
          }),
          (observer) => ({
            kind: store.kind,
            where: { kind: store.kind.kind, ...(namespace === undefined ? {} : { namespace }) },
            observer,
          }),
        ),
    )
    return Observers.of({
      expect: (key, kinds) =>
        Effect.forEach(
          observers.filter(({ where }) => where.namespace === undefined || where.namespace === key.namespace),
          ({ kind, observer }) => observer.expect(key, kinds.includes(kind)),
          { discard: true },
        ),
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
