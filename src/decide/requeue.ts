/** When to look again: pacing of node questions (W25, R76), back-off and circuit breaker per generation (W44–W46, R142). */
import type { EffectiveCluster } from "../domain/EffectiveCluster.js"
import { type ClusterKey, keyString, type PodView } from "../domain/Kubernetes.js"
import { Annotation } from "../domain/Labels.js"
import type { FactsRequest } from "../domain/Plan.js"
import type { PassMemory, Snapshot } from "../domain/Snapshot.js"
import type { FactsNeed } from "./rollout/safety.js"

/** How long nodes are asked at the quick pace (ms). Afterwards the interval is a fiftieth of the time waited. */
const quickForMs = 10_000
/** Longest interval between two questions while something is waited for (ms): a migration may take days (R76). */
const slowestPaceMs = 15_000

/** Pause between two collections after waiting for `elapsedMs`, which began at `quickMs`. */
export const paceMs = (elapsedMs: number, quickMs: number): number =>
  elapsedMs < quickForMs ? quickMs : Math.min(slowestPaceMs, Math.max(quickMs, elapsedMs / 50))

/** Where the server of a pod listens. A pod of an older revision may use another port than the present spec says. */
export const servicePortOf = (snapshot: Snapshot, effective: EffectiveCluster, pod: PodView): number => {
  const rack = effective.racks.find((r) => String(r.id) === pod.labels["acko.io/rack"]) ?? effective.racks[0]
  const stored = snapshot.cluster.status.pods?.[pod.name]
  return stored !== undefined && stored.podIP === pod.podIP && stored.podPort > 0
    ? stored.podPort
    : (rack?.ports.service ?? 3000)
}

/** Pods that can answer now: running, with an address, not on their way out. */
const targetsOf = (snapshot: Snapshot, effective: EffectiveCluster): FactsRequest["targets"] =>
  snapshot.pods.flatMap((pod) => {
    if (pod.podIP === undefined || pod.isTerminating || pod.phase !== "Running") return []
    return [{ podName: pod.name, podUid: pod.uid, host: pod.podIP, port: servicePortOf(snapshot, effective, pod) }]
  })

const timeOf = (snapshot: Snapshot, need: FactsNeed): number => {
  const { now, podsChangedAt, memory, settings } = snapshot
  const { latest } = snapshot.facts
  const soonest = Math.max(now, podsChangedAt + 1)
  const isCurrent =
    latest !== undefined && latest.startedAt > podsChangedAt && latest.expectedSize === need.expectedSize
  if (!isCurrent) return soonest
  switch (need.when) {
    case "second":
      return Math.max(soonest, latest.startedAt + settings.safetyReadGapMs)
    case "fresh":
    case "pace": {
      // Answers that are current but too old for a safety read are refreshed at once.
      if (need.when === "fresh" && latest.startedAt < now - settings.safetyMaxAgeMs) return soonest
      return Math.max(soonest, latest.finishedAt + paceMs(now - (memory.unsettledSince ?? now), settings.factsPaceMs))
    }
  }
}

/**
 * The one question to the nodes that serves all needs of a pass: the earliest of them, or the slow refresh of a quiet cluster. Undefined while
 * no pod could answer.
 */
export const factsRequest = (
  snapshot: Snapshot,
  effective: EffectiveCluster,
  needs: ReadonlyArray<FactsNeed>,
  restingSize: number,
): FactsRequest | undefined => {
  const targets = targetsOf(snapshot, effective)
  if (targets.length === 0) return undefined
  const { latest } = snapshot.facts
  const resting = {
    at:
      latest === undefined
        ? snapshot.now
        : Math.max(snapshot.now, latest.finishedAt + snapshot.settings.factsRefreshMs),
    expectedSize: Math.max(1, restingSize),
    because: "regular refresh",
  }
  const chosen = needs
    .map((need) => ({ at: timeOf(snapshot, need), expectedSize: need.expectedSize, because: need.because }))
    .reduce((best, next) => (next.at < best.at ? next : best), resting)
  return {
    at: chosen.at,
    expectedSize: chosen.expectedSize,
    namespaces: [...new Set(effective.racks.flatMap((rack) => rack.namespaces.map((namespace) => namespace.name)))],
    targets,
    because: chosen.because,
  }
}

