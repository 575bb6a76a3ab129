/** Network policies of both types, in both modes of installation, on a server that learns of Cilium in the middle of it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ciliumDefinition } from "../support/ciliumDefinition.js"
import { inMemory, resource } from "./resources.js"
import { makeWorld, type Operator, type World } from "./world.js"

let world: World
beforeAll(async () => {
  world = await makeWorld()
})
afterAll(() => world.close())

describe.each([
  { mode: "the whole cluster", operator: "acko-system", namespace: "e2e-policies", watched: [] },
  { mode: "one namespace", operator: "acko-namespaced", namespace: "e2e-policies-ns", watched: ["e2e-policies-ns"] },
])("network policies, $mode", ({ namespace, operator: home, watched }) => {
  let operator: Operator
  beforeAll(async () => {
    await world.makeNamespace(namespace)
    operator = await world.startOperator(await world.install(home, { watchNamespaces: watched }), { leaderElect: true })
  })
  afterAll(async () => {
    await operator.stop()
    // Here it came, here it goes: other suites have no Cilium.
    await world.run("delete crd ciliumnetworkpolicies.cilium.io --ignore-not-found --timeout=60s")
  })

  const wish = (networkPolicyConfig: object) =>
    world.run(`apply -n ${namespace} -f -`, resource("locked", inMemory(2, 15_000, { networkPolicyConfig })))

  it("B17 W67 R133 made, exchanged when Cilium comes, exchanged back, taken away", async () => {
    const cluster = await world.cluster(namespace, "locked")
    const conditionIs = (what: string, status: string, reason: string) =>
      cluster.until(what, (object) => {
        const conditions = object.status?.["conditions"] as ReadonlyArray<Readonly<Record<string, string>>> | undefined
        const found = conditions?.find(({ type }) => type === "NetworkPolicyApplied")
        return found?.["status"] === status && found["reason"] === reason
      })
    await wish({ enabled: true })
    await cluster.completed()
    await conditionIs("in place", "True", "Applied")
    const ports = "jsonpath={.spec.ingress[*].ports[*].port}"
    expect(await world.run(`get netpol locked-netpol -n ${namespace} -o ${ports}`)).toBe("3001 3002 3000")
    const pods = await cluster.uids()

    // Kubernetes holds the lock until Cilium can.
    await wish({ enabled: true, type: "cilium" })
    await conditionIs("told that Cilium is not installed", "False", "CiliumNotInstalled")
    expect(await world.run(`get netpol -n ${namespace} -o name`)).toContain("locked-netpol")
    await world.run("apply -f -", JSON.stringify(ciliumDefinition))
    await world.run("wait --for=condition=Established crd/ciliumnetworkpolicies.cilium.io --timeout=30s")
    await conditionIs("exchanged", "True", "Applied")
    await world.until(
      `get netpol,cnp -n ${namespace} -o name`,
      (out) => out === "ciliumnetworkpolicy.cilium.io/locked-netpol",
    )

    // What is watched is put right.
    await world.run(`delete cnp locked-netpol -n ${namespace}`)
    await world.until(`get cnp -n ${namespace} -o name`, (out) => out.includes("locked-netpol"))

    await wish({ enabled: true, type: "kubernetes" })
    await world.until(
      `get netpol,cnp -n ${namespace} -o name`,
      (out) => out === "networkpolicy.networking.k8s.io/locked-netpol",
    )
    await wish({ enabled: false })
    await world.until(`get netpol,cnp -n ${namespace} -o name`, (out) => out === "")
    await cluster.completed()
    expect(await cluster.uids()).toEqual(pods)

    await cluster.release()
    await world.run(`delete asc locked -n ${namespace} --timeout=60s`)
  })
})
