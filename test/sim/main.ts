/** `npm run sim`: simulated runs by the hundred. Prints one JSON line of figures; a failing seed prints the one command that repeats it. */
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { type FaultClass, faultClasses } from "../../src/testing/simulation/Faults.js"
import { mutants } from "../../src/testing/simulation/mutants.js"
import { type RunResult, simulate } from "../../src/testing/simulation/Simulation.js"

const usage = `npm run sim -- [--seeds N] [--seed S] [--profile P] [--mutant NAME] [--log] [--report FILE]

  --seeds N       run N seeds, from --seed on (default 20)
  --seed S        first seed (default 1); alone: run just that one
  --profile P     none, or one or more classes of faults, separated by commas (default: each seed draws its own)
                  ${faultClasses.join(", ")}
  --mutant NAME   plant a bug: ${mutants.map((mutant) => mutant.name).join(", ")}
  --log           print what the operator logs and writes
  --report FILE   write the figures as JSON`

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    seed: { type: "string" },
    profile: { type: "string" },
    mutant: { type: "string" },
    log: { type: "boolean", default: false },
    report: { type: "string" },
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

const profile = (text: string | undefined): ReadonlyArray<FaultClass> | undefined => {
  if (text === undefined || text === "all") return undefined
  if (text === "none") return []
  return text.split(",").map((name) => (isFaultClass(name) ? name : fail(`--profile: there is no class ${name}`)))
}

if (values.help) {
  process.stdout.write(`${usage}\n`)
  process.exit(0)
}
const first = whole("seed", values.seed) ?? 1
const count = whole("seeds", values.seeds) ?? (values.seed === undefined ? 20 : 1)
const faults = profile(values.profile)
const mutant = mutants.find(({ name }) => name === values.mutant)
if (values.mutant !== undefined && mutant === undefined) fail(`--mutant: there is no ${values.mutant}`)

const run = (seed: number): RunResult =>
  simulate({
    seed,
    ...(faults === undefined ? {} : { faults }),
    ...(mutant === undefined ? {} : { mutant }),
    ...(values.log ? { log: (line: string) => process.stdout.write(`${line}\n`) } : {}),
  })

const startedAt = performance.now()
const results: Array<RunResult> = []
for (let seed = first; seed < first + count; seed++) {
  const result = run(seed)
  results.push(result)
  for (const { invariant, at, detail } of result.violations)
    process.stderr.write(
      `seed ${seed} [${result.faults.join(",")}] ${invariant} at ${(at / 1000).toFixed(3)} s: ${detail}\n`,
    )
  if (result.violations.length > 0) {
    const options = [
      `--seed ${seed}`,
      ...(values.profile === undefined ? [] : [`--profile ${values.profile}`]),
      ...(values.mutant === undefined ? [] : [`--mutant ${values.mutant}`]),
    ]
    process.stderr.write(`repeat: npm run sim -- ${options.join(" ")} --log\n`)
  }
}
const wallMs = performance.now() - startedAt

// Equal seeds must give equal histories: the first few are run again.
const repeated = results.slice(0, Math.min(3, Math.ceil(results.length / 20)))
const unstable = repeated.filter(({ seed, hash }) => run(seed).hash !== hash).map(({ seed }) => seed)
for (const seed of unstable) process.stderr.write(`seed ${seed} gave another history the second time\n`)

const sum = (of: (result: RunResult) => number) => results.reduce((total, result) => total + of(result), 0)
const sorted = results.map(({ convergenceMs }) => convergenceMs).sort((a, b) => a - b)
const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
const failed = results.filter(({ violations }) => violations.length > 0).length + unstable.length
const figures = {
  passed: results.length + repeated.length - failed,
  failed,
  seeds: results.length,
  repeated: repeated.length,
  msPerSeed: Math.round(wallMs / results.length),
  virtualToReal: Math.round(sum(({ virtualMs }) => virtualMs) / wallMs),
  steps: sum(({ steps }) => steps),
  incarnations: sum(({ incarnations }) => incarnations),
  writes: sum(({ writes }) => writes),
  restarts: sum(({ restarts }) => restarts),
  convergenceSeconds: { p50: at(0.5) / 1000, p99: at(0.99) / 1000, max: at(1) / 1000 },
}
process.stdout.write(`${JSON.stringify(figures)}\n`)
if (values.report !== undefined) writeFileSync(values.report, `${JSON.stringify(figures, null, 2)}\n`)
process.exitCode = failed === 0 ? 0 : 1
