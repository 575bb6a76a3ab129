/**
 * The production operator as a process of a simulated world: it can be started, crashed (its network is cut first, so no finalizer of it
 * reaches the API server) and started again as a fresh process with an empty memory.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { AerospikeInfo } from "../../aerospike/AerospikeInfo.js"
import { ClusterClient } from "../../aerospike/ClusterClient.js"
import { OperatorConfig, type OperatorSettings } from "../../config/OperatorConfig.js"
import { KubeReader, KubeWriter } from "../../kube/KubeClient.js"
import type { Observers } from "../../observe/Observers.js"
import type { Stores } from "../../observe/Sources.js"
import * as Operator from "../../Operator.js"
import * as Fence from "../../runtime/Fence.js"
import { LeaderElection, type LeadershipLost } from "../../runtime/LeaderElection.js"
import type { Reconciler } from "../../runtime/Reconciler.js"
import type { TemplateUse } from "../../runtime/TemplateUse.js"
import type { Triggers } from "../../runtime/Triggers.js"
import { type ClientFaults, makeClientFaults } from "../kube/ClientFaults.js"
import type { EmbeddedWorld } from "../kube/controllers/EmbeddedWorld.js"
import { layerMemory, type MemoryOptions } from "../kube/MemoryKube.js"

/** The outside world as one incarnation of the operator sees it. */
export type Outside = KubeReader | KubeWriter | AerospikeInfo | ClusterClient

/** The operator's inside. */
export type Inside = Reconciler | Observers | Stores | TemplateUse | Triggers

export interface ProcessOptions {
  readonly settings?: Partial<OperatorSettings>
  /** Lag and lost lines of its client. */
  readonly client?: Partial<Omit<MemoryOptions, "as" | "faults">>
  /** Wraps the outside world: recorders, checks, planted bugs. */
  readonly around?: (outside: Layer.Layer<Outside>) => Layer.Layer<Outside>
  /** Campaigns under its user's name before it works. Default: it is the only one. `isFenced` false: a planted bug. */
  readonly election?: { readonly namespace: string; readonly isFenced: boolean }
  /** The operator's own graph. Default: the production graph. */
  readonly inside?: Layer.Layer<Inside, never, Outside | OperatorConfig>
}

export interface OperatorProcess {
  /** `operator-1`, `operator-2`, …: every incarnation is another user in the request log. */
  readonly user: string
  readonly faults: ClientFaults
  /** Why it ended by itself, if it did: always a bug (S11). */
  readonly death: () => Exit.Exit<never, LeadershipLost> | undefined
  /** Nothing leaves or reaches it any more; it does not know yet. */
  readonly cut: () => void
  /** Cuts its network, then ends it. */
  readonly crash: Effect.Effect<void>
  /** As SIGTERM does: an orderly end. */
  readonly stop: Effect.Effect<void>
  readonly context: Context.Context<Inside>
}

/** Requests after the network was cut never leave the process and never return. */
const cuttable = (isCut: () => boolean): Layer.Layer<Outside, never, Outside> =>
  Layer.mergeAll(
    Layer.effect(
      KubeReader,
      Effect.map(KubeReader, (reader) => ({
        get: (kind, ref) => Effect.suspend(() => (isCut() ? Effect.never : reader.get(kind, ref))),
        list: (kind, options) => Effect.suspend(() => (isCut() ? Effect.never : reader.list(kind, options))),
        watch: reader.watch,
      })),
    ),
    Layer.effect(
      KubeWriter,
      Effect.map(KubeWriter, (writer) => {
        const guard = <A, E>(request: Effect.Effect<A, E>): Effect.Effect<A, E> =>
          Effect.suspend(() => (isCut() ? Effect.never : request))
        return {
          create: (kind, object) => guard(writer.create(kind, object)),
          replace: (kind, object, subresource) => guard(writer.replace(kind, object, subresource)),
          apply: (kind, object, options) => guard(writer.apply(kind, object, options)),
          patch: (kind, ref, options) => guard(writer.patch(kind, ref, options)),
          remove: (kind, ref, options) => guard(writer.remove(kind, ref, options)),
          evict: (ref, options) => guard(writer.evict(ref, options)),
          bind: (ref, host) => guard(writer.bind(ref, host)),
        }
      }),
    ),
    Layer.effect(
      AerospikeInfo,
      Effect.map(AerospikeInfo, (info) => ({
        ask: (address, commands) => Effect.suspend(() => (isCut() ? Effect.never : info.ask(address, commands))),
      })),
    ),
    Layer.effect(ClusterClient, ClusterClient),
  )

/** The outside world as production puts it together: an election if there is one, and no write without leadership. */
const ruled = (
  identity: string,
  outside: Layer.Layer<Outside>,
  election: ProcessOptions["election"],
): Layer.Layer<Outside | LeaderElection> => {
  if (election === undefined) return Layer.merge(outside, LeaderElection.layerNoop)
  const campaign = Layer.provide(LeaderElection.layer({ namespace: election.namespace, identity }), outside)
  const both = Layer.merge(outside, campaign)
  return election.isFenced ? Layer.provideMerge(Fence.layer, both) : both
}

/** Starts one incarnation in the world, under the Clock, Random and Scheduler in force. */
export const start = (
  world: EmbeddedWorld,
  info: AerospikeInfo["Type"],
  incarnation: number,
  options: ProcessOptions = {},
): Effect.Effect<OperatorProcess> =>
  Effect.gen(function* () {
    const user = `operator-${incarnation}`
    const faults = makeClientFaults()
    let isCut = false
    const scope = yield* Scope.make()
    const client = Layer.mergeAll(
      layerMemory(world.server, { ...options.client, as: user, faults }),
      Layer.succeed(AerospikeInfo, info),
      ClusterClient.layerNoop,
    )
    const outside = (options.around ?? ((layer) => layer))(
      Layer.provide(
        cuttable(() => isCut),
        client,
      ),
    )
    const context = yield* Layer.buildWithScope(
      (options.inside ?? Operator.layer).pipe(
        Layer.provideMerge(ruled(user, outside, options.election)),
        Layer.provideMerge(OperatorConfig.layer({ clientView: false, ...options.settings })),
      ),
      scope,
    )
    const fiber = yield* Effect.forkDaemon(Effect.provide(Operator.runElected, context))
    const cut = (): void => {
      isCut = true
      faults.setOutage(true)
    }
    const end = Effect.zipRight(Fiber.interrupt(fiber), Scope.close(scope, Exit.void))
    return {
      user,
      faults,
      context,
      death: () => fiber.unsafePoll() ?? undefined,
      cut,
      crash: Effect.zipRight(Effect.sync(cut), end),
      stop: end,
    }
  })
