/**
 * Two instances of the operator, each on a machine of its own, that campaign for one Lease; and what happens to the one that leads (R58–R60,
 * R63). Whoever lost its leadership ends, and a fresh instance takes its place, as a Deployment would see to it.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { AerospikeInfo } from "../../aerospike/AerospikeInfo.js"
import type { OperatorSettings } from "../../config/OperatorConfig.js"
import type { LeadershipLost } from "../../runtime/LeaderElection.js"
import type { EmbeddedWorld } from "../kube/controllers/EmbeddedWorld.js"
import type { LeaderFault } from "./Faults.js"
import type { Judge } from "./Judge.js"
import { type Machine, makeMachine } from "./Machine.js"
import type { Mutant } from "./mutants.js"
import { type OperatorProcess, start } from "./OperatorProcess.js"
import type { Theatre } from "./Theatre.js"
import type { VirtualTime } from "./VirtualTime.js"
import { clusterKey } from "./Workload.js"

export interface RivalsOptions {
  readonly fault: LeaderFault
  readonly time: VirtualTime
  readonly mutant?: Mutant
  readonly settings?: Partial<OperatorSettings>
  /** Uniform numbers in [0, 1). */
  readonly next: () => number
  readonly log?: (line: string) => void
}

interface Instance {
  readonly process: OperatorProcess
  readonly machine: Machine
}

/** The only way an instance may end by itself. */
const isDeposed = (exit: Exit.Exit<never, LeadershipLost>): boolean =>
  Exit.isFailure(exit) && Option.isSome(Cause.failureOption(exit.cause)) && !Cause.isDie(exit.cause)

/** An instance that hears nothing from the API server must have stopped after this (ms): its renewal deadline and a margin (R59). */
const deposedWithinMs = 15_000

export const makeRivals = (
  world: EmbeddedWorld,
  info: AerospikeInfo["Type"],
  judge: Judge,
  { fault, time, mutant, settings = {}, next, log }: RivalsOptions,
): Effect.Effect<Theatre> =>
  Effect.sync(() => {
    const alive = new Set<Instance>()
    let isDisturbed = false
    let isOver = false
    let incarnations = 0
    judge.expectElection()

    const leader = (): Instance | undefined => [...alive].find(({ process }) => process.user === judge.holder())

    const launch = Effect.gen(function* () {
      incarnations++
      const machine = makeMachine(time)
      const process = yield* machine.host(
        start(world, info, incarnations, {
          settings,
          election: { namespace: clusterKey.namespace, isFenced: mutant?.isUnfenced !== true },
          around: (outside) => Layer.provideMerge(judge.around, outside),
        }),
      )
      const instance: Instance = { process, machine }
      alive.add(instance)
      return instance
    })

    /** Leaves a word where something else than lost leadership ended it. */
    const bury = (instance: Instance) =>
      Effect.gen(function* () {
        alive.delete(instance)
        const { death, user, crash } = instance.process
        const exit = death()
        if (exit !== undefined && !isDeposed(exit))
          judge.report("S11", `${user} ended by itself: ${Exit.isFailure(exit) ? Cause.pretty(exit.cause) : ""}`)
        log?.(`${user} has ended`)
        yield* Effect.forkDaemon(crash)
      })

    /** One place in the Deployment: there is always an instance in it, or about to be. */
    const place = Effect.forever(
      Effect.gen(function* () {
        const instance = yield* launch
        while (alive.has(instance) && instance.process.death() === undefined) yield* Effect.sleep(500)
        if (alive.has(instance)) yield* bury(instance)
        yield* isOver ? Effect.never : Effect.sleep(1_000 + Math.floor(next() * 2_000))
      }),
    )

    const strike = (instance: Instance): Effect.Effect<void> => {
      const { machine, process } = instance
      const forMs = 5_000 + Math.floor(next() * 35_000)
      log?.(`${process.user}: ${fault}, ${forMs} ms`)
      switch (fault) {
        case "freeze":
          return Effect.gen(function* () {
            machine.freeze()
            yield* Effect.sleep(forMs)
            machine.thaw()
          })
        case "cut-off":
          return Effect.gen(function* () {
            process.faults.setOutage(true)
            yield* Effect.sleep(forMs)
            if (forMs > deposedWithinMs && process.death() === undefined)
              judge.report("S4", `${process.user} works on ${forMs} ms after it was cut off`)
            process.faults.setOutage(false)
          })
        case "clock-jump":
          return Effect.gen(function* () {
            machine.setWallClock((next() < 0.5 ? -1 : 1) * Math.floor(next() * 3_600_000))
            yield* Effect.sleep(forMs)
          })
        case "crash":
          return Effect.gen(function* () {
            process.cut()
            yield* bury(instance)
            yield* Effect.sleep(forMs)
          })
      }
    }

    const haunt = Effect.forever(
      Effect.gen(function* () {
        yield* Effect.sleep(100 + Math.floor(next() * 3_000))
        const instance = leader()
        if (isDisturbed && instance !== undefined) yield* strike(instance)
      }),
    )

    return {
      disturb: (on) => {
        isDisturbed = on
      },
      arm: () => undefined,
      places: () => ({ writes: 0, destructive: [], events: {} }),
      incarnations: () => incarnations,
      end: Effect.suspend(() => {
        isOver = true
        const last = [...alive]
        alive.clear()
        return Effect.forEach(last, ({ process }) => process.crash, { discard: true })
      }),
      run: Effect.zipRight(
        Effect.all([place, place, haunt], { concurrency: "unbounded", discard: true }),
        Effect.never,
      ),
    }
  })
