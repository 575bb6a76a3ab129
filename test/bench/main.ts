/**
 * `npm run bench`: ADR-0020's promises, measured. One sandbox, one cluster of 8 nodes: created and restarted by the operator, then restarted
 * once more by the same operator with the former strategy. Both are processes of their own and talk to the same sandbox over HTTPS and TCP.
 * In between, with no operator running, the nodes are asked all at once and one by one.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as LogLevel from "effect/LogLevel"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import { availableParallelism, loadavg } from "node:os"
import { fileURLToPath } from "node:url"
import { AerospikeInfo } from "../../src/aerospike/AerospikeInfo.js"
import { renderEntry } from "../../src/cli/demo/progress.js"
import { type OperatorEnded, startOperator } from "../../src/cli/demo/operatorChild.js"
import { cluster, makeSteps } from "../../src/cli/demo/steps.js"
import { aerospikeClusterCrd, aerospikeClusterTemplateCrd } from "../../src/decide/crd.js"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { type Interval, apiTraffic, maxUnavailable, percentile, readinessSamples } from "../../src/sandbox/figures.js"
import { writeKubeconfig } from "../../src/sandbox/http/kubeconfig.js"
import { makeSandbox, type Sandbox } from "../../src/sandbox/Sandbox.js"
import { record, type Timeline } from "../../src/sandbox/Timeline.js"
import type { BenchReport, StrategyReport } from "./BenchReport.js"
import { measureHanging, measureSlow } from "../../src/sandbox/enrichment.js"
import { type Roll, takeApart, wholeRounds } from "../../src/sandbox/phases.js"
import { picture } from "./picture.js"
import { failures, renderVerdict, verdict } from "./verdict.js"

const pods = 8
/** Restarts the former strategy gets in a quick run. */
const quickPods = 3
const wishes = {
  created: { size: pods, image: "aerospike:ce-8.1.1.1", protoFdMax: 15_000 },
  eventDriven: { size: pods, image: "aerospike:ce-8.1.1.1", protoFdMax: 15_001 },
  former: { size: pods, image: "aerospike:ce-8.1.1.1", protoFdMax: 15_002 },
}
const users = { eventDriven: "acko-operator", former: "former-operator" } as const
/** Not the sandbox's usual number, so that a demo may run beside it. */
const net = 56

const flags = {
  report: Options.file("report").pipe(
    Options.optional,
    Options.withDescription("Write the figures as JSON to this file"),
  ),
  picture: Options.file("picture").pipe(
    Options.optional,
    Options.withDescription("Draw both roll-outs to this file; default: test/bench/adr-0020.svg, with --quick none"),
  ),
  quick: Options.boolean("quick").pipe(
    Options.withDescription(`Stop the former strategy after ${quickPods} of ${pods} pods and extrapolate`),
  ),
}

/** Some promise was not kept. */
export class PromiseBroken extends Data.TaggedError("PromiseBroken")<{ readonly promises: ReadonlyArray<string> }> {
  override get message(): string {
    return `not kept: ${this.promises.join("; ")}`
  }
}

/** The cluster stopped making progress. */
export class BenchStuck extends Data.TaggedError("BenchStuck")<{
  readonly waitingFor: string
  readonly seconds: number
}> {
  override get message(): string {
    return `no ${this.waitingFor} within ${this.seconds} s`
  }
}

const clock = () => performance.timeOrigin + performance.now()

const until = (waitingFor: string, isDone: () => boolean, seconds: number) =>
  Effect.repeat(Effect.sleep("10 millis"), { until: isDone }).pipe(
    Effect.timeoutFail({ duration: `${seconds} seconds`, onTimeout: () => new BenchStuck({ waitingFor, seconds }) }),
  )

/** Runs `job` beside an operator process with a token of its own; the process ends with the job. */
const withOperator = <A, E, R>(
  sandbox: Sandbox,
  user: string,
  options: Parameters<typeof startOperator>[1],
  job: Effect.Effect<A, E, R>,
) =>
  Effect.scoped(
    Effect.gen(function* () {
      const path = yield* Path.Path
      const kubeconfig = path.join(path.dirname(sandbox.kubeconfig), `${user}.yaml`)
      yield* writeKubeconfig(kubeconfig, {
        server: sandbox.api.url,
        certificate: sandbox.api.certificate,
        token: sandbox.tokens[user] ?? "",
        namespace: cluster.namespace,
      })
      const operator = yield* startOperator(kubeconfig, options)
      return yield* Effect.raceFirst<A, E, R, never, OperatorEnded, never>(job, operator.ended)
    }),
  )

