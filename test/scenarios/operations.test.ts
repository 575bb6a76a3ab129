import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { namespace, play, type Stage } from "./stage.js"

const operation = (id: string, more: object = {}) => ({
  extra: { operations: [{ kind: "PodRestart", id, ...more }] },
})

interface OperationStatus {
  readonly id: string
  readonly phase: string
  readonly completedPods?: ReadonlyArray<string>
  readonly failedPods?: ReadonlyArray<string>
  readonly message?: string
}

const statusOf = (stage: Stage): OperationStatus | undefined =>
  (stage.status() as { readonly operationStatus?: OperationStatus }).operationStatus

const ended = (stage: Stage, id: string) =>
  stage.until(`${id} has ended`, () => {
    const status = statusOf(stage)
    return status?.id === id && status.phase !== "InProgress" && stage.isCompleted()
  })

const told = (stage: Stage): ReadonlyArray<string> => stage.events().filter((event) => / Operation: /.test(event))

describe("on-demand operations", () => {
  it(
    "W13, S2, S3: every pod once, one at a time, nothing lost; then named ones in their order; the same id never again",
    { timeout: 60_000 },
    () => {
      play((stage) =>
        Effect.gen(function* () {
          yield* stage.wish({ size: 4 })
          yield* stage.completed()
          yield* stage.world.aerospike.write("db", "test", 1000)
          const before = stage.pods()
          stage.reset()
          yield* stage.wish({ size: 4, ...operation("all") })
          yield* ended(stage, "all")
          expect([...stage.deletions()].sort()).toEqual(["db-0-0", "db-0-1", "db-0-2", "db-0-3"])
          expect(stage.mostDown()).toBe(1)
          expect(yield* stage.isWhole(4)).toBe(true)
          for (const [name, uid] of Object.entries(stage.pods())) expect(uid).not.toBe(before[name])
          expect(statusOf(stage)).toMatchObject({
            phase: "Completed",
            completedPods: ["db-0-0", "db-0-1", "db-0-2", "db-0-3"],
          })
          expect(stage.condition("OperationCompleted")).toBe("True")
          expect(told(stage)).toHaveLength(2)
          const reasons = Object.values(
            (stage.status() as { pods: Record<string, { lastRestartReason?: string }> }).pods,
          )
          expect(new Set(reasons.map(({ lastRestartReason }) => lastRestartReason))).toEqual(new Set(["ManualRestart"]))
          expect(yield* stage.quiet).toEqual([])

          stage.reset()
          yield* stage.wish({ size: 4, ...operation("two", { podList: ["db-0-1", "db-0-3"] }) })
          yield* ended(stage, "two")
          expect(stage.deletions()).toEqual(["db-0-1", "db-0-3"])
          yield* stage.restartOperator
          expect(yield* stage.quiet).toEqual([])
          expect(stage.deletions()).toEqual(["db-0-1", "db-0-3"])

          yield* stage.wish({ size: 4 })
          yield* stage.until(
            "the condition went with the wish",
            () => stage.condition("OperationCompleted") === undefined,
          )
          expect(statusOf(stage)?.id).toBe("two")
        }),
      )
    },
  )

  it(
    "R15, B18: the operator dies after each restart, before anybody is told: no pod is restarted twice",
    { timeout: 60_000 },
    () => {
      play((stage) =>
        Effect.gen(function* () {
          yield* stage.wish({})
          yield* stage.completed()
          stage.reset()
          let restarts = 0
          yield* stage.wish(operation("dying"))
          while (restarts < 3) {
            yield* stage.until("a pod is stopped", () => stage.deletions().length > restarts)
            restarts = stage.deletions().length
            yield* stage.restartOperator
          }
          yield* ended(stage, "dying")
          expect([...stage.deletions()].sort()).toEqual(["db-0-0", "db-0-1", "db-0-2"])
          expect(stage.mostDown()).toBe(1)
          expect(statusOf(stage)?.phase).toBe("Completed")
        }),
      )
    },
  )

  it(
    "B18, W14: a pod that finds no host any more is told once as failed, the others are spared, and another id begins anew",
    { timeout: 60_000 },
    () => {
      play((stage) =>
        Effect.gen(function* () {
          const { server } = stage.world
          yield* stage.wish({ ...operation("no", { podList: ["db-0-7"] }) })
          yield* stage.until("told", () => statusOf(stage)?.phase === "Error")
          expect(statusOf(stage)).toMatchObject({ failedPods: ["db-0-7"], message: "db-0-7: there is no such pod" })
          yield* stage.completed()

          stage.reset()
          const cordon = (isOn: boolean) => {
            for (const host of server.list(Kinds.Node, {}).items) {
              const ref = { name: host.metadata.name ?? "" }
              server.patch(Kinds.Node, ref, { type: "merge", body: { spec: { unschedulable: isOn } } })
            }
          }
          cordon(true)
          yield* stage.wish(operation("stuck"))
          const isGivenUp = () => statusOf(stage)?.id === "stuck" && statusOf(stage)?.phase === "Error"
          yield* stage.until("given up", isGivenUp, 1_200_000)
          const [failed] = stage.deletions()
          expect(stage.deletions()).toHaveLength(1)
          expect(statusOf(stage)?.failedPods).toEqual([failed])
          expect(statusOf(stage)?.message).toContain("unschedulable")
          yield* Effect.sleep("30 minutes")
          expect(statusOf(stage)?.failedPods).toEqual([failed])
          expect(told(stage).filter((event) => event.startsWith("Warning") && event.includes("stuck"))).toHaveLength(1)

          cordon(false)
          yield* stage.completed()
          stage.reset()
          yield* stage.wish(operation("again"))
          yield* ended(stage, "again")
          expect(statusOf(stage)?.phase).toBe("Completed")
          expect(stage.deletions()).toHaveLength(3)
        }),
      )
    },
  )

  it("W11: a warm restart is answered, not carried out", { timeout: 60_000 }, () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* stage.wish({})
        yield* stage.completed()
        stage.reset()
        yield* stage.wish({ extra: { operations: [{ kind: "WarmRestart", id: "warm" }] } })
        yield* ended(stage, "warm")
        expect(statusOf(stage)?.phase).toBe("Error")
        expect(stage.conditionText("OperationCompleted")).toContain("Community Edition")
        expect(told(stage)).toHaveLength(1)
        expect(yield* stage.quiet).toEqual([])
        expect(stage.deletions()).toEqual([])
        expect(stage.world.server.find(Kinds.AerospikeCluster, { namespace, name: "db" })).toBeDefined()
      }),
    )
  })
})
