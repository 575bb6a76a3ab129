/** The figures of the main job and the promises they are held against. */
import type { EnrichmentFigures } from "../../sandbox/enrichment.js"
import {
  apiTraffic,
  total,
  type Interval,
  maxUnavailable,
  percentile,
  readinessSamples,
  restarts,
  type RollingRestart,
} from "../../sandbox/figures.js"
import { takeApart, wholeRounds } from "../../sandbox/phases.js"
import { isWrite, type TimelineEntry } from "../../sandbox/Timeline.js"
import type { Happening } from "../../testing/aerospike/model/Model.js"
import type { Step } from "./steps.js"

/** The keys of `--report FILE`; more may be added. */
export interface DemoReport {
  readonly readiness: {
    readonly samples: number
    readonly p50Ms: number
    readonly p99Ms: number
    readonly maxMs: number
  }
  readonly rollingRestart: RollingRestart
  readonly enrichment: {
    readonly nodes: number
    readonly nodeLatencyMs: number
    readonly totalMs: number
    readonly sequentialMs: number
  }
  readonly api: {
    readonly watches: number
    readonly watchesPerKind: number
    readonly lists: number
    readonly writes: number
    readonly writesPerPodRestart: number
    readonly steadyStateWrites: number
  }
  readonly lostRecords: number
  readonly maxUnavailable: number
  readonly rssMb: number
  readonly polledRestart: { readonly pods: number; readonly totalMs: number; readonly modes: ReadonlyArray<string> }
  readonly steps: ReadonlyArray<{ readonly title: string; readonly ms: number }>
}

export interface Raw {
  readonly entries: ReadonlyArray<TimelineEntry>
  readonly history: ReadonlyArray<Happening>
  readonly steps: ReadonlyArray<Step>
  /** A window in which nobody asked for anything. */
  readonly quiet: Interval
  readonly enrichment: EnrichmentFigures
  readonly lostRecords: number
  /** Modes the pod observer went through while watches were refused. */
  readonly modes: ReadonlyArray<string>
  readonly rssBytes: number
}

const round = (ms: number): number => Math.round(ms * 100) / 100

export const summarise = (raw: Raw): DemoReport => {
  const rolls = raw.steps.filter(({ kind, isWatched }) => kind === "restart" && isWatched)
  const polled = raw.steps.find(({ kind, isWatched }) => kind === "restart" && !isWatched)
  const samples = rolls.flatMap(({ window }) =>
    readinessSamples(raw.entries.filter(({ at }) => at >= window.from && at <= window.to)),
  )
  const first = rolls[0]
  const roll =
    first === undefined
      ? { pods: 0, totalMs: 0, podStartMs: 0, migrationMs: 0, overheadMs: 0 }
      : takeApart(raw.entries, raw.history, first.window)
  const everything: Interval = { from: 0, to: Number.POSITIVE_INFINITY }
  const traffic = apiTraffic(raw.entries, everything)
  const untilCut = apiTraffic(raw.entries, { from: 0, to: polled?.window.from ?? Number.POSITIVE_INFINITY })
  const between = (window: Interval) =>
    raw.entries.filter((e) => isWrite(e) && e.at >= window.from && e.at <= window.to)
  const rounds = first === undefined ? undefined : wholeRounds(raw.entries, first.window)
  return {
    readiness: {
      samples: samples.length,
      p50Ms: round(percentile(samples, 0.5)),
      p99Ms: round(percentile(samples, 0.99)),
      maxMs: round(percentile(samples, 1)),
    },
    rollingRestart: {
      pods: roll.pods,
      totalMs: round(roll.totalMs),
      podStartMs: round(roll.podStartMs),
      migrationMs: round(roll.migrationMs),
      overheadMs: round(roll.overheadMs),
    },
    enrichment: {
      nodes: raw.enrichment.nodes,
      nodeLatencyMs: raw.enrichment.nodeLatencyMs,
      totalMs: round(raw.enrichment.parallelMs),
      sequentialMs: round(raw.enrichment.sequentialMs),
    },
    api: {
      watches: Object.values(traffic.watches).reduce((sum, n) => sum + n, 0),
      watchesPerKind: Math.max(0, ...Object.values(untilCut.watches)),
      lists: total(traffic.lists),
      writes: traffic.writes,
      writesPerPodRestart: rounds === undefined ? 0 : round(between(rounds).length / rounds.rounds),
      steadyStateWrites: between(raw.quiet).length,
    },
    lostRecords: raw.lostRecords,
    maxUnavailable: Math.max(
      0,
      ...raw.steps.filter(({ kind }) => kind === "restart").map(({ window }) => maxUnavailable(raw.entries, window)),
    ),
    rssMb: round(raw.rssBytes / 1_048_576),
    polledRestart: {
      pods: polled === undefined ? 0 : restarts(raw.entries, polled.window).length,
      totalMs: polled === undefined ? 0 : round(polled.window.to - polled.window.from),
      modes: raw.modes,
    },
    steps: raw.steps.map(({ title, window }) => ({ title, ms: round(window.to - window.from) })),
  }
}

