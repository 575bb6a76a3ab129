/**
 * Planted bugs: the production operator with one thing made wrong, by replacing Layers or settings around it. A simulation that does not
 * notice them would not notice the real thing.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { AerospikeInfo, type Ask } from "../../aerospike/AerospikeInfo.js"
import type { OperatorConfig, OperatorSettings } from "../../config/OperatorConfig.js"
import type { KubeObject, ResourceKind } from "../../domain/Kubernetes.js"
import { value, type Answer } from "../../domain/NodeFacts.js"
import { KubeReader, KubeWriter } from "../../kube/KubeClient.js"
import { isGone } from "../../kube/KubeError.js"
import { Observers } from "../../observe/Observers.js"
import { type AnyStore, Stores } from "../../observe/Sources.js"
import * as Operator from "../../Operator.js"
import type { FaultClass, FaultPlan, LeaderFault } from "./Faults.js"
import type { Inside, Outside } from "./OperatorProcess.js"

export interface Mutant {
  readonly name: string
  /** What is broken. */
  readonly about: string
  /** The invariants that should notice. */
  readonly caughtBy: ReadonlyArray<string>
  /** The faults that bring it to light; absent: all. */
  readonly faults?: ReadonlyArray<FaultClass>
  /** How often they strike; absent: drawn. */
  readonly plan?: Partial<FaultPlan>
  /** Records in the cluster, where long migrations bring it to light. */
  readonly records?: number
  /** Two instances campaign, and this happens to the leader. */
  readonly leaderFault?: LeaderFault
  /** Writes are not refused to who has lost its leadership. */
  readonly isUnfenced?: boolean
  readonly around?: Layer.Layer<Outside, never, Outside>
  readonly inside?: Layer.Layer<Inside, never, Outside | OperatorConfig>
  readonly settings?: Partial<OperatorSettings>
}

/** Fresh: several changes in one graph must each pass on what they get, not what the first one got. */
const passThrough: Layer.Layer<Outside, never, Outside> = Layer.fresh(Layer.context<Outside>())

const withWriter = (change: (writer: KubeWriter["Type"]) => KubeWriter["Type"]): Layer.Layer<Outside, never, Outside> =>
  Layer.merge(passThrough, Layer.effect(KubeWriter, Effect.map(KubeWriter, change)))

const withReader = (change: (reader: KubeReader["Type"]) => KubeReader["Type"]): Layer.Layer<Outside, never, Outside> =>
  Layer.merge(passThrough, Layer.effect(KubeReader, Effect.map(KubeReader, change)))

const withAsk = (change: (info: AerospikeInfo["Type"]) => Ask): Layer.Layer<Outside, never, Outside> =>
  Layer.merge(
    passThrough,
    Layer.effect(
      AerospikeInfo,
      Effect.map(AerospikeInfo, (info) => ({ ask: change(info) })),
    ),
  )

const withInfo = (
  change: (command: string, answer: Answer<string>) => Answer<string>,
): Layer.Layer<Outside, never, Outside> =>
  withAsk(
    (info) => (address, commands) =>
      Effect.map(info.ask(address, commands), (answers) =>
        answers.map((answer, index) => change(commands[index] ?? "", answer)),
      ),
  )

/** Nobody's silence is doubted, whoever waits. */
const observing = (overrides: Parameters<typeof Observers.layerWith>[0]) =>
  Operator.layerObserving(
    Layer.map(Observers.layerWith(overrides), (context) =>
      Context.make(Observers, { ...Context.get(context, Observers), expect: () => Effect.void }),
    ),
  )

/** Stores that learn nothing from the answers to our own writes. */
const storesWithoutAnswers = Layer.map(Stores.layer, (context) => {
  const silent = <S extends AnyStore>(store: S): S => ({
    ...store,
    confirm: () => Effect.void,
    confirmGone: () => Effect.void,
  })
  const stores = Context.get(context, Stores)
  const { clusters, templates, pods, statefulSets, services, configMaps, pdbs, claims } = stores
  return Context.make(Stores, {
    ...stores,
    clusters: silent(clusters),
    templates: silent(templates),
    pods: silent(pods),
    statefulSets: silent(statefulSets),
    services: silent(services),
    configMaps: silent(configMaps),
    pdbs: silent(pdbs),
    networkPolicies: silent(stores.networkPolicies),
    ciliumPolicies: silent(stores.ciliumPolicies),
    claims: silent(claims),
  })
})

