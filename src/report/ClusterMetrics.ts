/**
 * Metrics about single clusters (labels `namespace` and `name`). They are kept here, not in Effect's registry, which never forgets a series: a
 * cluster that is gone is on no later page, and the number of series is that of the clusters there are (R128).
 *
 * Filled by passes, so only the instance that leads has any: a standby shows none, rather than what was true once. Counters begin at zero with
 * each leader, as Prometheus expects of a new process.
 */
import { type ClusterKey, keyString } from "../domain/Kubernetes.js"
import type { Phase } from "../domain/ClusterStatus.js"
import { type ErrorReason, errorReasons, type Measures } from "../domain/Report.js"
import { type Family, type FamilyType, histogramSamples, type Labels, type Sample } from "./Prometheus.js"

/** Values of `acko_cluster_phase`: those of ACKO, so that its dashboards stay right. 0: unknown. */
export const phaseNumbers: Readonly<Record<Phase, number>> = {
  InProgress: 1,
  Completed: 2,
  Error: 3,
  ScalingUp: 4,
  ScalingDown: 5,
  WaitingForMigration: 6,
  RollingRestart: 7,
  ACLSync: 8,
  Paused: 9,
  Deleting: 10,
}

/** Seconds. 0.1 s × 2^i are ACKO's; a pass that has nothing to do takes less than the smallest of them. */
const durationBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2]
/** Seconds: a minute to a week. */
const pauseBuckets = [60, 300, 1_800, 3_600, 21_600, 86_400, 604_800]

interface Histogram {
  readonly counts: Array<number>
  count: number
  sum: number
}

const histogram = (buckets: ReadonlyArray<number>): Histogram => ({ counts: buckets.map(() => 0), count: 0, sum: 0 })

const observe = (into: Histogram, buckets: ReadonlyArray<number>, value: number): void => {
  into.count += 1
  into.sum += value
  buckets.forEach((upTo, index) => {
    if (value <= upTo) into.counts[index] = (into.counts[index] ?? 0) + 1
  })
}

interface Series {
  readonly labels: Labels
  readonly durations: Histogram
  readonly pauses: Histogram
  readonly errors: Record<ErrorReason, number>
  restarts: number
  dynamicUpdates: number
  deferrals: number
  /** Epoch ms of the latest successful pass. */
  succeededAt: number | undefined
  latest: Measures | undefined
}

const series = ({ namespace, name }: ClusterKey): Series => ({
  labels: [
    ["namespace", namespace],
    ["name", name],
  ],
  durations: histogram(durationBuckets),
  pauses: histogram(pauseBuckets),
  errors: {
    Service: 0,
    ConfigMap: 0,
    StatefulSet: 0,
    PDB: 0,
    Restart: 0,
    NetworkPolicy: 0,
    Status: 0,
    Operations: 0,
    Other: 0,
  },
  restarts: 0,
  dynamicUpdates: 0,
  deferrals: 0,
  succeededAt: undefined,
  latest: undefined,
})

/** How a pass over a cluster ended. */
export interface MeasuredPass {
  /** Absent: it died, or was cut short, before it could say anything. */
  readonly measures?: Measures
  readonly durationMs: number
  /** Epoch ms on the wall clock, with which others compare it. */
  readonly endedAt: number
  /** False: what it had to report could not be written. */
  readonly isReported: boolean
}

export interface ClusterMetrics {
  readonly passed: (key: ClusterKey, pass: MeasuredPass) => void
  /** There is no such cluster any more. */
  readonly forget: (key: ClusterKey) => void
  /** Everything as it is now. */
  readonly families: () => ReadonlyArray<Family>
}

const count = (into: Series, { measures, durationMs, endedAt, isReported }: MeasuredPass): void => {
  observe(into.durations, durationBuckets, durationMs / 1_000)
  if (measures === undefined) {
    into.errors.Other += 1
    return
  }
  into.latest = measures
  for (const reason of measures.errors) into.errors[reason] += 1
  if (!isReported) into.errors.Status += 1
  else if (measures.isSuccess) into.succeededAt = endedAt
  into.restarts += measures.restarts
  into.dynamicUpdates += measures.dynamicUpdates
  if (measures.isDeferral) into.deferrals += 1
  if (measures.pausedMs !== undefined) observe(into.pauses, pauseBuckets, measures.pausedMs / 1_000)
}

