import { describe, expect, it } from "vitest"
import { parseAllDocuments } from "yaml"
import * as Either from "effect/Either"
import { manifestFiles } from "../../../src/cli/manifests.js"
import { aerospikeClusterCrd, aerospikeClusterTemplateCrd } from "../../../src/decide/crd.js"
import { reviewCluster, reviewTemplate } from "../../../src/decide/admission/review.js"
import type { JsonObject } from "../../../src/domain/Json.js"
import { structural } from "../../../src/decide/structuralSchema.js"
import { decodeSpec } from "../../../src/domain/AerospikeCluster.js"
import { at } from "../../support/desired.js"
import { restrictedViolations } from "../../support/podSecurity.js"

type Node = Readonly<Record<string, unknown>>
const version = (crd: unknown) => at(crd, "spec", "versions", 0)
const schemaOf = (crd: unknown) => at(version(crd), "schema", "openAPIV3Schema") as Node

/** Every node of a schema with its path. */
const nodes = (node: Node, path = ""): ReadonlyArray<readonly [string, Node]> => [
  [path, node],
  ...Object.entries((node["properties"] ?? {}) as Record<string, Node>).flatMap(([key, below]) =>
    nodes(below, `${path}.${key}`),
  ),
  ...(node["items"] ? nodes(node["items"] as Node, `${path}[]`) : []),
  ...(node["additionalProperties"] ? nodes(node["additionalProperties"] as Node, `${path}{}`) : []),
]

const known = new Set([
  "type",
  "format",
  "description",
  "default",
  "enum",
  "nullable",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "minLength",
  "maxLength",
  "pattern",
  "minItems",
  "maxItems",
  "maxProperties",
  "required",
  "properties",
  "items",
  "additionalProperties",
  "anyOf",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-int-or-string",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-map-type",
  "x-kubernetes-validations",
])

describe.each([
  ["AerospikeCluster", aerospikeClusterCrd()],
  ["AerospikeClusterTemplate", aerospikeClusterTemplateCrd()],
])("CRD %s", (_kind, crd) => {
  const all = nodes(schemaOf(crd))

  it("is structural: every node has a type and only keywords a CRD may carry", () => {
    for (const [path, node] of all) {
      const hasType = typeof node["type"] === "string"
      expect(hasType || node["x-kubernetes-int-or-string"] === true, path).toBe(true)
      expect(
        Object.keys(node).filter((key) => !known.has(key)),
        path,
      ).toEqual([])
      expect(!("anyOf" in node) || node["x-kubernetes-int-or-string"] === true, path).toBe(true)
      expect(!("properties" in node && "additionalProperties" in node), path).toBe(true)
    }
  })

  it("has usable list-map keys: required, scalar, in the items", () => {
    for (const [path, node] of all.filter(([, node]) => node["x-kubernetes-list-type"] === "map"))
      for (const key of node["x-kubernetes-list-map-keys"] as ReadonlyArray<string>) {
        expect(at(node, "items", "required"), path).toContain(key)
        expect(["string", "integer"], path).toContain(at(node, "items", "properties", key, "type"))
      }
  })

  it("has defaults and required names that fit", () => {
    for (const [path, node] of all) {
      for (const name of (node["required"] ?? []) as ReadonlyArray<string>)
        expect(Object.keys(node["properties"] ?? {}), path).toContain(name)
      if (node["enum"] !== undefined && node["default"] !== undefined)
        expect(node["enum"], path).toContain(node["default"])
    }
  })

  it("is far below the limit of a client-side apply", () => {
    expect(JSON.stringify(crd).length).toBeLessThan(256 * 1024)
  })
})

describe("AerospikeCluster in particular (api.md §1)", () => {
  const crd = aerospikeClusterCrd()

  it("has the exact printer columns, names and subresources", () => {
    expect(at(version(crd), "additionalPrinterColumns")).toEqual([
      { name: "RackSize", type: "integer", jsonPath: ".spec.size" },
      { name: "Health", type: "string", jsonPath: ".status.health" },
      { name: "Phase", type: "string", jsonPath: ".status.phase" },
      { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
      { name: "Available", type: "string", jsonPath: ".status.conditions[?(@.type=='Available')].status" },
      { name: "Image", type: "string", jsonPath: ".spec.image", priority: 1 },
      { name: "ObservedGen", type: "integer", jsonPath: ".status.observedGeneration", priority: 1 },
      { name: "PhaseReason", type: "string", jsonPath: ".status.phaseReason", priority: 1 },
      { name: "AS-Size", type: "integer", jsonPath: ".status.aerospikeClusterSize", priority: 1 },
    ])
    expect(at(version(crd), "subresources")).toEqual({
      status: {},
      scale: {
        specReplicasPath: ".spec.size",
        statusReplicasPath: ".status.size",
        labelSelectorPath: ".status.selector",
      },
    })
    expect(at(crd, "spec", "names")).toEqual({
      kind: "AerospikeCluster",
      listKind: "AerospikeClusterList",
      plural: "aerospikeclusters",
      singular: "aerospikecluster",
      shortNames: ["asc"],
    })
    expect(at(crd, "spec", "scope")).toBe("Namespaced")
    expect(at(aerospikeClusterTemplateCrd(), "spec", "scope")).toBe("Cluster")
  })

  it("bounds what endangers a cluster", () => {
    const spec = at(schemaOf(crd), "properties", "spec", "properties")
    expect(at(spec, "size")).toMatchObject({ type: "integer", format: "int32", minimum: 0, maximum: 8 })
    expect(at(spec, "operations", "maxItems")).toBe(1)
    expect(at(spec, "aerospikeConfig", "properties", "namespaces", "maxItems")).toBe(2)
    expect(at(spec, "rackConfig", "properties", "racks")).toMatchObject({
      minItems: 1,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["id"],
    })
    expect(at(spec, "maxUnavailable")).toMatchObject({
      anyOf: [{ type: "integer" }, { type: "string" }],
      "x-kubernetes-int-or-string": true,
    })
    expect(
      at(
        spec,
        "rackConfig",
        "properties",
        "racks",
        "items",
        "properties",
        "aerospikeConfig",
        "x-kubernetes-preserve-unknown-fields",
      ),
    ).toBe(true)
  })

  it("has rules only over fields that exist", () => {
    for (const [path, node] of nodes(schemaOf(crd)))
      for (const { rule } of (node["x-kubernetes-validations"] ?? []) as ReadonlyArray<{ rule: string }>)
        for (const [, field = ""] of rule.matchAll(/\bself\.([A-Za-z]+)(?=[.) ]|$)/g))
          if (field !== "matches")
            expect(Object.keys(node["properties"] as object), `${path}: ${rule}`).toContain(field)
  })
})

