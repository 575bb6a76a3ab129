/** Places of a JSON value where a text stands, values and keys of maps, each with the smallest value around it that still makes sense. */
import { isList, isObject } from "../../src/decide/effective/configTree.js"
import type { Json, JsonObject } from "../../src/domain/Json.js"

export interface Leaf {
  /** `spec.rackConfig.racks[0].zone`; a key of a map ends in `{key}`. */
  readonly path: string
  /** What stands there. */
  readonly text: string
  readonly isKey: boolean
  /** The value with another text in this place. */
  readonly put: (text: string) => Json
}

/** Whether the item of a list, or the field of a map, that is not on the way to a leaf stays. */
export type Keeps = (key: string | number) => boolean

const around = (tree: JsonObject, key: string, keeps: Keeps): JsonObject =>
  Object.fromEntries(Object.entries(tree).filter(([other]) => other !== key && keeps(other)))

const ofList = (list: ReadonlyArray<Json>, path: string, keeps: Keeps): ReadonlyArray<Leaf> =>
  list.flatMap((item, index) =>
    leaves(item, `${path}[${index}]`, keeps).map((leaf) => ({
      ...leaf,
      put: (text: string) => list.flatMap((other, at) => (at === index ? [leaf.put(text)] : keeps(at) ? [other] : [])),
    })),
  )

const ofMap = (tree: JsonObject, path: string, keeps: Keeps): ReadonlyArray<Leaf> =>
  Object.entries(tree).flatMap(([key, value]) => [
    {
      path: `${path}.${key}{key}`,
      text: key,
      isKey: true,
      put: (text: string) => ({ ...around(tree, key, keeps), [text]: value }),
    },
    ...leaves(value, `${path}.${key}`, keeps).map((leaf) => ({
      ...leaf,
      put: (text: string) => ({ ...around(tree, key, keeps), [key]: leaf.put(text) }),
    })),
  ])

/** All of them, numbers and booleans included: they can arrive as text. By default everything around a leaf stays. */
export const leaves = (value: Json, path: string, keeps: Keeps = () => true): ReadonlyArray<Leaf> => {
  if (isList(value)) return ofList(value, path, keeps)
  if (isObject(value)) return ofMap(value, path, keeps)
  return [{ path, text: value === null ? "" : String(value), isKey: false, put: (text) => text }]
}
