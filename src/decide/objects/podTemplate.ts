/** The pod template of one rack (behaviour.md §3.11), without the annotations that hold its own hashes. */
import type { EffectiveCluster, EffectiveRack } from "../../domain/EffectiveCluster.js"
import { rackLabels, readinessGate } from "../../domain/Labels.js"
import { configMapName, Volume as OwnVolume } from "../../domain/Names.js"
import type { RawObject } from "../../domain/schema/fields.js"
import type { PodSpec } from "../../domain/schema/pods.js"
import { affinityOf } from "./affinity.js"
import { exporterContainer, initContainer, serverContainer } from "./containers.js"
import { scratchMounts, scratchVolume } from "./directories.js"
import { withAttachments } from "./mounts.js"
import { withOperatorKeys } from "./ownedObject.js"
import { podSecurityContext } from "./security.js"

export interface PodTemplate {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
  }
  readonly spec: RawObject
}

/** Volumes other than claims, which the StatefulSet adds itself. */
const volumes = (cluster: EffectiveCluster, rack: EffectiveRack): ReadonlyArray<RawObject> => [
  ...(rack.storage?.volumes ?? [])
    .filter((volume) => volume.source.persistentVolume === undefined)
    .map((volume) => ({ name: volume.name, ...volume.source })),
  ...(scratchMounts(rack).length === 0 ? [] : [{ name: scratchVolume, emptyDir: {} }]),
  { name: OwnVolume.configMap, configMap: { name: configMapName(cluster.key.name, rack.id) } },
  { name: OwnVolume.config, emptyDir: {} },
]

const bandwidth = (cluster: EffectiveCluster): Readonly<Record<string, string>> => {
  const { ingress, egress } = cluster.spec.bandwidthConfig ?? {}
  return {
    ...(ingress ? { "kubernetes.io/ingress-bandwidth": ingress } : {}),
    ...(egress ? { "kubernetes.io/egress-bandwidth": egress } : {}),
  }
}

/** A list, unless it is absent or empty. */
const unlessEmpty = (name: string, list: ReadonlyArray<unknown> | undefined): RawObject =>
  list === undefined || list.length === 0 ? {} : { [name]: list }

/** Fields copied from the user's pod settings; a rack's own tolerations and node selector replace the cluster's. */
const placement = (cluster: EffectiveCluster, rack: EffectiveRack): RawObject => {
  const pod: PodSpec = cluster.spec.podSpec ?? {}
  const own = rack.placement?.podSpec
  const affinity = affinityOf(cluster, rack)
  const nodeSelector =
    own?.nodeSelector !== undefined && Object.keys(own.nodeSelector).length > 0 ? own.nodeSelector : pod.nodeSelector
  return {
    ...(affinity === undefined ? {} : { affinity }),
    ...unlessEmpty("tolerations", own?.tolerations?.length ? own.tolerations : pod.tolerations),
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
    ...unlessEmpty("topologySpreadConstraints", pod.topologySpreadConstraints),
    ...unlessEmpty("imagePullSecrets", pod.imagePullSecrets),
    ...(pod.serviceAccountName ? { serviceAccountName: pod.serviceAccountName } : {}),
    ...(pod.dnsPolicy ? { dnsPolicy: pod.dnsPolicy } : {}),
    ...(pod.hostNetwork === true ? { hostNetwork: true } : {}),
  }
}

export const podTemplate = (cluster: EffectiveCluster, rack: EffectiveRack): PodTemplate => {
  const pod: PodSpec = cluster.spec.podSpec ?? {}
  const exporter = exporterContainer(cluster, rack)
  return {
    metadata: {
      labels: withOperatorKeys(pod.metadata?.labels, rackLabels(cluster.key.name, rack.id)),
      annotations: withOperatorKeys(pod.metadata?.annotations, bandwidth(cluster)),
    },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: pod.terminationGracePeriodSeconds ?? 60,
      securityContext: podSecurityContext(pod.securityContext),
      ...(cluster.readinessGateEnabled ? { readinessGates: [{ conditionType: readinessGate }] } : {}),
      ...placement(cluster, rack),
      initContainers: [
        initContainer(cluster, rack),
        ...(pod.initContainers ?? []).map((container) => withAttachments(container, rack.storage, "initContainers")),
      ],
      containers: [
        serverContainer(cluster, rack),
        ...(exporter === undefined ? [] : [exporter]),
        ...(pod.sidecars ?? []).map((container) => withAttachments(container, rack.storage, "sidecars")),
      ],
      volumes: volumes(cluster, rack),
    },
  }
}
