import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { PodRuntime, type ProcessExit, type ProcessSpec } from "../../../../src/testing/PodRuntime.js"

/** Processes a test drives by hand: what was started, whether it serves, when it ends. */
export interface Script {
  readonly starts: Array<ProcessSpec>
  /** Ids of the processes that run now. */
  readonly running: Set<string>
  /** How processes end after SIGTERM: ms, or never by themselves. */
  stopMs: number | "never"
  /** Whether a process of this pod serves at once. */
  serves: (spec: ProcessSpec) => boolean
  /** The exit of a process that dies at start. */
  dies: (spec: ProcessSpec) => ProcessExit | undefined
  isAnswering: boolean
  /** Makes the newest process of a pod serve. */
  readonly serve: (pod: string) => Effect.Effect<void>
  readonly crash: (pod: string, exit: ProcessExit) => Effect.Effect<void>
}

interface Entry {
  readonly spec: ProcessSpec
  readonly serving: Deferred.Deferred<void>
  readonly exited: Deferred.Deferred<ProcessExit>
}

export const makeScript = (): { readonly script: Script; readonly layer: Layer.Layer<PodRuntime> } => {
  const entries: Array<Entry> = []
  const newest = (pod: string) => entries.filter((entry) => entry.spec.podName === pod).at(-1)
  const end = (entry: Entry, exit: ProcessExit) =>
    Effect.sync(() => script.running.delete(entry.spec.id)).pipe(
      Effect.zipRight(Deferred.succeed(entry.exited, exit)),
      Effect.zipRight(Deferred.await(entry.exited)),
    )
  const script: Script = {
    starts: [],
    running: new Set(),
    stopMs: 0,
    serves: () => true,
    dies: () => undefined,
    isAnswering: true,
    serve: (pod) => Effect.suspend(() => Deferred.succeed(newest(pod)!.serving, undefined)).pipe(Effect.asVoid),
    crash: (pod, exit) => Effect.suspend(() => Effect.asVoid(end(newest(pod)!, exit))),
  }
  const layer = Layer.succeed(PodRuntime, {
    start: (spec) =>
      Effect.gen(function* () {
        const entry = { spec, serving: yield* Deferred.make<void>(), exited: yield* Deferred.make<ProcessExit>() }
        entries.push(entry)
        script.starts.push(spec)
        script.running.add(spec.id)
        const death = script.dies(spec)
        if (death !== undefined) yield* end(entry, death)
        else if (script.serves(spec)) yield* Deferred.succeed(entry.serving, undefined)
        return {
          serving: Deferred.await(entry.serving),
          exited: Deferred.await(entry.exited),
          isServing: Effect.map(Deferred.isDone(entry.serving), (served) => served && script.isAnswering),
          terminate: Effect.suspend(() =>
            script.stopMs === "never"
              ? Deferred.await(entry.exited)
              : Effect.zipRight(Effect.sleep(script.stopMs), end(entry, { code: 0, message: "" })),
          ),
          kill: end(entry, { code: 137, message: "killed" }),
        }
      }),
  })
  return { script, layer }
}
