import { describe, expect, it } from "vitest"
import type { Json, JsonObject } from "../../../src/domain/Json.js"
import { reviewCluster, reviewTemplate } from "../../../src/decide/admission/review.js"

const cluster = (spec: JsonObject, metadata: JsonObject = { name: "x", namespace: "ns1" }): JsonObject => ({
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeCluster",
  metadata,
  spec,
})
const defaulted = (spec: JsonObject, metadata?: JsonObject): JsonObject => {
  const { defaulted: object } = reviewCluster({ operation: "CREATE", object: cluster(spec, metadata) })
  return (object as { readonly spec: JsonObject }).spec
}
const tree = (more: { readonly service?: JsonObject; readonly network?: JsonObject } = {}): JsonObject => ({
  service: { "cluster-name": "x", "proto-fd-max": 15000, ...more.service },
  network: {
    service: { port: 3000 },
    heartbeat: { mode: "mesh", port: 3002 },
    fabric: { port: 3001 },
    ...more.network,
  },
})

describe("C.6: defaulting of a cluster", () => {
  it.each<[string, JsonObject, JsonObject]>([
    ["D1: no configuration", {}, { aerospikeConfig: tree() }],
    ["D1: configuration null", { aerospikeConfig: null }, { aerospikeConfig: tree() }],
    ["D2, D5: missing maps are made", { aerospikeConfig: {} }, { aerospikeConfig: tree() }],
    [
      "D3: a cluster name that is there stays, even an empty one",
      { aerospikeConfig: { service: { "cluster-name": "" } } },
      { aerospikeConfig: tree({ service: { "cluster-name": "" } }) },
    ],
    [
      "D4: proto-fd-max that is there stays",
      { aerospikeConfig: { service: { "proto-fd-max": 20000 } } },
      { aerospikeConfig: tree({ service: { "proto-fd-max": 20000 } }) },
    ],
    [
      "D6: the service port beside an address",
      { aerospikeConfig: { network: { service: { address: "any" } } } },
      { aerospikeConfig: tree({ network: { service: { address: "any", port: 3000 } } }) },
    ],
    [
      "D6, D7, D9: ports that are there stay",
      { aerospikeConfig: { network: { service: { port: 4000 }, heartbeat: { port: 4002 }, fabric: { port: 4001 } } } },
      {
        aerospikeConfig: tree({
          network: { service: { port: 4000 }, heartbeat: { mode: "mesh", port: 4002 }, fabric: { port: 4001 } },
        }),
      },
    ],
    [
      "D8: a mode that is there stays",
      { aerospikeConfig: { network: { heartbeat: { mode: "multicast" } } } },
      { aerospikeConfig: tree({ network: { heartbeat: { mode: "multicast", port: 3002 } } }) },
    ],
    [
      "D10, D11, D12: monitoring",
      { monitoring: { enabled: true, serviceMonitor: { enabled: true } } },
      {
        aerospikeConfig: tree(),
        monitoring: {
          enabled: true,
          exporterImage: "aerospike/aerospike-prometheus-exporter:1.16.1",
          port: 9145,
          serviceMonitor: { enabled: true, interval: "30s" },
        },
      },
    ],
    [
      "D10, D11, D12: nothing while monitoring is off",
      { monitoring: { enabled: false, serviceMonitor: { enabled: true } } },
      { aerospikeConfig: tree(), monitoring: { enabled: false, serviceMonitor: { enabled: true } } },
    ],
    [
      "D13, D14: host network",
      { podSpec: { hostNetwork: true } },
      {
        aerospikeConfig: tree(),
        podSpec: { hostNetwork: true, multiPodPerHost: false, dnsPolicy: "ClusterFirstWithHostNet" },
      },
    ],
    [
      "D13, D14: what is there stays",
      { podSpec: { hostNetwork: true, multiPodPerHost: true, dnsPolicy: "Default" } },
      { aerospikeConfig: tree(), podSpec: { hostNetwork: true, multiPodPerHost: true, dnsPolicy: "Default" } },
    ],
  ])("%s", (_title, given, expected) => {
    expect(defaulted(given)).toEqual(expected)
  })

  it("D1–D14: applied twice is applied once", () => {
    const once = defaulted({ podSpec: { hostNetwork: true }, monitoring: { enabled: true } })
    expect(defaulted(once)).toEqual(once)
  })

  it("keeps fields it does not know, in the spec, around it and in the configuration", () => {
    const object = { ...cluster({ future: { a: [1] }, aerospikeConfig: { service: { unknown: null } } }), extra: true }
    const { defaulted: answer } = reviewCluster({ operation: "CREATE", object })
    expect(answer).toEqual({
      ...object,
      spec: { future: { a: [1] }, aerospikeConfig: tree({ service: { unknown: null } }) },
    })
  })

  it("B1: with a template, what the template may say stays open", () => {
    expect(defaulted({ templateRef: { name: "t" } })).toEqual({
      templateRef: { name: "t" },
      aerospikeConfig: {
        service: {},
        network: { service: { port: 3000 }, heartbeat: { port: 3002 }, fabric: { port: 3001 } },
      },
    })
  })

  it("B20: no empty cluster name for an object that is still to be named", () => {
    expect(defaulted({}, { generateName: "x-" })).toEqual({
      aerospikeConfig: { ...tree(), service: { "proto-fd-max": 15000 } },
    })
  })

  it("B19: an object on its way out is neither changed nor refused", () => {
    const object = cluster({ size: 99 }, { name: "x", deletionTimestamp: "2026-01-01T00:00:00Z" })
    expect(reviewCluster({ operation: "UPDATE", object })).toEqual({ defaulted: object, errors: [], warnings: [] })
    expect(reviewCluster({ operation: "DELETE", object: null })).toEqual({ defaulted: null, errors: [], warnings: [] })
  })
})

describe("defaulting of a template", () => {
  const template = (spec: JsonObject): Json => {
    const { defaulted: object } = reviewTemplate({ operation: "CREATE", object: { metadata: { name: "t" }, spec } })
    return (object as { readonly spec: JsonObject }).spec
  }

  it.each<[string, JsonObject, JsonObject]>([
    ["absent sections stay absent", { size: 3 }, { size: 3 }],
    ["TD1", { scheduling: {} }, { scheduling: { podAntiAffinityLevel: "preferred" } }],
    ["TD1: given", { scheduling: { podAntiAffinityLevel: "none" } }, { scheduling: { podAntiAffinityLevel: "none" } }],
    ["TD2, TD3", { storage: {} }, { storage: { volumeMode: "Filesystem", accessModes: ["ReadWriteOnce"] } }],
    [
      "TD2: given",
      { storage: { volumeMode: "Block", accessModes: [] } },
      { storage: { volumeMode: "Block", accessModes: ["ReadWriteOnce"] } },
    ],
    [
      "TD3: given",
      { storage: { volumeMode: "", accessModes: ["ReadWriteMany"] } },
      { storage: { volumeMode: "Filesystem", accessModes: ["ReadWriteMany"] } },
    ],
  ])("%s", (_title, given, expected) => {
    expect(template(given)).toEqual(expected)
    expect(template(expected)).toEqual(expected)
  })
})
