/**
 * One simulated run: the production operator in a world of its own, in virtual time, with seeded interleavings and faults. A run is a
 * function of its options.
 *
 * Course: create a cluster, then a few changes by its user (configuration, image, size, undo), all under faults; then the faults stop and the
 * world must reach what the user asked for (L1) and stay quiet (S9); then the cluster is deleted and must go (L3).
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Runtime from "effect/Runtime"
import * as RuntimeFlags from "effect/RuntimeFlags"
import { AerospikeInfo } from "../../aerospike/AerospikeInfo.js"
import { aerospikeClusterCrd, aerospikeClusterTemplateCrd } from "../../decide/crd.js"
import type { OperatorSettings } from "../../config/OperatorConfig.js"
import { Kinds } from "../../domain/Kubernetes.js"
import { defaultSettings } from "../../domain/Snapshot.js"
import type { KubeError } from "../../kube/KubeError.js"
import { type EmbeddedWorld, layerWorld, World } from "../kube/controllers/EmbeddedWorld.js"
import { endState } from "./endState.js"
import { drawPlan, type FaultClass, type FaultPlan, type LeaderFault, type Strike } from "./Faults.js"
import { isWrite, type Judge, makeJudge, type Violation } from "./Judge.js"
import type { Mutant } from "./mutants.js"
import { makeRivals } from "./Rivals.js"
import { makeTheatre, type Places, type Theatre } from "./Theatre.js"
import * as VirtualTime from "./VirtualTime.js"
import { clusterKey, drawWorkload, resourceOf, type Workload } from "./Workload.js"

export interface RunOptions {
  readonly seed: number
  /** Only these classes of faults. Default: all. An empty list: none (the reference run). */
  readonly faults?: ReadonlyArray<FaultClass>
  /** Replaces parts of the plan the seed draws. */
  readonly plan?: Partial<FaultPlan>
  /** Default: drawn by the seed. */
  readonly workload?: Workload
  /** Two instances campaign, and this happens again and again to the one that leads. */
  readonly leaderFault?: LeaderFault
  /** One more fault at one place of the change under test. */
  readonly strike?: Strike
  /** How long nothing may be written at the end. Default one hour. */
  readonly quietMs?: number
  readonly mutant?: Mutant
  /** Receives the log of the operator and what happens to it. */
  readonly log?: (line: string) => void
}

export interface RunResult {
  readonly seed: number
  readonly violations: ReadonlyArray<Violation>
  readonly faults: ReadonlyArray<FaultClass>
  readonly virtualMs: number
  readonly steps: number
  readonly incarnations: number
  /** Instances that led, where several campaigned. */
  readonly leaders: number
  readonly writes: number
  /** While nothing was left to do. */
  readonly writesAtRest: number
  /** Pods the operator deleted, in all and for the change under test. */
  readonly restarts: number
  readonly restartsOfChange: number
  /** Most members missing after an act of the operator. */
  readonly mostDown: number
  /** Longest time from a change to the wanted state, faults included. */
  readonly convergenceMs: number
  /** What the change under test offers to strike at. */
  readonly places: Places
  /** What is there after the change under test, resp. the deletion. */
  readonly end: ReadonlyArray<string>
  /** Of every request and its time: equal options give equal hashes. */
  readonly hash: string
}

/** Faults last at most this long after each change. */
const disturbanceMs = 90_000
/** L1 and L3: five minutes, ten at most. */
const convergenceLimitMs = 600_000
const hourMs = 3_600_000
const aerospikeNamespace = "test"

/** FNV-1a over the trace. */
const makeHash = () => {
  let hash = 0x811c9dc5
  return {
    add: (text: string): void => {
      for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    },
    value: (): string => (hash >>> 0).toString(16).padStart(8, "0"),
  }
}

/** What a scenario needs to know of its run. */
interface Stage {
  readonly world: EmbeddedWorld
  readonly info: AerospikeInfo["Type"]
  readonly judge: Judge
  readonly theatre: Theatre
  readonly workload: Workload
  readonly options: RunOptions
  readonly next: () => number
  readonly now: () => number
}

interface Outcome {
  readonly convergenceMs: number
  readonly restartsOfChange: number
  readonly end: ReadonlyArray<string>
}