/** Changes every object of a kind on its way to the operator, answers to writes included. */
const seeing = (kind: string, change: (object: KubeObject) => KubeObject): Layer.Layer<Outside, never, Outside> => {
  const seen = (of: ResourceKind, object: KubeObject): KubeObject => (of.kind === kind ? change(object) : object)
  const writes = withWriter((writer) => ({
    ...writer,
    apply: (of, object, options) => Effect.map(writer.apply(of, object, options), (answer) => seen(of, answer)),
    patch: (of, ref, options) => Effect.map(writer.patch(of, ref, options), (answer) => seen(of, answer)),
  }))
  const reads = withReader((reader) => ({
    get: (of, ref) => Effect.map(reader.get(of, ref), (object) => seen(of, object)),
    list: (of, options) =>
      Effect.map(reader.list(of, options), (page) => ({
        ...page,
        items: page.items.map((object) => seen(of, object)),
      })),
    watch: (of, options) =>
      Stream.map(reader.watch(of, options), (event) =>
        event.type === "BOOKMARK" ? event : { ...event, object: seen(of, event.object) },
      ),
  }))
  return Layer.provideMerge(reads, writes)
}

/** Changes every status of a cluster on its way to the API server. */
const reporting = (
  change: (status: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
): Layer.Layer<Outside, never, Outside> => {
  const changed = (object: KubeObject): KubeObject => {
    const status = object["status"]
    return typeof status === "object" && status !== null
      ? { ...object, status: change(status as Readonly<Record<string, unknown>>) }
      : object
  }
  return withWriter((writer) => ({
    ...writer,
    apply: (kind, object, options) =>
      writer.apply(kind, kind.kind === "AerospikeCluster" ? changed(object) : object, options),
  }))
}

const forever = 1e12

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "no-preconditions",
    about: "deletes carry neither uid nor resourceVersion",
    caughtBy: ["S1"],
    faults: [],
    around: withWriter((writer) => ({ ...writer, remove: (kind, ref) => writer.remove(kind, ref, {}) })),
  },
  {
    name: "migrations-unseen",
    about: "migrations are taken for finished, as if the statistic were missing and counted as 0 (W36)",
    caughtBy: ["S2", "S3"],
    faults: [],
    records: 1_500_000,
    around: withInfo((command, answer) => {
      if (answer._tag !== "Value" && command.startsWith("cluster-stable")) return value("ABCDEF")
      if (answer._tag !== "Value") return answer
      if (command.startsWith("cluster-stable")) return value("ABCDEF")
      return value(
        answer.value
          .replace(/(migrate_(?:[rt]x_)?partitions_remaining)=\d+/g, "$1=0")
          .replace(/migrate_allowed=false/g, "migrate_allowed=true")
          .replace(/cluster_key=[0-9A-F]+/g, "cluster_key=ABCDEF"),
      )
    }),
  },
  {
    name: "gone-ignored",
    about: "410 of a watch is taken for its end, and nothing polls: the store stays behind for ever (R32)",
    caughtBy: ["L1", "L3"],
    faults: ["watchExpire"],
    around: withReader((reader) => ({
      ...reader,
      watch: (kind, options) =>
        Stream.catchAll(reader.watch(kind, options), (error) => (isGone(error) ? Stream.never : Stream.fail(error))),
    })),
    inside: observing({ timing: { idleMs: forever, overtimeMs: forever }, silenceMs: forever, resyncMs: forever }),
  },
  {
    name: "deaf",
    about: "no idle limit, no poll, no safety list: a silent watch is believed (R38)",
    caughtBy: ["L1", "L3"],
    faults: ["watchStall"],
    inside: observing({
      timing: { idleMs: forever, overtimeMs: forever },
      silenceMs: forever,
      resyncMs: forever,
      pollIntervalMs: forever,
    }),
  },
  {
    name: "no-resync",
    about: "nothing heals a lost event (R24)",
    caughtBy: ["L1", "L3", "S10"],
    faults: ["droppedEvent"],
    inside: observing({ resyncMs: forever }),
  },
  {
    name: "no-poll",
    about: "where watching is refused, nothing polls instead (R34)",
    caughtBy: ["L1", "L3"],
    faults: ["watchRefused"],
    plan: { pauseMs: 2_000, refusesForGood: true },
    inside: observing({ pollIntervalMs: forever, resyncMs: forever }),
  },
  {
    name: "own-status-unread",
    about: "the phase in its own status is never read back, so it is written again and again (R57)",
    caughtBy: ["S9", "S10", "L1"],
    faults: [],
    around: seeing("AerospikeCluster", (object) => {
      const status = object["status"]
      if (typeof status !== "object" || status === null) return object
      return { ...object, status: { ...status, phase: "InProgress" } }
    }),
  },
  {
    name: "own-writes-unseen",
    about:
      "answers to own writes do not reach the stores, so every pass decides from before its own last write (R19, R23)",
    caughtBy: ["S9", "S2", "S3"],
    faults: ["staleCache"],
    plan: { lagMs: 20_000 },
    inside: Operator.layerObserving(Observers.layer, storesWithoutAnswers),
  },
  {
    name: "stale-reads",
    about: "the last look before something is destroyed is answered by a cache (R16, R22)",
    caughtBy: ["S1"],
    faults: ["staleCache"],
    plan: { lagMs: 20_000 },
    around: withReader((reader) => ({
      ...reader,
      get: (kind, ref) =>
        Effect.flatMap(reader.list(kind, { namespace: ref.namespace ?? "", resourceVersion: "0" }), ({ items }) => {
          const found = items.find(({ metadata }) => metadata.name === ref.name)
          return found === undefined ? reader.get(kind, ref) : Effect.succeed(found)
        }),
    })),
  },
  {
    name: "unfenced",
    about: "who wakes up from a freeze goes on writing until it notices that somebody else leads (R58)",
    caughtBy: ["S4"],
    faults: [],
    leaderFault: "freeze",
    isUnfenced: true,
  },
  {
    name: "optimist",
    about: "the phase is Completed as soon as anything is reported (S10)",
    caughtBy: ["S10"],
    faults: [],
    around: reporting((status) => ({ ...status, phase: "Completed" })),
  },
  {
    name: "unread",
    about: "what nodes are told is taken for what they do, nothing is read back (R5, R78)",
    caughtBy: ["L1", "L4"],
    faults: [],
    around: withAsk((info) => {
      const said = new Map<string, string>()
      return (address, commands) => {
        const set = /^set-config:context=service;([^=]+)=(.*)$/.exec(commands[0] ?? "")
        if (set !== null) {
          said.set(`${address.host} ${set[1] ?? ""}`, set[2] ?? "")
          return Effect.succeed([value("ok")])
        }
        const shown = (text: string): string =>
          text.replace(/(?<![^;=])([^;=]+)=([^;]*)/g, (pair, key: string) => {
            const told = said.get(`${address.host} ${key}`)
            return told === undefined ? pair : `${key}=${told}`
          })
        return Effect.map(info.ask(address, commands), (answers) =>
          answers.map((answer) => (answer._tag === "Value" ? value(shown(answer.value)) : answer)),
        )
      }
    }),
  },
  {
    name: "greedy",
    about: "each restart takes a neighbour down, too: the budget is not kept",
    caughtBy: ["S2"],
    faults: [],
    around: withWriter((writer) => ({
      ...writer,
      remove: (kind, ref, options) =>
        kind.kind === "Pod"
          ? Effect.zipLeft(
              writer.remove(kind, ref, options),
              Effect.ignore(
                writer.remove(
                  kind,
                  { ...ref, name: ref.name.replace(/(?<!\d)\d+$/, (n) => `${(Number(n) + 1) % 3}`) },
                  {},
                ),
              ),
            )
          : writer.remove(kind, ref, options),
    })),
  },
  {
    name: "claims-forgotten",
    about: "the finalizer goes before the claims that were to go with the cluster (R7, R25)",
    caughtBy: ["L3", "L1"],
    faults: [],
    around: withWriter((writer) => ({
      ...writer,
      remove: (kind, ref, options) =>
        kind.kind === "PersistentVolumeClaim" ? Effect.succeed(undefined) : writer.remove(kind, ref, options),
    })),
  },
]
