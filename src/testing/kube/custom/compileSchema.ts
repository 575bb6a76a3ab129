/** From the OpenAPI schema of a custom kind to the type that apply and merge work with. */
import { isMap, type Json, type JsonMap, listAt, mapAt } from "../json.js"
import { builtinType, deducedType, type ListType, type StructType, type TypeSchema } from "../TypeSchema.js"

const stringsOf = (value: Json[] | undefined): ReadonlyArray<string> =>
  (value ?? []).filter((item) => typeof item === "string")

const compileList = (schema: JsonMap): ListType => {
  const itemSchema = mapAt(schema, "items")
  const items = compileSchema(itemSchema ?? {})
  const listType = schema["x-kubernetes-list-type"]
  const keys = stringsOf(listAt(schema, "x-kubernetes-list-map-keys"))
  const keyDefaults: Record<string, Json> = {}
  for (const key of keys) {
    const value = mapAt(itemSchema, "properties", key)?.["default"]
    if (value !== undefined) keyDefaults[key] = value
  }
  const merge = listType === "map" ? "map" : listType === "set" ? "set" : "atomic"
  return { tag: "list", items, merge, keys, keyDefaults }
}

const compileObject = (schema: JsonMap): TypeSchema => {
  const isAtomic = schema["x-kubernetes-map-type"] === "atomic"
  const properties = mapAt(schema, "properties")
  const additional = schema["additionalProperties"]
  if (properties === undefined && isMap(additional)) {
    return { tag: "map", values: compileSchema(additional), atomic: isAtomic }
  }
  const fields = new Map<string, TypeSchema>()
  for (const [field, member] of Object.entries(properties ?? {})) {
    fields.set(field, isMap(member) ? compileSchema(member) : deducedType)
  }
  if (schema["x-kubernetes-embedded-resource"] === true) fields.set("metadata", builtinType("ObjectMeta"))
  return {
    tag: "struct",
    name: "",
    fields,
    required: stringsOf(listAt(schema, "required")),
    atomic: isAtomic,
    preserveUnknown: schema["x-kubernetes-preserve-unknown-fields"] === true,
  }
}

/** The type of one schema node. */
export const compileSchema = (schema: JsonMap): TypeSchema => {
  if (schema["x-kubernetes-int-or-string"] === true) return { tag: "scalar", scalar: "intOrString" }
  switch (schema["type"]) {
    case "object":
      return compileObject(schema)
    case "array":
      return compileList(schema)
    case "string":
      return { tag: "scalar", scalar: "string" }
    case "integer":
      return { tag: "scalar", scalar: "int" }
    case "number":
      return { tag: "scalar", scalar: "number" }
    case "boolean":
      return { tag: "scalar", scalar: "boolean" }
    default:
      return deducedType
  }
}

/** The type of a whole custom object: its schema plus what every object has. */
export const compileRoot = (schema: JsonMap): StructType => {
  const root = compileSchema({ type: "object", ...schema })
  const fields = new Map(root.tag === "struct" ? root.fields : [])
  fields.set("apiVersion", { tag: "scalar", scalar: "string" })
  fields.set("kind", { tag: "scalar", scalar: "string" })
  fields.set("metadata", builtinType("ObjectMeta"))
  return {
    tag: "struct",
    name: "",
    fields,
    required: [],
    atomic: false,
    preserveUnknown: root.tag === "struct" && root.preserveUnknown,
  }
}
