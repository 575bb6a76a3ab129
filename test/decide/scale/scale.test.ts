import { describe, expect, it } from "@effect/vitest"
import { plan } from "../../../src/decide/plan.js"
import { memberClaim } from "../../../src/decide/scale/claims.js"
import { Annotation, Label } from "../../../src/domain/Labels.js"
import { value } from "../../../src/domain/NodeFacts.js"
import type { Plan, Step, TrackName } from "../../../src/domain/Plan.js"
import type { Snapshot } from "../../../src/domain/Snapshot.js"
import * as Build from "../../support/snapshots.js"

const proceed = (snapshot: Snapshot): Extract<Plan, { readonly _tag: "Proceed" }> => {
  const decided = plan(snapshot)
  if (decided._tag !== "Proceed") throw new Error(decided._tag)
  return decided
}
const track = (snapshot: Snapshot, name: TrackName): ReadonlyArray<Step> =>
  proceed(snapshot).tracks.find((each) => each.name === name)?.steps ?? []
const replicas = (snapshot: Snapshot, name: TrackName): ReadonlyArray<number> =>
  track(snapshot, name).flatMap((step) =>
    step._tag === "Apply" && step.kind.kind === "StatefulSet"
      ? [(step.object["spec"] as { replicas: number }).replicas]
      : [],
  )

/** Runs `running` and wants `spec`; objects that do not depend on the size are already as wanted. */
const resized = (
  running: Build.SpecOptions,
  spec: Build.SpecOptions,
  cluster: Partial<Snapshot["cluster"]> = {},
): Snapshot => {
  const before = Build.matchingSnapshot({ spec: running, cluster })
  const after = Build.matchingSnapshot({ spec, cluster })
  return { ...after, pods: before.pods, statefulSets: before.statefulSets, facts: before.facts }
}
const accepted = { annotations: { [Annotation.allowUnsafeRestart]: "true" } }

const withNamespace = (snapshot: Snapshot, changes: Readonly<Record<string, string>>): Snapshot =>
  snapshot.pods.reduce(
    (world, pod) =>
      Build.withAnswers(world, Number(pod.name.slice(-1)), (answers) => {
        const test = answers.namespaces["test"]
        return {
          ...answers,
          namespaces: { test: value({ ...(test?._tag === "Value" ? test.value : {}), ...changes }) },
        }
      }),
    snapshot,
  )

describe("scale up", () => {
  it("W24: all new pods at once, no evidence needed", () => {
    expect(replicas(resized({ size: 3 }, { size: 8 }), "statefulSets")).toEqual([8])
  })

  it("W24: a rack grows before another one shrinks", () => {
    const snapshot = resized({ size: 6, racks: [1, 2] }, { size: 6, racks: [1, 2, 3] })
    expect(replicas(snapshot, "statefulSets")).toEqual([2])
    expect(track(snapshot, "scaleDown")).toEqual([])
  })

  it("R98: a StatefulSet that was deleted without its pods adopts all of them", () => {
    const world = resized({ size: 5 }, { size: 3 })
    const orphans = world.pods.map(({ controllerUid: _uid, ...pod }) => pod)
    expect(replicas({ ...world, statefulSets: [], pods: orphans }, "statefulSets")).toEqual([5])
  })

  it("R73: not while the nodes are in several clusters", () => {
    const split = (snapshot: Snapshot): Snapshot =>
      [0, 1, 2].reduce(
        (world, n) =>
          Build.withAnswers(world, n, (a) =>
            Build.withStatistics(a, n === 2 ? { cluster_key: "BEEF", cluster_size: "1" } : { cluster_size: "2" }),
          ),
        snapshot,
      )
    expect(replicas(split(resized({ size: 3 }, { size: 5 })), "statefulSets")).toEqual([])
  })

  it("R94, R96: waits for cascade claims to go, refuses retained ones", () => {
    const grow = (cascadeDelete: boolean, cluster: Partial<Snapshot["cluster"]> = {}) => ({
      ...resized({ size: 2, persistent: true, cascadeDelete }, { size: 3, persistent: true, cascadeDelete }, cluster),
      claims: [Build.claimOf("demo-0-2")],
    })
    expect(replicas(grow(true), "statefulSets")).toEqual([])
    expect(proceed(grow(true)).waits[0]?.kind).toBe("PodGone")
    expect(track(grow(true), "claims")).toMatchObject([{ _tag: "Remove", target: { name: "data-demo-0-2" } }])
    expect(replicas(grow(false), "statefulSets")).toEqual([])
    expect(proceed(grow(false)).waits[0]?.kind).toBe("UnsafeRestart")
    expect(replicas(grow(false, accepted), "statefulSets")).toEqual([3])
  })
})

