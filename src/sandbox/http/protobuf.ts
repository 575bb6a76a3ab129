/**
 * The protobuf that kubectl's typed commands send (`create namespace`, `create configmap`, `drain`, `auth can-i` …): an envelope with the
 * object inside. Only the kinds those commands write are known; answers are always JSON, which those clients accept.
 */
import { unsupportedMediaType } from "../../testing/kube/ApiFailure.js"
import type { Json, JsonMap } from "../../testing/kube/json.js"

type Shape = "string" | "bytes" | "bool" | "int" | "time" | "intOrString" | Message
interface Field {
  readonly name: string
  readonly shape: Shape
  readonly repeated?: true
  /** A map from string to the shape. */
  readonly map?: true
}
/** Fields by number. */
type Message = { readonly [number: number]: Field }

const text = (name: string): Field => ({ name, shape: "string" })
const list = (name: string, shape: Shape = "string"): Field => ({ name, shape, repeated: true })
const map = (name: string, shape: Shape = "string"): Field => ({ name, shape, map: true })
const one = (name: string, shape: Shape): Field => ({ name, shape })

const ownerReference: Message = {
  1: text("kind"),
  3: text("name"),
  4: text("uid"),
  5: text("apiVersion"),
  6: one("controller", "bool"),
  7: one("blockOwnerDeletion", "bool"),
}
const metadata: Message = {
  1: text("name"),
  2: text("generateName"),
  3: text("namespace"),
  5: text("uid"),
  6: text("resourceVersion"),
  7: one("generation", "int"),
  8: one("creationTimestamp", "time"),
  9: one("deletionTimestamp", "time"),
  11: map("labels"),
  12: map("annotations"),
  13: list("ownerReferences", ownerReference),
  14: list("finalizers"),
}
const meta: Field = one("metadata", metadata)
const selectorRequirement: Message = { 1: text("key"), 2: text("operator"), 3: list("values") }
const labelSelector: Message = { 1: map("matchLabels"), 2: list("matchExpressions", selectorRequirement) }
const deleteOptions: Message = {
  1: one("gracePeriodSeconds", "int"),
  2: one("preconditions", { 1: text("uid"), 2: text("resourceVersion") }),
  4: text("propagationPolicy"),
  5: list("dryRun"),
}
const policyRule: Message = {
  1: list("verbs"),
  2: list("apiGroups"),
  3: list("resources"),
  4: list("resourceNames"),
  5: list("nonResourceURLs"),
}
const subject: Message = { 1: text("kind"), 2: text("apiGroup"), 3: text("name"), 4: text("namespace") }
const roleRef: Message = { 1: text("apiGroup"), 2: text("kind"), 3: text("name") }
const binding: Message = { 1: meta, 2: list("subjects", subject), 3: one("roleRef", roleRef) }
const budgetSpec: Message = {
  1: one("minAvailable", "intOrString"),
  2: one("selector", labelSelector),
  3: one("maxUnavailable", "intOrString"),
}
const resourceAttributes: Message = {
  1: text("namespace"),
  2: text("verb"),
  3: text("group"),
  4: text("version"),
  5: text("resource"),
  6: text("subresource"),
  7: text("name"),
}

const kinds: Readonly<Record<string, Message>> = {
  Namespace: { 1: meta, 2: one("spec", { 1: list("finalizers") }) },
  ConfigMap: { 1: meta, 2: map("data"), 3: map("binaryData", "bytes"), 4: one("immutable", "bool") },
  Secret: { 1: meta, 2: map("data", "bytes"), 3: text("type"), 4: map("stringData"), 5: one("immutable", "bool") },
  ServiceAccount: { 1: meta, 4: one("automountServiceAccountToken", "bool") },
  Eviction: { 1: meta, 2: one("deleteOptions", deleteOptions) },
  DeleteOptions: deleteOptions,
  Role: { 1: meta, 2: list("rules", policyRule) },
  ClusterRole: { 1: meta, 2: list("rules", policyRule) },
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  PodDisruptionBudget: { 1: meta, 2: one("spec", budgetSpec) },
  SelfSubjectAccessReview: { 1: meta, 2: one("spec", { 1: one("resourceAttributes", resourceAttributes) }) },
  SelfSubjectReview: { 1: meta },
}

