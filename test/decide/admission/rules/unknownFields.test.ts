import { describe, expect, it } from "vitest"
import { reviewTemplate } from "../../../../src/decide/admission/review.js"
import type { JsonObject } from "../../../../src/domain/Json.js"
import { errorRules, review, warningRules } from "../../../support/review.js"

const sidecar = (fields: JsonObject): JsonObject => ({
  podSpec: { sidecars: [{ name: "log", image: "log:1", ...fields }] },
})

/** Path and fix of every warning about a field nobody knows. */
const told = (spec: JsonObject) =>
  review(spec)
    .warnings.filter(({ rule }) => rule === "unknown")
    .map(({ fix, path }) => [path, fix])

describe("R113: fields of Kubernetes that this version does not know are passed on, and told", () => {
  it.each<readonly [string, JsonObject, string, string]>([
    ["a typing mistake", sidecar({ readinesProbe: {} }), "spec.podSpec.sidecars[0].readinesProbe", "readinessProbe"],
    ["a mistake in case", sidecar({ envfrom: [] }), "spec.podSpec.sidecars[0].envfrom", "envFrom"],
    [
      "deep inside",
      sidecar({ livenessProbe: { httpGet: { port: 80, pathh: "/" } } }),
      "spec.podSpec.sidecars[0].livenessProbe.httpGet.pathh",
      "path",
    ],
    [
      "in affinity",
      { podSpec: { affinity: { nodeAfinity: {} } } },
      "spec.podSpec.affinity.nodeAfinity",
      "nodeAffinity",
    ],
  ])("%s", (_what, spec, path, name) => {
    expect(told(spec)).toEqual([[path, `did you mean ${name}?`]])
    expect(errorRules(review(spec))).toEqual([])
  })

  it("a field that resembles none may be newer than we are", () => {
    expect(told(sidecar({ quantumEntanglement: true }))).toEqual([
      ["spec.podSpec.sidecars[0].quantumEntanglement", "remove it, unless your Kubernetes has it"],
    ])
  })

  it("what people name themselves is no field: labels, resources, server configuration", () => {
    const spec = {
      podSpec: {
        metadata: { labels: { team: "a" } },
        nodeSelector: { disk: "ssd" },
        aerospikeContainer: { resources: { limits: { "example.org/gpu": "1" }, requests: { "example.org/gpu": "1" } } },
      },
    }
    expect(told(spec)).toEqual([])
  })

  it("many, and long ones, do not fill the answer", () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`${index}${"x".repeat(1_000)}`, 1]))
    const { warnings } = review(sidecar(many))
    expect(warnings).toHaveLength(8)
    for (const { message, path } of warnings) expect(message.length + path.length).toBeLessThan(400)
  })

  it("in templates, too", () => {
    const spec = { image: "aerospike:ce-8.1.1.1", scheduling: { tolerations: [{ keey: "a" }] } }
    expect(
      warningRules(
        reviewTemplate({
          operation: "CREATE",
          object: { apiVersion: "acko.io/v1alpha1", kind: "AerospikeClusterTemplate", metadata: { name: "t" }, spec },
        }),
      ),
    ).toEqual(["unknown"])
  })
})
