/** URLs of the Kubernetes API: `/api/v1/…` for the core group, `/apis/<group>/<version>/…` for all others. */
import type { ObjectRef, ResourceKind } from "../domain/Kubernetes.js"

export type Subresource = "status" | "scale" | "eviction" | "binding"

/**
 * One path segment, encoded. Throws on what Kubernetes forbids in names: an empty name would turn a delete of one object into a delete
 * of the collection, and `..` one of a pod into one of its namespace (URLs are normalised).
 */
const segment = (what: string, text: string): string => {
  if (text === "" || text === "." || text === ".." || /[/%\s]/.test(text)) {
    throw new TypeError(`${JSON.stringify(text)} cannot be the ${what} of a Kubernetes object`)
  }
  return encodeURIComponent(text)
}

const groupPath = (kind: ResourceKind): string =>
  kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`

/** Path of all objects of a kind, in one namespace or everywhere. */
export const collectionPath = (kind: ResourceKind, namespace?: string): string =>
  kind.namespaced && namespace !== undefined
    ? `${groupPath(kind)}/namespaces/${segment("namespace", namespace)}/${kind.plural}`
    : `${groupPath(kind)}/${kind.plural}`

/** Path of one object or its subresource. Throws when a namespaced kind comes without a namespace: that is a bug of the caller. */
export const objectPath = (kind: ResourceKind, ref: ObjectRef, subresource?: Subresource): string => {
  if (kind.namespaced && ref.namespace === undefined) {
    throw new TypeError(`${kind.kind} ${JSON.stringify(ref.name)} needs a namespace`)
  }
  const object = `${collectionPath(kind, ref.namespace)}/${segment("name", ref.name)}`
  return subresource === undefined ? object : `${object}/${subresource}`
}
