import { describe, expect, it } from "vitest"
import { reviewTemplate } from "../../../../src/decide/admission/review.js"
import { cluster, errorRules, review, type RuleCase } from "../../../support/review.js"
import { expectRefusal } from "./expectRefusal.js"

const server = (resources: object) => ({ podSpec: { aerospikeContainer: { resources: { ...resources } } } })
const tolerating = (toleration: object) => ({ podSpec: { tolerations: [{ ...toleration }] } })

describe("resources and tolerations the API server would refuse in a StatefulSet", () => {
  it.each<RuleCase>([
    [
      "a unit that is none",
      server({ requests: { memory: "4GB" } }),
      ["resources"],
      ["spec.podSpec.aerospikeContainer.resources.requests.memory", '"4GB"', "write 4Gi"],
    ],
    ["no number", server({ limits: { cpu: "two" } }), ["resources"], ["limits.cpu", '"two"', "500m"]],
    ["less than nothing", server({ requests: { cpu: -1 } }), ["resources"], ["requests.cpu", "-1", "below zero"]],
    [
      "a request above its limit",
      server({ requests: { memory: "4Gi", cpu: 1 }, limits: { memory: "2Gi", cpu: "1000m" } }),
      ["resources"],
      ["requests.memory", '"4Gi"', "exceeds", '"2Gi"', "raise the limit"],
    ],
    [
      "of a sidecar and the exporter",
      {
        podSpec: { sidecars: [{ name: "tool", image: "tool:1", resources: { limits: { memory: "1gb" } } }] },
        monitoring: { enabled: true, resources: { limits: { memory: "x" } } },
      },
      ["resources", "resources"],
      ["spec.podSpec.sidecars[0].resources.limits.memory", "spec.monitoring.resources.limits.memory"],
    ],
    [
      "an operator that is none",
      tolerating({ key: "a", operator: "Exist" }),
      ["toleration"],
      ["[0].operator", "Exist"],
    ],
    [
      "an effect that is none",
      tolerating({ key: "a", operator: "Exists", effect: "NoSchdule" }),
      ["toleration"],
      ["spec.podSpec.tolerations[0].effect", "NoSchdule", "NoSchedule"],
    ],
    [
      "a value nothing is compared with",
      tolerating({ key: "a", operator: "Exists", value: "b" }),
      ["toleration"],
      ["value"],
    ],
    ["no key", tolerating({ effect: "NoExecute" }), ["toleration"], ["[0].key", "operator Exists"]],
    [
      "tolerations of a rack",
      { rackConfig: { racks: [{ id: 1, podSpec: { tolerations: [{ key: "a", effect: "Never" }] } }] } },
      ["toleration"],
      ["spec.rackConfig.racks[0].podSpec.tolerations[0].effect"],
    ],
  ])("%s", (...given) => expectRefusal(...given))

  it("what Kubernetes takes is accepted", () => {
    const verdict = review({
      podSpec: {
        aerospikeContainer: {
          resources: { requests: { cpu: 0.5, memory: "1e9" }, limits: { cpu: "500m", memory: "1Gi" } },
        },
        tolerations: [{ operator: "Exists" }, { key: "a" }, { key: "a", operator: "Equal", value: "b", effect: "" }],
      },
    })
    expect(errorRules(verdict)).toEqual([])
  })

  it("in a template and in overrides", () => {
    const spec = {
      resources: { limits: { cpu: "1 core" } },
      scheduling: { tolerations: [{ key: "a", effect: "no" }] },
    }
    const object = { apiVersion: "acko.io/v1alpha1", kind: "AerospikeClusterTemplate", metadata: { name: "t" }, spec }
    expect(reviewTemplate({ operation: "CREATE", object }).errors.map(({ path }) => path)).toEqual([
      "spec.resources.limits.cpu",
      "spec.scheduling.tolerations[0].effect",
    ])
    const overriding = cluster({ templateRef: { name: "t" }, overrides: spec })["spec"]
    expect(review({ ...(overriding as object) }).errors.map(({ path }) => path)).toEqual([
      "spec.overrides.resources.limits.cpu",
      "spec.overrides.scheduling.tolerations[0].effect",
    ])
  })
})
