/**
 * The operator as one program over one Layer graph. {@link layer} needs only the outside world (API server, Aerospike nodes, settings), so
 * the same program runs in a cluster, in the sandbox and in virtual time.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { randomBytes } from "node:crypto"
import { hostname } from "node:os"
import { certificateFiles } from "./admission/certificateFiles.js"
import type { CertificateSource } from "./admission/CertificateSource.js"
import { selfManaged } from "./admission/selfManaged.js"
import { AdmissionWebhook } from "./admission/Webhook.js"
import { AerospikeInfo } from "./aerospike/AerospikeInfo.js"
import { ClusterClient } from "./aerospike/ClusterClient.js"
import { OperatorConfig } from "./config/OperatorConfig.js"
import { keyString, type ClusterKey } from "./domain/Kubernetes.js"
import { publishAuthorities } from "./kube/caBundle.js"
import * as KubeAccess from "./kube/KubeAccess.js"
import type { KubeReader, KubeWriter } from "./kube/KubeClient.js"
import * as KubeTransport from "./kube/KubeTransport.js"
import { ClientViews } from "./observe/ClientViews.js"
import { Facts } from "./observe/Facts.js"
import { Observers } from "./observe/Observers.js"
import { allReady, sources, Stores, usersOf } from "./observe/Sources.js"
import * as WriteThrough from "./observe/WriteThrough.js"
import { Health, type Readiness } from "./report/Health.js"
import { EventRecorder } from "./report/EventRecorder.js"
import * as Controller from "./runtime/Controller.js"
import * as Fence from "./runtime/Fence.js"
import { LeaderElection, type LeadershipLost } from "./runtime/LeaderElection.js"
import { Reconciler } from "./runtime/Reconciler.js"
import * as Shutdown from "./runtime/Shutdown.js"
import { onSteadyClock, onWallClock } from "./runtime/SteadyClock.js"
import { TemplateUse } from "./runtime/TemplateUse.js"
import { clusterController, Triggers } from "./runtime/Triggers.js"

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

/** The operator, given the outside world, how stores are fed, and the stores. */
export const layerObserving = (
  observers: Layer.Layer<Observers, never, Stores | OperatorConfig>,
  stores: Layer.Layer<Stores, never, OperatorConfig> = Stores.layer,
): Layer.Layer<
  Reconciler | Observers | Stores | TemplateUse | Triggers,
  never,
  KubeReader | KubeWriter | AerospikeInfo | ClusterClient | OperatorConfig
> =>
  Layer.merge(Reconciler.layer, TemplateUse.layer).pipe(
    Layer.provideMerge(EventRecorder.layer),
    Layer.provideMerge(WriteThrough.layer),
    Layer.provideMerge(Shutdown.layer),
    Layer.provideMerge(layerInquiries),
    Layer.provideMerge(observers),
    Layer.provideMerge(Layer.merge(stores, Triggers.layer)),
  )

/** The operator, given the outside world. */
export const layer = layerObserving(Observers.layer)

/**
 * Observes at once, and works through what the observers find while leading. All parts run under one roof: a defect in any of them ends the
 * program, loudly (S11), and so does the loss of leadership.
 */
export const runElected: Effect.Effect<
  never,
  LeadershipLost,
  Reconciler | Observers | Stores | TemplateUse | Triggers | KubeReader | OperatorConfig | LeaderElection
