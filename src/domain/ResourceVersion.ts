/** Order of resourceVersions. They are decimal numbers that may exceed 2^53, so they are never turned into JavaScript numbers (R20). */

const isNumber = (version: string): boolean => /^(0|[1-9]\d*)$/.test(version)

/** Negative, 0 or positive like a sort comparison; undefined when one of them is not a decimal number (then nothing can be said). */
export const compareVersions = (a: string, b: string): number | undefined => {
  if (!isNumber(a) || !isNumber(b)) return undefined
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}

/** The later of the two; `next` when they cannot be compared (the server's order decides). */
export const laterVersion = (last: string, next: string): string => {
  const order = compareVersions(last, next)
  return order !== undefined && order > 0 ? last : next
}

/** `a` is older than `b`; false when that cannot be said. */
export const isOlder = (a: string, b: string): boolean => {
  const order = compareVersions(a, b)
  return order !== undefined && order < 0
}
