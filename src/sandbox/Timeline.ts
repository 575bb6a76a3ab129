/**
 * What happened on an API server, with sub-millisecond times: pods becoming ready and leaving, and every request of one user (the
 * operator). The raw material of all figures about latency, overhead and API traffic.
 */
import { Label } from "../domain/Labels.js"
import type { KubeObject } from "../domain/Kubernetes.js"
import type { ApiServer } from "../testing/kube/ApiServer.js"
import type { RequestInfo } from "../testing/kube/RequestGate.js"

export type TimelineEntry = { readonly at: number } & (
  | { readonly _tag: "PodReady" | "PodNotReady" | "PodCreated" | "PodTerminating" | "PodGone"; readonly pod: string }
  | { readonly _tag: "Request"; readonly request: RequestInfo }
  | { readonly _tag: "Phase"; readonly phase: string; readonly reason: string }
  | { readonly _tag: "Mark"; readonly name: string }
)

export interface Timeline {
  readonly entries: ReadonlyArray<TimelineEntry>
  /** Milliseconds, on the clock of the entries. */
  readonly now: () => number
  /** Names this moment; answers with its time. */
  readonly mark: (name: string) => number
  /** Called on every entry. Returns its own removal. */
  readonly subscribe: (listener: (entry: TimelineEntry) => void) => () => void
  readonly stop: () => void
}

export interface TimelineOptions {
  readonly namespace: string
  readonly cluster: string
  /** Requests of this user are recorded. */
  readonly user: string
  /** Milliseconds, fractions welcome. */
  readonly now: () => number
}

const isReady = (pod: KubeObject): boolean => {
  const status = pod["status"] as { conditions?: ReadonlyArray<{ type?: unknown; status?: unknown }> } | undefined
  return (status?.conditions ?? []).some((c) => c.type === "Ready" && c.status === "True")
}

const phaseOf = (cluster: KubeObject): { readonly phase: string; readonly reason: string } => {
  const status = cluster["status"] as { phase?: unknown; phaseReason?: unknown } | undefined
  return {
    phase: typeof status?.phase === "string" ? status.phase : "",
    reason: typeof status?.phaseReason === "string" ? status.phaseReason : "",
  }
}

/** Starts recording. Nothing is sampled: every commit and every request leaves its entry. */
export const record = (server: ApiServer, options: TimelineOptions): Timeline => {
  const entries: Array<TimelineEntry> = []
  const listeners = new Set<(entry: TimelineEntry) => void>()
  const add = (entry: TimelineEntry): void => {
    entries.push(entry)
    for (const listener of listeners) listener(entry)
  }

  const onPod = (type: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject, previous?: KubeObject): void => {
    const at = options.now()
    const pod = object.metadata.name ?? ""
    if (type === "ADDED") add({ at, _tag: "PodCreated", pod })
    else if (type === "DELETED") add({ at, _tag: "PodGone", pod })
    else if (previous !== undefined) {
      if (previous.metadata.deletionTimestamp === undefined && object.metadata.deletionTimestamp !== undefined)
        add({ at, _tag: "PodTerminating", pod })
      if (!isReady(previous) && isReady(object)) add({ at, _tag: "PodReady", pod })
      if (isReady(previous) && !isReady(object)) add({ at, _tag: "PodNotReady", pod })
    }
  }

  const stopCommits = server.onCommit(({ type, kind, object, previous }) => {
    if (object.metadata.namespace !== options.namespace) return
    if (kind.kind === "Pod" && object.metadata.labels?.[Label.instance] === options.cluster)
      onPod(type, object, previous)
    if (kind.kind === "AerospikeCluster" && object.metadata.name === options.cluster) {
      const { phase, reason } = phaseOf(object)
      const before = previous === undefined ? { phase: "", reason: "" } : phaseOf(previous)
      if (phase !== before.phase || reason !== before.reason) add({ at: options.now(), _tag: "Phase", phase, reason })
    }
  })
  const stopRequests = server.gate.onRequest((request) => {
    if (request.user === options.user) add({ at: options.now(), _tag: "Request", request })
    return undefined
  })

  return {
    entries,
    now: options.now,
    mark: (name) => {
      const at = options.now()
      add({ at, _tag: "Mark", name })
      return at
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    stop: () => {
      stopCommits()
      stopRequests()
    },
  }
}

const writeVerbs: ReadonlySet<string> = new Set(["create", "update", "patch", "delete", "deletecollection"])

export const isWrite = (entry: TimelineEntry): boolean =>
  entry._tag === "Request" && writeVerbs.has(entry.request.verb) && !entry.request.dryRun
