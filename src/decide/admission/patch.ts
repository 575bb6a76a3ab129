/** JSON Patch (RFC 6902) from one JSON value to another, in a fixed order: the answer of a mutating webhook. */
import type { Json } from "../../domain/Json.js"
import { isList, isObject } from "../effective/configTree.js"

export type PatchOperation =
  | { readonly op: "add" | "replace"; readonly path: string; readonly value: Json }
  | { readonly op: "remove"; readonly path: string }

const escaped = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1")

const isSame = (a: Json, b: Json): boolean => {
  if (isList(a) && isList(b)) return a.length === b.length && a.every((item, index) => isSame(item, b[index] ?? null))
  if (isObject(a) && isObject(b)) return difference(a, b, "").length === 0
  return Object.is(a, b)
}

const difference = (from: Json, to: Json, path: string): ReadonlyArray<PatchOperation> => {
  if (!isObject(from) || !isObject(to)) return isSame(from, to) ? [] : [{ op: "replace", path, value: to }]
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()
  return keys.flatMap((key): ReadonlyArray<PatchOperation> => {
    const at = `${path}/${escaped(key)}`
    const next = Object.hasOwn(to, key) ? to[key] : undefined
    const before = Object.hasOwn(from, key) ? from[key] : undefined
    if (next === undefined) return [{ op: "remove", path: at }]
    return before === undefined ? [{ op: "add", path: at, value: next }] : difference(before, next, at)
  })
}

/** What to change in `from` to have `to`. Maps are compared key by key, in the order of their keys; a list that differs is replaced. */
export const jsonPatch = (from: Json, to: Json): ReadonlyArray<PatchOperation> => difference(from, to, "")
