/** What users change about a cluster that is there, each on a real control plane: configuration, size, pause, budget, storage. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Cluster, ClusterObject } from "./Cluster.js"
import { onClaims, resource } from "./resources.js"
import { makeWorld, type World } from "./world.js"

const namespace = "e2e-changes"

let world: World
beforeAll(async () => {
  world = await makeWorld()
  await world.makeNamespace(namespace)
  await world.startOperator(await world.install("acko-system"))
})
afterAll(() => world.close())

const apply = (name: string, spec: object) => world.run(`apply -n ${namespace} -f -`, resource(name, spec))
const patch = (name: string, spec: object) =>
  world.run(`patch asc ${name} -n ${namespace} --type=merge -p ${JSON.stringify({ spec })}`)
const config = (protoFdMax: number) => ({ aerospikeConfig: { service: { "proto-fd-max": protoFdMax } } })
const names = async (kind: string, cluster: string): Promise<ReadonlyArray<string>> => {
  const selector = `app.kubernetes.io/instance=${cluster}`
  const out = await world.run(`get ${kind} -n ${namespace} -l ${selector} -o jsonpath={.items[*].metadata.name}`)
  return out.split(" ").filter(Boolean)
}

/** Waits until just these are left. */
const left = async (kind: string, cluster: string, wanted: ReadonlyArray<string>): Promise<void> => {
  const list = `get ${kind} -n ${namespace} -l app.kubernetes.io/instance=${cluster} -o jsonpath={.items[*].metadata.name}`
  await world.until(list, (out) => out === wanted.join(" "))
}

/** Pod name → `configHash` in the status. */
const hashes = async (cluster: Cluster): Promise<Readonly<Record<string, unknown>>> => {
  const { status } = await cluster.get()
  return Object.fromEntries(Object.entries(status?.pods ?? {}).map(([pod, entry]) => [pod, entry["configHash"]]))
}

const immutableField = ({ status }: ClusterObject) => status?.conditions?.find(({ type }) => type === "ImmutableField")

describe.concurrent("one cluster through its life", () => {
  let cluster: Cluster

  it.sequential("E-10 E-11 says which revision each pod runs, as the pod itself does", async () => {
    cluster = await world.cluster(namespace, "life")
    await apply("life", onClaims(1, 15_000))
    const { status } = await cluster.completed()
    const [pod] = await cluster.pods()
    const entry = status?.pods?.["life-0-0"]
    expect(entry).toMatchObject({ isRunningAndReady: true, podSpecHash: expect.stringMatching(/./) as unknown })
    expect(entry?.["configHash"]).toMatch(/^[0-9a-f]{16}$/)
    expect(pod?.metadata.annotations?.["acko.io/config-hash"]).toBe(entry?.["configHash"])
  })

  it.sequential("E-16 R110 is left alone while it is paused, and changed afterwards", async () => {
    const [before, uids] = [await hashes(cluster), await cluster.uids()]
    await patch("life", { paused: true, ...config(25_000) })
    await cluster.until("paused", ({ status }) => status?.phase === "Paused")
    await expect(cluster.until("a change", ({ status }) => status?.phase !== "Paused", 3)).rejects.toThrow(
      "phase Paused",
    )
    expect([await hashes(cluster), await cluster.uids()]).toEqual([before, uids])
    await patch("life", { paused: false })
    await cluster.completed()
    expect((await hashes(cluster))["life-0-0"]).not.toBe(before["life-0-0"])
  })

  it.sequential("E-13 grows", async () => {
    const uids = await cluster.uids()
    await patch("life", { size: 2 })
    expect((await cluster.completed()).status?.size).toBe(2)
    expect(await cluster.uids()).toMatchObject(uids)
  })

  it.sequential("E-12 a static setting is changed: every pod runs the new revision", async () => {
    const before = await hashes(cluster)
    const from = cluster.history.now()
    await patch("life", config(20_000))
    await cluster.completed()
    const after = await hashes(cluster)
    expect(Object.keys(after)).toEqual(Object.keys(before))
    expect(Object.values(after).filter((hash) => Object.values(before).includes(hash))).toEqual([])
    expect(cluster.mostUnavailable(from)).toBe(1)
  })

  it.sequential("E-15 two pods at a time when that is asked for and allowed", async () => {
    const uids = await cluster.uids()
    const from = cluster.history.now()
    await patch("life", { ...config(18_000), rollingUpdateBatchSize: 2, maxUnavailable: 2 })
    await cluster.completed()
    const fresh = Object.values(await cluster.uids())
    expect(fresh).toHaveLength(2)
    expect(fresh.filter((uid) => Object.values(uids).includes(uid))).toEqual([])
    expect(cluster.mostUnavailable(from)).toBeLessThanOrEqual(2)
  })

  it.sequential("E-17 its disruption budget comes and goes", async () => {
    expect(await names("pdb", "life")).toEqual(["life-pdb"])
    await patch("life", { disablePDB: true })
    await left("pdb", "life", [])
  })

  it.sequential(
    "E-14 shrinks, once the user accepts that only copies go; so does the claim of the pod that left",
    async () => {
      expect(await cluster.write(1_000)).toBe(1_000)
      const uids = await cluster.uids()
      await patch("life", { size: 1 })
      const { status } = await cluster.until("refusal", (object) => /refused/.test(object.status?.phaseReason ?? ""))
      const [, annotation = ""] = /set annotation (\S+): "true"/.exec(status?.phaseReason ?? "") ?? []
      expect([await cluster.uids(), await cluster.lostRecords()]).toEqual([uids, 0])
      await cluster.release()
      await world.run(`annotate asc life -n ${namespace} ${annotation}=true`)
      expect((await cluster.completed()).status?.size).toBe(1)
      expect(await cluster.uids()).toEqual({ "life-0-0": uids["life-0-0"] })
      await left("pvc", "life", ["data-life-0-0"])
    },
  )
})

