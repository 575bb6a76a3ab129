import { describe, expect, it } from "vitest"
import { errorRules, review, type RuleCase, warningRules } from "../../../support/review.js"
import { expectRefusal } from "./expectRefusal.js"

const oneReplica = {
  namespaces: [{ name: "test", "replication-factor": 1, "storage-engine": { type: "memory", "data-size": "1Gi" } }],
}

describe("size and image", () => {
  it.each<RuleCase>([
    ["V1: nine nodes (R116)", { size: 9 }, ["V1"], ["spec.size", "9", "8"]],
    ["V1: less than none (R116)", { size: -1 }, ["V1"], ["spec.size", "-1"]],
    ["V2: size 0 without a template", { size: 0 }, ["V2"], ["spec.size", "1 to 8", "templateRef"]],
    ["V2: no size without a template", { size: undefined }, ["V2"], ["spec.size", "1 to 8", "templateRef"]],
    ["V3: no image without a template", { image: undefined }, ["V3"], ["spec.image", "templateRef"]],
    ["V4: Enterprise Edition", { image: "aerospike:ee-8.1.0" }, ["V4"], ["aerospike:ee-8.1.0", "Enterprise Edition"]],
    [
      "V5: a server that is too old",
      { image: "aerospike:ce-7.2.0.6" },
      ["V5"],
      ["aerospike:ce-7.2.0.6", "version 7", "minimum is 8", "7.x and older are no longer supported"],
    ],
    ["V53: overrides without a template", { overrides: { size: 3 } }, ["V53"], ["spec.overrides", "spec.templateRef"]],
  ])("%s", (...given) => expectRefusal(...given))

  it.each([1, 8])("V1: %i nodes are accepted (R116)", (size) => {
    expect(errorRules(review({ size, aerospikeConfig: oneReplica }))).toEqual([])
  })

  it("all errors at once: what cannot be read does not hide the rest", () => {
    const verdict = review({ size: "three", image: "aerospike:ee-7.0", paused: 1, aerospikeConfig: { xdr: {} } })
    expect(verdict.errors.map(({ path }) => path)).toEqual([
      "spec.size",
      "spec.paused",
      "spec.image",
      "spec.image",
      "spec.aerospikeConfig.xdr",
    ])
  })

  it.each<[string, string, ReadonlyArray<string>, ReadonlyArray<string>]>([
    ["accepted", "aerospike:ce-8.1.1.1", [], []],
    ["accepted", "aerospike:8.1.0", [], []],
    ["accepted", "aerospike:v8.1.1", [], []],
    ["accepted", "aerospike:ce-8.1.1.1@sha256:abc123", [], []],
    ["accepted", "aerospike@sha256:abc123", [], []],
    ["accepted", "myrepo/aerospike:ce-8.1.1.1", [], []],
    ["warning W1: no tag", "aerospike", [], ["W1"]],
    ["warning W2: a moving tag", "aerospike:latest", [], ["W2"]],
    ["V3: empty", "", ["V3"], []],
    ["V4: ee-", "aerospike:ee-8.0.0.1_1", ["V4"], []],
    ["V4: EE-", "aerospike:EE-8.0.0.1", ["V4"], []],
    ["V4: ent-", "aerospike:ent-8.0.0", ["V4"], []],
    ["V4: ENT-", "aerospike:ENT-8.1.0", ["V4"], []],
    ["V4: in a repository", "myrepo/aerospike:ee-8.1.1.1", ["V4"], []],
    ["V4: in the name", "aerospike-enterprise:8.0.0", ["V4"], []],
    ["V4: in the name, without a tag", "aerospike/aerospike-server-enterprise", ["V4"], ["W1"]],
    ["V4: and too old", "aerospike:ee-7.0.0", ["V4", "V5"], []],
    ["V5: ce-", "aerospike:ce-7.2.0.6", ["V5"], []],
    ["V5: a bare version", "aerospike:7.0.0", ["V5"], []],
    ["B7: a tag without a dot", "aerospike:ce-7", ["V5"], []],
    ["B7: a registry with a port", "localhost:5000/aerospike:ce-8.1.1.1", [], []],
    ["B7: Enterprise behind a registry with a port", "localhost:5000/aerospike:ee-8.0.0", ["V4"], []],
    ["B7: too old behind a registry with a port", "localhost:5000/aerospike:ce-7.0.0", ["V5"], []],
    ["B7: latest behind a registry with a port", "localhost:5000/aerospike:latest", [], ["W2"]],
    ["B7: no tag behind a registry with a port", "localhost:5000/aerospike", [], ["W1"]],
  ])("C.1: %s (%s)", (_title, image, errors, warnings) => {
    const verdict = review({ image })
    expect(errorRules(verdict)).toEqual(errors)
    expect(warningRules(verdict)).toEqual(warnings)
  })
})