> = Effect.scoped(
  Effect.gen(function* () {
    const stores = yield* Stores
    const triggers = yield* Triggers
    const observers = yield* Observers
    const reconciler = yield* Reconciler
    const config = yield* OperatorConfig
    const election = yield* LeaderElection
    yield* Effect.forEach(
      sources(stores),
      ({ store }) =>
        store.subscribe((change) =>
          Effect.forEach(change.keys, (key) => triggers.add(key, change.why), { discard: true }),
        ),
      { discard: true },
    )
    // Which clusters a template concerns, only they themselves say. Nothing but keys is passed on (W59).
    yield* stores.templates.subscribe((change) =>
      Effect.flatMap(usersOf(stores, (change.after ?? change.before)?.name ?? ""), (users) =>
        Effect.forEach(users, ({ namespace, name }) => triggers.add({ namespace, name }, change.why), {
          discard: true,
        }),
      ),
    )
    const templates = yield* TemplateUse
    const collapsed = yield* Deferred.make<void>()
    /** Interruption is no collapse: then running passes have time to finish. */
    const pillar = <A, E, R>(part: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.tapErrorCause(part, (cause) =>
        Cause.isInterruptedOnly(cause) ? Effect.void : Deferred.succeed(collapsed, undefined),
      )
    const controller = Controller.make({
      name: clusterController,
      queue: triggers,
      keyString,
      annotations: ({ namespace, name }: ClusterKey) => ({ namespace, name }),
      reconcile: (key: ClusterKey) => reconciler.reconcile(key),
      classify: () => "Transient" as const,
      ready: allReady(stores),
      concurrency: config.concurrency,
      deadlineMs: config.passTimeoutMs,
      abandon: Effect.raceFirst(election.deposed, Deferred.await(collapsed)),
    })
    yield* Effect.logInfo("operator starts")
    // None of them ever succeeds. Not `Effect.all`: interrupted, it would not wait for the passes that `lead` lets finish (R12).
    return yield* Effect.raceFirst(
      pillar(observers.run),
      Effect.raceFirst(
        pillar(election.lead(Effect.raceFirst(controller.run, templates.run))),
        pillar(reconciler.failure),
      ),
    )
  }),
).pipe(onSteadyClock)

/** {@link runElected} as the only instance, until interrupted. */
export const run: Effect.Effect<
  never,
  never,
  Reconciler | Observers | Stores | TemplateUse | Triggers | KubeReader | OperatorConfig
> = runElected.pipe(
  Effect.provide(LeaderElection.layerNoop),
  // Whoever leads without an election cannot lose one.
  Effect.catchTag("LeadershipLost", Effect.die),
)

/**
 * What `/readyz` tells: every store has its first complete picture, and every observer has a way to keep it fresh. Leading or not does not
 * matter: a standby is as ready as it can be.
 */
export const readiness: Effect.Effect<Readiness, never, Stores | Observers | LeaderElection> = Effect.gen(function* () {
  const stores = yield* Stores
  const observers = yield* Effect.flatMap(Observers, ({ modes }) => modes)
  const needed = sources(stores).filter(({ optional }) => optional !== true)
  const isPictured = yield* Effect.every(needed, ({ store }) => store.isReady)
  const isNeeded = new Set(needed.map(({ store }) => store.kind.kind))
  const isObserved = observers.every(
    ({ kind, mode }) => !isNeeded.has(kind) || (mode !== "refused" && mode !== "stopped"),
  )
  const leading = yield* Effect.flatMap(LeaderElection, ({ isLeading }) => isLeading)
  return { ready: isPictured && isObserved, leading, observers }
})

/** What `/metrics` shows about clusters; brings up to date what grows by itself. */
export const metrics = Effect.gen(function* () {
  const { measure } = yield* Triggers
  const templates = yield* TemplateUse
  const reconciler = yield* Reconciler
  yield* Effect.zipRight(measure, templates.measure)
  return yield* reconciler.metrics
})

/** What probes and Prometheus are told while the operator runs. */
const showHealth = Effect.gen(function* () {
  const context = yield* Effect.context<Stores | Observers | LeaderElection | Triggers | TemplateUse | Reconciler>()
  const webhook = yield* AdmissionWebhook
  const { show } = yield* Health
  const whole = Effect.zipWith(Effect.provide(readiness, context), webhook.isReady, (state, isServed) => ({
    ...state,
    ready: state.ready && isServed,
    webhook: isServed,
  }))
  yield* show({ readiness: whole, metrics: Effect.provide(metrics, context) })
})

/**
 * {@link runElected} with probes, metrics and webhooks served: the operator as a process. The end, in order (R12): at once it is not ready and
 * begins no work; passes under way are finished; then the Lease is given back, while the webhooks are served to the end of their drain; health
 * is the last to go.
 */
export const runProcess = Effect.gen(function* () {
  const webhook = yield* AdmissionWebhook
  const health = yield* Health
  yield* showHealth
  const untilEnd = Effect.onInterrupt(Effect.never, () => health.end)
  // Certificates are judged by callers with clocks of their own (R134).
  return yield* Effect.raceFirst(runElected, Effect.raceFirst(onWallClock(webhook.run), untilEnd))
}).pipe(onSteadyClock)

/** The client-view child process beside the bundle. */
export const clientViewWorker = new URL("./clientViewWorker.js", import.meta.url)

/** Leaders must agree on the namespace of their Lease. */
export class LeaseNamespaceUnknown extends Data.TaggedError("LeaseNamespaceUnknown") {
  override get message(): string {
    return "leader election: in which namespace? Say --lease-namespace (ACKO_LEASE_NAMESPACE), or set one in the kubeconfig's context"
  }
}

const election = Layer.unwrapEffect(
  Effect.gen(function* () {
    const config = yield* OperatorConfig
    if (!config.leaderElect) return LeaderElection.layerNoop
    const { defaultNamespace } = yield* KubeAccess.KubeAccess
    const namespace = config.leaseNamespace ?? defaultNamespace
    if (namespace === undefined) return yield* new LeaseNamespaceUnknown()
    const campaign = LeaderElection.layer({
      namespace,
      name: config.leaseName,
      identity: `${hostname()}_${randomBytes(6).toString("hex")}`,
      leaseMs: config.leaseDurationMs,
      renewDeadlineMs: config.renewDeadlineMs,
      retryMs: config.retryPeriodMs,
    })
    // Requests of its own: neither a pause the server asks of others nor their number delays a renewal.
    return Layer.provide(campaign, Layer.fresh(KubeTransport.layer()))
  }),
)

/** The API server as one of several instances uses it: an election if the settings say so, and no write without leadership (S4). */
export const layerKube = Fence.layer.pipe(
  Layer.provideMerge(Layer.merge(election, KubeTransport.layer())),
) satisfies Layer.Layer<
  KubeReader | KubeWriter | LeaderElection,
  LeaseNamespaceUnknown,
  KubeAccess.KubeAccess | OperatorConfig
>

/** The webhooks' certificate names their Service, which is in some namespace. */
export class WebhookNamespaceUnknown extends Data.TaggedError("WebhookNamespaceUnknown") {
  override get message(): string {
    return "admission webhooks: in which namespace is their Service? Say --webhook-namespace (ACKO_WEBHOOK_NAMESPACE), or give certificates with --webhook-cert-dir"
  }
}

/**
 * Certificates of our own, with requests of their own: every replica publishes its authority, whether it leads or not. It is the one write
 * outside the fence, and harmless there, since each replica changes only what it added itself.
 */
const ownCertificates = Effect.gen(function* () {
  const { webhookConfiguration, webhookNamespace, webhookService } = yield* OperatorConfig
  const { defaultNamespace } = yield* KubeAccess.KubeAccess
  const namespace = webhookNamespace ?? defaultNamespace
  if (namespace === undefined) return yield* new WebhookNamespaceUnknown()
  const api = yield* Layer.build(Layer.fresh(KubeTransport.layer()))
  const service = { namespace, name: webhookService }
  const name = `${webhookService}.${namespace}.svc`
  return selfManaged({
    // A container that starts again in its pod has the same name; processes side by side on one machine do not.
    replica: `${hostname()}-${process.pid}`,
    hosts: [name, `${name}.cluster.local`],
    publish: (authorities) =>
      Effect.provide(publishAuthorities({ configuration: webhookConfiguration, service }, authorities), api),
  })
})

/** The admission webhooks, if the settings want them. */
export const layerWebhook = Layer.unwrapScoped(
  Effect.gen(function* () {
    const config = yield* OperatorConfig
    if (!config.webhook) return AdmissionWebhook.layerNoop
    const certificates: CertificateSource<FileSystem.FileSystem | Path.Path> =
      config.webhookCertDir === undefined
        ? yield* ownCertificates
        : certificateFiles({ directory: config.webhookCertDir })
    const { webhookDrainMs: drainMs, webhookHost: host, webhookPort: port } = config
    return AdmissionWebhook.layer({ host, port, drainMs, certificates })
  }),
)

/** The operator with the live outside world, given credentials and settings. */
export const layerProcess = layer.pipe(
  Layer.provideMerge(
    Layer.mergeAll(
      layerKube,
      layerWebhook,
      AerospikeInfo.layer,
      ClusterClient.layer({ workerPath: clientViewWorker.pathname }),
    ),
  ),
  Layer.provideMerge(Health.layer),
)

/** Credentials as the settings say: a kubeconfig, or wherever they are found. */
export const layerAccess = Layer.unwrapEffect(
  Effect.map(OperatorConfig, ({ context, kubeconfig }) =>
    kubeconfig === undefined && context === undefined
      ? KubeAccess.layerFromEnv
      : KubeAccess.layerKubeconfig({
          ...(kubeconfig === undefined ? {} : { path: kubeconfig }),
          ...(context === undefined ? {} : { context }),
        }),
  ),
)

/** Everything live, given the settings: `OperatorConfig.layerFromEnv`, for one. */
export const layerLive = layerProcess.pipe(
  Layer.provideMerge(layerAccess),
  Layer.provide(Layer.merge(NodeFileSystem.layer, NodePath.layer)),
)
