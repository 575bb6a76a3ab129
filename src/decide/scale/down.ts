/**
 * Shrinking: one rack at a time, one member at a time by default and never more than the replication factor allows, only when the rest of the
 * cluster is settled (W22). Surplus members that do not serve go first and do not count: what remains is judged without them.
 */
import type { EffectiveCluster } from "../../domain/EffectiveCluster.js"
import type { StatefulSetView } from "../../domain/Kubernetes.js"
import type { Evidence, Wait } from "../../domain/Plan.js"
import type { Snapshot } from "../../domain/Snapshot.js"
import { isAvailable } from "../rollout/availability.js"
import type { Members, RackMembers, Slot } from "../rollout/members.js"
import { servesData } from "../rollout/order.js"
import { removalAllowance } from "../rollout/risk.js"
import { assess, expectedSlots, type FactsNeed } from "../rollout/safety.js"
import { lackOfHeadroom } from "./headroom.js"

export type Shrinking =
  /** Nothing to shrink. */
  | { readonly _tag: "None" }
  /** Not while other things hold: the same predicate holds back everything else, too. */
  | { readonly _tag: "Wait"; readonly wait: Wait; readonly facts?: FactsNeed }
  /** Only the user can change that; other work goes on. */
  | { readonly _tag: "Refused"; readonly wait: Wait }
  | { readonly _tag: "Shrink"; readonly rack: RackMembers; readonly replicas: number; readonly evidence: Evidence }

/** `25%` of a base, rounded up, or the number itself; at least 1 (behaviour.md §4.2). */
const resolve = (amount: number | string | undefined, base: number): number => {
  if (amount === undefined) return 1
  const text = /^(\d+)%$/.exec(String(amount))?.[1]
  const pods = text === undefined ? Number(amount) : Math.ceil((Number(text) / 100) * base)
  return Number.isInteger(pods) && pods >= 1 ? pods : 1
}

/** Its controller still acts on an older state. */
const isBehind = (set: StatefulSetView | undefined): boolean =>
  set !== undefined && set.observedGeneration < set.generation

const surplus = (rack: RackMembers): ReadonlyArray<Slot> =>
  rack.slots.filter((slot) => slot.ordinal >= rack.wanted).toSorted((a, b) => b.ordinal - a.ordinal)

const isDead = (snapshot: Snapshot, slot: Slot): boolean =>
  slot.pod === undefined || (!isAvailable(slot) && servesData(snapshot, slot.pod) === "no")

/** Dead members at the very top of the rack: lowering `replicas` over them removes nothing that serves. */
const deadTop = (snapshot: Snapshot, rack: RackMembers): ReadonlyArray<Slot> => {
  const slots = surplus(rack)
  const firstAlive = slots.findIndex((slot) => !isDead(snapshot, slot))
  return firstAlive < 0 ? slots : slots.slice(0, firstAlive)
}

type Refused = Extract<Shrinking, { readonly _tag: "Refused" }>

const refused = (message: string): Refused => ({
  _tag: "Refused",
  wait: { kind: "UnsafeRestart", pods: [], message: `scale-down refused: ${message}` },
})

const tooSmall = (effective: EffectiveCluster): string | undefined => {
  const namespace = effective.racks
    .flatMap((rack) => rack.namespaces)
    .find(({ replicationFactor }) => replicationFactor > effective.size)
  return namespace === undefined || effective.allowUnsafeRestart
    ? undefined
    : `replication factor ${namespace.replicationFactor} of namespace ${namespace.name} does not fit size ${effective.size}`
}

/** How far a rack of serving members may shrink at once, by what the nodes said last. */
const nextReplicas = (
  snapshot: Snapshot,
  effective: EffectiveCluster,
  members: Members,
  rack: RackMembers,
): number | Refused => {
  const size = expectedSlots(members, effective).length
  const allowance = removalAllowance(snapshot, effective, size)
  if (allowance._tag === "Denied") return refused(allowance.message)
  const batch = Math.min(
    resolve(effective.scaleDownBatch, rack.replicas),
    allowance.pods,
    Math.max(1, effective.maxUnavailable),
    rack.replicas - rack.wanted,
  )
  const replicas = rack.replicas - batch
  const leaving = new Set(rack.slots.filter((slot) => slot.ordinal >= replicas).map((slot) => slot.name))
  const lack = effective.allowUnsafeRestart ? undefined : lackOfHeadroom(snapshot, effective, leaving)
  return lack === undefined ? replicas : refused(lack)
}

/** Nothing is wrong but the age of the answers, or that there is only one of the two. */
const isOnlyAsking = (facts: FactsNeed | undefined): boolean => facts?.when === "second" || facts?.when === "fresh"

/** The next removal, or what it waits for. The highest rack in the list shrinks first, so that removed racks empty before others. */
export const shrinking = (snapshot: Snapshot, effective: EffectiveCluster, members: Members): Shrinking => {
  const racks = members.racks.filter((rack) => rack.statefulSet !== undefined && rack.replicas > rack.wanted)
  const rack = racks.at(-1)
  if (rack?.statefulSet === undefined) return { _tag: "None" }
  const small = tooSmall(effective)
  if (small !== undefined) return refused(small)
  const busy = racks.find(({ statefulSet: set }) => set?.isTerminating === true || isBehind(set))
  if (busy !== undefined) {
    const message = `waiting until StatefulSet ${busy.name} has taken up its latest change`
    return { _tag: "Wait", wait: { kind: "StatefulSet", pods: [], message } }
  }
  const withDead = racks.find((candidate) => deadTop(snapshot, candidate).length > 0)
  const dead = withDead === undefined ? [] : deadTop(snapshot, withDead)
  const safety = assess(snapshot, effective, { without: new Set(dead.map((slot) => slot.name)) }, members)
  const next =
    withDead === undefined ? nextReplicas(snapshot, effective, members, rack) : withDead.replicas - dead.length
  if (safety._tag === "Wait") {
    // A refusal needs no safety read: it stays what is said while the regular refresh asks once, or it would be news each time (S9).
    if (typeof next !== "number" && isOnlyAsking(safety.facts)) return next
    return { _tag: "Wait", wait: safety.wait, ...(safety.facts === undefined ? {} : { facts: safety.facts }) }
  }
  if (typeof next !== "number") return next
  return { _tag: "Shrink", rack: withDead ?? rack, replicas: next, evidence: safety.evidence }
}
