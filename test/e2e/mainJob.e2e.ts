/** The main job on a real control plane, in both modes of installation, with no other rights than those of the manifests. */
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { onClaims, resource } from "./resources.js"
import { makeWatchCutter } from "./WatchCutter.js"
import { makeWorld, type World } from "./world.js"

let world: World
beforeAll(async () => {
  world = await makeWorld()
})
afterAll(() => world.close())

const template = {
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeClusterTemplate",
  metadata: { name: "e2e-main" },
  spec: {},
}

/** Nobody's, and for no pod: something to tell of its kind. */
const policy = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "seen", labels: { "app.kubernetes.io/name": "aerospike-cluster" } },
  spec: { podSelector: { matchLabels: { nobody: "nobody" } } },
}

describe.each([
  { mode: "the whole cluster", operator: "acko-system", namespace: "e2e-main", watched: [] },
  { mode: "one namespace", operator: "acko-namespaced", namespace: "e2e-main-ns", watched: ["e2e-main-ns"] },
])("main job, $mode", ({ namespace, operator: home, watched }) => {
  it("N-01 N-04 creates 8 nodes, restarts them, scales, changes the image without watches, deletes; no record is lost", async () => {
    const apply = (...wanted: Parameters<typeof onClaims>) =>
      world.run(
        `apply -n ${namespace} -f -`,
        resource("demo", { ...onClaims(...wanted), networkPolicyConfig: { enabled: true } }),
      )
    await world.makeNamespace(namespace)
    const way = await world.inScope(makeWatchCutter(world.plane))
    const installation = await world.install(home, { watchNamespaces: watched })
    const operator = await world.startOperator(installation, {
      server: way.url,
      pollInterval: "1 second",
      leaderElect: true,
    })
    const cluster = await world.cluster(namespace, "demo")
    // There is no Cilium here.
    const modes = async () => {
      const all = (await Effect.runPromise(operator.modes)).map(({ mode }) => mode)
      return [...new Set(all)].filter((mode) => mode !== "absent")
    }

    await apply(8, 15_000)
    await cluster.completed()
    expect(await cluster.write(10_000)).toBe(10_000)

    // A static change: every pod once, one at a time.
    const created = await cluster.uids()
    const from = cluster.history.now()
    await apply(8, 16_000)
    await cluster.completed()
    const restarted = await cluster.uids()
    expect(Object.keys(restarted)).toEqual(Object.keys(created))
    expect(Object.values(restarted).filter((uid) => Object.values(created).includes(uid))).toEqual([])
    expect(cluster.mostUnavailable(from)).toBe(1)

    await world.run(`scale asc demo -n ${namespace} --replicas=5`)
    await cluster.completed()
    expect(Object.keys(await cluster.uids())).toEqual(["demo-0-0", "demo-0-1", "demo-0-2", "demo-0-3", "demo-0-4"])
    // Whoever stays was not touched.
    expect(restarted).toMatchObject(await cluster.uids())

    // An image change; once the first pod is away, no watch works any more, until three are done.
    const rolled = cluster.history.now()
    const before = cluster.deletions()
    await apply(5, 16_000, "aerospike:ce-8.1.1.2")
    await cluster.deleted(before + 1)
    way.refuseWatches(true)
    await cluster.deleted(before + 3)
    expect(way.openWatches()).toBe(0)
    expect(await modes()).not.toContain("watching")
    way.refuseWatches(false)
    await cluster.completed()
    // A watch counts again when it has told something; on a quiet kind that would be a bookmark, up to a minute later.
    await world.run("apply -f -", JSON.stringify(template))
    await world.run(`apply -n ${namespace} -f -`, JSON.stringify(policy))
    await world.run(`annotate storageclass standard seen=${namespace} --overwrite`)
    await world.run(`label asc,sts,cm,svc,pdb,netpol,pvc,pod -n ${namespace} --all seen=yes`)
    await expect.poll(modes, { timeout: 40_000 }).toEqual(["watching"])
    expect(cluster.deletions()).toBe(before + 5)
    expect(cluster.mostUnavailable(rolled)).toBe(1)
    for (const pod of await cluster.pods())
      expect(pod.spec?.containers?.map(({ image }) => image)).toEqual(["aerospike:ce-8.1.1.2"])

    expect(await cluster.lostRecords()).toBe(0)
    await cluster.release()
    await world.run(`delete asc demo -n ${namespace} --timeout=60s`)
    await world.until(`get asc,pods,sts,svc,pdb,pvc -n ${namespace} -o name`, (out) => out === "")
    await world.run("delete asct e2e-main --timeout=20s")
    await operator.stop()
  })
})