describe("structural", () => {
  it("turns a nullable union into nullable and refuses any other", () => {
    expect(structural({ anyOf: [{ type: "string" }, { type: "null" }] })).toEqual({ type: "string", nullable: true })
    expect(() => structural({ anyOf: [{ type: "string" }, { type: "object" }] })).toThrow("union")
    expect(() => structural({ description: "x" })).toThrow("without type")
  })
})

describe("decodeSpec", () => {
  it("collects every error with its path", () => {
    const { problems: found } = Either.getOrThrow(
      Either.flip(decodeSpec({ size: 9, storage: { volumes: [{ name: 1, source: null }] }, monitoring: { port: 0 } })),
    )
    expect(found.map(({ path }) => path)).toEqual([
      "spec.size",
      "spec.storage.volumes[0].name",
      "spec.storage.volumes[0].source",
      "spec.monitoring.port",
    ])
    expect(found[0]?.rule).toBe("V1")
  })

  it("no JSON makes it throw", () => {
    for (const value of [
      null,
      1,
      "x",
      [],
      { size: {} },
      { rackConfig: [] },
      { aerospikeConfig: 5 },
      JSON.parse('{"__proto__":{}}'),
    ])
      expect(Either.isEither(decodeSpec(value))).toBe(true)
  })
})

describe("manifests", () => {
  const files = manifestFiles()
  const objects = (path: string) => parseAllDocuments(files[path] ?? "").map((document) => document.toJS() as unknown)

  it("every file is YAML of Kubernetes objects", () => {
    for (const path of Object.keys(files))
      for (const object of objects(path))
        expect(object, path).toMatchObject({
          apiVersion: expect.any(String) as unknown,
          kind: expect.any(String) as unknown,
        })
  })

  it.each(Object.keys(files).filter((path) => path.startsWith("samples/")))("%s is accepted", (path) => {
    const samples = Object.keys(files)
      .filter((file) => file.startsWith("samples/"))
      .flatMap(objects) as ReadonlyArray<JsonObject>
    const templateOf = (sample: unknown) =>
      samples.find(
        (other) =>
          other["kind"] === "AerospikeClusterTemplate" &&
          at(other, "metadata", "name") === at(sample, "spec", "templateRef", "name"),
      )
    for (const object of objects(path) as ReadonlyArray<JsonObject>) {
      const template = templateOf(object)
      const verdict =
        object["kind"] === "AerospikeCluster"
          ? reviewCluster({ operation: "CREATE", object, ...(template === undefined ? {} : { template }) })
          : reviewTemplate({ operation: "CREATE", object })
      expect(verdict.errors).toEqual([])
    }
  })

  it("asks for no secrets, no exec, nothing with *", () => {
    const rules = ["rbac/role.yaml", "rbac/leader_election.yaml"].flatMap(objects).flatMap(
      (object) =>
        (at(object, "rules") ?? []) as ReadonlyArray<{
          resources: ReadonlyArray<string>
          verbs: ReadonlyArray<string>
        }>,
    )
    expect(rules.length).toBeGreaterThan(5)
    for (const { resources, verbs } of rules) {
      expect([...resources, ...verbs]).not.toContain("*")
      for (const refused of ["secrets", "pods/exec", "pods/eviction", "nodes"]) expect(resources).not.toContain(refused)
    }
  })

  it("in namespaced mode needs a ClusterRole for what is cluster-scoped only", () => {
    const role = parseAllDocuments(manifestFiles({ watchNamespaces: ["a", "b"] })["rbac/role.yaml"] ?? "").map(
      (d) => d.toJS() as Node,
    )
    expect(role.map(({ kind }) => kind)).toEqual([
      "ClusterRole",
      "ClusterRoleBinding",
      "Role",
      "RoleBinding",
      "Role",
      "RoleBinding",
    ])
    expect(at(role[0], "rules")).toEqual([
      { apiGroups: ["acko.io"], resources: ["aerospikeclustertemplates"], verbs: ["get", "list", "watch", "patch"] },
      { apiGroups: ["acko.io"], resources: ["aerospikeclustertemplates/status"], verbs: ["patch"] },
      { apiGroups: ["storage.k8s.io"], resources: ["storageclasses"], verbs: ["list", "watch"] },
    ])
  })

  it("R132: the operator's pod is admitted by Pod Security restricted", () => {
    expect(restrictedViolations(at(objects("operator/deployment.yaml")[0], "spec", "template", "spec"))).toEqual([])
  })
})