/** The one line of a cluster; nothing when the value is not known. */
const one =
  (valueOf: (series: Series) => number | undefined) =>
  (of: Series): ReadonlyArray<Sample> => {
    const value = valueOf(of)
    return value === undefined ? [] : [{ suffix: "", labels: of.labels, value }]
  }

const histogramOf =
  (buckets: ReadonlyArray<number>, which: (series: Series) => Histogram) =>
  (of: Series): ReadonlyArray<Sample> => {
    const { count: total, counts, sum } = which(of)
    const state = { buckets: buckets.map((upTo, index) => [upTo, counts[index] ?? 0] as const), count: total, sum }
    return histogramSamples(of.labels, state)
  }

const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1_000)

interface Definition {
  readonly type: FamilyType
  readonly help: string
  readonly samples: (series: Series) => ReadonlyArray<Sample>
}

const phaseHelp = Object.entries(phaseNumbers)
  .map(([phase, value]) => `${value} ${phase}`)
  .join(", ")

/** All metrics about single clusters. */
const definitions: Readonly<Record<string, Definition>> = {
  acko_cluster_phase: {
    type: "gauge",
    help: `What the cluster is doing: 0 unknown, ${phaseHelp}`,
    samples: one(({ latest }) => (latest?.phase === undefined ? 0 : phaseNumbers[latest.phase])),
  },
  acko_cluster_ready_pods: {
    type: "gauge",
    help: "Ready pods",
    samples: one(({ latest }) => latest?.readyPods),
  },
  acko_cluster_as_size: {
    type: "gauge",
    help: "Size of the cluster as its nodes say; absent while none says",
    samples: one(({ latest }) => latest?.serverSize),
  },
  acko_cluster_migrating_partitions: {
    type: "gauge",
    help: "Partitions left to migrate, all nodes; absent while that is not known",
    samples: one(({ latest }) => latest?.migratingPartitions),
  },
  acko_reconcile_duration_seconds: {
    type: "histogram",
    help: "Duration of a pass over the cluster",
    samples: histogramOf(durationBuckets, ({ durations }) => durations),
  },
  acko_last_reconcile_timestamp_seconds: {
    type: "gauge",
    help: "End of the latest successful pass, since the epoch; a healthy cluster has one at least every two minutes",
    samples: one(({ succeededAt }) => seconds(succeededAt)),
  },
  acko_reconcile_errors_total: {
    type: "counter",
    help: "Failed passes by what failed",
    samples: ({ errors, labels }) =>
      errorReasons.map((reason) => ({ suffix: "", labels: [...labels, ["reason", reason]], value: errors[reason] })),
  },
  acko_circuit_breaker_active: {
    type: "gauge",
    help: "1 while failed passes are retried with growing pauses, else 0",
    samples: one(({ latest }) => Number(latest?.isBackingOff ?? false)),
  },
  acko_cold_restarts_total: {
    type: "counter",
    help: "Pods stopped to be started anew",
    samples: one(({ restarts }) => restarts),
  },
  acko_dynamic_config_updates_total: {
    type: "counter",
    help: "Pods whose configuration was changed without a restart",
    samples: one(({ dynamicUpdates }) => dynamicUpdates),
  },
  acko_scaledown_deferrals_total: {
    type: "counter",
    help: "Scale-downs that had to wait for migrations",
    samples: one(({ deferrals }) => deferrals),
  },
  acko_cluster_paused_timestamp_seconds: {
    type: "gauge",
    help: "Start of the pause since the epoch, 0 when not paused",
    samples: one(({ latest }) => seconds(latest?.pausedSince) ?? 0),
  },
  acko_cluster_paused_duration_seconds: {
    type: "histogram",
    help: "Length of pauses that are over",
    // Most clusters are never paused: their ten empty lines would say nothing.
    samples: (of) => (of.pauses.count === 0 ? [] : histogramOf(pauseBuckets, ({ pauses }) => pauses)(of)),
  },
}

/** Nothing known yet. */
export const make = (): ClusterMetrics => {
  const known = new Map<string, Series>()
  return {
    passed: (key, pass) => {
      const found = known.get(keyString(key)) ?? series(key)
      known.set(keyString(key), found)
      count(found, pass)
    },
    forget: (key) => void known.delete(keyString(key)),
    families: () =>
      Object.entries(definitions).map(([name, { type, help, samples }]) => ({
        name,
        type,
        help,
        samples: [...known.values()].flatMap(samples),
      })),
  }
}
