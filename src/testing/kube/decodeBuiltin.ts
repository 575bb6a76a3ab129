/**
 * What a built-in object looks like after the server's decoder: fields it does not know are gone, empty optional values are left out,
 * quantities and times are in canonical form, a value of the wrong type is an error.
 */
import { badRequest } from "./ApiFailure.js"
import { isMap, type Json, type JsonMap } from "./json.js"
import { canonicalQuantity } from "./quantity.js"
import { memberType, type ScalarType, type StructType, type TypeSchema } from "./TypeSchema.js"

/** Booleans and numbers without a pointer in the server's types: false and 0 are not kept. */
const dropsZero = new Set(
  (
    "hostNetwork hostPID hostIPC stdin stdinOnce tty readOnly publishNotReadyAddresses unschedulable paused hostPort minReadySeconds " +
    "initialDelaySeconds periodSeconds timeoutSeconds successThreshold failureThreshold nodePort healthCheckNodePort priority " +
    "currentReplicas updatedReplicas readyReplicas generation count " +
    "deprecatedCount observedGeneration setHostnameAsFQDN"
  ).split(" "),
)
/** Optional strings where the empty one means something. */
const keepsEmpty = new Set(["storageClassName", "volumeAttributesClassName", "holderIdentity"])

interface Decoding {
  readonly where: string
  readonly unknown: Array<string>
}

const wrongType = (at: Decoding, path: string, value: unknown, wanted: string) => {
  const got = Array.isArray(value)
    ? "array"
    : value === null
      ? "null"
      : typeof value === "boolean"
        ? "bool"
        : typeof value
  return badRequest(`${at.where}: json: cannot unmarshal ${got} into Go struct field ${path} of type ${wanted}`)
}

const time = (at: Decoding, path: string, value: unknown, micro: boolean): Json => {
  if (typeof value !== "string") throw wrongType(at, path, value, micro ? "v1.MicroTime" : "v1.Time")
  const ms = Date.parse(value)
  if (Number.isNaN(ms)) throw badRequest(`${at.where}: parsing time ${JSON.stringify(value)} as RFC 3339 (${path})`)
  const iso = new Date(ms).toISOString()
  if (!micro) return `${iso.slice(0, 19)}Z`
  const fraction = /\.(\d+)/.exec(value)?.[1] ?? ""
  return `${iso.slice(0, 19)}.${fraction.padEnd(6, "0").slice(0, 6)}Z`
}

const quantity = (at: Decoding, path: string, value: unknown): Json => {
  const text = typeof value === "number" ? String(value) : value
  const canonical = typeof text === "string" ? canonicalQuantity(text) : undefined
  if (canonical === undefined) {
    throw badRequest(
      `${at.where}: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$' (${path})`,
    )
  }
  return canonical
}

const scalar = (type: ScalarType, value: Json, path: string, at: Decoding): Json => {
  switch (type.scalar) {
    case "string":
    case "bytes":
      if (typeof value !== "string") throw wrongType(at, path, value, "string")
      return value
    case "int":
      if (typeof value !== "number" || !Number.isInteger(value)) throw wrongType(at, path, value, "int32")
      return value
    case "number":
      if (typeof value !== "number") throw wrongType(at, path, value, "float64")
      return value
    case "boolean":
      if (typeof value !== "boolean") throw wrongType(at, path, value, "bool")
      return value
    case "intOrString":
      if (typeof value !== "string" && typeof value !== "number") throw wrongType(at, path, value, "intstr.IntOrString")
      return value
    case "time":
      return time(at, path, value, false)
    case "microTime":
      return time(at, path, value, true)
    case "quantity":
      return quantity(at, path, value)
  }
}

const decode = (type: TypeSchema, value: Json, path: string, at: Decoding): Json => {
  switch (type.tag) {
    case "any":
      return value
    case "scalar":
      return scalar(type, value, path, at)
    case "list": {
      if (!Array.isArray(value)) throw wrongType(at, path, value, "[]")
      return value.map((item, i) => decode(type.items, item, `${path}[${i}]`, at))
    }
    case "map": {
      if (!isMap(value)) throw wrongType(at, path, value, "map[string]string")
      const out: JsonMap = {}
      for (const [key, member] of Object.entries(value)) {
        if (member !== undefined && member !== null) out[key] = decode(type.values, member, `${path}.${key}`, at)
      }
      return out
    }
    case "struct":
      return decodeStruct(type, value, path, at)
  }
}

const isZero = (field: string, value: Json): boolean => {
  if (value === "") return !keepsEmpty.has(field)
  if (Array.isArray(value)) return value.length === 0
  return (value === false || value === 0) && dropsZero.has(field)
}

const decodeStruct = (type: StructType, value: Json, path: string, at: Decoding): JsonMap => {
  if (!isMap(value)) throw wrongType(at, path, value, type.name)
  const out: JsonMap = {}
  for (const [field, member] of Object.entries(value)) {
    const here = path === "" ? field : `${path}.${field}`
    if (!type.fields.has(field)) {
      at.unknown.push(here)
      continue
    }
    if (member === undefined || member === null) continue
    const memberSchema = memberType(type, field)
    const decoded = decode(memberSchema, member, here, at)
    const isEmptyMap = memberSchema.tag === "map" && isMap(decoded) && Object.keys(decoded).length === 0
    if (type.required.includes(field) || !(isEmptyMap || isZero(field, decoded))) out[field] = decoded
  }
  return out
}

export interface Decoded {
  readonly object: JsonMap
  /** Paths of dropped fields, for strict field validation and warnings. */
  readonly unknown: ReadonlyArray<string>
}

/** Decodes `object` as `type`. Throws 400 on a value of the wrong type. */
export const decodeBuiltin = (type: StructType, kind: string, version: string, object: JsonMap): Decoded => {
  const at: Decoding = { where: `${kind} in version "${version}" cannot be handled as a ${kind}`, unknown: [] }
  return { object: decodeStruct(type, object, "", at), unknown: at.unknown }
}
