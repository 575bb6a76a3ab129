/**
 * Sets of field paths, as `managedFields` records them. A path is a chain of elements in their `fieldsV1` spelling: `f:name`,
 * `k:{"name":"x"}` (item of a keyed list), `v:"x"` (item of a set).
 */
import { isMap, type JsonMap } from "../json.js"

/** Immutable trie: an element can be a member, have children, or both. */
export interface FieldSet {
  readonly members: ReadonlySet<string>
  readonly children: ReadonlyMap<string, FieldSet>
}

/** The same, under construction. */
export class FieldSetBuilder implements FieldSet {
  readonly members = new Set<string>()
  readonly children = new Map<string, FieldSetBuilder>()
  /** The builder below `element`, created when absent. */
  child(element: string): FieldSetBuilder {
    const found = this.children.get(element)
    if (found !== undefined) return found
    const made = new FieldSetBuilder()
    this.children.set(element, made)
    return made
  }
}

export const emptySet: FieldSet = { members: new Set(), children: new Map() }

export const isEmptySet = (set: FieldSet): boolean =>
  set.members.size === 0 && [...set.children.values()].every(isEmptySet)

const withChildren = (members: ReadonlySet<string>, children: Map<string, FieldSet>): FieldSet => {
  for (const [element, child] of children) if (isEmptySet(child)) children.delete(element)
  return { members, children }
}

/** The same set without children that hold nothing: an empty list is no path. */
export const trimSet = (set: FieldSet): FieldSet =>
  withChildren(set.members, new Map([...set.children].map(([element, child]) => [element, trimSet(child)])))

export const unionSets = (a: FieldSet, b: FieldSet): FieldSet => {
  const children = new Map(a.children)
  for (const [element, child] of b.children) {
    const mine = children.get(element)
    children.set(element, mine === undefined ? child : unionSets(mine, child))
  }
  return withChildren(new Set([...a.members, ...b.members]), children)
}

/** Paths of `a` that are not in `b`; what lies below a path of `b` stays. */
export const subtractSet = (a: FieldSet, b: FieldSet): FieldSet => {
  const children = new Map<string, FieldSet>()
  for (const [element, child] of a.children) {
    const other = b.children.get(element)
    children.set(element, other === undefined ? child : subtractSet(child, other))
  }
  return withChildren(new Set([...a.members].filter((m) => !b.members.has(m))), children)
}

export const intersectSets = (a: FieldSet, b: FieldSet): FieldSet => {
  const children = new Map<string, FieldSet>()
  for (const [element, child] of a.children) {
    const other = b.children.get(element)
    if (other !== undefined) children.set(element, intersectSets(child, other))
  }
  return withChildren(new Set([...a.members].filter((m) => b.members.has(m))), children)
}

export const equalSets = (a: FieldSet, b: FieldSet): boolean =>
  a.members.size === b.members.size &&
  a.children.size === b.children.size &&
  [...a.members].every((m) => b.members.has(m)) &&
  [...a.children].every(([element, child]) => {
    const other = b.children.get(element)
    return other !== undefined && equalSets(child, other)
  })

/** Without `path` and everything below it. */
export const withoutPath = (set: FieldSet, path: ReadonlyArray<string>): FieldSet => {
  const [element, ...rest] = path
  if (element === undefined) return emptySet
  const child = set.children.get(element)
  const members = new Set(set.members)
  const children = new Map(set.children)
  if (rest.length === 0) {
    members.delete(element)
    children.delete(element)
  } else if (child !== undefined) children.set(element, withoutPath(child, rest))
  return withChildren(members, children)
}

/** Only what lies at or below the top-level `element`. */
export const onlyBelow = (set: FieldSet, element: string): FieldSet => {
  const child = set.children.get(element)
  return withChildren(
    new Set([...set.members].filter((m) => m === element)),
    new Map(child === undefined ? [] : [[element, child]]),
  )
}

/** All paths, parents before children. */
export const pathsOf = (set: FieldSet, prefix: ReadonlyArray<string> = []): ReadonlyArray<ReadonlyArray<string>> => [
  ...[...set.members].map((member) => [...prefix, member]),
  ...[...set.children].flatMap(([element, child]) => pathsOf(child, [...prefix, element])),
]

const keyText = (element: string): string => {
  const key: unknown = JSON.parse(element.slice(2))
  if (!isMap(key)) return `[=${element.slice(2)}]`
  return `[${Object.entries(key)
    .map(([field, value]) => `${field}=${JSON.stringify(value)}`)
    .join(",")}]`
}

/** A path as error messages spell it: `.spec.containers[name="x"].image`. */
export const pathText = (path: ReadonlyArray<string>): string =>
  path.map((element) => (element.startsWith("f:") ? `.${element.slice(2)}` : keyText(element))).join("")

/** `fieldsV1` of a set; members sorted, so that equal sets are equal JSON. */
export const encodeFields = (set: FieldSet): JsonMap => {
  const out: JsonMap = {}
  for (const element of [...new Set([...set.members, ...set.children.keys()])].sort()) {
    const child = set.children.get(element)
    const below = child === undefined ? {} : encodeFields(child)
    out[element] = child !== undefined && set.members.has(element) ? { ".": {}, ...below } : below
  }
  return out
}

/** The set of a `fieldsV1` value. */
export const decodeFields = (fields: unknown): FieldSet => {
  const set = new FieldSetBuilder()
  if (!isMap(fields)) return set
  for (const [element, below] of Object.entries(fields)) {
    if (element === ".") continue
    const keys = isMap(below) ? Object.keys(below) : []
    if (keys.length === 0 || keys.includes(".")) set.members.add(element)
    if (keys.some((k) => k !== ".")) set.children.set(element, decodeFields(below) as FieldSetBuilder)
  }
  return set
}
