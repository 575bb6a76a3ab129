import { describe, expect, it } from "vitest"
import { jsonPatch } from "../../../src/decide/admission/patch.js"
import type { Json } from "../../../src/domain/Json.js"

describe("JSON Patch", () => {
  it.each<[string, Json, Json, Json]>([
    ["nothing", { a: [{ b: 1 }] }, { a: [{ b: 1 }] }, []],
    [
      "added, in the order of the keys",
      {},
      { b: 1, a: { c: 2 } },
      [
        { op: "add", path: "/a", value: { c: 2 } },
        { op: "add", path: "/b", value: 1 },
      ],
    ],
    ["replaced below", { a: { b: 1, c: 0 } }, { a: { b: null, c: 0 } }, [{ op: "replace", path: "/a/b", value: null }]],
    ["a list as a whole", { a: [1] }, { a: [1, 2] }, [{ op: "replace", path: "/a", value: [1, 2] }]],
    ["removed", { a: 1 }, {}, [{ op: "remove", path: "/a" }]],
    ["escaped keys", {}, { "a/b~c": 1 }, [{ op: "add", path: "/a~1b~0c", value: 1 }]],
  ])("%s", (_title, from, to, operations) => {
    expect(jsonPatch(from, to)).toEqual(operations)
  })
})