/** Waits until the world is as wished; the limit passing is a violation. Answers with the time since `since` (ms). */
const converge = ({ judge, now }: Stage, invariant: "L1" | "L3", what: string, since: number) =>
  Effect.gen(function* () {
    const from = now()
    while (!judge.truth.isConverged()) {
      if (now() - from > convergenceLimitMs) {
        judge.report(invariant, `${what}: not reached within ${convergenceLimitMs / 60_000} virtual minutes`)
        break
      }
      yield* Effect.sleep(500)
    }
    return now() - since
  })

/** Claims go with their cluster exactly when it was asked for (R3, R25). */
const checkClaims = ({ judge, world, workload }: Stage): void => {
  const left = world.server.list(Kinds.PersistentVolumeClaim, { namespace: clusterKey.namespace }).items.length
  const storage = workload.wishes.at(-1)?.storage
  if (storage === "cascade" && left > 0) judge.report("L3", `${left} claims are left over`)
  if (storage === "retain" && left === 0) judge.report("S3", "claims are gone that should stay")
}

const remove = (stage: Stage) =>
  Effect.gen(function* () {
    const { judge, now, options, theatre, world, workload } = stage
    const since = now()
    if (workload.target === "deletion") theatre.arm()
    theatre.disturb(options.strike === undefined)
    yield* world.aerospike.release(clusterKey.name)
    yield* world.writer.remove(Kinds.AerospikeCluster, clusterKey, {})
    yield* Effect.sleep("10 seconds")
    theatre.disturb(false)
    const took = yield* converge(stage, "L3", "deletion", since)
    yield* Effect.sleep("10 seconds")
    checkClaims(stage)
    if (world.server.list(Kinds.Pod, { namespace: clusterKey.namespace }).items.length > 0)
      judge.report("L3", "pods are left over")
    return took
  })

/** What the nodes themselves say they run, whoever told them: what the user wished for (R5). One line per node. */
const checkNodes = ({ info, judge, workload, world }: Stage): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function* () {
    const members = yield* world.aerospike.members(clusterKey.name)
    const lines = yield* Effect.forEach(members, ({ address, pod }) =>
      info.ask({ host: address, port: 3000 }, ["get-config:context=service"]).pipe(
        Effect.map(([answer]) => (answer?._tag === "Value" ? answer.value : "")),
        Effect.orElseSucceed(() => ""),
        Effect.map((text) => `Node ${pod} ${/(?:^|;)(proto-fd-max=\d+)/.exec(text)?.[1] ?? "silent"}`),
      ),
    )
    const wanted = `proto-fd-max=${workload.wishes.at(-1)?.protoFdMax ?? ""}`
    for (const line of lines) if (!line.endsWith(` ${wanted}`)) judge.report("L1", `${line}, not ${wanted}`)
    return lines
  })

/** Nothing is asked for any more: no write may follow, and the wanted state must last (S9, L1). */
const keepQuiet = ({ judge, options }: Stage) =>
  Effect.gen(function* () {
    const quietMs = options.quietMs ?? hourMs
    if (quietMs > 0) {
      yield* Effect.sleep("2 minutes")
      judge.expectQuiet(true)
      yield* Effect.sleep(quietMs)
      judge.expectQuiet(false)
    }
    if (judge.truth.isConverged()) return
    judge.report("L1", "the wanted state did not last")
    options.log?.(`status ${JSON.stringify(judge.truth.custom()?.["status"])}`)
  })

/** Writes the records whose loss would be noticed. Answers how many: none while no node is there. */
const populate = ({ options, workload, world }: Stage): Effect.Effect<number> =>
  Effect.tap(
    world.aerospike.write(clusterKey.name, aerospikeNamespace, options.mutant?.records ?? workload.records),
    (written) => Effect.sync(() => options.log?.(`${written} records are written`)),
  )

/** What happens just before the last wish (R17, R18). */
const prelude = ({ world }: Stage, before: NonNullable<Workload["before"]>): Effect.Effect<void, KubeError> =>
  Effect.gen(function* () {
    if (before !== "recreate") {
      yield* world.writer.apply(Kinds.AerospikeCluster, resourceOf(before), { fieldManager: "user", force: true })
      return yield* Effect.sleep("2 seconds")
    }
    yield* world.aerospike.release(clusterKey.name)
    yield* world.writer.remove(Kinds.AerospikeCluster, clusterKey, {})
    const isGone = () => world.server.find(Kinds.AerospikeCluster, clusterKey) === undefined
    for (let n = 0; n < 600 && !isGone(); n++) yield* Effect.sleep("500 millis")
  })

