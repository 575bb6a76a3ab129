/**
 * Steps that meet a world newer than the snapshot (R48). The store usually catches up within moments, so the first tries follow at once; a rival
 * that writes all the time gets a growing pause instead of a race.
 */
import type { Plan } from "../domain/Plan.js"
import type { Results } from "../domain/Report.js"
import type { PassMemory, Snapshot } from "../domain/Snapshot.js"

/** Tries that any event may start; afterwards the pause holds whatever wakes us. */
const freeTries = 5
const firstPauseMs = 100
const longestPauseMs = 5_000

/** Pause after so many tries in a row: 0.1 s, doubling, never more than 5 s. */
export const contentionPauseMs = (tries: number): number =>
  Math.min(longestPauseMs, firstPauseMs * 2 ** Math.max(0, tries - 1))

const isPausing = ({ memory, cluster, now }: Snapshot): boolean => {
  const { contention } = memory
  if (contention === undefined || memory.generation !== cluster.generation) return false
  return contention.tries >= freeTries && now < contention.until
}

/** The plan without its steps while it would only lose another race. */
export const outOfContention = (snapshot: Snapshot, plan: Plan): Plan =>
  plan._tag === "Proceed" && plan.tracks.length > 0 && isPausing(snapshot)
    ? {
        ...plan,
        tracks: [],
        waits: [
          ...plan.waits,
          {
            kind: "Conflict",
            pods: [],
            message: "objects change faster than they can be read; trying again in a moment",
          },
        ],
      }
    : plan

/** Counts on after a step that proved stale, stays during a pause, ends with any other pass. */
export const contentionAfter = (
  snapshot: Snapshot,
  plan: Plan,
  { steps, finishedAt }: Results,
): PassMemory["contention"] => {
  const { contention } = snapshot.memory
  if (steps.some(({ _tag }) => _tag === "Stale")) {
    const tries = (contention?.tries ?? 0) + 1
    return { tries, until: finishedAt + contentionPauseMs(tries) }
  }
  const isPaused = plan._tag === "Proceed" && plan.waits.some(({ kind }) => kind === "Conflict")
  return isPaused ? contention : undefined
}
