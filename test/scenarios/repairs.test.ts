/** What others break or withhold, and what happened while the operator was away. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { Label } from "../../src/domain/Labels.js"
import { forbidden } from "../../src/testing/kube/ApiFailure.js"
import { differenceOf, endState } from "../../src/testing/simulation/endState.js"
import { created, namespace, play } from "./stage.js"

/** A lost event is made up for by the next safety list: every five minutes, with jitter (ms). */
const safetyListMs = 330_000

describe("a disruption budget that somebody changed", () => {
  const wrong = { selector: { matchLabels: { app: "other" } } }
  it.each([
    ["its selector", { spec: wrong }],
    ["its limit", { spec: { maxUnavailable: 3 } }],
    ["our labels", { metadata: { labels: { [Label.instance]: null } } }],
    ["selector and labels", { spec: wrong, metadata: { labels: { [Label.instance]: "other" } } }],
  ])(
    "R93: %s: is as it should be at once, by the next safety list if the event is lost; what is not ours stays",
    (_title, drift) => {
      for (const isLost of [false, true]) {
        let isDropping = false
        play(
          (stage) =>
            Effect.gen(function* () {
              yield* created(stage)
              const { server } = stage.world
              const [name = ""] = stage.names(Kinds.PodDisruptionBudget)
              const budget = () => server.get(Kinds.PodDisruptionBudget, { namespace, name })
              const before = budget()
              const foreign = {
                metadata: { labels: { "example.org/team": "red" }, annotations: { "example.org/a": "b" } },
              }
              server.patch(Kinds.PodDisruptionBudget, { namespace, name }, { type: "merge", body: foreign })
              yield* Effect.sleep("1 second")
              isDropping = isLost
              server.patch(Kinds.PodDisruptionBudget, { namespace, name }, { type: "merge", body: drift })
              yield* Effect.sleep("1 second")
              isDropping = false
              const isRight = () =>
                JSON.stringify(budget()["spec"]) === JSON.stringify(before["spec"]) &&
                budget().metadata.labels?.[Label.instance] === "db"
              if (isLost) expect(isRight()).toBe(false)
              yield* stage.until("repaired", isRight, isLost ? safetyListMs : 1_000)
              expect(budget().metadata.uid).toBe(before.metadata.uid)
              expect(budget().metadata.labels).toEqual({ ...before.metadata.labels, "example.org/team": "red" })
              expect(budget().metadata.annotations).toMatchObject({ "example.org/a": "b" })
              expect(stage.deletions()).toEqual([])
              expect(yield* stage.quiet).toEqual([])
            }),
          { operator: { client: { onLine: () => (isDropping ? "drop" : "deliver") } } },
        )
      }
    },
  )
})

describe("an operator that was away", () => {
  it("R27: meanwhile 3 → 8 → 2 was wished for: only the last counts, as if there had been no other", () => {
    const run = (others: ReadonlyArray<number>): ReadonlyArray<string> => {
      let end: ReadonlyArray<string> = []
      play((stage) =>
        Effect.gen(function* () {
          yield* created(stage, { persistent: true })
          yield* stage.operator().crash
          for (const size of others) yield* stage.wish({ persistent: true, size })
          yield* Effect.sleep("10 minutes")
          yield* stage.wish({ persistent: true, size: 2 })
          yield* stage.restartOperator
          yield* stage.completed()
          yield* stage.until("claims gone", () => stage.names(Kinds.PersistentVolumeClaim).length === 2)
          expect(stage.deletions()).toEqual(["db-0-2"])
          expect(stage.mostDown()).toBeLessThanOrEqual(1)
          expect(yield* stage.isWhole(2)).toBe(true)
          expect(yield* stage.quiet).toEqual([])
          end = endState(stage.world.server, namespace)
        }),
      )
      return end
    }
    expect(differenceOf(run([]), run([8]))).toBeUndefined()
  })
})

describe("a quota", () => {
  it("R99: that ends a scale-up half-way: what is there is told and left alone, and when it is lifted the rest comes", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* created(stage)
        const before = stage.pods()
        let quota = 4
        stage.world.server.gate.onRequest(({ resource, subresource, verb }) =>
          verb === "create" &&
          resource === "pods" &&
          subresource === undefined &&
          stage.names(Kinds.Pod).length >= quota
            ? { _tag: "Fail", failure: forbidden(Kinds.Pod, "", "exceeded quota: pods") }
            : undefined,
        )
        yield* stage.wish({ size: 6 })
        yield* Effect.sleep("10 minutes")
        expect(stage.readyPods()).toHaveLength(4)
        expect(stage.status()).toMatchObject({ phase: "ScalingUp", health: "4/6" })
        expect(stage.condition("Ready")).toBe("False")
        expect(stage.conditionText("Ready")).toContain("4/6")
        expect(stage.deletions()).toEqual([])
        quota = 100
        yield* stage.completed()
        expect(stage.pods()).toMatchObject(before)
        expect(stage.readyPods()).toHaveLength(6)
        expect(yield* stage.isWhole(6)).toBe(true)
        expect(stage.deletions()).toEqual([])
      }),
    )
  })
})
