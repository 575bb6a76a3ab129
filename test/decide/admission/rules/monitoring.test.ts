import { describe, expect, it } from "vitest"
import type { Json, JsonObject } from "../../../../src/domain/Json.js"
import { monitoringProblems } from "../../../../src/decide/effective/rules/monitoring.js"
import { errorRules, namespace, review, type RuleCase, warningRules } from "../../../support/review.js"
import { expectRefusal } from "./expectRefusal.js"

const monitoring = (more: JsonObject): JsonObject => ({ monitoring: { enabled: true, ...more } })
const rules = (...list: ReadonlyArray<Json>): JsonObject => monitoring({ prometheusRule: { customRules: list } })
const first = "spec.monitoring.prometheusRule.customRules[0]"

describe("monitoring", () => {
  it.each<RuleCase>([
    [
      "V28: a port above 65535 (R116)",
      monitoring({ port: 65_536 }),
      ["V28"],
      ["spec.monitoring.port", "65536", "65535"],
    ],
    ["V28: a port below 1 (R116)", monitoring({ port: -1 }), ["V28"], ["spec.monitoring.port", "-1"]],
    ["V29: the service port", monitoring({ port: 3000 }), ["V29"], ["3000", "service"]],
    ["V29: the fabric port", monitoring({ port: 3001 }), ["V29"], ["3001", "fabric"]],
    ["V29: the heartbeat port", monitoring({ port: 3002 }), ["V29"], ["3002", "heartbeat"]],
    ["V29: the info port", monitoring({ port: 3003 }), ["V29"], ["3003", "info"]],
    [
      "V29: the port the server really uses (W32)",
      {
        ...monitoring({ port: 4000 }),
        aerospikeConfig: { network: { service: { port: 4000 } }, namespaces: [namespace()] },
      },
      ["V29"],
      ["4000", "service"],
    ],
    ["V31: = in the key of a label", monitoring({ metricLabels: { "a=b": "c" } }), ["V31"], ["a=b"]],
    ["V32: , in the value of a label", monitoring({ metricLabels: { a: "b,c=d" } }), ["V32"], ['"a"', "b,c=d"]],
    ["V33: a rule group that is text", rules("x"), ["V33"], [first, "a string"]],
    ["V33: a rule group that is a list", rules([]), ["V33"], [first, "a list"]],
    ["V34: a rule group without name", rules({ rules: [] }), ["V34"], [first, "name"]],
    ["V35: a rule group without rules", rules({ name: "a" }), ["V35"], [first, "rules"]],
    ["V34, V35: an empty rule group", rules({}), ["V34", "V35"], [first, "name", "rules"]],
    ["V34, V35: null counts as empty", rules(null), ["V34", "V35"], [first]],
    [
      "an interval that Prometheus cannot read",
      monitoring({ serviceMonitor: { enabled: true, interval: "often" } }),
      ["monitoring.interval"],
      ["spec.monitoring.serviceMonitor.interval", "often", "30s"],
    ],
  ])("%s", (...given) => expectRefusal(...given))

  it("V30: an empty exporter image; defaulting never leaves one", () => {
    expect(monitoringProblems({ enabled: true, exporterImage: "" }, []).map(({ rule }) => rule)).toEqual(["V30"])
    expect(errorRules(review(monitoring({ exporterImage: "" })))).toEqual([])
  })

  it("V28–V35: nothing is judged while monitoring is off", () => {
    const off = { enabled: false, port: 3000, metricLabels: { "=": "," }, prometheusRule: { customRules: ["x"] } }
    expect(errorRules(review({ monitoring: off }))).toEqual([])
  })

  it("D11: port 0 is no port, and gets the default", () => {
    expect(errorRules(review(monitoring({ port: 0 })))).toEqual([])
  })

  it.each<[string, JsonObject, ReadonlyArray<string>]>([
    ["warning W6: a ServiceMonitor while monitoring is off", { serviceMonitor: { enabled: true } }, ["W6"]],
    ["warning W7: a PrometheusRule while monitoring is off", { prometheusRule: { enabled: true } }, ["W7"]],
    ["warning W8: a moving exporter", { enabled: true, exporterImage: "host:5000/exporter:latest" }, ["W8"]],
    ["warning W9: an exporter without a tag", { enabled: true, exporterImage: "host:5000/exporter" }, ["W9"]],
    ["no warning for a digest", { enabled: true, exporterImage: "exporter@sha256:abc" }, []],
  ])("%s", (_title, given, expected) => {
    expect(warningRules(review({ monitoring: given }))).toEqual(expected)
  })
})