/** One field on the wire: a number, or bytes. */
interface Entry {
  readonly number: number
  readonly value: bigint | Buffer
}

const varint = (bytes: Buffer, at: number): readonly [value: bigint, next: number] => {
  let value = 0n
  for (let i = at, shift = 0n; i < bytes.length; i++, shift += 7n) {
    const byte = bytes[i] ?? 0
    value |= BigInt(byte & 127) << shift
    if (byte < 128) return [value, i + 1]
  }
  throw unreadable()
}

const unreadable = () => unsupportedMediaType(["application/json", "application/yaml"])

const entriesOf = (bytes: Buffer): ReadonlyArray<Entry> => {
  const entries: Array<Entry> = []
  for (let at = 0; at < bytes.length;) {
    const [tag, afterTag] = varint(bytes, at)
    const number = Number(tag >> 3n)
    const wire = Number(tag & 7n)
    if (wire !== 0 && wire !== 2) throw unreadable()
    const [value, afterValue] = varint(bytes, afterTag)
    const end = wire === 0 ? afterValue : afterValue + Number(value)
    if (end > bytes.length) throw unreadable()
    entries.push({ number, value: wire === 0 ? value : bytes.subarray(afterValue, end) })
    at = end
  }
  return entries
}

const asBytes = (value: bigint | Buffer): Buffer => (typeof value === "bigint" ? Buffer.alloc(0) : value)
const asNumber = (value: bigint | Buffer): number => (typeof value === "bigint" ? Number(BigInt.asIntN(64, value)) : 0)

const valueOf = (shape: Shape, value: bigint | Buffer): Json => {
  switch (shape) {
    case "string":
      return asBytes(value).toString("utf8")
    case "bytes":
      return asBytes(value).toString("base64")
    case "bool":
      return asNumber(value) !== 0
    case "int":
      return asNumber(value)
    case "time": {
      const seconds = entriesOf(asBytes(value)).find((e) => e.number === 1)
      return seconds === undefined ? null : new Date(asNumber(seconds.value) * 1000).toISOString()
    }
    case "intOrString": {
      const parts = new Map(entriesOf(asBytes(value)).map((e) => [e.number, e.value]))
      const isText = asNumber(parts.get(1) ?? 0n) === 1
      return isText ? asBytes(parts.get(3) ?? 0n).toString("utf8") : asNumber(parts.get(2) ?? 0n)
    }
    default:
      return messageOf(shape, asBytes(value))
  }
}

const messageOf = (message: Message, bytes: Buffer): JsonMap => {
  const out: JsonMap = {}
  for (const { number, value } of entriesOf(bytes)) {
    const field = message[number]
    if (field === undefined) continue
    const before = out[field.name]
    if (field.map === true) {
      const pair = new Map(entriesOf(asBytes(value)).map((e) => [e.number, e.value]))
      const key = asBytes(pair.get(1) ?? 0n).toString("utf8")
      const entry = { [key]: valueOf(field.shape, pair.get(2) ?? Buffer.alloc(0)) }
      out[field.name] = typeof before === "object" && !Array.isArray(before) ? { ...before, ...entry } : entry
    } else if (field.repeated === true) {
      out[field.name] = [...(Array.isArray(before) ? before : []), valueOf(field.shape, value)]
    } else out[field.name] = valueOf(field.shape, value)
  }
  return out
}

const magic = Buffer.from("k8s\0")

/** The object in a protobuf body. Throws 415 for kinds not in the table and for what is no such body. */
export const decodeProtobuf = (bytes: Buffer): JsonMap => {
  if (!bytes.subarray(0, 4).equals(magic)) throw unreadable()
  const envelope = new Map(entriesOf(bytes.subarray(4)).map((e) => [e.number, asBytes(e.value)]))
  const type = new Map(
    entriesOf(envelope.get(1) ?? Buffer.alloc(0)).map((e) => [e.number, asBytes(e.value).toString()]),
  )
  const kind = type.get(2) ?? ""
  const message = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  if (message === undefined) throw unreadable()
  const object = messageOf(message, envelope.get(2) ?? Buffer.alloc(0))
  return { apiVersion: type.get(1) ?? "", kind, ...object }
}
