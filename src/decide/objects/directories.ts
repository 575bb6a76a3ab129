/** Directories the server writes to. The pod does not run as root, so each must be a mount: a volume of the user, or scratch space. */
import type { EffectiveRack } from "../../domain/EffectiveCluster.js"
import type { JsonObject } from "../../domain/Json.js"
import { isObject, listOf, section, namespaceEntries } from "../effective/configTree.js"
import { storagePaths } from "../effective/namespaces.js"
import { isBelow, volumeAt } from "../effective/volumes.js"
import { textHash } from "../configuration/hash.js"

/** Where the rendered configuration lies. */
export const configDirectory = "/etc/aerospike"

/** Scratch space of the pod: one emptyDir, a sub-directory per mount. */
export const scratchVolume = "aerospike-scratch"

const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf("/"), 1))

const textOr = (value: unknown, fallback: string): string =>
  typeof value === "string" && value !== "" ? value : fallback

const logFiles = (config: JsonObject): ReadonlyArray<string> =>
  listOf(config["logging"]).flatMap((sink) => {
    const name = isObject(sink) ? sink["name"] : undefined
    return typeof name === "string" && name.startsWith("/") ? [name] : []
  })

const dataFiles = (config: JsonObject): ReadonlyArray<string> =>
  namespaceEntries(config).flatMap((namespace) => {
    if (!isObject(namespace)) return []
    const engine = section(namespace, "storage-engine")
    return storagePaths({ file: engine["file"] ?? null })
  })

/** All of them, in a fixed order. System metadata and Lua modules need theirs before the server starts. */
export const writtenDirectories = (config: JsonObject): ReadonlyArray<string> => {
  const work = textOr(section(config, "service")["work-directory"], "/opt/aerospike").replace(/(?<!\/)\/+$/, "")
  const directories = [
    `${work}/smd`,
    textOr(section(config, "mod-lua")["user-path"], "/opt/aerospike/usr/udf/lua"),
    ...[...logFiles(config), ...dataFiles(config)].map(parentOf),
  ]
  return [...new Set(directories)].filter(
    (path) => path.startsWith("/") && path !== "/" && !isBelow(path, configDirectory),
  )
}

/** Directories inside a volume of the user: the init container makes them. */
export const volumeDirectories = (
  rack: EffectiveRack,
): ReadonlyArray<{ readonly volume: string; readonly path: string }> =>
  writtenDirectories(rack.config).flatMap((path) => {
    const volume = volumeAt(rack.storage, path)
    const isWritable = volume?.aerospike?.readOnly !== true && !volume?.source.secret && !volume?.source.configMap
    return volume === undefined || !isWritable || path === volume.aerospike?.path ? [] : [{ volume: volume.name, path }]
  })

/** Mounts of scratch space for the directories no volume holds. Their content goes with the pod. */
export const scratchMounts = (
  rack: EffectiveRack,
): ReadonlyArray<{ readonly name: string; readonly mountPath: string; readonly subPath: string }> =>
  writtenDirectories(rack.config)
    .filter((path) => volumeAt(rack.storage, path) === undefined)
    .map((path) => ({ name: scratchVolume, mountPath: path, subPath: textHash(path).slice(0, 8) }))
