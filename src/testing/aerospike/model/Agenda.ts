/** What is going to happen in the model: actions by time, equal times in the order they were entered. */

interface Entry {
  readonly at: number
  readonly act: (now: number) => void
}

export interface Agenda {
  /** Runs `act` at `at`, or when time next moves if that is over. */
  readonly at: (at: number, act: (now: number) => void) => void
  /** Time of the next action. */
  readonly next: () => number | undefined
  /** Runs all that is due by `now`, each with its own time. */
  readonly runUntil: (now: number) => void
  readonly now: () => number
}

export const makeAgenda = (start: number): Agenda => {
  const entries: Array<Entry> = []
  let current = start
  let running = false
  return {
    at: (at, act) => {
      let index = entries.length
      while (index > 0 && (entries[index - 1]?.at ?? 0) > at) index -= 1
      entries.splice(index, 0, { at, act })
    },
    next: () => entries[0]?.at,
    now: () => current,
    runUntil: (now) => {
      // An action may look at the model, which asks for time to move: it already has.
      if (running) return
      running = true
      try {
        for (let next = entries[0]; next !== undefined && next.at <= now; next = entries[0]) {
          entries.shift()
          current = Math.max(current, next.at)
          next.act(current)
        }
        current = Math.max(current, now)
      } finally {
        running = false
      }
    },
  }
}
