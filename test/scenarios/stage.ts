/**
 * The production operator in a world of its own, in virtual time: what a scenario does to the world, waits for and looks at. Everything a test
 * asserts is read from the API server and from the Aerospike nodes, not from the operator.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import type * as Scope from "effect/Scope"
import { AerospikeInfo } from "../../src/aerospike/AerospikeInfo.js"
import { aerospikeClusterCrd, aerospikeClusterTemplateCrd } from "../../src/decide/crd.js"
import { type KubeObject, Kinds, type ResourceKind } from "../../src/domain/Kubernetes.js"
import { Annotation, Label } from "../../src/domain/Labels.js"
import {
  type EmbeddedWorld,
  type EmbeddedWorldOptions,
  layerWorld,
  World,
} from "../../src/testing/kube/controllers/EmbeddedWorld.js"
import type { RequestInfo } from "../../src/testing/kube/RequestGate.js"
import { type OperatorProcess, type ProcessOptions, start } from "../../src/testing/simulation/OperatorProcess.js"
import { make as makeVirtualTime } from "../../src/testing/simulation/VirtualTime.js"

export const namespace = "aerospike"

export interface Wish {
  readonly name?: string
  readonly size?: number
  readonly image?: string
  readonly service?: Readonly<Record<string, unknown>>
  readonly racks?: ReadonlyArray<number>
  readonly persistent?: boolean
  readonly extra?: Readonly<Record<string, unknown>>
  readonly annotations?: Readonly<Record<string, string>>
}

const onDisk = {
  storage: {
    volumes: [
      {
        name: "data",
        source: { persistentVolume: { storageClass: "standard", size: "1Gi", volumeMode: "Filesystem" } },
        aerospike: { path: "/opt/aerospike/data" },
        cascadeDelete: true,
      },
    ],
  },
}

export const goodImage = "aerospike:ce-8.1.1.1"
export const newImage = "aerospike:ce-8.1.2.0"

/** A resource as a user would write it. */
export const resource = (wish: Wish): KubeObject & { readonly spec: Readonly<Record<string, unknown>> } => ({
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeCluster",
  metadata: { name: wish.name ?? "db", namespace, annotations: wish.annotations ?? {} },
  spec: {
    size: wish.size ?? 3,
    image: wish.image ?? goodImage,
    aerospikeConfig: {
      service: { "proto-fd-max": 15000, ...wish.service },
      namespaces: [
        {
          name: "test",
          "replication-factor": 2,
          "storage-engine":
            wish.persistent === true
              ? { type: "device", file: "/opt/aerospike/data/test.dat", filesize: 1_073_741_824 }
              : { type: "memory", "data-size": 1_073_741_824 },
        },
      ],
    },
    ...(wish.persistent === true ? onDisk : {}),
    ...(wish.racks === undefined ? {} : { rackConfig: { racks: wish.racks.map((id) => ({ id })) } }),
    ...wish.extra,
  },
})

interface Conditions {
  readonly conditions?: ReadonlyArray<{ type: string; status: string; reason?: string; message?: string }>
}

interface ClusterStatus extends Conditions {
  readonly phase?: string
  readonly phaseReason?: string
  readonly observedGeneration?: number
  readonly health?: string
}

const isTrue = (object: KubeObject, type: string): boolean =>
  ((object["status"] as Conditions | undefined)?.conditions ?? []).some((c) => c.type === type && c.status === "True")

export interface Stage {
  readonly world: EmbeddedWorld
  /** How the operator asks nodes. */
  readonly info: AerospikeInfo["Type"]
  readonly operator: () => OperatorProcess
  /** Ends the present operator without a word and starts a fresh one. */
  readonly restartOperator: Effect.Effect<void>
  /** Creates or edits; a user's apply. */
  readonly wish: (wish: Wish) => Effect.Effect<void>
  readonly remove: (name?: string) => Effect.Effect<void>
  /** Sleeps until it holds; dies after ten virtual minutes (or `forMs`). Answers with how long it took (ms). */
  readonly until: (what: string, holds: () => boolean, forMs?: number) => Effect.Effect<number>
  readonly completed: (name?: string) => Effect.Effect<number>
  readonly isCompleted: (name?: string) => boolean
  readonly status: (name?: string) => ClusterStatus
  readonly condition: (type: string, name?: string) => string | undefined
  readonly conditionText: (type: string, name?: string) => string
  readonly list: (kind: ResourceKind, name?: string) => ReadonlyArray<KubeObject>
  readonly names: (kind: ResourceKind, name?: string) => ReadonlyArray<string>
  /** Pod name → UID. */
  readonly pods: (name?: string) => Readonly<Record<string, string>>
  readonly readyPods: (name?: string) => ReadonlyArray<string>
  /** What the node of a pod answers to one info command; an error of the server as `code message`. */
  readonly ask: (pod: string, command: string) => Effect.Effect<string>
  /** Events about a cluster: `Warning ReconcileError: …`. */
  readonly events: () => ReadonlyArray<string>
  /** Pods deleted so far, in order, and how many members were down at the worst moment since `reset`. */
  readonly deletions: () => ReadonlyArray<string>
  readonly mostDown: () => number
  /** Writes of the operator: `patch aerospikeclusters/status db`. */
  readonly writes: () => ReadonlyArray<string>
  /** Forgets deletions, writes, the worst moment. */
  readonly reset: () => void
  /** Nothing is lost and every node is a member of one whole cluster of this size. */
  readonly isWhole: (size: number, name?: string) => Effect.Effect<boolean>
  /** What the operator writes in ten minutes that follow two minutes of rest: nothing (S9). */
  readonly quiet: Effect.Effect<ReadonlyArray<string>>
}

