import { assert, describe, it } from "vitest"
import {
  apiTraffic,
  total,
  covered,
  maxUnavailable,
  percentile,
  readinessSamples,
  restarts,
  rollingRestart,
} from "../../src/sandbox/figures.js"
import type { TimelineEntry } from "../../src/sandbox/Timeline.js"

const pod = (
  at: number,
  _tag: "PodReady" | "PodNotReady" | "PodTerminating" | "PodGone",
  name: string,
): TimelineEntry => ({ at, _tag, pod: name })

const request = (at: number, verb: "get" | "patch" | "create" | "delete" | "watch" | "list", resource = "pods") =>
  ({
    at,
    _tag: "Request",
    request: { verb, group: "", resource, user: "operator", dryRun: false },
  }) satisfies TimelineEntry

/** Two pods restarted one after the other: 100 ms down each, 50 ms of migration after each, 10 ms of the operator's time before each. */
const roll: ReadonlyArray<TimelineEntry> = [
  request(9, "delete"),
  pod(10, "PodTerminating", "a"),
  pod(40, "PodGone", "a"),
  pod(110, "PodReady", "a"),
  request(112, "create", "events"),
  request(114, "patch"),
  request(169, "delete"),
  pod(170, "PodTerminating", "b"),
  pod(200, "PodGone", "b"),
  pod(270, "PodReady", "b"),
  request(277, "patch"),
]
const unsettled = [
  { from: 15, to: 160 },
  { from: 175, to: 320 },
]
const window = { from: 0, to: 320 }

describe("figures", () => {
  it("percentile takes the nearest rank and 0 of nothing", () => {
    assert.deepStrictEqual(
      [percentile([], 0.5), percentile([3], 0.99), percentile([4, 1, 3, 2], 0.5), percentile([4, 1, 3, 2], 1)],
      [0, 3, 2, 4],
    )
  })

  it("overlapping intervals count once", () => {
    assert.strictEqual(
      covered([
        { from: 0, to: 10 },
        { from: 5, to: 15 },
        { from: 6, to: 7 },
        { from: 20, to: 21 },
      ]),
      16,
    )
  })

  it("readiness: from Ready to the next write that is not an Event", () => {
    assert.deepStrictEqual(readinessSamples(roll), [4, 7])
  })

  it("a restart lasts from the deletion to Ready", () => {
    assert.deepStrictEqual(restarts(roll, window), [
      { pod: "a", from: 10, to: 110 },
      { pod: "b", from: 170, to: 270 },
    ])
  })

  it("overhead is what neither pods nor migrations needed", () => {
    assert.deepStrictEqual(rollingRestart(roll, unsettled, window), {
      pods: 2,
      totalMs: 320,
      podStartMs: 200,
      migrationMs: 100,
      overheadMs: 20,
    })
  })

  it("S2 counts members down at the same time, within the window only", () => {
    const entries = [
      pod(0, "PodReady", "a"),
      pod(0, "PodReady", "b"),
      pod(0, "PodReady", "c"),
      pod(5, "PodTerminating", "c"),
      pod(10, "PodTerminating", "a"),
      pod(12, "PodNotReady", "b"),
      pod(20, "PodReady", "a"),
    ]
    assert.strictEqual(maxUnavailable(entries, { from: 8, to: 30 }), 2)
    assert.strictEqual(maxUnavailable(entries, { from: 15, to: 30 }), 0)
  })

  it("traffic counts connections, reads and writes apart", () => {
    assert.deepStrictEqual(
      apiTraffic([request(1, "watch"), request(2, "list"), request(3, "get"), request(4, "patch")], window),
      { watches: { pods: 1 }, lists: { pods: 1 }, gets: 1, writes: 1 },
    )
    assert.strictEqual(total({ pods: 2, services: 1 }), 3)
  })
})
