/** What people type, against the HTTPS face. Fails when there is no kubectl. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { makeHttpFace } from "../../src/sandbox/http/HttpFace.js"
import { kubeconfigText } from "../../src/sandbox/http/kubeconfig.js"
import type { ApiServer } from "../../src/testing/kube/ApiServer.js"
import { runGarbageCollector } from "../../src/testing/kube/GarbageCollector.js"
import { makeServer } from "../../src/testing/kube/MemoryKube.js"
import { kubectlMinor, makeKubectl } from "./kubectl.js"

const folder = mkdtempSync(join(tmpdir(), "acko-kubectl-"))
const config = join(folder, "config")
const scope = Effect.runSync(Scope.make())
let server: ApiServer

const { run, attempt, follow } = makeKubectl(config)
const minor = kubectlMinor()

const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: clusters.test.acko.io}
spec:
  group: test.acko.io
  scope: Namespaced
  names: {plural: clusters, singular: cluster, kind: Cluster, listKind: ClusterList, shortNames: [cl]}
  versions:
    - name: v1
      served: true
      storage: true
      subresources: {status: {}, scale: {specReplicasPath: .spec.size, statusReplicasPath: .status.size}}
      additionalPrinterColumns:
        - {name: Size, type: integer, jsonPath: .spec.size}
        - {name: Available, type: string, jsonPath: ".status.conditions[?(@.type=='Available')].status"}
        - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [size]
              properties: {size: {type: integer, maximum: 8, description: How many nodes}, image: {type: string}}
            status: {type: object, x-kubernetes-preserve-unknown-fields: true}
`
const cluster = (spec: object) =>
  JSON.stringify({ apiVersion: "test.acko.io/v1", kind: "Cluster", metadata: { name: "demo" }, spec })
const budget = `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: p}
spec: {minAvailable: 50%, selector: {matchLabels: {app: s}}}
`
const workload = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: s}
spec:
  serviceName: s
  replicas: 2
  selector: {matchLabels: {app: s}}
  template:
    metadata: {labels: {app: s}}
    spec: {containers: [{name: c, image: "x:1", ports: [{containerPort: 3000}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: s}
spec: {selector: {app: s}, ports: [{port: 3000}]}
`

beforeAll(() =>
  Effect.gen(function* () {
    server = yield* makeServer()
    const face = yield* makeHttpFace(server, { tokens: { t: "somebody" }, readLog: () => "a line\n" })
    yield* Effect.forkScoped(runGarbageCollector(server))
    writeFileSync(config, kubeconfigText({ server: face.url, certificate: face.certificate, token: "t" }))
  }).pipe(Effect.provideService(Scope.Scope, scope), Effect.runPromise),
)
afterAll(async () => {
  await Effect.runPromise(Scope.close(scope, Exit.void))
  rmSync(folder, { recursive: true })
})

describe("kubectl", () => {
  it("knows server, kinds and rights", async () => {
    expect(JSON.parse(await run("version -o json"))).toMatchObject({ serverVersion: { major: "1", minor: "37" } })
    expect(await run("api-resources")).toMatch(/statefulsets +sts +apps\/v1 +true +StatefulSet/)
    expect(await run("get --raw /readyz")).toBe("ok")
    expect(await run("auth can-i create pods")).toBe("yes")
    if (minor >= 28) expect(await run("auth whoami")).toContain("somebody")
    expect(await run("explain pod.spec.containers.image")).toMatch(/FIELD: +image <string>/)
  })

  it("applies, twice without a change, and from the server's side", async () => {
    expect(await run("apply -f -", workload)).toBe("statefulset.apps/s created\nservice/s created")
    expect(await run("apply -f -", workload)).toBe("statefulset.apps/s unchanged\nservice/s unchanged")
    expect(await run("apply --server-side --force-conflicts -f -", workload)).toContain(
      "statefulset.apps/s serverside-applied",
    )
    const version = server.version()
    await run("apply --server-side -f -", workload)
    expect(server.version()).toBe(version)
    expect(await run("get sts,svc -o wide")).toMatch(/statefulset.apps\/s +0\/2 .*x:1/)
    expect(await run("get all -o name")).toBe("service/s\nstatefulset.apps/s")
    expect(await run("diff -f -", workload)).toBe("")
    expect(await run("describe sts s")).toContain("2 desired | 0 total")
  })

  it("changes: scale, label, annotate, patch, set image, edit, rollout", async () => {
    await run("scale sts s --replicas=1")
    await run("label sts s a=b")
    await run("annotate sts s c=d")
    await run("set image sts/s c=x:2")
    await run(`patch sts s -p {"spec":{"template":{"spec":{"terminationGracePeriodSeconds":7}}}}`)
    const edited = await attempt(["edit", "sts", "s"], { env: { KUBE_EDITOR: "sed -i s/x:2/x:3/" } })
    expect(edited.out).toContain("statefulset.apps/s edited")
    expect(server.get(Kinds.StatefulSet, { namespace: "default", name: "s" })).toMatchObject({
      metadata: { labels: { a: "b" }, annotations: { c: "d" } },
      spec: {
        replicas: 1,
        template: {
          spec: { terminationGracePeriodSeconds: 7, containers: [{ image: "x:3", ports: [{ protocol: "TCP" }] }] },
        },
      },
    })
    const status = {
      observedGeneration: 99,
      replicas: 1,
      readyReplicas: 1,
      updatedReplicas: 1,
      currentRevision: "a",
      updateRevision: "a",
    }
    server.patch(
      Kinds.StatefulSet,
      { namespace: "default", name: "s" },
      { type: "merge", body: { status }, subresource: "status" },
    )
    expect(await run("rollout status sts/s --timeout=5s")).toContain("complete")
  })

  it("custom kinds: columns, explain, validation, strictness, scale, wait, describe", async () => {
    await run("apply -f -", definition)
    expect(await run("wait --for=condition=Established crd/clusters.test.acko.io --timeout=5s")).toContain(
      "condition met",
    )
    await run("apply -f -", cluster({ size: 3 }))
    server.patch(
      { group: "test.acko.io", version: "v1", kind: "Cluster", plural: "clusters", namespaced: true },
      { namespace: "default", name: "demo" },
      {
        type: "merge",
        body: { status: { conditions: [{ type: "Available", status: "True" }] } },
        subresource: "status",
      },
    )
    expect(await run("get cl")).toMatch(/^NAME +SIZE +AVAILABLE +AGE\ndemo +3 +True +\d+s$/)
    expect(await run("explain cl.spec.size")).toContain("How many nodes")
    const tooMany = await attempt(["apply", "-f", "-"], { input: cluster({ size: 9 }) })
    expect(tooMany.err).toContain("spec.size in body should be less than or equal to 8")
    const typo = await attempt(["apply", "-f", "-"], { input: cluster({ size: 3, sise: 4 }) })
    expect(typo.err).toMatch(/unknown field "(spec\.)?sise"/)
    await run("scale cl demo --replicas=4")
    expect(await run("get cl demo -o jsonpath={.spec.size}")).toBe("4")
    expect(await run("wait --for=condition=Available cl/demo --timeout=5s")).toContain("condition met")
    expect(await run("describe cl demo")).toMatch(/Size: +4/)
  })

  it("typed commands: configmap, secret, namespace, budget, role, drain", async () => {
    await run("create configmap a --from-literal=k=v")
    expect(await run("get cm a -o jsonpath={.data.k}")).toBe("v")
    await run("create secret generic x --from-literal=a=b")
    // Before 1.21 this command knows only policy/v1beta1, which servers have long ceased to serve.
    if (minor >= 21) await run("create pdb p --selector=app=s --min-available=50%")
    else await run("apply -f -", budget)
    expect(await run("get pdb p")).toMatch(/p +50% +N\/A +0/)
    await run("create role r --verb=get --resource=pods")
    await run("create namespace n")
    expect(await run("delete namespace n --timeout=10s")).toContain("deleted")
    server.create(Kinds.Node, { apiVersion: "v1", kind: "Node", metadata: { name: "h" } })
    server.create(Kinds.Pod, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "s-0", namespace: "default" },
      spec: { nodeName: "h", containers: [{ name: "c", image: "x" }], terminationGracePeriodSeconds: 0 },
    })
    expect(await run("logs s-0")).toBe("a line")
    expect(await run("drain h --force --timeout=10s")).toMatch(/node\/h (drained|evicted)/)
    expect(await run("get nodes")).toContain("SchedulingDisabled")
    expect(server.find(Kinds.Pod, { namespace: "default", name: "s-0" })).toBeUndefined()
  })

  it("watches as a table, pages, deletes with a policy", async () => {
    const watch = follow("get cm -w")
    await watch.until((out) => out.startsWith("NAME"))
    await run("create configmap w")
    await run("label cm w a=b")
    await run("delete cm w")
    await watch.until((out) => out.split("\n").filter((line) => line.startsWith("w ")).length === 3)
    await watch.stop()
    expect(await run("get cm --chunk-size=1 -o name")).toBe("configmap/a")
    await run("delete sts s --cascade=orphan")
    await run("delete svc --all")
    await run("delete crd clusters.test.acko.io")
    expect((await attempt(["get", "cl"])).err).toContain("the server could not find the requested resource")
  })
})
