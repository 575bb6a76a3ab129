import { describe, expect, it } from "vitest"
import type { JsonObject } from "../../../../src/domain/Json.js"
import { reviewCluster } from "../../../../src/decide/admission/review.js"
import { cluster, errorRules, namespace, review, type RuleCase, warningRules } from "../../../support/review.js"
import { expectRefusal } from "./expectRefusal.js"

const pod = (podSpec: JsonObject): JsonObject => ({ podSpec })
const network = (ports: JsonObject): JsonObject => ({ aerospikeConfig: { network: ports, namespaces: [namespace()] } })

describe("what would only show when the API server or the server refuses it", () => {
  it.each<RuleCase>([
    [
      "two containers of one name",
      pod({ sidecars: [{ name: "log" }], initContainers: [{ name: "log" }] }),
      ["container.same"],
      ["log"],
    ],
    [
      "a container of the operator's name",
      pod({ sidecars: [{ name: "aerospike-server" }] }),
      ["container.reserved"],
      ["aerospike-server", "sidecars[0].name"],
    ],
    [
      "a name no container can have",
      pod({ sidecars: [{ name: "A b", image: "x" }] }),
      ["container.name"],
      ["sidecars[0].name"],
    ],
    [
      "a label with spaces",
      pod({ metadata: { labels: { team: "a b" } } }),
      ["labels.value"],
      ["spec.podSpec.metadata.labels", "a b"],
    ],
    [
      "an annotation whose key is none",
      { headlessService: { metadata: { annotations: { "a/b/c": "x" } } } },
      ["labels.key"],
      ["spec.headlessService.metadata.annotations", "a/b/c"],
    ],
    [
      "a zone no node can have",
      { rackConfig: { racks: [{ id: 1, zone: "a b" }] } },
      ["rack.label"],
      ["spec.rackConfig.racks[0].zone", "a b"],
    ],
    ["an unknown DNS policy", pod({ dnsPolicy: "Any" }), ["pod.dnsPolicy"], ["Any", "ClusterFirst"]],
    [
      "equal ports: the mesh would never form",
      network({ service: { port: 3002 } }),
      ["port.same"],
      ["3002", "service, fabric, heartbeat"],
    ],
    ["a port below 1024", network({ fabric: { port: 80 } }), ["port.range"], ["80", "1024 to 65535"]],
    ["a budget that is neither", { maxUnavailable: "some" }, ["maxUnavailable"], ["spec.maxUnavailable", "some"]],
  ])("%s", (...given) => expectRefusal(...given))

  it("annotations may hold any text", () => {
    const text = '{"a": "x\\ny"}\nsecond line'
    expect(errorRules(review({ podService: { metadata: { annotations: { "example.org/note": text } } } }))).toEqual([])
  })

  it.each<[string, JsonObject, ReadonlyArray<string>]>([
    ["warning W3: two pods on one host's ports", pod({ hostNetwork: true, multiPodPerHost: true }), ["W3"]],
    ["warning W4: host network without cluster DNS", pod({ hostNetwork: true, dnsPolicy: "Default" }), ["W4"]],
    [
      "warnings W3 and W4 together",
      pod({ hostNetwork: true, multiPodPerHost: true, dnsPolicy: "Default" }),
      ["W3", "W4"],
    ],
    ["warning W14: a batch above the size", { rollingUpdateBatchSize: 4 }, ["W14"]],
    ["silent for a batch of the size", { rollingUpdateBatchSize: 3 }, []],
    ["warning W15: a budget of all pods", { maxUnavailable: 3 }, ["W15"]],
    ["warning W16: a budget of 100 %", { maxUnavailable: "100%" }, ["W16"]],
    [
      "B21: hostExternal is the internal address, and says so",
      { aerospikeNetworkPolicy: { accessType: "hostExternal" } },
      ["network.hostExternal"],
    ],
  ])("%s", (_title, given, expected) => {
    expect(warningRules(review(given))).toEqual(expected)
  })

  it("B5: no comparison with a size that is left to a template (V49, warnings W14 and W15)", () => {
    const verdict = review({
      size: undefined,
      image: undefined,
      templateRef: { name: "t" },
      rollingUpdateBatchSize: 4,
      maxUnavailable: 3,
      aerospikeConfig: { namespaces: [namespace({ "replication-factor": 4 })] },
    })
    expect([errorRules(verdict), warningRules(verdict)]).toEqual([[], []])
  })

  it("B5: compared as soon as the template is known", () => {
    const object = cluster({
      size: undefined,
      templateRef: { name: "t" },
      rollingUpdateBatchSize: 4,
      maxUnavailable: 3,
      aerospikeConfig: { namespaces: [namespace({ "replication-factor": 4 })] },
    })
    const verdict = reviewCluster({ operation: "CREATE", object, template: { spec: { size: 3 } } })
    expect([errorRules(verdict), warningRules(verdict)]).toEqual([["V49"], ["W14", "W15"]])
  })

  it("B20: a name that is still to be made is judged by what it begins with", () => {
    const named = (generateName: string) =>
      errorRules(reviewCluster({ operation: "CREATE", object: { ...cluster({}), metadata: { generateName } } }))
    expect(named("demo-")).toEqual([])
    expect(named("Demo-")).toEqual(["name.characters"])
  })
})
