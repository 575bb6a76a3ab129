/** A dashboard about the operator and its clusters, for Grafana 9 and later, as a ConfigMap that its sidecar picks up. */
import { phaseNumbers } from "../../report/ClusterMetrics.js"

export interface Panel {
  readonly title: string
  readonly unit: string
  /** PromQL and the legend of its lines. */
  readonly queries: ReadonlyArray<readonly [expr: string, legend: string]>
  readonly mappings?: Readonly<Record<string, string>>
}

/** Chosen at the top of the dashboard. */
const chosen = '{namespace=~"$namespace",name=~"$cluster"}'
const cluster = "{{namespace}}/{{name}}"
const time = "controller_runtime_reconcile_time_seconds_bucket"

const perCluster = (metric: string): Panel["queries"] => [[`max by (namespace, name) (${metric}${chosen})`, cluster]]

export const panels: ReadonlyArray<Panel> = [
  {
    title: "Phase",
    unit: "short",
    queries: perCluster("acko_cluster_phase"),
    mappings: Object.fromEntries(Object.entries(phaseNumbers).map(([phase, value]) => [String(value), phase])),
  },
  { title: "Ready pods", unit: "short", queries: perCluster("acko_cluster_ready_pods") },
  { title: "Partitions to migrate", unit: "short", queries: perCluster("acko_cluster_migrating_partitions") },
  { title: "Back-off", unit: "bool", queries: perCluster("acko_circuit_breaker_active") },
  {
    title: "Time since the latest successful pass",
    unit: "s",
    queries: [[`time() - max by (namespace, name) (acko_last_reconcile_timestamp_seconds${chosen})`, cluster]],
  },
  {
    title: "Restarts of pods per hour",
    unit: "short",
    queries: [[`sum by (namespace, name) (increase(acko_cold_restarts_total${chosen}[1h]))`, cluster]],
  },
  {
    title: "Errors",
    unit: "ops",
    queries: [
      [`sum by (namespace, name, reason) (rate(acko_reconcile_errors_total${chosen}[5m]))`, `${cluster} {{reason}}`],
    ],
  },
  {
    title: "Passes",
    unit: "ops",
    queries: [
      ["sum by (controller, result) (rate(controller_runtime_reconcile_total[5m]))", "{{controller}} {{result}}"],
    ],
  },
  {
    title: "Duration of passes",
    unit: "s",
    queries: [
      [`histogram_quantile(0.99, sum by (le, controller) (rate(${time}[5m])))`, "{{controller}} p99"],
      [`histogram_quantile(0.5, sum by (le, controller) (rate(${time}[5m])))`, "{{controller}} p50"],
    ],
  },
  { title: "Queue", unit: "short", queries: [["max by (name) (workqueue_depth)", "{{name}}"]] },
  {
    title: "Calls of the webhooks",
    unit: "reqps",
    queries: [["sum by (webhook, code) (rate(controller_runtime_webhook_requests_total[5m]))", "{{webhook}} {{code}}"]],
  },
  {
    title: "Requests to the API server",
    unit: "reqps",
    queries: [["sum by (method, code) (rate(rest_client_requests_total[5m]))", "{{method}} {{code}}"]],
  },
  {
    title: "Memory",
    unit: "bytes",
    queries: [['process_resident_memory_bytes{job="acko-operator"}', "{{pod}}"]],
  },
  {
    title: "CPU",
    unit: "percentunit",
    queries: [['rate(process_cpu_seconds_total{job="acko-operator"}[5m])', "{{pod}}"]],
  },
]

const source = { type: "prometheus", uid: "${datasource}" }

const variable = (name: string, query: string) => ({
  name,
  type: "query",
  datasource: source,
  query,
  refresh: 2,
  multi: true,
  includeAll: true,
  allValue: ".*",
})

const width = 12
const height = 8

/** The dashboard as Grafana stores it. */
export const dashboard = () => ({
  uid: "acko-operator",
  title: "Aerospike Operator",
  schemaVersion: 36,
  time: { from: "now-6h", to: "now" },
  templating: {
    list: [
      { name: "datasource", type: "datasource", query: "prometheus" },
      variable("namespace", "label_values(acko_cluster_phase, namespace)"),
      variable("cluster", 'label_values(acko_cluster_phase{namespace=~"$namespace"}, name)'),
    ],
  },
  panels: panels.map(({ mappings, queries, title, unit }, index) => ({
    id: index + 1,
    type: "timeseries",
    title,
    datasource: source,
    gridPos: { x: (index % 2) * width, y: Math.floor(index / 2) * height, w: width, h: height },
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        ...(mappings === undefined
          ? {}
          : {
              mappings: [
                {
                  type: "value",
                  options: Object.fromEntries(Object.entries(mappings).map(([value, text]) => [value, { text }])),
                },
              ],
            }),
      },
      overrides: [],
    },
    targets: queries.map(([expr, legendFormat], query) => ({
      refId: String.fromCharCode(65 + query),
      datasource: source,
      expr,
      legendFormat,
    })),
  })),
})