/** Failures in a row after which the breaker counts as open. */
export const breakerThreshold = 10
/** A refusal by the API server or an impossible object: only a human helps, so look rarely, but not so rarely that a fix is overlooked. */
const permanentRetryMs = 60_000
/** Deletions are waited for by people; their retries never stretch further (L3). */
const deletionRetryMs = 60_000

/** Back-off after `failures` failed passes (behaviour.md Appendix B): 2 s, 4 s, … up to the longest, 256 s by default. Without failures, 5 s. */
export const backoffMs = (failures: number, maxMs: number): number =>
  failures <= 0 ? 5_000 : Math.min(2 ** Math.min(failures, 30) * 1000, maxMs)

/** FNV-1a to [0, 1): the same cluster and count always wait the same, two clusters never in step. */
const fraction = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  return hash / 2 ** 32
}

/** Back-off with jitter: up to a tenth shorter than {@link backoffMs}, never longer. */
export const jitteredBackoffMs = (
  key: ClusterKey,
  failures: number,
  options: { readonly isPermanent: boolean; readonly isDeleting: boolean; readonly maxMs: number },
): number => {
  const base = options.isPermanent ? permanentRetryMs : backoffMs(failures, options.maxMs)
  const capped = options.isDeleting ? Math.min(base, deletionRetryMs) : base
  return Math.floor(capped * (1 - 0.1 * fraction(`${keyString(key)}#${failures}`)))
}

/** The force-reconcile annotation has a value that was not honoured yet (W47). */
export const isForced = (snapshot: Snapshot): boolean => {
  const value = snapshot.cluster.annotations[Annotation.forceReconcile]
  return value !== undefined && value !== snapshot.memory.forcedBy
}

/** Failed passes of the present generation. After a restart of the operator the stored status remembers them. */
export const failuresOf = (snapshot: Snapshot): number => {
  const { memory, cluster } = snapshot
  if (isForced(snapshot) && memory.generation !== 0) return 0
  if (memory.generation === cluster.generation) return memory.failures
  const { status } = cluster
  return memory.generation === 0 && status.observedGeneration === cluster.generation
    ? (status.failedReconcileCount ?? 0)
    : 0
}

/** End of the back-off that still holds, if one does: a new generation or a new force-reconcile value ends it (W44, W47). */
export const heldUntil = (snapshot: Snapshot): number | undefined => {
  const { memory, now, cluster } = snapshot
  if (memory.generation !== cluster.generation || isForced(snapshot)) return undefined
  // A deletion starts at once, whatever went wrong before it.
  if (cluster.isDeleting && cluster.status.phase !== "Deleting") return undefined
  return now < memory.notBefore ? memory.notBefore : undefined
}

/** Memory after a pass that ended well, resp. failed. */
export const remember = (
  snapshot: Snapshot,
  outcome: {
    readonly failed?: { readonly message: string; readonly isPermanent: boolean; readonly retryAfterMs?: number }
  },
  finishedAt: number,
): PassMemory => {
  const { memory, cluster } = snapshot
  const forcedBy = cluster.annotations[Annotation.forceReconcile]
  const { lastError: _lastError, forcedBy: _forcedBy, ...kept } = memory
  const base = { ...kept, generation: cluster.generation, ...(forcedBy === undefined ? {} : { forcedBy }) }
  if (outcome.failed === undefined) return { ...base, failures: 0, notBefore: 0 }
  const failures = failuresOf(snapshot) + 1
  const delay = jitteredBackoffMs(snapshot.key, failures, {
    isPermanent: outcome.failed.isPermanent,
    isDeleting: cluster.isDeleting,
    maxMs: snapshot.settings.maxRetryDelayMs,
  })
  return {
    ...base,
    failures,
    notBefore: finishedAt + Math.max(delay, outcome.failed.retryAfterMs ?? 0),
    lastError: outcome.failed.message,
  }
}
