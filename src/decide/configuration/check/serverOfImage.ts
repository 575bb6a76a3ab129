/** Which server an image runs, as far as its name tells. */
import { parameterTable } from "../../../domain/serverParameters/ParameterTable.js"
import {
  compareVersions,
  formatServerVersion,
  isKnownRelease,
  newestOf80,
  newestOf81,
  parseServerVersion,
  type ServerVersion,
} from "../../../domain/serverParameters/ServerVersion.js"
import { imageTag } from "../../effective/rules/image.js"
import type { Rules } from "./Finding.js"

/** The table to check against. */
export interface KnownServer extends Rules {
  /** Why it may not fit the server that will run. Absent: it fits. */
  readonly doubt?: string
}

/** Whether a tag names one release and not the newest of a line: at least three numbers. */
const isExact = (tag: string): boolean => /^(?:ce-)?v?\d+\.\d+\.\d+/i.test(tag)

const releaseOf = (image: string): { readonly tag: string; readonly version: ServerVersion } | undefined => {
  const tag = imageTag(image)
  const version = tag === undefined ? undefined : parseServerVersion(tag.replace(/^(?:ce-)?v?/i, ""))
  return tag === undefined || version === undefined ? undefined : { tag, version }
}

const rulesFor = (version: ServerVersion): Rules => ({
  table: parameterTable(version),
  server: `server ${formatServerVersion(version)}`,
})

/**
 * The release a tag names (`8.1.2.0`, `ce-8.1.2.0`, `v8.1.1`). Anything else is checked against the nearest release that is known, with doubt:
 * no tag, a moving tag such as `latest` or `8.1`, a release newer than the table.
 */
export const serverOfImage = (image: string): KnownServer => {
  const release = releaseOf(image)
  if (release === undefined) {
    const rules = rulesFor(newestOf81)
    return { ...rules, doubt: `as ${rules.server} says; the image names no release` }
  }
  const { tag, version } = release
  if (isExact(tag) && isKnownRelease(version)) return rulesFor(version)
  const is80 = version[0] === 8 && version[1] === 0
  const rules = rulesFor(is80 ? newestOf80 : newestOf81)
  const isNewer = compareVersions(version, rules.table.version) > 0
  return {
    ...rules,
    doubt: isNewer
      ? `as ${rules.server} says, the newest one known; the image is newer`
      : `as ${rules.server} says; tag ${tag} may stand for another release`,
  }
}
