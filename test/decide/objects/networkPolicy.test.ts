import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { networkPolicy } from "../../../src/decide/objects/networkPolicy.js"
import { desiredOf, effectiveOf } from "../../support/desired.js"

type Spec = Readonly<Record<string, unknown>>

const members = { "app.kubernetes.io/name": "aerospike-cluster", "app.kubernetes.io/instance": "demo" }
const tcp = (...ports: ReadonlyArray<number | string>) => ports.map((port) => ({ protocol: "TCP", port }))
const withPolicy = (type: string | undefined, more: Spec = {}): Spec => ({
  networkPolicyConfig: { enabled: true, ...(type === undefined ? {} : { type }) },
  ...more,
})
const network = (service: number, fabric: number, heartbeat: number) => ({
  network: { service: { port: service }, fabric: { port: fabric }, heartbeat: { port: heartbeat } },
})
const namespaces = [{ name: "test", "storage-engine": { type: "memory", "data-size": 1073741824 } }]
const specOf = (spec: Spec) => desiredOf(spec).networkPolicy?.object["spec"]

interface Rule {
  readonly from?: ReadonlyArray<unknown>
  readonly ports: ReadonlyArray<{ readonly port: number }>
}
const rulesOf = (spec: Spec, running: ReadonlyArray<Readonly<Record<string, number>>> = []): ReadonlyArray<Rule> =>
  (networkPolicy(effectiveOf(spec), running)?.object["spec"] as { ingress: ReadonlyArray<Rule> }).ingress

describe("network policy", () => {
  it("is made when asked for, of Kubernetes unless Cilium is named", () => {
    expect(desiredOf({}).networkPolicy).toBeUndefined()
    expect(desiredOf({ networkPolicyConfig: { enabled: false, type: "cilium" } }).networkPolicy).toBeUndefined()
    for (const [type, kind, apiVersion] of [
      [undefined, "NetworkPolicy", "networking.k8s.io/v1"],
      ["kubernetes", "NetworkPolicy", "networking.k8s.io/v1"],
      ["cilium", "CiliumNetworkPolicy", "cilium.io/v2"],
    ] as const)
      expect(desiredOf(withPolicy(type)).networkPolicy?.object).toMatchObject({
        kind,
        apiVersion,
        metadata: { name: "demo-netpol", namespace: "ns1", labels: members, ownerReferences: [{ uid: "uid-demo" }] },
      })
  })

  it("R133: fabric and heartbeat for members, the service port for all, the exporter while there is one", () => {
    expect(specOf(withPolicy("kubernetes", { monitoring: { enabled: true, port: 9200 } }))).toEqual({
      podSelector: { matchLabels: members },
      policyTypes: ["Ingress"],
      ingress: [
        { ports: tcp(3001, 3002), from: [{ podSelector: { matchLabels: members } }] },
        { ports: tcp(3000) },
        { ports: tcp(9200) },
      ],
    })
    expect(specOf(withPolicy("cilium", { monitoring: { enabled: false } }))).toEqual({
      endpointSelector: { matchLabels: members },
      ingress: [
        { toPorts: [{ ports: tcp("3001", "3002") }], fromEndpoints: [{ matchLabels: members }] },
        { toPorts: [{ ports: tcp("3000") }] },
      ],
    })
  })

  it("W32: the ports are those of every rack", () => {
    const rules = rulesOf(
      withPolicy("kubernetes", {
        size: 4,
        aerospikeConfig: { namespaces, ...network(4000, 4001, 4002) },
        rackConfig: { racks: [{ id: 1 }, { id: 2, aerospikeConfig: network(5000, 4001, 4002) }] },
      }),
    )
    expect(rules.map(({ ports }) => ports.map(({ port }) => port))).toEqual([
      [4001, 4002],
      [4000, 5000],
    ])
  })

  it("S2: while ports move, those of the pods that still run stay open to the same people", () => {
    const spec = withPolicy("kubernetes", { aerospikeConfig: { namespaces, ...network(4000, 4001, 4002) } })
    const old = { service: 3000, fabric: 3001, heartbeat: 3002, metrics: 9145 }
    const rules = rulesOf(spec, [old, { service: 4000, fabric: 4001, heartbeat: 4002 }])
    expect(rules.map(({ from, ports }) => [from === undefined, ports.map(({ port }) => port)])).toEqual([
      [false, [3001, 3002, 4001, 4002]],
      [true, [3000, 4000]],
    ])
  })

  it("R133: nothing but service ports is open to strangers, every port of a member to members, whatever the ports", () => {
    const port = FastCheck.integer({ min: 1024, max: 65_000 })
    const ports = FastCheck.uniqueArray(port, { minLength: 3, maxLength: 3 }).map(([a = 0, b = 0, c = 0]) => ({
      service: a,
      fabric: b,
      heartbeat: c,
    }))
    FastCheck.assert(
      FastCheck.property(ports, FastCheck.array(ports, { maxLength: 8 }), (wanted, running) => {
        const config = { namespaces, ...network(wanted.service, wanted.fabric, wanted.heartbeat) }
        const rules = rulesOf(withPolicy("kubernetes", { aerospikeConfig: config }), running)
        const all = [wanted, ...running]
        const open = (isForAll: boolean) =>
          new Set(
            rules
              .filter(({ from }) => (from === undefined) === isForAll)
              .flatMap((rule) => rule.ports.map((p) => p.port)),
          )
        expect(open(true)).toEqual(new Set(all.map(({ service }) => service)))
        expect(open(false)).toEqual(new Set(all.flatMap(({ fabric, heartbeat }) => [fabric, heartbeat])))
      }),
    )
  })
})
