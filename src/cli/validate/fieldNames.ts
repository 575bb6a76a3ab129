/** What a field that does not exist was probably meant to be, by the schema of its kind. */
import { nearestOf } from "../../decide/configuration/check/nearest.js"
import { isObject, section } from "../../decide/effective/configTree.js"
import type { JsonObject } from "../../domain/Json.js"
import { steps } from "./documents.js"

const fieldsOf = (schema: JsonObject): JsonObject => section(schema, "properties")

/** The schema of the object at a path; of a list, that of its items. */
const schemaAt = (schema: JsonObject, path: ReadonlyArray<string | number>): JsonObject =>
  path.reduce<JsonObject>(
    (at, step) => (typeof step === "number" ? section(at, "items") : section(fieldsOf(at), step)),
    schema,
  )

const joined = (path: ReadonlyArray<string | number>): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`
    return text === "" ? step : `${text}.${step}`
  }, "")

/** Compared letter by letter: `hostnetwork`, `host_network` and `hostNetwrok` are `hostNetwork`. */
const meant = (word: string, names: ReadonlyArray<string>): string | undefined => {
  const byLetters = new Map(names.map((name) => [name.toLowerCase(), name]))
  const nearest = nearestOf(word.replace(/[-_]/g, ""), byLetters.keys())
  return nearest !== undefined && nearest.isLikely && nearest.distance * 3 <= word.length
    ? byLetters.get(nearest.name)
    : undefined
}

/** Where a field of that name stands: one level further in, or further out. */
const home = (root: JsonObject, around: ReadonlyArray<string | number>, key: string): string | undefined => {
  const below = Object.entries(fieldsOf(schemaAt(root, around)))
    .filter(([name, schema]) => name !== "status" && isObject(schema) && Object.hasOwn(fieldsOf(schema), key))
    .map(([name]) => joined([...around, name]))
  const above = around
    .map((_step, index) => around.slice(0, around.length - 1 - index))
    .filter((path) => path.length > 0 && Object.hasOwn(fieldsOf(schemaAt(root, path)), key))
    .map(joined)
  return [...(below.length === 1 ? below : []), ...above][0]
}

/** The fix for an unknown field at `path` of a resource with this schema. */
export const unknownFieldFix = (root: JsonObject, path: string): string => {
  const all = steps(path)
  const around = all.slice(0, -1)
  const key = String(all.at(-1) ?? "")
  const name = meant(key, Object.keys(fieldsOf(schemaAt(root, around))))
  if (name !== undefined) return `write ${name}, the nearest name, or remove it`
  const place = home(root, around, key)
  return place === undefined
    ? "correct its name, or remove it"
    : `move it to ${place}, where ${key} belongs, or remove it`
}
