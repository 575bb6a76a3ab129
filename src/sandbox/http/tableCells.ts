/** How kubectl's tables spell things. */
import type { KubeObject } from "../../domain/Kubernetes.js"
import { isMap, type Json, type JsonMap, listAt, mapAt, numberAt, stringAt, textOf } from "../../testing/kube/json.js"

const pick = (units: ReadonlyArray<readonly [number, string]>): string =>
  units
    .filter(([n], i) => i === 0 || n !== 0)
    .map(([n, unit]) => `${n}${unit}`)
    .join("")

/** A duration as kubectl prints ages: `45s`, `5m3s`, `3h`, `2d4h`. */
export const humanDuration = (ms: number): string => {
  const seconds = Math.floor(ms / 1000)
  if (seconds < -1) return "<invalid>"
  if (seconds < 0) return "0s"
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  const days = Math.floor(hours / 24)
  if (seconds < 120) return `${seconds}s`
  if (minutes < 10)
    return pick([
      [minutes, "m"],
      [seconds % 60, "s"],
    ])
  if (minutes < 180) return `${minutes}m`
  if (hours < 8)
    return pick([
      [hours, "h"],
      [minutes % 60, "m"],
    ])
  if (hours < 48) return `${hours}h`
  if (days < 8)
    return pick([
      [days, "d"],
      [hours % 24, "h"],
    ])
  if (days < 730) return `${days}d`
  return `${Math.floor(days / 365)}y`
}

/** Time since an RFC 3339 instant. */
export const since = (instant: string | undefined, now: number): string =>
  instant === undefined ? "<unknown>" : humanDuration(now - Date.parse(instant))

export const ageOf = (object: KubeObject, now: number): string => since(object.metadata.creationTimestamp, now)

const containers = (pod: KubeObject, field: string): ReadonlyArray<JsonMap> =>
  (listAt(pod, "status", field) ?? []).filter(isMap)

const stateReason = (status: JsonMap): string | undefined => {
  const waiting = stringAt(status, "state", "waiting", "reason")
  if (waiting !== undefined && waiting !== "") return waiting
  const terminated = mapAt(status, "state", "terminated")
  if (terminated === undefined) return undefined
  const reason = stringAt(terminated, "reason") ?? ""
  if (reason !== "") return reason
  const signal = numberAt(terminated, "signal") ?? 0
  return signal === 0 ? `ExitCode:${numberAt(terminated, "exitCode") ?? 0}` : `Signal:${signal}`
}

const initReason = (pod: KubeObject): string | undefined => {
  const total = (listAt(pod, "spec", "initContainers") ?? []).length
  const statuses = containers(pod, "initContainerStatuses")
  for (const [i, status] of statuses.entries()) {
    const terminated = mapAt(status, "state", "terminated")
    if (terminated !== undefined && (numberAt(terminated, "exitCode") ?? 0) === 0) continue
    const reason = stateReason(status)
    return reason === undefined || reason === "PodInitializing" ? `Init:${i}/${total}` : `Init:${reason}`
  }
  return undefined
}

/** `Running`, `CrashLoopBackOff`, `Init:0/1`, `Terminating` …: the STATUS column of pods. */
export const podStatus = (pod: KubeObject): string => {
  const statuses = containers(pod, "containerStatuses")
  const bad = [...statuses]
    .reverse()
    .map(stateReason)
    .find((reason) => reason !== undefined)
  const base = stringAt(pod, "status", "reason") ?? stringAt(pod, "status", "phase") ?? "Unknown"
  const hasRunning = statuses.some((s) => s["ready"] === true && mapAt(s, "state", "running") !== undefined)
  const shown = initReason(pod) ?? (bad === "Completed" && hasRunning ? "Running" : (bad ?? base))
  return pod.metadata.deletionTimestamp === undefined ? shown : "Terminating"
}

/** `1/2` */
export const podReady = (pod: KubeObject): string => {
  const total = (listAt(pod, "spec", "containers") ?? []).length
  return `${containers(pod, "containerStatuses").filter((s) => s["ready"] === true).length}/${total}`
}

/** Restarts of all containers, with the age of the last one. */
export const podRestarts = (pod: KubeObject, now: number): string => {
  const statuses = containers(pod, "containerStatuses")
  const count = statuses.reduce((sum, s) => sum + (numberAt(s, "restartCount") ?? 0), 0)
  const last = statuses
    .map((s) => stringAt(s, "lastState", "terminated", "finishedAt"))
    .filter((t) => t !== undefined)
    .sort()
    .at(-1)
  return count === 0 || last === undefined ? String(count) : `${count} (${since(last, now)} ago)`
}

/** `a=b,c=d` or `<none>`. */
export const labelsText = (labels: unknown): string => {
  const entries = Object.entries(isMap(labels) ? labels : {})
  return entries.length === 0 ? "<none>" : entries.map(([key, value]) => `${key}=${textOf(value)}`).join(",")
}

/** Members of the objects in a list, joined. */
export const joined = (items: Json[] | undefined, field: string): string =>
  (items ?? []).map((item) => stringAt(item, field) ?? "").join(",")
