/** Samples applied as the README says it, with the operator and real sockets: each is done in a minute. */
import { afterAll, beforeAll, expect, it } from "vitest"
import { makeWorld, root, type World } from "./world.js"

let world: World

beforeAll(async () => {
  world = await makeWorld(85)
  await world.run(`apply -f ${root}manifests/crd`)
  await world.run("wait --for=condition=Established crd/aerospikeclusters.acko.io --timeout=10s")
  await world.startOperator()
})
afterAll(() => world.close())

it.each(["acko_v1alpha1_aerospikecluster", "aerospike-cluster-3node", "aerospike-cluster-acl"])(
  "%s is accepted and becomes whole",
  async (sample) => {
    const name = await world.run(`apply -o name -f ${root}manifests/samples/${sample}.yaml`)
    await world.until(`get -n aerospike ${name} -o jsonpath={.status.phase}`, (phase) => phase === "Completed")
    expect(await world.run(`get -n aerospike ${name} -o jsonpath={.status.health}`)).toMatch(/^(\d)\/\1$/)
    await world.run(`delete -n aerospike ${name} --timeout=30s`)
  },
)
