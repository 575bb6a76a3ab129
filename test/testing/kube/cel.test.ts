import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { Kinds, type KubeObject } from "../../../src/domain/Kubernetes.js"
import { evaluateCel } from "../../../src/testing/kube/custom/cel/evaluate.js"
import { CelError, parseCel } from "../../../src/testing/kube/custom/cel/parse.js"
import type { Json } from "../../../src/testing/kube/json.js"
import { Widgets } from "../../contract/fixtures.js"
import { failureOf, namespace, serverAt } from "./support.js"

const evaluate = (rule: string, self: Json = {}) => evaluateCel(parseCel(rule), new Map([["self", self]]))

describe("CEL", () => {
  it.each<[string, Json, Json]>([
    ["1 + 2 * 3 == 7 && !(2 > 3)", {}, true],
    ["7 / 2 == 3 && 7 % 4 == 3 && -1 < 0", {}, true],
    ["has(self.a) ? self.a : 'none'", {}, "none"],
    ["has(self.a.b) || self.a.b == 1", { a: {} }, "error"],
    ["self.x || self.ok", { ok: true }, true],
    ["self.x && self.ok", { ok: false }, false],
    ["self.l.all(n, n <= 3)", { l: [1, 2, 3] }, true],
    ["self.l.exists_one(n, n == 2)", { l: [2, 2] }, false],
    ["self.l.filter(n, n > 1).map(n, n * 2)", { l: [1, 2, 3] }, [4, 6]],
    ["self.m.all(k, k.startsWith('a'))", { m: { ab: 1, ac: 2 } }, true],
    ["'b' in self.m || 2 in [1, 2]", { m: {} }, true],
    ["self.n__dash__f == 2", { "n-f": 2 }, true],
    ["size(self.s) == self.s.size() && self.s.size() == 2", { s: "äb" }, true],
    ["!self.i.matches('(?i)enterprise')", { i: "aerospike-ENTERPRISE" }, false],
    [`self.s.matches(r"^\\d+$")`, { s: "42" }, true],
    ["self.l[1] + 'x'", { l: ["a", "b"] }, "bx"],
    ["type(self.n) == int", { n: 1 }, true],
  ])("%s", (rule, self, wanted) => {
    if (wanted === "error") expect(() => evaluate(rule, self)).toThrow(CelError)
    else expect(evaluate(rule, self)).toEqual(wanted)
  })

  it.each(["self.", "1 +", "a b", "(1", "self.x == 'open"])("%j is refused", (rule) => {
    expect(() => parseCel(rule)).toThrow(CelError)
  })
})

const definition = (rules: ReadonlyArray<object>, sizeRules: ReadonlyArray<object> = []): KubeObject => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.contract.acko.io" },
  spec: {
    group: "contract.acko.io",
    scope: "Namespaced",
    names: { plural: "widgets", kind: "Widget" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                "x-kubernetes-validations": rules,
                properties: {
                  size: { type: "integer", "x-kubernetes-validations": sizeRules },
                  image: { type: "string" },
                },
              },
            },
          },
        },
      },
    ],
  },
})

const widget = (spec: object): KubeObject => ({
  apiVersion: "contract.acko.io/v1",
  kind: "Widget",
  metadata: { name: "w", namespace },
  spec,
})

describe("rules on the server", () => {
  it("refuse with their message, path and reason (R51)", () => {
    const { server } = serverAt(0)
    server.create(
      Kinds.CustomResourceDefinition,
      definition(
        [{ rule: "has(self.image)", message: "give an image", fieldPath: ".image", reason: "FieldValueRequired" }],
        [{ rule: "self % 2 == 1", messageExpression: "'odd, not ' + string(self)" }],
      ),
    )
    const refused = failureOf(() => server.create(Widgets, widget({ size: 2 })))
    expect(refused.code).toBe(422)
    expect(refused.details?.causes).toEqual([
      { reason: "FieldValueRequired", message: "Required value: give an image", field: "spec.image" },
      { reason: "FieldValueInvalid", message: "Invalid value: 2: odd, not 2", field: "spec.size" },
    ])
  })

  it("transition rules see the old value; unchanged values are left in peace", () => {
    const { server } = serverAt(0)
    server.create(Kinds.CustomResourceDefinition, definition([], [{ rule: "self >= oldSelf", message: "only up" }]))
    server.create(Widgets, widget({ size: 2 }))
    const patch = (spec: object) => server.patch(Widgets, { namespace, name: "w" }, { type: "merge", body: { spec } })
    patch({ size: 3 })
    expect(failureOf(() => patch({ size: 1 })).message).toContain("only up")
    const crd = server.get(Kinds.CustomResourceDefinition, { name: "widgets.contract.acko.io" })
    server.replace(Kinds.CustomResourceDefinition, {
      ...definition([], [{ rule: "self > 100", message: "now huge" }]),
      metadata: crd.metadata,
    })
    patch({ image: "x" })
    expect(failureOf(() => patch({ size: 4 })).message).toContain("now huge")
  })

  it("a definition with a rule we cannot evaluate is refused", () => {
    const { server } = serverAt(0)
    const refused = failureOf(() =>
      server.create(Kinds.CustomResourceDefinition, definition([{ rule: "quantity(self.image).isInteger()" }])),
    )
    expect(refused.message).toContain("compilation failed: ERROR: undeclared reference")
  })

  it("our own definitions load", () => {
    const { server } = serverAt(0)
    for (const plural of ["aerospikeclusters", "aerospikeclustertemplates"]) {
      const text = readFileSync(new URL(`../../../manifests/crd/${plural}.yaml`, import.meta.url), "utf8")
      server.create(Kinds.CustomResourceDefinition, parse(text) as KubeObject)
    }
    const cluster = (spec: object): KubeObject => ({
      apiVersion: "acko.io/v1alpha1",
      kind: "AerospikeCluster",
      metadata: { name: "a", namespace },
      spec,
    })
    const refused = failureOf(() =>
      server.create(Kinds.AerospikeCluster, cluster({ size: 3, image: "aerospike-enterprise:8" })),
    )
    expect([refused.code, refused.reason]).toEqual([422, "Invalid"])
  })
})
