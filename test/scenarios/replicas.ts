/** Several operators as one Deployment runs them, each with its own lease and fence, in one world and in virtual time. */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
import { AerospikeInfo } from "../../src/aerospike/AerospikeInfo.js"
import { ClusterClient } from "../../src/aerospike/ClusterClient.js"
import { OperatorConfig, type OperatorSettings } from "../../src/config/OperatorConfig.js"
import { aerospikeClusterCrd, aerospikeClusterTemplateCrd } from "../../src/decide/crd.js"
import { Kinds, type KubeObject } from "../../src/domain/Kubernetes.js"
import type { KubeReader, KubeWriter } from "../../src/kube/KubeClient.js"
import { leaseView } from "../../src/kube/Lease.js"
import * as Operator from "../../src/Operator.js"
import { render } from "../../src/report/Prometheus.js"
import * as Fence from "../../src/runtime/Fence.js"
import { defaultLeaseName, LeaderElection } from "../../src/runtime/LeaderElection.js"
import { type EmbeddedWorld, layerWorld, World } from "../../src/testing/kube/controllers/EmbeddedWorld.js"
import { type ClientFaults, makeClientFaults } from "../../src/testing/kube/ClientFaults.js"
import { layerMemory } from "../../src/testing/kube/MemoryKube.js"
import type { Inside, Outside } from "../../src/testing/simulation/OperatorProcess.js"
import { make as makeVirtualTime } from "../../src/testing/simulation/VirtualTime.js"
import { namespace } from "./stage.js"

const leaseNamespace = "acko-system"
/** How long a write takes, so that there is a time in the middle of a pass. */
const writeMs = 20

/** A write of an operator, in the order in which they reached the API server. */
export interface SeenWrite {
  readonly at: number
  readonly user: string
  readonly what: string
  /** Who held the Lease when it arrived. */
  readonly holder: string
}

export interface Replica {
  readonly user: string
  readonly faults: ClientFaults
  readonly inside: Context.Context<Inside>
  readonly exit: () => Exit.Exit<unknown, unknown> | undefined
  /** As SIGTERM does. Completes when the process would be gone. */
  readonly stop: Effect.Effect<void>
}

export interface Replicas {
  readonly world: EmbeddedWorld
  readonly start: (
    user: string,
    options?: {
      /** Replaces parts of the outside world of this replica. */
      readonly around?: Layer.Layer<Outside, never, Outside>
      /** The same for the requests about the Lease. */
      readonly aroundLease?: Layer.Layer<KubeReader | KubeWriter, never, KubeReader | KubeWriter>
      /** Replaces the operator's own graph. */
      readonly inside?: Layer.Layer<Inside, never, Outside | OperatorConfig>
      readonly settings?: Partial<OperatorSettings>
      /** What runs in it. Default: the operator without probes and webhooks. */
      readonly run?: typeof Operator.runElected
    },
  ) => Effect.Effect<Replica>
  readonly writes: ReadonlyArray<SeenWrite>
  readonly holder: () => string
  readonly phase: () => string | undefined
  /** Sleeps until it holds; dies after ten virtual minutes. */
  readonly until: (what: string, holds: () => boolean) => Effect.Effect<void>
}

const makeReplicas: Effect.Effect<Replicas, never, World | AerospikeInfo> = Effect.gen(function* () {
  const world = yield* World
  const info = yield* AerospikeInfo
  const { server } = world
  const writes: Array<SeenWrite> = []
  const holder = (): string => {
    const lease = server.find(Kinds.Lease, { namespace: leaseNamespace, name: defaultLeaseName })
    return lease === undefined ? "" : leaseView(lease).holder
  }
  server.gate.onRequest(({ name = "", resource, subresource, user, verb }) => {
    if (user.startsWith("replica-") && !["get", "list", "watch"].includes(verb)) {
      const what = `${verb} ${resource}${subresource === undefined ? "" : `/${subresource}`} ${name}`
      writes.push({ at: server.now(), user, what, holder: holder() })
      return { _tag: "Delay", ms: writeMs }
    }
    return undefined
  })
  return {
    world,
    writes,
    holder,
    phase: () => {
      const status = server.find(Kinds.AerospikeCluster, { namespace, name: "db" })?.["status"]
      return (status as { readonly phase?: string } | undefined)?.phase
    },
    until: (what, holds) =>
      Effect.gen(function* () {
        const from = server.now()
        while (!holds()) {
          if (server.now() - from > 600_000) return yield* Effect.dieMessage(`not within ten minutes: ${what}`)
          yield* Effect.sleep(5)
        }
      }),
    start: (user, options = {}) =>
      Effect.gen(function* () {
        const faults = makeClientFaults()
        const scope = yield* Scope.make()
        const kube = layerMemory(server, { as: user, faults })
        const election = LeaderElection.layer({ namespace: leaseNamespace, identity: user }).pipe(
          Layer.provide(options.aroundLease ?? Layer.context<KubeReader | KubeWriter>()),
          Layer.provide(Layer.fresh(kube)),
        )
        const outside = (options.around ?? Layer.context<Outside>()).pipe(
          Layer.provide(Fence.layer),
          Layer.provideMerge(
            Layer.mergeAll(election, kube, Layer.succeed(AerospikeInfo, info), ClusterClient.layerNoop),
          ),
        )
        const context = yield* Layer.buildWithScope(
          (options.inside ?? Operator.layer).pipe(
            Layer.provideMerge(outside),
            Layer.provideMerge(OperatorConfig.layer({ clientView: false, ...options.settings })),
          ),
          scope,
        )
        const fiber = yield* Effect.forkDaemon(Effect.provide(options.run ?? Operator.runElected, context))
        return {
          user,
          faults,
          inside: context,
          exit: () => fiber.unsafePoll() ?? undefined,
          stop: Effect.zipRight(Fiber.interrupt(fiber), Scope.close(scope, Exit.void)),
        }
      }),
  }
})

/** The lines of the metrics page of a replica, without comments. All replicas of one test share a registry. */
export const pageOf = ({ inside }: Pick<Replica, "inside">): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(Effect.provide(Operator.metrics, inside), (families) =>
    render(Metric.unsafeSnapshot(), families)
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#")),
  )

/** Runs `body` in a world of its own, to its end, synchronously. */
export const withReplicas = (body: (replicas: Replicas) => Effect.Effect<unknown>): void => {
  const time = makeVirtualTime({ seed: 1 })
  const place: KubeObject = { apiVersion: "v1", kind: "Namespace", metadata: { name: leaseNamespace } }
  const program = Effect.flatMap(makeReplicas, body).pipe(
    Effect.provide(layerWorld({ objects: [aerospikeClusterCrd(), aerospikeClusterTemplateCrd(), place], hosts: 6 })),
    Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)),
    Effect.provide(time.layer),
    Effect.withTracerEnabled(false),
  )
  let exit: Exit.Exit<unknown, unknown> | undefined
  const fiber = Effect.runFork(program, { scheduler: time.scheduler })
  fiber.addObserver((done) => (exit = done))
  time.runUntil(time.now() + 24 * 3_600_000, () => exit === undefined)
  if (exit === undefined) throw new Error("the scenario did not end within a virtual day")
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
}
