/** Which pods are told of a change and which are restarted, and what is remembered of a refusal. */
import { describe, expect, it } from "@effect/vitest"
import { plan } from "../../../src/decide/plan.js"
import { project } from "../../../src/decide/project.js"
import type { PodView } from "../../../src/domain/Kubernetes.js"
import { Annotation, dynamicConfig } from "../../../src/domain/Labels.js"
import type { Plan, Step } from "../../../src/domain/Plan.js"
import { absent } from "../../../src/domain/NodeFacts.js"
import { recordOf, recordText, runOf } from "../../../src/domain/RunningConfiguration.js"
import type { PassMemory, Snapshot } from "../../../src/domain/Snapshot.js"
import * as Build from "../../support/snapshots.js"

const allowed = { enableDynamicConfigUpdate: true }
const before: Build.SpecOptions = { service: { "migrate-threads": 1 }, extra: allowed }
const after: Build.SpecOptions = { service: { "migrate-threads": 3 }, extra: allowed }

/** Annotations as the StatefulSet of that spec gives them to its pods. */
const annotationsOf = (spec: Build.SpecOptions): Readonly<Record<string, string>> => {
  const [set] = Build.matchingSnapshot({ spec }).statefulSets
  return set?.templateAnnotations ?? {}
}

/** Everything is of `to` but the pods, which were started with the file of `from`. */
const world = (from: Build.SpecOptions = before, to: Build.SpecOptions = after): Snapshot => {
  const snapshot = Build.matchingSnapshot({ spec: to })
  const annotations = annotationsOf(from)
  return { ...snapshot, pods: snapshot.pods.map((pod) => ({ ...pod, annotations })) }
}

const proceed = (snapshot: Snapshot): Extract<Plan, { readonly _tag: "Proceed" }> => {
  const decided = plan(snapshot)
  if (decided._tag !== "Proceed") throw new Error(decided._tag)
  return decided
}
const stepsOf = <Tag extends Step["_tag"]>(snapshot: Snapshot, tag: Tag) =>
  proceed(snapshot)
    .tracks.flatMap(({ steps }) => steps)
    .filter((step): step is Extract<Step, { readonly _tag: Tag }> => step._tag === tag)
const told = (snapshot: Snapshot) =>
  stepsOf(snapshot, "SetConfig").flatMap(({ nodes }) =>
    nodes.map(({ changes, pod }) => [pod.name, ...changes.map(({ command }) => command)]),
  )
const restarted = (snapshot: Snapshot) => stepsOf(snapshot, "RestartPod").map(({ pod }) => pod.name)

const command = "set-config:context=service;migrate-threads=3"
const everyone = ["demo-0-0", "demo-0-1", "demo-0-2"].map((pod) => [pod, command])

const remembering = (snapshot: Snapshot, memory: Partial<PassMemory>): Snapshot => ({
  ...snapshot,
  memory: { ...snapshot.memory, ...memory },
})

const refused = { generation: 1, message: "demo-0-1 refused it", isUndone: true }

/** The pod with a record of its present run. */
const recorded = (pod: PodView, record: object): PodView => ({
  ...pod,
  conditions: [...pod.conditions, { type: dynamicConfig, status: "True", message: JSON.stringify(record) }],
})

