/** The alerts and the dashboard against what the operator really exports. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { endpoints } from "../../src/admission/endpoints.js"
import { measured } from "../../src/admission/webhookMetrics.js"
import { alertGroups } from "../../src/cli/manifests/alerts.js"
import { panels } from "../../src/cli/manifests/dashboard.js"
import { manifestFiles } from "../../src/cli/manifests.js"
import { defaultSettings } from "../../src/domain/Snapshot.js"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { KubeWriter } from "../../src/kube/KubeClient.js"
import { countRequest } from "../../src/kube/kubeMetrics.js"
import { make as clusterMetrics } from "../../src/report/ClusterMetrics.js"
import * as ProcessMetrics from "../../src/report/processMetrics.js"
import { render } from "../../src/report/Prometheus.js"
import { recordedNamespace, recordedStatistics } from "../../src/testing/aerospike/data/recorded.js"
import type { Outside } from "../../src/testing/simulation/OperatorProcess.js"
import { statusError } from "../support/listWatchModel.js"
import { pageOf, type Replica, type Replicas, withReplicas } from "./replicas.js"
import { namespace, resource } from "./stage.js"

const groups = alertGroups("acko-system")
const alerts = groups.flatMap((group) => group.alerts)
const alertOf = (name: string) => alerts.find(({ alert }) => alert === name)!

/** Names of the metrics in a PromQL expression. */
const metricsIn = (expr: string): ReadonlyArray<string> => {
  const plain = expr
    .replace(/"[^"]*"/g, "")
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, "")
    .replace(/\b(?:by|without)\s*\([^)]*\)/g, "")
  return [...plain.matchAll(/[a-zA-Z_:][\w:]*(?!\w|\s*\()/g)].map(([name]) => name)
}

const run = (replicas: Replicas, name: string, extra: Readonly<Record<string, unknown>> = {}) => {
  const { until, world } = replicas
  const phase = () => {
    const status = world.server.find(Kinds.AerospikeCluster, { namespace, name })?.["status"]
    return (status as { readonly phase?: string } | undefined)?.phase
  }
  const options = { fieldManager: "user", force: true }
  return Effect.orDie(world.writer.apply(Kinds.AerospikeCluster, resource({ name, size: 2, extra }), options)).pipe(
    Effect.zipRight(until(`${name} is there`, () => phase() === (extra["paused"] === true ? "Paused" : "Completed"))),
  )
}

/** Series of a metric and their values. */
const valuesOf = (page: ReadonlyArray<string>, metric: string): ReadonlyArray<readonly [string, number]> =>
  page.flatMap((line) => {
    const [, series = "", value] = /^(.*) (\S+)$/.exec(line) ?? []
    return series.startsWith(`${metric}{`) ? [[series, Number(value)] as const] : []
  })

