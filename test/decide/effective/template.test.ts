import { describe, expect, it } from "vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { effectiveCluster } from "../../../src/decide/effective/effectiveCluster.js"
import { resolveTemplate } from "../../../src/decide/effective/template.js"
import { withOverrides } from "../../../src/decide/effective/template/overrides.js"
import { localClassWarnings } from "../../../src/decide/effective/template/warnings.js"
import { decodeSpec } from "../../../src/domain/AerospikeCluster.js"
import { decodeTemplateSpec, type TemplateSpec } from "../../../src/domain/AerospikeClusterTemplate.js"
import { clusterView } from "../../support/clusterView.js"

type Fields = Readonly<Record<string, unknown>>

const template = (fields: Fields): TemplateSpec =>
  Either.getOrThrowWith(decodeTemplateSpec(fields), (found) => new Error(JSON.stringify(found)))

const written = (fields: Fields) =>
  Either.getOrThrowWith(
    decodeSpec({ templateRef: { name: "t" }, ...fields }),
    (found) => new Error(JSON.stringify(found)),
  )

const enough = { size: 3, image: "aerospike:ce-8.1.1.1" }

const resolve = (fields: Fields, of: Fields) =>
  Either.getOrThrowWith(
    resolveTemplate(written(fields), template(of), "db"),
    (found) => new Error(JSON.stringify(found)),
  )

const rules = (fields: Fields, of: Fields | undefined) =>
  Either.match(resolveTemplate(written(fields), of === undefined ? undefined : template(of), "db"), {
    onLeft: (found) => found.map(({ rule }) => rule),
    onRight: ({ warnings }) => warnings.map(({ rule }) => rule),
  })

const selector = { "app.kubernetes.io/name": "aerospike-cluster", "app.kubernetes.io/instance": "db" }
const term = { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: selector } }
const toleration = { key: "aerospike", operator: "Exists" }
const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } }

