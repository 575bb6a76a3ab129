/** On-demand operations: pods restarted because somebody asks for it, once each, also when the operator dies in the middle of it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { ClusterObject } from "./Cluster.js"
import { inMemory, resource } from "./resources.js"
import { makeWorld, type Operator, type World } from "./world.js"

const namespace = "e2e-operations"

interface OperationStatus {
  readonly id?: string
  readonly phase?: string
  readonly completedPods?: ReadonlyArray<string>
  readonly failedPods?: ReadonlyArray<string>
}

const operationOf = ({ status }: ClusterObject): OperationStatus => status?.["operationStatus"] ?? {}
const isEnded = (id: string) => (cluster: ClusterObject) =>
  operationOf(cluster).id === id && operationOf(cluster).phase !== "InProgress"

let world: World
beforeAll(async () => {
  world = await makeWorld()
  await world.makeNamespace(namespace)
})
afterAll(() => world.close())

const wish = (...operations: ReadonlyArray<object>) =>
  world.run(
    `apply -n ${namespace} -f -`,
    resource("db", inMemory(3, 15_000, operations.length === 0 ? {} : { operations })),
  )

describe("on-demand operations", () => {
  it("B18 W13 R15 PodRestart of all pods outlives two operators, of named ones it keeps their order", async () => {
    const installation = await world.install("acko-system")
    let operator: Operator = await world.startOperator(installation)
    const cluster = await world.cluster(namespace, "db")
    await wish()
    await cluster.completed()
    expect(await cluster.write(1_000)).toBe(1_000)
    const before = await cluster.uids()
    const from = cluster.history.now()

    await wish({ kind: "PodRestart", id: "all" })
    for (const stopped of [1, 2]) {
      await cluster.deleted(stopped)
      await operator.kill()
      operator = await world.startOperator(installation)
    }
    const all = await cluster.until("the operation has ended", isEnded("all"))
    expect(operationOf(all)).toMatchObject({ phase: "Completed", completedPods: ["db-0-0", "db-0-1", "db-0-2"] })
    await cluster.completed()
    expect(cluster.deletions()).toBe(3)
    expect(cluster.mostUnavailable(from)).toBe(1)
    const after = await cluster.uids()
    expect(Object.keys(after)).toEqual(Object.keys(before))
    expect(Object.values(after).filter((uid) => Object.values(before).includes(uid))).toEqual([])

    await wish({ kind: "PodRestart", id: "some", podList: ["db-0-2", "db-0-9", "db-0-0"] })
    const some = await cluster.until("the second one has ended", isEnded("some"))
    expect(operationOf(some)).toMatchObject({
      phase: "Error",
      completedPods: ["db-0-2", "db-0-0"],
      failedPods: ["db-0-9"],
    })
    await cluster.completed()
    expect(cluster.deletions()).toBe(5)
    expect((await cluster.uids())["db-0-1"]).toBe(after["db-0-1"])

    // Rules of the API server itself: what runs is neither taken away nor exchanged (V54, V55).
    await wish({ kind: "PodRestart", id: "third" })
    await cluster.until("the third one runs", (object) => operationOf(object).phase === "InProgress")
    await expect(wish({ kind: "PodRestart", id: "fourth" })).rejects.toThrow("while the operation runs")
    await cluster.until("the third one has ended", isEnded("third"))
    await cluster.completed()

    await wish({ kind: "WarmRestart", id: "warm" })
    const warm = await cluster.until("the warm one is answered", isEnded("warm"))
    expect(operationOf(warm)).toMatchObject({ phase: "Error" })
    expect(warm.status?.["conditions"]).toContainEqual(
      expect.objectContaining({ type: "OperationCompleted", status: "False", reason: "NotAvailableOnCE" }),
    )
    await cluster.completed()
    expect(cluster.deletions()).toBe(8)
    expect(await cluster.lostRecords()).toBe(0)

    await cluster.release()
    await wish()
    await world.run(`delete asc db -n ${namespace} --timeout=60s`)
    await operator.stop()
  })
})
