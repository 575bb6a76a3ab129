import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { created, areCurrent, goodImage, namespace, newImage, play, type Stage } from "./stage.js"

/** A change that restarts every pod, as a merge patch of the spec; `nodesSay`: what the nodes say when it is carried out. */
interface Change {
  readonly patch: Readonly<Record<string, unknown>>
  readonly image: string
  readonly nodesSay: string
}

const proto = (value: number): Change => ({
  patch: { aerospikeConfig: { service: { "proto-fd-max": value } } },
  image: goodImage,
  nodesSay: `proto-fd-max=${value}`,
})
const first = proto(16_000)
/** The second change is one or the other, by turns. */
const seconds: readonly [Change, Change] = [
  proto(17_000),
  { patch: { image: newImage }, image: newImage, nodesSay: first.nodesSay },
]

const edit = ({ world }: Stage, { patch }: Change): void => {
  const ref = { namespace, name: "db" }
  world.server.patch(Kinds.AerospikeCluster, ref, { type: "merge", body: { spec: patch } })
}

const rolled = (stage: Stage) => stage.until("rolled", () => stage.isCompleted() && areCurrent(stage))

/** Calls `strike` just before the n-th write of the operator from now on is carried out; never for 0. */
const beforeWrite = ({ world }: Stage, n: number, strike: () => void): void => {
  let writes = 0
  world.server.gate.onRequest(({ user, verb }) => {
    const isWrite = user.startsWith("operator-") && !["get", "list", "watch"].includes(verb)
    if (isWrite && ++writes === n) strike()
    return undefined
  })
}

/** How many writes a roll takes that nobody interferes with. */
const writesOfRoll = (): number => {
  let count = 0
  play((stage) =>
    Effect.gen(function* () {
      yield* created(stage)
      edit(stage, first)
      yield* rolled(stage)
      count = stage.writes().length
    }),
  )
  return count
}

describe("an edit in the middle of a roll", () => {
  const steps = writesOfRoll()

  it("R102, S2: at any step: the newest is what all nodes get, one at a time, each restarted twice at most", () => {
    expect(steps).toBeGreaterThan(10)
    let most = 0
    for (let step = 1; step <= steps; step++) {
      const second = seconds[step % 2 === 0 ? 0 : 1]
      play((stage) =>
        Effect.gen(function* () {
          yield* created(stage)
          let isEdited = false
          beforeWrite(stage, step, () => {
            isEdited = true
            edit(stage, second)
          })
          edit(stage, first)
          yield* stage.until("edited", () => isEdited)
          yield* rolled(stage)
          const restarts = ["db-0-0", "db-0-1", "db-0-2"].map(
            (pod) => stage.deletions().filter((deleted) => deleted === pod).length,
          )
          most = Math.max(most, ...restarts)
          expect([step, restarts.every((count) => count === 1 || count === 2)]).toEqual([step, true])
          expect([step, stage.mostDown()]).toEqual([step, 1])
          expect(yield* stage.isWhole(3)).toBe(true)
          for (const pod of stage.list(Kinds.Pod)) {
            expect((pod["spec"] as { containers: ReadonlyArray<object> }).containers[0]).toMatchObject({
              image: second.image,
            })
            expect(yield* stage.ask(pod.metadata.name ?? "", "get-config:context=service")).toContain(second.nodesSay)
          }
        }),
      )
    }
    expect(most).toBe(2)
  }, 120_000)
})
