/** One AerospikeCluster as it is: the API server's objects and the nodes of the embedded world, never what the operator says of itself alone. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { Label } from "../../src/domain/Labels.js"
import { Kinds, type KubeObject } from "../../src/domain/Kubernetes.js"
import type { KubeReader } from "../../src/kube/KubeClient.js"
import type { KubeError } from "../../src/kube/KubeError.js"
import { maxUnavailable } from "../../src/sandbox/figures.js"
import { isRunningAndReady, isTerminating, nameOf, type PodObject } from "../../src/testing/kube/controllers/objects.js"
import type { Machines } from "./machines.js"
import { type PodHistory, recordPods } from "./PodHistory.js"

export interface ClusterObject extends KubeObject {
  readonly spec: { readonly size: number; readonly image?: string }
  readonly status?: {
    readonly phase?: string
    readonly phaseReason?: string
    readonly observedGeneration?: number
    readonly size?: number
    readonly aerospikeClusterSize?: number
    readonly health?: string
    readonly pods?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
    readonly conditions?: ReadonlyArray<{
      readonly type: string
      readonly status: string
      readonly reason: string
      readonly message: string
    }>
    readonly [field: string]: unknown
  }
}

/** It did not become what the test waits for. */
export class NeverHappened extends Data.TaggedError("NeverHappened")<{
  readonly what: string
  readonly state: string
}> {
  override get message(): string {
    return `${this.what} did not happen in time; ${this.state}`
  }
}

export interface Cluster {
  readonly history: PodHistory
  readonly get: () => Promise<ClusterObject>
  /** Waits until the spec of now is carried out and told so, and the nodes are one settled cluster of that size. */
  readonly completed: (seconds?: number) => Promise<ClusterObject>
  /** Waits until a condition on the resource holds. */
  readonly until: (what: string, isSo: (cluster: ClusterObject) => boolean, seconds?: number) => Promise<ClusterObject>
  /** Pods whose deletion began, since the creation of this value. */
  readonly deletions: () => number
  /** Waits for so many of them. */
  readonly deleted: (count: number, seconds?: number) => Promise<void>
  readonly pods: () => Promise<ReadonlyArray<PodObject>>
  /** Pod name → UID. */
  readonly uids: () => Promise<Readonly<Record<string, string>>>
  /** Most members away at the same time, between two times of the history. */
  readonly mostUnavailable: (from: number, to?: number) => number
  /** Writes records as an application would, and later nothing of them may be missing. */
  readonly write: (records: number) => Promise<number>
  readonly lostRecords: () => Promise<number>
  /** From here on it is no loss when the data goes. */
  readonly release: () => Promise<void>
}

const lookMs = 100
const patience = 120

export const makeCluster = (
  { machines, reader }: { readonly machines: Machines; readonly reader: KubeReader["Type"] },
  namespace: string,
  name: string,
): Effect.Effect<Cluster, never, Scope.Scope> =>
  Effect.gen(function* () {
    const key = `${namespace}/${name}`
    const { aerospike } = machines
    const history = yield* recordPods(machines.informers, namespace, name)
    // What came from the API server is what the interface says, as far as tests look at it.
    const find = Effect.map(reader.get(Kinds.AerospikeCluster, { namespace, name }), (found) => found as ClusterObject)
    const pods = Effect.map(
      reader.list(Kinds.Pod, { namespace, labelSelector: `${Label.instance}=${name}` }),
      ({ items }) => items as ReadonlyArray<PodObject>,
    )

    const state = Effect.gen(function* () {
      const { phase, phaseReason } = (yield* find).status ?? {}
      const list = (yield* pods).map(
        (pod) => `${nameOf(pod)}:${isRunningAndReady(pod) ? "ready" : String(pod.status?.phase)}`,
      )
      return `phase ${phase}, ${phaseReason}; pods ${list.join(" ")}`
    }).pipe(Effect.catchAll((error) => Effect.succeed(error.message)))

    /** Looks again and again; the API server may be away for a while, that is what some tests are about. */
    const until = <A>(what: string, seconds: number, look: Effect.Effect<A | undefined, KubeError>): Promise<A> =>
      Effect.orElseSucceed(look, () => undefined).pipe(
        Effect.flatMap(Option.fromNullable),
        Effect.retry(Schedule.spaced(lookMs)),
        Effect.timeoutFail({ duration: `${seconds} seconds`, onTimeout: () => undefined }),
        Effect.catchAll(() => Effect.flatMap(state, (text) => new NeverHappened({ what, state: text }))),
        Effect.runPromise,
      )

    /** Everybody agrees: the resource, the pods, the nodes. */
    const completed = Effect.gen(function* () {
      const object = yield* find
      const { observedGeneration, phase } = object.status ?? {}
      if (phase !== "Completed" || observedGeneration !== object.metadata.generation) return undefined
      const { size } = object.spec
      const members = yield* aerospike.members(key)
      const isWhole = members.length === size && members.every(({ clusterSize }) => clusterSize === size)
      const ready = (yield* pods).filter((pod) => isRunningAndReady(pod) && !isTerminating(pod))
      return isWhole && ready.length === size && (yield* aerospike.settledAt(key)) !== undefined ? object : undefined
    })
    const deletions = () => history.entries.filter(({ _tag }) => _tag === "PodTerminating").length

    return {
      history,
      get: () => Effect.runPromise(find),
      completed: (seconds = patience) => until("Completed", seconds, completed),
      until: (what, isSo, seconds = patience) =>
        until(
          what,
          seconds,
          Effect.map(find, (object) => (isSo(object) ? object : undefined)),
        ),
      deletions,
      deleted: async (count, seconds = patience) => {
        await until(
          `deletion ${count} of a pod`,
          seconds,
          Effect.sync(() => (deletions() >= count ? true : undefined)),
        )
      },
      pods: () => Effect.runPromise(pods),
      uids: async () =>
        Object.fromEntries((await Effect.runPromise(pods)).map((pod) => [nameOf(pod), pod.metadata.uid ?? ""])),
      mostUnavailable: (from, to = history.now()) => maxUnavailable(history.entries, { from, to }),
      write: (records) => Effect.runPromise(aerospike.write(key, "test", records)),
      lostRecords: () =>
        Effect.runPromise(aerospike.losses).then((losses) =>
          losses.filter(({ dataset }) => dataset.startsWith(`${key}/`)).reduce((sum, { records }) => sum + records, 0),
        ),
      release: () => Effect.runPromise(aerospike.release(key)),
    }
  })
