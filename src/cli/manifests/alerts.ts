/** What is worth an alert (operations.md §2.13): as data, so that rules, tests and whoever reads them have one source. */
import { heartbeatMs } from "../../runtime/Reconciler.js"
import { clusterController } from "../../runtime/Triggers.js"
import { Container } from "../../domain/Names.js"
import { phaseNumbers } from "../../report/ClusterMetrics.js"
import { defaults } from "../../config/OperatorConfig.js"
import { memoryLimit, operatorService } from "./operator.js"

export interface Alert {
  readonly alert: string
  /** PromQL. */
  readonly expr: string
  /** How long it must hold. */
  readonly for: string
  readonly severity: "critical" | "warning"
  readonly summary: string
  /** What to look at, or to do. */
  readonly description: string
}

export interface AlertGroup {
  readonly name: string
  readonly alerts: ReadonlyArray<Alert>
}

/** Per cluster, whichever replica says it: after a change of leader two may, for one scrape. */
const perCluster = (metric: string): string => `max by (namespace, name) (${metric})`

const cluster = "{{ $labels.namespace }}/{{ $labels.name }}"

/** Misses of two looks in a row, and half of another. */
const staleSeconds = (heartbeatMs / 1_000) * 2.5

/** Of the container's limit; the process that looks with the client library is not in it. */
const memoryBytes = Math.round(memoryLimit * 1024 * 1024 * 0.75)

const operatorAlerts = (namespace: string): ReadonlyArray<Alert> => {
  const target = `job="${operatorService}",namespace="${namespace}"`
  return [
    {
      alert: "AerospikeOperatorDown",
      expr: `absent(up{${target}} == 1)`,
      for: "5m",
      severity: "critical",
      summary: "No ACKO operator answers",
      description: `Aerospike clusters run on, but nobody looks after them. See the pods of Deployment ${operatorService} in ${namespace}.`,
    },
    {
      alert: "AerospikeOperatorNoLeader",
      expr: `sum by (name) (leader_election_master_status{name="${defaults.leaseName}"}) == 0`,
      for: "5m",
      severity: "critical",
      summary: "No ACKO operator leads",
      description: `Replicas run, but none holds Lease ${defaults.leaseName} in ${namespace}; their logs tell why it cannot be taken.`,
    },
    {
      alert: "AerospikeOperatorReconcileErrors",
      expr: "sum by (namespace, name, reason) (rate(acko_reconcile_errors_total[5m])) > 0",
      for: "15m",
      severity: "warning",
      summary: `Passes over Aerospike cluster ${cluster} keep failing ({{ $labels.reason }})`,
      description: `kubectl describe asc {{ $labels.name }} -n {{ $labels.namespace }} shows the latest error.`,
    },
    {
      alert: "AerospikeOperatorSlowReconcile",
      // A pass never waits for a node, and is given up after a minute.
      expr: `histogram_quantile(0.99, sum by (le) (rate(controller_runtime_reconcile_time_seconds_bucket{controller="${clusterController}"}[5m]))) > 30`,
      for: "10m",
      severity: "warning",
      summary: "Passes over Aerospike clusters take more than 30 s",
      description: "Usually the API server is slow: compare acko_kube_request_duration_seconds.",
    },
    {
      alert: "AerospikeOperatorWorkQueueDepth",
      expr: 'max by (name) (workqueue_depth{name=~"aerospikecluster.*"}) > 10',
      for: "10m",
      severity: "warning",
      summary: "More than 10 Aerospike clusters wait for the operator",
      description: "Passes are slow, or --concurrency is too low for the number of clusters.",
    },
    {
      alert: "AerospikeOperatorHighMemory",
      expr: `process_resident_memory_bytes{${target}} > ${memoryBytes}`,
      for: "10m",
      severity: "warning",
      summary: `The ACKO operator uses more than 75 % of its ${memoryLimit} MiB`,
      description: "Raise the memory limit of the Deployment before the kernel ends the process.",
    },
    {
      alert: "AerospikeOperatorPodRestarts",
      expr: `changes(process_start_time_seconds{${target}}[1h]) > 3`,
      for: "5m",
      severity: "warning",
      summary: "The ACKO operator was started more than 3 times within an hour",
      description: `kubectl logs -n ${namespace} {{ $labels.pod }} --previous tells why it ended.`,
    },
  ]
}