const isWrite = ({ verb }: RequestInfo): boolean => !["get", "list", "watch"].includes(verb)

const makeStage = (options: ProcessOptions): Effect.Effect<Stage, never, World | AerospikeInfo> =>
  Effect.gen(function* () {
    const world = yield* World
    const info = yield* AerospikeInfo
    const { server } = world
    let incarnations = 1
    let process = yield* start(world, info, incarnations, options)
    let deletions: Array<string> = []
    let writes: Array<string> = []
    let mostDown = 0

    const list = (kind: ResourceKind, name = "db") =>
      server.list(kind, { namespace, labelSelector: `${Label.instance}=${name}` }).items
    const names = (kind: ResourceKind, name = "db") => list(kind, name).map(({ metadata }) => metadata.name ?? "")
    const custom = (name = "db") => server.find(Kinds.AerospikeCluster, { namespace, name })
    const status = (name = "db"): ClusterStatus => custom(name)?.["status"] ?? {}
    const readyPods = (name = "db") =>
      list(Kinds.Pod, name)
        .filter((pod) => pod.metadata.deletionTimestamp === undefined && isTrue(pod, "Ready"))
        .map(({ metadata }) => metadata.name ?? "")
    const isCompleted = (name = "db") =>
      status(name).phase === "Completed" && status(name).observedGeneration === custom(name)?.metadata.generation

    server.onCommit(({ kind, object, previous }) => {
      if (kind.kind !== "Pod") return
      const isGoing = object.metadata.deletionTimestamp !== undefined
      if (isGoing && previous?.metadata.deletionTimestamp === undefined) deletions.push(object.metadata.name ?? "")
      const replicas = list(Kinds.StatefulSet).reduce(
        (sum, set) => sum + Number((set["spec"] as { replicas?: number }).replicas ?? 0),
        0,
      )
      mostDown = Math.max(mostDown, replicas - readyPods().length)
    })
    server.gate.onRequest((request) => {
      if (request.user.startsWith("operator-") && isWrite(request))
        writes.push(
          `${request.verb} ${request.resource}${request.subresource === undefined ? "" : `/${request.subresource}`} ${request.name ?? ""}`,
        )
      return undefined
    })

    const until: Stage["until"] = (what, holds, forMs = 600_000) =>
      Effect.gen(function* () {
        const from = server.now()
        while (!holds()) {
          if (server.now() - from > forMs)
            return yield* Effect.dieMessage(`not within ${forMs / 1000} s: ${what}; ${JSON.stringify(status())}`)
          yield* Effect.sleep(100)
        }
        return server.now() - from
      })

    const stage: Stage = {
      world,
      info,
      operator: () => process,
      restartOperator: Effect.gen(function* () {
        yield* process.crash
        incarnations++
        process = yield* start(world, info, incarnations, options)
      }),
      wish: (wish) =>
        Effect.asVoid(
          Effect.orDie(
            world.writer.apply(Kinds.AerospikeCluster, resource(wish), { fieldManager: "user", force: true }),
          ),
        ),
      remove: (name = "db") =>
        Effect.asVoid(Effect.orDie(world.writer.remove(Kinds.AerospikeCluster, { namespace, name }, {}))),
      until,
      isCompleted,
      completed: (name = "db") => until(`${name} completed`, () => isCompleted(name)),
      status,
      condition: (type, name = "db") => status(name).conditions?.find((c) => c.type === type)?.status,
      conditionText: (type, name = "db") => status(name).conditions?.find((c) => c.type === type)?.message ?? "",
      list,
      names,
      pods: (name = "db") =>
        Object.fromEntries(list(Kinds.Pod, name).map(({ metadata }) => [metadata.name ?? "", metadata.uid ?? ""])),
      readyPods,
      ask: (pod, command) =>
        Effect.gen(function* () {
          const object = server.get(Kinds.Pod, { namespace, name: pod })
          const { podIP = "" } = object["status"] as { readonly podIP?: string }
          const [answer] = yield* Effect.orDie(info.ask({ host: podIP, port: 3000 }, [command]))
          if (answer?._tag === "Value") return answer.value
          return answer?._tag === "ServerError" ? `${answer.code ?? ""} ${answer.message}` : ""
        }),
      events: () =>
        server.list(Kinds.Event, { namespace }).items.map((event) => {
          const { type, reason, note } = event as unknown as { type?: string; reason?: string; note?: string }
          return `${type ?? ""} ${reason ?? ""}: ${note ?? ""}`
        }),
      deletions: () => deletions,
      mostDown: () => mostDown,
      writes: () => writes,
      reset: () => {
        deletions = []
        writes = []
        mostDown = 0
      },
      isWhole: (size, name = "db") =>
        Effect.gen(function* () {
          const members = yield* world.aerospike.members(name)
          const keys = new Set(members.map((member) => member.clusterKey))
          const isOne = members.length === size && keys.size === 1 && !keys.has(undefined)
          return isOne && (yield* world.aerospike.lostRecords) === 0
        }),
      quiet: Effect.gen(function* () {
        yield* Effect.sleep("2 minutes")
        writes = []
        yield* Effect.sleep("10 minutes")
        return writes
      }),
    }
    return stage
  })

