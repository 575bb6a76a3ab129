/** Which known name someone meant. */

/** Changes of single letters (replaced, inserted, removed, two neighbours swapped) that lead from one word to the other. */
export const editDistance = (from: string, to: string): number => {
  let before: ReadonlyArray<number> = []
  let last: ReadonlyArray<number> = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row += 1) {
    const next: Array<number> = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1]
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      next.push(
        Math.min(
          (last[column] ?? 0) + 1,
          (next[column - 1] ?? 0) + 1,
          (last[column - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    before = last
    last = next
  }
  return last[to.length] ?? 0
}

/** Longer words are compared by their beginning: no name of the server is longer. */
const longest = 64

export interface Nearest {
  readonly name: string
  /** Changes it takes. */
  readonly distance: number
  /** Whether so little differs that it was probably meant. */
  readonly isLikely: boolean
}

/** The candidate that takes the fewest changes, case and underscores apart; of equals the first in the alphabet. */
export const nearestOf = (word: string, candidates: Iterable<string>): Nearest | undefined => {
  const wanted = word.slice(0, longest).toLowerCase().replaceAll("_", "-")
  let nearest: { readonly name: string; readonly distance: number } | undefined
  for (const name of [...candidates].sort()) {
    const distance = editDistance(wanted, name)
    if (nearest === undefined || distance < nearest.distance) nearest = { name, distance }
  }
  return nearest && { ...nearest, isLikely: nearest.distance * 2 <= wanted.length }
}
