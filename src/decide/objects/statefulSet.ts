/** The StatefulSet of one rack (behaviour.md §3.3). `OnDelete`: only the operator decides when a pod gets a new template. */
import type { EffectiveCluster, EffectiveRack } from "../../domain/EffectiveCluster.js"
import { type KubeObject, Kinds } from "../../domain/Kubernetes.js"
import { rackLabels, selectorLabels } from "../../domain/Labels.js"
import { headlessServiceName, statefulSetName } from "../../domain/Names.js"
import { firstDifference } from "../difference.js"
import { claimTemplates } from "./claimTemplates.js"
import { ownedObject } from "./ownedObject.js"
import type { PodTemplate } from "./podTemplate.js"

/** The object with this many replicas. `template` carries its hash annotations. */
export const statefulSet = (
  cluster: EffectiveCluster,
  rack: EffectiveRack,
  template: PodTemplate,
  replicas: number,
): KubeObject => {
  const claims = claimTemplates(cluster, rack)
  return ownedObject(
    cluster,
    Kinds.StatefulSet,
    statefulSetName(cluster.key.name, rack.id),
    rackLabels(cluster.key.name, rack.id),
    {
      spec: {
        serviceName: headlessServiceName(cluster.key.name),
        replicas,
        podManagementPolicy: cluster.spec.podSpec?.podManagementPolicy ?? "Parallel",
        updateStrategy: { type: "OnDelete" },
        selector: { matchLabels: selectorLabels(cluster.key.name) },
        template,
        ...(claims.length === 0 ? {} : { volumeClaimTemplates: claims }),
      },
    },
  )
}

/** Fields of a StatefulSet the API server never lets anyone change. */
const immutableFields = ["serviceName", "podManagementPolicy", "selector", "volumeClaimTemplates"] as const

export interface ApplicableStatefulSet {
  readonly object: KubeObject
  /** The first immutable field that stays different, for a condition. */
  readonly immutable: string | undefined
  /** The wanted pods mount a claim the live StatefulSet does not make: none of them could be created, so its template stays. */
  readonly keepsTemplate: boolean
}

const claimNames = (spec: Readonly<Record<string, unknown>>): ReadonlyArray<unknown> => {
  const claims = spec["volumeClaimTemplates"]
  return Array.isArray(claims)
    ? claims.map((claim: { readonly metadata?: { readonly name?: unknown } }) => claim.metadata?.name)
    : []
}

/**
 * The desired StatefulSet as it can be applied to the live one: fields that cannot change keep their live values, since one of them would
 * make the server reject everything else too (W72).
 */
export const applicableStatefulSet = (desired: KubeObject, live: KubeObject): ApplicableStatefulSet => {
  const wanted = (desired["spec"] ?? {}) as Readonly<Record<string, unknown>>
  const present = (live["spec"] ?? {}) as Readonly<Record<string, unknown>>
  const spec: Record<string, unknown> = { ...wanted }
  let immutable: string | undefined
  for (const field of immutableFields) {
    const difference = firstDifference(objectWith(desired, field, wanted), objectWith(live, field, present))
    const isUnwanted = wanted[field] === undefined && present[field] !== undefined
    if (difference === undefined && !isUnwanted) continue
    immutable = immutable ?? difference ?? `spec.${field}`
    if (present[field] === undefined) Reflect.deleteProperty(spec, field)
    else spec[field] = present[field]
  }
  if (immutable === undefined) return { object: desired, immutable, keepsTemplate: false }
  const made = new Set(claimNames(present))
  const keepsTemplate = claimNames(wanted).some((name) => !made.has(name))
  if (keepsTemplate) spec["template"] = present["template"]
  return { object: { ...desired, spec }, immutable, keepsTemplate }
}

const objectWith = (object: KubeObject, field: string, spec: Readonly<Record<string, unknown>>): KubeObject => ({
  apiVersion: object.apiVersion,
  kind: object.kind,
  metadata: {},
  ...(spec[field] === undefined ? {} : { spec: { [field]: spec[field] } }),
})
