/** The limits of the operator's rights: what stays out of its reach, and the one right no audit log shows in use, which is needed all the same. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { serviceAccountName } from "../../src/cli/manifests/installation.js"
import { workRules } from "../../src/cli/manifests/rbac.js"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { layerStatic } from "../../src/kube/KubeAccess.js"
import { KubeWriter } from "../../src/kube/KubeClient.js"
import * as KubeTransport from "../../src/kube/KubeTransport.js"
import { issueToken } from "./Installation.js"
import { inMemory, resource } from "./resources.js"
import { makeWorld, type World } from "./world.js"

const namespace = "e2e-rights"
const home = "acko-rights"

let world: World
beforeAll(async () => {
  world = await makeWorld()
  await world.makeNamespace(namespace)
  await world.install("acko-system", { webhook: "self-managed" })
  await world.install("acko-namespaced", { watchNamespaces: [namespace] })
})
afterAll(async () => {
  await world.run(`delete namespace ${home} --timeout=60s`)
  await world.close()
})

describe("the operator may not", () => {
  it.each([
    ["acko-system", "get secrets"],
    ["acko-system", "create pods --subresource=exec"],
    ["acko-system", "create pods"],
    ["acko-system", "get nodes"],
    ["acko-system", "create aerospikeclusters.acko.io"],
    ["acko-system", "delete aerospikeclusters.acko.io"],
    ["acko-system", "update leases.coordination.k8s.io/another -n acko-system"],
    ["acko-system", "patch validatingwebhookconfigurations.admissionregistration.k8s.io/another"],
    ["acko-system", "create clusterroles.rbac.authorization.k8s.io"],
    ["acko-namespaced", "list pods -n default"],
    ["acko-namespaced", "list aerospikeclusters.acko.io --all-namespaces"],
    ["acko-namespaced", `get secrets -n ${namespace}`],
    ["acko-namespaced", "get leases.coordination.k8s.io/acko-operator -n default"],
  ])("R130 from %s: %s", async (from, what) => {
    const user = `--as=system:serviceaccount:${from}:${serviceAccountName}`
    const { code, out } = await world.attempt(["auth", "can-i", user, ...what.split(" ")])
    expect([code, out.split("\n").at(-1)]).toEqual([1, "no"])
  })
})

describe("the operator needs", () => {
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: serviceAccountName, namespace: home } }
  const binding = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: "e2e-rights", namespace },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "e2e-rights" },
    subjects: [{ kind: "ServiceAccount", name: serviceAccountName, namespace: home }],
  }
  const grant = (rules: typeof workRules) => {
    const metadata = { name: "e2e-rights", namespace }
    const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata, rules }
    return world.run("apply -f -", JSON.stringify({ apiVersion: "v1", kind: "List", items: [role, binding] }))
  }

  it("R131 update of aerospikeclusters/finalizers: without it no object can be made that holds its owner back", async () => {
    await world.run(`create namespace ${home}`)
    await world.run("apply -f -", JSON.stringify(account))
    await world.run(`apply -n ${namespace} -f -`, resource("demo", inMemory(2, 15_000, { paused: true })))
    const uid = await world.run(`get asc demo -n ${namespace} -o jsonpath={.metadata.uid}`)
    const { token } = await issueToken(world.plane, { namespace: home, watchNamespaces: [namespace], user: "" })
    const access = layerStatic({ baseUrl: world.plane.server, ca: world.plane.certificate, token })
    const writer = Context.get(
      await world.inScope(Layer.build(Layer.provide(KubeTransport.layer(), access))),
      KubeWriter,
    )
    const owner = { apiVersion: "acko.io/v1alpha1", kind: "AerospikeCluster", name: "demo", uid }
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: "owned",
        namespace,
        ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
      },
    }
    const refusal = () =>
      Effect.runPromise(
        Effect.match(writer.apply(Kinds.ConfigMap, object, { fieldManager: "test" }), {
          onSuccess: () => "",
          onFailure: ({ message }) => message,
        }),
      )
    await grant(workRules.filter(({ resources }) => !resources.includes("aerospikeclusters/finalizers")))
    // Roles count a moment after they are written.
    await expect.poll(refusal, { timeout: 10_000 }).toMatch(/403 .*cannot set blockOwnerDeletion/)
    await grant(workRules)
    await expect.poll(refusal, { timeout: 10_000 }).toBe("")
  })
})