/** What the cluster says, what the template says, what comes of it. */
const filled: ReadonlyArray<readonly [string, Fields, Fields, Fields]> = [
  [
    "A2 required anti-affinity",
    {},
    { scheduling: { podAntiAffinityLevel: "required" } },
    {
      podSpec: { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } },
    },
  ],
  [
    "A2 preferred anti-affinity",
    {},
    { scheduling: { podAntiAffinityLevel: "preferred" } },
    {
      podSpec: {
        affinity: {
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }],
          },
        },
      },
    },
  ],
  ["A1, A2 none adds nothing", {}, { scheduling: { podAntiAffinityLevel: "none" } }, { podSpec: {} }],
  [
    "A2 the cluster's own anti-affinity stays, A3 node affinity beside it",
    { podSpec: { affinity: { podAntiAffinity: {} } } },
    { scheduling: { podAntiAffinityLevel: "required", nodeAffinity } },
    { podSpec: { affinity: { podAntiAffinity: {}, nodeAffinity } } },
  ],
  [
    "A4 tolerations are copied",
    { podSpec: { tolerations: [] } },
    { scheduling: { tolerations: [toleration] } },
    { podSpec: { tolerations: [toleration] } },
  ],
  [
    "A4 but not merged",
    { podSpec: { tolerations: [{ key: "x" }] } },
    { scheduling: { tolerations: [toleration] } },
    { podSpec: { tolerations: [{ key: "x" }] } },
  ],
  [
    "A5, A6",
    {},
    {
      scheduling: {
        topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" }],
        podManagementPolicy: "OrderedReady",
      },
    },
    {
      podSpec: {
        topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" }],
        podManagementPolicy: "OrderedReady",
      },
    },
  ],
  [
    "A7 a data volume",
    { storage: { cleanupThreads: 2 } },
    { storage: { storageClassName: "local", resources: { requests: { storage: "10Gi" } }, accessModes: [] } },
    {
      storage: {
        cleanupThreads: 2,
        volumes: [
          {
            name: "data",
            source: {
              persistentVolume: {
                storageClass: "local",
                volumeMode: "Filesystem",
                accessModes: ["ReadWriteOnce"],
                size: "10Gi",
              },
            },
            aerospike: { path: "/opt/aerospike/data" },
          },
        ],
      },
    },
  ],
  [
    "A7 not beside volumes of the cluster",
    { storage: { volumes: [{ name: "v", source: { emptyDir: {} } }] } },
    { storage: {} },
    { storage: { volumes: [{ name: "v", source: { emptyDir: {} } }] } },
  ],
  [
    "A8 service: the cluster wins",
    { aerospikeConfig: { service: { "proto-fd-max": 20000 } } },
    { aerospikeConfig: { service: { "proto-fd-max": 1024, "cluster-name": "shared", info: { a: 1 } } } },
    { aerospikeConfig: { service: { "proto-fd-max": 20000, "cluster-name": "shared", info: { a: 1 } } } },
  ],
  [
    "A9 heartbeat: what is missing",
    { aerospikeConfig: { network: { heartbeat: { interval: 250 } } } },
    { aerospikeConfig: { network: { heartbeat: { mode: "mesh", interval: 150, timeout: 20 } } } },
    { aerospikeConfig: { network: { heartbeat: { mode: "mesh", interval: 250, timeout: 20 } } } },
  ],
  [
    "A10 namespaces: defaults below each",
    { aerospikeConfig: { namespaces: [{ name: "a", "replication-factor": 1 }, { name: "b" }] } },
    { aerospikeConfig: { namespaceDefaults: { "replication-factor": 2, "storage-engine": { type: "memory" } } } },
    {
      aerospikeConfig: {
        namespaces: [
          { name: "a", "replication-factor": 1, "storage-engine": { type: "memory" } },
          { name: "b", "replication-factor": 2, "storage-engine": { type: "memory" } },
        ],
      },
    },
  ],
  [
    "A11 resources",
    {},
    { resources: { limits: { cpu: "1" }, requests: { cpu: "1" } } },
    { podSpec: { aerospikeContainer: { resources: { limits: { cpu: "1" }, requests: { cpu: "1" } } } } },
  ],
  [
    "A11 not over the cluster's",
    { podSpec: { aerospikeContainer: { resources: {} } } },
    { resources: { limits: { cpu: "1" } } },
    { podSpec: { aerospikeContainer: { resources: {} } } },
  ],
  [
    "A14, A15 whole parts",
    { monitoring: { enabled: false } },
    { monitoring: { enabled: true, port: 9999 }, aerospikeNetworkPolicy: { accessType: "hostInternal" } },
    { monitoring: { enabled: false }, aerospikeNetworkPolicy: { accessType: "hostInternal" } },
  ],
]