const scenario = (stage: Stage): Effect.Effect<Outcome, KubeError> =>
  Effect.gen(function* () {
    const { judge, next, now, options, theatre, workload, world } = stage
    const isSystematic = options.workload !== undefined
    const isLasting = (options.faults ?? []).length > 0 || options.leaderFault !== undefined
    const lastingMs = isLasting ? 60_000 : 0
    let convergenceMs = 0
    let restartedBefore = 0
    let written = 0
    for (const [index, wish] of workload.wishes.entries()) {
      const isLast = index === workload.wishes.length - 1
      const isUnderTest = isLast && workload.target === "change"
      const since = now()
      options.log?.(`change ${index + 1}: ${JSON.stringify(wish)}`)
      theatre.disturb(!isSystematic || isUnderTest)
      if (isUnderTest) theatre.arm()
      restartedBefore = judge.restarted().size
      if (isLast && workload.before !== undefined) yield* prelude(stage, workload.before)
      yield* world.writer.apply(Kinds.AerospikeCluster, resourceOf(wish), { fieldManager: "user", force: true })
      yield* Effect.sleep("20 seconds")
      if (written === 0) written = yield* populate(stage)
      yield* Effect.sleep(isSystematic ? lastingMs : Math.floor(disturbanceMs * 0.8 * next()))
      theatre.disturb(false)
      // A change in the middle of the one before is part of the game, except that the last one must be reached.
      if (isLast || isSystematic || next() < 0.7)
        convergenceMs = Math.max(convergenceMs, yield* converge(stage, "L1", `change ${index + 1}`, since))
    }
    yield* keepQuiet(stage)
    const restartsOfChange = judge.restarted().size - restartedBefore
    const end = [...endState(world.server, clusterKey.namespace), ...(yield* checkNodes(stage))].sort()
    if (isSystematic && workload.target === "change") return { convergenceMs, restartsOfChange, end }
    convergenceMs = Math.max(convergenceMs, yield* remove(stage))
    return { convergenceMs, restartsOfChange, end: endState(world.server, clusterKey.namespace) }
  })

/**
 * Settings an operator may be given. Nodes that are asked less often leave other interleavings, and most of a run's work undone: half of the
 * seeds keep the default.
 */
const drawSettings = (next: () => number): Partial<OperatorSettings> => {
  const factsPaceMs = [defaultSettings.factsPaceMs, defaultSettings.factsPaceMs, 200, 1_000][Math.floor(next() * 4)]
  return factsPaceMs === undefined ? {} : { decision: { ...defaultSettings, factsPaceMs } }
}

/** The log of the operator as lines of text. */
const loggerOf = (log: RunOptions["log"], stamp: () => string): Logger.Logger<unknown, void> =>
  log === undefined
    ? Logger.none
    : Logger.make(({ message, annotations, cause, logLevel }) => {
        const details = [...annotations].map(([key, value]) => `${key}=${String(value)}`).join(" ")
        const why = Cause.isEmpty(cause) ? "" : Cause.pretty(cause)
        log(`${stamp()} ${logLevel.label} ${String(message)} ${details} ${why}`)
      })

/** Without the statistics Effect keeps about its own fibers: nobody looks at them here. */
const runtime = Runtime.disableRuntimeFlag(Runtime.defaultRuntime, RuntimeFlags.RuntimeMetrics)

/** What is wrong with the way a run ended, if anything is. */
const endingOf = (isAlive: boolean, exit: Exit.Exit<unknown, unknown> | null): Omit<Violation, "at"> | undefined => {
  if (!isAlive) return { invariant: "S11", detail: "livelock: the program never rests" }
  if (exit === null) return { invariant: "L1", detail: "the run did not end" }
  return Exit.isFailure(exit) ? { invariant: "S11", detail: `the run broke: ${Cause.pretty(exit.cause)}` } : undefined
}

