/**
 * One simulated run: the production operator in a world of its own, in virtual time, with seeded interleavings and faults. A run is a
 * function of its seed and profile.
 *
 * Course: create a cluster, then a few changes by its user (configuration, image, size, undo), all under faults; then the faults stop and the
 * world must reach what the user asked for (L1) and stay quiet for an hour (S9); then the cluster is deleted and must go (L3).
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Runtime from "effect/Runtime"
import { AerospikeInfo } from "../../aerospike/AerospikeInfo.js"
import { aerospikeClusterCrd, aerospikeClusterTemplateCrd } from "../../decide/crd.js"
import { Kinds, type KubeObject } from "../../domain/Kubernetes.js"
import { apiFailure } from "./apiFailures.js"
import { type FaultClass, type FaultPlan, drawPlan } from "./Faults.js"
import { type Judge, makeJudge, type Violation } from "./Judge.js"
import type { Mutant } from "./mutants.js"
import { type OperatorProcess, start } from "./OperatorProcess.js"
import type { EmbeddedWorld } from "../kube/controllers/EmbeddedWorld.js"
import { layerWorld, World } from "../kube/controllers/EmbeddedWorld.js"
import type { RequestInfo, Verdict } from "../kube/RequestGate.js"
import * as VirtualTime from "./VirtualTime.js"

export interface RunOptions {
  readonly seed: number
  /** Only these classes of faults. Default: all. An empty list: none (the reference run). */
  readonly faults?: ReadonlyArray<FaultClass>
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
  readonly writes: number
  readonly restarts: number
  /** Longest time from the end of the faults (or a change) to the wanted state. */
  readonly convergenceMs: number
  /** Of every request and its time: equal seeds give equal hashes. */
  readonly hash: string
}

const name = "db"
const namespace = "aerospike"
const key = { namespace, name }

/** Faults last at most this long after each change. */
const disturbanceMs = 90_000
/** L1: five minutes, ten at most. */
const convergenceLimitMs = 600_000
const quietMs = Number(process.env["QUIET"] ?? 3_600_000)

interface Wish {
  readonly size: number
  readonly image: string
  readonly protoFdMax: number
}

const resource = ({ size, image, protoFdMax }: Wish): KubeObject => ({
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeCluster",
  metadata: { name, namespace },
  spec: {
    size,
    image,
    aerospikeConfig: {
      service: { "proto-fd-max": protoFdMax },
      namespaces: [
        { name: "test", "replication-factor": 2, "storage-engine": { type: "memory", "data-size": 1_073_741_824 } },
      ],
    },
  },
})

/** The changes a user makes in one run. */
const drawWishes = (next: () => number): ReadonlyArray<Wish> => {
  const first: Wish = { size: 2 + Math.floor(next() * 3), image: "aerospike:ce-8.1.1.1", protoFdMax: 15_000 }
  const wishes = [first]
  for (let n = 1 + Math.floor(next() * 2); n > 0; n--) {
    const last = wishes.at(-1) ?? first
    const changes: ReadonlyArray<Wish> = [
      { ...last, protoFdMax: last.protoFdMax + 1 },
      { ...last, image: last.image === "aerospike:ce-8.1.1.1" ? "aerospike:ce-8.1.2.0" : "aerospike:ce-8.1.1.1" },
      { ...last, size: last.size + 1 },
      { ...last, size: Math.max(2, last.size - 1), protoFdMax: last.protoFdMax + 1 },
      first,
    ]
    wishes.push(changes[Math.floor(next() * changes.length)] ?? last)
  }
  return wishes
}

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

const isWrite = (request: RequestInfo): boolean => !["get", "list", "watch"].includes(request.verb)

/** Operators of a run, one incarnation after the other, and everything that happens to them. */
interface Theatre {
  readonly disturb: (on: boolean) => void
  readonly current: () => OperatorProcess | undefined
  readonly incarnations: () => number
  readonly run: Effect.Effect<never>
}