describe("what a cluster takes from its template (api.md §7.4)", () => {
  it.each(filled)("%s", (_title, own, of, wanted) => {
    const { templateRef: _ref, ...spec } = resolve({ ...enough, ...own }, of).spec
    expect(spec).toEqual({ ...enough, ...own, ...wanted })
  })

  it("A12, A13: image and size, when the cluster has none; 0 and the empty text are none", () => {
    const of = { size: 5, image: "aerospike:ce-8.1.2.0" }
    expect(resolve({ size: 0, image: "" }, of).spec).toMatchObject(of)
    expect(resolve({ size: 2 }, of).spec).toMatchObject({ size: 2, image: of.image })
  })

  it("E1, E4, E5: a missing template, no image, no size are told with the field", () => {
    expect(rules(enough, undefined)).toEqual(["E1"])
    expect(rules({}, {})).toEqual(["E4", "E5"])
  })

  it.each<[string, Fields, Fields]>([
    ["R1", {}, { rackConfig: { maxRacksPerNode: 1 }, storage: { localPVRequired: true, storageClassName: "l" } }],
    [
      "R2",
      {},
      { rackConfig: { maxRacksPerNode: 1 }, scheduling: { podAntiAffinityLevel: "required", tolerations: [{}] } },
    ],
    [
      "R3",
      { podSpec: {} },
      {
        rackConfig: { maxRacksPerNode: 1 },
        scheduling: { podAntiAffinityLevel: "required" },
        storage: { localPVRequired: true, storageClassName: "l" },
      },
    ],
    ["R4", {}, { resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1000m" } } }],
    ["R5", {}, { storage: { localPVRequired: true } }],
  ])("%s", (rule, own, of) => {
    expect(rules({ ...enough, ...own }, of)).toEqual([rule])
  })

  it("no warning for equal quantities in another spelling (R4)", () => {
    expect(rules(enough, { resources: { requests: { cpu: "1" }, limits: { cpu: "1000m" } } })).toEqual([])
  })
})

describe("the StorageClass of local volumes", () => {
  const storageClass = (name: string, volumeBindingMode: string) => ({
    namespace: "",
    name,
    uid: name,
    resourceVersion: "1",
    volumeBindingMode,
  })
  const known = [storageClass("local", "WaitForFirstConsumer"), storageClass("standard", "Immediate")]
  const told = (storage: Fields, classes: typeof known | undefined, own: Fields = {}) =>
    localClassWarnings(resolve({ ...enough, ...own }, { storage }).localClass, classes).map(({ rule }) => rule)

  it.each<readonly [string, string, ReadonlyArray<string>]>([
    ["R6 a class that does not exist", "none", ["R6"]],
    ["R7 a class that does not wait for the pod", "standard", ["R7"]],
    ["silent about one that does", "local", []],
  ])("%s", (_what, storageClassName, expected) => {
    expect(told({ localPVRequired: true, storageClassName }, known)).toEqual(expected)
  })

  it("silent where nothing demands local volumes, and where the classes are not known (R6, R7)", () => {
    expect(told({ storageClassName: "none" }, known)).toEqual([])
    expect(told({ localPVRequired: true, storageClassName: "none" }, undefined)).toEqual([])
  })

  it("judges what the overrides make of the template (R7)", () => {
    const overrides = { storage: { localPVRequired: true, storageClassName: "standard" } }
    expect(told({ localPVRequired: true, storageClassName: "local" }, known, { overrides })).toEqual(["R7"])
  })
})

describe("overrides over the template (api.md §7.3)", () => {
  const base = {
    description: "base",
    image: "aerospike:ce-8.1.1.1",
    aerospikeConfig: { service: { a: 1, deep: { x: 1 } }, network: { heartbeat: { mode: "mesh", interval: 150 } } },
    scheduling: { podAntiAffinityLevel: "required", tolerations: [toleration] },
    storage: { storageClassName: "a", localPVRequired: true },
  }

  it.each<[string, Fields, Fields]>([
    ["the description stays the template's", { description: "mine" }, {}],
    ["an empty image is none", { image: "" }, {}],
    ["storage replaces as a whole", { storage: { storageClassName: "b" } }, { storage: { storageClassName: "b" } }],
    [
      "service is merged, maps deeply, null replaces",
      { aerospikeConfig: { service: { a: null, deep: { y: 2 } } } },
      { aerospikeConfig: { ...base.aerospikeConfig, service: { a: null, deep: { x: 1, y: 2 } } } },
    ],
    ["an empty map changes nothing", { aerospikeConfig: { service: {} } }, {}],
    [
      "heartbeat by field, 0 is unset",
      { aerospikeConfig: { network: { heartbeat: { interval: 0, timeout: 20 } } } },
      {
        aerospikeConfig: {
          service: base.aerospikeConfig.service,
          network: { heartbeat: { mode: "mesh", interval: 150, timeout: 20 } },
        },
      },
    ],
    ["an empty list clears nothing", { scheduling: { tolerations: [] } }, {}],
    [
      "scheduling by field",
      { scheduling: { podAntiAffinityLevel: "none" } },
      { scheduling: { podAntiAffinityLevel: "none", tolerations: [toleration] } },
    ],
  ])("%s", (_title, over, wanted) => {
    expect(withOverrides(template(base), template(over))).toEqual({ ...base, ...wanted })
  })

  it("the cluster beats the overrides, the overrides beat the template", () => {
    const of = { ...enough, aerospikeConfig: { service: { a: 1, b: 1, c: 1 } } }
    const resolved = resolve(
      { overrides: { size: 5, aerospikeConfig: { service: { b: 2, c: 2 } } }, aerospikeConfig: { service: { c: 3 } } },
      of,
    )
    expect(resolved.spec.size).toBe(5)
    expect(resolved.spec.aerospikeConfig).toEqual({ service: { a: 1, b: 2, c: 3 } })
  })
})

const deepFreeze = <A>(value: A): A => {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze)
  return value
}

const tree = FastCheck.dictionary(
  FastCheck.string(),
  FastCheck.oneof(FastCheck.integer(), FastCheck.dictionary(FastCheck.string(), FastCheck.jsonValue())),
)

describe("any template", () => {
  it("W27, W28: changes neither the cluster nor itself, and resolving the result again changes nothing", () => {
    FastCheck.assert(
      FastCheck.property(tree, tree, tree, (service, own, over) => {
        const of = deepFreeze(
          template({ ...enough, aerospikeConfig: { service, namespaceDefaults: service }, scheduling: {} }),
        )
        const spec = deepFreeze(
          written({
            aerospikeConfig: { service: own, namespaces: [own] },
            overrides: { aerospikeConfig: { service: over } },
          }),
        )
        const first = Either.getOrThrow(resolveTemplate(spec, of, "db"))
        expect(Either.getOrThrow(resolveTemplate(first.spec, of, "db")).spec).toEqual(first.spec)
      }),
    )
  })
})

describe("the effective cluster", () => {
  const held = (spec: unknown, name = "t") => ({ templateSnapshot: { name, synced: true, spec } })
  const decide = (spec: Fields, status: object) =>
    effectiveCluster(clusterView({ ...spec, templateRef: { name: "t" } }, { status }))

  it("B1, B2, W29: size, image, names and files come from the resolved spec; no default beats the template", () => {
    const effective = Either.getOrThrow(
      decide(
        { size: undefined, image: undefined },
        held({
          ...enough,
          size: 5,
          aerospikeConfig: { service: { "cluster-name": "shared", "proto-fd-max": 1024 } },
          monitoring: { enabled: true },
        }),
      ),
    )
    expect([effective.size, effective.image, effective.clusterName]).toEqual([5, enough.image, "shared"])
    expect(effective.racks[0]?.config["service"]).toEqual({ "cluster-name": "shared", "proto-fd-max": 1024 })
    expect(effective.spec.monitoring?.port).toBe(9145)
    expect(effective.spec.monitoring?.exporterImage).toMatch(/^aerospike\/.+:\d/)
  })

  it.each<[string, Fields, object, ReadonlyArray<string | undefined>]>([
    ["E1: no copy yet", {}, {}, ["E1"]],
    ["E1: the copy of another template", {}, held(enough, "other"), ["E1"]],
    ["E3: a copy without spec", {}, held(undefined), ["E3"]],
    ["a copy that makes no sense", {}, held({ size: "many" }), ["TV5"]],
    [
      "R126: a copy with text in it that a webhook would have refused",
      {},
      held({ ...enough, monitoring: { enabled: true, metricLabels: { a: "b\nc" } } }),
      ["characters"],
    ],
    [
      "R115: a copy so deep that reading it would go wrong",
      {},
      held({ ...enough, resources: JSON.parse(`${'{"a":'.repeat(1000)}1${"}".repeat(1000)}`) as object }),
      ["shape"],
    ],
    ["V4: an Enterprise image from the template", { image: "" }, held({ image: "aerospike:ee-8.1.0" }), ["V4"]],
    [
      "V49: replication factor against the size of the template",
      { size: undefined },
      held({ ...enough, size: 1 }),
      ["V49"],
    ],
  ])("%s", (_title, spec, status, wanted) => {
    const found = Either.getOrThrow(Either.flip(decide(spec, status)))
    expect(found.map(({ rule }) => rule)).toEqual(wanted)
  })
})
