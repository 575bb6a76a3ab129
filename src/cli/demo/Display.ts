/** Shows the course of the main job: a redrawn screen on a terminal, one line per happening elsewhere. */
import * as Effect from "effect/Effect"
import { Kinds } from "../../domain/Kubernetes.js"
import type { Sandbox } from "../../sandbox/Sandbox.js"
import type { Timeline } from "../../sandbox/Timeline.js"
import { podLine, renderEntry, renderTable } from "./progress.js"
import { cluster } from "./steps.js"

interface StatusJson {
  readonly phase?: unknown
  readonly phaseReason?: unknown
}

const text = (value: unknown): string => (typeof value === "string" ? value : "")

/** Plain lines from now on; returns the removal. */
export const showLines = (timeline: Timeline, startedAt: number, print: (line: string) => void): (() => void) =>
  timeline.subscribe((entry) => {
    const line = renderEntry(entry, startedAt)
    if (line !== undefined) print(line)
  })

/** Redraws the screen ten times a second, for ever. */
export const showScreen = (
  sandbox: Sandbox,
  timeline: Timeline,
  startedAt: number,
  modes: Effect.Effect<ReadonlyArray<{ readonly kind: string; readonly mode: string }>>,
): Effect.Effect<never> =>
  Effect.forever(
    Effect.gen(function* () {
      const { server } = sandbox.world
      const observed = yield* modes
      const object = server.find(Kinds.AerospikeCluster, cluster)
      const status = (object?.["status"] ?? {}) as StatusJson
      const step = timeline.entries.findLast((entry) => entry._tag === "Mark")
      const lines = renderTable({
        title: step?._tag === "Mark" ? step.name : "starting",
        elapsedMs: timeline.now() - startedAt,
        phase: text(status.phase),
        reason: text(status.phaseReason),
        pods: server.list(Kinds.Pod, { namespace: cluster.namespace }).items.map(podLine),
        observer: observed.find(({ kind }) => kind === "Pod")?.mode ?? "–",
      })
      process.stdout.write(`\u001b[H\u001b[J${lines.join("\n")}\n`)
      yield* Effect.sleep("100 millis")
    }),
  )
