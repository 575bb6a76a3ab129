/** Growing: every rack goes to its wanted size at once, before anything shrinks (W24), never beyond the nodes a cluster may have (S5). */
import type { EffectiveCluster } from "../../domain/EffectiveCluster.js"
import { Annotation } from "../../domain/Labels.js"
import type { Wait } from "../../domain/Plan.js"
import type { Snapshot } from "../../domain/Snapshot.js"
import { groupsByKey } from "../rollout/agreement.js"
import type { Members } from "../rollout/members.js"
import { type ClaimObstacle, claimObstacle } from "./claims.js"

/** Nodes a Community Edition cluster may have. */
export const maxNodes = 8

export interface Growth {
  /** New number of replicas by rack id; racks that stay as they are do not appear. */
  readonly targets: ReadonlyMap<number, number>
  readonly waits: ReadonlyArray<Wait>
}

/** Two clusters that know nothing of each other: a new node would join either of them (R73). */
const isSplit = (snapshot: Snapshot, members: Members): boolean => {
  const pods = members.slots.flatMap((slot) => slot.pod ?? [])
  const { latest } = snapshot.facts
  if (latest === undefined || latest.startedAt <= snapshot.podsChangedAt) return false
  return groupsByKey(latest, pods).filter((group) => group.isSelfContained).length > 1
}

const obstacleWait = (obstacle: ClaimObstacle): Wait => {
  const names = obstacle.claims.slice(0, 4).join(", ")
  return obstacle.kind === "Leaving"
    ? { kind: "PodGone", pods: [], message: `waiting until claims of earlier pods are gone: ${names}` }
    : {
        kind: "UnsafeRestart",
        pods: [],
        message: `claims of earlier pods hold old records that would come back: ${names}; delete them, or set annotation ${Annotation.allowUnsafeRestart}: "true" to use them`,
      }
}

/** Target sizes of growing racks and of StatefulSets that are missing. */
export const growth = (snapshot: Snapshot, effective: EffectiveCluster, members: Members): Growth => {
  const targets = new Map<number, number>()
  const waits: Array<Wait> = []
  let room = maxNodes - members.slots.length - members.leaving.length
  const split = isSplit(snapshot, members)
  for (const rack of members.racks) {
    if (rack.effective === undefined || rack.statefulSet?.isTerminating === true) continue
    const isMissing = rack.statefulSet === undefined
    if (!isMissing && rack.replicas >= rack.wanted) continue
    if (split && !isMissing) {
      waits.push({ kind: "ClusterSplit", pods: [], message: "waiting until the cluster is whole before it grows" })
      continue
    }
    const obstacle = claimObstacle(snapshot, effective, rack)
    if (obstacle !== undefined) waits.push(obstacleWait(obstacle))
    const ceiling = obstacle?.ordinal ?? rack.wanted
    const target = Math.max(rack.replicas, Math.min(ceiling, rack.wanted, rack.replicas + Math.max(0, room)))
    room -= target - rack.replicas
    if (isMissing || target > rack.replicas) targets.set(rack.id, target)
  }
  return { targets, waits }
}
