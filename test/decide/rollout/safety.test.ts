import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { assess } from "../../../src/decide/rollout/safety.js"
import { absent, serverError, value } from "../../../src/domain/NodeFacts.js"
import type { Snapshot } from "../../../src/domain/Snapshot.js"
import * as Build from "../../support/snapshots.js"

const judge = (snapshot: Snapshot) => assess(snapshot, Build.effectiveOf(snapshot.cluster))
const settled = Build.matchingSnapshot()

const kindOf = (snapshot: Snapshot): string => {
  const safety = judge(snapshot)
  return safety._tag === "Wait" ? safety.wait.kind : "Settled"
}

describe("safety", () => {
  it("S3: two agreeing reads are evidence", () => {
    expect(judge(settled)).toEqual({
      _tag: "Settled",
      evidence: {
        clusterKey: Build.key,
        clusterSize: 3,
        reads: [Build.noon - 100, Build.noon - 50],
        validUntil: Build.noon - 100 + 10_000,
      },
    })
  })

  const statistic = (
    changes: Readonly<Record<string, string | undefined>>,
    which?: ReadonlyArray<"latest" | "previous">,
  ) => Build.withAnswers(settled, 1, (answers) => Build.withStatistics(answers, changes), which)

  const inNamespace = (changes: Readonly<Record<string, string>>) =>
    Build.withAnswers(settled, 1, (answers) => {
      const test = answers.namespaces["test"]
      return {
        ...answers,
        namespaces: { test: value({ ...(test?._tag === "Value" ? test.value : {}), ...changes }) },
      }
    })

  const facts = (change: Partial<Snapshot["facts"]>): Snapshot => ({
    ...settled,
    facts: { ...settled.facts, ...change },
  })
  const { latest, previous } = settled.facts
  if (latest === undefined || previous === undefined) throw new Error("no facts")

  it.each<[string, Snapshot, string]>([
    ["R72: a node does not answer", Build.withNode(settled, 1, Build.unreachable(settled.pods[1]!)), "NodeUnknown"],
    ["W7: a node was not asked", Build.withNode(settled, 1, undefined), "NodeUnknown"],
    [
      "R74: the answer is of another pod",
      Build.withNode(settled, 1, {
        ...Build.answered(settled.pods[1]!, Build.settledAnswers("A2", 3)),
        podUid: "older",
      }),
      "NodeUnknown",
    ],
    ["R71: migrations are missing", statistic({ migrate_partitions_remaining: undefined }), "NodeUnknown"],
    ["W36: migrations are not a number", statistic({ migrate_partitions_remaining: "ERROR" }), "NodeUnknown"],
    ["W6: migrations remain", statistic({ migrate_partitions_remaining: "7" }), "Migration"],
    [
      "R75: migrations remained in the first read",
      statistic({ migrate_partitions_remaining: "7" }, ["previous"]),
      "SafetyRead",
    ],
    ["S3: statistics lie, the namespace does not", inNamespace({ migrate_tx_partitions_remaining: "5" }), "Migration"],
    ["S3: migrations are not allowed yet", statistic({ migrate_allowed: "false" }), "Migration"],
    ["S3: dead partitions", inNamespace({ dead_partitions: "1" }), "Membership"],
    ["S3: unavailable partitions", inNamespace({ unavailable_partitions: "1" }), "Membership"],
    ["S3: namespace figures missing", inNamespace({ dead_partitions: "" }), "NodeUnknown"],
    ["S3: smaller cluster", statistic({ cluster_size: "2" }), "Membership"],
    ["S3: larger cluster", statistic({ cluster_size: "4" }), "Membership"],
    ["R71: cluster size missing", statistic({ cluster_size: undefined }), "NodeUnknown"],
    ["R84: ready, but no member", statistic({ cluster_is_member: "false" }), "Membership"],
    ["S3: integrity lost", statistic({ cluster_integrity: "false" }), "Membership"],
    ["R73: other key", statistic({ cluster_key: "235ABC10E060" }), "ClusterSplit"],
    ["S3: not joined", statistic({ cluster_key: "0", cluster_size: "0" }), "Membership"],
    [
      "R74: other cluster name",
      Build.withAnswers(settled, 1, (a) => ({ ...a, clusterName: value("other") })),
      "Membership",
    ],
    ["R74: no node id", Build.withAnswers(settled, 1, (a) => ({ ...a, nodeId: absent })), "NodeUnknown"],
    ["R74: node id twice", Build.withAnswers(settled, 1, (a) => ({ ...a, nodeId: value("A1") })), "Membership"],
    [
      "W34: not stable",
      Build.withAnswers(settled, 1, (a) => ({ ...a, stableKey: serverError(7, "unstable cluster") })),
      "Membership",
    ],
    ["W34: stability unknown", Build.withAnswers(settled, 1, (a) => ({ ...a, stableKey: absent })), "NodeUnknown"],
    [
      "W34: stable under another key",
      Build.withAnswers(settled, 1, (a) => ({ ...a, stableKey: value("1") })),
      "Membership",
    ],
    ["R82: uptime went back", statistic({ uptime: "1" }, ["latest"]), "SafetyRead"],
    ["R82: uptime missing", statistic({ uptime: undefined }), "NodeUnknown"],
    [
      "R82: node id changed",
      Build.withAnswers(settled, 1, (a) => ({ ...a, nodeId: value("B9") }), ["latest"]),
      "SafetyRead",
    ],
    ["S3: one read only", { ...settled, facts: { latest } }, "SafetyRead"],
    ["S3: no read", { ...settled, facts: {} }, "SafetyRead"],
    ["S3: reads too close", facts({ previous: { ...previous, startedAt: latest.startedAt - 39 } }), "SafetyRead"],
    ["S3: reads too old", { ...settled, now: settled.now + 10_000 }, "SafetyRead"],
    ["S3: a pod changed after the reads", { ...settled, podsChangedAt: latest.startedAt }, "SafetyRead"],
    ["S3: a pod changed between the reads", { ...settled, podsChangedAt: previous.startedAt }, "SafetyRead"],
    ["S3: asked for another size", facts({ latest: { ...latest, expectedSize: 2 } }), "SafetyRead"],
    ["S2, R87: a pod crashes", Build.withPod(settled, 1, Build.crashing), "PodReady"],
    ["S2, R89: a pod terminates", Build.withPod(settled, 1, (pod) => ({ ...pod, isTerminating: true })), "PodReady"],
    ["S2: a pod is missing", { ...settled, pods: settled.pods.slice(1) }, "PodReady"],
    [
      "W22: a removed pod is still there",
      { ...settled, pods: [...settled.pods, Build.podOf({ ordinal: 3 })] },
      "PodGone",
    ],
    ["R98: the StatefulSet is missing", { ...settled, statefulSets: [] }, "StatefulSet"],
    [
      "design §2b: applications are cut off",
      { ...settled, clientView: { checkedAt: Build.noon - 10, outcome: { _tag: "Disconnected", message: "refused" } } },
      "Client",
    ],
    [
      "design §2b: a broken probe says nothing",
      { ...settled, clientView: { checkedAt: Build.noon - 10, outcome: { _tag: "Unknown", message: "died" } } },
      "Settled",
    ],
  ])("%s", (_, snapshot, expected) => {
    expect(kindOf(snapshot)).toBe(expected)
  })

  it("R75: another key in each read is no evidence", () => {
    const pods = settled.pods
    const other = Build.collectionOf(
      Build.noon - 100,
      Object.fromEntries(
        pods.map((p) => [p.name, Build.answered(p, Build.settledAnswers(Build.nodeIdOf(p), 3, "BEEF"))]),
      ),
    )
    expect(kindOf({ ...settled, facts: { latest, previous: other } })).toBe("SafetyRead")
  })

  it("W5: a namespace that is only being added does not hold up the roll that adds it", () => {
    const added = ["latest", "previous"] as const
    let snapshot = settled
    for (const ordinal of [0, 1, 2]) {
      snapshot = Build.withAnswers(
        snapshot,
        ordinal,
        (a) => ({
          ...a,
          namespaces: { test: serverError(undefined, 'not statistics of a namespace: "type=unknown"') },
        }),
        added,
      )
    }
    expect(kindOf(snapshot)).toBe("Settled")
    const refused = Build.withAnswers(settled, 1, (a) => ({ ...a, namespaces: { test: serverError(4, "busy") } }))
    expect(kindOf(refused)).toBe("NodeUnknown")
  })

  it("R72: the wait names the node and says in words what is missing", () => {
    const safety = judge(Build.withNode(settled, 1, Build.unreachable(settled.pods[1]!)))
    expect(safety).toMatchObject({
      wait: { pods: ["demo-0-1"], message: "waiting until every node answers: demo-0-1 did not answer (Timeout)" },
    })
  })

  it("R73: the wait shows who is in which cluster", () => {
    const safety = judge(statistic({ cluster_key: "235ABC10E060" }))
    expect(safety).toMatchObject({
      wait: { message: expect.stringContaining("demo-0-0+demo-0-2 | demo-0-1") as unknown },
    })
  })

  it("B12, W10, R100: maxIgnorablePods covers an unschedulable pod, never one that crashes; 0 covers none", () => {
    const unschedulable = (pod: Snapshot["pods"][number]) => ({
      ...pod,
      phase: "Pending" as const,
      conditions: [{ type: "PodScheduled", status: "False" as const, reason: "Unschedulable", message: "no host" }],
      containers: [],
    })
    const world = (maxIgnorablePods: number) =>
      Build.matchingSnapshot({ spec: { rackConfig: { maxIgnorablePods, racks: [{ id: 1 }] } } })
    const stuck = (max: number, change: (pod: Snapshot["pods"][number]) => Snapshot["pods"][number]) => {
      const snapshot = Build.withPod(world(max), 2, change, 1)
      const rest = snapshot.pods.slice(0, 2)
      return {
        ...snapshot,
        facts: {
          latest: Build.settledCollection(Build.noon - 50, rest),
          previous: Build.settledCollection(Build.noon - 100, rest),
        },
      }
    }
    expect(kindOf(stuck(1, unschedulable))).toBe("Settled")
    expect(kindOf(stuck(0, unschedulable))).toBe("PodReady")
    expect(kindOf(stuck(1, Build.crashing))).toBe("PodReady")
  })

  it("S3, R71, R72: whatever single fact is taken away, it is no longer settled", () => {
    const removable = [
      "cluster_size",
      "cluster_key",
      "cluster_integrity",
      "cluster_is_member",
      "uptime",
      "migrate_partitions_remaining",
    ]
    FastCheck.assert(
      FastCheck.property(
        FastCheck.integer({ min: 0, max: 2 }),
        FastCheck.constantFrom(...removable),
        FastCheck.constantFrom("latest" as const, "previous" as const),
        FastCheck.constantFrom(undefined, "", "ERROR:4:x", "-1", "maybe"),
        (ordinal, name, which, text) => {
          const snapshot = Build.withAnswers(settled, ordinal, (a) => Build.withStatistics(a, { [name]: text }), [
            which,
          ])
          expect(kindOf(snapshot)).not.toBe("Settled")
        },
      ),
    )
  })
})
