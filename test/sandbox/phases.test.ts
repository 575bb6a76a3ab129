import { assert, describe, it } from "vitest"
import type { TimelineEntry } from "../../src/sandbox/Timeline.js"
import { takeApart, wholeRounds } from "../../src/sandbox/phases.js"

const pod = (at: number, _tag: "PodReady" | "PodTerminating" | "PodGone", name: string): TimelineEntry => ({
  at,
  _tag,
  pod: name,
})
const settled = (at: number, nodes: number) => ({ at, kind: "Settled" as const, detail: `${nodes} nodes` })

/** Two of three pods: each down for 100 ms, settling for 50, then 20 ms of the operator. 30 ms before the first. */
const entries = [
  pod(1_030, "PodTerminating", "a"),
  pod(1_060, "PodGone", "a"),
  pod(1_130, "PodReady", "a"),
  pod(1_200, "PodTerminating", "b"),
  pod(1_230, "PodGone", "b"),
  pod(1_300, "PodReady", "b"),
]
const history = [settled(500, 3), settled(1_070, 2), settled(1_180, 3), settled(1_240, 2), settled(1_350, 3)]
const window = { from: 1_000, to: 1_370 }

describe("a rolling restart taken apart", () => {
  it("gives every moment to a pod, the servers or the operator", () => {
    const roll = takeApart(entries, history, window)
    assert.deepEqual(roll.lanes, [
      {
        pod: "a",
        phases: [
          { kind: "waiting", from: 0, to: 30 },
          { kind: "restarting", from: 30, to: 130 },
          { kind: "settling", from: 130, to: 180 },
          { kind: "waiting", from: 180, to: 200 },
        ],
      },
      {
        pod: "b",
        phases: [
          { kind: "restarting", from: 200, to: 300 },
          { kind: "settling", from: 300, to: 350 },
          { kind: "waiting", from: 350, to: 370 },
        ],
      },
    ])
    const { pods, totalMs, podStartMs, migrationMs, overheadMs } = roll
    assert.deepEqual(
      { pods, totalMs, podStartMs, migrationMs, overheadMs },
      { pods: 2, totalMs: 370, podStartMs: 200, migrationMs: 100, overheadMs: 70 },
    )
  })

  it("adds up: the waiting phases are the overhead", () => {
    const { lanes, overheadMs } = takeApart(entries, history, window)
    const waited = lanes
      .flatMap(({ phases }) => phases)
      .filter(({ kind }) => kind === "waiting")
      .reduce((sum, { from, to }) => sum + to - from, 0)
    assert.equal(waited, overheadMs)
  })

  it("does not blame the operator when the servers never settled", () => {
    const { overheadMs } = takeApart(entries, [settled(500, 3)], window)
    assert.equal(overheadMs, 30)
  })

  it("may end with the next delete: a cut-off run has whole rounds", () => {
    const { pods, lanes } = takeApart(entries, history, { from: 1_000, to: 1_200 })
    assert.equal(pods, 1)
    assert.deepEqual(lanes[0]?.phases.at(-1), { kind: "waiting", from: 180, to: 200 })
  })

  it("counts whole rounds from delete to delete, the first left out", () => {
    const third = [...entries, pod(1_400, "PodTerminating", "c")]
    assert.deepEqual(wholeRounds(third, { from: 1_000, to: 1_400 }), { from: 1_200, to: 1_399.999, rounds: 1 })
    assert.isUndefined(wholeRounds(entries, window))
  })
})
