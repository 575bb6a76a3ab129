/** Storage rules V36–V46, the same for the cluster's storage and a rack's, and warnings W10–W12. */
import type { SpecProblem } from "../../../domain/SpecProblem.js"
import type { ServerMount, Storage, Volume } from "../../../domain/schema/storage.js"
import { Volume as OwnVolume } from "../../../domain/Names.js"
import { nanos } from "../quantity.js"
import { isSafeName } from "../volumes.js"
import { annotationProblems, labelProblems } from "./labels.js"
import { problem, repeated, when } from "./problem.js"

/** A path a container may see: absolute, no `..`, nothing a shell or the server would read as something else (R120, R122). */
const isSafePath = (path: string): boolean =>
  /^\/[A-Za-z0-9._/@%+=-]*$/.test(path) && path.length <= 512 && path.split("/").every(isSafeName)

const sourceProblems = (volume: Volume, path: string): ReadonlyArray<SpecProblem> => {
  const count = Object.values(volume.source).filter((source) => source !== undefined).length
  const fix = "give exactly one of persistentVolume, emptyDir, secret, configMap, hostPath"
  const at = `${path}.source`
  if (count === 0) return [problem("V37", at, `volume ${volume.name} has no source; it needs exactly one`, fix)]
  return when(count > 1, "V38", at, `volume ${volume.name} has ${count} sources; it needs exactly one`, fix)
}

const sizeProblems = (volume: Volume, path: string): ReadonlyArray<SpecProblem> => {
  const size = volume.source.persistentVolume?.size
  if (size === undefined) return []
  const at = `${path}.source.persistentVolume.size`
  const amount = nanos(size)
  const fix = "write a size such as 10Gi"
  if (size === "") return [problem("V39", at, `volume ${volume.name}: size is empty`, fix)]
  if (amount === undefined)
    return [problem("V40", at, `volume ${volume.name}: size ${JSON.stringify(size)} is no Kubernetes quantity`, fix)]
  return when(amount <= 0n, "V41", at, `volume ${volume.name}: size ${size} is not above zero`, fix)
}

/** The API server would refuse the StatefulSet, or every claim of it. */
const claimMetadataProblems = ({ source }: Volume, path: string): ReadonlyArray<SpecProblem> => {
  const { labels, annotations } = source.persistentVolume?.metadata ?? {}
  const at = `${path}.source.persistentVolume.metadata`
  return [...labelProblems(labels, `${at}.labels`), ...annotationProblems(annotations, `${at}.annotations`)]
}

const mountProblems = (
  rule: string,
  what: string,
  mount: Pick<ServerMount, "path" | "subPath" | "subPathExpr">,
  path: string,
): ReadonlyArray<SpecProblem> => [
  ...when(
    !isSafePath(mount.path),
    "V42",
    `${path}.path`,
    `${what}: ${JSON.stringify(mount.path)} is not an absolute path of plain characters without ".."`,
    "use an absolute path such as /opt/aerospike/data",
  ),
  ...when(
    Boolean(mount.subPath) && Boolean(mount.subPathExpr),
    rule,
    path,
    `${what}: subPath and subPathExpr exclude each other`,
    "keep one of them",
  ),
]

const volumeProblems = (volume: Volume, path: string): ReadonlyArray<SpecProblem> => [
  ...when(
    !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(volume.name),
    "volume.name",
    `${path}.name`,
    `volume name ${JSON.stringify(volume.name)} must be lower-case letters, digits and "-", at most 63 characters`,
    "rename the volume",
  ),
  ...when(
    Object.values<string>(OwnVolume).includes(volume.name) || volume.name.startsWith("aerospike-scratch"),
    "volume.reserved",
    `${path}.name`,
    `volume name ${volume.name} is used by the operator itself`,
    "rename the volume",
  ),
  ...sourceProblems(volume, path),
  ...sizeProblems(volume, path),
  ...claimMetadataProblems(volume, path),
  ...(volume.aerospike === undefined
    ? []
    : mountProblems("V43", `volume ${volume.name}`, volume.aerospike, `${path}.aerospike`)),
  ...(volume.sidecars ?? []).flatMap((mount, index) =>
    mountProblems("V44", `volume ${volume.name} in ${mount.containerName}`, mount, `${path}.sidecars[${index}]`),
  ),
  ...(volume.initContainers ?? []).flatMap((mount, index) =>
    mountProblems("V45", `volume ${volume.name} in ${mount.containerName}`, mount, `${path}.initContainers[${index}]`),
  ),
]

/** All findings about the storage at `path`. */
export const storageProblems = (storage: Storage | undefined, path: string): ReadonlyArray<SpecProblem> => {
  const volumes = storage?.volumes ?? []
  return [
    ...repeated(volumes.map((volume) => volume.name)).map(({ value, index }) =>
      problem(
        "V36",
        `${path}.volumes[${index}].name`,
        `volume name ${value} occurs more than once`,
        "give every volume its own name",
      ),
    ),
    ...repeated(volumes.map((volume) => volume.aerospike?.path)).map(({ value, index }) =>
      problem(
        "volume.path",
        `${path}.volumes[${index}].aerospike.path`,
        `two volumes use ${value}`,
        "give every volume its own path",
      ),
    ),
    ...volumes.flatMap((volume, index) => volumeProblems(volume, `${path}.volumes[${index}]`)),
    ...when(
      storage?.deleteLocalStorageOnRestart === true && (storage.localStorageClasses ?? []).length === 0,
      "V46",
      `${path}.deleteLocalStorageOnRestart`,
      "deleteLocalStorageOnRestart needs localStorageClasses to know which storage is local",
      `list the classes in ${path}.localStorageClasses, or remove deleteLocalStorageOnRestart`,
    ),
  ]
}

export const storageWarnings = (storage: Storage | undefined, path: string): ReadonlyArray<SpecProblem> => [
  ...(storage?.volumes ?? []).flatMap((volume, index) => [
    ...when(
      volume.source.hostPath !== undefined,
      "W10",
      `${path}.volumes[${index}].source.hostPath`,
      `volume ${volume.name} lives on one host: the data does not follow the pod, and Pod Security "restricted" refuses it`,
      "use a persistent volume",
    ),
    ...when(
      volume.cascadeDelete === true && volume.source.persistentVolume === undefined,
      "W11",
      `${path}.volumes[${index}].cascadeDelete`,
      `volume ${volume.name} is not a persistent volume: cascadeDelete has no effect`,
      "remove cascadeDelete",
    ),
    ...when(
      volume.source.persistentVolume?.volumeMode === "Block",
      "volume.block",
      `${path}.volumes[${index}]`,
      `volume ${volume.name} is a raw device: pods do not run as root, so the host must hand devices to the container's user`,
      "enable device ownership in the container runtime, or set podSpec.securityContext",
    ),
  ]),
  ...when(
    (storage?.localStorageClasses ?? []).length > 0 && storage?.deleteLocalStorageOnRestart === undefined,
    "W12",
    `${path}.localStorageClasses`,
    "claims of local storage classes are kept over restarts unless deleteLocalStorageOnRestart says otherwise",
    "say deleteLocalStorageOnRestart: false or true",
  ),
]
