/**
 * The shape of an object as apply, strategic merge and decoding need it: which maps and lists merge item by item, and by which keys.
 * Built-in types come from a table (`builtinTypes.ts`), custom ones from the schema of their CustomResourceDefinition.
 */
import { builtinTypes } from "./builtinTypes.js"
import type { Json } from "./json.js"

export type ScalarKind =
  "string" | "int" | "number" | "boolean" | "time" | "microTime" | "quantity" | "intOrString" | "bytes"

export interface ScalarType {
  readonly tag: "scalar"
  readonly scalar: ScalarKind
}
/** Any value. `deduced`: maps inside merge field by field and lists are atomic (custom resources); otherwise one atomic value. */
export interface AnyType {
  readonly tag: "any"
  readonly deduced: boolean
}
export interface MapType {
  readonly tag: "map"
  readonly values: TypeSchema
  readonly atomic: boolean
}
export interface ListType {
  readonly tag: "list"
  readonly items: TypeSchema
  readonly merge: "atomic" | "set" | "map"
  /** Key fields of a list of kind `map`. */
  readonly keys: ReadonlyArray<string>
  readonly keyDefaults: Readonly<Record<string, Json>>
  /** Key of a strategic merge patch; absent: the list is replaced (a set: united). */
  readonly patchKey?: string
}
export interface StructType {
  readonly tag: "struct"
  readonly name: string
  readonly fields: ReadonlyMap<string, TypeSchema>
  readonly required: ReadonlyArray<string>
  readonly atomic: boolean
  /** Fields not in `fields` are kept and merge like an {@link AnyType} that is deduced. */
  readonly preserveUnknown: boolean
}
export type TypeSchema = ScalarType | AnyType | MapType | ListType | StructType

export const deducedType: AnyType = { tag: "any", deduced: true }
export const opaqueType: AnyType = { tag: "any", deduced: false }

const scalars: Readonly<Record<string, ScalarKind>> = {
  s: "string",
  i: "int",
  l: "int",
  n: "number",
  b: "boolean",
  t: "time",
  u: "microTime",
  q: "quantity",
  x: "intOrString",
  B: "bytes",
}

/** The protocol of a port is part of its key and may be left out. */
const keyDefaults = (keys: ReadonlyArray<string>): Readonly<Record<string, Json>> =>
  keys.includes("protocol") ? { protocol: "TCP" } : {}

const lines: ReadonlyMap<string, string> = new Map(
  builtinTypes
    .trim()
    .split("\n")
    .map((line) => [line.slice(0, line.search(/[!:]/)), line] as const),
)
const resolved = new Map<string, StructType>()

const parseList = (text: string): ListType => {
  const end = text.lastIndexOf("]")
  const items = parseType(text.slice(1, end))
  const suffix = text.slice(end + 1)
  const keys = suffix.slice(1) === "" ? [] : suffix.slice(1).split(",")
  if (suffix.startsWith("^")) {
    return { tag: "list", items, merge: "atomic", keys: [], keyDefaults: {}, patchKey: suffix.slice(1) }
  }
  if (suffix === "@") return { tag: "list", items, merge: "set", keys: [], keyDefaults: {} }
  if (keys.length === 0) return { tag: "list", items, merge: "atomic", keys, keyDefaults: {} }
  const [patchKey = ""] = keys
  return { tag: "list", items, merge: "map", keys, keyDefaults: keyDefaults(keys), patchKey }
}

const parseType = (text: string): TypeSchema => {
  if (text.startsWith("[")) return parseList(text)
  if (text.startsWith("{")) {
    return { tag: "map", values: parseType(text.slice(1, text.lastIndexOf("}"))), atomic: text.endsWith("!") }
  }
  if (text === "*") return opaqueType
  const scalar = scalars[text]
  return scalar === undefined ? builtinType(text) : { tag: "scalar", scalar }
}

/** A built-in type by name (`PodSpec`). A name that is not in the table is a bug in this folder. */
export const builtinType = (name: string): StructType => {
  const known = resolved.get(name)
  if (known !== undefined) return known
  const line = lines.get(name)
  if (line === undefined) throw new Error(`no built-in type ${name}`)
  const [head = "", rest = ""] = line.split(/: (.*)/s)
  const fields = new Map<string, TypeSchema>()
  const required: Array<string> = []
  for (const field of rest.split(" ").filter((part) => part !== "")) {
    const at = field.search(/[=?]/)
    fields.set(field.slice(0, at), parseType(field.slice(at + 1)))
    if (field[at] === "=") required.push(field.slice(0, at))
  }
  const made: StructType = { tag: "struct", name, fields, required, atomic: head.endsWith("!"), preserveUnknown: false }
  resolved.set(name, made)
  return made
}

/** The type of one member of an object of type `type`. */
export const memberType = (type: TypeSchema, field: string): TypeSchema => {
  switch (type.tag) {
    case "struct":
      return type.fields.get(field) ?? deducedType
    case "map":
      return type.values
    case "any":
      return type
    case "scalar":
    case "list":
      return deducedType
  }
}

/** True when a value of this type is written and owned as a whole. */
export const isAtomic = (type: TypeSchema, value: unknown): boolean => {
  switch (type.tag) {
    case "scalar":
      return true
    case "any":
      return !type.deduced || Array.isArray(value) || typeof value !== "object" || value === null
    case "map":
      return type.atomic || Array.isArray(value) || typeof value !== "object" || value === null
    case "struct":
      return type.atomic || Array.isArray(value) || typeof value !== "object" || value === null
    case "list":
      return type.merge === "atomic" || !Array.isArray(value)
  }
}
