import { describe, expect, it } from "vitest"
import type { Measures } from "../../src/domain/Report.js"
import { make, type MeasuredPass } from "../../src/report/ClusterMetrics.js"
import { render } from "../../src/report/Prometheus.js"

const key = (name: string, namespace = "ns") => ({ namespace, name })
const quiet: Measures = {
  isSuccess: true,
  errors: [],
  phase: "Completed",
  readyPods: 3,
  serverSize: 3,
  migratingPartitions: 0,
  isBackingOff: false,
  restarts: 0,
  dynamicUpdates: 0,
  isDeferral: false,
}
const pass = (measures: Partial<Measures> = {}, rest: Partial<MeasuredPass> = {}): MeasuredPass => ({
  measures: { ...quiet, ...measures },
  durationMs: 4,
  endedAt: 1_000,
  isReported: true,
  ...rest,
})

/** The page about cluster `a`, its own labels left out: `name` or `name{label="value"}` → value. */
const page = (...passes: ReadonlyArray<MeasuredPass>): Readonly<Record<string, number>> => {
  const metrics = make()
  for (const one of passes) metrics.passed(key("a"), one)
  const lines = render([], metrics.families()).split("\n")
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, labels = "", value] = /^(\w+)\{(.*)\} (\S+)$/.exec(line) ?? []
      if (name === undefined) return []
      expect(labels).toContain('namespace="ns",name="a"')
      const others = labels.split(",").filter((label) => !/^name(space)?=/.test(label))
      return [[others.length === 0 ? name : `${name}{${others.join(",")}}`, Number(value)]]
    }),
  )
}

describe("metrics about clusters", () => {
  it("W78: the phase gauge follows every phase, with the numbers dashboards know", () => {
    expect(page(pass())["acko_cluster_phase"]).toBe(2)
    expect(page(pass(), pass({ phase: "RollingRestart" }))["acko_cluster_phase"]).toBe(7)
    expect(page(pass({ phase: "Deleting" }))["acko_cluster_phase"]).toBe(10)
    expect(page(pass({ phase: undefined }))["acko_cluster_phase"]).toBe(0)
  })

  it("what is not known has no line: never a zero in disguise", () => {
    const { serverSize: _size, migratingPartitions: _partitions, ...unknown } = quiet
    const lines = page({ measures: unknown, durationMs: 1, endedAt: 1, isReported: true })
    expect(lines).not.toHaveProperty("acko_cluster_as_size")
    expect(lines).not.toHaveProperty("acko_cluster_migrating_partitions")
    expect(lines["acko_cluster_ready_pods"]).toBe(3)
  })

  it("B27: the time of the latest success moves with every pass that succeeds, changed or not, and with no other", () => {
    const at = (...passes: ReadonlyArray<MeasuredPass>) => page(...passes)["acko_last_reconcile_timestamp_seconds"]
    expect(at(pass(), pass({}, { endedAt: 61_000 }))).toBe(61)
    expect(at(pass(), pass({ isSuccess: false }, { endedAt: 61_000 }))).toBe(1)
    expect(at(pass(), pass({}, { endedAt: 61_000, isReported: false }))).toBe(1)
    expect(at({ durationMs: 1, endedAt: 61_000, isReported: false })).toBeUndefined()
  })

  it("P-09: every failed pass counts by what failed; a report that is not written and a pass that dies, too", () => {
    const lines = page(
      pass({ errors: ["Service", "Restart"], isSuccess: false }),
      pass({ errors: ["Service"], isSuccess: false }),
      pass({}, { isReported: false }),
      { durationMs: 60_000, endedAt: 1, isReported: false },
    )
    const reasons = {
      Service: 2,
      ConfigMap: 0,
      StatefulSet: 0,
      PDB: 0,
      NetworkPolicy: 0,
      Restart: 1,
      Status: 1,
      Operations: 0,
      Other: 1,
    }
    for (const [reason, count] of Object.entries(reasons))
      expect([reason, lines[`acko_reconcile_errors_total{reason="${reason}"}`]]).toEqual([reason, count])
  })

  it("durations: ACKO's buckets 0.1 s × 2^i are among ours", () => {
    const lines = page(pass({}, { durationMs: 3 }), pass({}, { durationMs: 300 }))
    for (let i = 0; i < 10; i += 1) {
      const upTo = Number((0.1 * 2 ** i).toFixed(1))
      expect(lines[`acko_reconcile_duration_seconds_bucket{le="${upTo}"}`]).toBe(upTo < 0.3 ? 1 : 2)
    }
    expect(lines['acko_reconcile_duration_seconds_bucket{le="0.005"}']).toBe(1)
    expect(lines["acko_reconcile_duration_seconds_sum"]).toBeCloseTo(0.303)
    expect(lines["acko_reconcile_duration_seconds_count"]).toBe(2)
  })

  it("restarts, deferrals, back-off and pauses", () => {
    const lines = page(
      pass({ restarts: 1, dynamicUpdates: 3, isDeferral: true }),
      pass({ restarts: 2, isBackingOff: true, pausedSince: 5_000 }),
    )
    expect(lines).toMatchObject({
      acko_cold_restarts_total: 3,
      acko_dynamic_config_updates_total: 3,
      acko_scaledown_deferrals_total: 1,
      acko_circuit_breaker_active: 1,
      acko_cluster_paused_timestamp_seconds: 5,
    })
    expect(lines).not.toHaveProperty("acko_cluster_paused_duration_seconds_count")
    const over = page(pass({ pausedSince: 5_000 }), pass({ pausedMs: 7_200_000 }))
    expect(over).toMatchObject({
      acko_cluster_paused_timestamp_seconds: 0,
      acko_cluster_paused_duration_seconds_count: 1,
      'acko_cluster_paused_duration_seconds_bucket{le="21600"}': 1,
      'acko_cluster_paused_duration_seconds_bucket{le="3600"}': 0,
    })
  })

  it("R128: a cluster that is gone leaves no line, and a page for 100 clusters takes milliseconds", () => {
    const metrics = make()
    const names = Array.from({ length: 100 }, (_, i) => `cluster-${i}`)
    for (const name of names) metrics.passed(key(name), pass({}, { durationMs: 3 }))
    const took = Array.from({ length: 5 }, () => {
      const from = performance.now()
      render([], metrics.families())
      return performance.now() - from
    })
    // Far above what it takes (5 ms), far below what a probe or a caller of the webhooks would notice.
    expect(Math.min(...took)).toBeLessThan(100)
    for (const name of names) metrics.forget(key(name))
    expect(render([], metrics.families())).toBe("")
  })
})