describe("alerts and dashboard", () => {
  it("every metric in them is one that the operator, a server's exporter or Prometheus itself has", async () => {
    const page: Array<string> = []
    withReplicas((replicas) =>
      Effect.gen(function* () {
        const replica = yield* replicas.start("replica-1")
        yield* run(replicas, "db")
        // What a process has besides: webhooks that were called, an API server over HTTP, a pause that is over.
        endpoints.forEach(measured)
        yield* countRequest("10.0.0.1:443", { verb: "list", method: "GET", resource: "pods", path: "/" }, 200)
        const paused = clusterMetrics()
        paused.passed({ namespace, name: "db" }, { durationMs: 1, endedAt: 1, isReported: true })
        page.push(...(yield* pageOf(replica)), ...render([], paused.families()).split("\n"))
      }),
    )
    await Effect.runPromise(Effect.scoped(Effect.flatten(ProcessMetrics.make)))
    page.push(...render(Metric.unsafeSnapshot()).split("\n"))
    // The exporter shows the server's own statistics.
    const statistics = (text: string, prefix: string) =>
      text.split(";").map((pair) => `${prefix}_${(pair.split("=")[0] ?? "").replaceAll(/[-.]/g, "_")}`)
    const known = new Set([
      ...page.map((line) => line.split(/[{ ]/, 1)[0]),
      ...statistics(recordedNamespace, "aerospike_namespace"),
      ...statistics(recordedStatistics, "aerospike_node_stats"),
      "up",
    ])
    const used = [
      ...alerts.map(({ expr }) => expr),
      ...panels.flatMap(({ queries }) => queries.map(([expr]) => expr)),
    ].flatMap(metricsIn)
    expect(used.length).toBeGreaterThan(25)
    expect(used.filter((name) => !known.has(name))).toEqual([])
  })

  it("W76, P-08, P-09: the alerts of operations.md, none of which can never fire or only mislead", () => {
    const names = alerts.map(({ alert }) => alert)
    expect(names).toEqual(
      expect.arrayContaining([
        ...["Down", "ReconcileErrors", "SlowReconcile", "WorkQueueDepth", "HighMemory", "PodRestarts"].map(
          (name) => `AerospikeOperator${name}`,
        ),
        ...["NodeDown", "NamespaceStopWrites", "HighDiskUsage", "HighMemoryUsage", "ReconcileStale"].map(
          (name) => `Aerospike${name}`,
        ),
        "AerospikeClusterSizeMismatch",
        "AerospikeOperatorCircuitBreakerActive",
      ]),
    )
    expect(new Set(names).size).toBe(names.length)
    // Below the limit of the container, or the kernel is faster than the alert.
    const limit = /memory: (\d+)Mi\n *securityContext/.exec(manifestFiles()["operator/deployment.yaml"] ?? "")?.[1]
    const threshold = Number(/> (\d+)$/.exec(alertOf("AerospikeOperatorHighMemory").expr)?.[1])
    expect(threshold).toBeLessThan(Number(limit) * 1024 * 1024)
    expect(alertOf("AerospikeOperatorReconcileErrors").expr).toContain("acko_reconcile_errors_total")
    // A quantile is never above the last bucket but one.
    const slow = Number(/> (\d+)$/.exec(alertOf("AerospikeOperatorSlowReconcile").expr)?.[1])
    const buckets = Metric.unsafeSnapshot()
      .filter(({ metricKey }) => metricKey.name === "controller_runtime_reconcile_time_seconds")
      .flatMap(
        ({ metricState }) => (metricState as { buckets?: ReadonlyArray<readonly [number, number]> }).buckets ?? [],
      )
    expect(Math.max(...buckets.map(([upTo]) => upTo).filter(Number.isFinite))).toBeGreaterThan(slow)
  })

  it("their rules are valid objects: no doubled percent sign, every template closed, durations Prometheus reads", () => {
    const rule = parse(manifestFiles()["monitoring/prometheusrule.yaml"] ?? "") as {
      readonly spec: { readonly groups: ReadonlyArray<{ readonly rules: ReadonlyArray<Record<string, unknown>> }> }
    }
    const rules = rule.spec.groups.flatMap((group) => group.rules)
    expect(rules).toHaveLength(alerts.length)
    for (const { annotations, for: duration, labels } of rules) {
      const text = JSON.stringify(annotations)
      expect(text).not.toContain("%%")
      expect(text.match(/\{\{/g)?.length).toBe(text.match(/\}\}/g)?.length)
      expect(duration).toMatch(/^\d+[mh]$/)
      expect(labels).toEqual({ severity: expect.stringMatching(/^(critical|warning)$/) as unknown })
    }
    const monitor = parse(manifestFiles()["monitoring/servicemonitor.yaml"] ?? "") as {
      readonly spec: { readonly endpoints: ReadonlyArray<unknown> }
    }
    expect(monitor.spec.endpoints).toEqual([expect.objectContaining({ port: "http", honorLabels: true })])
  })
})

describe("AerospikeReconcileStale", () => {
  /** Seconds since the latest success that the alert allows, from its own expression. */
  const { expr } = alertOf("AerospikeReconcileStale")
  const [, metric = "", limit] = /^time\(\) - max by \(namespace, name\) \((\w+)\) > (\d+)$/.exec(expr) ?? []

  /** How long no pass had succeeded, at most, by scrapes every 30 s (s), per series. */
  const longest = (replicas: Replicas, replica: Replica, hours: number) =>
    Effect.gen(function* () {
      const worst = new Map<string, number>()
      for (let scrape = 0; scrape < hours * 120; scrape += 1) {
        yield* Effect.sleep("30 seconds")
        for (const [series, value] of valuesOf(yield* pageOf(replica), metric))
          worst.set(series, Math.max(worst.get(series) ?? 0, replicas.world.server.now() / 1_000 - value))
      }
      return worst
    })

  it.each([
    ["nodes are asked every minute", {}],
    ["nodes are asked once an hour", { decision: { ...defaultSettings, factsRefreshMs: 3_600_000 } }],
  ])(
    "B27: healthy clusters at rest, one of them paused, never come near it in three hours: %s",
    (_, settings) => {
      withReplicas((replicas) =>
        Effect.gen(function* () {
          const replica = yield* replicas.start("replica-1", { settings })
          yield* run(replicas, "db")
          yield* run(replicas, "resting")
          yield* run(replicas, "resting", { paused: true })
          const before = replicas.writes.filter(({ what }) => !what.includes(" leases ")).length
          const worst = yield* longest(replicas, replica, 3)
          expect([...worst.keys()].map((series) => /name="(\w+)"/.exec(series)?.[1]).sort()).toEqual(["db", "resting"])
          // With a scrape of 30 s and one look missed, it still does not fire.
          expect(Math.max(...worst.values())).toBeLessThan(Number(limit) - 150)
          // And none of these looks costs a write.
          expect(replicas.writes.filter(({ what }) => !what.includes(" leases "))).toHaveLength(before)
        }),
      )
    },
    60_000,
  )

  it("B27: it fires when passes fail: the time of the latest success stands still, and the errors grow", () => {
    withReplicas((replicas) =>
      Effect.gen(function* () {
        let isRefused = false
        const writer = Layer.effect(
          KubeWriter,
          Effect.map(KubeWriter, (real) => ({
            ...real,
            apply: (kind, object, options) =>
              Effect.suspend(() =>
                isRefused && kind.kind === "Service"
                  ? Effect.fail(statusError("apply", 403, "Forbidden"))
                  : real.apply(kind, object, options),
              ),
          })),
        )
        const around = Layer.merge(Layer.fresh(Layer.context<Outside>()), writer)
        const replica = yield* replicas.start("replica-1", { around })
        yield* run(replicas, "db")
        isRefused = true
        yield* Effect.orDie(replicas.world.writer.remove(Kinds.Service, { namespace, name: "db" }, {}))
        const worst = yield* longest(replicas, replica, 0.5)
        expect(Math.max(...worst.values())).toBeGreaterThan(Number(limit))
        const page = yield* pageOf(replica)
        const errors = valuesOf(page, "acko_reconcile_errors_total")
        expect(errors.find(([series]) => series.includes('reason="Service"'))?.[1]).toBeGreaterThan(5)
        expect(valuesOf(page, "acko_circuit_breaker_active").map(([, value]) => value)).toEqual([1])
      }),
    )
  }, 60_000)
})
