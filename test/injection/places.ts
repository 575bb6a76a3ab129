/** Every place of a schema in which a text can stand. */
import { isList, isObject } from "../../src/decide/effective/configTree.js"
import type { Json } from "../../src/domain/Json.js"
import type { Node } from "./schemaTree.js"

export interface Place {
  /** `spec.storage.volumes[].name`; `{key}` and `{value}` of a map; `{unknown}` and `{unknown}.value` of an open object. */
  readonly path: string
  /**
   * `text`: a string is expected. `number`: a number, which can arrive as a string. `key`: the key of a map. `unknownKey`, `unknownValue`: a
   * field no schema knows.
   */
  readonly kind: "text" | "number" | "key" | "unknownKey" | "unknownValue"
  /** Texts that may be taken here. */
  readonly samples: ReadonlyArray<string>
  /** By whom nothing is taken here: by no release of the server, or by none of the known ones. */
  readonly refused: Node["refused"]
  /** The tree with a text in this place, and nothing else. */
  readonly put: (text: string) => Json
}

/** Name of a field no schema knows. */
export const unknownField = "x-unknown"

/** The smallest value a schema takes. */
const smallest = (node: Node): Json => {
  switch (node.type) {
    case "string":
      return node.isIntOrString ? 1 : (node.samples.find((word) => word !== "") ?? "a")
    case "number":
      return Math.max(node.minimum, 1)
    case "boolean":
      return true
    case "array":
      return node.items === undefined || node.minItems === 0 ? [] : [smallest(node.items)]
    case "object":
      return completed(node, {})
  }
}

/** The value with every required field, as small as the schema allows. */
export const completed = (node: Node, value: Json): Json => {
  if (isList(value)) return value.map((item) => (node.items === undefined ? item : completed(node.items, item)))
  if (!isObject(value)) return value
  const missing = node.required.filter((key) => !Object.hasOwn(value, key))
  return {
    ...Object.fromEntries(
      missing.flatMap((key) => (node.properties[key] === undefined ? [] : [[key, smallest(node.properties[key])]])),
    ),
    ...Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        const below = Object.hasOwn(node.properties, key) ? node.properties[key] : node.values
        return [key, below === undefined ? item : completed(below, item)]
      }),
    ),
  }
}

const wrapped = (
  places: ReadonlyArray<Place>,
  wrap: (value: Json) => Json,
  refused: Node["refused"] = "never",
): ReadonlyArray<Place> =>
  places.map((place) => ({
    ...place,
    refused: refused === "never" ? place.refused : refused,
    put: (text) => wrap(place.put(text)),
  }))

const leaf = (
  path: string,
  kind: Place["kind"],
  { samples, refused }: Pick<Node, "samples" | "refused">,
  put: Place["put"],
): Place => ({ path, kind, samples, refused, put })

const open: Pick<Node, "samples" | "refused"> = { samples: [], refused: "never" }

const ofObject = (node: Node, path: string): ReadonlyArray<Place> => [
  ...Object.entries(node.properties).flatMap(([key, below]) =>
    wrapped(placesOf(below, `${path}.${key}`), (value) => ({ [key]: value }), below.refused),
  ),
  ...(node.values === undefined ? [] : ofMap(node.values, path)),
  ...(node.isOpen
    ? [
        leaf(`${path}{unknown}`, "unknownKey", open, (text) => ({ [text]: "info" })),
        leaf(`${path}{unknown}.value`, "unknownValue", open, (text) => ({ [unknownField]: text })),
      ]
    : []),
]

const ofMap = (values: Node, path: string): ReadonlyArray<Place> => [
  leaf(`${path}{key}`, "key", open, (text) => ({ [text]: smallest(values) })),
  ...wrapped(placesOf(values, `${path}{value}`), (value) => ({ key: value })),
]

/** All of them. */
export const placesOf = (node: Node, path: string): ReadonlyArray<Place> => {
  switch (node.type) {
    case "string":
      return [leaf(path, "text", node, (text) => text)]
    case "number":
    case "boolean":
      return [leaf(path, "number", node, (text) => text)]
    case "array":
      return node.items === undefined ? [] : wrapped(placesOf(node.items, `${path}[]`), (value) => [value])
    case "object":
      return ofObject(node, path)
  }
}
