/**
 * An in-memory Aerospike: all nodes of all clusters of one world, in the time of the Clock it was made with. It answers and behaves as
 * recorded from Community Edition 8.1.2: start rules, membership, migrations, records whose loss can be counted.
 *
 * Equal inputs at equal times give equal worlds: no randomness, no promises, no timers of its own.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { ProcessExit, ProcessSpec, RunningProcess } from "../PodRuntime.js"
import { type HostFacts, permissiveHost } from "./configuration/HostFacts.js"
import { remaining } from "./model/Balance.js"
import { countLost, countRecords, type Loss } from "./model/Dataset.js"
import { applyFault, kill, removeClaim, start, terminate } from "./model/lifecycle.js"
import { catchUp, isSettled, miss, reconnect } from "./model/membership.js"
import { answersProbes, type Happening, makeModel, type Model, serverOf } from "./model/Model.js"
import { clusterNameOf, podKey, type Server } from "./model/Server.js"
import { clustersOf, writeRecords } from "./model/writes.js"
import { type Fault, noFault } from "./Settings.js"

/** A running node as the world knows it, which is not what it says of itself. */
export interface Member {
  /** `<namespace>/<pod>`. */
  readonly pod: string
  readonly nodeId: string
  readonly address: string
  /** Undefined while the node reports no cluster. */
  readonly clusterKey: string | undefined
  readonly clusterSize: number
}

export interface WorldOptions {
  /** Makes cluster keys differ between worlds. Default `world`. */
  readonly seed?: string
  readonly host?: HostFacts
}

/** Told by {@link AerospikeWorld} before a process counts as serving, when it ended, and when its fault changed. */
export interface ProcessListener {
  readonly serving: (spec: ProcessSpec) => Effect.Effect<void>
  readonly changed: (spec: ProcessSpec) => Effect.Effect<void>
  readonly exited: (spec: ProcessSpec) => Effect.Effect<void>
}

export interface World {
  /** Starts a server process in a pod. */
  readonly start: (spec: ProcessSpec) => Effect.Effect<RunningProcess>
  /** Sets a fault for a pod (`<pod>` or `<namespace>/<pod>`), for its present process and later ones, until it is replaced. */
  readonly setFault: (pod: string, fault: Fault) => Effect.Effect<void>
  readonly clearFault: (pod: string) => Effect.Effect<void>
  /** No heartbeats between the pods of the two lists any more; client ports stay reachable. */
  readonly cut: (left: ReadonlyArray<string>, right: ReadonlyArray<string>) => Effect.Effect<void>
  /** Removes all cuts. */
  readonly heal: Effect.Effect<void>
  /** A claim and the data on it are gone. */
  readonly removeClaim: (uid: string) => Effect.Effect<void>
  /** From here on it is no loss when the data of this cluster (`<name>` or `<namespace>/<name>`) goes. */
  readonly release: (cluster: string) => Effect.Effect<void>
  /** Writes records as an application would; returns how many were acknowledged. */
  readonly write: (cluster: string, namespace: string, records: number) => Effect.Effect<number>
  /** Running nodes that were configured with this cluster name. */
  readonly members: (cluster: string) => Effect.Effect<ReadonlyArray<Member>>
  /** When the cluster became settled (all running nodes in it, one key, no migrations), in Clock ms; undefined if it is not. */
  readonly settledAt: (cluster: string) => Effect.Effect<number | undefined>
  /** The clusters with migrations, as `<namespace>/<name>`. */
  readonly migrating: Effect.Effect<ReadonlyArray<string>>
  /** Records that no store holds any more, of all clusters. */
  readonly lostRecords: Effect.Effect<number>
  readonly losses: Effect.Effect<ReadonlyArray<Loss>>
  /** Acknowledged records still there, of all clusters or of one (`<namespace>/<name>`). */
  readonly records: (cluster?: string) => Effect.Effect<number>
  readonly history: Effect.Effect<ReadonlyArray<Happening>>
  /** Reads or changes the model at the present time. For the faces of the world; tests use the methods above. */
  readonly run: <A>(use: (model: Model) => A) => Effect.Effect<A>
  /** Sleeps in the time of the world. */
  readonly sleep: (ms: number) => Effect.Effect<void>
  /** Completes when the process ended. */
  readonly exited: (server: Server) => Effect.Effect<ProcessExit>
  readonly listen: (listener: ProcessListener) => Effect.Effect<void, never, Scope.Scope>
}

