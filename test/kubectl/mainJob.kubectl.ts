/** The main job as somebody types it, from the first apply to the delete; after each step the state it must have led to. */
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, expect, it } from "vitest"
import { makeWorld, root, type World } from "./world.js"

let world: World

interface Cluster {
  readonly metadata: { readonly generation: number }
  readonly spec: { readonly size: number }
  readonly status: {
    readonly phase: string
    readonly observedGeneration: number
    readonly size: number
    readonly aerospikeClusterSize: number
    readonly health: string
  }
}
interface Pods {
  readonly items: ReadonlyArray<{ readonly metadata: { readonly name: string; readonly uid: string } }>
}

const podUids = async (): Promise<ReadonlyArray<string>> =>
  (await world.json<Pods>("get pods -n default")).items.map(({ metadata }) => `${metadata.name} ${metadata.uid}`).sort()

/** `wait` returns when all pods are ready for what is wanted now; the database is whole a little later. Then: as everybody tells it. */
const expectDone = async (size: number): Promise<void> => {
  await world.run("wait -n default --for=condition=Ready asc/demo --timeout=60s")
  const pods = (await world.run("get pods -n default --no-headers")).split("\n")
  expect(pods).toHaveLength(size)
  for (const pod of pods) expect(pod).toMatch(/ 1\/1 +Running /)
  await world.until("get asc demo -n default -o jsonpath={.status.phase}", (phase) => phase === "Completed")
  const { metadata, spec, status } = await world.json<Cluster>("get asc demo -n default")
  expect({ ...status, spec: spec.size }).toMatchObject({
    spec: size,
    phase: "Completed",
    observedGeneration: metadata.generation,
    size,
    aerospikeClusterSize: size,
    health: `${size}/${size}`,
  })
  expect(await world.run("get sts demo-0 -n default")).toMatch(new RegExp(`demo-0 +${size}/${size}`))
}

beforeAll(async () => {
  world = await makeWorld(79)
  await world.run(`apply -f ${root}manifests/crd`)
  await world.startOperator()
})
afterAll(() => world.close())

it("8 nodes, 5 nodes, another configuration by a rolling restart, none: no record is lost", async () => {
  const { aerospike } = world.sandbox.world
  expect(await world.run(`apply -f ${root}manifests/samples/demo-8.yaml`)).toContain("demo created")
  await expectDone(8)
  await Effect.runPromise(aerospike.write("demo", "test", 10_000))

  await world.run("scale asc demo -n default --replicas=5")
  await expectDone(5)

  const before = await podUids()
  await world.edit("asc demo -n default", "s/proto-fd-max: 15000/proto-fd-max: 15001/")
  await expectDone(5)
  const after = await podUids()
  expect(after.filter((pod) => before.includes(pod))).toEqual([])
  expect(await world.run("get cm -n default -o yaml")).toMatch(/proto-fd-max 15001/)
  expect(await Effect.runPromise(aerospike.lostRecords)).toBe(0)

  await Effect.runPromise(aerospike.release("demo"))
  expect(await world.run("delete asc demo -n default --timeout=60s")).toContain("deleted")
  await world.until("get asc,pods,sts,svc,pdb,pvc -n default -o name", (out) => out === "")
}, 90_000)
