import { describe, expect, it } from "@effect/vitest"
import { mutants } from "../../../src/testing/simulation/mutants.js"
import { plansOf, reference, runPlan, type SystematicPlan } from "../../../src/testing/simulation/plans.js"
import { type RunResult, simulate } from "../../../src/testing/simulation/Simulation.js"
import { workloads } from "../../../src/testing/simulation/Workload.js"

/** A sample: `npm run sim` goes through all of them. */
const lastingTested: Readonly<Record<string, ReadonlyArray<string>>> = {
  create: ["amnesia", "watch-never", "events-repeated"],
  "scale-up": ["watch-stall"],
  "scale-down": ["stale-crash"],
  "roll-configuration": ["stale-20s", "leader/freeze", "leader/clock-jump"],
  "restart-on-demand": ["amnesia", "stale-20s", "leader/freeze"],
  recreate: ["stale-2s"],
  delete: ["amnesia", "watch-expire"],
}

const sample = (name: string, all: ReadonlyArray<SystematicPlan>): ReadonlyArray<SystematicPlan> => {
  const struck = (kind: SystematicPlan["kind"], part: number) => {
    const of = all.filter((plan) => plan.kind === kind)
    return of.slice(Math.floor(part * of.length), Math.floor(part * of.length) + 1)
  }
  return [
    ...struck("crash", 0.4),
    ...struck("crash", 0.8),
    ...struck("reply", 0.6),
    ...struck("stop", 0.5),
    ...struck("stale", 0.9),
    ...struck("event", 0.5),
    ...all.filter((plan) => lastingTested[name]?.some((fault) => plan.name.endsWith(`/${fault}`)) === true),
  ]
}

describe("one fault at one place (L1, L3, L4, R1–R7, R11, R12, R14, R16–R19, R24, R32, R34, R38, R43, R58, R60)", () => {
  for (const workload of workloads)
    it(`${workload.id} ${workload.name}: ends as without the fault, breaks no invariant`, { timeout: 120_000 }, () => {
      const expected = reference(workload)
      expect(expected.violations).toEqual([])
      expect(expected.places.writes).toBeGreaterThan(2)
      for (const plan of sample(workload.name, plansOf(workload, expected)))
        expect({ plan: plan.name, violations: runPlan(plan, expected).violations }).toEqual({
          plan: plan.name,
          violations: [],
        })
    })
})

describe("an operation (B18, R14, R15)", () => {
  it("restarts every pod exactly once, wherever the operator dies", { timeout: 120_000 }, () => {
    const workload = workloads.find(({ name }) => name === "restart-on-demand")
    if (workload === undefined) throw new Error("no such workload")
    const expected = reference(workload)
    expect(expected.restartsOfChange).toBe(3)
    const crashes = plansOf(workload, expected).filter(({ kind }) => kind === "crash")
    const deaths = crashes.filter((_, n) => n % 4 === 1)
    expect(deaths.length).toBeGreaterThan(2)
    expect(deaths.map((plan) => [plan.name, runPlan(plan, expected).restartsOfChange])).toEqual(
      deaths.map(({ name }) => [name, 3]),
    )
  })
})

describe("caches of different ages", () => {
  /** The resource and the StatefulSets as they are, pods as they were five minutes ago, claims two. */
  const mixed = {
    quietMs: 0,
    faults: ["staleCache"],
    plan: { lagMs: 0, lagOf: { pods: 300_000, persistentvolumeclaims: 120_000 } },
  } as const
  const dangers = ({ violations }: RunResult) => violations.filter(({ invariant }) => /^S[123]$/.test(invariant))

  for (const name of ["scale-down-cascade", "roll-configuration", "restart-on-demand", "recreate", "down-up"])
    it(`R22, S1–S3: ${name}: nothing is stopped or destroyed that should not be`, { timeout: 60_000 }, () => {
      const workload = workloads.find((one) => one.name === name)
      expect(workload).toBeDefined()
      if (workload !== undefined) expect(dangers(simulate({ ...mixed, seed: 1, workload }))).toEqual([])
    })

  it("R22: who believed them before a restart would be noticed", { timeout: 60_000 }, () => {
    const mutant = mutants.find(({ name }) => name === "stale-reads")
    const workload = workloads.find(({ name }) => name === "roll-configuration")
    expect([mutant, workload]).not.toContain(undefined)
    if (mutant !== undefined && workload !== undefined)
      expect(dangers(simulate({ ...mixed, seed: 1, workload, mutant }))).not.toEqual([])
  })
})

describe("the simulation itself", () => {
  it("equal seeds give equal histories, other seeds others", { timeout: 60_000 }, () => {
    const hashes = [11, 11, 12].map((seed) => simulate({ seed, quietMs: 0 }).hash)
    expect(hashes[0]).toBe(hashes[1])
    expect(hashes[0]).not.toBe(hashes[2])
  })

  for (const name of ["no-preconditions", "optimist", "claims-forgotten", "stale-reads", "unread"])
    it(`notices the planted bug ${name}`, { timeout: 120_000 }, () => {
      const mutant = mutants.find((one) => one.name === name)
      expect(mutant).toBeDefined()
      if (mutant === undefined) return
      const seen = new Set<string>()
      for (let seed = 1; seed <= 12 && !mutant.caughtBy.some((invariant) => seen.has(invariant)); seed++)
        for (const { invariant } of simulate({ seed, mutant, quietMs: 0, faults: mutant.faults ?? [] }).violations)
          seen.add(invariant)
      expect(mutant.caughtBy.filter((invariant) => seen.has(invariant))).not.toEqual([])
    })
})
