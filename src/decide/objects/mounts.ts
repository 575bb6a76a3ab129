/** How volumes enter containers: file systems are mounted, raw devices attached (W71). */
import type { EffectiveRack } from "../../domain/EffectiveCluster.js"
import { Container, Volume as OwnVolume } from "../../domain/Names.js"
import type { RawObject } from "../../domain/schema/fields.js"
import type { ServerMount, Storage, Volume } from "../../domain/schema/storage.js"
import { initMethodOf, isBlock } from "../effective/volumes.js"
import { configDirectory, scratchMounts, volumeDirectories } from "./directories.js"

export interface Mounts {
  readonly volumeMounts: ReadonlyArray<RawObject>
  readonly volumeDevices: ReadonlyArray<RawObject>
}

interface Placed {
  readonly volume: Volume
  readonly mount: Omit<ServerMount, "path"> & { readonly path: string }
}

const toMounts = (placed: ReadonlyArray<Placed>): Mounts => ({
  volumeMounts: placed
    .filter(({ volume }) => !isBlock(volume))
    .map(({ volume, mount }) => ({
      name: volume.name,
      mountPath: mount.path,
      ...(mount.readOnly === true ? { readOnly: true } : {}),
      ...(mount.subPath ? { subPath: mount.subPath } : {}),
      ...(mount.subPathExpr ? { subPathExpr: mount.subPathExpr } : {}),
      ...(mount.mountPropagation ? { mountPropagation: mount.mountPropagation } : {}),
    })),
  volumeDevices: placed
    .filter(({ volume }) => isBlock(volume))
    .map(({ volume, mount }) => ({ name: volume.name, devicePath: mount.path })),
})

const volumesOf = (storage: Storage | undefined): ReadonlyArray<Volume> => storage?.volumes ?? []

/** Mounts of the server: the user's volumes, scratch space, and the rendered configuration last. */
export const serverMounts = (rack: EffectiveRack): Mounts => {
  const own = toMounts(
    volumesOf(rack.storage).flatMap((volume) =>
      volume.aerospike === undefined ? [] : [{ volume, mount: volume.aerospike }],
    ),
  )
  return {
    ...own,
    volumeMounts: [...own.volumeMounts, ...scratchMounts(rack), { name: OwnVolume.config, mountPath: configDirectory }],
  }
}

/** Volumes the init container works on, with what it does: `[action, volume, path]`, the arguments of its script. */
export const initActions = (rack: EffectiveRack): ReadonlyArray<readonly [string, string, string]> => [
  ...volumesOf(rack.storage).flatMap((volume) => {
    const method = rack.storage === undefined ? "none" : initMethodOf(rack.storage, volume)
    if (method === "none" || volume.aerospike === undefined || volume.aerospike.readOnly === true) return []
    return [[method, volume.name, volume.aerospike.path] as const]
  }),
  ...volumeDirectories(rack).map(({ volume, path }) => ["mkdir", volume, path] as const),
]

/** Mounts of the init container: what it prepares, at the server's own paths, and what the user attached to it. */
export const initMounts = (rack: EffectiveRack): Mounts => {
  const prepared = new Set(initActions(rack).map(([, volume]) => volume))
  const placed = volumesOf(rack.storage).flatMap((volume): ReadonlyArray<Placed> => {
    const attached = attachments(volume.initContainers, Container.init, volume)
    const isHere = attached.some(({ mount }) => mount.path === volume.aerospike?.path)
    return volume.aerospike === undefined || !prepared.has(volume.name) || isHere
      ? attached
      : [{ volume, mount: volume.aerospike }, ...attached]
  })
  const own = toMounts(placed)
  return {
    ...own,
    volumeMounts: [
      ...own.volumeMounts,
      { name: OwnVolume.configMap, mountPath: "/configmap", readOnly: true },
      { name: OwnVolume.config, mountPath: configDirectory },
    ],
  }
}

const attachments = (list: Volume["sidecars"], container: string, volume: Volume): ReadonlyArray<Placed> =>
  (list ?? []).filter(({ containerName }) => containerName === container).map((mount) => ({ volume, mount }))

/** A container of the user with the volumes attached to it beneath its own mounts. */
export const withAttachments = (
  container: RawObject,
  storage: Storage | undefined,
  list: "sidecars" | "initContainers",
): RawObject => {
  const name = container["name"]
  const own = toMounts(
    volumesOf(storage).flatMap((volume) => (typeof name === "string" ? attachments(volume[list], name, volume) : [])),
  )
  const joined = (field: "volumeMounts" | "volumeDevices"): RawObject => {
    const given = container[field]
    const all = [...(Array.isArray(given) ? (given as ReadonlyArray<unknown>) : []), ...own[field]]
    return all.length === 0 ? {} : { [field]: all }
  }
  return { ...container, ...joined("volumeMounts"), ...joined("volumeDevices") }
}
