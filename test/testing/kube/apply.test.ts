import * as fc from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { Kinds, type KubeObject } from "../../../src/domain/Kubernetes.js"
import { fieldsOf } from "../../../src/testing/kube/apply/extract.js"
import {
  decodeFields,
  encodeFields,
  equalSets,
  intersectSets,
  isEmptySet,
  pathsOf,
  pathText,
  subtractSet,
  unionSets,
} from "../../../src/testing/kube/apply/FieldSet.js"
import { mergeTyped } from "../../../src/testing/kube/apply/mergeTyped.js"
import type { Json } from "../../../src/testing/kube/json.js"
import { builtinType } from "../../../src/testing/kube/TypeSchema.js"
import { configMap, failureOf, namespace, serverAt } from "./support.js"

const podType = builtinType("Pod")

const environment = fc.uniqueArray(
  fc.record({ name: fc.constantFrom("A", "B", "C", "D"), value: fc.constantFrom("1", "2") }),
  {
    selector: (variable) => variable.name,
  },
)
const anyPod = fc
  .record({ environment, label: fc.constantFrom("x", "y"), finalizers: fc.uniqueArray(fc.constantFrom("f", "g", "h")) })
  .map(({ environment, label, finalizers }): { [field: string]: Json } => ({
    metadata: { labels: { label }, finalizers },
    spec: { containers: [{ name: "c", image: "x", env: environment }] },
  }))

describe("field sets", () => {
  it("keyed lists, sets and atomic values have the paths of the real server", () => {
    const set = fieldsOf(podType, {
      metadata: { labels: { a: "b" }, finalizers: ["x"] },
      spec: {
        containers: [{ name: "c", command: ["a", "b"], ports: [{ containerPort: 3000 }] }],
        tolerations: [{ key: "k" }],
      },
    })
    expect(encodeFields(set)).toEqual({
      "f:metadata": { "f:labels": { "f:a": {} }, "f:finalizers": { 'v:"x"': {} } },
      "f:spec": {
        "f:containers": {
          'k:{"name":"c"}': {
            ".": {},
            "f:command": {},
            "f:name": {},
            "f:ports": { 'k:{"containerPort":3000,"protocol":"TCP"}': { ".": {}, "f:containerPort": {} } },
          },
        },
        "f:tolerations": {},
      },
    })
    expect(pathsOf(set).map(pathText)).toContain(
      '.spec.containers[name="c"].ports[containerPort=3000,protocol="TCP"].containerPort',
    )
  })

  it("is an algebra: union, difference and intersection fit together, and survive their encoding", () => {
    fc.assert(
      fc.property(anyPod, anyPod, (a, b) => {
        const [x, y] = [fieldsOf(podType, a), fieldsOf(podType, b)]
        expect(equalSets(decodeFields(encodeFields(x)), x)).toBe(true)
        expect(equalSets(unionSets(subtractSet(x, y), intersectSets(x, y)), x)).toBe(true)
        expect(isEmptySet(intersectSets(subtractSet(x, y), y))).toBe(true)
        expect(equalSets(unionSets(x, y), unionSets(y, x))).toBe(true)
      }),
    )
  })

  it("merging twice is merging once, and everything applied is there", () => {
    fc.assert(
      fc.property(anyPod, anyPod, (live, config) => {
        const once = mergeTyped(podType, live, config)
        expect(mergeTyped(podType, once, config)).toEqual(once)
        expect(isEmptySet(subtractSet(fieldsOf(podType, config), fieldsOf(podType, once)))).toBe(true)
      }),
    )
  })

  it("shared items take the order of the configuration, others keep their place", () => {
    const items = (...names: ReadonlyArray<string>) => ({ spec: { containers: names.map((name) => ({ name })) } })
    const merged = mergeTyped(podType, items("a", "x", "b"), items("b", "a", "n"))
    expect(merged).toEqual(items("x", "b", "a", "n"))
  })
})

describe("apply on the server", () => {
  const apply = (
    server: ReturnType<typeof serverAt>["server"],
    object: KubeObject,
    fieldManager: string,
    force = true,
  ) => server.apply(Kinds.ConfigMap, object, { fieldManager, force })

  it("any sequence of applies leaves exactly what the managers want (R56)", () => {
    const step = fc.record({
      who: fc.constantFrom("a", "b", "c"),
      keys: fc.uniqueArray(fc.constantFrom("k", "l", "m", "n")),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        const { server } = serverAt(0)
        const wanted = new Map<string, ReadonlyArray<string>>()
        for (const { who, keys } of steps) {
          wanted.set(who, keys)
          apply(server, configMap("a", Object.fromEntries(keys.map((key) => [key, "same"]))), who)
        }
        const union = new Set([...wanted.values()].flat())
        const data = server.get(Kinds.ConfigMap, { namespace, name: "a" })["data"] ?? {}
        expect(new Set(Object.keys(data))).toEqual(union)
      }),
    )
  })

  it("repeating any apply writes nothing, and no watcher hears of it (R56, R57)", () => {
    const { server, advance } = serverAt(0)
    apply(server, configMap("a", { k: "1" }), "a")
    const events: Array<string> = []
    server.watch(Kinds.ConfigMap, { resourceVersion: server.version() }, ({ type }) => events.push(type))
    advance(60_000)
    apply(server, configMap("a", { k: "1" }), "a")
    expect(events).toEqual([])
  })

  it("an update takes ownership of what it changes: the next apply conflicts", () => {
    const { server } = serverAt(0)
    apply(server, configMap("a", { k: "1" }), "acko")
    server.patch(
      Kinds.ConfigMap,
      { namespace, name: "a" },
      { type: "merge", body: { data: { k: "2" } } },
      { fieldManager: "kubectl-edit" },
    )
    const refused = failureOf(() => apply(server, configMap("a", { k: "1" }), "acko", false))
    expect(refused.message).toBe(`Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .data.k`)
    expect(refused.details?.causes).toEqual([
      { reason: "FieldManagerConflict", message: `conflict with "kubectl-edit" using v1`, field: ".data.k" },
    ])
  })

  it("unknown fields and items without keys are refused", () => {
    const { server } = serverAt(0)
    const set = (containers: ReadonlyArray<object>): KubeObject => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", namespace },
      spec: { containers },
    })
    const noKey = failureOf(() => server.apply(Kinds.Pod, set([{ image: "x" }]), { fieldManager: "a" }))
    expect([noKey.code, noKey.message]).toEqual([500, expect.stringContaining(`omits all key fields ["name"]`)])
    const unknown = failureOf(() => server.apply(Kinds.Pod, set([{ name: "c", imagge: "x" }]), { fieldManager: "a" }))
    expect(unknown.message).toContain(`.spec.containers[name="c"].imagge: field not declared in schema`)
  })

  it("a dry run changes nothing", () => {
    const { server } = serverAt(0)
    const before = server.version()
    const shown = server.apply(Kinds.ConfigMap, configMap("a", { k: "1" }), { fieldManager: "a", dryRun: true })
    expect(shown["data"]).toEqual({ k: "1" })
    expect(server.version()).toBe(before)
    expect(server.find(Kinds.ConfigMap, { namespace, name: "a" })).toBeUndefined()
  })
})
