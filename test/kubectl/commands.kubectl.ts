/** What people type, against the HTTPS face. Fails when there is no kubectl. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
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

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

const folder = mkdtempSync(join(tmpdir(), "acko-kubectl-"))
const config = join(folder, "config")
const scope = Effect.runSync(Scope.make())
let server: ApiServer

/** Runs kubectl; `input` goes to its standard input. */
const kubectl = (args: ReadonlyArray<string>, input = "", env: Record<string, string> = {}): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const child = spawn("kubectl", [...args], {
      env: { ...process.env, KUBECONFIG: config, HOME: folder, ...env },
      timeout: 30_000,
    })
    let out = ""
    let err = ""
    child.stdout.on("data", (chunk) => (out += String(chunk)))
    child.stderr.on("data", (chunk) => (err += String(chunk)))
    child.on("error", reject)
    child.on("close", (code) => resolve({ code: code ?? -1, out: out.trim(), err: err.trim() }))
    child.stdin.end(input)
  })

/** Runs kubectl and expects success. */
const run = async (line: string, input = ""): Promise<string> => {
  const { code, out, err } = await kubectl(line.split(" "), input)
  expect({ line, code, err: code === 0 ? "" : err }).toEqual({ line, code: 0, err: "" })
  return out
}

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
const cluster = (size: number) =>
  `{apiVersion: test.acko.io/v1, kind: Cluster, metadata: {name: demo}, spec: {size: ${size}}}`
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
    expect(await run("version")).toContain("Server Version: v1.33")
    expect(await run("api-resources")).toMatch(/statefulsets +sts +apps\/v1 +true +StatefulSet/)
    expect(await run("get --raw /readyz")).toBe("ok")
    expect(await run("auth can-i create pods")).toBe("yes")
    expect(await run("auth whoami")).toContain("somebody")
    expect(await run("explain pod.spec.containers.image")).toContain("FIELD: image <string>")
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
    const edited = await kubectl(["edit", "sts", "s"], "", { KUBE_EDITOR: "sed -i s/x:2/x:3/" })
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
    await run("apply -f -", cluster(3))
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
    const tooMany = await kubectl(["apply", "-f", "-"], cluster(9))
    expect(tooMany.err).toContain("spec.size in body should be less than or equal to 8")
    const typo = await kubectl(["apply", "-f", "-"], cluster(3).replace("size: 3", "size: 3, sise: 4"))
    expect(typo.err).toContain(`strict decoding error: unknown field "spec.sise"`)
    await run("scale cl demo --replicas=4")
    expect(await run("get cl demo -o jsonpath={.spec.size}")).toBe("4")
    expect(await run("wait --for=condition=Available cl/demo --timeout=5s")).toContain("condition met")
    expect(await run("describe cl demo")).toMatch(/Size: +4/)
  })

  it("typed commands: configmap, secret, namespace, budget, role, drain", async () => {
    await run("create configmap a --from-literal=k=v")
    expect(await run("get cm a -o jsonpath={.data.k}")).toBe("v")
    await run("create secret generic x --from-literal=a=b")
    await run("create pdb p --selector=app=s --min-available=50%")
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
    expect(await run("drain h --force --timeout=10s")).toContain("node/h drained")
    expect(await run("get nodes")).toContain("SchedulingDisabled")
    expect(server.find(Kinds.Pod, { namespace: "default", name: "s-0" })).toBeUndefined()
  })

  it("watches as a table, pages, deletes with a policy", async () => {
    const watching = kubectl(["get", "cm", "-w", "--request-timeout=4s"])
    await new Promise((resolve) => setTimeout(resolve, 2000))
    await run("create configmap w")
    await run("label cm w a=b")
    await run("delete cm w")
    const { out } = await watching
    expect(out.split("\n").filter((line) => line.startsWith("w ")).length).toBe(3)
    expect(await run("get cm --chunk-size=1 -o name")).toBe("configmap/a")
    await run("delete sts s --cascade=orphan")
    await run("delete svc --all")
    await run("delete crd clusters.test.acko.io")
    expect((await kubectl(["get", "cl"])).err).toContain("the server could not find the requested resource")
  })
})
