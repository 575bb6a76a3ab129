/** Numbers of pods: rack sizes, counts and shares (behaviour.md §1.9, appendix B). */
import type { IntOrPercent } from "../../domain/EffectiveCluster.js"

/** Pods per rack: `floor(size / racks)`, the first `size mod racks` racks one more. */
export const rackSizes = (size: number, racks: number): ReadonlyArray<number> =>
  Array.from({ length: racks }, (_, index) => Math.floor(size / racks) + (index < size % racks ? 1 : 0))

/** The number in `25%`; undefined for anything else. */
export const percentOf = (value: string): number | undefined => {
  const digits = /^(\d{1,9})%$/.exec(value)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/**
 * A count, or a share of `total` rounded up, never below `minimum` (W10: with minimum 0, `0` and `0%` mean 0).
 * Absent or unreadable: `fallback`.
 */
export const resolveAmount = (
  value: IntOrPercent | undefined,
  total: number,
  { minimum, fallback }: { readonly minimum: number; readonly fallback: number },
): number => {
  if (value === undefined) return fallback
  if (typeof value === "number") return Math.max(minimum, value)
  const percent = percentOf(value)
  return percent === undefined ? fallback : Math.max(minimum, Math.ceil((percent * total) / 100))
}
