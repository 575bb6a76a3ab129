/**
 * What a built-in object looks like after the server's decoder: fields it does not know are gone, empty optional values are left out,
 * quantities and times are in canonical form, a value of the wrong type is an error.
 */
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

/** A value that is not of the type of its field. */
export class DecodeError extends Error {}

interface Decoding {
  readonly unknown: Array<string>
  /** Name of the innermost type and the path of fields that led here, without indices and keys: how messages say where. */
  readonly struct: string
  readonly fields: string
}

const wrongType = (at: Decoding, value: unknown, wanted: string) => {
  const got = Array.isArray(value)
    ? "array"
    : value === null
      ? "null"
      : typeof value === "boolean"
        ? "bool"
        : typeof value
  return new DecodeError(
    `json: cannot unmarshal ${got} into Go struct field ${at.struct}.${at.fields} of type ${wanted}`,
  )
}

const microForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/

const time = (at: Decoding, value: unknown, micro: boolean): Json => {
  if (typeof value !== "string") throw wrongType(at, value, micro ? "v1.MicroTime" : "v1.Time")
  const ms = Date.parse(value)
  if (Number.isNaN(ms) || (micro && !microForm.test(value))) {
    const form = micro ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00"
    throw new DecodeError(`parsing time ${JSON.stringify(value)} as "${form}"`)
  }
  const iso = new Date(ms).toISOString()
  if (!micro) return `${iso.slice(0, 19)}Z`
  const fraction = /\.(\d+)/.exec(value)?.[1] ?? ""
  return `${iso.slice(0, 19)}.${fraction}Z`
}

const quantity = (value: unknown): Json => {
  const text = typeof value === "number" ? String(value) : value
  const canonical = typeof text === "string" ? canonicalQuantity(text) : undefined
  if (canonical === undefined) {
    throw new DecodeError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
  }
  return canonical
}

/** Go's decoder stops at the first byte outside the alphabet, or at a quartet that is not whole. */
const bytes = (value: string): Json => {
  if (/^[A-Za-z0-9+/]*={0,2}$/.test(value) && value.length % 4 === 0) return value
  const bad = value.search(/[^A-Za-z0-9+/=]/)
  throw new DecodeError(`illegal base64 data at input byte ${bad < 0 ? value.length - (value.length % 4) : bad}`)
}

const scalar = (type: ScalarType, value: Json, at: Decoding): Json => {
  switch (type.scalar) {
    case "string":
      if (typeof value !== "string") throw wrongType(at, value, "string")
      return value
    case "bytes":
      if (typeof value !== "string") throw wrongType(at, value, "string")
      return bytes(value)
    case "int":
      if (typeof value !== "number" || !Number.isInteger(value)) throw wrongType(at, value, "int32")
      return value
    case "number":
      if (typeof value !== "number") throw wrongType(at, value, "float64")
      return value
    case "boolean":
      if (typeof value !== "boolean") throw wrongType(at, value, "bool")
      return value
    case "intOrString":
      if (typeof value !== "string" && typeof value !== "number") throw wrongType(at, value, "intstr.IntOrString")
      return value
    case "time":
      return time(at, value, false)
    case "microTime":
      return time(at, value, true)
    case "quantity":
      return quantity(value)
  }
}

const goName = (type: TypeSchema): string => (type.tag === "struct" ? `v1.${type.name}` : "string")

const decode = (type: TypeSchema, value: Json, path: string, at: Decoding): Json => {
  switch (type.tag) {
    case "any":
      return value
    case "scalar":
      return scalar(type, value, at)
    case "list": {
      if (!Array.isArray(value)) throw wrongType(at, value, `[]${goName(type.items)}`)
      return value.map((item, i) => decode(type.items, item, `${path}[${i}]`, at))
    }
    case "map": {
      if (!isMap(value)) throw wrongType(at, value, "map[string]string")
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
  if (!isMap(value)) throw wrongType(at, value, `v1.${type.name}`)
  const out: JsonMap = {}
  for (const [field, member] of Object.entries(value)) {
    const here = path === "" ? field : `${path}.${field}`
    if (!type.fields.has(field)) {
      at.unknown.push(here)
      continue
    }
    if (member === undefined || member === null) continue
    const memberSchema = memberType(type, field)
    const fields = at.fields === "" ? field : `${at.fields}.${field}`
    const decoded = decode(memberSchema, member, here, { unknown: at.unknown, struct: type.name, fields })
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

/** Decodes `object` as `type`. Throws {@link DecodeError} on a value of the wrong type. */
export const decodeBuiltin = (type: StructType, object: JsonMap): Decoded => {
  const unknown: Array<string> = []
  return { object: decodeStruct(type, object, "", { unknown, struct: type.name, fields: "" }), unknown }
}
