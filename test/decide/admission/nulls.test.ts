import * as fc from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { isList, isObject } from "../../../src/decide/effective/configTree.js"
import type { Json } from "../../../src/domain/Json.js"
import { reviewCluster } from "../../../src/decide/admission/review.js"
import { agreementDefects, defaultingDefects } from "../../fuzz/judge.js"
import { completeCluster } from "../../support/completeCluster.js"

type Path = ReadonlyArray<string | number>

/** Every place of a value, its own included. */
const places = (value: Json): ReadonlyArray<Path> => {
  const children = isList(value) ? value.entries() : isObject(value) ? Object.entries(value) : []
  return [[], ...[...children].flatMap(([key, child]) => places(child).map((path) => [key, ...path]))]
}

/** The value with null in this place. A place that is no more stays so. */
const nulled = (value: Json, [key, ...rest]: Path): Json => {
  if (key === undefined) return null
  if (isList(value)) return value.map((item, index) => (index === key ? nulled(item, rest) : item))
  const item = isObject(value) ? value[key] : undefined
  return isObject(value) && item !== undefined ? { ...value, [key]: nulled(item, rest) } : value
}

const defectsOf = (object: Json): ReadonlyArray<string> => {
  const verdict = reviewCluster({ operation: "CREATE", object })
  const candidate = { kind: "cluster", operation: "CREATE", text: "" } as const
  return [...agreementDefects(object, verdict), ...defaultingDefects(candidate, verdict)]
}

const { templateRef: _ref, overrides: _overrides, ...spec } = completeCluster["spec"] as Readonly<Record<string, Json>>
const whole: Json = { ...completeCluster, spec }

describe("explicit nulls", () => {
  const all = places(spec).map((path): Path => ["spec", ...path])

  /** Every field of the spec and of its parts; deeper ones are for the draw below. */
  const fields = all.filter((path) => path.length <= 4)

  it("R126: admission and reconciler agree on a null in any field, and defaulting it twice is defaulting it once", () => {
    expect(reviewCluster({ operation: "CREATE", object: whole }).errors).toEqual([])
    expect(fields.length).toBeGreaterThan(80)
    const defects = fields.flatMap((path) =>
      defectsOf(nulled(whole, path)).map((defect) => `${path.join(".")}: ${defect}`),
    )
    expect(defects).toEqual([])
  }, 60_000)

  it("R126: and on nulls in any places", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...all), { minLength: 2, maxLength: 12 }), (paths) => {
        expect(defectsOf(paths.reduce<Json>(nulled, whole))).toEqual([])
      }),
      { numRuns: 200 },
    )
  }, 60_000)

  it("R126: and with a template, which the cluster holds or nobody knows yet", () => {
    const spec = { size: 1, templateRef: { name: "t" }, aerospikeConfig: null }
    const object = (status: object): Json => ({
      apiVersion: "acko.io/v1alpha1",
      kind: "AerospikeCluster",
      metadata: { name: "db", namespace: "aerospike" },
      spec,
      ...status,
    })
    const template = {
      image: "aerospike:ce-8.1.1.1",
      aerospikeConfig: { service: { "proto-fd-max": 1_000 } },
    }
    for (const templateSpec of [template, { ...template, aerospikeConfig: null }, null])
      expect(
        defectsOf(object({ status: { templateSnapshot: { name: "t", synced: true, spec: templateSpec } } })),
      ).toEqual([])
    expect(reviewCluster({ operation: "CREATE", object: object({}) }).errors).toEqual([])
  })

  it("R126: of a resource with nothing else, a null for the configuration is one that is not there", () => {
    const small = (config: object): Json => ({
      apiVersion: "acko.io/v1alpha1",
      kind: "AerospikeCluster",
      metadata: { name: "db", namespace: "aerospike" },
      spec: { size: 1, image: "aerospike:ce-8.1.1.1", ...config },
    })
    expect(defectsOf(small({ aerospikeConfig: null }))).toEqual([])
    expect(defectsOf(small({}))).toEqual([])
  })
})
