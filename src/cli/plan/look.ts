/**
 * A look at the world as the operator sees it, once and without a write: the stores of all kinds, fed by the operator's own observers, and the
 * nodes of the clusters that there are.
 */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type { AerospikeInfo } from "../../aerospike/AerospikeInfo.js"
import { OperatorConfig } from "../../config/OperatorConfig.js"
import { templateNameOf } from "../../domain/AerospikeCluster.js"
import type { JsonObject } from "../../domain/Json.js"
import type { ClusterKey } from "../../domain/Kubernetes.js"
import { type ClusterView, emptyMemory, type TemplateView } from "../../domain/Snapshot.js"
import type { KubeReader } from "../../kube/KubeClient.js"
import { ClientViews } from "../../observe/ClientViews.js"
import { Facts } from "../../observe/Facts.js"
import { Observers } from "../../observe/Observers.js"
import { snapshotOf } from "../../observe/Snapshots.js"
import { allReady, Stores } from "../../observe/Sources.js"
import { applied, appliedTemplate, type Foresight, foresee } from "./foresee.js"

/** Not everything could be read in time. */
export class WorldNotSeen extends Data.TaggedError("WorldNotSeen")<{ readonly kinds: ReadonlyArray<string> }> {
  override get message(): string {
    return `not everything could be read: ${this.kinds.join(", ")}; is the API server there, and may you list them? (\`kubectl auth can-i list\` tells)`
  }
}

/** How long the first complete picture may take. */
const patience = Duration.seconds(20)
/** Nodes are asked this often at the most: two equal answers make a cluster that is known to be whole (S3). */
const maxRounds = 3
/** A request for later is carried out now, but the gap between two safety reads is kept. */
const maxGapMs = 1_000

/** The world while it is looked at. */
export interface Look {
  readonly cluster: (key: ClusterKey) => Effect.Effect<ClusterView | undefined>
  readonly template: (name: string) => Effect.Effect<TemplateView | undefined>
  /** What would happen if `resource` were applied, and `templates` with it. */
  readonly foresee: (
    key: ClusterKey,
    resource: JsonObject,
    templates: ReadonlyMap<string, JsonObject>,
  ) => Effect.Effect<Foresight>
}

/** Nobody connects as an application would: what one sees delays a restart, it does not change what is wanted. */
const noClientViews = Layer.succeed(ClientViews, {
  request: () => Effect.void,
  get: () => Effect.succeed(undefined),
  failure: Effect.never,
  forget: () => Effect.void,
})

const world = (answered: Effect.Effect<void>) =>
  Layer.mergeAll(Facts.layer({ trigger: () => answered }), noClientViews, Observers.layer).pipe(
    Layer.provideMerge(Stores.layer),
  )

const notReady = Effect.gen(function* () {
  const observers = yield* Effect.flatMap(Observers, ({ modes }) => modes)
  const kinds = observers.filter(({ mode }) => mode !== "watching" && mode !== "polling")
  return new WorldNotSeen({ kinds: kinds.map(({ kind, mode }) => `${kind} (${mode})`) })
})

/** Begins to look; ends with the scope. */
export const look: Effect.Effect<Look, WorldNotSeen, KubeReader | AerospikeInfo | OperatorConfig | Scope.Scope> =
  Effect.gen(function* () {
    const answers = yield* Queue.unbounded<void>()
    const context = yield* Layer.build(world(Effect.asVoid(Queue.offer(answers, undefined))))
    const { decision, nodeTimeoutMs } = yield* OperatorConfig
    return yield* Effect.gen(function* () {
      const stores = yield* Stores
      const facts = yield* Facts
      const observers = yield* Observers
      yield* Effect.forkScoped(observers.run)
      yield* allReady(stores).pipe(
        Effect.timeoutOption(patience),
        Effect.flatMap((seen) => (seen._tag === "None" ? Effect.flatMap(notReady, Effect.fail) : Effect.void)),
      )

      const ask = (
        cluster: ClusterView,
        templates: ReadonlyMap<string, JsonObject>,
        round: number,
      ): Effect.Effect<Foresight, never, Stores | Facts | ClientViews> =>
        Effect.gen(function* () {
          const found = yield* snapshotOf(cluster, emptyMemory, decision)
          const reference = templateNameOf(cluster.spec)
          const own = reference === undefined ? undefined : templates.get(reference)
          const snapshot =
            reference === undefined || own === undefined
              ? found
              : { ...found, template: appliedTemplate(reference, own, found.template) }
          const { facts: request, foresight } = foresee(snapshot)
          if (request === undefined || request.targets.length === 0 || round >= maxRounds) return foresight
          const now = yield* Clock.currentTimeMillis
          const key = { namespace: cluster.namespace, name: cluster.name }
          yield* facts.request(key, { ...request, at: Math.min(request.at, now + maxGapMs) })
          const answered = yield* Effect.timeoutOption(Queue.take(answers), nodeTimeoutMs + 2 * maxGapMs)
          return answered._tag === "None" ? foresight : yield* ask(cluster, templates, round + 1)
        })

      const inside = yield* Effect.context<Stores | Facts | ClientViews>()
      return {
        cluster: stores.clusters.get,
        template: (name: string) => stores.templates.get({ name }),
        foresee: (key: ClusterKey, resource: JsonObject, templates: ReadonlyMap<string, JsonObject>) =>
          Effect.flatMap(stores.clusters.get(key), (stored) => ask(applied(stored, key, resource), templates, 0)).pipe(
            Effect.provide(inside),
          ),
      } satisfies Look
    }).pipe(Effect.provide(context))
  })
