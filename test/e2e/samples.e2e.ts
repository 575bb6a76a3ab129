/** The shipped samples on a real control plane: what comes of each, what an application can do with it, and what is left of it. */
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parse } from "yaml"
import type { Cluster, ClusterObject } from "./Cluster.js"
import { makeWorld, root, type World } from "./world.js"

const namespace = "aerospike"
const application = fileURLToPath(new URL("./application.js", import.meta.url))
const run = promisify(execFile)

let world: World
beforeAll(async () => {
  world = await makeWorld()
  await world.makeNamespace(namespace)
  await world.startOperator(await world.install("acko-system"))
})
afterAll(() => world.close())

interface Sample {
  readonly ids: string
  readonly file: string
  readonly racks: ReadonlyArray<number>
  readonly claims: number
  /** Of them: what is still there when it is gone. */
  readonly kept: number
  /** An Aerospike namespace of it. */
  readonly data: string
}

const samples: ReadonlyArray<Sample> = [
  { ids: "E-03 E-04 E-05", file: "acko_v1alpha1_aerospikecluster.yaml", racks: [0], claims: 0, kept: 0, data: "test" },
  { ids: "E-06", file: "aerospike-cluster-3node.yaml", racks: [0], claims: 3, kept: 0, data: "testns" },
  { ids: "E-07", file: "aerospike-cluster-multirack.yaml", racks: [1, 2, 3], claims: 6, kept: 6, data: "testns" },
  { ids: "E-08", file: "aerospike-cluster-acl.yaml", racks: [0], claims: 0, kept: 0, data: "test" },
]

describe.concurrent.each(samples)("$ids E-25 $file", ({ claims, data, file, kept, racks }) => {
  const path = join(root, "manifests/samples", file)
  const { metadata, spec } = parse(readFileSync(path, "utf8")) as ClusterObject
  const name = metadata.name ?? ""
  const { image, size } = spec
  const of = `-n ${namespace} -l app.kubernetes.io/instance=${name}`
  const names = async (kind: string): Promise<ReadonlyArray<string>> =>
    (await world.run(`get ${kind} ${of} -o jsonpath={.items[*].metadata.name}`)).split(" ").filter(Boolean)
  let cluster: Cluster

  it.sequential("becomes what it says: objects, pods per rack, status", async () => {
    cluster = await world.cluster(namespace, name)
    await world.run(`apply -f ${path}`)
    const { status } = await cluster.completed()
    expect(await names("svc")).toEqual([name])
    expect(await names("sts")).toEqual(racks.map((rack) => `${name}-${rack}`))
    expect(await names("cm")).toEqual(racks.map((rack) => `${name}-${rack}-config`))
    expect(await names("pvc")).toHaveLength(claims)
    const perRack = racks.map((rack) => ({ rack, pods: size / racks.length }))
    const pods = await cluster.pods()
    const inRack = (rack: number) => pods.filter((pod) => pod.metadata.labels?.["acko.io/rack"] === String(rack)).length
    expect(racks.map((rack) => ({ rack, pods: inRack(rack) }))).toEqual(perRack)
    expect(status?.size).toBe(size)
    const entries = Object.values(status?.pods ?? {})
    expect(entries).toHaveLength(size)
    for (const entry of entries) expect(entry).toMatchObject({ isRunningAndReady: true, image })
    // Rack 0 goes without saying.
    for (const entry of entries) expect(racks).toContain(entry["rack"] ?? 0)
  })

  it.sequential("an application writes, reads, changes and deletes, without credentials", async () => {
    const [pod] = await cluster.pods()
    const seed = `${pod?.status?.podIP}:3000`
    // The nodes live in this process, which must go on while the client connects.
    const { stdout } = await run(process.execPath, [application, seed, data], { timeout: 60_000 })
    expect(JSON.parse(stdout)).toEqual({
      nodes: size,
      written: { name: "Ada", age: 29, city: "London" },
      updated: { name: "Ada", age: 30, city: "Paris" },
      removed: { error: 2 },
    })
  })

  it.sequential("leaves nothing behind when it is deleted but the claims it is to keep", async () => {
    await cluster.release()
    await world.run(`delete asc ${name} -n ${namespace} --timeout=60s`)
    await world.until(`get pods,sts,svc,cm,pdb ${of} -o name`, (out) => out === "")
    await world.until(`get pvc ${of} -o name`, (out) => out.split("\n").filter(Boolean).length === kept)
  })
})
