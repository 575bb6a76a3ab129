/** What was promised (ADR-0020), what was measured with both strategies, and whether that is a failure. */
import type { BenchReport } from "./BenchReport.js"

/**
 * `count` and `ratio` hold on any machine: missing one fails. `time` depends on the machine: missing it is shown, and fails only by more than
 * a factor of two.
 */
export type TargetKind = "count" | "ratio" | "time"

export interface Row {
  readonly promise: string
  readonly kind: TargetKind
  readonly limit: { readonly atMost: number } | { readonly atLeast: number } | { readonly exactly: number }
  readonly unit: "ms" | "×" | ""
  /** What is held against the limit. */
  readonly measured: number
  /** The same figure of the former strategy, where there is one. */
  readonly former?: number
}

/** A missed time fails from this factor on. */
export const tolerance = 10

/**
 * What must remain of the factors on a machine that is busy with something else: the former strategy waits by the clock, this one works, so
 * load makes the ratio smaller. Idle, they are above 80, near 7 and near 8.
 */
const leastRatio = { waiting: 10, quickNodes: 3, slowNodes: 6 } as const

const holds = ({ limit, measured }: Row, factor: number): boolean => {
  if ("atMost" in limit) return measured <= limit.atMost * factor
  if ("atLeast" in limit) return measured >= limit.atLeast / factor
  return measured === limit.exactly
}

export const isMet = (row: Row): boolean => holds(row, 1)

/** The rows because of which the bench fails. */
export const failures = (rows: ReadonlyArray<Row>): ReadonlyArray<Row> =>
  rows.filter((row) => !holds(row, row.kind === "time" ? tolerance : 1))

/** Everything that was promised. */
export const verdict = (report: BenchReport): ReadonlyArray<Row> => {
  const { eventDriven, former, enrichment, hanging } = report
  const time = (promise: string, atMost: number, measured: number, then?: number): Row => ({
    promise,
    kind: "time",
    limit: { atMost },
    unit: "ms",
    measured,
    ...(then === undefined ? {} : { former: then }),
  })
  const count = (promise: string, limit: Row["limit"], measured: number, then?: number): Row => ({
    promise,
    kind: "count",
    limit,
    unit: "",
    measured,
    ...(then === undefined ? {} : { former: then }),
  })
  const ratio = (promise: string, atLeast: number, measured: number): Row => ({
    promise,
    kind: "ratio",
    limit: { atLeast },
    unit: "×",
    measured,
  })
  const pods = eventDriven.roll.pods
  return [
    time("pod Ready → next write, median", 5, eventDriven.readiness.p50Ms, former.readiness.p50Ms),
    time("pod Ready → next write, 99 %", 50, eventDriven.readiness.p99Ms, former.readiness.p99Ms),
    time(`restart of ${pods} pods: waiting for the operator`, 1_000, eventDriven.roll.overheadMs, former.overheadMs),
    {
      ...time("the same, former strategy", 0, former.overheadMs),
      limit: { atLeast: 80_000 },
    },
    ratio(
      "waiting, former ÷ event-driven",
      leastRatio.waiting,
      former.overheadMs / Math.max(1, eventDriven.roll.overheadMs),
    ),
    ...enrichment.flatMap(({ nodes, nodeLatencyMs, parallelMs, sequentialMs }) => [
      time(
        `facts of ${nodes} nodes at ${nodeLatencyMs} ms each`,
        nodeLatencyMs < 100 ? nodeLatencyMs + 10 : nodeLatencyMs + 20,
        parallelMs,
        sequentialMs,
      ),
      ratio(
        "one by one ÷ all at once",
        nodeLatencyMs < 100 ? leastRatio.quickNodes : leastRatio.slowNodes,
        sequentialMs / Math.max(1, parallelMs),
      ),
    ]),
    count("one node hangs: others fresh", { exactly: hanging.nodes - 1 }, hanging.fresh),
    time("one node hangs: time for all", hanging.perNodeTimeoutMs + 50, hanging.totalMs),
    count("watch connections per kind", { exactly: 1 }, eventDriven.api.watchesPerKind),
    // The one is the last look in front of the delete.
    count(
      "lists of pods per pod restart",
      { atMost: 1 },
      eventDriven.api.podListsPerRestart,
      former.api.podListsPerRestart,
    ),
    count("API writes per pod restart", { atMost: 4 }, eventDriven.api.writesPerRestart, former.api.writesPerRestart),
    count("members down at once", { atMost: 1 }, eventDriven.maxUnavailable, former.maxUnavailable),
    count("records lost, both strategies", { exactly: 0 }, report.lostRecords),
  ]
}

const show = (value: number, unit: Row["unit"]): string => {
  if (unit === "ms" && value >= 10_000) return `${(value / 1000).toFixed(1)} s`
  const digits = Number.isInteger(value) || value >= 100 ? 0 : 1
  return `${value.toFixed(digits)}${unit === "" ? "" : ` ${unit}`}`
}

const showLimit = ({ limit, unit }: Row): string => {
  if ("atMost" in limit) return `≤ ${show(limit.atMost, unit)}`
  if ("atLeast" in limit) return `≥ ${show(limit.atLeast, unit)}`
  return show(limit.exactly, unit)
}

const times = (row: Row): string =>
  row.unit === "ms" && row.former !== undefined && row.measured > 0
    ? `${(row.former / row.measured).toFixed(row.former / row.measured < 10 ? 1 : 0)} ×`
    : ""

/** A table for people. */
export const renderVerdict = (rows: ReadonlyArray<Row>, machine: BenchReport["machine"]): ReadonlyArray<string> => {
  const failed = new Set(failures(rows))
  const cells = rows.map((row) => ({
    row,
    columns: [
      row.promise,
      showLimit(row),
      show(row.measured, row.unit),
      row.former === undefined ? "" : show(row.former, row.unit),
      times(row),
    ],
  }))
  const head = ["", "target", "measured", "former", "ratio"]
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map(({ columns }) => columns[i]?.length ?? 0)))
  const line = (columns: ReadonlyArray<string>) =>
    columns.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("   ")
  return [
    `    ${line(head)}`,
    ...cells.map(({ row, columns }) => {
      const remark = isMet(row) || failed.has(row) ? "" : `   missed by less than ${tolerance} ×`
      return `  ${isMet(row) ? "✓" : "✗"} ${line(columns)}${remark}`
    }),
    "",
    `  Load of the machine at the start: ${machine.load.toFixed(1)} on ${machine.processors} processors.`,
    `  Counts and ratios must hold. Times depend on the machine: ✗ shows a missed one, a failure is one missed by ${tolerance} × or more.`,
  ]
}
