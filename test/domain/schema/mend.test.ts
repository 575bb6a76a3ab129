/** What is left of a spec without what its schema refuses: only there to judge the rest. */
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { ClusterSpec, decodeSpec } from "../../../src/domain/AerospikeCluster.js"
import { mend } from "../../../src/domain/schema/mend.js"

const volume = { name: "data", source: { emptyDir: {} } }

describe("mend", () => {
  it.each<readonly [string, object, object, ReadonlyArray<string>]>([
    ["another spelling is read as meant", { size: "3", paused: "yes" }, { size: 3, paused: true }, ["size", "paused"]],
    ["what means nothing is taken away", { size: "many", paused: true }, { paused: true }, ["size"]],
    [
      "items stay where they are",
      { storage: { volumes: [{ name: 1, source: {} }, volume] } },
      { storage: { volumes: [{ name: "1", source: {} }, volume] } },
      ["storage.volumes.0.name"],
    ],
    [
      "something stands in for what is required, each time something else",
      { rackConfig: { racks: [{ id: 0 }, {}, { id: 5 }] } },
      { rackConfig: { racks: [{ id: 1002 }, { id: 1001 }, { id: 5 }] } },
      ["rackConfig.racks.0.id", "rackConfig.racks.1.id", "rackConfig.racks.0.id"],
    ],
    [
      "a required part of an item that is none",
      { storage: { volumes: ["data", volume] } },
      { storage: { volumes: [{ name: "unnamed-0", source: {} }, volume] } },
      ["storage.volumes.0"],
    ],
  ])("%s", (_title, spec, value, at) => {
    const mended = mend(ClusterSpec, spec)
    expect(mended?.value).toEqual(value)
    expect(new Set([...(mended?.readAt ?? []), ...(mended?.lostAt ?? [])].map((path) => path.join(".")))).toEqual(
      new Set(at),
    )
  })

  it("more faults than anybody reads are left alone", () => {
    expect(mend(ClusterSpec, { k8sNodeBlockList: Array.from({ length: 200 }, () => 1) })).toBeUndefined()
  })

  it("whatever stands in a spec: it is not changed, and what is left can be decoded", () => {
    const fields = FastCheck.constantFrom(...Object.keys(ClusterSpec.fields))
    FastCheck.assert(
      FastCheck.property(FastCheck.dictionary(fields, FastCheck.jsonValue({ maxDepth: 4 }), { maxKeys: 4 }), (spec) => {
        const before = JSON.stringify(spec)
        const mended = mend(ClusterSpec, spec)
        expect(JSON.stringify(spec)).toBe(before)
        if (mended !== undefined) expect(Either.isRight(decodeSpec(mended.value))).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})