const hasListed = (timeline: Timeline, resource: string): boolean =>
  timeline.entries.some((e) => e._tag === "Request" && e.request.verb === "list" && e.request.resource === resource)

/** Everything one strategy did since its operator was started, from its timeline. */
const reportOf = (
  { entries }: Timeline,
  {
    roll,
    window,
    overheadMs,
  }: {
    readonly roll: Roll
    readonly window: Interval
    readonly overheadMs: number
  },
): StrategyReport => {
  const samples = readinessSamples(entries.filter(({ at }) => at >= window.from && at <= window.to))
  const everything = apiTraffic(entries, { from: 0, to: Number.POSITIVE_INFINITY })
  const inRoll = apiTraffic(entries, window)
  // Other kinds are listed by the clock: a watch that is silent about what waits is doubted after 10 s, and then ever more rarely (R24).
  const podLists = inRoll.lists[Kinds.Pod.plural] ?? 0
  const rounds = wholeRounds(entries, window)
  return {
    readiness: {
      samples: samples.length,
      p50Ms: percentile(samples, 0.5),
      p99Ms: percentile(samples, 0.99),
      maxMs: percentile(samples, 1),
    },
    roll,
    overheadMs,
    api: {
      watchesPerKind: Math.max(0, ...Object.values(everything.watches)),
      podListsPerRestart: roll.pods === 0 ? 0 : podLists / roll.pods,
      writesInRoll: inRoll.writes,
      writesPerRestart: rounds === undefined ? 0 : apiTraffic(entries, rounds).writes / rounds.rounds,
    },
    maxUnavailable: maxUnavailable(entries, window),
  }
}

const bench = (isQuick: boolean) =>
  Effect.gen(function* () {
    const sandbox = yield* makeSandbox({
      objects: [aerospikeClusterCrd(), aerospikeClusterTemplateCrd()],
      users: Object.values(users),
      settings: { podStartMs: 200, probePeriodMs: 1_000 },
      net,
    })
    const { aerospike, server } = sandbox.world
    const startedAt = clock()
    const machine = { processors: availableParallelism(), load: loadavg()[0] ?? 0 }
    const say = (line: string) => process.stdout.write(`${line}\n`)
    const timelineOf = (user: string): Timeline =>
      record(server, { ...cluster, cluster: cluster.name, user, now: clock })
    const show = (timeline: Timeline) =>
      timeline.subscribe((entry) => {
        const line = entry._tag === "PodReady" || entry._tag === "Mark" ? renderEntry(entry, startedAt) : undefined
        if (line !== undefined) say(line)
      })

    // Both see the cluster being made: who is down can only be told by someone who knows who was there.
    const eventDriven = timelineOf(users.eventDriven)
    const former = timelineOf(users.former)
    const hide = show(eventDriven)
    const steps = makeSteps(sandbox, eventDriven, [])
    const ours = yield* withOperator(
      sandbox,
      users.eventDriven,
      {},
      Effect.gen(function* () {
        yield* steps.run(`create ${pods} nodes`, "create", steps.wish(wishes.created))
        yield* aerospike.write(cluster.name, "test", 100_000)
        yield* Effect.sleep("1 second")
        const title = "event-driven: rolling restart"
        return (yield* steps.run(title, "restart", steps.wish(wishes.eventDriven), { seconds: 120 })).window
      }),
    )
    hide()
    eventDriven.stop()

    say("           ── no operator: facts of all nodes, all at once and one by one")
    const fast = yield* measureSlow(sandbox, cluster.namespace, { nodeLatencyMs: 50, rounds: 5 })
    const slow = yield* measureSlow(sandbox, cluster.namespace, { nodeLatencyMs: 500, rounds: 3 })
    const hanging = yield* measureHanging(sandbox, cluster.namespace)

    show(former)
    const then = makeSteps(sandbox, former, [])
    const theirs = yield* withOperator(
      sandbox,
      users.former,
      { program: fileURLToPath(new URL("./formerOperator.js", import.meta.url)), arguments: [] },
      Effect.gen(function* () {
        yield* until("list of pods by the former operator", () => hasListed(former, "pods"), 60)
        yield* until("settled cluster", () => isWhole(sandbox), 60)
        const title = `former strategy: rolling restart${isQuick ? `, ${quickPods} of ${pods} pods` : ""}`
        if (!isQuick) return (yield* then.run(title, "restart", then.wish(wishes.former), { seconds: 400 })).window
        const from = former.mark(title)
        yield* then.wish(wishes.former)
        const restarts = () => former.entries.filter(({ at, _tag }) => _tag === "PodTerminating" && at > from).length
        yield* until("restart", () => restarts() > quickPods, 200)
        const last = former.entries.findLast(({ _tag }) => _tag === "PodTerminating")
        return { from, to: last?.at ?? former.now() }
      }),
    )
    former.stop()

    const history = yield* aerospike.history
    const lostRecords = yield* aerospike.lostRecords
    const ourRoll = takeApart(eventDriven.entries, history, ours)
    const theirRoll = takeApart(former.entries, history, theirs)
    const share = theirRoll.pods === 0 ? 0 : pods / theirRoll.pods
    return {
      machine,
      pods,
      isQuick,
      eventDriven: reportOf(eventDriven, {
        roll: ourRoll,
        window: ours,
        overheadMs: ourRoll.overheadMs,
      }),
      former: reportOf(former, {
        roll: theirRoll,
        window: theirs,
        overheadMs: theirRoll.overheadMs * share,
      }),
      enrichment: [fast, slow],
      hanging,
      lostRecords,
    } satisfies BenchReport
  }).pipe(Effect.provide(AerospikeInfo.layer), Effect.scoped)

