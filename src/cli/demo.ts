/** `acko demo` (`npm start`): the main job from end to end in the sandbox, with the operator over real HTTP and real TCP. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as LogLevel from "effect/LogLevel"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import { loadavg } from "node:os"
import { AerospikeInfo } from "../aerospike/AerospikeInfo.js"
import { aerospikeClusterCrd, aerospikeClusterTemplateCrd } from "../decide/crd.js"
import { measureSlow } from "../sandbox/enrichment.js"
import { makeSandbox } from "../sandbox/Sandbox.js"
import { record } from "../sandbox/Timeline.js"
import { writeKubeconfig } from "../sandbox/http/kubeconfig.js"
import { showLines, showScreen } from "./demo/Display.js"
import { startOperator } from "./demo/operatorChild.js"
import { promises, renderPromises, summarise, tolerance } from "./demo/report.js"
import { cluster, makeSteps, type Step } from "./demo/steps.js"

const operatorUser = "acko-operator"

const report = Options.file("report").pipe(
  Options.optional,
  Options.withDescription("Also write the figures as JSON to this file"),
)

/** Some promise was not kept. */
export class PromiseBroken extends Data.TaggedError("PromiseBroken")<{ readonly promises: ReadonlyArray<string> }> {
  override get message(): string {
    return `not kept: ${this.promises.join("; ")}`
  }
}

const clock = () => performance.timeOrigin + performance.now()

const demo = Effect.gen(function* () {
  const path = yield* Path.Path
  const sandbox = yield* makeSandbox({
    objects: [aerospikeClusterCrd(), aerospikeClusterTemplateCrd()],
    users: [operatorUser],
    settings: { podStartMs: 200, probePeriodMs: 1_000 },
  })
  const timeline = record(sandbox.world.server, { ...cluster, cluster: cluster.name, user: operatorUser, now: clock })
  const startedAt = clock()
  const isTerminal = process.stdout.isTTY
  const modesSeen: Array<string> = []

  const kubeconfig = path.join(path.dirname(sandbox.kubeconfig), "operator.yaml")
  yield* writeKubeconfig(kubeconfig, {
    server: sandbox.api.url,
    certificate: sandbox.api.certificate,
    token: sandbox.tokens[operatorUser] ?? "",
    namespace: cluster.namespace,
  })
  // A poll every 2 s instead of 10: the step without watches shall not be the longest.
  const operator = yield* startOperator(kubeconfig, { pollInterval: "2 seconds" })
  const podMode = Effect.map(operator.modes, (all) => all.find(({ kind }) => kind === "Pod")?.mode)
  const follow = Effect.forever(
    Effect.flatMap(podMode, (mode) => {
      if (mode !== undefined && modesSeen.at(-1) !== mode) {
        modesSeen.push(mode)
        timeline.mark(`pods are learned by ${mode}`)
      }
      return Effect.sleep("100 millis")
    }),
  )
  if (isTerminal) yield* Effect.forkScoped(showScreen(sandbox, timeline, startedAt, operator.modes))
  else showLines(timeline, startedAt, (line) => process.stdout.write(`${line}\n`))
  yield* Effect.forkScoped(follow)

  const steps: Array<Step> = []
  const { run, wish, withoutWatches, remove } = makeSteps(sandbox, timeline, steps)
  const first = { size: 8, image: "aerospike:ce-8.1.1.1", protoFdMax: 15_000 }
  const job = Effect.gen(function* () {
    yield* run("create 8 nodes", "create", wish(first))
    yield* sandbox.world.aerospike.write(cluster.name, "test", 100_000)
    // Small changes of the status are written together a little later; then there is nothing left to say.
    yield* Effect.sleep("4 seconds")
    const from = timeline.mark("nothing to do: the operator keeps quiet")
    yield* Effect.sleep("2 seconds")
    const quiet = { from, to: clock() }
    const enrichment = yield* measureSlow(sandbox, cluster.namespace, { nodeLatencyMs: 50, rounds: 5 }).pipe(
      Effect.provide(AerospikeInfo.layer),
    )
    const changed = { ...first, protoFdMax: 15_001 }
    yield* run("change a static setting: rolling restart", "restart", wish(changed))
    const upgraded = { ...changed, image: "aerospike:ce-8.1.2.0" }
    yield* run("change the image: rolling restart", "restart", wish(upgraded))
    yield* run("scale to 5", "scale", wish({ ...upgraded, size: 5 }))
    const before = modesSeen.length
    const last = withoutWatches({ ...upgraded, size: 5, protoFdMax: 15_002 })
    yield* run("restart while the watch is broken", "restart", last, { seconds: 120, isWatched: false })
    yield* Effect.repeat(Effect.sleep("50 millis"), { until: () => modesSeen.at(-1) === "watching" }).pipe(
      Effect.timeoutOption("30 seconds"),
    )
    const lostRecords = yield* sandbox.world.aerospike.lostRecords
    yield* sandbox.world.aerospike.release(cluster.name)
    const rssBytes = yield* operator.residentBytes
    yield* run("delete", "delete", remove)
    return { quiet, enrichment, lostRecords, rssBytes, modes: modesSeen.slice(Math.max(0, before - 1)) }
  })
  // The operator ending by itself would be the end of the job, too (S11).
  const outcome = yield* Effect.raceFirst(job, operator.ended)
  const history = yield* sandbox.world.aerospike.history
  const figures = summarise({
    ...outcome,
    entries: timeline.entries,
    history,
    steps,
  })
  timeline.stop()
  return figures
})

export const demoCommand = Command.make("demo", { report }, (flags) =>
  Effect.gen(function* () {
    const figures = yield* Effect.scoped(demo).pipe(
      Effect.provide(Logger.minimumLogLevel(LogLevel.Error)),
      Effect.provide(Logger.pretty),
    )
    if (Option.isSome(flags.report)) {
      const files = yield* FileSystem.FileSystem
      yield* files.writeFileString(flags.report.value, `${JSON.stringify(figures, null, 2)}\n`)
    }
    const rows = promises(figures)
    yield* Console.log(["", ...renderPromises(rows), ""].join("\n"))
    if (rows.some(({ isKept, isTolerable }) => !isKept && isTolerable))
      yield* Console.log(
        `  ~ missed by less than ${tolerance} times: a busy machine (load ${(loadavg()[0] ?? 0).toFixed(1)})\n`,
      )
    const broken = rows.filter(({ isTolerable }) => !isTolerable)
    if (broken.length > 0) yield* Effect.fail(new PromiseBroken({ promises: broken.map(({ promise }) => promise) }))
  }),
).pipe(Command.withDescription("The main job in the sandbox: create, restart, scale, survive a broken watch, delete"))
