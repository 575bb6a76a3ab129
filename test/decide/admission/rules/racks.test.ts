import { describe, expect, it } from "vitest"
import type { Json, JsonObject } from "../../../../src/domain/Json.js"
import { reviewCluster } from "../../../../src/decide/admission/review.js"
import { cluster, errorRules, review, type RuleCase } from "../../../support/review.js"
import { expectRefusal } from "./expectRefusal.js"

const racks = (...list: ReadonlyArray<Json>): JsonObject => ({ rackConfig: { racks: list } })
const amount = (field: string, value: Json): JsonObject => ({ rackConfig: { racks: [{ id: 1 }], [field]: value } })

const oneReplica = {
  namespaces: [{ name: "test", "replication-factor": 1, "storage-engine": { type: "memory", "data-size": "1Gi" } }],
}

describe("racks", () => {
  it.each<RuleCase>([
    ["V22: rack 0", racks({ id: 0 }), ["V22"], ["spec.rackConfig.racks[0].id", "0 is reserved"]],
    ["V23: a repeated id", racks({ id: 1 }, { id: 1 }), ["V23"], ["rack id 1"]],
    ["V24: a repeated label", racks({ id: 1, rackLabel: "a" }, { id: 2, rackLabel: "a" }), ["V24"], ["rackLabel a"]],
    ["V25: no batch at all", amount("scaleDownBatchSize", 0), ["V25"], ["scaleDownBatchSize", "0"]],
    ["V26: fewer than none", amount("maxIgnorablePods", -1), ["V26"], ["maxIgnorablePods", "-1"]],
    ["V27: more than all", amount("rollingUpdateBatchSize", "101%"), ["V27"], ["rollingUpdateBatchSize", '"101%"']],
  ])("%s", (...given) => expectRefusal(...given))

  it("V24: zones, regions, nodes and empty labels may repeat", () => {
    const same = { zone: "a", region: "r", nodeName: "n", rackLabel: "" }
    expect(errorRules(review(racks({ id: 1, ...same }, { id: 2, ...same })))).toEqual([])
  })

  const values: ReadonlyArray<readonly [Json, boolean, boolean]> = [
    [5, true, true],
    [0, false, true],
    [-1, false, false],
    ["1%", true, true],
    ["50%", true, true],
    ["100%", true, true],
    ["0%", false, true],
    ["101%", false, false],
    ["200%", false, false],
    ["-5%", false, false],
    ["abc%", false, false],
    ["hello", false, false],
    ["2", false, false],
    ["", false, false],
  ]
  const fields: ReadonlyArray<readonly [string, string, (at: (typeof values)[number]) => boolean]> = [
    ["V25", "scaleDownBatchSize", ([, fromOne]) => fromOne],
    ["V26", "maxIgnorablePods", ([, , fromZero]) => fromZero],
    ["V27", "rollingUpdateBatchSize", ([, fromOne]) => fromOne],
  ]
  it.each(
    fields.flatMap(([rule, field, isOk]) =>
      values.map((value) => [field, value[0], isOk(value) ? [] : [rule]] as const),
    ),
  )("C.2: %s %j", (field, value, rules) => {
    expect(errorRules(review(amount(field, value)))).toEqual(rules)
  })

  it("the smallest share of the smallest rack is still one pod: a batch below one cannot be written", () => {
    expect(
      errorRules(review({ size: 1, aerospikeConfig: oneReplica, ...amount("rollingUpdateBatchSize", "1%") })),
    ).toEqual([])
    expect(errorRules(review({ rollingUpdateBatchSize: 0 }))).toHaveLength(1)
  })
})

describe("changes of racks", () => {
  const withRacks = (ids: ReadonlyArray<number> | undefined): JsonObject =>
    cluster(ids === undefined ? {} : racks(...ids.map((id) => ({ id }))))
  it.each<[string, ReadonlyArray<number> | undefined, ReadonlyArray<number> | undefined, ReadonlyArray<string>]>([
    ["added", [1, 2], [1, 2, 3], []],
    ["removed", [1, 2, 3], [1, 2], []],
    ["reordered", [1, 2], [2, 1], []],
    ["V56: replaced", [1, 2], [1, 3], ["V56"]],
    ["V56: all replaced", [1, 2], [3, 4, 5], ["V56"]],
    ["V56: two for one", [1, 2, 3], [1, 4], ["V56"]],
    ["introduced", undefined, [1, 2], []],
    ["given up", [1, 2], undefined, []],
  ])("C.4: %s", (_title, before, after, rules) => {
    const verdict = reviewCluster({ operation: "UPDATE", object: withRacks(after), oldObject: withRacks(before) })
    expect(errorRules(verdict)).toEqual(rules)
    for (const { message, fix } of verdict.errors) {
      expect(message).toContain("at once")
      expect(fix).toContain("two steps")
    }
  })

  it("V56: names what is added and what is removed", () => {
    const verdict = reviewCluster({ operation: "UPDATE", object: withRacks([1, 3]), oldObject: withRacks([1, 2]) })
    expect(verdict.errors[0]?.message).toContain("racks 3 are added and racks 2 removed")
  })
})