export class AerospikeWorld extends Context.Tag("acko/testing/AerospikeWorld")<AerospikeWorld, World>() {}

interface Handles {
  readonly serving: Deferred.Deferred<void>
  readonly exited: Deferred.Deferred<ProcessExit>
}

const memberOf = (server: Server): Member => ({
  pod: podKey(server.spec),
  nodeId: server.nodeId,
  address: server.spec.address,
  clusterKey: server.view.cluster?.key,
  clusterSize: server.view.cluster?.members.length ?? 0,
})

const isNamed = (server: Server, cluster: string): boolean =>
  clusterNameOf(server) === cluster || `${server.spec.namespace}/${clusterNameOf(server)}` === cluster

const isDatasetOf = (key: string, cluster: string): boolean => {
  const [namespace, name] = key.split("/")
  return name === cluster || `${namespace}/${name}` === cluster
}

const settledSince = (model: Model, name: string): number | undefined => {
  catchUp(model)
  const clusters = clustersOf(model, name)
  const cluster = clusters[0]
  if (cluster === undefined || clusters.length > 1 || !isSettled(model, cluster)) return undefined
  const namespace = `${cluster.principal.spec.namespace}/`
  return model.history.findLast(
    ({ kind, cluster: of, pod }) => kind === "Settled" && of === cluster.name && pod.startsWith(namespace),
  )?.at
}

const migratingClusters = (model: Model): ReadonlyArray<string> => {
  catchUp(model)
  const names = new Set<string>()
  for (const { view } of model.servers.values()) {
    const { cluster } = view
    if (cluster !== undefined && [...cluster.balances.values()].some((balance) => remaining(balance) > 0)) {
      names.add(`${cluster.principal.spec.namespace}/${cluster.name}`)
    }
  }
  return [...names]
}

