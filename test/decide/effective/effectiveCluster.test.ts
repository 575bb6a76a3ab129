import * as Either from "effect/Either"
import { describe, expect, it } from "vitest"
import { rackSizes, resolveAmount } from "../../../src/decide/effective/amounts.js"
import { effectiveCluster } from "../../../src/decide/effective/effectiveCluster.js"
import { clusterView } from "../../support/clusterView.js"

type Spec = Readonly<Record<string, unknown>>
const accepted = (spec: Spec) =>
  Either.getOrThrowWith(effectiveCluster(clusterView(spec)), (found) => new Error(JSON.stringify(found)))
const refusedBy = (spec: Spec) =>
  Either.match(effectiveCluster(clusterView(spec)), {
    onLeft: (found) => found.map(({ rule }) => rule),
    onRight: () => [],
  })
const warnedBy = (spec: Spec) => accepted(spec).warnings.map(({ rule }) => rule)
const memory = { type: "memory", "data-size": 1073741824 }
const namespaces = [{ name: "test", "storage-engine": memory }]
/** Sections beside a namespace that needs nothing. */
const configOf = (more: Spec): Spec => ({ aerospikeConfig: { namespaces, ...more } })

describe("defaults (D1–D14)", () => {
  it("D1–D9: a cluster with nothing but a namespace", () => {
    const [rack] = accepted(configOf({})).racks
    expect(rack?.config).toEqual({
      namespaces,
      service: { "cluster-name": "demo", "proto-fd-max": 15000 },
      network: { service: { port: 3000 }, heartbeat: { mode: "mesh", port: 3002 }, fabric: { port: 3001 } },
    })
    expect(rack?.ports).toEqual({ service: 3000, fabric: 3001, heartbeat: 3002 })
  })

  it("never overwrites what is there, and changes no input", () => {
    const spec = {
      aerospikeConfig: {
        namespaces,
        service: { "cluster-name": "other", "proto-fd-max": 20000 },
        network: { service: { address: "any", port: 4000 }, heartbeat: { port: 4002 }, fabric: { port: 4001 } },
      },
    }
    const before = JSON.stringify(spec)
    const cluster = accepted(spec)
    expect(cluster.clusterName).toBe("other")
    expect(cluster.racks[0]?.ports).toEqual({ service: 4000, fabric: 4001, heartbeat: 4002 })
    expect(JSON.stringify(spec)).toBe(before)
  })

  it("is idempotent", () => {
    const once = accepted({}).racks[0]?.config
    expect(accepted({ aerospikeConfig: once }).racks[0]?.config).toEqual(once)
  })

  it("D10–D14", () => {
    const cluster = accepted({
      monitoring: { enabled: true, serviceMonitor: { enabled: true } },
      podSpec: { hostNetwork: true },
    })
    expect(cluster.spec.monitoring).toEqual({
      enabled: true,
      exporterImage: "aerospike/aerospike-prometheus-exporter:1.16.1",
      port: 9145,
      serviceMonitor: { enabled: true, interval: "30s" },
    })
    expect(cluster.spec.podSpec).toMatchObject({ multiPodPerHost: false, dnsPolicy: "ClusterFirstWithHostNet" })
  })
})

describe("racks and sizes (behaviour.md §1.9, appendix B)", () => {
  it.each([
    [7, 3, [3, 2, 2]],
    [5, 2, [3, 2]],
    [2, 3, [1, 1, 0]],
    [0, 2, [0, 0]],
  ])("size %i over %i racks", (size, racks, sizes) => {
    expect(rackSizes(size, racks)).toEqual(sizes)
  })

  it.each<[string | number | undefined, number, number, number]>([
    ["25%", 8, 1, 2],
    ["25%", 6, 1, 2],
    ["50%", 6, 1, 3],
    ["10%", 3, 1, 1],
    [0, 3, 1, 1],
    ["0%", 3, 1, 1],
    ["x", 3, 1, 1],
    [undefined, 3, 1, 1],
    [0, 3, 0, 0],
    ["0%", 3, 0, 0],
  ])("%j of %i, at least %i", (value, total, minimum, expected) => {
    expect(resolveAmount(value, total, { minimum, fallback: minimum })).toBe(expected)
  })

  it("merges a rack's configuration over the cluster's; racks keep their own ports", () => {
    const cluster = accepted({
      size: 5,
      rackConfig: {
        racks: [
          { id: 2, aerospikeConfig: { network: { service: { port: 4000 } }, service: { "proto-fd-max": 1024 } } },
          { id: 1, zone: "a" },
        ],
        maxIgnorablePods: 0,
        rollingUpdateBatchSize: "50%",
      },
    })
    expect(cluster.racks.map(({ id, size, ports }) => [id, size, ports.service])).toEqual([
      [2, 3, 4000],
      [1, 2, 3000],
    ])
    expect(cluster.racks[0]?.config["service"]).toEqual({ "cluster-name": "demo", "proto-fd-max": 1024 })
    expect(cluster.maxIgnorablePods, "W10: 0 means 0").toEqual({ 1: 0, 2: 0 })
    expect(cluster.restartBatch).toEqual({ 2: 2, 1: 1 })
  })
})

