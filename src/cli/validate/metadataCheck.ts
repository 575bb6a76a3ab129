/** `metadata` is the API server's own: it reads it before anything else, and its words about a wrong type are about Go. */
import { isObject, kindOf, section } from "../../decide/effective/configTree.js"
import type { Json, JsonObject } from "../../domain/Json.js"
import type { SpecProblem } from "../../domain/SpecProblem.js"

const problem = (path: string, message: string, fix: string): SpecProblem => ({ rule: "schema", path, message, fix })

const textProblems = (value: Json | undefined, path: string): ReadonlyArray<SpecProblem> => {
  if (value === undefined || value === null || typeof value === "string") return []
  const fix = typeof value === "object" ? "write text" : `write ${JSON.stringify(String(value))}, in quotes`
  return [problem(path, `expected text, it is ${kindOf(value)}`, fix)]
}

const mapProblems = (value: Json | undefined, path: string): ReadonlyArray<SpecProblem> => {
  if (value === undefined || value === null) return []
  return isObject(value)
    ? Object.entries(value).flatMap(([key, text]) => textProblems(text, `${path}.${key}`))
    : [problem(path, `expected a map of texts, it is ${kindOf(value)}`, "write key: value, each value as text")]
}

const texts = ["name", "generateName", "namespace"]
const maps = ["labels", "annotations"]

/** What in `metadata` is not of the type it must have. */
export const metadataTypeProblems = (object: JsonObject): ReadonlyArray<SpecProblem> => {
  const metadata = object["metadata"]
  if (metadata === undefined || metadata === null) return []
  if (!isObject(metadata))
    return [problem("metadata", `expected a map, it is ${kindOf(metadata)}`, "write a map with name and namespace")]
  return [
    ...texts.flatMap((key) => textProblems(metadata[key], `metadata.${key}`)),
    ...maps.flatMap((key) => mapProblems(metadata[key], `metadata.${key}`)),
  ]
}

const asText = (value: Json): Json =>
  typeof value === "number" || typeof value === "boolean" ? String(value) : typeof value === "object" ? null : value

/** `metadata` with every value as the text it was meant to be, so that the API server looks at the rest. */
export const readableMetadata = (object: JsonObject): JsonObject => {
  const metadata = object["metadata"]
  // Said already; a name that is missing as well would be said twice.
  if (metadata !== undefined && metadata !== null && !isObject(metadata)) return { name: "unnamed" }
  return Object.fromEntries(
    Object.entries(section(object, "metadata")).map(([key, value]): readonly [string, Json] => {
      if (texts.includes(key)) return [key, isObject(value) || Array.isArray(value) ? "unnamed" : asText(value)]
      if (!maps.includes(key) || value === null) return [key, value]
      return [key, Object.fromEntries(Object.entries(isObject(value) ? value : {}).map(([k, v]) => [k, asText(v)]))]
    }),
  )
}
