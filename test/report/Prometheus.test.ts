import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import { describe } from "vitest"
import { render } from "../../src/report/Prometheus.js"

/** The page for the entries of the (global) registry whose name has this prefix. */
const page = (prefix: string): string =>
  render(Metric.unsafeSnapshot().filter(({ metricKey }) => metricKey.name.startsWith(prefix)))

describe("the metric registry as Prometheus text", () => {
  it.effect("renders counters and gauges with help, type and labels", () =>
    Effect.gen(function* () {
      const passes = Metric.counter("t1_passes_total", { description: "Passes", incremental: true })
      yield* Metric.incrementBy(passes.pipe(Metric.tagged("result", "ok"), Metric.tagged("controller", "a")), 3)
      yield* Metric.incrementBy(passes.pipe(Metric.tagged("result", "bad"), Metric.tagged("controller", "a")), 0)
      yield* Metric.set(Metric.gauge("t1_depth"), 2.5)
      yield* Metric.increment(Metric.counter("t1_alive"))
      yield* Metric.set(Metric.gauge("t1_wide", { bigint: true }), 9_007_199_254_740_993n)
      expect(page("t1_")).toBe(
        [
          "# TYPE t1_alive gauge",
          "t1_alive 1",
          "# TYPE t1_depth gauge",
          "t1_depth 2.5",
          "# HELP t1_passes_total Passes",
          "# TYPE t1_passes_total counter",
          ...['t1_passes_total{result="ok",controller="a"} 3', 't1_passes_total{result="bad",controller="a"} 0'],
          "# TYPE t1_wide gauge",
          "t1_wide 9007199254740993",
          "",
        ].join("\n"),
      )
    }),
  )

  it.effect("renders histograms cumulatively up to +Inf, with sum and count", () =>
    Effect.gen(function* () {
      const took = Metric.histogram("t2_seconds", MetricBoundaries.fromIterable([0.1, 1]), "Time")
      yield* Effect.forEach([0.05, 0.1, 0.5, 7], (value) => Metric.update(took, value))
      expect(page("t2_")).toBe(
        [
          "# HELP t2_seconds Time",
          "# TYPE t2_seconds histogram",
          't2_seconds_bucket{le="0.1"} 2',
          't2_seconds_bucket{le="1"} 3',
          't2_seconds_bucket{le="+Inf"} 4',
          "t2_seconds_sum 7.65",
          "t2_seconds_count 4",
          "",
        ].join("\n"),
      )
    }),
  )

  it.effect("renders frequencies by word and summaries by quantile", () =>
    Effect.gen(function* () {
      const words = Metric.frequency("t3_words")
      yield* Effect.forEach(["a", "b", "a"], (word) => Metric.update(words, word))
      const sizes = Metric.summary({ name: "t3_sizes", maxAge: "1 hour", maxSize: 10, error: 0, quantiles: [0.5] })
      yield* Effect.forEach([2, 2, 2], (value) => Metric.update(sizes, value))
      expect(page("t3_")).toBe(
        [
          "# TYPE t3_sizes summary",
          't3_sizes{quantile="0.5"} 2',
          "t3_sizes_sum 6",
          "t3_sizes_count 3",
          "# TYPE t3_words counter",
          't3_words{word="a"} 2',
          't3_words{word="b"} 1',
          "",
        ].join("\n"),
      )
    }),
  )

  it.effect("keeps one type per name: two would void the page", () =>
    Effect.gen(function* () {
      yield* Metric.set(Metric.gauge("t4-same"), 1)
      yield* Metric.increment(Metric.counter("t4.same", { incremental: true }))
      expect(page("t4").match(/# TYPE t4_same/g)).toHaveLength(1)
    }),
  )

  it("R128: hostile names and values leave every line in the format's grammar", () => {
    const sample = /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*",?)*\})? (\S+)$/
    let run = 0
    fc.assert(
      fc.property(fc.fullUnicodeString(), fc.fullUnicodeString(), fc.fullUnicodeString(), (name, label, value) => {
        const prefix = `r128_${run++}_`
        const metric = Metric.gauge(prefix + name, { description: value }).pipe(Metric.tagged(label, value))
        Effect.runSync(Metric.set(metric, 1))
        const text = page(prefix)
        expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u)
        const lines = text.trimEnd().split("\n")
        for (const one of lines) if (!one.startsWith("# ")) expect(one).toMatch(sample)
      }),
    )
  })

  it("R128: a terminal sequence and a forged line stay inside the value", () => {
    const value = '\u001b[31mred"} 1\nforged_total 99\\'
    Effect.runSync(Metric.set(Metric.gauge("t5_gauge").pipe(Metric.tagged("reason", value)), 1))
    expect(page("t5_")).toBe('# TYPE t5_gauge gauge\nt5_gauge{reason="\ufffd[31mred\\"} 1\\nforged_total 99\\\\"} 1\n')
  })
})
