/** Whether an apply configuration fits the schema of its kind: unknown fields, wrong types, items without or with the same key. */
import { isMap, type Json, type JsonMap } from "../json.js"
import type { ListType, ScalarType, StructType, TypeSchema } from "../TypeSchema.js"

type Findings = ReadonlyArray<string>
const none: Findings = []

/** A value as the real server's messages print it: Go's spelling of what it holds. */
const held = (value: Json): string => `&value.valueUnstructured{Value:${JSON.stringify(value)}}`

const kindOf = (value: Json): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "list"
  return typeof value === "object" ? "map" : typeof value === "number" ? "int" : typeof value
}

const scalarFinding = ({ scalar }: ScalarType, value: Json, path: string): Findings => {
  switch (scalar) {
    case "int":
    case "number":
      return typeof value === "number" ? none : [`${path}: expected numeric (int or float), got ${kindOf(value)}`]
    case "boolean":
      return typeof value === "boolean" ? none : [`${path}: expected boolean, got ${held(value)}`]
    case "string":
    case "bytes":
      return typeof value === "string" ? none : [`${path}: expected string, got ${held(value)}`]
    case "time":
    case "microTime":
    case "quantity":
    case "intOrString":
      return isMap(value) || Array.isArray(value) ? [`${path}: expected untyped, got ${kindOf(value)}`] : none
  }
}

const keyOf = (type: ListType, item: JsonMap): JsonMap | undefined => {
  const key: JsonMap = {}
  for (const field of type.keys) {
    const value = item[field] ?? type.keyDefaults[field]
    if (value !== undefined) key[field] = value
  }
  return Object.keys(key).length === 0 ? undefined : key
}

const keyText = (key: JsonMap): string =>
  `[${Object.entries(key)
    .map(([field, value]) => `${field}=${JSON.stringify(value)}`)
    .join(",")}]`

const elementOf = (type: ListType, item: Json, index: number): { readonly text: string; readonly problem?: string } => {
  if (type.merge === "set") return { text: `[=${JSON.stringify(item)}]` }
  if (!isMap(item)) {
    return { text: "", problem: `element ${index}: associative list with keys may not have non-map elements` }
  }
  const key = keyOf(type, item)
  if (key !== undefined) return { text: keyText(key) }
  const names = type.keys.map((name) => JSON.stringify(name)).join(", ")
  return {
    text: "",
    problem: `element ${index}: associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
  }
}

const listFindings = (type: ListType, items: ReadonlyArray<Json>, path: string): Findings => {
  if (type.merge === "atomic") return items.flatMap((item, i) => check(type.items, item, `${path}[${i}]`))
  const seen = new Set<string>()
  return items.flatMap((item, i): Findings => {
    const { problem, text } = elementOf(type, item, i)
    if (problem !== undefined) return [`${path}: ${problem}`]
    const isTwice = seen.has(text)
    seen.add(text)
    return isTwice ? [`${path}: duplicate entries for key ${text}`] : check(type.items, item, `${path}${text}`)
  })
}

const byName = (value: JsonMap) => Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))

const structFindings = (type: StructType, value: JsonMap, path: string): Findings =>
  byName(value).flatMap(([field, member]) => {
    const below = type.fields.get(field)
    if (below !== undefined) return check(below, member ?? null, `${path}.${field}`)
    return type.preserveUnknown ? none : [`${path}.${field}: field not declared in schema`]
  })

const check = (type: TypeSchema, value: Json, path: string): Findings => {
  if (value === null) return none
  switch (type.tag) {
    case "any":
      return none
    case "scalar":
      return scalarFinding(type, value, path)
    case "list":
      return Array.isArray(value) ? listFindings(type, value, path) : [`${path}: expected list, got ${held(value)}`]
    case "map":
      return isMap(value)
        ? Object.entries(value).flatMap(([field, member]) => check(type.values, member ?? null, `${path}.${field}`))
        : [`${path}: expected map, got ${held(value)}`]
    case "struct":
      return isMap(value) ? structFindings(type, value, path) : [`${path}: expected map, got ${held(value)}`]
  }
}

/** The first thing that does not fit (the real server tells no more); undefined when everything does. */
export const typeFinding = (type: StructType, config: JsonMap): string | undefined =>
  structFindings(type, config, "")[0]