describe("scale down", () => {
  it("W22, S3: one member at a time, with evidence and the live version as precondition", () => {
    const [step] = track(resized({ size: 8 }, { size: 5 }), "scaleDown")
    expect(step).toMatchObject({
      _tag: "Apply",
      because: "replicas 8 → 7",
      precondition: { name: "demo-0", resourceVersion: "1" },
      evidence: { clusterSize: 8 },
    })
  })

  it.each([
    ["W22: a larger batch is cut to the copies less one", { scaleDownBatchSize: 3 }, "2", [7]],
    ["W22: more copies allow more", { scaleDownBatchSize: 2 }, "3", [6]],
    ["W22: a share of the rack, rounded up", { scaleDownBatchSize: "25%" }, "3", [6]],
  ])("%s", (_, rackConfig, factor, expected) => {
    const extra = { maxUnavailable: 2 }
    const racks = { rackConfig: { ...rackConfig, racks: [{ id: 1 }] }, extra }
    const snapshot = resized({ size: 8, ...racks }, { size: 5, ...racks })
    const answers = snapshot.pods.map((pod) => {
      const settled = Build.settledAnswers(Build.nodeIdOf(pod), 8)
      const test = settled.namespaces["test"]
      return [
        pod.name,
        Build.answered(pod, {
          ...settled,
          namespaces: {
            test: value({ ...(test?._tag === "Value" ? test.value : {}), effective_replication_factor: factor }),
          },
        }),
      ] as const
    })
    const facts = {
      previous: Build.collectionOf(Build.noon - 100, Object.fromEntries(answers)),
      latest: Build.collectionOf(Build.noon - 50, Object.fromEntries(answers)),
    }
    expect(replicas({ ...snapshot, facts }, "scaleDown")).toEqual(expected)
  })

  it("S3: a single copy is refused, the reason names namespace and annotation; other work goes on", () => {
    const one = withNamespace(resized({ size: 3, replicationFactor: 1 }, { size: 2, replicationFactor: 1 }), {
      effective_replication_factor: "1",
    })
    expect(track(one, "scaleDown")).toEqual([])
    expect(proceed(one).waits[0]).toMatchObject({
      kind: "UnsafeRestart",
      message: expect.stringContaining("namespace test") as unknown,
    })
    const willing = withNamespace(
      resized({ size: 3, replicationFactor: 1 }, { size: 2, replicationFactor: 1 }, accepted),
      { effective_replication_factor: "1" },
    )
    expect(replicas(willing, "scaleDown")).toEqual([2])
  })

  it("W22: refused when the records would not fit, allowed when nothing is known", () => {
    const world = resized({ size: 3 }, { size: 2 })
    const filled = (used: string) =>
      withNamespace(world, { data_used_bytes: used, data_total_bytes: "1000", "stop-writes-used-pct": "70" })
    expect(replicas(filled("400"), "scaleDown")).toEqual([2])
    expect(track(filled("500"), "scaleDown")).toEqual([])
    expect(proceed(filled("500")).waits[0]?.message).toContain("75 %")
    expect(replicas(world, "scaleDown")).toEqual([2])
    expect(track(withNamespace(world, { stop_writes: "true" }), "scaleDown")).toEqual([])
  })

  it("S9: a refusal is said once: the regular refresh, a single new answer, does not make it news", () => {
    const world = withNamespace(resized({ size: 3 }, { size: 2 }), {
      data_used_bytes: "500",
      data_total_bytes: "1000",
      "stop-writes-used-pct": "70",
    })
    const { latest } = world.facts
    expect(latest).toBeDefined()
    const refreshed = { ...world, facts: latest === undefined ? {} : { latest } }
    expect(proceed(refreshed).waits[0]).toEqual(proceed(world).waits[0])
    // While the records fit, one answer is not enough to act upon.
    const fitting = { ...resized({ size: 3 }, { size: 2 }), facts: refreshed.facts }
    expect(proceed(withNamespace(fitting, { data_used_bytes: "1" })).waits[0]?.message).not.toContain("refused")
    expect(replicas(withNamespace(fitting, { data_used_bytes: "1" }), "scaleDown")).toEqual([])
  })

  it("W22: waits until the pod of the last batch is gone", () => {
    const world = resized({ size: 5 }, { size: 3 })
    const shrunk = { ...world, statefulSets: Build.matchingSnapshot({ spec: { size: 4 } }).statefulSets }
    expect(track(shrunk, "scaleDown")).toEqual([])
    expect(proceed(shrunk).waits[0]).toMatchObject({ kind: "PodGone", pods: ["demo-0-4"] })
  })

  it("S2: dead surplus pods go at once when the rest is settled without them", () => {
    const world = resized({ size: 5 }, { size: 3 })
    const rest = world.pods.slice(0, 3)
    const dead = [3, 4].reduce((w, n) => Build.withPod(w, n, Build.crashing), world)
    const facts = {
      previous: Build.settledCollection(Build.noon - 100, rest),
      latest: Build.settledCollection(Build.noon - 50, rest),
    }
    expect(replicas({ ...dead, facts }, "scaleDown")).toEqual([3])
    expect(track(dead, "scaleDown")).toEqual([])
  })

  it("R18, R19: nothing is decided while the StatefulSet controller is behind", () => {
    const world = resized({ size: 5 }, { size: 3 })
    expect(
      track({ ...world, statefulSets: world.statefulSets.map((s) => ({ ...s, generation: 2 })) }, "scaleDown"),
    ).toEqual([])
  })
})

