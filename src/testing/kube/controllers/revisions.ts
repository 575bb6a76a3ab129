/** Revisions of a StatefulSet's pod template: a hash names it, a ControllerRevision object keeps it. */
import { apiVersionOf, Kinds } from "../../../domain/Kubernetes.js"
import { nameOf, namespaceOf, type PodTemplate, type RevisionObject, type StatefulSetObject, uidOf } from "./objects.js"

/** Pod label that names the revision a pod was made from. */
export const revisionLabel = "controller-revision-hash"

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, field]) => [key, sorted(field)]),
  )
}

/** JSON with sorted keys: equal text for equal values. */
export const canonical = (value: unknown): string => JSON.stringify(sorted(value)) ?? "null"

const alphabet = "bcdfghjklmnpqrstvwxz2456789"

/** Ten characters of the alphabet Kubernetes uses for safe names, from two FNV-1a hashes of the text. */
export const hashText = (text: string): string => {
  const fnv = (seed: number): number => {
    let hash = seed
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
    return hash
  }
  const letters = (hash: number): string => {
    let rest = hash
    let out = ""
    for (let i = 0; i < 5; i++) {
      out += alphabet.charAt(rest % alphabet.length)
      rest = Math.floor(rest / alphabet.length)
    }
    return out
  }
  return letters(fnv(0x811c9dc5)) + letters(fnv(0x01234567))
}

/** Name of the revision that a template stands for: `<set>-<hash>`. */
export const revisionName = (set: StatefulSetObject): string =>
  `${nameOf(set)}-${hashText(canonical(set.spec?.template ?? {}))}`

/** The ControllerRevision that keeps the set's present template. */
export const makeRevision = (set: StatefulSetObject, number: number): RevisionObject => ({
  apiVersion: apiVersionOf(Kinds.ControllerRevision),
  kind: Kinds.ControllerRevision.kind,
  metadata: {
    name: revisionName(set),
    namespace: namespaceOf(set),
    labels: { ...set.spec?.selector?.matchLabels, "controller.kubernetes.io/hash": revisionName(set).slice(-10) },
    ownerReferences: [
      {
        apiVersion: apiVersionOf(Kinds.StatefulSet),
        kind: Kinds.StatefulSet.kind,
        name: nameOf(set),
        uid: uidOf(set),
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  },
  data: { spec: { template: { ...set.spec?.template, $patch: "replace" } } },
  revision: number,
})

/** The template a revision keeps; undefined for a revision somebody else wrote. */
export const templateOf = (revision: RevisionObject): PodTemplate | undefined => {
  const template = (revision.data as { readonly spec?: { readonly template?: PodTemplate } } | undefined)?.spec
    ?.template
  if (template === undefined) return undefined
  return { ...(template.metadata && { metadata: template.metadata }), ...(template.spec && { spec: template.spec }) }
}