/** Every pod is of the revision its StatefulSet asks for. */
export const areCurrent = (stage: Stage, name = "db"): boolean => {
  const wanted = new Map(
    stage.list(Kinds.StatefulSet, name).map((set) => {
      const spec = set["spec"] as { template: { metadata: { annotations?: Record<string, string> } } }
      return [set.metadata.uid, spec.template.metadata.annotations?.[Annotation.templateHash]]
    }),
  )
  return stage.list(Kinds.Pod, name).every(({ metadata }) => {
    const owner = metadata.ownerReferences?.find((reference) => reference.controller === true)?.uid
    return metadata.annotations?.[Annotation.templateHash] === wanted.get(owner ?? "")
  })
}

export interface PlayOptions {
  readonly world?: EmbeddedWorldOptions
  readonly operator?: ProcessOptions
  readonly seed?: number
  /** Receives what the operator logs, at every level. */
  readonly logger?: Logger.Logger<unknown, unknown>
}

/** Plays a scenario to its end, synchronously. */
export const play = (
  body: (stage: Stage) => Effect.Effect<unknown, never, Scope.Scope>,
  options: PlayOptions = {},
): void => {
  const seed = options.seed ?? 1
  const time = makeVirtualTime({ seed, permute: seed !== 0 })
  const program = Effect.gen(function* () {
    const stage = yield* makeStage(options.operator ?? {})
    yield* body(stage)
    const death = stage.operator().death()
    if (death !== undefined) return yield* Effect.dieMessage("the operator ended by itself")
    yield* stage.operator().crash
  })
  let exit: Exit.Exit<unknown, unknown> | undefined
  const fiber = Effect.runFork(
    Effect.scoped(program).pipe(
      Effect.provide(
        layerWorld({
          seed,
          objects: [aerospikeClusterCrd(), aerospikeClusterTemplateCrd()],
          hosts: 6,
          ...options.world,
        }),
      ),
      Effect.provide(Logger.replace(Logger.defaultLogger, options.logger ?? Logger.none)),
      Logger.withMinimumLogLevel(options.logger === undefined ? LogLevel.Info : LogLevel.All),
      Effect.provide(time.layer),
      Effect.withTracerEnabled(false),
    ),
    { scheduler: time.scheduler },
  )
  fiber.addObserver((done) => (exit = done))
  time.runUntil(time.now() + 48 * 3_600_000, () => exit === undefined)
  if (exit === undefined) throw new Error("the scenario did not end within two virtual days")
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
}

/** A complete cluster with records, of which nothing has been counted yet. */
export const created = (stage: Stage, wish: Wish = {}) =>
  Effect.gen(function* () {
    yield* stage.wish(wish)
    yield* stage.completed()
    yield* stage.world.aerospike.write("db", "test", 1000)
    stage.reset()
  })
