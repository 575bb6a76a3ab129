/** Is a new status worth a write, now, later or not at all? Compared by meaning: pure timestamps of looking do not count (W48, R57, S9). */
import type { ClusterStatus, StatusCondition } from "../../domain/ClusterStatus.js"
import type { Report } from "../../domain/Report.js"
import type { PassMemory, Snapshot } from "../../domain/Snapshot.js"

/**
 * While a cluster is under way something people wait for will change soon; details that change meanwhile wait this long for company (ms). So a
 * pod restart costs two status writes: when the pod goes, and when it is back.
 */
const patienceMs = 15_000

/** Pause after a status write that failed (ms); it doubles with each further one. */
const refusalPauseMs = 1_000
const longestRefusalPauseMs = 30_000

type Plain = null | boolean | number | string | ReadonlyArray<unknown> | Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Deep equality of JSON values; absent and undefined are the same. */
const isEqual = (a: unknown, b: unknown): boolean => {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => isEqual(item, b[index]))
  }
  if (isRecord(a) && isRecord(b)) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => isEqual(a[key], b[key]))
  }
  return a === b
}

/** What changes without meaning anything. */
const withoutClockReadings = (status: ClusterStatus): Plain => {
  const { lastReconcileTime: _time, migrationStatus, clientView, ...rest } = status
  const { lastChecked: _migration, ...migration } = migrationStatus ?? { lastChecked: "" }
  const { lastChecked: _client, ...client } = clientView ?? { lastChecked: "" }
  return { ...rest, migration, client }
}

const conditionStatuses = (conditions: ReadonlyArray<StatusCondition> | undefined): Plain =>
  Object.fromEntries(
    (conditions ?? []).filter(({ type }) => type !== "MigrationComplete").map(({ type, status }) => [type, status]),
  )

/** What people and machines act on. */
const essence = (status: ClusterStatus): Plain => ({
  phase: status.phase,
  size: status.size,
  health: status.health,
  selector: status.selector,
  observedGeneration: status.observedGeneration,
  failures: status.failedReconcileCount ?? 0,
  error: status.lastReconcileError ?? "",
  template: status.templateSnapshot ?? {},
  operation: status.operationStatus ?? {},
  pending: status.pendingRestartPods ?? [],
  conditions: conditionStatuses(status.conditions),
  pods: Object.fromEntries(
    Object.entries(status.pods ?? {})
      .filter(([, pod]) => pod.isRunningAndReady || pod.lastRestartTime !== undefined)
      .map(([name, pod]) => [name, [pod.isRunningAndReady, pod.lastRestartReason, pod.lastRestartTime]]),
  ),
})

const isUnderWay = (status: ClusterStatus): boolean =>
  status.phase !== "Completed" && status.phase !== "Paused" && status.phase !== "Error"

export interface WriteDecision {
  readonly write: Report["write"]
  /** With `later`: when to look again (ms from now). */
  readonly afterMs?: number
}

/** A status write failed: events of the cluster go on waking it, and none of them makes the API server be asked again at once. */
export const afterRefusal = (memory: PassMemory, now: number): PassMemory => {
  const tries = (memory.statusRefused?.tries ?? 0) + 1
  const pauseMs = Math.min(longestRefusalPauseMs, refusalPauseMs * 2 ** (tries - 1))
  return { ...memory, statusRefused: { tries, until: now + pauseMs } }
}

/** A status write succeeded. */
export const afterWrite = ({ statusRefused: _over, ...memory }: PassMemory, now: number): PassMemory => ({
  ...memory,
  statusWrittenAt: now,
})

/** Compares with what is stored. */
export const decideWrite = (snapshot: Snapshot, status: ClusterStatus): WriteDecision => {
  const stored = snapshot.cluster.status
  if (isEqual(withoutClockReadings(stored), withoutClockReadings(status))) return { write: "none" }
  const { statusRefused, statusWrittenAt } = snapshot.memory
  if (statusRefused !== undefined && snapshot.now < statusRefused.until)
    return { write: "later", afterMs: statusRefused.until - snapshot.now }
  if (!isEqual(essence(stored), essence(status))) return { write: "now" }
  if (statusWrittenAt === undefined) return { write: "now" }
  const { statusCoalesceMs } = snapshot.settings
  const due = statusWrittenAt + (isUnderWay(status) ? Math.max(patienceMs, statusCoalesceMs) : statusCoalesceMs)
  return due <= snapshot.now ? { write: "now" } : { write: "later", afterMs: due - snapshot.now }
}
