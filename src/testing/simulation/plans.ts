/**
 * Systematic plans: the same change again and again, each time with one fault at another place. The fault-free run of the same seed says how
 * many places there are and what must come out (L4).
 */
import { differenceOf } from "./endState.js"
import type { FaultClass, FaultPlan, Strike } from "./Faults.js"
import type { Violation } from "./Judge.js"
import type { Mutant } from "./mutants.js"
import { type RunResult, simulate } from "./Simulation.js"
import { type Workload, workloads } from "./Workload.js"

/** Which plans: after which write the operator dies, which answer or event is lost, and the classes that last. */
export const planKinds = ["crash", "reply", "event", "lasting"] as const

export type PlanKind = (typeof planKinds)[number]

export interface SystematicPlan {
  readonly kind: PlanKind
  /** Entries of the reliability catalogue, e.g. `R11`. */
  readonly id: string
  /** `--plan` takes it to repeat this very plan. */
  readonly name: string
  readonly workload: Workload
  readonly strike?: Strike
  readonly faults: ReadonlyArray<FaultClass>
  readonly draw?: Partial<FaultPlan>
}

const seed = 1

/** What every run of a plan has in common. */
const base = { seed, quietMs: 180_000 } as const

/** The run without faults: the measure of all others. */
export const reference = (workload: Workload): RunResult => simulate({ ...base, workload, faults: [] })

interface Lasting {
  readonly id: string
  readonly name: string
  readonly faults: ReadonlyArray<FaultClass>
  readonly draw?: Partial<FaultPlan>
}

/** Faults that last through the whole change. */
const lasting: ReadonlyArray<Lasting> = [
  { id: "R14", name: "amnesia", faults: ["amnesia"], draw: { maxDowntimeMs: 4_000 } },
  { id: "R16-R19", name: "stale-2s", faults: ["staleCache"], draw: { lagMs: 2_000 } },
  { id: "R16-R19", name: "stale-20s", faults: ["staleCache"], draw: { lagMs: 20_000 } },
  {
    id: "R16-R18",
    name: "stale-crash",
    faults: ["staleCache", "crash"],
    draw: { lagMs: 10_000, crashAfter: new Set([2, 5, 9, 14]) },
  },
  { id: "R30", name: "watch-end", faults: ["watchEnd"], draw: { share: 1, pauseMs: 1_000 } },
  { id: "R31", name: "watch-cut", faults: ["watchCut"], draw: { share: 1, pauseMs: 1_000 } },
  { id: "R32-R33", name: "watch-expire", faults: ["watchExpire"], draw: { share: 1, pauseMs: 1_000 } },
  { id: "R34", name: "watch-refused", faults: ["watchRefused"], draw: { share: 1, pauseMs: 2_000 } },
  {
    id: "R34",
    name: "watch-never",
    faults: ["watchRefused"],
    draw: { pauseMs: 1_000, refusesForGood: true },
  },
  { id: "R38", name: "watch-stall", faults: ["watchStall"], draw: { share: 1, pauseMs: 2_000 } },
]

const eventsPerKind = 2

const strikes = (workload: Workload, { places }: RunResult): ReadonlyArray<SystematicPlan> => {
  const of = (kind: PlanKind, id: string, place: string, strike: Strike): SystematicPlan => ({
    kind,
    id,
    name: `${workload.name}/${kind}/${place}`,
    workload,
    strike,
    faults: [],
    draw: { maxDowntimeMs: 2_000 },
  })
  const plans: Array<SystematicPlan> = []
  for (let write = 1; write <= places.writes; write++) {
    plans.push(of("crash", workload.id, String(write), { _tag: "CrashAfter", write }))
    plans.push(of("reply", "R11", String(write), { _tag: "LoseReply", write }))
  }
  for (const [plural, count] of Object.entries(places.events))
    // The first and the last: most say that something appeared, resp. that all is well.
    for (let n = 0; n < Math.min(eventsPerKind, count); n++) {
      const event = 1 + Math.floor((n * (count - 1)) / Math.max(1, eventsPerKind - 1))
      plans.push(of("event", "R24", `${plural}-${event}`, { _tag: "DropEvent", plural, event }))
    }
  return plans
}

/** All plans of a workload, given its reference run. */
export const plansOf = (workload: Workload, fromReference: RunResult): ReadonlyArray<SystematicPlan> => [
  ...strikes(workload, fromReference),
  ...lasting.map(({ id, name, faults, draw }) => ({
    kind: "lasting" as const,
    id,
    name: `${workload.name}/lasting/${name}`,
    workload,
    faults,
    ...(draw && { draw }),
  })),
]

const differences = (expected: RunResult, actual: RunResult): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  const report = (detail: string) => found.push({ invariant: "L4", at: actual.virtualMs, detail })
  const difference = differenceOf(expected.end, actual.end)
  if (difference !== undefined) report(`ends otherwise: ${difference}`)
  if (actual.restartsOfChange !== expected.restartsOfChange)
    report(`${actual.restartsOfChange} pods were deleted, ${expected.restartsOfChange} without the fault`)
  return found
}

/** Carries out one plan; to end otherwise than the reference run is a violation too. */
export const runPlan = (
  plan: SystematicPlan,
  fromReference: RunResult,
  options: { readonly mutant?: Mutant; readonly log?: (line: string) => void } = {},
): RunResult => {
  const result = simulate({
    ...base,
    ...options,
    workload: plan.workload,
    faults: plan.faults,
    ...(plan.strike && { strike: plan.strike }),
    ...(plan.draw && { plan: plan.draw }),
  })
  if (result.violations.length > 0) return result
  return { ...result, violations: differences(fromReference, result) }
}

/** The workload of that name. */
export const workloadNamed = (name: string): Workload | undefined =>
  workloads.find((workload) => workload.name === name)
