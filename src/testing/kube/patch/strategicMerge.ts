/** Strategic merge patch: a merge patch that merges keyed lists item by item, with `$patch`, `$deleteFromPrimitiveList`, `$retainKeys`. */
import { ApiFailure } from "../ApiFailure.js"
import { cloneJson, equalJson, isMap, type Json, type JsonMap, textOf } from "../json.js"
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

/** Go's spelling of a map. */
const goText = (item: JsonMap): string =>
  `map[${Object.keys(item)
    .sort()
    .map((field) => `${field}:${textOf(item[field])}`)
    .join(" ")}]`

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
      throw new ApiFailure(500, "", `map: ${goText(item)} does not contain declared merge key: ${key}`)
    return mergeItem(type, key, out, item)
  }, live)
}

const mergedItems = (type: ListType, live: Json[], patch: Json[]): Json[] => {
  if (type.merge === "set") return mergePrimitives(live, patch)
  return type.patchKey === undefined ? patch.map(cloneJson) : mergeKeyed(type, type.patchKey, live, patch)
}

const positionIn = (type: ListType, list: Json[]) => {
  const key = type.patchKey
  return (item: Json): number =>
    list.findIndex((other) =>
      key !== undefined && isMap(other) && isMap(item) ? equalJson(other[key], item[key]) : equalJson(other, item),
    )
}

/**
 * The order of a merged list: items the patch names in its order, the others as they were. Of one of each, the one that was first stays
 * first; a new one goes before those that were there.
 */
const ordered = (type: ListType, merged: Json[], live: Json[], order: Json[]): Json[] => {
  const rank = positionIn(type, order)
  const past = positionIn(type, live)
  const named = merged.filter((item) => rank(item) >= 0).sort((a, b) => rank(a) - rank(b))
  const others = merged.filter((item) => rank(item) < 0).sort((a, b) => past(a) - past(b))
  const out: Json[] = []
  for (const item of named) {
    const was = past(item)
    while (others[0] !== undefined && was >= 0 && past(others[0]) < was) out.push(others.shift() ?? null)
    out.push(item)
  }
  return [...out, ...others]
}

const isMerged = (type: ListType): boolean => type.merge === "set" || type.patchKey !== undefined

const mergeList = (type: TypeSchema, live: Json | undefined, patch: Json[], order: Json[] = patch): Json[] => {
  if (type.tag !== "list" || !isMerged(type)) return patch.map(cloneJson)
  const items = Array.isArray(live) ? live : []
  return ordered(type, mergedItems(type, items, patch), items, order)
}

const applyDirectives = (type: TypeSchema, out: JsonMap, patch: JsonMap): void => {
  for (const [directive, value] of Object.entries(patch)) {
    const list = Array.isArray(value) ? value : []
    const field = directive.slice(directive.indexOf("/") + 1)
    const items = out[field]
    if (directive.startsWith(fromPrimitives) && Array.isArray(items)) {
      out[field] = items.filter((item) => !list.some((gone) => equalJson(gone, item)))
    }
    const below = memberType(type, field)
    if (
      directive.startsWith(elementOrder) &&
      Array.isArray(items) &&
      below.tag === "list" &&
      patch[field] === undefined
    ) {
      out[field] = ordered(below, items, items, list)
    }
    if (directive === "$retainKeys") for (const kept of Object.keys(out)) if (!list.includes(kept)) delete out[kept]
  }
}

/** `patch` merged into `live` by the rules of `type`. Throws 500 (as the real server does) for an item without its merge key. */
export const strategicMerge = (type: TypeSchema, live: Json | undefined, patch: Json): Json => {
  if (!isMap(patch)) return cloneJson(patch)
  if (patch["$patch"] === "replace") return cloneJson(plain(patch))
  if (patch["$patch"] === "delete") return {}
  const out: JsonMap = isMap(live) ? { ...live } : {}
  for (const [field, value] of Object.entries(patch)) {
    if (isDirective(field) || value === undefined) continue
    const below = type.tag === "struct" || type.tag === "map" ? memberType(type, field) : opaqueType
    if (value === null) delete out[field]
    else if (Array.isArray(value)) {
      const order = patch[`${elementOrder}${field}`]
      out[field] = mergeList(below, out[field], value, Array.isArray(order) ? order : value)
    } else out[field] = strategicMerge(below, out[field], value)
  }
  applyDirectives(type, out, patch)
  return out
}
