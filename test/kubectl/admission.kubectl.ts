/** A mistake in a resource, as people learn of it: at once, with the field and the fix. No operator runs. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeWorld, root, type World } from "./world.js"

let world: World

const cluster = (image: string, period = "nsup-period") => `
apiVersion: acko.io/v1alpha1
kind: AerospikeCluster
metadata: {name: demo}
spec:
  size: 3
  image: ${image}
  aerospikeConfig:
    namespaces:
      - name: test
        replication-factor: 2
        ${period}: 120
        storage-engine: {type: memory, data-size: 1073741824}
`

beforeAll(async () => {
  world = await makeWorld(83)
  await world.run(`apply -f ${root}manifests/crd`)
  await world.run("wait --for=condition=Established crd/aerospikeclusters.acko.io --timeout=10s")
})
afterAll(() => world.close())

describe("kubectl apply", () => {
  const field = "spec.aerospikeConfig.namespaces[0].nsup-periood"
  const denied = `admission webhook "vaerospikecluster.kb.io" denied the request: validation failed: ${field}: `

  it("refuses a wrong cluster with every field and its fix; nothing is stored", async () => {
    for (const dry of [[], ["--dry-run=server"]]) {
      for (const way of [[], ["--server-side"]]) {
        const outcome = await world.attempt(["apply", ...way, ...dry, "-f", "-"], {
          input: cluster("aerospike:ce-8.1.1.1", "nsup-periood"),
        })
        expect(outcome.code).toBe(1)
        expect(outcome.err).toContain("(Forbidden)")
        expect(outcome.err).toContain(denied)
        expect(outcome.err).toContain("fix: write nsup-period")
      }
    }
    expect(await world.run("get asc -o name")).toBe("")
  })

  it("says its doubts and accepts; a later mistake is refused and leaves what is there", async () => {
    const outcome = await world.attempt(["apply", "-f", "-"], { input: cluster("aerospike:latest") })
    expect(outcome).toMatchObject({ code: 0, out: "aerospikecluster.acko.io/demo created" })
    expect(outcome.err).toMatch(/^Warning: spec\.image: /m)
    expect(await world.run("get asc demo -o jsonpath={.spec.aerospikeConfig.network.heartbeat.mode}")).toBe("mesh")
    const later = await world.attempt(["apply", "-f", "-"], { input: cluster("aerospike:ce-8.1.1.1", "nsup-periood") })
    expect([later.code, later.err]).toEqual([1, expect.stringContaining(denied)])
    expect(await world.run("get asc demo -o jsonpath={.spec.image}")).toBe("aerospike:latest")
  })
})
