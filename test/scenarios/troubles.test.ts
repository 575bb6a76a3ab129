import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { areCurrent, namespace, newImage, play, type Stage } from "./stage.js"

const created = (stage: Stage, size = 3) =>
  Effect.gen(function* () {
    yield* stage.wish({ size })
    yield* stage.completed()
    yield* stage.world.aerospike.write("db", "test", 1000)
    stage.reset()
  })

const rolled = (stage: Stage, forMs?: number) =>
  stage.until("rolled", () => stage.isCompleted() && areCurrent(stage), forMs)

describe("troubles in the middle of a rolling restart", () => {
  it("R72, R67, R65: while a node hangs or talks nonsense nothing healthy is stopped; afterwards the roll goes on", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* created(stage)
        yield* stage.wish({ image: newImage })
        yield* stage.until("first restart", () => stage.deletions().length === 1)
        yield* stage.world.aerospike.setFault("db-0-0", { _tag: "Hang" })
        yield* Effect.sleep("2 minutes")
        expect(stage.deletions()).toEqual(["db-0-2"])
        expect(stage.status().phaseReason).toContain("db-0-0")
        yield* stage.world.aerospike.setFault("db-0-0", { _tag: "Garbage" })
        yield* Effect.sleep("2 minutes")
        expect(stage.deletions()).toEqual(["db-0-2"])
        expect(stage.status().phaseReason).toContain("db-0-0")
        yield* stage.world.aerospike.clearFault("db-0-0")
        yield* rolled(stage)
        expect(stage.deletions()).toEqual(["db-0-2", "db-0-1", "db-0-0"])
        expect(stage.mostDown()).toBe(1)
        expect(yield* stage.isWhole(3)).toBe(true)
      }),
    )
  })

  it("R54: ten minutes without the API server: nothing is done to any node, and the roll ends within two minutes after", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* created(stage)
        yield* stage.wish({ image: newImage })
        yield* stage.until("second restart", () => stage.deletions().length === 2)
        const { faults } = stage.operator()
        faults.setOutage(true)
        yield* Effect.sleep("10 minutes")
        expect(stage.deletions()).toHaveLength(2)
        expect(stage.readyPods()).toHaveLength(3)
        faults.setOutage(false)
        yield* rolled(stage, 120_000)
        expect(stage.deletions()).toEqual(["db-0-2", "db-0-1", "db-0-0"])
        expect(yield* stage.isWhole(3)).toBe(true)
        expect(yield* stage.quiet).toEqual([])
      }),
    )
  })

  it("R30–R38: watches refused in the middle: polling carries the roll on, and watching comes back", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* created(stage)
        const { faults } = stage.operator()
        yield* stage.wish({ image: newImage })
        yield* stage.until("first restart", () => stage.deletions().length === 1)
        faults.refuseWatches(true)
        faults.cutWatches()
        yield* rolled(stage)
        expect(faults.openWatches()).toBe(0)
        expect(stage.deletions()).toEqual(["db-0-2", "db-0-1", "db-0-0"])
        expect(stage.mostDown()).toBe(1)
        faults.refuseWatches(false)
        yield* stage.until("watching again", () => faults.openWatches() >= 7)
        expect(yield* stage.isWhole(3)).toBe(true)
        expect(yield* stage.quiet).toEqual([])
      }),
    )
  })

  it("R4: an operator that dies after every restart of a pod restarts each pod once", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* created(stage, 4)
        yield* stage.wish({ size: 4, image: newImage })
        for (const count of [1, 2, 3, 4]) {
          yield* stage.until(`restart ${count}`, () => stage.deletions().length === count)
          yield* stage.restartOperator
        }
        yield* rolled(stage)
        expect([...stage.deletions()].sort()).toEqual(["db-0-0", "db-0-1", "db-0-2", "db-0-3"])
        expect(stage.mostDown()).toBe(1)
        expect(yield* stage.isWhole(4)).toBe(true)
      }),
    )
  })

  it("R90: a lost host: its pod is not replaced by force and no other is stopped; with the host gone for good it comes back elsewhere", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* created(stage)
        const { world } = stage
        const host = (
          stage.list(Kinds.Pod).find(({ metadata }) => metadata.name === "db-0-1")?.["spec"] as {
            nodeName: string
          }
        ).nodeName
        yield* world.hosts.loseHost(host, { power: true })
        // Kubernetes has not noticed yet; the node does not answer any more, and what it said before is too old.
        yield* Effect.sleep("15 seconds")
        yield* stage.wish({ image: newImage })
        yield* Effect.sleep("8 minutes")
        // Kubernetes or we may mark the pod of the lost host for deletion; nobody else may be stopped.
        expect(stage.deletions().filter((pod) => pod !== "db-0-1")).toEqual([])
        expect(stage.names(Kinds.Pod)).toContain("db-0-1")
        expect(stage.status().phase).not.toBe("Completed")
        expect(stage.status().phaseReason).toContain("db-0-1")
        yield* Effect.orDie(world.writer.remove(Kinds.Node, { name: host }, {}))
        yield* rolled(stage)
        expect(stage.readyPods()).toEqual(["db-0-0", "db-0-1", "db-0-2"])
        expect(stage.mostDown()).toBe(1)
        expect(yield* stage.isWhole(3)).toBe(true)
      }),
    )
  })

  it("W5, S2: two at a time when the user asks for it: never more than two are down", () => {
    play((stage) =>
      Effect.gen(function* () {
        const wish = { size: 6, persistent: true, extra: { rollingUpdateBatchSize: 2, maxUnavailable: 2 } }
        yield* stage.wish(wish)
        yield* stage.completed()
        yield* stage.world.aerospike.write("db", "test", 1000)
        stage.reset()
        yield* stage.wish({ ...wish, image: newImage })
        yield* rolled(stage)
        expect(stage.deletions()).toEqual([5, 4, 3, 2, 1, 0].map((n) => `db-0-${n}`))
        expect(stage.mostDown()).toBe(2)
        expect(yield* stage.isWhole(6)).toBe(true)
      }),
    )
  })
})

describe("a rival", () => {
  it("R104, S9: somebody rewrites our Service all the time: rare repairs, a condition, and peace when he rests", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* created(stage)
        const { server } = stage.world
        const ref = { namespace, name: "db" }
        let isResting = false
        server.onCommit(({ kind, object }) => {
          if (isResting || kind.kind !== "Service" || object.metadata.name !== "db") return
          const spec = object["spec"] as { publishNotReadyAddresses?: boolean }
          if (spec.publishNotReadyAddresses !== true) return
          server.patch(Kinds.Service, ref, { type: "merge", body: { spec: { publishNotReadyAddresses: false } } })
        })
        server.patch(Kinds.Service, ref, { type: "merge", body: { metadata: { labels: { touched: "1" } } } })
        yield* Effect.sleep("10 minutes")
        const repairs = stage.writes().filter((write) => write.startsWith("patch services"))
        expect(repairs.length).toBeGreaterThanOrEqual(10)
        expect(repairs.length).toBeLessThanOrEqual(14)
        expect(stage.condition("Conflict")).toBe("True")
        expect(stage.conditionText("Conflict")).toContain("Service db (spec.publishNotReadyAddresses)")
        isResting = true
        yield* Effect.sleep("10 minutes")
        expect(server.get(Kinds.Service, ref)["spec"]).toMatchObject({ publishNotReadyAddresses: true })
        expect(stage.condition("Conflict")).toBe("False")
        expect(yield* stage.quiet).toEqual([])
      }),
    )
  })
})