/** Makes a world that lives as long as the scope and runs in the time of the Clock in force now. */
export const makeWorld = (options: WorldOptions = {}): Effect.Effect<World, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const clock = yield* Effect.clock
    const handles = new Map<string, Handles>()
    const listeners = new Set<ProcessListener>()
    const pending: Array<Effect.Effect<void>> = []
    const tell = (use: (listener: ProcessListener) => Effect.Effect<void>): Effect.Effect<void> =>
      Effect.suspend(() => Effect.forEach([...listeners], use, { discard: true }))

    const model = makeModel(clock.unsafeCurrentTimeMillis(), {
      seed: options.seed ?? "world",
      host: options.host ?? permissiveHost,
      watchers: {
        serving: ({ spec }) => {
          const handle = handles.get(spec.id)
          if (handle === undefined) return
          const told = tell((listener) => listener.serving(spec))
          pending.push(Effect.zipRight(told, Deferred.succeed(handle.serving, undefined)))
        },
        exited: ({ spec }, exit) => {
          const handle = handles.get(spec.id)
          if (handle === undefined) return
          const told = tell((listener) => listener.exited(spec))
          pending.push(Effect.zipRight(told, Deferred.succeed(handle.exited, exit)))
        },
      },
    })

    let armed = Number.POSITIVE_INFINITY
    /** Moves the model to the present, tells who waits for what happened, and makes sure someone wakes for the next action. */
    const advance: Effect.Effect<void> = Effect.suspend(() => {
      const now = clock.unsafeCurrentTimeMillis()
      model.agenda.runUntil(now)
      const told = pending.splice(0)
      const next = model.agenda.next()
      const arm =
        next === undefined || next >= armed
          ? Effect.void
          : Effect.suspend(() => {
              armed = next
              return Effect.forkIn(
                Effect.zipRight(
                  // A forked fiber inherits that its parent cannot be interrupted: the scope would wait for the sleep.
                  Effect.interruptible(clock.sleep(Duration.millis(Math.max(0, next - now)))),
                  Effect.suspend(() => {
                    if (armed === next) armed = Number.POSITIVE_INFINITY
                    return advance
                  }),
                ),
                scope,
              )
            })
      return Effect.zipRight(arm, Effect.all(told, { discard: true }))
    }).pipe(Effect.asVoid, Effect.uninterruptible)

    const run = <A>(use: (model: Model) => A): Effect.Effect<A> =>
      advance.pipe(Effect.zipRight(Effect.sync(() => use(model))), Effect.zipLeft(advance))

    const exited = (server: Server): Effect.Effect<ProcessExit> =>
      Effect.suspend(() => {
        const handle = handles.get(server.spec.id)
        return handle === undefined ? Effect.never : Deferred.await(handle.exited)
      })

    const startProcess = Effect.fn("AerospikeWorld.start")(function* (spec: ProcessSpec) {
      const handle: Handles = { serving: yield* Deferred.make<void>(), exited: yield* Deferred.make<ProcessExit>() }
      handles.set(spec.id, handle)
      const server = yield* run((current) => start(current, spec))
      const running: RunningProcess = {
        serving: Deferred.await(handle.serving),
        exited: Deferred.await(handle.exited),
        isServing: run((current) => answersProbes(current, server)),
        terminate: Effect.zipRight(
          run((current) => terminate(current, server)),
          Deferred.await(handle.exited),
        ),
        kill: Effect.zipRight(
          run((current) => kill(current, server)),
          Deferred.await(handle.exited),
        ),
      }
      return running
    })

    const setFault = (pod: string, fault: Fault): Effect.Effect<void> =>
      Effect.gen(function* () {
        const server = yield* run((current) => {
          const found = serverOf(current, pod)
          current.faults.set(found === undefined ? pod : podKey(found.spec), fault)
          if (found !== undefined) applyFault(current, found)
          return found
        })
        if (server !== undefined) yield* tell((listener) => listener.changed(server.spec))
      })

    const cut = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): Effect.Effect<void> =>
      run((current) => {
        const named = (pods: ReadonlyArray<string>) =>
          pods.flatMap((pod) => {
            const found = serverOf(current, pod)
            return found === undefined ? [] : [found]
          })
        for (const a of named(left)) {
          for (const b of named(right)) {
            for (const pair of [`${podKey(a.spec)}|${podKey(b.spec)}`, `${podKey(b.spec)}|${podKey(a.spec)}`]) {
              if (!current.cuts.has(pair)) current.cuts.set(pair, current.agenda.now())
            }
          }
          miss(current, a)
        }
      })

    const world: World = {
      start: startProcess,
      setFault,
      clearFault: (pod) => setFault(pod, noFault),
      cut,
      heal: run((current) => {
        current.cuts.clear()
        reconnect(current)
      }),
      removeClaim: (uid) => run((current) => removeClaim(current, uid)),
      release: (cluster) =>
        run((current) => {
          for (const dataset of current.datasets.values()) {
            if (isDatasetOf(dataset.key, cluster)) dataset.released = true
          }
        }),
      write: (cluster, namespace, records) =>
        run((current) => {
          const largest = clustersOf(current, cluster)[0]
          return largest === undefined ? 0 : writeRecords(current, largest, namespace, records)
        }),
      members: (cluster) =>
        run((current) => [...current.servers.values()].filter((server) => isNamed(server, cluster)).map(memberOf)),
      settledAt: (cluster) => run((current) => settledSince(current, cluster)),
      migrating: run(migratingClusters),
      lostRecords: run((current) =>
        [...current.datasets.values()].reduce((sum, dataset) => sum + countLost(dataset), 0),
      ),
      losses: run((current) => [...current.datasets.values()].flatMap((dataset) => dataset.losses)),
      records: (cluster) =>
        run((current) =>
          [...current.datasets.values()]
            .filter((dataset) => cluster === undefined || isDatasetOf(dataset.key, cluster))
            .reduce((sum, dataset) => sum + countRecords(dataset), 0),
        ),
      history: run((current) => [...current.history]),
      run,
      sleep: (ms) => clock.sleep(Duration.millis(ms)),
      exited,
      listen: (listener) =>
        Effect.acquireRelease(
          Effect.sync(() => {
            listeners.add(listener)
          }),
          () =>
            Effect.sync(() => {
              listeners.delete(listener)
            }),
        ),
    }
    return world
  })

/** The world as a service. Its Clock is the one in force where the Layer is built. */
export const layerWorld = (options: WorldOptions = {}): Layer.Layer<AerospikeWorld> =>
  Layer.scoped(AerospikeWorld, makeWorld(options))
