/** `npm run sim`: simulated runs by the hundred. Prints one JSON line of figures; a failing run prints the one command that repeats it. */
import { writeFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { parseArgs } from "node:util"
import { type FaultClass, faultClasses } from "../../src/testing/simulation/Faults.js"
import { mutants } from "../../src/testing/simulation/mutants.js"
import { type PlanKind, planKinds } from "../../src/testing/simulation/plans.js"
import type { RunResult } from "../../src/testing/simulation/Simulation.js"
import { workloads } from "../../src/testing/simulation/Workload.js"
import { carryOut, type Job, type JobResult, mutantSeeds, plansFor } from "./Job.js"
import { type Outcome, runAll, serve, workerFlag } from "./Workers.js"

const usage = `npm run sim -- [--seeds N] [--seed S] [--profile P] [--plan P] [--mutants] [--log] [--report FILE]

  Without --seed, --plan and --mutants: the systematic plans, the planted bugs and --seeds random runs.

  --seeds N       random runs, from --seed on (default 20). Nine of ten must stay quiet for five virtual minutes
                  after their last change, each tenth for an hour
  --seed S        first seed (default 1); alone: run just that one
  --profile P     none, or one or more classes of faults, separated by commas (default: each seed draws its own)
                  ${faultClasses.join(", ")}
  --plan P        all, none, one kind (${planKinds.join(", ")}),
                  one workload
                  (${workloads.map(({ name }) => name).join(", ")}) or one plan (create/crash/3)
  --mutants       plant every known bug (with --mutant: that one) in turn; fails when one is not noticed within ${mutantSeeds} seeds
  --mutant NAME   plant one bug: ${mutants.map(({ name }) => name).join(", ")}
  --workers N     processes (default: one per CPU)
  --log           one run only: print what the operator logs and writes
  --report FILE   write the figures as JSON`

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    seed: { type: "string" },
    profile: { type: "string" },
    plan: { type: "string" },
    mutants: { type: "boolean" },
    mutant: { type: "string" },
    workers: { type: "string" },
    log: { type: "boolean", default: false },
    report: { type: "string" },
    worker: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
})

const fail = (message: string): never => {
  process.stderr.write(`${message}\n\n${usage}\n`)
  process.exit(2)
}

const whole = (option: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  return /^\d+$/.test(text) ? Number(text) : fail(`--${option} takes a whole number, not ${text}`)
}

const isFaultClass = (name: string): name is FaultClass => (faultClasses as ReadonlyArray<string>).includes(name)
const isPlanKind = (name: string): name is PlanKind => (planKinds as ReadonlyArray<string>).includes(name)

const profileOf = (text: string | undefined): ReadonlyArray<FaultClass> | undefined => {
  if (text === undefined || text === "all") return undefined
  if (text === "none") return []
  return text.split(",").map((name) => (isFaultClass(name) ? name : fail(`--profile: there is no class ${name}`)))
}

const planJobs = (choice: string): ReadonlyArray<Job> => {
  if (choice === "none") return []
  const [head = ""] = choice.split("/")
  const isWorkload = workloads.some(({ name }) => name === head)
  if (choice !== "all" && !isWorkload && !isPlanKind(choice)) fail(`--plan: there is no ${choice}`)
  return workloads
    .filter(({ name }) => !isWorkload || name === head)
    .flatMap((workload): ReadonlyArray<Job> => {
      const wanted = plansFor(workload.name).filter(
        ({ kind, name }) => choice === "all" || choice === head || choice === kind || choice === name,
      )
      const isAll = choice === "all" || choice === workload.name
      return [
        ...(isAll ? [{ _tag: "Reference" as const, workload: workload.name }] : []),
        ...wanted
          .filter(({ kind }) => isAll || kind === choice || choice.includes("/"))
          .filter(({ name }) => !choice.includes("/") || name === choice)
          .map(({ name }) => ({ _tag: "Plan" as const, workload: workload.name, name, ...planted })),
      ]
    })
}

/** The command that repeats a job alone. */
const repeatOf = (job: Job): string => {
  const mutant = values.mutant === undefined ? "" : ` --mutant ${values.mutant}`
  switch (job._tag) {
    case "Seed":
      return `--seed ${job.seed}${values.profile === undefined ? "" : ` --profile ${values.profile}`}${mutant} --log`
    case "Plan":
      return `--plan ${job.name}${mutant} --log`
    case "Reference":
      return `--plan ${job.workload}`
    case "Mutant":
      return `--mutants --mutant ${job.mutant}`
  }
}

const nameOf = (job: Job): string => {
  switch (job._tag) {
    case "Seed":
      return `seed ${job.seed}`
    case "Plan":
      return `plan ${job.name}`
    case "Reference":
      return `reference of ${job.workload}`
    case "Mutant":
      return `mutant ${job.mutant}`
  }
}

const tell = (job: Job, lines: ReadonlyArray<string>): void => {
  for (const line of lines) process.stderr.write(`${nameOf(job)} ${line}\n`)
  process.stderr.write(`repeat: npm run sim -- ${repeatOf(job)}\n`)
}

/** Says what is wrong with a result; true when nothing is. */
const isGood = (job: Job, result: JobResult): boolean => {
  if (result._tag === "Hunt") {
    const { invariants, killedBy } = result.hunt
    if (killedBy !== undefined) {
      process.stdout.write(`${nameOf(job)} is noticed by seed ${killedBy} (${invariants.join(", ")})\n`)
      return true
    }
    tell(job, [`survived ${result.hunt.seeds} seeds`])
    return false
  }
  const { faults, violations } = result.run
  if (violations.length === 0) return true
  const where = faults.length === 0 ? "" : `[${faults.join(",")}] `
  tell(
    job,
    violations.map(({ invariant, at, detail }) => `${where}${invariant} at ${(at / 1000).toFixed(3)} s: ${detail}`),
  )
  return false
}

