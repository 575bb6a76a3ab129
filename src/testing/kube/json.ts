/** JSON values and the few structural operations the API server needs on them. */

export type Json = string | number | boolean | null | Json[] | { [field: string]: Json | undefined }
/** A JSON object under construction. */
export type JsonMap = { [field: string]: Json | undefined }

export const isMap = (value: unknown): value is JsonMap =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** `__proto__` is a name like others in JSON, and an assignment to it is none. */
const setMember = (map: JsonMap, key: string, member: Json): void => {
  if (key === "__proto__")
    Object.defineProperty(map, key, { value: member, enumerable: true, configurable: true, writable: true })
  else map[key] = member
}

/** A deep copy of plain JSON; `undefined` members vanish. */
export const cloneJson = (value: unknown): Json => {
  if (Array.isArray(value)) return value.map(cloneJson)
  if (isMap(value)) {
    const copy: JsonMap = {}
    for (const key of Object.keys(value)) {
      const member = value[key]
      if (member !== undefined) setMember(copy, key, cloneJson(member))
    }
    return copy
  }
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null
}

/** Clones an object; anything else becomes an empty one. */
export const cloneMap = (value: unknown): JsonMap => {
  const copy = cloneJson(value)
  return isMap(copy) ? copy : {}
}

/** Structural equality; member order does not matter, `undefined` members count as absent. */
export const equalJson = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => equalJson(item, b[i]))
  if (!isMap(a) || !isMap(b)) return false
  const present = (map: JsonMap) => Object.keys(map).filter((key) => map[key] !== undefined)
  const keys = present(a)
  return keys.length === present(b).length && keys.every((key) => b[key] !== undefined && equalJson(a[key], b[key]))
}

/** Freezes recursively; stops at parts that are frozen already (they were frozen by us). */
export const freezeJson = <A>(value: A): A => {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const member of Object.values(value)) freezeJson(member)
  }
  return value
}

/** The member as an object, if it is one. */
export const mapAt = (value: unknown, ...path: ReadonlyArray<string>): JsonMap | undefined => {
  const found = valueAt(value, ...path)
  return isMap(found) ? found : undefined
}

export const listAt = (value: unknown, ...path: ReadonlyArray<string>): Json[] | undefined => {
  const found = valueAt(value, ...path)
  return Array.isArray(found) ? found : undefined
}

export const stringAt = (value: unknown, ...path: ReadonlyArray<string>): string | undefined => {
  const found = valueAt(value, ...path)
  return typeof found === "string" ? found : undefined
}

export const numberAt = (value: unknown, ...path: ReadonlyArray<string>): number | undefined => {
  const found = valueAt(value, ...path)
  return typeof found === "number" ? found : undefined
}

export const valueAt = (value: unknown, ...path: ReadonlyArray<string>): Json | undefined => {
  let at: unknown = value
  for (const field of path) {
    if (!isMap(at)) return undefined
    at = at[field]
  }
  return at as Json | undefined
}

/** The object under `field`, created when absent. */
export const ensureMap = (parent: JsonMap, field: string): JsonMap => {
  const found = parent[field]
  if (isMap(found)) return found
  const made: JsonMap = {}
  parent[field] = made
  return made
}

/** A value for people: strings as they are, everything else as JSON. */
export const textOf = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""))
