/** The main job, step by step: what a user does to one cluster in its life, and when each step counts as done. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { Kinds, type KubeObject } from "../../domain/Kubernetes.js"
import type { KubeError } from "../../kube/KubeError.js"
import type { Interval } from "../../sandbox/figures.js"
import type { Sandbox } from "../../sandbox/Sandbox.js"
import type { Timeline } from "../../sandbox/Timeline.js"

export const cluster = { namespace: "aerospike", name: "demo" } as const

/** The step did not reach its end in time: a promise is broken. */
export class StepTimedOut extends Data.TaggedError("StepTimedOut")<{
  readonly step: string
  readonly seconds: number
  readonly state: string
}> {
  override get message(): string {
    return `"${this.step}" was not done after ${this.seconds} s: ${this.state}`
  }
}

/** What the user asks for. */
export interface Wish {
  readonly size: number
  readonly image: string
  readonly protoFdMax: number
}

export const resource = ({ size, image, protoFdMax }: Wish): KubeObject => ({
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeCluster",
  metadata: cluster,
  spec: {
    size,
    image,
    aerospikeConfig: {
      service: { "proto-fd-max": protoFdMax },
      namespaces: [
        { name: "test", "replication-factor": 2, "storage-engine": { type: "memory", "data-size": 1_073_741_824 } },
      ],
    },
    podSpec: { terminationGracePeriodSeconds: 30 },
  },
})

export type StepKind = "create" | "restart" | "scale" | "delete"

export interface Step {
  readonly title: string
  readonly kind: StepKind
  readonly window: Interval
  /** Whether the watch worked all the time. */
  readonly isWatched: boolean
}

interface StatusJson {
  readonly phase?: unknown
  readonly phaseReason?: unknown
  readonly observedGeneration?: unknown
}

/** Runs the steps against a sandbox; `done` collects them as they finish. */
export const makeSteps = (sandbox: Sandbox, timeline: Timeline, done: Array<Step>) => {
  const { server, writer } = sandbox.world
  const find = () => server.find(Kinds.AerospikeCluster, cluster)

  const isComplete = (): boolean => {
    const object = find()
    const status = (object?.["status"] ?? {}) as StatusJson
    return (
      object !== undefined && status.phase === "Completed" && status.observedGeneration === object.metadata.generation
    )
  }

  const isGone = (): boolean =>
    find() === undefined && server.list(Kinds.Pod, { namespace: cluster.namespace }).items.length === 0

  const state = (): string => {
    const status = (find()?.["status"] ?? {}) as StatusJson
    return `phase ${String(status.phase)}, ${String(status.phaseReason)}`
  }

  const until = (step: string, isDone: () => boolean, seconds: number) =>
    Effect.repeat(Effect.sleep("10 millis"), { until: isDone }).pipe(
      Effect.timeoutFail({
        duration: `${seconds} seconds`,
        onTimeout: () => new StepTimedOut({ step, seconds, state: state() }),
      }),
    )

  const run = <E>(
    title: string,
    kind: StepKind,
    act: Effect.Effect<unknown, E>,
    options: { readonly seconds?: number; readonly isWatched?: boolean } = {},
  ): Effect.Effect<Step, E | StepTimedOut> =>
    Effect.gen(function* () {
      const from = timeline.mark(title)
      yield* act
      yield* until(title, kind === "delete" ? isGone : isComplete, options.seconds ?? 60)
      const step = { title, kind, window: { from, to: timeline.now() }, isWatched: options.isWatched ?? true }
      done.push(step)
      return step
    })

  const wish = (next: Wish): Effect.Effect<KubeObject, KubeError> =>
    writer.apply(Kinds.AerospikeCluster, resource(next), { fieldManager: "demo", force: true })

  /** Breaks all watches of the API once a pod has been restarted, and allows them again two restarts later. */
  const withoutWatches = (next: Wish) =>
    Effect.gen(function* () {
      const restarted = () => timeline.entries.filter((entry) => entry._tag === "PodTerminating").length
      const before = restarted()
      yield* wish(next)
      yield* until("first restart", () => restarted() > before, 30)
      timeline.mark("watches are cut and refused")
      yield* sandbox.switches.refuseWatches(true)
      yield* until("restarts by polling", () => restarted() > before + 2, 90)
      timeline.mark("watches are allowed again")
      yield* sandbox.switches.refuseWatches(false)
    })

  const remove = sandbox.world.writer.remove(Kinds.AerospikeCluster, cluster, {})

  return { run, wish, withoutWatches, remove }
}
