/**
 * Carries out a plan: track by track, step by step. A step that fails or proves stale ends its own track and the tracks that depend on it,
 * nothing else (W23). Never fails: what happened is the value.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { AerospikeInfo } from "../aerospike/AerospikeInfo.js"
import type { OperatorConfig } from "../config/OperatorConfig.js"
import type { Plan, Step, Track, TrackName } from "../domain/Plan.js"
import type { Results, StepResult } from "../domain/Report.js"
import type { Snapshot } from "../domain/Snapshot.js"
import type { KubeReader, KubeWriter } from "../kube/KubeClient.js"
import type { KubeError } from "../kube/KubeError.js"
import type { NodeSilent } from "./nodeConversation.js"
import { type ChangeRefused, setConfig } from "./setConfig.js"
import * as Steps from "./steps.js"
import type { StaleDecision } from "./verify.js"

const run = (snapshot: Snapshot, step: Step, victims: ReadonlySet<string>) => {
  switch (step._tag) {
    case "Apply":
      return Steps.apply(snapshot, step)
    case "RestartPod":
      return Steps.restartPod(snapshot, step, victims)
    case "Remove":
      return Steps.remove(snapshot, step)
    case "SetConfig":
      return setConfig(snapshot, step)
    case "SetGate":
      return Steps.setGate(snapshot, step)
    case "CopyTemplate":
      return Steps.copyTemplate(snapshot, step)
    case "AddFinalizer":
      return Steps.addFinalizer(snapshot)
    case "RemoveFinalizer":
      return Steps.removeFinalizer(snapshot)
  }
}

/** Conflicts and vanished objects mean "decide again" (W45); overload and broken connections are transient; a refusal needs a human. */
const failureOf = (step: Step, error: KubeError | StaleDecision | NodeSilent | ChangeRefused): StepResult => {
  switch (error._tag) {
    case "StaleDecision":
      return { step, _tag: "Stale", message: error.message }
    case "ChangeRefused":
      return { step, _tag: "Refused", message: error.message, isUndone: error.isUndone }
    case "NodeSilent":
      return { step, _tag: "Failed", failure: "Transient", message: error.message }
    default:
      return failureOfRequest(step, error)
  }
}

const failureOfRequest = (step: Step, error: KubeError): StepResult => {
  switch (error.retry) {
    case "reread":
      return { step, _tag: "Stale", message: error.message }
    case "retry":
      return {
        step,
        _tag: "Failed",
        failure: "Transient",
        message: error.message,
        ...(error._tag === "KubeStatusError" && error.retryAfterMs !== undefined
          ? { retryAfterMs: error.retryAfterMs }
          : {}),
      }
    case "stop":
      return { step, _tag: "Failed", failure: "Permanent", message: error.message }
  }
}

/** What carrying out a plan needs. */
export type Outside = KubeReader | KubeWriter | AerospikeInfo | OperatorConfig

const runStep = (
  snapshot: Snapshot,
  step: Step,
  victims: ReadonlySet<string>,
): Effect.Effect<StepResult, never, Outside> =>
  run(snapshot, step, victims).pipe(
    Effect.map((outcome): StepResult => ({ step, _tag: "Done", ...outcome })),
    Effect.catchAll((error) =>
      Effect.as(
        Effect.logDebug("step did not succeed").pipe(Effect.annotateLogs({ step: step._tag, error: error.message })),
        failureOf(step, error),
      ),
    ),
  )

const runTrack = (snapshot: Snapshot, track: Track, victims: ReadonlySet<string>) =>
  Effect.gen(function* () {
    const results: Array<StepResult> = []
    let succeeded = true
    for (const step of track.steps) {
      const isTried = succeeded || track.independent === true
      const result: StepResult = isTried ? yield* runStep(snapshot, step, victims) : { step, _tag: "Skipped" }
      results.push(result)
      if (result._tag !== "Done") succeeded = false
    }
    return { name: track.name, succeeded, results }
  })

/** UIDs of the pods a plan restarts together. */
const victimsOf = (tracks: ReadonlyArray<Track>): ReadonlySet<string> =>
  new Set(tracks.flatMap(({ steps }) => steps.flatMap((step) => (step._tag === "RestartPod" ? [step.pod.uid] : []))))

/** Tracks whose predecessors have all run go together; the rest follows in waves. */
export const execute = Effect.fn("Executor.execute")(function* (snapshot: Snapshot, plan: Plan) {
  const steps: Array<StepResult> = []
  const tracks = plan._tag === "Refused" ? [] : (plan.tracks ?? [])
  if (tracks.length > 0) {
    const victims = victimsOf(tracks)
    const succeeded = new Map<TrackName, boolean>()
    let waiting: ReadonlyArray<Track> = tracks
    const known = new Set(tracks.map((track) => track.name))
    const isOpen = (track: Track) => track.after.every((name) => !known.has(name) || succeeded.has(name))
    while (waiting.length > 0) {
      const wave = waiting.filter(isOpen)
      // A cycle between tracks would be a bug in `plan`; nothing of it runs.
      if (wave.length === 0) break
      const outcomes = yield* Effect.forEach(
        wave,
        (track) =>
          track.after.some((name) => succeeded.get(name) === false)
            ? Effect.succeed({
                name: track.name,
                succeeded: false,
                results: track.steps.map((step): StepResult => ({ step, _tag: "Skipped" })),
              })
            : runTrack(snapshot, track, victims),
        { concurrency: "unbounded" },
      )
      for (const outcome of outcomes) {
        succeeded.set(outcome.name, outcome.succeeded)
        steps.push(...outcome.results)
      }
      waiting = waiting.filter((track) => !wave.includes(track))
    }
  }
  const finishedAt = yield* Clock.currentTimeMillis
  return { steps, finishedAt } satisfies Results
})