describe("who is told", () => {
  it("G-01 all nodes in one step, and nobody is restarted", () => {
    expect(told(world())).toEqual(everyone)
    expect(restarted(world())).toEqual([])
    expect(proceed(world()).progress).toMatchObject({
      pendingRestarts: [],
      pendingUpdates: everyone.map(([pod]) => pod),
    })
  })

  it.each<[string, Snapshot]>([
    ["the user does not want it", world({ service: { "migrate-threads": 1 } }, { service: { "migrate-threads": 3 } })],
    [
      "a value needs a start",
      world(before, { ...after, service: { "migrate-threads": 3, "node-id-interface": "eth0" } }),
    ],
    [
      "L-03 the pod template changes",
      world(before, { ...after, extra: { ...allowed, podSpec: { terminationGracePeriodSeconds: 9 } } }),
    ],
    ["R80 the replication factor changes", world(before, { ...before, replicationFactor: 1, persistent: false })],
    ["nodes refused it for this spec", remembering(world(), { refusedChange: refused })],
  ])("nobody, where %s", (_why, snapshot) => {
    expect(told(snapshot)).toEqual([])
    expect(proceed(snapshot).progress.pendingRestarts).toHaveLength(3)
  })

  it("W16: a pod that does not say what file it has is restarted, the others are told", () => {
    const { [Annotation.config]: _config, ...without } = annotationsOf(before)
    const snapshot = Build.withPod(world(), 1, (pod) => ({ ...pod, annotations: without }))
    expect(told(snapshot)).toEqual([everyone[0], everyone[2]])
    expect(proceed(snapshot).progress.pendingRestarts.map(({ pod }) => pod)).toEqual(["demo-0-1"])
    expect(restarted(snapshot), "never in one pass with a change").toEqual([])
  })

  it("unknown means wait: nobody, while one node has not said what release it is", () => {
    const snapshot = Build.withAnswers(world(), 2, (answers) => ({ ...answers, build: absent }))
    expect([told(snapshot), restarted(snapshot)]).toEqual([[], []])
    const { facts, waits } = proceed(snapshot)
    expect(waits.map(({ message }) => message)).toContain(
      "waiting until every node answers, to change its configuration: demo-0-2 did not tell its release",
    )
    expect(facts).toBeDefined()
  })

  it("R86: a broken pod is restarted, not told", () => {
    const snapshot = Build.withPod(world(), 1, Build.crashing)
    expect(told(snapshot)).toEqual([everyone[0], everyone[2]])
  })

  it("R80: what only a newer release can change needs a restart of older nodes", () => {
    const tracking = { service: { "migrate-threads": 1, "cgroup-mem-tracking": true }, extra: allowed }
    expect(told(world(before, tracking))).toHaveLength(3)
    const older = [0, 1, 2].reduce(
      (snapshot, ordinal) =>
        Build.withAnswers(snapshot, ordinal, (answers) => ({ ...answers, build: { _tag: "Value", value: "8.1.1.1" } })),
      world(before, tracking),
    )
    expect(told(older)).toEqual([])
  })
})

