import { describe, expect, it } from "vitest"
import type { Json, JsonObject } from "../../../../src/domain/Json.js"
import { reviewCluster } from "../../../../src/decide/admission/review.js"
import { operationProblems } from "../../../../src/decide/effective/rules/operations.js"
import { cluster, errorRules, type RuleCase } from "../../../support/review.js"
import { expectRefusal } from "./expectRefusal.js"

const restart = (id: string, more: JsonObject = {}): JsonObject => ({ kind: "PodRestart", id, ...more })
const operations = (...list: ReadonlyArray<Json>): JsonObject => ({ operations: list })

describe("operations", () => {
  it.each<RuleCase>([
    [
      "V50: two at a time",
      operations(restart("a"), restart("b")),
      ["V50"],
      ["spec.operations", "one operation at a time"],
    ],
    ["V51: an empty id (R116)", operations(restart("")), ["V51"], ["spec.operations[0].id", "1–20"]],
    ["V51: 21 characters (R116)", operations(restart("a".repeat(21))), ["V51"], ["1–20"]],
    ["V51: 21 bytes in 7 characters", operations(restart("日".repeat(7))), ["V51"], ["21 bytes", "1–20"]],
  ])("%s", (...given) => expectRefusal(...given))

  it("V52: a repeated id, where the schema was bypassed", () => {
    const found = operationProblems([
      { kind: "PodRestart", id: "a" },
      { kind: "WarmRestart", id: "a" },
    ])
    expect(found.map(({ rule }) => rule)).toEqual(["V50", "V52"])
    expect(found[1]?.message).toContain('"a"')
  })
})

describe("changes of operations", () => {
  const stored = (phase: string | undefined, list: ReadonlyArray<Json>): JsonObject =>
    cluster(operations(...list), phase === undefined ? {} : { status: { operationStatus: { id: "run-1", phase } } })
  const one = [restart("a")]

  it.each<[string, string | undefined, ReadonlyArray<Json>, ReadonlyArray<Json>, ReadonlyArray<string>]>([
    ["running, unchanged", "InProgress", one, one, []],
    ["V54: running, removed", "InProgress", one, [], ["V54"]],
    ["V54: running, added", "InProgress", [], one, ["V54"]],
    ["V55: running, another id", "InProgress", one, [restart("b")], ["V55"]],
    ["V55: running, another kind", "InProgress", one, [{ kind: "WarmRestart", id: "a" }], ["V55"]],
    ["running, other pods", "InProgress", one, [restart("a", { podList: ["demo-0-0"] })], []],
    ["completed", "Completed", one, [restart("b")], []],
    ["failed", "Error", one, [], []],
    ["never run", undefined, one, [restart("b")], []],
  ])("C.5: %s", (_title, phase, before, after, rules) => {
    const verdict = reviewCluster({
      operation: "UPDATE",
      object: cluster(operations(...after)),
      oldObject: stored(phase, before),
    })
    expect(errorRules(verdict)).toEqual(rules)
    for (const { message } of verdict.errors) expect(message).toContain("run-1")
  })

  it("V54–V56: told together with everything else that is wrong", () => {
    const verdict = reviewCluster({
      operation: "UPDATE",
      object: cluster({ image: "aerospike:ee-8.0.0", rackConfig: { racks: [{ id: 2 }] } }),
      oldObject: cluster(
        { operations: one, rackConfig: { racks: [{ id: 1 }] } },
        { status: { operationStatus: { id: "a", phase: "InProgress" } } },
      ),
    })
    expect(errorRules(verdict)).toEqual(["V54", "V56", "V4"])
  })
})
