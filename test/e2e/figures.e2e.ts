/** What a roll-out of 8 pods costs on the real control plane, with the figures of the embedded world's main job. Printed, and kept in `out`. */
import * as Effect from "effect/Effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { resource } from "../../src/cli/demo/steps.js"
import { percentile, readinessSamples } from "../../src/sandbox/figures.js"
import { takeApart } from "../../src/sandbox/phases.js"
import type { TimelineEntry } from "../../src/sandbox/Timeline.js"
import { readAuditLog } from "./controlplane/AuditLog.js"
import { makeWorld, root, type World } from "./world.js"

const namespace = "e2e-figures"
let world: World
beforeAll(async () => {
  world = await makeWorld()
})
afterAll(() => world.close())

const round = (ms: number): number => Math.round(ms * 10) / 10
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

it("restarts 8 pods: overhead, and how soon a ready pod is answered", async () => {
  await world.makeNamespace(namespace)
  const installation = await world.install("acko-system")
  const operator = await world.startOperator(installation)
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
  const entries = [...pods, ...writesOf(installation.user)].sort((a, b) => a.at - b.at)
  const roll = takeApart(entries, await Effect.runPromise(world.machines.aerospike.history), window)
  const samples = readinessSamples(entries.filter(({ at }) => at >= window.from && at <= window.to))
  const figures = {
    readiness: {
      samples: samples.length,
      p50Ms: round(percentile(samples, 0.5)),
      p99Ms: round(percentile(samples, 0.99)),
    },
    rollingRestart: {
      pods: roll.pods,
      totalMs: round(roll.totalMs),
      podStartMs: round(roll.podStartMs),
      migrationMs: round(roll.migrationMs),
      overheadMs: round(roll.overheadMs),
    },
    rssMb: round((await world.inScope(operator.residentBytes)) / 1_048_576),
  }
  mkdirSync(join(root, "out"), { recursive: true })
  writeFileSync(join(root, "out/e2e.json"), `${JSON.stringify(figures, null, 2)}\n`)
  process.stdout.write(
    `\nreal control plane: pod Ready → next write ${figures.readiness.p50Ms} ms (99 % ${figures.readiness.p99Ms} ms), ` +
      `overhead of 8 restarts ${figures.rollingRestart.overheadMs} of ${figures.rollingRestart.totalMs} ms, ${figures.rssMb} MB\n\n`,
  )
  expect(figures.rollingRestart.pods).toBe(8)
  expect(await cluster.lostRecords()).toBe(0)
  await cluster.release()
  await world.run(`delete asc demo -n ${namespace} --timeout=60s`)
  await operator.stop()
}, 400_000)
