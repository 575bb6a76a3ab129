import { describe, expect, it } from "vitest"
import type { Json, JsonObject } from "../../../../src/domain/Json.js"
import { errorRules, namespace, review, type RuleCase, warningRules } from "../../../support/review.js"
import { expectRefusal } from "./expectRefusal.js"

const config = (aerospikeConfig: JsonObject): JsonObject => ({ aerospikeConfig })
const namespaces = (...list: ReadonlyArray<Json>): JsonObject => config({ namespaces: list })
const with_ = (more: JsonObject): JsonObject => config({ namespaces: [namespace()], ...more })
const three = ["a", "b", "c"].map((name) => namespace({ name }))

describe("configuration", () => {
  it.each<RuleCase>([
    ["V6: xdr, whatever its value", with_({ xdr: null }), ["V6"], ["xdr", "Enterprise-only"]],
    ["V7: tls, whatever its value", with_({ tls: false }), ["V7"], ["tls", "Enterprise-only"]],
    ["V8: three namespaces (R116)", namespaces(...three), ["V8"], ["3 namespaces", "maximum is 2"]],
    [
      "V9, B8: a map of namespaces, too many at that",
      config({ namespaces: { a: {}, b: {}, c: {} } }),
      ["V9", "V9"],
      ["3 namespaces", "maximum is 2", "must be a list"],
    ],
    ["B8: a map of namespaces cannot be written", config({ namespaces: { a: {} } }), ["V9"], ["must be a list"]],
    ["V11: a replication factor of 5", namespaces(namespace({ "replication-factor": 5 })), ["V11", "V49"], ["1–4"]],
    [
      "V12: Enterprise parts of security",
      with_({ security: { ldap: {}, tls: 1, log: 1, syslog: 1, "enable-security": true } }),
      ["V12", "V12", "V12", "V12"],
      ["spec.aerospikeConfig.security.ldap", "security.tls", "security.log", "security.syslog"],
    ],
    [
      "V12: security that is no map",
      with_({ security: "enabled" }),
      ["V12"],
      ["spec.aerospikeConfig.security", "must be a map"],
    ],
    [
      "V13: a heartbeat by multicast",
      with_({ network: { heartbeat: { mode: "multicast" } } }),
      ["V13"],
      ["multicast", "mesh"],
    ],
    [
      "V47: half a replica",
      namespaces(namespace({ "replication-factor": 2.5 })),
      ["V47"],
      ["namespace test", "2.5", "namespaces[0].replication-factor"],
    ],
    [
      "V48: a replication factor as text",
      namespaces(namespace({ "replication-factor": "2" })),
      ["V48"],
      ["test", '"2" is not a number'],
    ],
    [
      "V49: more replicas than nodes",
      namespaces(namespace({ "replication-factor": 4 })),
      ["V49"],
      ["namespace test", "4", "cluster size 3"],
    ],
    ["V57: service is no map", with_({ service: "text" }), ["V57"], ["service", "a string"]],
    ["V57: service is null", with_({ service: null }), ["V57"], ["service", "null"]],
    ["V58: network is no map", with_({ network: [1] }), ["V58"], ["network", "a list"]],
    [
      "V59: parts of network are no maps",
      with_({ network: { service: 1, heartbeat: null, fabric: "x" } }),
      ["V59", "V59", "V59"],
      ["network.service", "a number", "network.heartbeat", "null", "network.fabric", "a string"],
    ],
    [
      "V59: in a rack too",
      { rackConfig: { racks: [{ id: 1, aerospikeConfig: { network: { heartbeat: "x" } } }] } },
      ["V59"],
      ["spec.rackConfig.racks[0].aerospikeConfig.network.heartbeat", "a string"],
    ],
  ])("%s", (...given) => expectRefusal(...given))

  it.each([
    "compression",
    "compression-level",
    "durable-delete",
    "fast-restart",
    "index-type",
    "sindex-type",
    "rack-id",
    "strong-consistency",
    "tomb-raider-eligible-age",
    "tomb-raider-period",
  ])("V10: %s in a namespace, whatever its value", (key) => {
    const [found, ...more] = review(namespaces(namespace({ [key]: false }))).errors
    expect(more).toEqual([])
    expect(found).toMatchObject({ rule: "V10", path: `spec.aerospikeConfig.namespaces[0].${key}` })
    expect(found?.message).toContain(`namespace test: ${key}`)
  })

  it("B24: Enterprise-only keys are told in the order of their names, one by one", () => {
    const keys = ["tomb-raider-period", "strong-consistency", "rack-id", "compression"]
    const given = namespaces(namespace(Object.fromEntries(keys.map((key) => [key, 1]))))
    expect(review(given).errors.map(({ path }) => path.split(".").at(-1))).toEqual([...keys].sort())
  })

  it("warning W5: data-in-memory", () => {
    const engine = { type: "device", file: "/opt/aerospike/data/a", filesize: "1G", "data-in-memory": true }
    const verdict = review(namespaces(namespace({ "storage-engine": engine })))
    expect([...errorRules(verdict), ...warningRules(verdict)]).toContain("W5")
  })

  it("V12: an empty security section and its other keys are fine", () => {
    expect(errorRules(review(with_({ security: {} })))).toEqual([])
    expect(errorRules(review(with_({ security: { "enable-quotas": false } })))).toEqual([])
  })

  it.each<[Json | undefined, ReadonlyArray<string>]>([
    [undefined, []],
    [1, []],
    [2, []],
    [3, []],
    [2.0, []],
    [4, ["V49"]],
    [5, ["V11", "V49"]],
    [0, ["V11", "V48"]],
    [-0, ["V11", "V48"]],
    [-1, ["V11", "V47"]],
    [2.5, ["V47"]],
    [-1.5, ["V11", "V47"]],
    ["2", ["V48"]],
    [true, ["V48"]],
    [null, ["V48"]],
  ])("C.3: replication factor %j in a cluster of 3 (R116)", (factor, rules) => {
    const { "replication-factor": _two, ...bare } = namespace()
    const given = factor === undefined ? bare : { ...bare, "replication-factor": factor }
    expect(errorRules(review(namespaces(given)))).toEqual(rules)
  })
})
