/**
 * The operator as one program over one Layer graph. {@link layer} needs only the outside world (API server, Aerospike nodes, settings), so
 * the same program runs in a cluster, in the sandbox and in virtual time.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { AerospikeInfo } from "./aerospike/AerospikeInfo.js"
import { ClusterClient } from "./aerospike/ClusterClient.js"
import { OperatorConfig } from "./config/OperatorConfig.js"
import { keyString, type ClusterKey } from "./domain/Kubernetes.js"
import * as KubeAccess from "./kube/KubeAccess.js"
import type { KubeReader, KubeWriter } from "./kube/KubeClient.js"
import * as KubeTransport from "./kube/KubeTransport.js"
import { ClientViews } from "./observe/ClientViews.js"
import { Facts } from "./observe/Facts.js"
import { Observers } from "./observe/Observers.js"
import { allReady, sources, Stores } from "./observe/Sources.js"
import * as WriteThrough from "./observe/WriteThrough.js"
import { EventRecorder } from "./report/EventRecorder.js"
import * as Controller from "./runtime/Controller.js"
import { Reconciler } from "./runtime/Reconciler.js"
import { Triggers } from "./runtime/Triggers.js"

/** Facts and client views come back as triggers: no pass waits for a node. */
const layerInquiries = Layer.unwrapEffect(
  Effect.gen(function* () {
    const triggers = yield* Triggers
    const config = yield* OperatorConfig
    return Layer.merge(
      Facts.layer({ trigger: triggers.add, perNodeTimeoutMs: config.nodeTimeoutMs }),
      ClientViews.layer({ trigger: triggers.add }),
    )
  }),
)

/** Everything inside the operator except how stores are fed. */
export const layerCore = Reconciler.layer.pipe(
  Layer.provideMerge(EventRecorder.layer),
  Layer.provideMerge(WriteThrough.layer),
  Layer.provideMerge(layerInquiries),
  Layer.provideMerge(Layer.merge(Stores.layer, Triggers.layer)),
)

/** The operator, given the outside world. */
export const layer: Layer.Layer<
  Reconciler | Observers | Stores | Triggers,
  never,
  KubeReader | KubeWriter | AerospikeInfo | ClusterClient | OperatorConfig
> = Layer.provideMerge(Observers.layer, layerCore)

/**
 * Observes, and works through what the observers find, until interrupted. All parts run under one roof: a defect in any of them ends the
 * program, loudly (S11).
 */
export const run: Effect.Effect<
  never,
  never,
  Reconciler | Observers | Stores | Triggers | KubeReader | OperatorConfig
> = Effect.scoped(
  Effect.gen(function* () {
    const stores = yield* Stores
    const triggers = yield* Triggers
    const observers = yield* Observers
    const reconciler = yield* Reconciler
    const config = yield* OperatorConfig
    yield* Effect.forEach(
      sources(stores),
      ({ store }) =>
        store.subscribe((change) =>
          Effect.forEach(change.keys, (key) => triggers.add(key, change.why), { discard: true }),
        ),
      { discard: true },
    )
    const controller = Controller.make({
      name: "clusters",
      queue: triggers,
      keyString,
      reconcile: (key: ClusterKey) => reconciler.reconcile(key),
      classify: () => "Transient" as const,
      ready: allReady(stores),
      concurrency: config.concurrency,
      deadlineMs: config.passTimeoutMs,
    })
    yield* Effect.logInfo("operator starts")
    return yield* Effect.zipRight(
      Effect.all([observers.run, controller.run], { concurrency: "unbounded", discard: true }),
      Effect.never,
    )
  }),
)

/** The client-view child process beside the bundle. */
export const clientViewWorker = new URL("./clientViewWorker.js", import.meta.url)

/** The live outside world: credentials from the pod or a kubeconfig, settings from the environment. */
export const layerLive = layer.pipe(
  Layer.provideMerge(
    Layer.mergeAll(
      Layer.provide(KubeTransport.layer(), KubeAccess.layerFromEnv),
      AerospikeInfo.layer,
      ClusterClient.layer({ workerPath: clientViewWorker.pathname }),
      OperatorConfig.layerFromEnv,
    ),
  ),
  Layer.provide(NodeFileSystem.layer),
)
