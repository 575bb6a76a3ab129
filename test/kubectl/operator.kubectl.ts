/** What people type every day, with the operator running. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parse } from "yaml"
import * as Effect from "effect/Effect"
import type { OperatorChild } from "../../src/cli/demo/operatorChild.js"
import { kubectlMinor } from "./kubectl.js"
import { acko } from "./acko.js"
import { makeWorld, root, type World } from "./world.js"

const minor = kubectlMinor()
let world: World
let operator: OperatorChild

const cluster = `
apiVersion: acko.io/v1alpha1
kind: AerospikeCluster
metadata: {name: demo}
spec:
  size: 2
  image: aerospike:ce-8.1.1.1
  aerospikeConfig:
    service: {proto-fd-max: 15000}
    namespaces:
      - name: test
        replication-factor: 2
        storage-engine: {type: memory, data-size: 1073741824}
`

interface Cluster {
  readonly metadata: { readonly generation: number; readonly labels?: Record<string, string> }
  readonly spec: { readonly size: number; readonly paused?: boolean }
  readonly status: { readonly phase: string; readonly observedGeneration: number; readonly size: number }
}

/** All pods are ready for what is wanted now (that much `wait` can see), and the database is whole again. */
const settled = async (): Promise<void> => {
  await world.run("wait --for=condition=Ready asc/demo --timeout=60s")
  await world.until("get asc demo -o jsonpath={.status.phase}", (phase) => phase === "Completed")
}

beforeAll(async () => {
  world = await makeWorld(78)
  await world.run(`apply -f ${root}manifests/crd`)
  await world.run("wait --for=condition=Established crd/aerospikeclusters.acko.io --timeout=10s")
  operator = await world.startOperator()
})
afterAll(() => world.close())