const makeTheatre = (
  world: EmbeddedWorld,
  info: AerospikeInfo["Type"],
  judge: Judge,
  plan: FaultPlan,
  next: () => number,
  options: RunOptions,
): Effect.Effect<Theatre> =>
  Effect.gen(function* () {
    const crashes = yield* Queue.unbounded<OperatorProcess>()
    let isDisturbed = false
    let current: OperatorProcess | undefined
    let incarnations = 0
    let writes = 0
    const has = (fault: FaultClass) => isDisturbed && plan.classes.has(fault)
    const hit = (fault: FaultClass) => has(fault) && next() < plan.share

    /** The operator dies with this request: committed, but never answered. */
    const dies = (): Verdict | undefined => {
      if (current === undefined || !isDisturbed) return undefined
      if (!plan.crashAfter.has(writes) && !plan.classes.has("amnesia")) return undefined
      const victim = current
      current = undefined
      victim.cut()
      Queue.unsafeOffer(crashes, victim)
      return { _tag: "DropReply" }
    }

    const verdict = (request: RequestInfo): Verdict | undefined => {
      if (isWrite(request)) {
        writes++
        const death = dies()
        if (death !== undefined) return death
        if (hit("lostReply")) return { _tag: "DropReply" }
      }
      if (request.verb === "watch") return undefined
      if (hit("lostRequest")) return { _tag: "DropRequest" }
      if (hit("serverError")) return { _tag: "Fail", failure: apiFailure(next()) }
      if (hit("latency")) return { _tag: "Delay", ms: Math.floor(next() * 5_000) }
      return undefined
    }
    world.server.gate.onRequest((request) => (request.user === current?.user ? verdict(request) : undefined))

    const launch = Effect.gen(function* () {
      incarnations++
      const process = yield* start(world, info, incarnations, {
        client: {
          lag: () => (has("staleCache") ? plan.lagMs : 0),
          onLine: (_kind, line) => (line.type !== "ERROR" && hit("droppedEvent") ? "drop" : "deliver"),
        },
        ...(options.mutant?.settings === undefined ? {} : { settings: options.mutant.settings }),
        ...(options.mutant?.inside === undefined ? {} : { inside: options.mutant.inside }),
        around: (outside) => {
          const judged = Layer.provideMerge(judge.around, outside)
          return options.mutant?.around === undefined ? judged : Layer.provideMerge(options.mutant.around, judged)
        },
      })
      current = process
      judge.setLiving(process.user)
    })

    const bury = Effect.gen(function* () {
      const victim = yield* Queue.take(crashes)
      options.log?.(`${victim.user} crashes`)
      judge.setLiving(undefined)
      yield* victim.crash
      yield* Effect.sleep(Math.floor(next() * plan.maxDowntimeMs))
      yield* launch
    })

    const strike = Effect.gen(function* () {
      yield* Effect.sleep(Math.floor(plan.pauseMs * (0.5 + next())))
      const faults = current?.faults
      if (faults === undefined || !isDisturbed) return
      if (hit("watchCut")) faults.strikeWatches("Cut")
      if (hit("watchEnd")) faults.strikeWatches("End")
      if (hit("watchStall")) faults.strikeWatches("Stall")
      if (hit("watchExpire")) faults.strikeWatches("Expire")
      if (has("watchRefused")) {
        faults.refuseWatches(next() < 0.5)
        if (next() < 0.5) faults.strikeWatches("Cut")
      }
      if (has("outage") && next() < 0.5) {
        faults.setOutage(true)
        yield* Effect.sleep(Math.floor(next() * 40_000))
        faults.setOutage(false)
      }
      if (has("hungNode")) {
        const pod = `${name}-0-${Math.floor(next() * 3)}`
        yield* world.aerospike.setFault(pod, { _tag: "Hang" })
        yield* Effect.sleep(Math.floor(next() * 20_000))
        yield* world.aerospike.clearFault(pod)
      }
    })

    const watchOver = Effect.gen(function* () {
      yield* Effect.sleep("1 second")
      const death = current?.death()
      if (death !== undefined && current !== undefined)
        judge.report(
          "S11",
          `${current.user} ended by itself: ${Exit.isFailure(death) ? Cause.pretty(death.cause) : ""}`,
        )
    })

    return {
      disturb: (on) => {
        isDisturbed = on
        if (!on) {
          current?.faults.refuseWatches(false)
          current?.faults.setOutage(false)
        }
      },
      current: () => current,
      incarnations: () => incarnations,
      run: Effect.zipRight(
        launch,
        Effect.all([Effect.forever(bury), Effect.forever(strike), Effect.forever(watchOver)], {
          concurrency: "unbounded",
        }),
      ) as Effect.Effect<never>,
    }
  })

/** Waits until the world is as wished; the limit passing is a violation. Answers with the time it took (ms). */
const converge = (judge: Judge, now: () => number, invariant: "L1" | "L3", what: string) =>
  Effect.gen(function* () {
    const from = now()
    while (!judge.isConverged()) {
      if (now() - from > convergenceLimitMs) {
        judge.report(invariant, `${what}: not reached within ${convergenceLimitMs / 60_000} virtual minutes`)
        break
      }
      yield* Effect.sleep(500)
    }
    return now() - from
  })

