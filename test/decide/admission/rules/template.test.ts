import { describe, expect, it } from "vitest"
import { problemText, reviewTemplate } from "../../../../src/decide/admission/review.js"
import { templateSpecProblems } from "../../../../src/decide/effective/rules/templateSpec.js"
import type { JsonObject } from "../../../../src/domain/Json.js"
import { errorRules, review, warningRules } from "../../../support/review.js"

const template = (spec: JsonObject) =>
  reviewTemplate({ operation: "CREATE", object: { apiVersion: "acko.io/v1alpha1", metadata: { name: "t" }, spec } })

const requests = (storage: string): JsonObject => ({ storage: { resources: { requests: { storage } } } })
const cases: ReadonlyArray<readonly [string, JsonObject, ReadonlyArray<string>, string]> = [
  ["TV1: an unknown level", { scheduling: { podAntiAffinityLevel: "hard" } }, ["TV1"], "hard"],
  ["TV2: an unknown policy", { scheduling: { podManagementPolicy: "Any" } }, ["TV2"], "Any"],
  ["TV3: less than no racks", { rackConfig: { maxRacksPerNode: -1 } }, ["TV3"], "-1"],
  [
    "TV4: a heartbeat by multicast",
    { aerospikeConfig: { network: { heartbeat: { mode: "multicast" } } } },
    ["TV4"],
    "multicast",
  ],
  ["TV5: nine nodes (R116)", { size: 9 }, ["TV5"], "9"],
  ["TV5: no node (R116)", { size: 0 }, ["TV5"], "0"],
  ["TV6: a port above 65535 (R116)", { monitoring: { enabled: true, port: 65_536 } }, ["TV6"], "65536"],
  ["TV7: nothing requested", requests("0"), ["TV7"], "0"],
  ["TV7: no quantity", requests("ten"), ["TV7"], "ten"],
  ["V4, B6: an Enterprise image no cluster could use", { image: "aerospike:ee-8.0.0" }, ["V4"], "ee-8.0.0"],
  [
    "V10, B6: Enterprise keys every namespace would inherit",
    { aerospikeConfig: { namespaceDefaults: { "strong-consistency": true } } },
    ["V10"],
    "spec.aerospikeConfig.namespaceDefaults.strong-consistency",
  ],
]

describe("a template", () => {
  it.each(cases)("%s", (_title, spec, rules, mention) => {
    const verdict = template(spec)
    expect(errorRules(verdict)).toEqual(rules)
    expect(verdict.errors.map(problemText).join()).toContain(mention)
  })

  it.each(cases)("overrides of a cluster too, by the same rules: %s", (_title, overrides, rules) => {
    const verdict = review({ templateRef: { name: "t" }, overrides })
    expect(errorRules(verdict)).toEqual(rules)
    expect(verdict.errors[0]?.path).toMatch(/^spec\.overrides\./)
  })

  it("TV1–TV7: hold where the schema was bypassed", () => {
    const found = templateSpecProblems(
      { size: 9, monitoring: { port: 70_000 }, rackConfig: { maxRacksPerNode: -1 } },
      "spec",
    )
    expect(found.map(({ rule }) => rule)).toEqual(["TV3", "TV5", "TV6"])
  })

  it("without a spec, empty or with empty texts is accepted", () => {
    expect(reviewTemplate({ operation: "CREATE", object: { metadata: { name: "t" } } }).errors).toEqual([])
    expect(template({}).errors).toEqual([])
    const empty = { scheduling: { podManagementPolicy: "" }, aerospikeConfig: { network: { heartbeat: { mode: "" } } } }
    expect(template(empty).errors).toEqual([])
    // The cluster that uses it gets the default.
    expect(template({ monitoring: { enabled: true, exporterImage: "" } }).errors).toEqual([])
  })

  it("is not judged while it is deleted", () => {
    expect(reviewTemplate({ operation: "DELETE", object: { spec: { size: 99 } } }).errors).toEqual([])
  })

  const resources = (requests: JsonObject, limits: JsonObject): JsonObject => ({ resources: { requests, limits } })
  it.each<[string, JsonObject, ReadonlyArray<string>]>([
    ["warning W17: local volumes of no class", { storage: { localPVRequired: true } }, ["W17"]],
    ["warning W18: limits above requests", resources({ cpu: "1" }, { cpu: "2" }), ["W18"]],
    ["warning W18: a request without a limit", resources({ memory: "1Gi" }, {}), ["W18"]],
    ["silent when equal as numbers", resources({ cpu: "1000m", memory: "1Gi" }, { cpu: 1, memory: "1024Mi" }), []],
    ["warning W19: an image that does not say ce-", { image: "aerospike:8.1.0" }, ["W19"]],
    ["silent when it does", { image: "aerospike:ce-8.1.1.1" }, []],
  ])("%s", (_title, spec, expected) => {
    expect(warningRules(template(spec))).toEqual(expected)
  })
})