describe("what was told before", () => {
  const run = "0/1"
  const settled = { templateHash: annotationsOf(after)[Annotation.templateHash] ?? "", configHash: "c" }
  const threads = { context: "service", name: "migrate-threads" }
  const of = (pod: PodView, more: object) =>
    recorded(pod, { run: runOf(pod) ?? "", told: [threads], ...settled, ...more })
  const all = (change: (pod: PodView) => PodView, snapshot = world()): Snapshot => ({
    ...snapshot,
    pods: snapshot.pods.map(change),
  })

  it("counts: nothing is left to do", () => {
    const snapshot = all((pod) => of(pod, {}))
    expect([told(snapshot), restarted(snapshot)]).toEqual([[], []])
    const { status } = project(snapshot, plan(snapshot), { steps: [], finishedAt: snapshot.now })
    expect(Object.values(status.pods ?? {}).map((pod) => [pod.configHash, pod.dynamicConfigStatus])).toEqual(
      [0, 1, 2].map(() => ["c", "Applied"]),
    )
  })

  it("W11: not in another run of the container", () => {
    expect(told(all((pod) => of(pod, { run })))).toEqual(everyone)
  })

  it("W16: is set again when the file has it back", () => {
    const back = "set-config:context=service;migrate-threads=1"
    expect(told(all((pod) => of(pod, {}), world(before, before))).map(([, ...commands]) => commands)).toEqual(
      [0, 1, 2].map(() => [back]),
    )
  })

  it("R5: what may have been told in an attempt that ended half-way is set whether it differs or not", () => {
    const pending = [{ target: { context: "service", name: "ticker-interval" }, before: "10" }]
    const snapshot = Build.withPod(world(before, before), 0, (pod) =>
      of(pod, { templateHash: annotationsOf(before)[Annotation.templateHash] ?? "", told: [], pending }),
    )
    expect(told(snapshot)).toEqual([["demo-0-0", "set-config:context=service;ticker-interval=10"]])
  })

  it.each(["", "{", "[]", '{"run":1}', '{"run":"0/1"}', "null"])(
    "a condition that says %j tells nothing",
    (message) => {
      const snapshot = all((pod) => ({
        ...pod,
        conditions: [...pod.conditions, { type: dynamicConfig, status: "True", message }],
      }))
      expect(snapshot.pods.map(recordOf)).toEqual([undefined, undefined, undefined])
      expect(told(snapshot)).toEqual(everyone)
    },
  )

  it("R121: names in a condition that cannot be of a parameter never reach a node", () => {
    const hostile = { context: "service", name: "migrate-threads=1\nset-config:context=service;proto-fd-max" }
    const snapshot = all((pod) => of(pod, { told: [hostile] }), world(before, before))
    expect(told(snapshot)).toEqual([])
  })

  it("what is written is read back", () => {
    const [pod] = world().pods
    if (pod === undefined) throw new Error("no pod")
    const record = { run: runOf(pod) ?? "", ...settled, told: [threads], pending: [{ target: threads, before: "1" }] }
    expect(recordOf(recorded(pod, JSON.parse(recordText(record)) as object))).toEqual(record)
  })
})

describe("a refusal", () => {
  const refusal = (snapshot: Snapshot, isUndone = true) => {
    const decided = proceed(snapshot)
    const steps = decided.tracks.flatMap((track) =>
      track.steps.map((step) => ({ step, _tag: "Refused" as const, message: "demo-0-1 refused it", isUndone })),
    )
    return project(snapshot, decided, { steps, finishedAt: snapshot.now })
  }
  const conditionIn = (conditions: Snapshot["cluster"]["status"]["conditions"]) =>
    conditions?.find(({ type }) => type === "DynamicConfigDegraded")

  it.each([
    [true, "ApplyFailed", "DynamicConfigRollback"],
    [false, "RollbackFailed", "DynamicConfigDegraded"],
  ])("R78 is told and remembered; everything taken back: %s", (isUndone, reason, event) => {
    const { events, memory, status } = refusal(world(), isUndone)
    expect(memory.refusedChange).toEqual({ ...refused, isUndone })
    expect(conditionIn(status.conditions)).toMatchObject({ status: "True", reason })
    expect(events.map((told) => told.reason)).toContain(event)
    expect(Object.values(status.pods ?? {}).map(({ dynamicConfigStatus }) => dynamicConfigStatus)).toEqual(
      [0, 1, 2].map(() => "Failed"),
    )
    expect(status.phase).not.toBe("Completed")
    expect(memory.failures, "no failure: it is known what to do").toBe(0)
  })

  it("survives the operator by its condition, and ends with the spec", () => {
    const { conditions = [] } = refusal(world()).status
    const anew = (cluster: Partial<Snapshot["cluster"]>): Snapshot => {
      const snapshot = world()
      return {
        ...remembering(snapshot, { generation: 0 }),
        cluster: { ...snapshot.cluster, status: { conditions }, ...cluster },
      }
    }
    expect(told(anew({}))).toEqual([])
    expect(told(anew({ generation: 2 }))).toEqual(everyone)
  })

  it("is tried again when the user asks for it", () => {
    const snapshot = remembering(world(), { refusedChange: refused })
    const cluster = { ...snapshot.cluster, annotations: { [Annotation.forceReconcile]: "now" } }
    expect(told({ ...snapshot, cluster })).toEqual(everyone)
  })
})
