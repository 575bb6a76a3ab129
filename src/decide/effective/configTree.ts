/** Reading and merging configuration trees. Nothing here changes its input (W27). */
import type { Json, JsonObject } from "../../domain/Json.js"

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

/** A value or list of values as a list; absent and null are empty. */
export const listOf = (value: Json | undefined): ReadonlyArray<Json> =>
  value === undefined || value === null ? [] : isList(value) ? value : [value]

/** The entries of `namespaces`; a map in its place has none. */
export const namespaceEntries = (config: JsonObject): ReadonlyArray<Json> => {
  const namespaces = config["namespaces"]
  return isList(namespaces) ? namespaces : []
}

/** The map at `key`, or an empty one. */
export const section = (tree: JsonObject, key: string): JsonObject => {
  const value = tree[key]
  return isObject(value) ? value : {}
}

/** Maps recursively, `over` wins; scalars, lists and nulls replace (api.md §7.3). */
export const deepMerge = (base: JsonObject, over: JsonObject): JsonObject => {
  const merged: Record<string, Json> = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(base, key) ? base[key] : undefined
    setOwn(merged, key, isObject(below) && isObject(value) ? deepMerge(below, value) : value)
  }
  return merged
}

/** Assigns an own property also for keys such as `__proto__`. */
const setOwn = (target: Record<string, Json>, key: string, value: Json): void => {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}

/** `over` fills only keys that `tree` lacks; a present null stays. */
export const withDefaults = (tree: JsonObject, defaults: JsonObject): JsonObject => ({
  ...defaults,
  ...tree,
})

/** Whole part of a number, or the fallback (api.md §8.7 "Integer from config"); digits in a string count too. */
export const intOr = (value: Json | undefined, fallback: number): number => {
  if (typeof value === "number" && Number.isFinite(value)) return Math.trunc(value)
  if (typeof value === "string" && /^\d{1,15}$/.test(value)) return Number(value)
  return fallback
}

/** What a value is, for messages. */
export const kindOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "a list" : typeof value === "object" ? "a map" : `a ${typeof value}`
