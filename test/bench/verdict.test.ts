import { assert, describe, it } from "vitest"
import type { BenchReport, StrategyReport } from "./BenchReport.js"
import { failures, isMet, renderVerdict, verdict } from "./verdict.js"

const strategy = (overheadMs: number, readyMs: number): StrategyReport => ({
  readiness: { samples: 8, p50Ms: readyMs, p99Ms: readyMs, maxMs: readyMs },
  roll: { pods: 8, totalMs: overheadMs + 20_000, podStartMs: 8_000, migrationMs: 12_000, overheadMs, lanes: [] },
  overheadMs,
  api: { watchesPerKind: 1, podListsPerRestart: 1, writesInRoll: 32, writesPerRestart: 4 },
  maxUnavailable: 1,
})

const good: BenchReport = {
  machine: { processors: 2, load: 0.1 },
  pods: 8,
  isQuick: false,
  eventDriven: strategy(700, 4),
  former: strategy(95_000, 7_000),
  enrichment: [
    { nodes: 8, nodeLatencyMs: 50, parallelMs: 55, sequentialMs: 410 },
    { nodes: 8, nodeLatencyMs: 500, parallelMs: 508, sequentialMs: 4_020 },
  ],
  hanging: { nodes: 8, fresh: 7, perNodeTimeoutMs: 2_000, totalMs: 2_004 },
  lostRecords: 0,
}

const failed = (report: BenchReport): ReadonlyArray<string> => failures(verdict(report)).map(({ promise }) => promise)

describe("verdict on ADR-0020's promises", () => {
  it("accepts figures that keep all of them", () => {
    assert.isTrue(verdict(good).every(isMet))
    assert.deepEqual(failed(good), [])
  })

  it("shows a missed time, and fails only beyond a factor of ten", () => {
    const slower = { ...good, eventDriven: strategy(1_900, 9) }
    const missed = verdict(slower).filter((row) => !isMet(row))
    assert.isAbove(missed.length, 0)
    assert.deepEqual(failed(slower), [])
    const text = renderVerdict(verdict(slower), slower.machine).join("\n")
    assert.include(text, "✗")
    assert.include(text, "missed by less than 10 ×")
    assert.deepEqual(failed({ ...good, eventDriven: strategy(700, 51) }), ["pod Ready → next write, median"])
  })

  it("fails on any missed count or ratio", () => {
    assert.deepEqual(failed({ ...good, lostRecords: 1 }), ["records lost, both strategies"])
    assert.deepEqual(failed({ ...good, hanging: { ...good.hanging, fresh: 6 } }), ["one node hangs: others fresh"])
    const [fast, slow] = good.enrichment
    assert.isDefined(fast)
    assert.isDefined(slow)
    assert.deepEqual(failed({ ...good, enrichment: [{ ...fast, sequentialMs: 120 }, slow] }), [
      "one by one ÷ all at once",
    ])
    const { eventDriven } = good
    assert.deepEqual(
      failed({ ...good, eventDriven: { ...eventDriven, api: { ...eventDriven.api, writesPerRestart: 4.5 } } }),
      ["API writes per pod restart"],
    )
    assert.deepEqual(
      failed({ ...good, eventDriven: { ...eventDriven, api: { ...eventDriven.api, watchesPerKind: 2 } } }),
      ["watch connections per kind"],
    )
  })

  it("prints a line per promise with target, both figures and their ratio", () => {
    const lines = renderVerdict(verdict(good), good.machine)
    const line = lines.find((text) => text.includes("waiting for the operator"))
    assert.match(line ?? "", /✓ .*≤ 1000 ms +700 ms +95\.0 s +136 ×/)
    const columns = lines.slice(0, 1 + verdict(good).length).map((text) => text.trimEnd().length)
    assert.isAtMost(Math.max(...columns), 120)
  })
})
