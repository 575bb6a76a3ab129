/** The control plane fails in the middle of a roll-out: it is killed, stands still, forgets its history; and so does the operator. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { randomInt } from "node:crypto"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Cluster } from "./Cluster.js"
import { compactEtcd, pauseApiServer, restartApiServer } from "./controlplane/controls.js"
import type { Installation } from "./Installation.js"
import { inMemory, resource } from "./resources.js"
import { makeWatchCutter, type WatchCutter } from "./WatchCutter.js"
import { makeWorld, type Operator, type World } from "./world.js"

const namespace = "e2e-outages"
const size = 4

/** When the operator is killed, after it has started anew: within a pass, between two, while a pod starts, while data migrates. */
const seed = process.env["ACKO_E2E_SEED"] ?? randomInt(1_000_000).toString()
const kills = 6
const longestPauseMs = 2_000
const randomPauses = Effect.runSync(Effect.replicateEffect(Random.make(seed).nextIntBetween(0, longestPauseMs), kills))

let world: World
let installation: Installation
let way: WatchCutter
let operator: Operator
let cluster: Cluster
let generation = 15_000

/** One roll-out, with what happens to it after the first pod went; every pod is restarted once, one at a time, and no record is lost. */
const roll = async (trouble: () => Promise<void>): Promise<void> => {
  const from = cluster.history.now()
  const deletions = cluster.deletions()
  const before = Object.values(await cluster.uids())
  await world.run(`apply -n ${namespace} -f -`, resource("demo", inMemory(size, ++generation)))
  await cluster.deleted(deletions + 1)
  await trouble()
  await cluster.completed()
  expect(Object.values(await cluster.uids()).filter((uid) => before.includes(uid))).toEqual([])
  expect(cluster.deletions() - deletions).toBe(size)
  expect(cluster.mostUnavailable(from)).toBe(1)
  expect(await cluster.lostRecords()).toBe(0)
}

beforeAll(async () => {
  world = await makeWorld()
  await world.makeNamespace(namespace)
  installation = await world.install("acko-system")
  way = await world.inScope(makeWatchCutter(world.plane))
  operator = await world.startOperator(installation, { server: way.url, pollInterval: "1 second" })
  cluster = await world.cluster(namespace, "demo")
  await world.run(`apply -n ${namespace} -f -`, resource("demo", inMemory(size, generation)))
  await cluster.completed()
  expect(await cluster.write(5_000)).toBe(5_000)
})
afterAll(() => world.close())

describe("in the middle of a roll-out", () => {
  it("R41 the API server is killed and comes back", () => roll(() => Effect.runPromise(restartApiServer(world.plane))))

  it("R54 the API server stands still for 12 s", () =>
    roll(() =>
      Effect.runPromise(Effect.scoped(Effect.zipRight(pauseApiServer(world.plane), Effect.sleep("12 seconds")))),
    ))

  it("R32 history is compacted while watches are broken: they meet 410 and begin anew", () =>
    roll(async () => {
      const expired = way.expiredWatches()
      way.refuseWatches(true)
      await cluster.deleted(cluster.deletions() + 1)
      await Effect.runPromise(compactEtcd(world.plane))
      // Its cache of recent changes would still bridge the gap.
      await Effect.runPromise(restartApiServer(world.plane))
      way.refuseWatches(false)
      await expect.poll(way.expiredWatches, { timeout: 40_000 }).toBeGreaterThan(expired)
    }))

  it(`R10 the operator is killed again and again, whatever it is doing (ACKO_E2E_SEED=${seed} repeats the pauses)`, () =>
    roll(async () => {
      for (const pauseMs of randomPauses) {
        await Effect.runPromise(Effect.sleep(pauseMs))
        await operator.kill()
        operator = await world.startOperator(installation, { server: way.url, pollInterval: "1 second" })
      }
    }))
})
