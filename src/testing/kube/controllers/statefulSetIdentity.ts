/** What a StatefulSet gives its pods and claims: names, labels, owner, and the claim each volume refers to. */
import { apiVersionOf, Kinds, type ObjectMeta, type OwnerReference } from "../../../domain/Kubernetes.js"
import {
  type ClaimObject,
  nameOf,
  namespaceOf,
  type PodObject,
  type PodTemplate,
  type PodVolume,
  type StatefulSetObject,
  uidOf,
} from "./objects.js"
import { revisionLabel } from "./revisions.js"

/** The controller reference of the set's pods. */
export const ownerOf = (set: StatefulSetObject): OwnerReference => ({
  apiVersion: apiVersionOf(Kinds.StatefulSet),
  kind: Kinds.StatefulSet.kind,
  name: nameOf(set),
  uid: uidOf(set),
  controller: true,
  blockOwnerDeletion: true,
})

export const podNameOf = (set: StatefulSetObject, ordinal: number): string => `${nameOf(set)}-${ordinal}`

/** The ordinal of a pod of exactly this set; undefined for anything else (`web-a-0` is no pod of `web`). */
export const ordinalIn = (set: StatefulSetObject, podName: string): number | undefined => {
  const prefix = `${nameOf(set)}-`
  const rest = podName.slice(prefix.length)
  return podName.startsWith(prefix) && /^\d+$/.test(rest) ? Number(rest) : undefined
}

const claimTemplateName = (template: Partial<ClaimObject>): string => template.metadata?.name ?? ""

/** `<template>-<set>-<ordinal>`. */
export const claimNameOf = (set: StatefulSetObject, template: Partial<ClaimObject>, ordinal: number): string =>
  `${claimTemplateName(template)}-${podNameOf(set, ordinal)}`

/** The claims the pod with this ordinal needs, as they would be created. */
export const claimsFor = (set: StatefulSetObject, ordinal: number): ReadonlyArray<ClaimObject> =>
  (set.spec?.volumeClaimTemplates ?? []).map((template) => ({
    apiVersion: apiVersionOf(Kinds.PersistentVolumeClaim),
    kind: Kinds.PersistentVolumeClaim.kind,
    metadata: {
      name: claimNameOf(set, template, ordinal),
      namespace: namespaceOf(set),
      labels: { ...template.metadata?.labels, ...set.spec?.selector?.matchLabels },
      ...(template.metadata?.annotations && { annotations: template.metadata.annotations }),
      ...(set.spec?.persistentVolumeClaimRetentionPolicy?.whenDeleted === "Delete" && {
        ownerReferences: [{ ...ownerOf(set), controller: false, blockOwnerDeletion: true }],
      }),
    },
    spec: { ...template.spec },
  }))

const podVolumes = (set: StatefulSetObject, template: PodTemplate, ordinal: number): ReadonlyArray<PodVolume> => {
  const claims = set.spec?.volumeClaimTemplates ?? []
  const claimed = new Set(claims.map(claimTemplateName))
  return [
    ...claims.map((claim) => ({
      name: claimTemplateName(claim),
      persistentVolumeClaim: { claimName: claimNameOf(set, claim, ordinal) },
    })),
    // A claim template wins over a volume of the same name.
    ...(template.spec?.volumes ?? []).filter((volume) => !claimed.has(volume.name)),
  ]
}

/** The pod with this ordinal, made from `template` (a revision's or the set's own). */
export const podFor = (set: StatefulSetObject, template: PodTemplate, revision: string, ordinal: number): PodObject => {
  const name = podNameOf(set, ordinal)
  const volumes = podVolumes(set, template, ordinal)
  const metadata: ObjectMeta = {
    name,
    namespace: namespaceOf(set),
    labels: {
      ...template.metadata?.labels,
      "statefulset.kubernetes.io/pod-name": name,
      "apps.kubernetes.io/pod-index": String(ordinal),
      [revisionLabel]: revision,
    },
    ...(template.metadata?.annotations && { annotations: template.metadata.annotations }),
    ...(template.metadata?.finalizers && { finalizers: template.metadata.finalizers }),
    ownerReferences: [ownerOf(set)],
  }
  return {
    apiVersion: apiVersionOf(Kinds.Pod),
    kind: Kinds.Pod.kind,
    metadata,
    spec: {
      ...template.spec,
      hostname: name,
      ...(set.spec?.serviceName !== undefined && { subdomain: set.spec.serviceName }),
      ...(volumes.length > 0 && { volumes }),
    },
  }
}
