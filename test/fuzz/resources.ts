/** Resources of every degree of sense: valid, almost valid, absurd, and such as make a bad regular expression slow. */
import * as fc from "effect/FastCheck"
import { isList, isObject } from "../../src/decide/effective/configTree.js"
import type { Json, JsonObject } from "../../src/domain/Json.js"
import { completeCluster, completeTemplate } from "../support/completeCluster.js"
import { leaves } from "../support/leaves.js"
import { payloads } from "../support/payloads.js"

export const classes = ["valid", "almost", "absurd", "slow"] as const
export type ResourceClass = (typeof classes)[number]

/** One thing to judge, as the JSON text that would arrive. */
export interface Candidate {
  readonly kind: "cluster" | "template"
  readonly operation: "CREATE" | "UPDATE"
  readonly text: string
  readonly oldText?: string
}

const specOf = (object: JsonObject): JsonObject => (isObject(object["spec"]) ? object["spec"] : {})
const spec = specOf(completeCluster)

/** Fields without which others make no sense. */
const required = ["size", "image", "aerospikeConfig"]

const someFields = (of: JsonObject, kept: ReadonlyArray<string>): fc.Arbitrary<JsonObject> =>
  fc
    .subarray(Object.keys(of).filter((key) => !kept.includes(key)))
    .map((keys) => Object.fromEntries(Object.entries(of).filter(([key]) => kept.includes(key) || keys.includes(key))))

const rack = fc.tuple(
  fc.integer({ min: 1, max: 40 }),
  fc.option(fc.constantFrom("zone-a", "zone-b"), { nil: undefined }),
)
const racks = fc
  .uniqueArray(rack, { minLength: 1, maxLength: 8, selector: ([id]) => id })
  .map((list) => list.map(([id, zone]): JsonObject => (zone === undefined ? { id } : { id, zone })))

const metadata: Json = completeCluster["metadata"] ?? null
const clusterOf = (given: Json, more: JsonObject = {}): JsonObject => ({
  ...completeCluster,
  metadata,
  ...more,
  spec: given,
})

/** A cluster that makes sense: some fields of the complete one, another size, other racks. */
const validCluster: fc.Arbitrary<JsonObject> = fc
  .tuple(someFields(spec, required), fc.integer({ min: 2, max: 8 }), fc.option(racks, { nil: undefined }), fc.boolean())
  .map(([fields, size, list, isOld]) => {
    const { overrides, ...rest } = fields
    const withTemplate = Object.hasOwn(rest, "templateRef") && overrides !== undefined ? { ...rest, overrides } : rest
    return clusterOf({
      ...withTemplate,
      size,
      ...(list === undefined ? {} : { rackConfig: { racks: list } }),
      ...(isOld ? { "x-unknown": { of: ["a", "later", "version"] } } : {}),
    })
  })

const validTemplate: fc.Arbitrary<JsonObject> = someFields(specOf(completeTemplate), []).map((fields) => ({
  ...completeTemplate,
  spec: fields,
}))

const number = fc.constantFrom<number>(
  -1,
  -0,
  0,
  1,
  2,
  8,
  9,
  20,
  21,
  31,
  32,
  33,
  63,
  64,
  80,
  1023,
  1024,
  3000,
  3002,
  65_535,
  65_536,
  2_147_483_647,
  2_147_483_648,
  2 ** 53,
  2 ** 53 + 2,
  1e21,
  1e300,
  0.5,
  2.5,
  -1.5,
)
const small: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, true, false, "", [], {}, [[]], [null], { a: null }, "3", "50%", "0%", "101%", "-1%"),
  number,
  fc.constantFrom(...payloads),
)
const anything: fc.Arbitrary<Json> = fc.oneof(
  { weight: 5, arbitrary: small },
  {
    weight: 1,
    arbitrary: fc
      .jsonValue({ maxDepth: 3, stringUnit: "binary" })
      .map((value) => JSON.parse(JSON.stringify(value)) as Json),
  },
)

/** Another value for one place of `tree`, or a key more, or one place less. */
const disturbed = (tree: Json, where: number, value: Json, how: number): Json => {
  const places = leaves(tree, "")
  const place = places[where % Math.max(places.length, 1)]
  if (place === undefined) return value
  const marked = place.put(marker)
  return replaceMarker(marked, value, how % 4)
}

