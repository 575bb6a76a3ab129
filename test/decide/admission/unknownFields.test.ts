import * as fc from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { jsonPatch } from "../../../src/decide/admission/patch.js"
import { reviewCluster, reviewTemplate } from "../../../src/decide/admission/review.js"
import { isList, isObject } from "../../../src/decide/effective/configTree.js"
import type { Json, JsonObject } from "../../../src/domain/Json.js"
import type { Json as PlainJson } from "../../../src/testing/kube/json.js"
import { jsonPatch as applied } from "../../../src/testing/kube/patch/jsonPatch.js"
import { completeCluster, completeTemplate } from "../../support/completeCluster.js"

/** Names no version of the definitions has had so far. */
const name = fc.constantFrom("x-later", "xLater", "x~later/y", "x later")
const value: fc.Arbitrary<Json> = fc
  .jsonValue({ maxDepth: 3 })
  .map((given) => JSON.parse(JSON.stringify(given)) as Json)

/** The tree with one more field in the `where`-th map of it. */
const withField = (tree: Json, where: number, key: string, field: Json): Json => {
  let at = 0
  const visit = (node: Json): Json => {
    if (isList(node)) return node.map(visit)
    if (!isObject(node)) return node
    const isHere = at++ === where
    const below = Object.fromEntries(Object.entries(node).map(([name, item]) => [name, visit(item)]))
    return isHere ? { ...below, [key]: field } : below
  }
  return visit(tree)
}

const mapsIn = (tree: Json): number =>
  isList(tree)
    ? tree.reduce<number>((sum, item) => sum + mapsIn(item), 0)
    : isObject(tree)
      ? 1 + mapsIn(Object.values(tree))
      : 0

/** Everything of `part` is in `whole` as it was: maps may have more, nothing else may differ. */
const losses = (part: Json, whole: Json | undefined, path: string): ReadonlyArray<string> => {
  if (isObject(part) && isObject(whole))
    return Object.entries(part).flatMap(([key, item]) =>
      losses(item, Object.hasOwn(whole, key) ? whole[key] : undefined, `${path}.${key}`),
    )
  if (isList(part) && isList(whole) && part.length === whole.length)
    return part.flatMap((item, index) => losses(item, whole[index], `${path}[${index}]`))
  return JSON.stringify(part) === JSON.stringify(whole) ? [] : [path]
}

const kinds: ReadonlyArray<readonly [string, JsonObject, (object: Json) => Json]> = [
  ["cluster", completeCluster, (object) => reviewCluster({ operation: "CREATE", object }).defaulted],
  ["template", completeTemplate, (object) => reviewTemplate({ operation: "CREATE", object }).defaulted],
]

describe("fields of another version", () => {
  it.each(kinds)(
    "R113: wherever they stand in a %s, defaults and the webhook's patch leave them as they are",
    (_kind, complete, defaulted) => {
      const places = mapsIn(complete["spec"] ?? null)
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.nat({ max: places - 1 }), name, value), { minLength: 1, maxLength: 4 }),
          (fields) => {
            const spec = fields.reduce<Json>(
              (tree, [where, key, field]) => withField(tree, where, key, field),
              complete["spec"] ?? null,
            )
            const object = { ...complete, spec }
            const result = defaulted(object)
            expect(losses(object, result, "")).toEqual([])
            const patch = jsonPatch(object, result)
            expect(patch.filter(({ op }) => op === "remove")).toEqual([])
            expect(applied(JSON.parse(JSON.stringify(object)) as PlainJson, patch)).toEqual(result)
          },
        ),
        { numRuns: 100 },
      )
    },
  )
})
