/** A mistake in a resource, as people learn of it: at once, with the field and the fix. No operator runs. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeWorld, root, type World } from "./world.js"

let world: World

const cluster = (image: string, more = "") => `
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
        storage-engine: {type: memory, data-size: 1073741824}
${more}`

beforeAll(async () => {
  world = await makeWorld(83)
  await world.run(`apply -f ${root}manifests/crd`)
  await world.run("wait --for=condition=Established crd/aerospikeclusters.acko.io --timeout=10s")
})
afterAll(() => world.close())

describe("kubectl apply", () => {
  const denied = 'admission webhook "vaerospikecluster.kb.io" denied the request: validation failed: spec.image: '

  it("refuses a wrong cluster with every field and its fix; nothing is stored", async () => {
    for (const dry of [[], ["--dry-run=server"]]) {
      for (const way of [[], ["--server-side"]]) {
        const outcome = await world.attempt(["apply", ...way, ...dry, "-f", "-"], {
          input: cluster("aerospike:ee-8.1.1.1"),
        })
        expect(outcome.code).toBe(1)
        expect(outcome.err).toContain("(Forbidden)")
        expect(outcome.err).toContain(denied)
        expect(outcome.err).toContain("fix: ")
      }
    }
    expect(await world.run("get asc -o name")).toBe("")
  })

  it("says its doubts and accepts; a later mistake is refused and leaves what is there", async () => {
    const outcome = await world.attempt(["apply", "-f", "-"], { input: cluster("aerospike:latest") })
    expect(outcome).toMatchObject({ code: 0, out: "aerospikecluster.acko.io/demo created" })
    expect(outcome.err).toMatch(/^Warning: spec\.image: /m)
    expect(await world.run("get asc demo -o jsonpath={.spec.aerospikeConfig.network.heartbeat.mode}")).toBe("mesh")
    const later = await world.attempt([
      "patch",
      "asc",
      "demo",
      "--type=merge",
      "-p",
      '{"spec":{"image":"x:ee-8.0.0.0"}}',
    ])
    expect([later.code, later.err]).toEqual([1, expect.stringContaining(denied)])
    expect(await world.run("get asc demo -o jsonpath={.spec.image}")).toBe("aerospike:latest")
  })
})
