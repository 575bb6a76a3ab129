/** JSON patch (RFC 6902). */
import { badRequest, unprocessable } from "../ApiFailure.js"
import { cloneJson, equalJson, isMap, type Json, stringAt } from "../json.js"

const tokens = (pointer: string): ReadonlyArray<string> => {
  if (pointer === "") return []
  return pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"))
}

/** The real server does not say which operation failed, nor why. */
const rejected = () => unprocessable("the server rejected our request due to an error in our request")

const indexOf = (list: Json[], token: string, end: number): number => {
  const index = token === "-" ? list.length : Number(token)
  if (!/^(-|\d+)$/.test(token) || index > end) throw rejected()
  return index
}

const child = (at: Json | undefined, token: string): Json | undefined => {
  if (Array.isArray(at)) return at[Number(token)]
  return isMap(at) ? at[token] : undefined
}

const find = (document: Json, pointer: string): Json | undefined =>
  tokens(pointer).reduce<Json | undefined>(child, document)

interface Place {
  readonly parent: Json
  readonly last: string
}

const placeOf = (document: Json, pointer: string): Place => {
  const path = tokens(pointer)
  const parent = path.slice(0, -1).reduce<Json | undefined>(child, document)
  if (parent === undefined || parent === null || typeof parent !== "object") throw rejected()
  return { parent, last: path.at(-1) ?? "" }
}

const add = (document: Json, pointer: string, value: Json): Json => {
  if (pointer === "") return value
  const { parent, last } = placeOf(document, pointer)
  if (Array.isArray(parent)) parent.splice(indexOf(parent, last, parent.length), 0, value)
  else if (isMap(parent)) parent[last] = value
  return document
}

const remove = (document: Json, pointer: string): Json => {
  const { parent, last } = placeOf(document, pointer)
  if (child(parent, last) === undefined) throw rejected()
  if (Array.isArray(parent)) parent.splice(indexOf(parent, last, parent.length - 1), 1)
  else if (isMap(parent)) delete parent[last]
  return document
}

/** A missing member is added, as the real server does against the RFC; a missing item is refused. */
const replace = (document: Json, pointer: string, value: Json): Json => {
  if (pointer === "") return value
  const { parent, last } = placeOf(document, pointer)
  if (Array.isArray(parent)) parent[indexOf(parent, last, parent.length - 1)] = value
  else if (isMap(parent)) parent[last] = value
  return document
}

const step = (document: Json, operation: Json): Json => {
  const kind = stringAt(operation, "op") ?? ""
  const path = stringAt(operation, "path") ?? ""
  const from = stringAt(operation, "from") ?? ""
  const value = cloneJson(isMap(operation) ? operation["value"] : null)
  switch (kind) {
    case "add":
      return add(document, path, value)
    case "remove":
      return remove(document, path)
    case "replace":
      return replace(document, path, value)
    case "test":
      if (!equalJson(find(document, path) ?? null, value)) throw rejected()
      return document
    case "move":
    case "copy": {
      const moved = find(document, from)
      if (moved === undefined) throw rejected()
      const copy = cloneJson(moved)
      return add(kind === "move" ? remove(document, from) : document, path, copy)
    }
    default:
      throw rejected()
  }
}

/** Applies all operations or none. Throws 422 when one does not apply (a failed `test` included), 400 for what is no list. */
export const jsonPatch = (target: Json, patch: unknown): Json => {
  if (!Array.isArray(patch))
    throw badRequest("error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp")
  return patch.map(cloneJson).reduce<Json>(step, cloneJson(target))
}
