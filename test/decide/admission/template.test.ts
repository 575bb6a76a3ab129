import { describe, expect, it } from "vitest"
import { reviewCluster } from "../../../src/decide/admission/review.js"
import type { Json, JsonObject } from "../../../src/domain/Json.js"

const refused = (spec: JsonObject, template?: JsonObject) => {
  const object: Json = { metadata: { name: "db", namespace: "ns" }, spec: { templateRef: { name: "t" }, ...spec } }
  const known = template === undefined ? {} : { template: { metadata: { name: "t" }, spec: template } }
  return reviewCluster({ operation: "CREATE", object, ...known }).errors.map(({ rule }) => rule)
}

describe("a cluster that refers to a template", () => {
  it("B5: size and image are not asked for while the template is unknown", () => {
    expect(refused({})).toEqual([])
  })

  it("B6: is judged together with the template when that is known", () => {
    const namespaces = [{ name: "test", "replication-factor": 2 }]
    expect(refused({ aerospikeConfig: { namespaces } }, { size: 1, image: "aerospike:ee-8.1.0" })).toEqual([
      "V4",
      "V49",
    ])
    expect(refused({}, {})).toEqual(["E4", "E5"])
  })
})