const marker = "\u0001marker"

const replaceMarker = (tree: Json, value: Json, how: number): Json => {
  if (tree === marker) return value
  if (isList(tree)) {
    const items = tree.flatMap((item): ReadonlyArray<Json> =>
      item === marker && how === 1
        ? []
        : item === marker && how === 2
          ? [value, value]
          : [replaceMarker(item, value, how)],
    )
    return items
  }
  if (!isObject(tree)) return tree
  return Object.fromEntries(
    Object.entries(tree).flatMap(([key, item]): ReadonlyArray<readonly [string, Json]> => {
      if (key === marker) return [[typeof value === "string" ? value : JSON.stringify(value), item]]
      if (item === marker && how === 1) return []
      return [[key, replaceMarker(item, value, how)]]
    }),
  )
}

const almost = (base: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(base, fc.array(fc.tuple(fc.nat(), anything, fc.nat()), { minLength: 1, maxLength: 3 }))
    .map(([object, changes]) => ({
      ...object,
      spec: changes.reduce<Json>(
        (tree, [where, value, how]) => disturbed(tree, where, value, how),
        object["spec"] ?? null,
      ),
    }))

/** JSON that is no resource, or one in name only; as text, because some of it exists as text only. */
const absurdSpec: fc.Arbitrary<string> = fc.oneof(
  anything.map((value) => JSON.stringify(value)),
  fc.integer({ min: 2, max: 1000 }).map((depth) => `${"[".repeat(depth)}${"]".repeat(depth)}`),
  fc.integer({ min: 2, max: 1000 }).map((depth) => `${'{"aerospikeConfig":'.repeat(depth)}1${"}".repeat(depth)}`),
  fc
    .integer({ min: 2, max: 1000 })
    .map(
      (depth) =>
        `{"size":3,"image":"aerospike:8.1.0","aerospikeConfig":${'{"service":'.repeat(depth)}1${"}".repeat(depth)}}`,
    ),
  fc.constantFrom(
    '{"__proto__":{"size":3},"image":"aerospike:8.1.0"}',
    '{"size":3,"image":"aerospike:8.1.0","podSpec":{"aerospikeContainer":{"securityContext":{"__proto__":{"runAsUser":0}}}}}',
    '{"size":1,"size":3,"image":"a","image":"aerospike:8.1.0"}',
    '{"size":9007199254740993,"image":"aerospike:8.1.0"}',
    '{"size":1e400,"image":"aerospike:8.1.0"}',
    '{"size":-0,"image":"aerospike:8.1.0"}',
    '{"size":3,"image":"aerospike:8.1.0","aerospikeConfig":{"constructor":{"prototype":1},"toString":1,"hasOwnProperty":null}}',
    '{"size":3,"image":"aerospike:8.1.0\\u0000","rackConfig":{"racks":[{"id":1,"zone":"\\u202eevil"}]}}',
  ),
)

const kibibyte = 1024
const repeatedTo = (bytes: number, text: string): string => text.repeat(Math.ceil(bytes / text.length)).slice(0, bytes)

/** About a megabyte of one thing. */
const large: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(
      '"a"',
      "{}",
      "1",
      "null",
      '{"name":"a","privileges":["read"]}',
      '{"id":1}',
      "[]",
      '{"name":"data","source":{"emptyDir":{}}}',
    ),
    fc.constantFrom<(list: string) => string>(
      (list) => `{"size":3,"image":"aerospike:8.1.0","aerospikeAccessControl":{"roles":${list}}}`,
      (list) => `{"size":3,"image":"aerospike:8.1.0","aerospikeAccessControl":{"users":${list}}}`,
      (list) => `{"size":3,"image":"aerospike:8.1.0","rackConfig":{"racks":${list}}}`,
      (list) => `{"size":3,"image":"aerospike:8.1.0","storage":{"volumes":${list}}}`,
      (list) => `{"size":3,"image":"aerospike:8.1.0","k8sNodeBlockList":${list}}`,
      (list) => `{"size":3,"image":"aerospike:8.1.0","aerospikeConfig":{"namespaces":${list}}}`,
      (list) =>
        `{"size":3,"image":"aerospike:8.1.0","aerospikeConfig":{"namespaces":[{"name":"test"}],"logging":${list}}}`,
      (list) => `{"size":3,"image":"aerospike:8.1.0","aerospikeConfig":{"network":{"service":{"address":${list}}}}}`,
      (list) => `{"size":3,"image":"aerospike:8.1.0","podSpec":{"sidecars":${list}}}`,
      (list) => `{"size":3,"image":"aerospike:8.1.0","operations":${list}}`,
      (list) =>
        `{"size":3,"image":"aerospike:8.1.0","monitoring":{"enabled":true,"prometheusRule":{"customRules":${list}}}}`,
      (list) => `{"templateRef":{"name":"everything"},"overrides":{"scheduling":{"tolerations":${list}}}}`,
    ),
  )
  .map(([item, place]) => place(`[${repeatedTo(1024 * kibibyte, `${item},`).replace(/,[^,]*$/, "")}]`))
  .filter((text) => isJson(text))

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Half a megabyte of keys. */
const manyKeys: fc.Arbitrary<string> = fc
  .constantFrom("aerospikeConfig", "podSpec", "headlessService", "metadata", "monitoring")
  .map((field) => {
    const keys = Array.from({ length: 40_000 }, (_, index) => `"k${index}":"v"`).join(",")
    const nested = { aerospikeConfig: `{"service":{${keys}}}`, podSpec: `{"nodeSelector":{${keys}}}` }
    const value =
      field === "aerospikeConfig" || field === "podSpec"
        ? nested[field]
        : `{"metadata":{"labels":{${keys}},"annotations":{${keys}}},"metricLabels":{${keys}},"enabled":true}`
    return `{"size":3,"image":"aerospike:8.1.0","${field}":${value}}`
  })