/** What judge and theatre counted; nothing when the world could not even be built. */
const observed = (judge: Judge | undefined, theatre: Theatre | undefined) => ({
  incarnations: theatre?.incarnations() ?? 0,
  leaders: judge?.leaders().size ?? 0,
  writes: judge?.tally.writes ?? 0,
  writesAtRest: judge?.tally.writesAtRest ?? 0,
  restarts: judge?.restarted().size ?? 0,
  mostDown: judge?.tally.mostDown ?? 0,
  places: theatre?.places() ?? { writes: 0, destructive: [], events: {} },
})

/** Runs one seed to its end. Synchronous: a run waits for nothing outside itself. */
export const simulate = (options: RunOptions): RunResult => {
  const next = VirtualTime.generator(options.seed ^ 0x5eed)
  const time = VirtualTime.make({ seed: options.seed })
  const startedAt = time.now()
  const plan: FaultPlan = { ...drawPlan(next, options.faults), ...options.mutant?.plan, ...options.plan }
  const workload = options.workload ?? drawWorkload(next)
  const settings = options.workload === undefined ? drawSettings(next) : {}
  const hash = makeHash()
  const stamp = () => `${((time.now() - startedAt) / 1000).toFixed(3)} s`
  const { log } = options

  const record = (world: EmbeddedWorld): void => {
    world.server.gate.onRequest((request) => {
      if (!request.user.startsWith("operator-")) return undefined
      const what = `${request.user} ${request.verb} ${request.resource}`
      hash.add(`${time.now()} ${what} ${request.name ?? ""}\n`)
      if (isWrite(request)) log?.(`${stamp()}   ${what}/${request.subresource ?? ""} ${request.name ?? ""}`)
      return undefined
    })
  }

  /** One operator and its successors, or two that campaign. */
  const perform = (world: EmbeddedWorld, info: AerospikeInfo["Type"], watcher: Judge): Effect.Effect<Theatre> => {
    const { mutant, strike, leaderFault = mutant?.leaderFault } = options
    const common = { next, settings, ...(mutant && { mutant }), ...(log && { log }) }
    return leaderFault === undefined
      ? makeTheatre(world, info, watcher, { plan, ...common, ...(strike && { strike }) })
      : makeRivals(world, info, watcher, { fault: leaderFault, time, ...common })
  }

  let judge: Judge | undefined
  let theatre: Theatre | undefined
  let outcome: Outcome | undefined
  const program = Effect.gen(function* () {
    const world = yield* World
    const info = yield* AerospikeInfo
    const watcher = makeJudge(world, {
      namespace: clusterKey.namespace,
      cluster: clusterKey.name,
      maxUnavailable: 1,
      now: time.now,
    })
    judge = watcher
    record(world)
    const cast = yield* perform(world, info, watcher)
    theatre = cast
    const looking = Effect.forever(Effect.zipRight(watcher.look, Effect.sleep("3 seconds")))
    yield* Effect.forkScoped(Effect.all([cast.run, looking], { concurrency: "unbounded", discard: true }))
    outcome = yield* scenario({ world, info, judge: watcher, theatre: cast, workload, options, next, now: time.now })
    yield* cast.end
  }).pipe(
    Effect.scoped,
    Effect.provide(
      layerWorld({ seed: options.seed, objects: [aerospikeClusterCrd(), aerospikeClusterTemplateCrd()], hosts: 6 }),
    ),
    Effect.provide(Logger.replace(Logger.defaultLogger, loggerOf(log, stamp))),
    Effect.provide(time.layer),
    Effect.withTracerEnabled(false),
  )
  const fiber = Runtime.runFork(runtime, program, { scheduler: time.scheduler })
  const isAlive = time.runUntil(startedAt + 24 * hourMs, () => fiber.unsafePoll() === null)
  const at = time.now() - startedAt
  const ending = endingOf(isAlive, fiber.unsafePoll())
  const violations = [...(judge?.violations ?? []), ...(ending === undefined ? [] : [{ ...ending, at }])]
  return {
    seed: options.seed,
    violations,
    faults: [...plan.classes],
    virtualMs: at,
    steps: time.steps(),
    hash: hash.value(),
    ...observed(judge, theatre),
    ...(outcome ?? { convergenceMs: 0, restartsOfChange: 0, end: [] }),
  }
}