describe.concurrent("racks", () => {
  it.sequential("E-19 grow evenly", async () => {
    const cluster = await world.cluster(namespace, "racks")
    const spec = { ...onClaims(2, 15_000), rackConfig: { racks: [{ id: 1 }, { id: 2 }] } }
    await apply("racks", spec)
    await cluster.completed()
    expect(await names("pods", "racks")).toEqual(["racks-1-0", "racks-2-0"])
    await patch("racks", { size: 4 })
    expect((await cluster.completed()).status?.size).toBe(4)
    expect(await names("pods", "racks")).toEqual(["racks-1-0", "racks-1-1", "racks-2-0", "racks-2-1"])
  })
})

describe.concurrent.each([
  { id: "E-20 E-22", name: "kept", size: 2, cascadeDelete: false },
  { id: "E-21", name: "cascaded", size: 1, cascadeDelete: true },
])("$id claims, cascadeDelete $cascadeDelete", ({ cascadeDelete, name, size }) => {
  it.sequential("are made with the cluster and go, or stay, as it says", async () => {
    const cluster = await world.cluster(namespace, name)
    const source = { persistentVolume: { storageClass: "standard", size: "1Gi" } }
    const volume = { name: "data-vol", source, aerospike: { path: "/opt/aerospike/data" }, cascadeDelete }
    await apply(name, { ...onClaims(size, 15_000), storage: { volumes: [volume] } })
    const { status } = await cluster.completed()
    expect(status?.size).toBe(size)
    expect(Object.values(status?.pods ?? {}).filter((pod) => pod["isRunningAndReady"] === true)).toHaveLength(size)
    const claims = Array.from({ length: size }, (_, ordinal) => `data-vol-${name}-0-${ordinal}`)
    expect(await names("pvc", name)).toEqual(claims)
    const labelled = `get pvc -n ${namespace} -l acko.io/cluster-uid=${(await cluster.get()).metadata.uid} -o name`
    expect((await world.run(labelled)).split("\n")).toHaveLength(size)

    await cluster.release()
    await world.run(`delete asc ${name} -n ${namespace} --timeout=60s`)
    await left("pods,sts", name, [])
    await left("pvc", name, cascadeDelete ? [] : claims)
  })
})

describe.concurrent("storage", () => {
  it.sequential(
    "N-12 W72 a change that no StatefulSet can carry out is told with the way out, which works",
    async () => {
      const cluster = await world.cluster(namespace, "storage")
      const wish = (size: string, protoFdMax: number) => {
        const spec = onClaims(2, protoFdMax)
        const [volume] = spec.storage.volumes
        return apply("storage", {
          ...spec,
          storage: { volumes: [{ ...volume, source: { persistentVolume: { size } } }] },
        })
      }
      const requested = async (): Promise<string> =>
        world.run(
          `get sts storage-0 -n ${namespace} -o jsonpath={.spec.volumeClaimTemplates[0].spec.resources.requests.storage}`,
        )
      await wish("1Gi", 15_000)
      await cluster.completed()

      // Everything else of the same change is carried out.
      const before = await hashes(cluster)
      await wish("2Gi", 16_000)
      const { status } = await cluster.completed()
      const conditions = status?.["conditions"] as ReadonlyArray<{ readonly type: string; readonly message: string }>
      const told = conditions.find(({ type }) => type === "ImmutableField")
      expect(told).toMatchObject({ status: "True" })
      const [, command = ""] =
        /`kubectl (delete statefulset storage-0 --cascade=orphan)`/.exec(told?.message ?? "") ?? []
      expect(command).not.toBe("")
      expect(Object.values(await hashes(cluster)).filter((hash) => Object.values(before).includes(hash))).toEqual([])
      expect(await requested()).toBe("1Gi")

      const uids = await cluster.uids()
      await world.run(`${command} -n ${namespace}`)
      await cluster.until("no longer told", (object) => immutableField(object)?.status !== "True")
      await cluster.completed()
      expect(await requested()).toBe("2Gi")
      expect(await cluster.uids()).toEqual(uids)
    },
  )
})
