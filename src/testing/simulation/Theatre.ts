/** The operators of a run, one incarnation after the other, and everything that happens to them. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type { AerospikeInfo } from "../../aerospike/AerospikeInfo.js"
import type { OperatorSettings } from "../../config/OperatorConfig.js"
import type { EmbeddedWorld } from "../kube/controllers/EmbeddedWorld.js"
import type { RequestInfo, Verdict } from "../kube/RequestGate.js"
import { apiFailure } from "./apiFailures.js"
import type { FaultClass, FaultPlan, Strike } from "./Faults.js"
import { isWrite, type Judge } from "./Judge.js"
import type { Mutant } from "./mutants.js"
import { type OperatorProcess, start } from "./OperatorProcess.js"
import { clusterKey } from "./Workload.js"

export interface TheatreOptions {
  readonly plan: FaultPlan
  readonly strike?: Strike
  readonly mutant?: Mutant
  readonly settings?: Partial<OperatorSettings>
  /** Uniform numbers in [0, 1). */
  readonly next: () => number
  readonly log?: (line: string) => void
}

/** What the operators did since the change under test began: the places a systematic plan can strike. */
export interface Places {
  readonly writes: number
  /** Which of these writes take something away or replace it. */
  readonly destructive: ReadonlyArray<number>
  /** Plural of a kind → events delivered. */
  readonly events: Readonly<Record<string, number>>
}

export interface Theatre {
  /** Switches the classes of faults of the plan on or off; switching them off repairs what is broken. */
  readonly disturb: (on: boolean) => void
  /** The change under test begins: places are counted from here, the strike may hit. */
  readonly arm: () => void
  readonly places: () => Places
  /** Ends whoever is alive. */
  readonly end: Effect.Effect<void>
  readonly incarnations: () => number
  readonly run: Effect.Effect<never>
}

/** How long an orderly end may take (ms): a pod's grace period, less a margin. */
const graceMs = 25_000

/** Takes something away, or replaces what a StatefulSet makes of it. */
const isDestructive = ({ verb, resource }: RequestInfo): boolean =>
  verb === "delete" || (verb === "patch" && resource === "statefulsets")

