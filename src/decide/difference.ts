/**
 * The first difference between what we want and what is there. Only fields we set count: what others add (defaults of the server, injected
 * containers, foreign labels) is theirs (R55, R56, W66). A field we no longer set shows as a difference of the applied-hash annotation.
 */
import { nanos } from "./effective/quantity.js"
import { Annotation } from "../domain/Labels.js"
import type { KubeObject } from "../domain/Kubernetes.js"

type Fields = Readonly<Record<string, unknown>>

const isMap = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value)
const isList = (value: unknown): value is ReadonlyArray<unknown> => Array.isArray(value)

/** Lists whose items are told apart by a field; their order does not matter and foreign items may stand between ours. */
const listKeys: Readonly<Record<string, ReadonlyArray<string>>> = {
  containers: ["name"],
  initContainers: ["name"],
  env: ["name"],
  volumes: ["name"],
  volumeMounts: ["mountPath"],
  volumeDevices: ["devicePath"],
  ports: ["name"],
  imagePullSecrets: ["name"],
  ownerReferences: ["uid"],
  readinessGates: ["conditionType"],
  topologySpreadConstraints: ["topologyKey", "whenUnsatisfiable"],
}

/** Parents whose string values are quantities. */
const quantityParents = new Set(["requests", "limits"])
const quantityFields = new Set(["sizeLimit", "storage"])

/** What an object of ours selects is all ours: with one more label a budget or a Service would select nothing (R93). */
const exactMaps = new Set([
  "spec.selector",
  "spec.selector.matchLabels",
  "spec.podSelector",
  "spec.podSelector.matchLabels",
])

/** Empty and zero values are the same as absent: the server leaves them out. */
const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === "" ||
  value === 0 ||
  (isList(value) && value.length === 0) ||
  (isMap(value) && Object.values(value).every(isEmpty))

const isSameQuantity = (a: unknown, b: unknown): boolean => {
  const left = nanos(a)
  return left !== undefined && left === nanos(b)
}

const lookup = (live: unknown, key: string): unknown =>
  isMap(live) && Object.hasOwn(live, key) ? live[key] : undefined

const itemName = (item: unknown, keys: ReadonlyArray<string>): string | undefined => {
  const values = keys.map((key) => lookup(item, key))
  return values.every((value) => typeof value === "string") ? values.join("/") : undefined
}

const differenceOfLists = (
  desired: ReadonlyArray<unknown>,
  live: ReadonlyArray<unknown>,
  path: string,
  field: string,
): string | undefined => {
  const keys = listKeys[field]
  if (keys !== undefined && desired.every((item) => itemName(item, keys) !== undefined)) {
    const byName = new Map(live.map((item) => [itemName(item, keys), item]))
    return first(desired, (item) => {
      const name = itemName(item, keys)
      const at = `${path}[${name ?? ""}]`
      return byName.has(name) ? differenceAt(item, byName.get(name), at, "", field) : at
    })
  }
  if (desired.length !== live.length) return path
  return first(
    desired.map((item, index) => [item, live[index], index] as const),
    ([item, other, index]) => differenceAt(item, other, `${path}[${index}]`, "", field),
  )
}

const differenceAt = (
  desired: unknown,
  live: unknown,
  path: string,
  field: string,
  parent: string,
): string | undefined => {
  if (desired === undefined || desired === null) return undefined
  if (live === undefined || live === null) return isEmpty(desired) ? undefined : path
  if (isList(desired)) return isList(live) ? differenceOfLists(desired, live, path, field) : path
  if (isMap(desired)) {
    if (!isMap(live)) return path
    if (exactMaps.has(path) && Object.keys(live).some((key) => !Object.hasOwn(desired, key))) return path
    return first(Object.keys(desired), (key) =>
      differenceAt(desired[key], lookup(live, key), path === "" ? key : `${path}.${key}`, key, field),
    )
  }
  if (desired === live) return undefined
  const isQuantity = quantityParents.has(parent) || quantityFields.has(field)
  return isQuantity && isSameQuantity(desired, live) ? undefined : path
}

const first = <A>(items: ReadonlyArray<A>, difference: (item: A) => string | undefined): string | undefined => {
  for (const item of items) {
    const found = difference(item)
    if (found !== undefined) return found
  }
  return undefined
}

const compare = (desired: KubeObject, live: KubeObject): string | undefined => {
  const { annotations = {}, ...metadata } = desired.metadata
  const { [Annotation.appliedHash]: appliedHash, ...otherAnnotations } = annotations
  const rest = { ...desired, metadata: { ...metadata, annotations: otherAnnotations } }
  const found = differenceAt(rest, live, "", "", "")
  if (found !== undefined) return found
  return appliedHash === undefined || appliedHash === live.metadata.annotations?.[Annotation.appliedHash]
    ? undefined
    : "a field set earlier is no longer wanted"
}

/** Objects are immutable values, and most passes meet the very objects of the pass before. */
const known = new WeakMap<KubeObject, WeakMap<KubeObject, { readonly path: string | undefined }>>()

/**
 * The path of the first field in which `live` is not what `desired` says, or undefined. Fields are compared in the order in which `desired`
 * names them, the applied-hash annotation last: it stands for fields we set earlier and no longer set.
 */
export const firstDifference = (desired: KubeObject, live: KubeObject): string | undefined => {
  const answers = known.get(live) ?? new WeakMap<KubeObject, { readonly path: string | undefined }>()
  const hit = answers.get(desired)
  if (hit !== undefined) return hit.path
  const path = compare(desired, live)
  answers.set(desired, { path })
  known.set(live, answers)
  return path
}
