/**
 * Systematic plans: the same change again and again, each time with one fault at another place. The fault-free run of the same seed says how
 * many places there are and what must come out (L4).
 */
import { differenceOf } from "./endState.js"
import { type FaultClass, type FaultPlan, type LeaderFault, leaderFaults, type Strike } from "./Faults.js"
import type { Violation } from "./Judge.js"
import type { Mutant } from "./mutants.js"
import { type RunResult, simulate } from "./Simulation.js"
import { generator } from "./VirtualTime.js"
import { type Workload, workloads } from "./Workload.js"

/**
 * Which plans: after which write the operator dies (or two of them) or is told to end, which answer or event is lost, after which write its
 * view stands still, the classes of faults that last, and what happens to the leader of two.
 */
export const planKinds = ["crash", "pair", "stop", "reply", "event", "stale", "lasting", "leader"] as const

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
  /** Two instances campaign, and this happens to the leader. */
  readonly leaderFault?: LeaderFault
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
  { id: "R43", name: "events-repeated", faults: ["repeatedEvent"], draw: { share: 0.5 } },
  { id: "R38", name: "watch-stall", faults: ["watchStall"], draw: { share: 1, pauseMs: 2_000 } },
]

const eventsPerKind = 2
const pairsPerWorkload = 6
/** Longer than a pod needs to start, shorter than what would only wait. */
const staleMs = 30_000

/** Pairs of places, drawn by the seed: all pairs would be thousands (R10). */
const pairsOf = (writes: number): ReadonlyArray<readonly [number, number]> => {
  const next = generator(seed)
  return Array.from({ length: writes < 2 ? 0 : pairsPerWorkload }, () => {
    const first = 1 + Math.floor(next() * (writes - 1))
    return [first, first + 1 + Math.floor(next() * (writes - first))] as const
  })
}

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
    plans.push(of("crash", workload.id, String(write), { _tag: "CrashAfter", writes: [write] }))
    plans.push(of("reply", "R11", String(write), { _tag: "LoseReply", write }))
    // An end between two writes is the same wherever nothing is taken away.
    if (write % 4 === 1 || places.destructive.includes(write))
      plans.push(of("stop", "R12", String(write), { _tag: "StopAfter", write }))
  }
  for (const write of places.destructive)
    for (const crashes of [false, true])
      plans.push(
        of("stale", crashes ? "R16" : "R19", `${write}${crashes ? "-crash" : ""}`, {
          _tag: "StaleAfter",
          write,
          ms: staleMs,
          crashes,
        }),
      )
  for (const writes of pairsOf(places.writes))
    plans.push(of("pair", "R10", writes.join("-"), { _tag: "CrashAfter", writes }))
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
  ...leaderFaults.map(({ id, name }) => ({
    kind: "leader" as const,
    id,
    name: `${workload.name}/leader/${name}`,
    workload,
    faults: [],
    leaderFault: name,
  })),
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
    ...(plan.leaderFault && { leaderFault: plan.leaderFault }),
  })
  if (result.violations.length > 0) return result
  return {
    ...result,
    violations: [...differences(fromReference, result), ...lateness(plan, fromReference, result)],
  }
}

/** One poll interval with its jitter, the time a watch is given to deliver, and the operator's own pace. */
const healedWithinMs = 10_000 * 1.1 + 1_000 + 2_000
/** Nobody waits for a user's edit: the safety list of the clusters finds it. */
const editHealedWithinMs = 60_000 * 1.1 + 1_000 + 2_000

/** A lost event costs one poll interval where it is waited for (R24). */
const lateness = ({ strike }: SystematicPlan, expected: RunResult, actual: RunResult): ReadonlyArray<Violation> => {
  if (strike?._tag !== "DropEvent") return []
  const allowedMs = strike.plural === "aerospikeclusters" ? editHealedWithinMs : healedWithinMs
  const lateMs = actual.convergenceMs - expected.convergenceMs
  return lateMs <= allowedMs
    ? []
    : [{ invariant: "L1", at: actual.virtualMs, detail: `${lateMs} ms later for one lost event, not ${allowedMs}` }]
}

/** The workload of that name. */
export const workloadNamed = (name: string): Workload | undefined =>
  workloads.find((workload) => workload.name === name)