export const makeTheatre = (
  world: EmbeddedWorld,
  info: AerospikeInfo["Type"],
  judge: Judge,
  options: TheatreOptions,
): Effect.Effect<Theatre> =>
  Effect.gen(function* () {
    const { plan, strike, mutant, next } = options
    const crashes = yield* Queue.unbounded<OperatorProcess>()
    const stops = yield* Queue.unbounded<OperatorProcess>()
    let isDisturbed = false
    let isArmed = false
    let current: OperatorProcess | undefined
    let incarnations = 0
    let writes = 0
    let armedWrites = 0
    let staleUntil = -Infinity
    const destructive: Array<number> = []
    const events = new Map<string, number>()
    const has = (fault: FaultClass) => isDisturbed && plan.classes.has(fault)
    const hit = (fault: FaultClass) => has(fault) && next() < plan.share

    const crashNow = (): Verdict | undefined => {
      if (current === undefined) return undefined
      const victim = current
      current = undefined
      victim.cut()
      Queue.unsafeOffer(crashes, victim)
      return { _tag: "DropReply" }
    }

    const stopNow = (): undefined => {
      if (current === undefined) return
      Queue.unsafeOffer(stops, current)
      current = undefined
    }

    const struck = (strike: Strike): Verdict | undefined => {
      switch (strike._tag) {
        case "CrashAfter":
          return strike.writes.includes(armedWrites) ? crashNow() : undefined
        case "LoseReply":
          return strike.write === armedWrites ? { _tag: "DropReply" } : undefined
        case "StopAfter":
          return strike.write === armedWrites ? stopNow() : undefined
        case "StaleAfter":
          if (strike.write !== armedWrites) return undefined
          staleUntil = world.server.now() + strike.ms
          return strike.crashes ? crashNow() : undefined
        case "DropEvent":
          return undefined
      }
    }

    const writeVerdict = (request: RequestInfo): Verdict | undefined => {
      writes++
      if (isArmed) {
        armedWrites++
        if (isDestructive(request)) destructive.push(armedWrites)
        const verdict = strike === undefined ? undefined : struck(strike)
        if (verdict !== undefined) return verdict
      }
      if ((isDisturbed && plan.crashAfter.has(writes)) || has("amnesia")) return crashNow()
      return hit("lostReply") ? { _tag: "DropReply" } : undefined
    }

    const verdict = (request: RequestInfo): Verdict | undefined => {
      const written = isWrite(request) ? writeVerdict(request) : undefined
      if (written !== undefined || request.verb === "watch") return written
      if (hit("lostRequest")) return { _tag: "DropRequest" }
      if (hit("serverError")) return { _tag: "Fail", failure: apiFailure(next()) }
      if (hit("latency")) return { _tag: "Delay", ms: Math.floor(next() * 5_000) }
      return undefined
    }
    world.server.gate.onRequest((request) => (request.user === current?.user ? verdict(request) : undefined))

    const isEventLost = (plural: string): boolean => {
      if (isArmed) {
        const count = (events.get(plural) ?? 0) + 1
        events.set(plural, count)
        if (strike?._tag === "DropEvent" && strike.plural === plural && strike.event === count) return true
      }
      return hit("droppedEvent")
    }

    const launch = Effect.gen(function* () {
      incarnations++
      const process = yield* start(world, info, incarnations, {
        client: {
          lag: ({ plural }) =>
            Math.max(has("staleCache") ? (plan.lagOf?.[plural] ?? plan.lagMs) : 0, staleUntil - world.server.now()),
          onLine: (kind, { type }) => {
            if (type === "ERROR" || type === "BOOKMARK") return "deliver"
            if (isEventLost(kind.plural)) return "drop"
            return hit("repeatedEvent") ? "repeat" : "deliver"
          },
        },
        settings: { ...options.settings, ...mutant?.settings },
        ...(mutant?.inside === undefined ? {} : { inside: mutant.inside }),
        around: (outside) => {
          const judged = Layer.provideMerge(judge.around, outside)
          return mutant?.around === undefined ? judged : Layer.provideMerge(mutant.around, judged)
        },
      })
      current = process
      judge.setLiving(process.user)
    })

    const bury = Effect.gen(function* () {
      const victim = yield* Queue.take(crashes)
      options.log?.(`${victim.user} crashes`)
      judge.setLiving(undefined)
      // Its fibers end in their own time, cut off from everything; a crash waits for nothing.
      yield* Effect.forkDaemon(victim.crash)
      yield* Effect.sleep(Math.floor(next() * plan.maxDowntimeMs))
      yield* launch
    })

    const dismiss = Effect.gen(function* () {
      const leaving = yield* Queue.take(stops)
      options.log?.(`${leaving.user} is told to end`)
      const ended = yield* Effect.timeoutOption(leaving.stop, graceMs)
      if (Option.isNone(ended)) judge.report("S11", `${leaving.user} did not end within ${graceMs} ms`)
      judge.setLiving(undefined)
      yield* Effect.sleep(Math.floor(next() * plan.maxDowntimeMs))
      yield* launch
    })

    const haunt = Effect.gen(function* () {
      yield* Effect.sleep(Math.floor(plan.pauseMs * (0.5 + next())))
      const faults = current?.faults
      if (faults === undefined || !isDisturbed) return
      if (hit("watchCut")) faults.strikeWatches("Cut")
      if (hit("watchEnd")) faults.strikeWatches("End")
      if (hit("watchStall")) faults.strikeWatches("Stall")
      if (hit("watchExpire")) faults.strikeWatches("Expire")
      if (has("watchRefused")) {
        const refuses = next() < 0.5 || plan.refusesForGood === true
        faults.refuseWatches(refuses)
        if (next() < 0.5 || plan.refusesForGood === true) faults.strikeWatches("Cut")
      }
      if (has("outage") && next() < 0.5) {
        faults.setOutage(true)
        yield* Effect.sleep(Math.floor(next() * 40_000))
        if (faults === current?.faults) faults.setOutage(false)
      }
      if (has("hungNode")) {
        const pod = `${clusterKey.name}-0-${Math.floor(next() * 3)}`
        yield* world.aerospike.setFault(pod, { _tag: "Hang" })
        yield* Effect.sleep(Math.floor(next() * 20_000))
        yield* world.aerospike.clearFault(pod)
      }
    })

    const watchOver = Effect.gen(function* () {
      yield* Effect.sleep("5 seconds")
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
        if (on) return
        if (plan.refusesForGood !== true) current?.faults.refuseWatches(false)
        current?.faults.setOutage(false)
      },
      arm: () => {
        isArmed = true
      },
      places: () => ({ writes: armedWrites, destructive, events: Object.fromEntries(events) }),
      end: Effect.suspend(() => current?.crash ?? Effect.void),
      incarnations: () => incarnations,
      run: Effect.zipRight(
        launch,
        Effect.all([Effect.forever(bury), Effect.forever(dismiss), Effect.forever(haunt), Effect.forever(watchOver)], {
          concurrency: "unbounded",
          discard: true,
        }),
      ) as Effect.Effect<never>,
    }
  })
