/** From objects to field sets: what an object sets, and what differs between two objects, by the rules of its type. */
import { equalJson, isMap, type Json, type JsonMap } from "../json.js"
import { isAtomic, type ListType, memberType, type TypeSchema } from "../TypeSchema.js"
import { type FieldSet, FieldSetBuilder, trimSet } from "./FieldSet.js"

/** A list item without its key, or twice in one list. */
export class TypedError extends Error {}

/** The path element of an item in a keyed list or set. */
export const itemElement = (type: ListType, item: Json, index: number): string => {
  if (type.merge === "set") return `v:${JSON.stringify(item)}`
  if (!isMap(item)) throw new TypedError(`element ${index}: associative list with keys may not have non-map elements`)
  const key: JsonMap = {}
  for (const field of [...type.keys].sort()) {
    const value = item[field] ?? type.keyDefaults[field]
    if (value === undefined) {
      throw new TypedError(
        `element ${index}: associative list with keys has an element that omits key field "${field}" (and doesn't have default value)`,
      )
    }
    key[field] = value
  }
  return `k:${JSON.stringify(key)}`
}

/** Items of a keyed list or set by element, in order; of equal elements the first. */
export const itemsByElement = (type: ListType, items: ReadonlyArray<Json>): ReadonlyMap<string, Json> => {
  const byElement = new Map<string, Json>()
  items.forEach((item, index) => {
    const element = itemElement(type, item, index)
    if (!byElement.has(element)) byElement.set(element, item)
  })
  return byElement
}

const isEmpty = (value: Json): boolean => value === null || (isMap(value) && Object.keys(value).length === 0)

/** Whether a field of `type` is a member of a set by itself, besides its contents. */
const isOwnMember = (type: TypeSchema, field: string, value: Json): boolean =>
  isEmpty(value) || type.tag !== "struct" || (type.preserveUnknown && !type.fields.has(field))

const collectMember = (type: TypeSchema, field: string, value: Json, into: FieldSetBuilder): void => {
  const element = `f:${field}`
  const below = memberType(type, field)
  if (isAtomic(below, value)) into.members.add(element)
  else {
    if (isOwnMember(type, field, value)) into.members.add(element)
    collect(below, value, into.child(element))
  }
}

const collectItem = (type: ListType, element: string, item: Json, into: FieldSetBuilder): void => {
  into.members.add(element)
  if (!isAtomic(type.items, item)) collect(type.items, item, into.child(element))
}

const collect = (type: TypeSchema, value: Json, into: FieldSetBuilder): void => {
  if (type.tag === "list" && Array.isArray(value)) {
    for (const [element, item] of itemsByElement(type, value)) collectItem(type, element, item, into)
  } else if (isMap(value)) {
    for (const [field, member] of Object.entries(value)) {
      if (member !== undefined) collectMember(type, field, member, into)
    }
  }
}

/** Every path `object` sets. */
export const fieldsOf = (type: TypeSchema, object: Json): FieldSet => {
  const set = new FieldSetBuilder()
  collect(type, object, set)
  return trimSet(set)
}

/**
 * Members that are plain structs or lists in the server's types, and so are there, empty, before anybody sets them: an update that fills
 * them adds what is inside, not themselves.
 */
const alwaysThere = new Set([
  "metadata",
  "spec",
  "status",
  "template",
  "updateStrategy",
  "strategy",
  "containers",
  "involvedObject",
  "regarding",
  "source",
  "deprecatedSource",
])

/** The empty value of a member that is always there; undefined for others and for custom kinds, whose maps are as they are sent. */
const emptyOf = (type: TypeSchema, field: string): Json | undefined => {
  if (type.tag !== "struct" || type.name === "") return undefined
  const isThere = alwaysThere.has(field) || (field === "resources" && type.name === "PersistentVolumeClaimSpec")
  const below = memberType(type, field)
  if (!isThere || isAtomic(below, {})) return undefined
  return below.tag === "list" ? [] : {}
}

/** A new member with everything in it, containers included. */
const addMember = (type: TypeSchema, element: string, value: Json, into: FieldSetBuilder): void => {
  into.members.add(element)
  if (isAtomic(type, value)) return
  const inside = into.child(element)
  if (type.tag === "list" && Array.isArray(value)) {
    for (const [key, item] of itemsByElement(type, value)) addMember(type.items, key, item, inside)
  } else if (isMap(value)) {
    for (const [field, member] of Object.entries(value)) {
      if (member !== undefined) addMember(memberType(type, field), `f:${field}`, member, inside)
    }
  }
}

export interface Comparison {
  readonly added: FieldSet
  readonly removed: FieldSet
  readonly modified: FieldSet
}

interface ComparisonBuilder {
  readonly added: FieldSetBuilder
  readonly removed: FieldSetBuilder
  readonly modified: FieldSetBuilder
}

const below = (at: ComparisonBuilder, element: string): ComparisonBuilder => ({
  added: at.added.child(element),
  removed: at.removed.child(element),
  modified: at.modified.child(element),
})

const compareMaps = (type: TypeSchema, before: JsonMap, after: JsonMap, at: ComparisonBuilder): void => {
  for (const field of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const old = before[field] ?? (after[field] === undefined ? undefined : emptyOf(type, field))
    const now = after[field]
    const element = `f:${field}`
    if (old === undefined && now !== undefined) addMember(memberType(type, field), element, now, at.added)
    else if (old !== undefined && now === undefined) addMember(memberType(type, field), element, old, at.removed)
    else if (old !== undefined && now !== undefined) {
      compareValues(memberType(type, field), old, now, at, `f:${field}`)
    }
  }
}

const compareLists = (type: ListType, before: Json[], after: Json[], at: ComparisonBuilder): void => {
  const old = itemsByElement(type, before)
  const now = itemsByElement(type, after)
  for (const [element, item] of old) {
    const other = now.get(element)
    if (other === undefined) addMember(type.items, element, item, at.removed)
    else compareValues(type.items, item, other, at, element)
  }
  for (const [element, item] of now) if (!old.has(element)) addMember(type.items, element, item, at.added)
}

const compareValues = (type: TypeSchema, before: Json, after: Json, at: ComparisonBuilder, element: string): void => {
  if (equalJson(before, after)) return
  if (isAtomic(type, before) || isAtomic(type, after)) at.modified.members.add(element)
  else if (type.tag === "list" && Array.isArray(before) && Array.isArray(after)) {
    compareLists(type, before, after, below(at, element))
  } else if (isMap(before) && isMap(after)) compareMaps(type, before, after, below(at, element))
  else at.modified.members.add(element)
}

/** What changed from `before` to `after`. */
export const compareObjects = (type: TypeSchema, before: JsonMap, after: JsonMap): Comparison => {
  const at = { added: new FieldSetBuilder(), removed: new FieldSetBuilder(), modified: new FieldSetBuilder() }
  compareMaps(type, before, after, at)
  return { added: trimSet(at.added), removed: trimSet(at.removed), modified: trimSet(at.modified) }
}
