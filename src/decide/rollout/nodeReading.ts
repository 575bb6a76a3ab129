/** What one collection says about the node in one pod: an answer of exactly this pod, or a reason why nothing is known (R74). */
import type { PodView } from "../../domain/Kubernetes.js"
import { type Collection, known, type NodeAnswers, type Statistics } from "../../domain/NodeFacts.js"

export type NodeReading =
  | { readonly _tag: "Answered"; readonly answers: NodeAnswers }
  /** `isDown`: the connection was refused or reset, so the process does not serve. Otherwise nothing can be said. */
  | { readonly _tag: "Unknown"; readonly why: string; readonly isDown: boolean }

/** The reading of `pod` in `collection`. An answer for another UID is no answer. */
export const readNode = (collection: Collection | undefined, pod: PodView): NodeReading => {
  const facts = collection?.nodes[pod.name]
  if (facts === undefined) return { _tag: "Unknown", why: "was not asked yet", isDown: false }
  if (facts.podUid !== pod.uid) return { _tag: "Unknown", why: "answered as an earlier pod", isDown: false }
  if (facts._tag === "Unreachable") {
    return {
      _tag: "Unknown",
      why: `did not answer (${facts.reason})`,
      isDown: facts.reason === "Refused" || facts.reason === "Reset",
    }
  }
  return facts
}

/** A non-negative integer statistic; anything else is unknown, never zero (R71, W36). */
export const count = (statistics: Statistics | undefined, name: string): number | undefined => {
  const text = statistics?.[name]
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** A decimal statistic such as `data_used_pct`. */
export const decimal = (statistics: Statistics | undefined, name: string): number | undefined => {
  const text = statistics?.[name]
  return text !== undefined && /^\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : undefined
}

/** `true`, `false`, or unknown. */
export const truth = (statistics: Statistics | undefined, name: string): boolean | undefined => {
  const text = statistics?.[name]
  return text === "true" ? true : text === "false" ? false : undefined
}

/** The cluster a node says it is in. */
export interface NodeCluster {
  /** Upper case hex. */
  readonly key: string
  readonly size: number
  /** Member of a whole cluster: `cluster_is_member` and `cluster_integrity`. */
  readonly isMember: boolean
}

/** Undefined when the node did not say all of it, or is in no cluster (key 0) yet. */
export const clusterOf = (answers: NodeAnswers): NodeCluster | undefined => {
  const statistics = known(answers.statistics)
  const key = statistics?.["cluster_key"]?.toUpperCase()
  const size = count(statistics, "cluster_size")
  const isMember = truth(statistics, "cluster_is_member")
  const isWhole = truth(statistics, "cluster_integrity")
  if (key === undefined || !/^[0-9A-F]{1,16}$/.test(key) || /^0+$/.test(key)) return undefined
  if (size === undefined || isMember === undefined || isWhole === undefined) return undefined
  return { key, size, isMember: isMember && isWhole }
}