/** All pods are ready. */
const isWhole = (sandbox: Sandbox): boolean => {
  const [set] = sandbox.world.server.list(Kinds.StatefulSet, { namespace: cluster.namespace }).items
  const { readyReplicas } = (set?.["status"] ?? {}) as { readonly readyReplicas?: unknown }
  return readyReplicas === pods
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`

const draw = (report: BenchReport): string => {
  const panel = (title: string, { roll }: StrategyReport) => ({
    title,
    note: `${roll.pods} restarts in ${seconds(roll.totalMs)}; of that waiting for the operator: ${seconds(roll.overheadMs)}`,
    lanes: roll.lanes,
    totalMs: roll.totalMs,
  })
  return picture(`Rolling restart of ${report.pods} nodes, the same sandbox, the same run`, [
    panel("Event-driven", report.eventDriven),
    panel("Former strategy: pods polled every 10 s, next look after 15 s", report.former),
  ])
}

const toJson = (report: BenchReport): string => {
  const round = (_: string, value: unknown) => (typeof value === "number" ? Math.round(value * 100) / 100 : value)
  return `${JSON.stringify(report, round, 2)}\n`
}

const command = Command.make("bench", flags, (given) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const report = yield* bench(given.quick).pipe(
      Effect.provide(Logger.minimumLogLevel(LogLevel.Error)),
      Effect.provide(Logger.pretty),
    )
    if (Option.isSome(given.report)) {
      yield* files.writeFileString(given.report.value, toJson(report))
    }
    const committed = fileURLToPath(new URL("../test/bench/adr-0020.svg", import.meta.url))
    const target = Option.getOrElse(given.picture, () => (given.quick ? undefined : committed))
    if (target !== undefined) yield* files.writeFileString(target, draw(report))
    const rows = verdict(report)
    const remark = given.quick ? [`  Former strategy: ${quickPods} pods measured, ${pods} extrapolated.`] : []
    yield* Console.log(["", ...renderVerdict(rows, report.machine), ...remark, ""].join("\n"))
    const failed = failures(rows)
    if (failed.length > 0) yield* new PromiseBroken({ promises: failed.map(({ promise }) => promise) })
  }),
).pipe(Command.withDescription("ADR-0020's promises, measured against the former strategy"))

Command.run(command, { name: "bench", version: "1" })(process.argv).pipe(
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain,
)
