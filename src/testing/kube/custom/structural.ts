/** Pruning and defaulting of custom objects by their structural schema. */
import { cloneJson, isMap, type Json, type JsonMap, mapAt } from "../json.js"
import { builtinType } from "../TypeSchema.js"

const embedded = new Set(["apiVersion", "kind", "metadata"])

const pruneMetadata = (metadata: JsonMap, path: string, unknown: Array<string>): JsonMap => {
  const { fields } = builtinType("ObjectMeta")
  unknown.push(...Object.keys(metadata).flatMap((field) => (fields.has(field) ? [] : [`${path}.${field}`])))
  return Object.fromEntries(Object.entries(metadata).filter(([field]) => fields.has(field)))
}

const pruneMap = (schema: JsonMap, value: JsonMap, path: string, unknown: Array<string>, isRoot: boolean): JsonMap => {
  const properties = mapAt(schema, "properties") ?? {}
  const additional = schema["additionalProperties"]
  const keepsUnknown = schema["x-kubernetes-preserve-unknown-fields"] === true || additional === true
  const isResource = isRoot || schema["x-kubernetes-embedded-resource"] === true
  const out: JsonMap = {}
  for (const [field, member] of Object.entries(value)) {
    if (member === undefined) continue
    const here = path === "" ? field : `${path}.${field}`
    const known = properties[field]
    if (isResource && embedded.has(field)) {
      out[field] = field === "metadata" && !isRoot && isMap(member) ? pruneMetadata(member, here, unknown) : member
    } else if (isMap(known)) out[field] = prune(known, member, here, unknown)
    else if (isMap(additional)) out[field] = prune(additional, member, here, unknown)
    else if (keepsUnknown) out[field] = member
    else unknown.push(here)
  }
  return out
}

const prune = (schema: JsonMap, value: Json, path: string, unknown: Array<string>): Json => {
  if (Array.isArray(value)) {
    const items = schema["items"]
    return isMap(items) ? value.map((item, i) => prune(items, item, `${path}[${i}]`, unknown)) : value
  }
  return isMap(value) ? pruneMap(schema, value, path, unknown, false) : value
}

/** `object` without fields the schema does not know; their paths go to `unknown`. */
export const pruneObject = (schema: JsonMap, object: JsonMap, unknown: Array<string>): JsonMap =>
  pruneMap(schema, object, "", unknown, true)

const fillMap = (schema: JsonMap, value: JsonMap): void => {
  const properties = mapAt(schema, "properties") ?? {}
  for (const [field, member] of Object.entries(properties)) {
    if (!isMap(member)) continue
    const given = value[field]
    const isMissing = given === undefined || (given === null && member["nullable"] !== true)
    if (isMissing && member["default"] !== undefined) value[field] = cloneJson(member["default"])
    // Null where null is not allowed means absent.
    else if (isMissing) delete value[field]
  }
  const additional = schema["additionalProperties"]
  for (const [field, member] of Object.entries(value)) {
    const below = properties[field] ?? additional
    if (isMap(below) && member !== undefined) fillSchemaDefaults(below, member)
  }
}

/** Fills schema defaults in place, top down: a defaulted object gets the defaults of its members. */
export const fillSchemaDefaults = (schema: JsonMap, value: Json): void => {
  const items = schema["items"]
  if (Array.isArray(value) && isMap(items)) for (const item of value) fillSchemaDefaults(items, item)
  else if (isMap(value)) fillMap(schema, value)
}
