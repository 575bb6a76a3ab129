/** Every kind of object the operator makes comes and goes, in both modes of installation: racks, Services, budgets, gates, templates. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { inMemory, resource } from "./resources.js"
import { makeWorld, type Operator, type World } from "./world.js"

let world: World
beforeAll(async () => {
  world = await makeWorld()
})
afterAll(() => world.close())

describe.each([
  { mode: "the whole cluster", operator: "acko-system", namespace: "e2e-objects", watched: [] },
  { mode: "one namespace", operator: "acko-namespaced", namespace: "e2e-objects-ns", watched: ["e2e-objects-ns"] },
])("objects, $mode", ({ namespace, operator: home, watched }) => {
  const names = async (kind: string): Promise<ReadonlyArray<string>> =>
    (await world.run(`get ${kind} -n ${namespace} -o jsonpath={.items[*].metadata.name}`)).split(" ").filter(Boolean)

  // One at a time: the operator of the whole cluster would do the work of the other, too.
  let operator: Operator
  beforeAll(async () => {
    await world.makeNamespace(namespace)
    operator = await world.startOperator(await world.install(home, { watchNamespaces: watched }), { leaderElect: true })
  })
  afterAll(() => operator.stop())

  it("E-18 N-16 racks, Services per pod and a readiness gate; then less of everything", async () => {
    const cluster = await world.cluster(namespace, "racks")
    const gated = { podSpec: { readinessGateEnabled: true } }
    const racks = (...ids: ReadonlyArray<number>) => ({
      rackConfig: { namespaces: ["test"], racks: ids.map((id) => ({ id })) },
    })
    await world.run(
      `apply -n ${namespace} -f -`,
      resource("racks", inMemory(4, 15_000, { ...gated, ...racks(1, 2), podService: {} })),
    )
    await cluster.completed()
    expect(await cluster.write(2_000)).toBe(2_000)
    expect(await names("sts")).toEqual(["racks-1", "racks-2"])
    expect(await names("pods")).toEqual(["racks-1-0", "racks-1-1", "racks-2-0", "racks-2-1"])
    expect(await names("pdb")).toEqual(["racks-pdb"])
    expect((await names("cm")).filter((name) => name.startsWith("racks"))).toEqual(["racks-1-config", "racks-2-config"])
    const services = await names("svc")
    expect(services).toHaveLength(5)
    for (const pod of await cluster.pods()) {
      expect(pod.metadata.labels?.["acko.io/rack"]).toMatch(/^[12]$/)
      expect(pod.status?.conditions).toContainEqual(
        expect.objectContaining({ type: "acko.io/aerospike-ready", status: "True" }),
      )
    }

    await world.run(
      `apply -n ${namespace} -f -`,
      resource("racks", inMemory(2, 15_000, { ...gated, ...racks(1), disablePDB: true })),
    )
    await cluster.completed()
    expect(await names("pods")).toEqual(["racks-1-0", "racks-1-1"])
    await world.until(`get sts,pdb -n ${namespace} -o name`, (out) => out === "statefulset.apps/racks-1")
    await world.until(`get svc -n ${namespace} -o name`, (out) => out === "service/racks")
    await world.until(`get cm -n ${namespace} -o name`, (out) => !out.includes("racks-2-config"))
    expect(await cluster.lostRecords()).toBe(0)

    await cluster.release()
    await world.run(`delete asc racks -n ${namespace} --timeout=60s`)
    await world.until(`get asc,pods,sts,svc,pdb -n ${namespace} -o name`, (out) => out === "")
  })

  it("E-23 E-24 B25 from a template: its copy, its drift, a fresh copy on request; it is kept while it is in use", async () => {
    const template = (protoFdMax: number) =>
      JSON.stringify({
        apiVersion: "acko.io/v1alpha1",
        kind: "AerospikeClusterTemplate",
        metadata: { name: namespace },
        spec: {
          image: "aerospike:ce-8.1.1.1",
          aerospikeConfig: {
            service: { "proto-fd-max": protoFdMax },
            namespaceDefaults: { "replication-factor": 1 },
          },
          storage: { localPVRequired: true, storageClassName: "standard" },
        },
      })
    const cluster = await world.cluster(namespace, "templated")
    const namespaces = [{ name: "test", "storage-engine": { type: "memory", "data-size": 1_073_741_824 } }]
    await world.run("apply -f -", template(8_000))
    await world.run(
      `apply -n ${namespace} -f -`,
      resource("templated", { size: 1, templateRef: { name: namespace }, aerospikeConfig: { namespaces } }),
    )
    const { status } = await cluster.completed()
    expect(status?.["templateSnapshot"]).toMatchObject({ name: namespace, synced: true })
    expect(await world.run(`get cm -n ${namespace} templated-0-config -o jsonpath={.data}`)).toContain(
      "proto-fd-max 8000",
    )

    await world.run("apply -f -", template(9_000))
    await cluster.until("drift is told", (object) => {
      const snapshot = object.status?.["templateSnapshot"] as { readonly synced?: boolean } | undefined
      return snapshot?.synced === false
    })
    // The class of the machines binds at once, which local volumes must not.
    await world.until(`get events -n ${namespace} -o jsonpath={.items[*].message}`, (out) =>
      out.includes("localPVRequired: StorageClass standard binds volumes Immediate"),
    )

    // The one node holds the only copy of what is in memory: its user accepts that a restart loses it.
    const wishes = "acko.io/resync-template=true acko.io/allow-unsafe-restart=true"
    await world.run(`annotate asc templated -n ${namespace} ${wishes}`)
    await cluster.until("the copy is fresh", (object) => {
      const snapshot = object.status?.["templateSnapshot"] as { readonly synced?: boolean } | undefined
      return snapshot?.synced === true && object.metadata.annotations?.["acko.io/resync-template"] === undefined
    })
    await cluster.completed()
    expect(await world.run(`get cm -n ${namespace} templated-0-config -o jsonpath={.data}`)).toContain(
      "proto-fd-max 9000",
    )

    await world.run(`delete asct ${namespace} --wait=false`)
    expect(await world.run("get asct -o name")).toContain(namespace)
    await cluster.release()
    await world.run(`delete asc templated -n ${namespace} --timeout=60s`)
    await world.until("get asct -o name", (out) => !out.includes(`/${namespace}`))
  })
})
