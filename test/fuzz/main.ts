/**
 * `npm run fuzz`: judges resources of every degree of sense, then hostile text in every place of the schemas. Prints one JSON line of figures;
 * a defect prints the command that repeats it.
 */
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { reviewCluster } from "../../src/decide/admission/review.js"
import type { Json } from "../../src/domain/Json.js"
import { type Judgement, judge } from "./judge.js"
import { full, type MatrixResult, runMatrix } from "../injection/matrix.js"
import { candidateOf, classes, type ResourceClass } from "./resources.js"
import { serveShare, wholeMatrix } from "./shares.js"

const usage = `npm run fuzz -- [--runs N] [--seed S] [--first I] [--class C] [--show] [--place P] [--report FILE]

  --runs N       resources to judge (default 2000)
  --seed S       where chance begins (default 1)
  --first I      number of the first resource (default 0): with --runs 1, just that one
  --class C      only resources of one class: ${classes.join(", ")}
  --show         print every resource before it is judged
  --place P      hostile text in one place only, such as "spec.image"; without --place, --first and --class: in all of them
  --report FILE  write the figures as JSON`

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    first: { type: "string", default: "0" },
    class: { type: "string" },
    show: { type: "boolean", default: false },
    place: { type: "string" },
    share: { type: "string" },
    report: { type: "string" },
    help: { type: "boolean", default: false },
  },
})

const fail = (message: string): never => {
  process.stderr.write(`${message}\n\n${usage}\n`)
  process.exit(2)
}

const whole = (option: string, text: string): number =>
  /^\d{1,9}$/.test(text) ? Number(text) : fail(`--${option} takes a whole number, not ${text}`)

const isClass = (name: string): name is ResourceClass => (classes as ReadonlyArray<string>).includes(name)

/** Of a hundred resources, this many of each class. */
const shares: ReadonlyArray<readonly [ResourceClass, number]> = [
  ["valid", 20],
  ["almost", 62],
  ["absurd", 16],
  ["slow", 2],
]

const classOf = (index: number): ResourceClass => {
  let rest = index % 100
  for (const [name, share] of shares) {
    if (rest < share) return name
    rest -= share
  }
  return "almost"
}

const quantile = (sorted: ReadonlyArray<number>, part: number): number =>
  Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(2))

/** A resource as people write it: three nodes, two racks, a data volume. */
const typical: Json = {
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeCluster",
  metadata: { name: "typical", namespace: "default" },
  spec: {
    size: 6,
    image: "aerospike:ce-8.1.1.1",
    rackConfig: {
      racks: [
        { id: 1, zone: "a" },
        { id: 2, zone: "b" },
      ],
    },
    storage: {
      volumes: [
        {
          name: "data",
          source: { persistentVolume: { storageClass: "standard", size: "10Gi" } },
          aerospike: { path: "/opt/aerospike/data" },
          cascadeDelete: true,
        },
      ],
    },
    podSpec: { aerospikeContainer: { resources: { requests: { cpu: "1", memory: "2Gi" } } } },
    aerospikeConfig: {
      namespaces: [
        {
          name: "test",
          "replication-factor": 2,
          "storage-engine": { type: "device", file: "/opt/aerospike/data/test.dat", filesize: 4_294_967_296 },
        },
      ],
    },
    monitoring: { enabled: true, serviceMonitor: { enabled: true } },
  },
}

/** Median milliseconds of decoding, defaulting and judging the typical resource. */
const typicalMs = (): number => {
  const times = Array.from({ length: 500 }, () => {
    const from = performance.now()
    reviewCluster({ operation: "CREATE", object: typical })
    return performance.now() - from
  })
  return quantile(
    times.slice(100).sort((a, b) => a - b),
    0.5,
  )
}

interface Tally {
  runs: number
  accepted: number
  maxMs: number
}

/** Hostile text in the places asked for; undefined when single resources are. */
const matrix = async (): Promise<MatrixResult | undefined> => {
  if (values.place !== undefined) return runMatrix(full, 0, 1, values.place)
  return values.class === undefined && values.first === "0" ? wholeMatrix() : undefined
}

const placeOf = (fault: string): string => fault.slice(0, fault.search(/: | with "/))

const run = async (): Promise<void> => {
  if (values.share !== undefined) return serveShare(values.share)
  if (values.help) return void process.stdout.write(`${usage}\n`)
  const runs = whole("runs", values.runs)
  const seed = whole("seed", values.seed)
  const first = whole("first", values.first)
  const only =
    values.class === undefined
      ? undefined
      : isClass(values.class)
        ? values.class
        : fail(`there is no class ${values.class}`)
  const tallies = new Map<ResourceClass, Tally>(classes.map((name) => [name, { runs: 0, accepted: 0, maxMs: 0 }]))
  const times: Array<number> = []
  let defects = 0
  const started = performance.now()
  for (let index = first; index < first + runs; index++) {
    const kind = only ?? classOf(index)
    const candidate = candidateOf(kind, seed, index)
    if (values.show) process.stdout.write(`${candidate.text.slice(0, 20_000)}\n`)
    const judged: Judgement = judge(candidate)
    times.push(judged.ms)
    const tally = tallies.get(kind)
    if (tally !== undefined) {
      tally.runs += 1
      tally.accepted += judged.accepted ? 1 : 0
      tally.maxMs = Math.max(tally.maxMs, judged.ms)
    }
    for (const defect of judged.defects.slice(0, 3)) {
      defects += 1
      const which = only === undefined ? "" : ` --class ${only}`
      if (defects <= 20)
        process.stderr.write(
          `${kind} resource ${index}: ${defect}\n  npm run fuzz -- --seed ${seed} --first ${index} --runs 1${which} --show\n`,
        )
    }
  }
  const resourceSeconds = Number(((performance.now() - started) / 1000).toFixed(1))
  const { faults = [], ...places } = (await matrix()) ?? {}
  for (const fault of faults.slice(0, 20))
    process.stderr.write(`${fault}\n  npm run fuzz -- --runs 0 --place ${JSON.stringify(placeOf(fault))}\n`)
  times.sort((a, b) => a - b)
  const figures = {
    runs,
    seed,
    seconds: Number(((performance.now() - started) / 1000).toFixed(1)),
    resourceSeconds,
    defects: defects + faults.length,
    hostileText: places,
    verdictMs: { p50: quantile(times, 0.5), p99: quantile(times, 0.99), max: quantile(times, 1) },
    typicalMs: typicalMs(),
    classes: Object.fromEntries(
      [...tallies].map(([name, tally]) => [name, { ...tally, maxMs: Number(tally.maxMs.toFixed(2)) }]),
    ),
    repeat: `npm run fuzz -- --runs ${runs} --seed ${seed}${first === 0 ? "" : ` --first ${first}`}`,
  }
  process.stdout.write(`${JSON.stringify(figures)}\n`)
  if (values.report !== undefined) writeFileSync(values.report, `${JSON.stringify(figures, null, 2)}\n`)
  process.exitCode = figures.defects > 0 ? 1 : 0
}

await run()