const share = (sorted: ReadonlyArray<number>, part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0

const planted = values.mutant === undefined ? {} : { mutant: values.mutant }

const main = async (): Promise<void> => {
  if (values.mutant !== undefined && !mutants.some(({ name }) => name === values.mutant))
    fail(`--mutant: there is no ${values.mutant}`)
  const faults = profileOf(values.profile)
  const first = whole("seed", values.seed) ?? 1
  const isSingle = values.seed !== undefined && values.seeds === undefined
  const isAll = values.seed === undefined && values.plan === undefined && values.mutants === undefined
  const everything = isAll && values.profile === undefined && values.mutant === undefined
  const seedsWanted = isSingle ? 1 : values.plan === undefined && values.mutants === undefined ? 20 : 0
  const seeds = whole("seeds", values.seeds) ?? seedsWanted
  const workers = whole("workers", values.workers) ?? availableParallelism()
  const seedJobs = Array.from({ length: seeds }, (_, n): Job => ({
    _tag: "Seed",
    seed: first + n,
    ...(faults && { faults }),
    ...planted,
  }))
  const plans = planJobs(values.plan ?? (everything ? "all" : "none"))
  const hunted = mutants.filter(({ name }) => values.mutant === undefined || values.mutant === name)
  const hunts =
    values.mutants === true || everything ? hunted.map(({ name }): Job => ({ _tag: "Mutant", mutant: name })) : []
  // Equal seeds must give equal histories, also in another process: a few are run again.
  const repeated = isSingle ? [] : seedJobs.slice(0, Math.ceil(seedJobs.length / 20))
  const jobs = [...hunts, ...plans, ...seedJobs, ...repeated]

  const startedAt = performance.now()
  const log = (line: string): void => void process.stdout.write(`${line}\n`)
  const isRepeat = (index: number) => index >= jobs.length - repeated.length
  const verdicts: Array<boolean> = []
  const judgeOne = (index: number, result: JobResult): void => {
    const job = jobs[index]
    if (job !== undefined && !isRepeat(index)) verdicts[index] = isGood(job, result)
  }
  const alone = (): Outcome => {
    const before = process.cpuUsage()
    const results = jobs.map((job, index) => {
      const result = carryOut(job, values.log ? log : undefined)
      judgeOne(index, result)
      return result
    })
    const { user, system } = process.cpuUsage(before)
    return { results, cpuMs: (user + system) / 1000 }
  }
  const { results, cpuMs } = values.log || jobs.length === 1 ? alone() : await runAll(jobs, workers, judgeOne)
  const wallMs = performance.now() - startedAt

  const runOf = (index: number): RunResult | undefined => {
    const result = results[index]
    return result?._tag === "Run" ? result.run : undefined
  }
  const good = jobs.map((job, index) => {
    if (!isRepeat(index)) return verdicts[index] === true
    const original = runOf(index - seedJobs.length)
    const isSame = original?.hash === runOf(index)?.hash
    if (!isSame) tell(job, ["gave another history the second time"])
    return isSame
  })
  const count = (tags: ReadonlyArray<Job["_tag"]>, only?: boolean) =>
    jobs.filter(
      ({ _tag }, index) => tags.includes(_tag) && !isRepeat(index) && (only === undefined || good[index] === only),
    ).length
  const runs = results.flatMap((result) => (result._tag === "Run" ? [result.run] : []))
  const hunting = results.flatMap((result) => (result._tag === "Hunt" ? [result.hunt] : []))
  const sum = (of: (run: RunResult) => number) => runs.reduce((total, run) => total + of(run), 0)
  const convergence = runs.map(({ convergenceMs }) => convergenceMs).sort((a, b) => a - b)
  const failed = good.filter((isGood) => !isGood).length
  const figures = {
    passed: good.length - failed,
    failed,
    seeds: count(["Seed"]),
    seedsFailed: count(["Seed"], false),
    plans: count(["Plan", "Reference"]),
    plansPassed: count(["Plan", "Reference"], true),
    equalHashChecks: repeated.length,
    mutants: hunts.length,
    mutantsKilled: count(["Mutant"], true),
    mutantSeeds: Object.fromEntries(hunting.map(({ mutant, killedBy }) => [mutant, killedBy ?? null])),
    wallSeconds: Math.round(wallMs / 1000),
    cpuSeconds: Math.round(cpuMs / 1000),
    cpuMsPerRun: Math.round(cpuMs / Math.max(1, runs.length + hunting.reduce((n, h) => n + h.seeds, 0))),
    virtualToReal: Math.round(sum(({ virtualMs }) => virtualMs) / wallMs),
    steps: sum(({ steps }) => steps),
    incarnations: sum(({ incarnations }) => incarnations),
    leaders: sum(({ leaders }) => leaders),
    writes: sum(({ writes }) => writes),
    restarts: sum(({ restarts }) => restarts),
    writesInSteadyState: sum(({ writesAtRest }) => writesAtRest),
    mostMembersDown: Math.max(0, ...runs.map(({ mostDown }) => mostDown)),
    convergenceSeconds: {
      p50: share(convergence, 0.5) / 1000,
      p99: share(convergence, 0.99) / 1000,
      max: share(convergence, 1) / 1000,
    },
  }
  process.stdout.write(`${JSON.stringify(figures)}\n`)
  if (values.report !== undefined) writeFileSync(values.report, `${JSON.stringify(figures, null, 2)}\n`)
  // Fibers of crashed operators may wait for ever; nobody waits for them.
  process.exit(failed === 0 ? 0 : 1)
}

if (process.argv.includes(workerFlag)) serve()
else if (values.help) process.stdout.write(`${usage}\n`)
else await main()
