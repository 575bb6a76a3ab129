import { describe, expect, it } from "vitest"
import { valuesAt } from "../../../src/sandbox/http/jsonPath.js"
import { humanDuration } from "../../../src/sandbox/http/tableCells.js"

const object = {
  spec: { size: 3, "a-b": 1, list: [{ n: "x" }, { n: "y" }] },
  status: {
    conditions: [
      { type: "Available", status: "True" },
      { type: "Ready", status: "False" },
    ],
  },
  metadata: { annotations: { "acko.io/x": "v" } },
}

describe("printer columns", () => {
  it.each([
    [".spec.size", [3]],
    [".spec.a-b", [1]],
    [".status.conditions[?(@.type=='Available')].status", ["True"]],
    ['.status.conditions[?(@.type=="Ready")].status', ["False"]],
    [".spec.list[*].n", ["x", "y"]],
    [".spec.list[1].n", ["y"]],
    [".metadata.annotations['acko.io/x']", ["v"]],
    [".metadata.annotations.acko\\.io/x", ["v"]],
    [".spec.nothing.below", []],
    ["not a path", []],
  ])("%s", (path, values) => {
    expect(valuesAt(object, path)).toEqual(values)
  })

  it.each([
    [0, "0s"],
    [119_000, "119s"],
    [125_000, "2m5s"],
    [600_000, "10m"],
    [3 * 3_600_000, "3h"],
    [3_600_000 * 5.5, "5h30m"],
    [26 * 3_600_000, "26h"],
    [50 * 3_600_000, "2d2h"],
    [9 * 24 * 3_600_000, "9d"],
    [800 * 24 * 3_600_000, "2y"],
  ])("%d ms is %s", (ms, text) => {
    expect(humanDuration(ms)).toBe(text)
  })
})
