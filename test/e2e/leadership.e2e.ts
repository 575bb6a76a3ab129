/** Two operators, one Lease: whichever way the leader goes in the middle of a roll-out, the other finishes it and nothing is done twice. */
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { defaultLeaseName } from "../../src/runtime/LeaderElection.js"
import type { Cluster } from "./Cluster.js"
import { type AuditEvent, readAuditLog } from "./controlplane/AuditLog.js"
import type { Installation } from "./Installation.js"
import { inMemory, resource } from "./resources.js"
import { makeWorld, type Operator, type World } from "./world.js"

const namespace = "e2e-leadership"
const size = 4

let world: World
let installation: Installation
let operators: ReadonlyArray<Operator>
let cluster: Cluster
let generation = 15_000

const start = () => world.startOperator(installation, { leaderElect: true })
const eventsOf = ({ credential }: Operator): ReadonlyArray<AuditEvent> =>
  readAuditLog(world.plane.auditLog, installation.user).filter((event) =>
    event.user.extra?.["authentication.kubernetes.io/credential-id"]?.includes(credential.id),
  )
const isSuccess = ({ responseStatus }: AuditEvent): boolean => (responseStatus?.code ?? 500) < 300
const isRenewal = (event: AuditEvent): boolean =>
  event.objectRef?.resource === "leases" &&
  event.objectRef.name === defaultLeaseName &&
  event.verb !== "get" &&
  isSuccess(event)
const isWork = ({ objectRef, verb }: AuditEvent): boolean =>
  objectRef?.resource !== "leases" && ["create", "update", "patch", "delete"].includes(verb)

/** Whoever wrote the Lease last. */
const leader = (): Operator | undefined => {
  const lastRenewal = (operator: Operator) => eventsOf(operator).findLast(isRenewal)?.requestReceivedTimestamp ?? ""
  const [latest] = operators
    .filter((operator) => lastRenewal(operator) !== "")
    .sort((a, b) => lastRenewal(b).localeCompare(lastRenewal(a)))
  return latest
}
const newLeader = async (former: Operator): Promise<Operator> => {
  await expect.poll(() => leader() !== former && leader() !== undefined, { timeout: 25_000 }).toBe(true)
  return leader()!
}

/** A roll-out in which the leader meets something after the first pod went; its replacement, a new standby, is started meanwhile. */
const roll = async (trouble: (former: Operator) => Promise<void>): Promise<void> => {
  const former = leader()!
  const from = cluster.history.now()
  const deletions = cluster.deletions()
  const before = Object.values(await cluster.uids())
  await world.run(`apply -n ${namespace} -f -`, resource("demo", inMemory(size, ++generation)))
  await cluster.deleted(deletions + 1)
  await trouble(former)
  await cluster.completed()
  expect(Object.values(await cluster.uids()).filter((uid) => before.includes(uid))).toEqual([])
  expect(cluster.deletions() - deletions).toBe(size)
  expect(cluster.mostUnavailable(from)).toBe(1)
  expect(await cluster.lostRecords()).toBe(0)
  operators = [...operators.filter((operator) => operator !== former), await start()]
}

beforeAll(async () => {
  world = await makeWorld()
  await world.makeNamespace(namespace)
  installation = await world.install("acko-system")
  operators = [await start(), await start()]
  cluster = await world.cluster(namespace, "demo")
  await world.run(`apply -n ${namespace} -f -`, resource("demo", inMemory(size, generation)))
  await cluster.completed()
  expect(await cluster.write(5_000)).toBe(5_000)
})
afterAll(() => world.close())

describe("leader election", () => {
  it("S4 the standby watches everything and writes nothing", () => {
    const standby = operators.find((operator) => operator !== leader())!
    expect(eventsOf(standby).filter(({ verb }) => verb === "watch").length).toBeGreaterThan(5)
    expect(eventsOf(standby).filter(isWork)).toEqual([])
  })

  it("R63 a leader that is told to end gives the Lease back; the other leads within 5 s", () =>
    roll(async (former) => {
      const stopped = Date.now()
      await former.stop()
      await newLeader(former)
      expect(Date.now() - stopped).toBeLessThan(5_000 + 1_000)
    }))

  it("N-09 R10 a leader that is killed: the other leads once the Lease has run out", () =>
    roll(async (former) => {
      await former.kill()
      await newLeader(former)
    }))

  it("R58 a leader that is frozen and wakes up later writes nothing any more, and ends", () =>
    roll(async (former) => {
      former.signal("SIGSTOP")
      const next = await newLeader(former)
      const led = eventsOf(next).find(isRenewal)!.requestReceivedTimestamp
      await cluster.deleted(cluster.deletions() + 1, 30)
      former.signal("SIGCONT")
      await Effect.runPromise(Effect.flip(former.ended).pipe(Effect.timeout("20 seconds")))
      expect(eventsOf(former).filter((event) => isWork(event) && event.requestReceivedTimestamp > led)).toEqual([])
      await former.stop()
    }))
})
