/** The rules by which a store never goes backwards (R20, R43, R44). Pure. */
import { compareVersions, isOlder } from "../domain/ResourceVersion.js"

export { isOlder } from "../domain/ResourceVersion.js"

/** `a` is older than or equal to `b`. Versions that cannot be compared are in the order of their arrival: then this is false. */
export const isUpTo = (a: string, b: string): boolean => {
  const order = compareVersions(a, b)
  return order !== undefined && order <= 0
}

/** What a store knows about one name when an object of that name arrives. */
export interface Known {
  /** Version and uid of the object in the store. */
  readonly stored: { readonly resourceVersion: string; readonly uid: string } | undefined
  /** Version at which an object of this name was deleted. */
  readonly deletedAt: string | undefined
  /** Version of the latest complete list: an unknown object that is not newer was missing from it, so it is gone. */
  readonly listedAt: string | undefined
}

/**
 * - `newer`: take it.
 * - `same`: the store has exactly this version.
 * - `old`: a late or repeated message about the past; taking it would bring something back to life or overwrite the present.
 */
export type Freshness = "newer" | "same" | "old"

export const freshness = (version: string, known: Known): Freshness => {
  if (known.deletedAt !== undefined && isUpTo(version, known.deletedAt)) return "old"
  if (known.stored !== undefined) {
    if (version === known.stored.resourceVersion) return "same"
    return isOlder(version, known.stored.resourceVersion) ? "old" : "newer"
  }
  return known.listedAt !== undefined && isUpTo(version, known.listedAt) ? "old" : "newer"
}

/** Whether a deletion at `version` removes what is stored: not when the name is already in use by something newer. */
export const isRemovedBy = (
  stored: { readonly resourceVersion: string; readonly uid: string },
  deleted: { readonly resourceVersion: string; readonly uid: string },
): boolean => {
  const order = compareVersions(stored.resourceVersion, deleted.resourceVersion)
  return order === undefined ? stored.uid === deleted.uid : order <= 0
}