describe("namespaces", () => {
  const namespaces = (engine: unknown, storage?: unknown) =>
    accepted({
      aerospikeConfig: { namespaces: [{ name: "test", "storage-engine": engine }] },
      ...(storage === undefined ? {} : { storage }),
    }).racks[0]?.namespaces[0]
  const claim = (more: Spec = {}) => ({
    volumes: [
      {
        name: "data",
        source: { persistentVolume: { size: "1Gi", storageClass: "local", ...more } },
        aerospike: { path: "/opt/aerospike/data" },
      },
    ],
  })
  const file = { type: "device", file: "/opt/aerospike/data/test.dat", filesize: 4294967296 }

  it("has the server's replication factor by default", () => {
    expect(namespaces(memory)?.replicationFactor).toBe(2)
  })

  it("outlives the pod only on a persistent volume", () => {
    expect(namespaces(memory)?.isPersistent).toBe(false)
    expect(namespaces(file)?.isPersistent, "container file system").toBe(false)
    expect(
      namespaces(file, {
        volumes: [{ name: "data", source: { emptyDir: {} }, aerospike: { path: "/opt/aerospike/data" } }],
      })?.isPersistent,
    ).toBe(false)
    expect(namespaces(file, claim())?.isPersistent).toBe(true)
    expect(
      namespaces(file, { ...claim(), localStorageClasses: ["local"], deleteLocalStorageOnRestart: true })?.isPersistent,
      "the claim goes at every restart",
    ).toBe(false)
    expect(namespaces({ ...file, type: "memory" }, claim())?.isPersistent).toBe(true)
  })

  it("knows volumes whose claims go with their pods", () => {
    const volume = (name: string, more: Spec = {}) => ({
      name,
      source: { persistentVolume: { size: "1Gi", ...more } },
      aerospike: { path: `/${name}` },
    })
    const cluster = accepted({
      storage: {
        filesystemVolumePolicy: { cascadeDelete: true },
        volumes: [
          volume("a"),
          { ...volume("b"), cascadeDelete: false },
          volume("c", { volumeMode: "Block" }),
          { name: "d", source: { emptyDir: {} }, cascadeDelete: true },
        ],
      },
    })
    expect(cluster.racks[0]?.cascadeVolumes).toEqual(["a"])
  })
})

describe("refusals, beside the rules of admission (test/decide/admission/rules)", () => {
  const racks = (...list: ReadonlyArray<Spec>) => ({ rackConfig: { racks: list } })

  it.each<[string, Spec, ReadonlyArray<string | undefined>]>([
    ["B26: size 0, however it got there", { size: 0 }, ["V2"]],
    ["required.namespace", { aerospikeConfig: {} }, ["required.namespace"]],
    ["config of a rack too", racks({ id: 1, aerospikeConfig: { xdr: {} } }), ["V6"]],
    [
      "a cluster name that breaks info commands (R121)",
      configOf({ service: { "cluster-name": "a;b" } }),
      ["name.cluster"],
    ],
    [
      "a rack with another cluster name",
      racks({ id: 1, aerospikeConfig: { service: { "cluster-name": "x" } } }),
      ["rack.cluster-name"],
    ],
    ["R119: Enterprise directives beyond V10", configOf({ service: { "feature-key-file": "/x" } }), ["enterprise"]],
    ["R120: a log below /etc", configOf({ logging: [{ name: "/etc/passwd", any: "info" }] }), ["path"]],
    [
      "R120: a name longer than a file system takes",
      configOf({ service: { "work-directory": `/opt/${"a".repeat(256)}` } }),
      ["path"],
    ],
    ["R120: ..", configOf({ service: { "work-directory": "/opt/../etc" } }), ["path"]],
    ["R117: injection", configOf({ service: { user: "a\nb" } }), ["render"]],
    ["R117: injection where only a number can stand", configOf({ service: { "node-id": "a\nb" } }), ["config.value"]],
    ["E1: a template that is not there", { templateRef: { name: "t" } }, ["E1"]],
  ])("%s", (_title, spec, rules) => {
    expect(refusedBy(spec)).toEqual(rules)
  })

  it("collects errors of several fields at once, with paths", () => {
    const found = Either.getOrThrow(
      Either.flip(effectiveCluster(clusterView({ size: "3", paused: 1, rackConfig: { racks: [{ id: 1, zone: 2 }] } }))),
    )
    expect(found.map(({ path }) => path)).toEqual(["spec.size", "spec.rackConfig.racks[0].zone", "spec.paused"])
    expect(found.every(({ fix, message }) => fix !== "" && message !== "")).toBe(true)
  })

  it("tolerates unknown fields, unknown specs and nulls", () => {
    expect(refusedBy({ futureField: { a: 1 }, storage: { volumes: null }, podSpec: null })).toEqual([])
    expect(Either.isLeft(effectiveCluster(clusterView({}, { spec: undefined })))).toBe(true)
    expect(Either.isLeft(effectiveCluster(clusterView({}, { spec: "text" })))).toBe(true)
  })

  it.each(["Demo", "1a", "a.b", "a".repeat(60)])("R111: a cluster called %s", (name) => {
    expect(Either.isLeft(effectiveCluster(clusterView({}, { name })))).toBe(true)
  })
})

describe("warnings", () => {
  it("B15: says what does nothing on Community Edition", () => {
    const cluster = accepted({
      aerospikeAccessControl: { users: [{ name: "a", secretName: "s", roles: ["sys-admin", "user-admin"] }] },
      aerospikeConfig: { security: {}, namespaces: [test] },
    })
    expect(cluster.hasAccessControl).toBe(true)
    expect(cluster.warnings.map(({ path }) => path)).toEqual([
      "spec.aerospikeAccessControl",
      "spec.aerospikeConfig.security",
    ])
  })
  const test = { name: "test", "replication-factor": 2, "storage-engine": memory }

  it.each<[string, Spec]>([
    ["seeds", { aerospikeConfig: { namespaces: [test], network: { heartbeat: { "mesh-seed-address-port": "a 1" } } } }],
  ])("%s", (rule, spec) => {
    expect(warnedBy(spec)).toEqual([rule])
  })

  it("a plain cluster has none", () => {
    expect(warnedBy({})).toEqual([])
  })
})
