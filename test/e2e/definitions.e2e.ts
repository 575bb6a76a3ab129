/** The definitions on the real API server: they load, explain themselves, cost what rules may cost, and every rule accepts and refuses. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { layerStatic } from "../../src/kube/KubeAccess.js"
import { KubeWriter } from "../../src/kube/KubeClient.js"
import * as KubeTransport from "../../src/kube/KubeTransport.js"
import { makeKubectl } from "../kubectl/kubectl.js"
import { exampleObject, ruleExamples } from "../support/ruleExamples.js"
import { root } from "./world.js"

const plane = inject("controlPlane")
const { run } = makeKubectl(plane.kubeconfig)
const namespace = "definitions"

let writer: KubeWriter["Type"]
const scope = Effect.runSync(Scope.make())

beforeAll(async () => {
  await run(`apply -f ${root}manifests/crd`)
  await run("wait --for=condition=Established crd/aerospikeclusters.acko.io crd/aerospikeclustertemplates.acko.io")
  await run(`create namespace ${namespace}`)
  const access = layerStatic({ baseUrl: plane.server, ca: plane.certificate, token: plane.tokens.admin })
  writer = await Layer.build(Layer.provide(KubeTransport.layer(), access)).pipe(
    Effect.map((context) => Context.get(context, KubeWriter)),
    Effect.provideService(Scope.Scope, scope),
    Effect.provide(NodeContext.layer),
    Effect.runPromise,
  )
})

afterAll(async () => {
  await run(`delete asc -n ${namespace} --all`)
  await run("delete asct -l part-of=definitions")
  await run(`delete namespace ${namespace} --timeout=60s`)
  await Effect.runPromise(Scope.close(scope, Exit.void))
})

/** Undefined when it is accepted. */
const refusal = <A>(write: Effect.Effect<A, { readonly message: string }>): Promise<string | undefined> =>
  Effect.runPromise(Effect.match(write, { onSuccess: () => undefined, onFailure: ({ message }) => message }))

describe("the definitions", () => {
  it("are structural and need no server-side apply", async () => {
    for (const name of ["aerospikeclusters", "aerospikeclustertemplates"]) {
      const crd = JSON.parse(await run(`get crd ${name}.acko.io -o json`)) as {
        status: { conditions: ReadonlyArray<{ type: string; status: string; message: string }> }
      }
      expect(crd.status.conditions.filter(({ type }) => type === "NonStructuralSchema")).toEqual([])
    }
    expect(await run(`apply -f ${root}manifests/crd`)).not.toContain("configured")
  })

  it.each([
    ["asc.spec.size", "1 to 8"],
    ["asc.spec.storage.volumes.source.persistentVolume.size", "quantity"],
    // OpenAPI v2, which a kubectl before 1.27 reads, ends where unknown fields are kept: the embedded type itself is explained.
    ["asc.spec.podSpec.affinity", "what racks ask for"],
    ["asc.status.templateSnapshot.synced", "content differs"],
    ["asct.spec.scheduling.podAntiAffinityLevel", "separate Kubernetes nodes"],
  ])("kubectl explain %s", async (path, text) => {
    // The server publishes a new definition's documentation a moment after it serves the kind.
    await expect.poll(() => run(`explain ${path}`).catch(() => ""), { timeout: 20_000 }).toContain(text)
  })

  it.each(ruleExamples.map((example, index) => [example.id, example.says, example, index] as const))(
    "%s: %s",
    async (_id, says, { kind, accepted, refused, before }, index) => {
      const object = (spec: object) => {
        const made = exampleObject(kind, `example-${index}`, { ...spec }, namespace)
        return { ...made, metadata: { ...made.metadata, labels: { "part-of": "definitions" } } }
      }
      if (before === undefined) {
        expect(await refusal(writer.create(kind, object(refused)))).toContain(says)
        expect(await refusal(writer.create(kind, object(accepted)))).toBeUndefined()
        return
      }
      const stored = await Effect.runPromise(writer.create(kind, object(before.spec)))
      const ref = { namespace, name: stored.metadata.name ?? "" }
      const patch = (body: object, subresource?: "status") =>
        writer.patch(kind, ref, { type: "merge", body, ...(subresource === undefined ? {} : { subresource }) })
      if (before.status !== undefined) expect(await refusal(patch({ status: before.status }, "status"))).toBeUndefined()
      const change = (spec: object) => patch({ spec: { operations: null, ...spec } })
      expect(await refusal(change(refused))).toContain(says)
      expect(await refusal(change(accepted))).toBeUndefined()
    },
  )

  it("known fields of embedded types are checked, unknown ones are kept", async () => {
    const spec = { size: 1, image: "aerospike:ce-8.1.1.1" }
    const pods = (podSpec: object) => exampleObject(Kinds.AerospikeCluster, "embedded", { ...spec, podSpec }, namespace)
    expect(
      await refusal(writer.create(Kinds.AerospikeCluster, pods({ sidecars: [{ name: "a", command: "sh" }] }))),
    ).toContain("spec.podSpec.sidecars[0].command")
    const kept = await Effect.runPromise(
      writer.create(
        Kinds.AerospikeCluster,
        pods({ sidecars: [{ name: "a", fieldOfTomorrow: { x: 1 } }], misspelt: true }),
      ),
    )
    expect(kept["spec"]).toMatchObject({ podSpec: { sidecars: [{ fieldOfTomorrow: { x: 1 } }] } })
    expect(kept["spec"]).not.toHaveProperty("podSpec.misspelt")
  })
})
