import { describe, expect, it } from "vitest"
import type { HostObject, PodObject, PodSpec } from "../../../../src/testing/kube/controllers/objects.js"
import { place } from "../../../../src/testing/kube/controllers/placement.js"
import { aHost, labels, namespace } from "./builders.js"

const hosts = [aHost("h0"), aHost("h1"), aHost("h2")]
const aPod = (spec: PodSpec = {}, name = "new"): PodObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    namespace,
    uid: name,
    labels,
    ownerReferences: [{ apiVersion: "v1", kind: "X", name: "x", uid: "x" }],
  },
  spec,
})
const on = (host: string, name: string) => aPod({ nodeName: host }, name)
const put = (pod: PodObject, all: ReadonlyArray<HostObject> = hosts, pods: ReadonlyArray<PodObject> = []) => {
  const placement = place(pod, all, pods)
  return placement._tag === "Fits" ? placement.host : placement.message
}
const apart: PodSpec = {
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { labelSelector: { matchLabels: labels }, topologyKey: "kubernetes.io/hostname" },
      ],
    },
  },
}

describe("place", () => {
  it("spreads pods of one owner, then balances, then goes by name", () => {
    expect(put(aPod())).toBe("h0")
    expect(put(aPod(), hosts, [on("h0", "a"), on("h1", "b")])).toBe("h2")
    const stranger = { ...on("h0", "c"), metadata: { name: "c", namespace, uid: "c" } }
    expect(put(aPod(), hosts, [stranger])).toBe("h1")
  })

  it("respects cordon, readiness and taints, and names the reasons (R85)", () => {
    const tainted = aHost("h2", { spec: { taints: [{ key: "dedicated", value: "x", effect: "NoSchedule" }] } })
    const bad = [aHost("h0", { spec: { unschedulable: true } }), aHost("h1", { status: { conditions: [] } }), tainted]
    expect(put(aPod(), bad)).toBe(
      "0/3 nodes are available: 1 node(s) were unschedulable, 1 node(s) were not ready, " +
        "1 node(s) had untolerated taint {dedicated: x}.",
    )
    expect(put(aPod({ tolerations: [{ key: "dedicated", operator: "Exists" }] }), bad)).toBe("h2")
    expect(put(aPod(), [])).toBe("0/0 nodes are available: no nodes.")
  })

  it("respects nodeSelector and required node affinity", () => {
    expect(put(aPod({ nodeSelector: { "kubernetes.io/hostname": "h1" } }))).toBe("h1")
    const affinity = (operator: string, values: ReadonlyArray<string>): PodSpec => ({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: "topology.kubernetes.io/zone", operator, values }] }],
          },
        },
      },
    })
    expect(put(aPod(affinity("In", ["zone-h2"])))).toBe("h2")
    expect(put(aPod(affinity("NotIn", ["zone-h0"])))).toBe("h1")
    expect(put(aPod(affinity("In", ["elsewhere"])))).toContain("3 node(s) didn't match Pod's node affinity/selector")
  })

  it("keeps anti-affine pods apart; a terminating pod still holds its host", () => {
    const leaving = on("h0", "a")
    const gone = { ...leaving, metadata: { ...leaving.metadata, deletionTimestamp: "1970-01-01T00:00:00Z" } }
    expect(put(aPod(apart), hosts, [gone])).toBe("h1")
    const full = ["h0", "h1", "h2"].map((host) => on(host, host))
    expect(put(aPod(apart), hosts, full)).toBe(
      "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.",
    )
    expect(
      put(
        aPod(apart),
        hosts,
        full.map((pod) => ({ ...pod, status: { phase: "Succeeded" } })),
      ),
    ).toBe("h0")
  })
})