const scenario = (world: EmbeddedWorld, judge: Judge, theatre: Theatre, next: () => number, now: () => number) =>
  Effect.gen(function* () {
    let longest = 0
    const wishes = drawWishes(next)
    for (const [index, wish] of wishes.entries()) {
      theatre.disturb(true)
      yield* world.writer.apply(Kinds.AerospikeCluster, resource(wish), { fieldManager: "user", force: true })
      if (index === 0) {
        yield* Effect.sleep("20 seconds")
        yield* world.aerospike.write(name, "test", 1_000)
      }
      yield* Effect.sleep(Math.floor(disturbanceMs * (0.2 + 0.8 * next())))
      theatre.disturb(false)
      const last = index === wishes.length - 1
      // A change in the middle of the one before is part of the game, except that the last one must be reached.
      if (last || next() < 0.7) longest = Math.max(longest, yield* converge(judge, now, "L1", `change ${index + 1}`))
    }
    yield* Effect.sleep("2 minutes")
    judge.expectQuiet(true)
    yield* Effect.sleep(quietMs)
    judge.expectQuiet(false)
    if (!judge.isConverged()) judge.report("L1", "the wanted state did not last")
    theatre.disturb(true)
    yield* world.aerospike.release(name)
    yield* world.writer.remove(Kinds.AerospikeCluster, key, {})
    yield* Effect.sleep("10 seconds")
    theatre.disturb(false)
    longest = Math.max(longest, yield* converge(judge, now, "L3", "deletion"))
    return longest
  })

/** Runs one seed to its end. Synchronous: a run waits for nothing outside itself. */
export const simulate = (options: RunOptions): RunResult => {
  const next = VirtualTime.generator(options.seed ^ 0x5eed)
  const time = VirtualTime.make({ seed: options.seed })
  const startedAt = time.now()
  const plan = options.faults?.length === 0 ? drawPlan(next, []) : drawPlan(next, options.faults)
  const hash = makeHash()
  const stamp = () => `${((time.now() - startedAt) / 1000).toFixed(3)} s`
  const log = options.log
  const logger =
    log === undefined
      ? Logger.none
      : Logger.make(({ message, annotations, cause, logLevel }) => {
          const details = [...annotations].map(([k, v]) => `${k}=${String(v)}`).join(" ")
          log(
            `${stamp()} ${logLevel.label} ${String(message)} ${details} ${Cause.isEmpty(cause) ? "" : Cause.pretty(cause)}`,
          )
        })

  let judge: Judge | undefined
  let theatre: Theatre | undefined
  let convergenceMs = 0
  const program = Effect.gen(function* () {
    const world = yield* World
    const info = yield* AerospikeInfo
    const current = makeJudge(world, { namespace, cluster: name, maxUnavailable: 1, now: time.now })
    judge = current
    world.server.gate.onRequest((request) => {
      if (request.user.startsWith("operator-")) {
        hash.add(`${time.now()} ${request.user} ${request.verb} ${request.resource} ${request.name ?? ""}\n`)
        if (isWrite(request))
          log?.(
            `${stamp()}   ${request.user} ${request.verb} ${request.resource}/${request.subresource ?? ""} ${request.name ?? ""}`,
          )
      }
      return undefined
    })
    theatre = yield* makeTheatre(world, info, current, plan, next, options)
    // Once a second while something happens, now and then in the quiet hour.
    const looking = Effect.forever(
      Effect.zipRight(
        current.look,
        Effect.suspend(() => Effect.sleep(current.isQuiet() ? "30 seconds" : "1 second")),
      ),
    )
    yield* Effect.forkScoped(Effect.all([theatre.run, looking], { concurrency: "unbounded" }))
    convergenceMs = yield* scenario(world, current, theatre, next, time.now)
    const last = theatre.current()
    if (last !== undefined) yield* last.crash
  }).pipe(
    Effect.scoped,
    Effect.provide(
      layerWorld({ seed: options.seed, objects: [aerospikeClusterCrd(), aerospikeClusterTemplateCrd()], hosts: 6 }),
    ),
    Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
    Effect.provide(time.layer),
    Effect.withTracerEnabled(false),
  )
  const fiber = Runtime.runFork(Runtime.defaultRuntime, program, { scheduler: time.scheduler })
  const isAlive = time.runUntil(startedAt + 24 * 3_600_000, () => fiber.unsafePoll() === null)
  const exit = Option.fromNullable(fiber.unsafePoll())
  const violations: Array<Violation> = [...(judge?.violations ?? [])]
  const at = time.now() - startedAt
  if (!isAlive) violations.push({ invariant: "S11", at, detail: "livelock: the program never rests" })
  else if (Option.isNone(exit)) violations.push({ invariant: "L1", at, detail: "the run did not end" })
  else if (Exit.isFailure(exit.value))
    violations.push({ invariant: "S11", at, detail: `the run broke: ${Cause.pretty(exit.value.cause)}` })
  return {
    seed: options.seed,
    violations,
    faults: [...plan.classes],
    virtualMs: at,
    steps: time.steps(),
    incarnations: theatre?.incarnations() ?? 0,
    writes: judge?.writes() ?? 0,
    restarts: judge?.restarts() ?? 0,
    convergenceMs,
    hash: hash.value(),
  }
}