const clusterAlerts: ReadonlyArray<Alert> = [
  {
    alert: "AerospikeReconcileStale",
    expr: `time() - ${perCluster("acko_last_reconcile_timestamp_seconds")} > ${staleSeconds}`,
    for: "5m",
    severity: "warning",
    summary: `No pass over Aerospike cluster ${cluster} has succeeded for more than ${staleSeconds / 60} minutes`,
    description: `A healthy cluster, at rest or paused, is looked at every ${heartbeatMs / 60_000} minutes. kubectl describe asc {{ $labels.name }} -n {{ $labels.namespace }} shows what is in the way.`,
  },
  {
    alert: "AerospikeClusterSizeMismatch",
    expr: `${perCluster("acko_cluster_ready_pods")} != ${perCluster("acko_cluster_as_size")}`,
    for: "2m",
    severity: "warning",
    summary: `Aerospike cluster ${cluster}: ready pods and cluster size differ`,
    description: "A pod is ready, but its node is in no cluster or in another one: see condition ClusterSplit.",
  },
  {
    alert: "AerospikeOperatorCircuitBreakerActive",
    expr: `${perCluster("acko_circuit_breaker_active")} == 1`,
    for: "5m",
    severity: "critical",
    summary: `Aerospike cluster ${cluster}: every attempt fails`,
    description: "It is tried again with growing pauses; condition ReconcileHealthy has the latest error.",
  },
  {
    alert: "AerospikeClusterError",
    expr: `${perCluster("acko_cluster_phase")} == ${phaseNumbers.Error}`,
    for: "5m",
    severity: "warning",
    summary: `Aerospike cluster ${cluster} is in phase Error`,
    description: "Its resource cannot be carried out: status.phaseReason names the field and the fix.",
  },
  {
    alert: "AerospikeClusterPausedLong",
    expr: `time() - ${perCluster("acko_cluster_paused_timestamp_seconds > 0")} > 86400`,
    for: "5m",
    severity: "warning",
    summary: `Aerospike cluster ${cluster} has been paused for more than a day`,
    description: "Nothing is repaired or rolled out while spec.paused is true.",
  },
  {
    alert: "AerospikeClusterMigratingLong",
    expr: `${perCluster("acko_cluster_migrating_partitions")} > 0`,
    for: "1h",
    severity: "warning",
    summary: `Aerospike cluster ${cluster} has been migrating for more than an hour`,
    description: "Restarts and scale-downs wait until it is done. With much data this is normal.",
  },
]

const server = "{{ $labels.service }}"

/** By the exporter beside each server (`spec.monitoring`): statistics of the server under `aerospike_<context>_<name>`. */
const serverAlerts: ReadonlyArray<Alert> = [
  {
    alert: "AerospikeNodeDown",
    expr: `up{container="${Container.exporter}"} == 0`,
    for: "1m",
    severity: "critical",
    summary: "Aerospike pod {{ $labels.namespace }}/{{ $labels.pod }} does not answer",
    description: "Its exporter cannot be reached.",
  },
  {
    alert: "AerospikeNamespaceStopWrites",
    expr: "aerospike_namespace_stop_writes == 1",
    for: "0m",
    severity: "critical",
    summary: `Aerospike namespace {{ $labels.ns }} on ${server} refuses writes`,
    description: "Memory or storage is used up, or clocks differ too much: the server's log says which.",
  },
  {
    alert: "AerospikeHighDiskUsage",
    expr: "aerospike_namespace_data_used_pct > 80",
    for: "5m",
    severity: "warning",
    summary: `Aerospike namespace {{ $labels.ns }} on ${server} uses {{ $value }} % of its storage`,
    description: "Add nodes or storage, or let records expire, before writes are stopped.",
  },
  {
    alert: "AerospikeHighMemoryUsage",
    expr: "aerospike_node_stats_system_free_mem_pct < 20",
    for: "5m",
    severity: "warning",
    summary: `Aerospike server ${server} has {{ $value }} % of its memory left`,
    description: "Raise the pod's memory limit, or add nodes.",
  },
]

/** All alerts for an operator in `namespace`. */
export const alertGroups = (namespace: string): ReadonlyArray<AlertGroup> => [
  { name: "acko.operator", alerts: operatorAlerts(namespace) },
  { name: "acko.clusters", alerts: clusterAlerts },
  { name: "acko.servers", alerts: serverAlerts },
]
