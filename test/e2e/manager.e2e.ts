/** The operator itself as users meet it: its Deployment as the real controllers take it, its metrics as a scraper gets them. */
import { afterAll, beforeAll, expect, it } from "vitest"
import { manifestFiles } from "../../src/cli/manifests.js"
import { inMemory, resource } from "./resources.js"
import { makeWorld, type Operator, type World } from "./world.js"

const namespace = "e2e-manager"
let world: World
let operator: Operator
beforeAll(async () => {
  world = await makeWorld()
  await world.makeNamespace(namespace)
  operator = await world.startOperator(await world.install("acko-system"))
})
afterAll(() => world.close())

it("E-01 the shipped Deployment: its pods pass Pod Security `restricted`, with the account and the budget they need", async () => {
  const home = "acko-manager"
  const files = manifestFiles({ namespace: home, webhook: "off" })
  const { "operator/deployment.yaml": deployment = "", "rbac/service_account.yaml": account = "" } = files
  // No host may take them: what runs in pods here are Aerospike nodes.
  const nowhere = deployment.replace(
    "      serviceAccountName:",
    "      schedulerName: nobody\n      serviceAccountName:",
  )
  expect(nowhere).not.toBe(deployment)
  const others = ["operator/namespace.yaml", "operator/service.yaml", "operator/poddisruptionbudget.yaml"]
  await world.run("apply -f -", [...others.map((name) => files[name] ?? ""), account, nowhere].join("---\n"))
  const pods = `get pods -n ${home} -l app.kubernetes.io/name=acko-operator -o jsonpath={.items[*].spec.serviceAccountName}`
  await world.until(pods, (out) => out === "acko-operator acko-operator")
  const expected = `get pdb -n ${home} -o jsonpath={.items[*].status.expectedPods}`
  await world.until(expected, (out) => out === "2")
  await world.run(`delete namespace ${home} --timeout=60s`)
})

it("E-02 E-09 metrics are served, about clusters and about the work on them", async () => {
  const cluster = await world.cluster(namespace, "demo")
  await world.run(`apply -n ${namespace} -f -`, resource("demo", inMemory(2, 15_000)))
  await cluster.completed()
  const scrape = async (): Promise<string> => {
    const answer = await fetch(`${operator.url}/metrics`)
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, expect.stringMatching(/^text\/plain/)])
    return answer.text()
  }
  const of = `namespace="${namespace}",name="demo"`
  await expect.poll(scrape, { timeout: 20_000 }).toMatch(new RegExp(`^acko_cluster_ready_pods\\{.*${of}.*\\} 2$`, "m"))
  const text = await scrape()
  for (const name of ["acko_cluster_phase", "acko_reconcile_duration_seconds"]) expect(text).toContain(name)
  await cluster.release()
})
