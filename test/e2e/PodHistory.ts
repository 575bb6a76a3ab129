/** What became of the pods of one cluster, as the API server told it, in the terms of the sandbox's figures. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Label } from "../../src/domain/Labels.js"
import { Kinds } from "../../src/domain/Kubernetes.js"
import type { TimelineEntry } from "../../src/sandbox/Timeline.js"
import type { Informers } from "../../src/testing/kube/controllers/Informers.js"
import {
  isRunningAndReady,
  isTerminating,
  nameOf,
  namespaceOf,
  type PodObject,
} from "../../src/testing/kube/controllers/objects.js"

export interface PodHistory {
  readonly entries: ReadonlyArray<TimelineEntry>
  /** Of the clock of the entries, ms. */
  readonly now: () => number
}

const isOf = (pod: PodObject, namespace: string, cluster: string): boolean =>
  namespaceOf(pod) === namespace && pod.metadata.labels?.[Label.instance] === cluster

/** Records until the scope closes. Nothing is sampled: every change leaves its entry. */
export const recordPods = (
  informers: Informers["Type"],
  namespace: string,
  cluster: string,
): Effect.Effect<PodHistory, never, Scope.Scope> =>
  Effect.gen(function* () {
    const entries: Array<TimelineEntry> = []
    const known = new Set<string | undefined>()
    const add = (
      _tag: "PodReady" | "PodNotReady" | "PodCreated" | "PodTerminating" | "PodGone",
      pod: PodObject,
    ): void => {
      entries.push({ at: performance.now(), _tag, pod: nameOf(pod) })
    }
    const compare = (current: PodObject, previous: PodObject | undefined): void => {
      if (previous === undefined) add("PodCreated", current)
      const wasUp = previous !== undefined && isRunningAndReady(previous)
      if (isTerminating(current) && (previous === undefined || !isTerminating(previous))) add("PodTerminating", current)
      if (wasUp !== isRunningAndReady(current)) add(wasUp ? "PodNotReady" : "PodReady", current)
    }
    yield* informers.follow<PodObject>(Kinds.Pod, ({ current, previous }) =>
      Effect.sync(() => {
        if (current === undefined) {
          if (isOf(previous, namespace, cluster)) add("PodGone", previous)
          return
        }
        if (!isOf(current, namespace, cluster)) return
        // An object may be told twice as an addition.
        if (previous === undefined && known.has(current.metadata.uid)) return
        known.add(current.metadata.uid)
        compare(current, previous)
      }),
    )
    return { entries, now: () => performance.now() }
  })