export interface Promised {
  readonly promise: string
  readonly target: string
  readonly measured: string
  readonly isKept: boolean
  /** A time missed by less than {@link tolerance}: a busy machine, not a broken promise. Counts have no tolerance. */
  readonly isTolerable: boolean
}

/** Times fail the run only when they are missed by more than this factor: other programs share the machine. */
export const tolerance = 10

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`

/** What was promised, what was measured. */
export const promises = (report: DemoReport): ReadonlyArray<Promised> => {
  const { readiness, rollingRestart: roll, enrichment, api } = report
  const row = (promise: string, target: string, measured: string, isKept: boolean): Promised => ({
    promise,
    target,
    measured,
    isKept,
    isTolerable: isKept,
  })
  const time = (promise: string, limitMs: number, target: string, measuredMs: number, measured: string): Promised => ({
    promise,
    target,
    measured,
    isKept: measuredMs <= limitMs,
    isTolerable: measuredMs <= limitMs * tolerance,
  })
  return [
    row("records lost", "0", String(report.lostRecords), report.lostRecords === 0),
    row("members down at once", "≤ 1", String(report.maxUnavailable), report.maxUnavailable <= 1),
    row("pods restarted in a roll-out", "8", String(roll.pods), roll.pods === 8),
    row("pods whose readiness was answered", "≥ 16", String(readiness.samples), readiness.samples >= 16),
    time("pod ready → next write, median", 5, "≤ 5 ms", readiness.p50Ms, ms(readiness.p50Ms)),
    time("pod ready → next write, 99 %", 50, "≤ 50 ms", readiness.p99Ms, ms(readiness.p99Ms)),
    time(
      `overhead of restarting ${roll.pods} pods`,
      1_000,
      "≤ 1 s",
      roll.overheadMs,
      `${ms(roll.overheadMs)} of ${ms(roll.totalMs)}`,
    ),
    time(
      `facts of ${enrichment.nodes} nodes at ${enrichment.nodeLatencyMs} ms each`,
      60,
      "≤ 60 ms",
      enrichment.totalMs,
      `${ms(enrichment.totalMs)} (one by one ${ms(enrichment.sequentialMs)})`,
    ),
    row("watch connections per kind", "1", String(api.watchesPerKind), api.watchesPerKind === 1),
    row("API writes per pod restart", "≤ 4", String(api.writesPerPodRestart), api.writesPerPodRestart <= 4),
    row("API writes in steady state", "0", String(api.steadyStateWrites), api.steadyStateWrites === 0),
    row(
      "polling carries a restart without watches",
      "watching → polling → watching",
      report.polledRestart.modes.join(" → "),
      report.polledRestart.modes.includes("polling") && report.polledRestart.modes.at(-1) === "watching",
    ),
  ]
}

/** A table of promises for people. */
export const renderPromises = (rows: ReadonlyArray<Promised>): ReadonlyArray<string> => {
  const width = (of: (row: Promised) => string) => Math.max(...rows.map((row) => of(row).length))
  const [first, second] = [width((r) => r.promise), width((r) => r.target)]
  return rows.map(
    (r) =>
      `  ${r.isKept ? "✓" : r.isTolerable ? "~" : "✗"} ${r.promise.padEnd(first)}   ${r.target.padEnd(second)}   ${r.measured}`,
  )
}
