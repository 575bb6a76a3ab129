/** Releases of the server: four numbers, compared from left to right. */

/** For example 8.1.2.0 as `[8, 1, 2, 0]`. */
export type ServerVersion = readonly [number, number, number, number]

/** Newest releases of the two lines the parameter table was taken from and verified on. */
export const newestOf80: ServerVersion = [8, 0, 0, 15]
export const newestOf81: ServerVersion = [8, 1, 2, 0]

/** Missing numbers are 0; undefined for text that does not begin with numbers. */
export const parseServerVersion = (text: string): ServerVersion | undefined => {
  const match = /^(\d{1,5})(?:\.(\d{1,5}))?(?:\.(\d{1,5}))?(?:\.(\d{1,5}))?(?![.\d])/.exec(text)
  if (match === null) return undefined
  const [, major = "", minor = "0", patch = "0", hotfix = "0"] = match
  return [Number(major), Number(minor), Number(patch), Number(hotfix)]
}

export const formatServerVersion = (version: ServerVersion): string => version.join(".")

/** Negative when `a` is older than `b`. */
export const compareVersions = (a: ServerVersion, b: ServerVersion): number => {
  const at = a.findIndex((number, index) => number !== b[index])
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}

/** Whether the table tells what this release knows: all of 8.0, and 8.1 up to 8.1.2.0. */
export const isKnownRelease = (version: ServerVersion): boolean =>
  version[0] === 8 &&
  ((version[1] === 0 && compareVersions(version, newestOf80) <= 0) ||
    (version[1] === 1 && compareVersions(version, newestOf81) <= 0))

/** Whether a version lies in a range `from..to`; both ends are included, either may be missing. */
export const isWithin = (version: ServerVersion, range: string): boolean => {
  const [from = "", to = ""] = range.split("..")
  const least = parseServerVersion(from)
  const greatest = parseServerVersion(to)
  return (
    (least === undefined || compareVersions(version, least) >= 0) &&
    (greatest === undefined || compareVersions(version, greatest) <= 0)
  )
}
