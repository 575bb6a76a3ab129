/**
 * The strategy before ADR-0020 as Layers around the same product, to measure against (R20-10). What is modelled, after the operator it
 * describes (behaviour.md 1.1, 7.10, W1, W2):
 *
 * - Pods and claims wake nobody: they are listed every 10 s. The cluster resource, StatefulSets and the other owned objects are watched, as
 *   they were then, so the start of a job and a change of `readyReplicas` are noticed at once.
 * - A restart step looks again after 15 s: between two looks at the nodes of a cluster lie at least 15 s.
 * - Nodes are asked one after the other.
 *
 * Everything else is the same: the same decisions, the same two safety reads 40 ms apart in front of every restart (S3), the same writes.
 * Where the model differs from the original it is kinder: one request per node instead of four, and no new client connection for every pass.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { AerospikeInfo } from "../../src/aerospike/AerospikeInfo.js"
import type { ClusterClient } from "../../src/aerospike/ClusterClient.js"
import { OperatorConfig } from "../../src/config/OperatorConfig.js"
import type { KubeReader, KubeWriter } from "../../src/kube/KubeClient.js"
import { ClientViews } from "../../src/observe/ClientViews.js"
import { Facts } from "../../src/observe/Facts.js"
import { make as makeObserver } from "../../src/observe/Observer.js"
import { Observers } from "../../src/observe/Observers.js"
import { sources, Stores } from "../../src/observe/Sources.js"
import { whileServed } from "../../src/observe/whileServed.js"
import * as WriteThrough from "../../src/observe/WriteThrough.js"
import { EventRecorder } from "../../src/report/EventRecorder.js"
import { Reconciler } from "../../src/runtime/Reconciler.js"
import { TemplateUse } from "../../src/runtime/TemplateUse.js"
import { Triggers } from "../../src/runtime/Triggers.js"

/** Pause between two lists of pods (ms, ±10 %). */
export const pollMs = 10_000
/** Pause between two looks at a cluster in a rolling restart (ms). */
export const requeueMs = 15_000

/** Not watched by the former operator. */
const polled: ReadonlySet<string> = new Set(["Pod", "PersistentVolumeClaim"])

/** Pods by polling, the rest by watching. */
export const layerObservers: Layer.Layer<Observers, never, Stores | OperatorConfig> = Layer.effect(
  Observers,
  Effect.gen(function* () {
    const stores = yield* Stores
    const { resyncMs } = yield* OperatorConfig
    const observers = yield* Effect.forEach(sources(stores), ({ labelSelector, mayBeAbsent, store }) =>
      Effect.map(
        (mayBeAbsent === true ? whileServed : makeObserver)({
          store,
          target: labelSelector === undefined ? {} : { labelSelector },
          pollIntervalMs: pollMs,
          resyncMs,
          isWatchEnabled: !polled.has(store.kind.kind),
        }),
        (observer) => ({ kind: store.kind.kind, observer }),
      ),
    )
    return Observers.of({
      // Nobody doubted a watch then.
      expect: () => Effect.void,
      run: Effect.zipRight(
        Effect.all(
          observers.map(({ observer }) => observer.run),
          { concurrency: "unbounded", discard: true },
        ),
        Effect.never,
      ),
      modes: Effect.forEach(observers, ({ kind, observer }) =>
        Effect.map(SubscriptionRef.get(observer.mode), (mode) => ({ kind, mode })),
      ),
    })
  }),
)

/** What the product calls the second of the two reads in front of a restart: it belongs to the same look at the nodes as the first. */
const secondRead = "second safety read"

/** The same facts, with at least `pauseMs` between two looks at a cluster. */
export const paced = (facts: Facts["Type"], pauseMs: number): Facts["Type"] => ({
  ...facts,
  request: (key, request) =>
    request.because === secondRead
      ? facts.request(key, request)
      : Effect.flatMap(facts.get(key), ({ latest }) =>
          facts.request(key, {
            ...request,
            at: latest === undefined ? request.at : Math.max(request.at, latest.finishedAt + pauseMs),
          }),
        ),
})

const layerInquiries = Layer.unwrapEffect(
  Effect.gen(function* () {
    const triggers = yield* Triggers
    const { nodeTimeoutMs } = yield* OperatorConfig
    const oneByOne = Facts.layer({ trigger: triggers.add, perNodeTimeoutMs: nodeTimeoutMs, concurrency: 1 })
    const facts = Layer.effect(
      Facts,
      Effect.map(Facts, (each) => paced(each, requeueMs)),
    )
    return Layer.merge(Layer.provide(facts, oneByOne), ClientViews.layer({ trigger: triggers.add }))
  }),
)

/** The operator with the former strategy, given the outside world. Run it with `Operator.run`. */
export const layer: Layer.Layer<
  Reconciler | Observers | Stores | TemplateUse | Triggers,
  never,
  KubeReader | KubeWriter | AerospikeInfo | ClusterClient | OperatorConfig
> = Layer.merge(Reconciler.layer, TemplateUse.layer).pipe(
  Layer.provideMerge(EventRecorder.layer),
  Layer.provideMerge(WriteThrough.layer),
  Layer.provideMerge(layerInquiries),
  Layer.provideMerge(layerObservers),
  Layer.provideMerge(Layer.merge(Stores.layer, Triggers.layer)),
)
