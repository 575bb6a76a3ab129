/** What a pod's volumes mean for the process in it: the rendered configuration and the identity of its data. */
import { Container, Volume } from "../../../domain/Names.js"
import { ControlAnnotation } from "./controlAnnotations.js"
import type { ClaimObject, ContainerSpec, PodObject } from "./objects.js"
import { conditionOf, isTerminating, nameOf, uidOf } from "./objects.js"

/** The container that runs the Aerospike server; undefined for any other pod. */
export const serverContainer = (pod: PodObject): ContainerSpec | undefined =>
  pod.spec?.containers?.find((container) => container.name === Container.server)

/** The ConfigMap the init container renders `aerospike.conf` from. */
export const configurationSource = (pod: PodObject): string | undefined => {
  const volumes = pod.spec?.volumes ?? []
  const named = volumes.find((volume) => volume.name === Volume.configMap)
  return (named ?? volumes.find((volume) => volume.configMap !== undefined))?.configMap?.name
}

/** What the init container puts in place of the placeholders (behaviour.md §2.9). */
export interface PodIdentity {
  readonly podName: string
  readonly podIp: string
  readonly hostIp: string
}

/** `aerospike.conf` as the server reads it: the init container's three textual, global replacements. */
export const renderConfiguration = (text: string, identity: PodIdentity): string =>
  text
    .replaceAll("MY_POD_IP", identity.podIp)
    .replaceAll("MY_POD_NAME", identity.podName)
    .replaceAll("MY_NODE_IP", identity.hostIp)

/** Why the pod cannot be scheduled on account of its claims; undefined when all are bound. */
export const claimRefusal = (pod: PodObject, claims: ReadonlyMap<string, ClaimObject>): string | undefined => {
  const names = (pod.spec?.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? [])
  for (const name of names) {
    const claim = claims.get(name)
    if (claim === undefined) return `persistentvolumeclaim "${name}" not found`
    if (isTerminating(claim)) return `persistentvolumeclaim "${name}" is being deleted`
    if (claim.status?.phase === "Lost") return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume`
    if (claim.status?.phase !== "Bound") return "pod has unbound immediate PersistentVolumeClaims"
  }
  return undefined
}

/**
 * Where the server finds which data: mount or device path → identity of the volume. A claim's data lives as long as the claim (its
 * UID), an `emptyDir` as long as the pod, a `hostPath` as long as the host.
 */
export const dataVolumes = (
  pod: PodObject,
  container: ContainerSpec,
  claims: ReadonlyMap<string, ClaimObject>,
): Readonly<Record<string, string>> => {
  const identities = new Map<string, string>()
  for (const volume of pod.spec?.volumes ?? []) {
    const claim = volume.persistentVolumeClaim && claims.get(volume.persistentVolumeClaim.claimName)
    if (claim !== undefined) identities.set(volume.name, uidOf(claim))
    else if (volume.emptyDir !== undefined) identities.set(volume.name, `${uidOf(pod)}/${volume.name}`)
    else if (volume.hostPath !== undefined)
      identities.set(volume.name, `${pod.spec?.nodeName ?? ""}:${volume.hostPath.path}`)
  }
  const places = [
    ...(container.volumeMounts ?? []).map((mount) => [mount.name, mount.mountPath] as const),
    ...(container.volumeDevices ?? []).map((device) => [device.name, device.devicePath] as const),
  ]
  return Object.fromEntries(
    places.flatMap(([name, path]) => {
      const identity = identities.get(name)
      return identity === undefined ? [] : [[path, identity]]
    }),
  )
}

/** The gates of the pod that are not yet `True`. */
export const closedGates = (pod: PodObject): ReadonlyArray<string> =>
  (pod.spec?.readinessGates ?? [])
    .map((gate) => gate.conditionType)
    .filter((gate) => conditionOf(pod.status?.conditions, gate)?.status !== "True")

/** Whether this image cannot be pulled: those whose name says so, or all of a pod that asks for it. */
export const isMissingImage = (pod: PodObject, image: string | undefined): boolean =>
  (image ?? "").includes("does-not-exist") || pod.metadata.annotations?.[ControlAnnotation.pullError] === "true"

export const hasMissingImage = (pod: PodObject): boolean =>
  [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].some(({ image }) => isMissingImage(pod, image))

/** The claims by name, as the functions here take them. */
export const byName = (claims: ReadonlyArray<ClaimObject>): ReadonlyMap<string, ClaimObject> =>
  new Map(claims.map((claim) => [nameOf(claim), claim]))