describe("with the operator", () => {
  it("the shipped manifests and samples are accepted", async () => {
    await world.run(`apply -f ${root}manifests/operator/namespace.yaml`)
    await world.run(`apply -f ${root}manifests/rbac -f ${root}manifests/operator`)
    expect(await world.run("get deploy -n acko-system -o name")).toMatch(/^deployment\.apps\//)
    expect(await world.run(`apply --dry-run=server -f ${root}manifests/samples`)).toContain("(server dry run)")
    expect(await world.run("get asc -A -o name")).toBe("")
  })

  it("apply and wait; a second apply changes nothing", async () => {
    expect(await world.run("apply -f -", cluster)).toBe("aerospikecluster.acko.io/demo created")
    await world.run("wait --for=condition=Available asc/demo --timeout=60s")
    await settled()
    await world.run("apply -f -", cluster)
    await world.run("apply --server-side --force-conflicts -f -", cluster)
    const { metadata, status } = await world.json<Cluster>("get asc demo")
    expect({ generation: metadata.generation, phase: status.phase, size: status.size }).toEqual({
      generation: 1,
      phase: "Completed",
      size: 2,
    })
  })

  it("acko plan tells what an edit would do; it does nothing", async () => {
    const plan = (resource: string) => acko(["plan", "-f", "-"], world.sandbox.kubeconfig, resource)
    expect(await plan(cluster)).toEqual({
      code: 0,
      out: expect.stringContaining("aerospike/demo: nothing to do") as string,
    })
    const before = await world.run("get asc,sts,cm,pods -o yaml")
    const { code, out } = await plan(cluster.replace("15000", "16000"))
    expect(code).toBe(0)
    expect(out).toContain("update StatefulSet demo-0")
    expect(out).toMatch(/demo-0-1 {2}ConfigChanged \(.*proto-fd-max/)
    expect((await plan(cluster.replace("size: 2", "size: 20"))).code).toBe(1)
    expect(await world.run("get asc,sts,cm,pods -o yaml")).toBe(before)
  })

  it("get: columns, wide, name, json, yaml, jsonpath, selectors", async () => {
    const table = await world.run("get asc")
    expect(table).toMatch(/^NAME +RACKSIZE +HEALTH +PHASE +AGE +AVAILABLE\ndemo +2 +2\/2 +Completed +\d+s +True$/)
    expect(await world.run("get asc -o wide")).toMatch(
      /AVAILABLE +IMAGE +OBSERVEDGEN +PHASEREASON +AS-SIZE\ndemo .*True +aerospike:ce-8.1.1.1 +1 +.*2$/,
    )
    expect(await world.run("get asc -o name")).toBe("aerospikecluster.acko.io/demo")
    expect((await world.json<{ items: ReadonlyArray<Cluster> }>("get asc")).items).toHaveLength(1)
    expect(parse(await world.run("get asc demo -o yaml"))).toMatchObject({ spec: { size: 2 } })
    expect(await world.run("get asc demo -o jsonpath={.status.phase}")).toBe("Completed")
    expect(await world.run("get pods -o wide")).toMatch(/demo-0-1 +1\/1 +Running +0 +\d+s +127\.78\.\d+\.\d+ +sandbox-/)
    expect(await world.run("get sts,svc,pdb -o name")).toContain("statefulset.apps/demo-0")
    expect(await world.run("get pods -l acko.io/cr-name=nobody -o name")).toBe("")
    expect(await world.run("get sts demo-0")).toMatch(/demo-0 +2\/2/)
  })

  it("E-02, E-09: a scrape of the running operator tells how the cluster, the process and its requests are", async () => {
    const page = await Effect.runPromise(operator.metrics)
    const demo = '{namespace="aerospike",name="demo"'
    expect(page).toContain(`\nacko_cluster_phase${demo}} 2\n`)
    expect(page).toContain(`\nacko_cluster_ready_pods${demo}} 2\n`)
    expect(page).toContain(`\nacko_cluster_as_size${demo}} 2\n`)
    expect(page).toMatch(new RegExp(`\nacko_reconcile_duration_seconds_bucket\\{le="0.1",${demo.slice(1)}\\} [1-9]`))
    expect(page).toMatch(/\ncontroller_runtime_reconcile_total\{controller="aerospikecluster",result="success"\} [1-9]/)
    expect(page).toContain('\nleader_election_master_status{name="ed3f4371.aerospike.com"} 1\n')
    expect(page).toMatch(/\nrest_client_requests_total\{code="20[01]",host="127\.[^"]+",method="PATCH",verb="apply",/)
    expect(page).toMatch(/\nprocess_open_fds [1-9]/)
    expect(page).not.toContain("NaN")
  })

  it("api-resources, explain, auth can-i, validation", async () => {
    expect(await world.run("api-resources --api-group=acko.io")).toMatch(
      /aerospikeclusters +asc +acko.io\/v1alpha1 +true +AerospikeCluster/,
    )
    expect(await world.run("explain asc.spec.size")).toMatch(/FIELD: +size <integer>/)
    expect(await world.run("explain asc.spec.storage.volumes.name")).toMatch(/FIELD: +name <string>/)
    expect(await world.run("explain asct")).toMatch(/KIND: +AerospikeClusterTemplate/)
    expect(await world.run("auth can-i create asc")).toBe("yes")
    const refused = async (change: (text: string) => string) =>
      (await world.attempt(["apply", "-f", "-"], { input: change(cluster) })).err
    expect(await refused((text) => text.replace("size: 2", "size: 9"))).toContain("less than or equal to 8")
    expect(await refused((text) => text.replace("size: 2", "sise: 2"))).toMatch(/unknown field "(spec\.)?sise"/)
    expect(await refused((text) => text.replace("aerospike:ce-8.1.1.1", "aerospike:enterprise"))).toContain(
      "spec.image is an Enterprise Edition image",
    )
  })

  it("label, annotate, patch: merge, json, strategic where the kind has it", async () => {
    await world.run("label asc demo team=a")
    await world.run("annotate asc demo note=b")
    expect(await world.run("get asc -l team=a -o name")).toBe("aerospikecluster.acko.io/demo")
    await world.run(`patch asc demo --type=merge -p {"spec":{"paused":true}}`)
    await world.until("get asc demo -o jsonpath={.status.phase}", (phase) => phase === "Paused")
    await world.run(`patch asc demo --type=json -p [{"op":"remove","path":"/spec/paused"}]`)
    await settled()
    await world.run(`patch pod demo-0-0 -p {"metadata":{"labels":{"seen":"yes"}}}`)
    expect(await world.run("get pods -l seen=yes -o name")).toBe("pod/demo-0-0")
    const strategic = await world.attempt(["patch", "asc", "demo", "--type=strategic", "-p", `{"spec":{"size":3}}`])
    expect(strategic.err).toMatch(/UnsupportedMediaType|unknown format/)
  })

  it("scale and edit, seen by a watch", async () => {
    const watch = world.follow("get asc demo -w")
    await watch.until((out) => out.includes("Completed"))
    expect(await world.run("scale asc demo --replicas=3")).toContain("scaled")
    await settled()
    expect(await world.run("get asc demo")).toMatch(/demo +3 +3\/3 +Completed/)
    expect(await world.edit("asc demo", "s/size: 3/size: 2/")).toContain("edited")
    await settled()
    expect(await world.run("get pods -o name")).toBe("pod/demo-0-0\npod/demo-0-1")
    await watch.until((out) => /demo +3 +3\/3 +Completed/.test(out) && /demo +2 +2\/2 +Completed/.test(out))
    await watch.stop()
  })

  it("describe and events tell what the operator did", async () => {
    const described = await world.run("describe asc demo")
    expect(described).toMatch(/Kind: +AerospikeCluster/)
    expect(described).toMatch(/Events:\n +Type +Reason +Age +From +Message\n/)
    const reasons = (
      await world.json<{ items: ReadonlyArray<{ reason: string }> }>(
        "get events --field-selector involvedObject.kind=AerospikeCluster,involvedObject.name=demo",
      )
    ).items.map(({ reason }) => reason)
    expect(reasons.length).toBeGreaterThan(0)
    for (const reason of reasons) expect(described).toContain(reason)
    if (minor >= 26) expect(await world.run("events --for asc/demo")).toContain(reasons[0])
    expect(await world.run("describe pod demo-0-0")).toMatch(/Status: +Running/)
    expect(await world.run("describe sts demo-0")).toContain("2 desired | 2 total")
    expect(await world.run("describe node sandbox-host-0")).toContain("sandbox-host-0")
  })

  it("rollout status leaves pods replaced on delete alone, and follows the others", async () => {
    const refused = await world.attempt(["rollout", "status", "sts/demo-0", "--timeout=5s"])
    expect(refused.err).toContain("rollout status is only available for RollingUpdate strategy type")
    const workload = {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "other" },
      spec: {
        serviceName: "other",
        replicas: 2,
        selector: { matchLabels: { app: "other" } },
        template: { metadata: { labels: { app: "other" } }, spec: { containers: [{ name: "c", image: "x:1" }] } },
      },
    }
    await world.run("apply -f -", JSON.stringify(workload))
    await world.run("rollout status sts/other --timeout=30s")
    await world.run("rollout restart sts/other")
    await world.run("rollout status sts/other --timeout=30s")
    expect(await world.run("get sts other")).toMatch(/other +2\/2/)
    await world.run("delete sts other")
  })

  it("delete takes everything with it", async () => {
    expect(await world.run("delete asc demo --timeout=60s")).toContain("deleted")
    expect(await world.run("get asc -o name")).toBe("")
    await world.until("get pods,sts,svc,pdb,pvc -o name", (out) => out === "")
  })
})
