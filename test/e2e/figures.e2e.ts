/** What the operator costs on the real control plane, told like (and beside) the figures of the package in the sandbox. Kept in `out`. */
import * as Effect from "effect/Effect"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, beforeAll, expect, it } from "vitest"
import { resource } from "../../src/cli/demo/steps.js"
import type { KubeObject } from "../../src/domain/Kubernetes.js"
import { percentile, readinessSamples } from "../../src/sandbox/figures.js"
import { takeApart } from "../../src/sandbox/phases.js"
import type { TimelineEntry } from "../../src/sandbox/Timeline.js"
import { another, memoryOf, type ProcessFigures, round, table } from "../support/processFigures.js"
import { readAuditLog } from "./controlplane/AuditLog.js"
import { makeWorld, root, type World } from "./world.js"

const namespace = "e2e-figures"
let world: World
beforeAll(async () => {
  world = await makeWorld()
})
afterAll(() => world.close())

const writeVerbs = ["create", "update", "patch", "delete"] as const
const isWriteVerb = (verb: string): verb is (typeof writeVerbs)[number] => writeVerbs.some((one) => one === verb)

/** The audit log has microseconds, which `Date` forgets. */
const millis = (timestamp: string): number => {
  const micros = Number(/\.\d{3}(\d{3})Z$/.exec(timestamp)?.[1] ?? 0)
  return Date.parse(timestamp) + micros / 1_000
}

/** Writes of one user about objects, as the API server received them. */
const writesOf = (user: string): ReadonlyArray<TimelineEntry> =>
  readAuditLog(world.plane.auditLog, user).flatMap(({ objectRef = {}, requestReceivedTimestamp, verb }) => {
    const { apiGroup: group = "", resource: kind = "" } = objectRef
    return isWriteVerb(verb) && kind !== "leases"
      ? [
          {
            at: millis(requestReceivedTimestamp),
            _tag: "Request" as const,
            request: { verb, group, resource: kind, user, dryRun: false },
          },
        ]
      : []
  })

/**
 * When the API server had stored what made each pod ready, by its own clock, which also times the operator's writes: this process, busy with
 * nine hosts, may hear of it later than the operator.
 */
const asStored = (entries: ReadonlyArray<TimelineEntry>): ReadonlyArray<TimelineEntry> => {
  const reports = readAuditLog(world.plane.auditLog, "machines").filter(
    ({ objectRef, verb }) => verb === "patch" && objectRef?.resource === "pods" && objectRef.namespace === namespace,
  )
  return entries.map((entry) => {
    if (entry._tag !== "PodReady") return entry
    const ofPod = reports.filter(({ objectRef }) => objectRef?.name === entry.pod)
    return {
      ...entry,
      at: ofPod.map(({ stageTimestamp }) => millis(stageTimestamp)).findLast((at) => at <= entry.at) ?? entry.at,
    }
  })
}

const clusters = 100
/** Seen by the operator like any other, without pods that this machine would have to run. */
const paused = (object: KubeObject): KubeObject => ({
  ...object,
  spec: { ...(object["spec"] as object), paused: true },
})

/** Requests per minute, from half of one, once nothing was written for a while. */
const idleRequests = async (user: string): Promise<number> => {
  const since = (ms: number, all: ReadonlyArray<{ readonly requestReceivedTimestamp: string }>) =>
    all.filter(({ requestReceivedTimestamp: at }) => Date.parse(at) > Date.now() - ms).length
  const writes = () => writesOf(user).filter(({ at }) => at > Date.now() - 5_000).length
  await expect.poll(writes, { timeout: 60_000, interval: 1_000 }).toBe(0)
  await sleep(30_000)
  return 2 * since(30_000, readAuditLog(world.plane.auditLog, user))
}

/** Of the package on its Nodes, if its suite has run here. */
const inTheSandbox = (): Readonly<Record<string, ProcessFigures>> => {
  const file = join(root, "out/package.json")
  if (!existsSync(file)) return {}
  const found = JSON.parse(readFileSync(file, "utf8")) as Readonly<Record<string, ProcessFigures>>
  return Object.fromEntries(Object.entries(found).map(([node, of]) => [`sandbox, Node ${node}`, of]))
}

it("restarts 8 pods, then looks after 100 clusters", async () => {
  await world.makeNamespace(namespace)
  const installation = await world.install("acko-system")
  const first = await world.startOperator(installation)
  const cluster = await world.cluster(namespace, "demo")
  const wish = async (protoFdMax: number): Promise<void> => {
    const object = resource({ size: 8, image: "aerospike:ce-8.1.1.1", protoFdMax })
    await world.run("apply -f -", JSON.stringify({ ...object, metadata: { namespace, name: "demo" } }))
  }
  const now = () => performance.timeOrigin + performance.now()
  await wish(15_000)
  await cluster.completed(120)
  await cluster.write(10_000)
  const before = Object.values(await cluster.uids())
  const from = now()
  await wish(15_001)
  await cluster.until("rolled", ({ status, metadata }) => status?.observedGeneration === metadata.generation)
  await cluster.completed(180)
  const window = { from, to: now() }
  expect(Object.values(await cluster.uids()).filter((uid) => before.includes(uid))).toEqual([])

  const pods = cluster.history.entries.map((entry) => ({ ...entry, at: entry.at + performance.timeOrigin }))
  const entries = [...asStored(pods), ...writesOf(installation.user)].sort((a, b) => a.at - b.at)
  const roll = takeApart(entries, await Effect.runPromise(world.machines.aerospike.history), window)
  const samples = readinessSamples(entries.filter(({ at }) => at >= window.from && at <= window.to))
  const readiness = {
    samples: samples.length,
    p50Ms: round(percentile(samples, 0.5)),
    p99Ms: round(percentile(samples, 0.99)),
  }
  const rollOut = { pods: roll.pods, totalMs: round(roll.totalMs), overheadMs: round(roll.overheadMs) }

  const memoryOneCluster = memoryOf(first.pid)
  const idleRequestsOneCluster = await idleRequests(installation.user)
  await first.stop()
  const others = Array.from({ length: clusters - 1 }, (_, index) => paused(another(index, namespace)))
  await world.run("apply -f -", JSON.stringify({ apiVersion: "v1", kind: "List", items: others }))
  const startedAt = now()
  const second = await world.startOperator(installation)
  const phases = `get asc -n ${namespace} -o jsonpath={.items[*].status.phase}`
  await world.until(phases, (out) => out.split("Paused").length - 1 === clusters - 1)
  const firstWrite = writesOf(installation.user).find(({ at }) => at >= startedAt)
  const idleRequestsManyClusters = await idleRequests(installation.user)
  const figures: ProcessFigures = {
    firstReconcileMs: round((firstWrite?.at ?? Number.NaN) - startedAt),
    memoryOneCluster,
    memoryManyClusters: memoryOf(second.pid),
    clusters,
    idleRequestsOneCluster,
    idleRequestsManyClusters,
    readiness,
    rollOut,
  }
  mkdirSync(join(root, "out"), { recursive: true })
  writeFileSync(join(root, "out/e2e.json"), `${JSON.stringify(figures, null, 2)}\n`)
  process.stdout.write(`\n${table({ "real control plane": figures, ...inTheSandbox() })}\n\n`)
  expect(rollOut.pods).toBe(8)
  expect(figures.memoryManyClusters.operatorMb).toBeLessThan(256)
  expect(await cluster.lostRecords()).toBe(0)
  await cluster.release()
  await world.run(`delete asc --all -n ${namespace} --timeout=60s`)
  await second.stop()
}, 400_000)
