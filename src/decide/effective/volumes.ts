/** Volume settings with their policies applied (behaviour.md §3.12), and which directories and devices of a pod outlive it. */
import type { InitMethod, Storage, Volume, VolumePolicy } from "../../domain/schema/storage.js"
import { nanos } from "./quantity.js"

export const isPersistent = (volume: Volume): boolean => volume.source.persistentVolume !== undefined
export const isBlock = (volume: Volume): boolean => volume.source.persistentVolume?.volumeMode === "Block"

const policyOf = (storage: Storage, volume: Volume): VolumePolicy | undefined =>
  !isPersistent(volume) ? undefined : isBlock(volume) ? storage.blockVolumePolicy : storage.filesystemVolumePolicy

/** The volume's own method, else its policy's, else `none`. */
export const initMethodOf = (storage: Storage, volume: Volume): InitMethod =>
  volume.initMethod ?? policyOf(storage, volume)?.initMethod ?? "none"

/** Names of persistent volumes whose claims go with their pods. */
export const cascadeVolumes = (storage: Storage | undefined): ReadonlyArray<string> =>
  (storage?.volumes ?? [])
    .filter((volume) => isPersistent(volume))
    .filter((volume) => volume.cascadeDelete ?? (storage && policyOf(storage, volume)?.cascadeDelete) ?? false)
    .map((volume) => volume.name)

/** Bytes of the raw devices of a pod by their path in the server's container, as far as their claims say. */
export const deviceBytes = (storage: Storage | undefined): ReadonlyMap<string, number> =>
  new Map(
    (storage?.volumes ?? []).filter(isBlock).flatMap(({ aerospike, source }) => {
      const amount = nanos(source.persistentVolume?.size)
      return aerospike === undefined || amount === undefined
        ? []
        : [[aerospike.path, Number(amount / 1_000_000_000n)] as const]
    }),
  )

/** One part of a path: not the way up, and no longer than file systems take (255 bytes). */
export const isSafeName = (part: string): boolean => part !== ".." && part.length <= 255

/** `path` is `directory` or lies below it. */
export const isBelow = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory.endsWith("/") ? directory : `${directory}/`)

/** The volume of the server container that holds `path`: the one with the longest mount path. */
export const volumeAt = (storage: Storage | undefined, path: string): Volume | undefined =>
  (storage?.volumes ?? [])
    .filter((volume) => volume.aerospike !== undefined && isBelow(path, volume.aerospike.path))
    .sort((a, b) => (b.aerospike?.path.length ?? 0) - (a.aerospike?.path.length ?? 0))[0]

/**
 * Whether what is written at `path` is still there after the pod was deleted and made again. A claim of a local class is not, when the
 * cluster asks for its deletion at restarts.
 */
export const outlivesPod = (storage: Storage | undefined, path: string): boolean => {
  const volume = volumeAt(storage, path)
  if (volume === undefined) return false
  if (volume.source.hostPath !== undefined) return true
  const claim = volume.source.persistentVolume
  if (claim === undefined) return false
  const isDropped =
    storage?.deleteLocalStorageOnRestart === true &&
    claim.storageClass !== undefined &&
    (storage.localStorageClasses ?? []).includes(claim.storageClass)
  return !isDropped
}
