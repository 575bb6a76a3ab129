/** A rolling restart taken apart: what each moment was spent on, per pod. Pure arithmetic over a timeline and the history of the servers. */
import { type Interval, restarts, type RollingRestart, rollingRestart } from "./figures.js"
import type { TimelineEntry } from "./Timeline.js"
import type { Happening } from "../testing/aerospike/model/Model.js"

/** `restarting`: from the delete to Ready. `settling`: the servers join and migrate. `waiting`: nobody had anything to do but the operator. */
export type PhaseKind = "restarting" | "settling" | "waiting"

export interface Phase extends Interval {
  readonly kind: PhaseKind
}

/** One pod's part of a roll-out; times in ms since the change of the resource. */
export interface Lane {
  readonly pod: string
  readonly phases: ReadonlyArray<Phase>
}

export interface Roll extends RollingRestart {
  readonly lanes: ReadonlyArray<Lane>
}

type History = ReadonlyArray<Pick<Happening, "at" | "kind" | "detail">>

/**
 * `window` begins with the change of the resource and ends when the operator calls it done, or with the next delete. Time between a settled
 * cluster and the next delete (or the end) belongs to the lane of the pod restarted last; the time before the first delete to the first pod.
 */
export const takeApart = (entries: ReadonlyArray<TimelineEntry>, history: History, window: Interval): Roll => {
  const found = restarts(entries, window)
  const whole = history.findLast(({ kind, at }) => kind === "Settled" && at <= window.from)?.detail
  const rounds = found.map(({ pod, from, to }, index) => {
    const end = found[index + 1]?.from ?? window.to
    // The rest settles without the pod first, with fewer nodes: that is not the end of the round.
    const settled = history.find(
      (happening) =>
        happening.kind === "Settled" && happening.detail === whole && happening.at > from && happening.at <= end,
    )
    return { pod, from, to, settledAt: Math.max(to, settled?.at ?? end), end }
  })
  const figures = rollingRestart(
    entries,
    rounds.map(({ from, settledAt }) => ({ from, to: settledAt })),
    window,
  )
  const lanes = rounds.map(({ pod, from, to, settledAt, end }, index) => {
    const phases: ReadonlyArray<Phase> = [
      { kind: "waiting", from: index === 0 ? window.from : from, to: from },
      { kind: "restarting", from, to },
      { kind: "settling", from: to, to: settledAt },
      { kind: "waiting", from: settledAt, to: end },
    ]
    return {
      pod,
      phases: phases
        .filter((phase) => phase.to > phase.from)
        .map((phase) => ({ kind: phase.kind, from: phase.from - window.from, to: phase.to - window.from })),
    }
  })
  return { ...figures, lanes }
}

/**
 * From the second delete of a pod in a window to just before the last: whole rounds only, without the first, in which the start of the
 * roll-out is still being told. Undefined with fewer than three.
 */
export const wholeRounds = (
  entries: ReadonlyArray<TimelineEntry>,
  window: Interval,
): (Interval & { readonly rounds: number }) | undefined => {
  const deletes = entries.filter(
    (entry) => entry._tag === "PodTerminating" && entry.at >= window.from && entry.at <= window.to,
  )
  const [second, last] = [deletes[1], deletes.at(-1)]
  return second === undefined || last === undefined || second === last
    ? undefined
    : { from: second.at, to: last.at - 0.001, rounds: deletes.length - 2 }
}