describe("claims", () => {
  const world = Build.matchingSnapshot({ spec: { persistent: true, cascadeDelete: true } })
  const removed = (claims: Snapshot["claims"], snapshot: Snapshot = world): ReadonlyArray<string> =>
    track({ ...snapshot, claims }, "claims").map((step) => (step._tag === "Remove" ? step.target.name : step._tag))

  it("W20, R97: beyond the size and without a pod", () => {
    expect(removed(["demo-0-0", "demo-0-2", "demo-0-3", "demo-0-7"].map((pod) => Build.claimOf(pod)))).toEqual([
      "data-demo-0-3",
      "data-demo-0-7",
    ])
    const leaving = { ...world, pods: [...world.pods, Build.podOf({ ordinal: 3, fields: { isTerminating: true } })] }
    expect(removed([Build.claimOf("demo-0-3")], leaving)).toEqual([])
  })

  it("S1, W73, R17, R109: only with this very resource's UID and name on it", () => {
    const claim = Build.claimOf("demo-0-3")
    const labelled = (labels: Record<string, string>) => ({ ...claim, labels: { ...claim.labels, ...labels } })
    const { [Label.clusterUid]: _uid, ...withoutUid } = claim.labels
    expect(removed([labelled({ [Label.clusterUid]: "an-earlier-cluster" })])).toEqual([])
    expect(removed([{ ...claim, labels: withoutUid }])).toEqual([])
    expect(removed([labelled({ [Label.instance]: "other" })])).toEqual([])
    expect(memberClaim(world, { ...labelled({ [Label.rack]: "1" }), name: "data-x-demo-1-3" })).toMatchObject({
      volume: "data-x",
      rack: 1,
    })
    expect(memberClaim(world, { ...claim, name: "data-demo-1-3" })).toBeUndefined()
    expect(memberClaim(world, { ...claim, name: "demo-0-3" })).toBeUndefined()
    expect(memberClaim(world, { ...claim, name: "data-demo-0-x" })).toBeUndefined()
  })

  it("R98: a missing StatefulSet that is still wanted keeps all its claims", () => {
    expect(removed([Build.claimOf("demo-0-3")], { ...world, statefulSets: [] })).toEqual([])
  })

  it("R97: one claim that cannot be removed does not keep the others", () => {
    const claims = [Build.claimOf("demo-0-3"), Build.claimOf("demo-0-4")]
    expect(proceed({ ...world, claims }).tracks.find(({ name }) => name === "claims")).toMatchObject({
      independent: true,
      steps: [{ target: { name: "data-demo-0-3" } }, { target: { name: "data-demo-0-4" } }],
    })
  })
})
