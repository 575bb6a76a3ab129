/** One unit of work of the simulation, small enough to be sent to another process. */
import type { FaultClass } from "../../src/testing/simulation/Faults.js"
import { mutants } from "../../src/testing/simulation/mutants.js"
import { plansOf, reference, runPlan } from "../../src/testing/simulation/plans.js"
import { type RunResult, simulate } from "../../src/testing/simulation/Simulation.js"
import { type Workload, workloads } from "../../src/testing/simulation/Workload.js"

export type Job =
  | {
      readonly _tag: "Seed"
      readonly seed: number
      readonly faults?: ReadonlyArray<FaultClass>
      readonly mutant?: string
    }
  | { readonly _tag: "Reference"; readonly workload: string }
  | { readonly _tag: "Plan"; readonly workload: string; readonly name: string; readonly mutant?: string }
  | { readonly _tag: "Mutant"; readonly mutant: string }

/** A killed mutant says by which seed; a survivor by none. */
export interface MutantResult {
  readonly mutant: string
  readonly killedBy: number | undefined
  readonly seeds: number
  readonly invariants: ReadonlyArray<string>
}

/** Seeds a mutant gets to betray itself. */
export const mutantSeeds = 100

/** One seed in ten is watched for a whole hour after its last change, the others for five minutes. */
const quietMsOf = (seed: number): number => (seed % 10 === 0 ? 3_600_000 : 300_000)

const named = <A extends { readonly name: string }>(all: ReadonlyArray<A>, name: string): A => {
  const found = all.find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no ${name}`)
  return found
}

const references = new Map<string, RunResult>()
const referenceOf = (workload: Workload): RunResult => {
  const known = references.get(workload.name) ?? reference(workload)
  references.set(workload.name, known)
  return known
}

/** Plans are named, not sent: both sides know them from the same reference run. */
export const plansFor = (name: string) => {
  const workload = named(workloads, name)
  return plansOf(workload, referenceOf(workload))
}

const hunt = (name: string): MutantResult => {
  const mutant = named(mutants, name)
  for (let seed = 1; seed <= mutantSeeds; seed++) {
    const { violations } = simulate({
      seed,
      mutant,
      quietMs: 180_000,
      ...(mutant.faults === undefined ? {} : { faults: mutant.faults }),
    })
    const telling = violations.filter(({ invariant }) => mutant.caughtBy.includes(invariant))
    if (telling.length > 0)
      return { mutant: name, killedBy: seed, seeds: seed, invariants: [...new Set(telling.map((v) => v.invariant))] }
  }
  return { mutant: name, killedBy: undefined, seeds: mutantSeeds, invariants: [] }
}

export type JobResult =
  { readonly _tag: "Run"; readonly run: RunResult } | { readonly _tag: "Hunt"; readonly hunt: MutantResult }

export const carryOut = (job: Job, log?: (line: string) => void): JobResult => {
  const logging = log === undefined ? {} : { log }
  switch (job._tag) {
    case "Seed":
      return {
        _tag: "Run",
        run: simulate({
          seed: job.seed,
          quietMs: quietMsOf(job.seed),
          ...(job.faults && { faults: job.faults }),
          ...(job.mutant !== undefined && { mutant: named(mutants, job.mutant) }),
          ...logging,
        }),
      }
    case "Reference":
      return { _tag: "Run", run: referenceOf(named(workloads, job.workload)) }
    case "Plan": {
      const workload = named(workloads, job.workload)
      const expected = referenceOf(workload)
      const plan = named(plansOf(workload, expected), job.name)
      const mutant = job.mutant === undefined ? {} : { mutant: named(mutants, job.mutant) }
      return { _tag: "Run", run: runPlan(plan, expected, { ...mutant, ...logging }) }
    }
    case "Mutant":
      return { _tag: "Hunt", hunt: hunt(job.mutant) }
  }
}
