/** Where the pods of a rack may run (behaviour.md §3.11 steps 9–12), without changing or losing what the user wrote (W27). */
import type { EffectiveCluster, EffectiveRack } from "../../domain/EffectiveCluster.js"
import { Label, selectorLabels } from "../../domain/Labels.js"
import type { RawObject } from "../../domain/schema/fields.js"
import type { Rack } from "../../domain/schema/racks.js"

const isRaw = (value: unknown): value is RawObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const rawList = (value: unknown): ReadonlyArray<unknown> =>
  Array.isArray(value) ? (value as ReadonlyArray<unknown>) : []
const raw = (value: unknown): RawObject => (isRaw(value) ? value : {})

const requirement = (key: string, operator: "In" | "NotIn", values: ReadonlyArray<string>): RawObject => ({
  key,
  operator,
  values,
})

const rackRequirements = (rack: Rack | undefined): ReadonlyArray<RawObject> =>
  (
    [
      ["topology.kubernetes.io/zone", rack?.zone],
      ["topology.kubernetes.io/region", rack?.region],
      ["kubernetes.io/hostname", rack?.nodeName],
      [Label.rack, rack?.rackLabel],
    ] as const
  ).flatMap(([key, value]) => (value ? [requirement(key, "In", [value])] : []))

/** Terms are alternatives, so the rack's requirements join every one of them. */
const withRequirements = (affinity: RawObject, requirements: ReadonlyArray<RawObject>): RawObject => {
  if (requirements.length === 0) return affinity
  const node = raw(affinity["nodeAffinity"])
  const required = raw(node["requiredDuringSchedulingIgnoredDuringExecution"])
  const terms = rawList(required["nodeSelectorTerms"]).map(raw)
  return {
    ...affinity,
    nodeAffinity: {
      ...node,
      requiredDuringSchedulingIgnoredDuringExecution: {
        ...required,
        nodeSelectorTerms: (terms.length === 0 ? [{}] : terms).map((term) => ({
          ...term,
          matchExpressions: [...rawList(term["matchExpressions"]), ...requirements],
        })),
      },
    },
  }
}

/** `multiPodPerHost: false`: never two pods of the cluster on one host. */
const withSpread = (affinity: RawObject, cluster: string): RawObject => {
  const pods = raw(affinity["podAntiAffinity"])
  return {
    ...affinity,
    podAntiAffinity: {
      ...pods,
      requiredDuringSchedulingIgnoredDuringExecution: [
        ...rawList(pods["requiredDuringSchedulingIgnoredDuringExecution"]),
        { labelSelector: { matchLabels: selectorLabels(cluster) }, topologyKey: "kubernetes.io/hostname" },
      ],
    },
  }
}

/** Undefined when nothing restricts the pods. A rack's own affinity replaces all of it. */
export const affinityOf = (cluster: EffectiveCluster, rack: EffectiveRack): RawObject | undefined => {
  if (rack.placement?.podSpec?.affinity !== undefined) return rack.placement.podSpec.affinity
  const pod = cluster.spec.podSpec
  const blocked = cluster.spec.k8sNodeBlockList ?? []
  const spread =
    pod?.multiPodPerHost === false ? withSpread(pod.affinity ?? {}, cluster.key.name) : (pod?.affinity ?? {})
  const affinity = withRequirements(spread, [
    ...rackRequirements(rack.placement),
    ...(blocked.length === 0 ? [] : [requirement("kubernetes.io/hostname", "NotIn", blocked)]),
  ])
  return Object.keys(affinity).length === 0 ? undefined : affinity
}