const inCluster = (text: string): string =>
  `{"apiVersion":"acko.io/v1alpha1","kind":"AerospikeCluster","metadata":${JSON.stringify(metadata)},"spec":${text}}`

const places = leaves(spec, "spec")
/** What the parts of a careless expression would match in many ways. */
const slowUnits = [
  "a",
  "-",
  "1",
  " ",
  ".",
  "/",
  "a.",
  "a-",
  "a/",
  "1m",
  "0",
  "%",
  ":",
  "@",
  "\t",
  "_",
  "A1",
  "a:",
  "::",
  "9y",
]
const slow: fc.Arbitrary<Candidate> = fc
  .tuple(fc.constantFrom(...places), fc.constantFrom(...slowUnits), fc.constantFrom("", "!", "\n", "é"))
  .map(([leaf, unit, end]) => ({
    kind: "cluster",
    operation: "CREATE",
    text: JSON.stringify(clusterOf(leaf.put(`${repeatedTo(100 * kibibyte, unit)}${end}`))),
  }))

const text = (object: fc.Arbitrary<JsonObject>): fc.Arbitrary<string> => object.map((value) => JSON.stringify(value))

const candidate = (cluster: fc.Arbitrary<string>, template: fc.Arbitrary<string>): fc.Arbitrary<Candidate> =>
  fc.oneof(
    { weight: 6, arbitrary: cluster.map((it): Candidate => ({ kind: "cluster", operation: "CREATE", text: it })) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(cluster, cluster)
        .map(([now, before]): Candidate => ({ kind: "cluster", operation: "UPDATE", text: now, oldText: before })),
    },
    { weight: 1, arbitrary: template.map((it): Candidate => ({ kind: "template", operation: "CREATE", text: it })) },
  )

/** Megabytes take their time to make: one absurd resource in ten. */
const absurd = fc.oneof(
  { weight: 20, arbitrary: absurdSpec.map(inCluster) },
  { weight: 3, arbitrary: anything.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: large.map(inCluster) },
  { weight: 1, arbitrary: manyKeys.map(inCluster) },
)

export const candidates: Readonly<Record<ResourceClass, fc.Arbitrary<Candidate>>> = {
  valid: candidate(text(validCluster), text(validTemplate)),
  almost: candidate(text(almost(validCluster)), text(almost(validTemplate))),
  absurd: candidate(absurd, absurd),
  slow,
}

/** The same candidate for the same seed and number. */
export const candidateOf = (kind: ResourceClass, seed: number, index: number): Candidate => {
  const [made] = fc.sample(candidates[kind], { seed: (seed * 2_147_483 + index) | 0, numRuns: 1 })
  if (made === undefined) throw new Error("nothing was generated")
  return made
}
