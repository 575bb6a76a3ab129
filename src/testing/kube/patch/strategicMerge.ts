/** Strategic merge patch: a merge patch that merges keyed lists item by item, with `$patch`, `$deleteFromPrimitiveList`, `$retainKeys`. */
import { badRequest } from "../ApiFailure.js"
import { cloneJson, equalJson, isMap, type Json, type JsonMap } from "../json.js"
import { type ListType, memberType, opaqueType, type TypeSchema } from "../TypeSchema.js"

const elementOrder = "$setElementOrder/"
const fromPrimitives = "$deleteFromPrimitiveList/"
const isDirective = (field: string) => field.startsWith("$")

const plain = (patch: JsonMap): JsonMap => {
  const out: JsonMap = {}
  for (const [field, value] of Object.entries(patch)) if (!isDirective(field)) out[field] = value
  return out
}

const mergePrimitives = (live: Json[], patch: Json[]): Json[] => [
  ...live,
  ...patch.filter((item) => !live.some((other) => equalJson(item, other))).map(cloneJson),
]

const mergeItem = (type: ListType, key: string, items: Json[], item: JsonMap): Json[] => {
  const at = items.findIndex((other) => isMap(other) && equalJson(other[key], item[key]))
  if (item["$patch"] === "delete") return items.filter((_, i) => i !== at)
  if (item["$patch"] === "replace") {
    const replaced = cloneJson(plain(item))
    return at < 0 ? [...items, replaced] : items.map((other, i) => (i === at ? replaced : other))
  }
  if (at < 0) return [...items, strategicMerge(type.items, undefined, item)]
  return items.map((other, i) => (i === at ? strategicMerge(type.items, other, item) : other))
}

const mergeKeyed = (type: ListType, key: string, live: Json[], patch: Json[]): Json[] => {
  const items = patch.filter(isMap)
  if (items.some((item) => item["$patch"] === "replace" && item[key] === undefined)) {
    return items.filter((item) => item[key] !== undefined).map((item) => cloneJson(plain(item)))
  }
  return items.reduce<Json[]>((out, item) => {
    if (item[key] === undefined)
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`)
    return mergeItem(type, key, out, item)
  }, live)
}

const mergeList = (type: TypeSchema, live: Json | undefined, patch: Json[]): Json[] => {
  const items = Array.isArray(live) ? live : []
  if (type.tag !== "list") return patch.map(cloneJson)
  if (type.merge === "set") return mergePrimitives(items, patch)
  if (type.patchKey === undefined) return patch.map(cloneJson)
  return mergeKeyed(type, type.patchKey, items, patch)
}

/** Orders what a `$setElementOrder` list names; items it does not name stay behind those they followed. */
const reorder = (type: TypeSchema, items: Json[], order: Json[]): Json[] => {
  const key = type.tag === "list" ? type.patchKey : undefined
  const rank = (item: Json): number =>
    order.findIndex((wanted) =>
      key !== undefined && isMap(wanted) && isMap(item) ? equalJson(wanted[key], item[key]) : equalJson(wanted, item),
    )
  const named = items.filter((item) => rank(item) >= 0).sort((a, b) => rank(a) - rank(b))
  let next = 0
  return items.map((item) => (rank(item) >= 0 ? (named[next++] ?? item) : item))
}

const applyDirectives = (type: TypeSchema, out: JsonMap, patch: JsonMap): void => {
  for (const [directive, value] of Object.entries(patch)) {
    const list = Array.isArray(value) ? value : []
    const field = directive.slice(directive.indexOf("/") + 1)
    const items = out[field]
    if (directive.startsWith(fromPrimitives) && Array.isArray(items)) {
      out[field] = items.filter((item) => !list.some((gone) => equalJson(gone, item)))
    }
    if (directive.startsWith(elementOrder) && Array.isArray(items)) {
      out[field] = reorder(memberType(type, field), items, list)
    }
    if (directive === "$retainKeys") for (const kept of Object.keys(out)) if (!list.includes(kept)) delete out[kept]
  }
}

/** `patch` merged into `live` by the rules of `type`. Throws 400 for an item without its merge key. */
export const strategicMerge = (type: TypeSchema, live: Json | undefined, patch: Json): Json => {
  if (!isMap(patch)) return cloneJson(patch)
  if (patch["$patch"] === "replace") return cloneJson(plain(patch))
  if (patch["$patch"] === "delete") return {}
  const out: JsonMap = isMap(live) ? { ...live } : {}
  for (const [field, value] of Object.entries(patch)) {
    if (isDirective(field) || value === undefined) continue
    const below = type.tag === "struct" || type.tag === "map" ? memberType(type, field) : opaqueType
    if (value === null) delete out[field]
    else if (Array.isArray(value)) out[field] = mergeList(below, out[field], value)
    else out[field] = strategicMerge(below, out[field], value)
  }
  applyDirectives(type, out, patch)
  return out
}
