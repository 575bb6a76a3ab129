/** Would the records still fit if some nodes left? Answered from namespace statistics; a figure nobody told is no reason to refuse. */
import type { EffectiveCluster } from "../../domain/EffectiveCluster.js"
import type { Snapshot } from "../../domain/Snapshot.js"
import { count, decimal, truth } from "../rollout/nodeReading.js"
import { namespaceAnswers } from "../rollout/risk.js"

/** Share of a namespace's space that may be used when the server names no `stop-writes-used-pct`. */
const fallbackLimitPct = 90

const overfull = (snapshot: Snapshot, name: string, leaving: ReadonlySet<string>): string | undefined => {
  const answers = namespaceAnswers(snapshot, name)
  if (answers.some(({ statistics }) => truth(statistics, "stop_writes") === true)) {
    return `namespace ${name} has stopped writes already`
  }
  let used = 0
  let room = 0
  let limit = 100
  for (const { pod, statistics } of answers) {
    const bytes = count(statistics, "data_used_bytes")
    const total = count(statistics, "data_total_bytes")
    if (bytes === undefined || total === undefined || total === 0) return undefined
    used += bytes
    if (leaving.has(pod)) continue
    room += total
    const stop = decimal(statistics, "stop-writes-used-pct") ?? fallbackLimitPct
    limit = Math.min(limit, stop === 0 ? 100 : stop)
  }
  if (room === 0) return undefined
  const share = (used / room) * 100
  return share > limit
    ? `namespace ${name} would fill ${Math.ceil(share)} % of the remaining nodes, more than ${limit} %`
    : undefined
}

/** Why the pods in `leaving` must not go; undefined when the records fit, or when nothing is known about their size (W22). */
export const lackOfHeadroom = (
  snapshot: Snapshot,
  effective: EffectiveCluster,
  leaving: ReadonlySet<string>,
): string | undefined => {
  const names = new Set(effective.racks.flatMap((rack) => rack.namespaces.map((namespace) => namespace.name)))
  for (const name of names) {
    const problem = overfull(snapshot, name, leaving)
    if (problem !== undefined) return problem
  }
  return undefined
}
