/** The object part of server-side apply: merge a configuration over the live object, and take away what is no longer wanted. */
import { cloneJson, isMap, type Json, type JsonMap } from "../json.js"
import { isAtomic, type ListType, memberType, type TypeSchema } from "../TypeSchema.js"
import { itemElement, itemsByElement, TypedError } from "./extract.js"
import type { FieldSet } from "./FieldSet.js"

/**
 * Items of both lists: shared ones in the order of `applied`, the others where they were. The real server's order, so that an apply that
 * repeats the live order changes nothing.
 */
const mergeLists = (type: ListType, live: Json[], applied: Json[]): Json[] => {
  const mine = itemsByElement(type, applied)
  if (mine.size !== applied.length) throw new TypedError("duplicate entries for key")
  const theirs = itemsByElement(type, live)
  const left = [...theirs]
  const right = [...mine]
  const out: Json[] = []
  let l = 0
  for (let r = 0; r < right.length;) {
    const [element, item] = right[r] ?? ["", null]
    const next = left[l]
    if (next !== undefined && !mine.has(next[0])) {
      out.push(next[1])
      l++
      continue
    }
    if (next !== undefined && next[0] !== element && theirs.has(element) && l < left.length) {
      // A shared item, but not the one whose turn it is: it comes in the order of the configuration.
      l++
      continue
    }
    const other = theirs.get(element)
    out.push(other === undefined ? cloneJson(item) : mergeTyped(type.items, other, item))
    if (next !== undefined && next[0] === element) l++
    r++
  }
  for (; l < left.length; l++) {
    const next = left[l]
    if (next !== undefined && !mine.has(next[0])) out.push(next[1])
  }
  return out
}

/** `applied` over `live`. Shares structure with `live`; throws {@link TypedError} on items without keys. */
export const mergeTyped = (type: TypeSchema, live: Json | undefined, applied: Json): Json => {
  if (isAtomic(type, applied)) return cloneJson(applied)
  if (type.tag === "list" && Array.isArray(applied)) return mergeLists(type, Array.isArray(live) ? live : [], applied)
  if (!isMap(applied)) return cloneJson(applied)
  const out: JsonMap = isMap(live) ? { ...live } : {}
  for (const [field, value] of Object.entries(applied)) {
    if (value !== undefined) out[field] = mergeTyped(memberType(type, field), out[field], value)
  }
  return out
}

const owns = (set: FieldSet | undefined, element: string): boolean =>
  set !== undefined && (set.members.has(element) || set.children.has(element))

interface Removal {
  /** What the manager applied the last time. */
  readonly last: FieldSet
  /** What anybody owns now. */
  readonly owned: FieldSet | undefined
}

const below = (removal: Removal, element: string): Removal | undefined => {
  const last = removal.last.children.get(element)
  return last === undefined ? undefined : { last, owned: removal.owned?.children.get(element) }
}

const keptMember = (type: TypeSchema, element: string, value: Json, removal: Removal): Json | undefined => {
  if (removal.last.members.has(element) && !owns(removal.owned, element)) return undefined
  const deeper = below(removal, element)
  if (deeper === undefined) return value
  const kept = removeUnowned(type, value, deeper)
  const isEmptied = (isMap(kept) && Object.keys(kept).length === 0) || (Array.isArray(kept) && kept.length === 0)
  return isEmptied && kept !== value && !owns(removal.owned, element) ? undefined : kept
}

/** `value` without what the manager had applied and nobody owns any more; containers that become empty go too. */
export const removeUnowned = (type: TypeSchema, value: Json, removal: Removal): Json => {
  if (type.tag === "list" && Array.isArray(value)) {
    const kept = value.map((item, i) => keptMember(type.items, itemElement(type, item, i), item, removal))
    return kept.every((item, i) => item === value[i]) ? value : kept.filter((item) => item !== undefined)
  }
  if (!isMap(value)) return value
  const out: JsonMap = {}
  let changed = false
  for (const [field, member] of Object.entries(value)) {
    if (member === undefined) continue
    const kept = keptMember(memberType(type, field), `f:${field}`, member, removal)
    changed ||= kept !== member
    if (kept !== undefined) out[field] = kept
  }
  return changed ? out : value
}
