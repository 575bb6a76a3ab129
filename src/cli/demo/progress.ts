/** Live progress of a cluster for people: a redrawn table on a terminal, plain lines elsewhere. Pure text from values; the caller prints. */
import type { KubeObject } from "../../domain/Kubernetes.js"
import { Annotation } from "../../domain/Labels.js"
import type { TimelineEntry } from "../../sandbox/Timeline.js"

export interface PodLine {
  readonly name: string
  readonly state: string
  readonly address: string
  readonly revision: string
}

interface PodStatusJson {
  readonly phase?: unknown
  readonly podIP?: unknown
  readonly conditions?: ReadonlyArray<{ readonly type?: unknown; readonly status?: unknown }>
}

const text = (value: unknown, otherwise: string): string => (typeof value === "string" ? value : otherwise)

const stateOf = (pod: KubeObject, status: PodStatusJson): string => {
  const is = (type: string) => (status.conditions ?? []).some((c) => c.type === type && c.status === "True")
  if (pod.metadata.deletionTimestamp !== undefined) return "stopping"
  if (is("Ready")) return "ready"
  if (is("ContainersReady")) return "joining"
  if (status.phase === "Running") return "starting"
  return "pending"
}

export const podLine = (pod: KubeObject): PodLine => {
  const status = (pod["status"] ?? {}) as PodStatusJson
  return {
    name: pod.metadata.name ?? "",
    state: stateOf(pod, status),
    address: text(status.podIP, "–"),
    revision: pod.metadata.annotations?.[Annotation.templateHash]?.slice(0, 8) ?? "–",
  }
}

export interface ProgressView {
  readonly title: string
  readonly elapsedMs: number
  readonly phase: string
  readonly reason: string
  readonly pods: ReadonlyArray<PodLine>
  readonly observer: string
}

const mark: Readonly<Record<string, string>> = {
  ready: "●",
  joining: "◐",
  starting: "◔",
  pending: "○",
  stopping: "✕",
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** One screen. */
export const renderTable = (view: ProgressView): ReadonlyArray<string> => [
  `${view.title}   ${seconds(view.elapsedMs)}`,
  `phase ${view.phase === "" ? "–" : view.phase}   ${view.pods.filter((p) => p.state === "ready").length}/${view.pods.length} ready   pods are learned by ${view.observer}`,
  "",
  ...view.pods.map(
    (pod) =>
      `  ${mark[pod.state] ?? " "} ${pod.name.padEnd(14)} ${pod.state.padEnd(9)} ${pod.address.padEnd(14)} ${pod.revision}`,
  ),
  "",
  view.reason === "" ? "" : `  ${view.reason}`,
]

const words: Readonly<Record<string, string>> = {
  PodCreated: "created",
  PodReady: "ready",
  PodNotReady: "not ready",
  PodTerminating: "stopping",
  PodGone: "gone",
}

/** One line for one entry; undefined for entries that people need not see. */
export const renderEntry = (entry: TimelineEntry, startedAt: number): string | undefined => {
  const time = `${((entry.at - startedAt) / 1000).toFixed(3).padStart(8)} s`
  switch (entry._tag) {
    case "Mark":
      return `${time}  ── ${entry.name}`
    case "Phase":
      return `${time}  phase ${entry.phase}${entry.reason === "" ? "" : `: ${entry.reason}`}`
    case "Request":
      return undefined
    default:
      return `${time}  pod ${entry.pod} ${words[entry._tag] ?? entry._tag}`
  }
}
