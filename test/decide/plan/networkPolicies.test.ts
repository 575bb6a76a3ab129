import { describe, expect, it } from "vitest"
import { plan } from "../../../src/decide/plan.js"
import { project } from "../../../src/decide/project.js"
import type { OwnedView } from "../../../src/domain/Kubernetes.js"
import type { Plan, Step } from "../../../src/domain/Plan.js"
import type { Report, StepResult } from "../../../src/domain/Report.js"
import type { Snapshot } from "../../../src/domain/Snapshot.js"
import * as Build from "../../support/snapshots.js"

type PolicyType = "kubernetes" | "cilium" | "off"

const configOf = (type: PolicyType) => ({
  extra: { networkPolicyConfig: { enabled: type !== "off", type: type === "off" ? "kubernetes" : type } },
})
const policyOf = (type: "kubernetes" | "cilium"): OwnedView => {
  const effective = Build.effectiveOf(Build.clusterView({ spec: Build.spec(configOf(type)) }))
  const policy = Build.desiredOf(effective).networkPolicy
  if (policy === undefined) throw new Error("no policy")
  return Build.owned(policy.object)
}
const kubernetes = policyOf("kubernetes")
const cilium = policyOf("cilium")

const world = (type: PolicyType, there: Partial<Snapshot> = {}): Snapshot => ({
  ...Build.matchingSnapshot({ spec: configOf(type) }),
  ...there,
})
const proceed = (snapshot: Snapshot): Extract<Plan, { readonly _tag: "Proceed" }> => {
  const decided = plan(snapshot)
  if (decided._tag !== "Proceed") throw new Error(JSON.stringify(decided))
  return decided
}
const named = (step: Step): string =>
  step._tag === "Apply" || step._tag === "Remove" ? `${step._tag} ${step.kind.kind}` : step._tag
const steps = (snapshot: Snapshot): ReadonlyArray<string> =>
  proceed(snapshot).tracks.flatMap((track) => track.steps.map(named))

const pass = (snapshot: Snapshot, outcome: (step: Step) => StepResult): Report => {
  const decided = proceed(snapshot)
  return project(snapshot, decided, {
    steps: decided.tracks.flatMap((track) => track.steps.map(outcome)),
    finishedAt: snapshot.now,
  })
}
const done = (step: Step): StepResult => ({ step, _tag: "Done", changed: true })
const condition = (report: Report) => report.status.conditions?.find(({ type }) => type === "NetworkPolicyApplied")

describe("network policies", () => {
  it.each<readonly [string, PolicyType, Partial<Snapshot>, ReadonlyArray<string>]>([
    ["none is wanted, none there", "off", {}, []],
    ["made when wanted", "kubernetes", {}, ["Apply NetworkPolicy"]],
    ["kept as it is", "kubernetes", { networkPolicies: [kubernetes] }, []],
    ["taken away when switched off", "off", { networkPolicies: [kubernetes] }, ["Remove NetworkPolicy"]],
    ["of Cilium", "cilium", { ciliumPolicies: [] }, ["Apply CiliumNetworkPolicy"]],
    ["of Cilium, taken away", "off", { ciliumPolicies: [cilium] }, ["Remove CiliumNetworkPolicy"]],
    [
      "B17, W67: to Cilium, the old type goes after the new one came",
      "cilium",
      { networkPolicies: [kubernetes], ciliumPolicies: [] },
      ["Apply CiliumNetworkPolicy", "Remove NetworkPolicy"],
    ],
    [
      "B17, W67: and back",
      "kubernetes",
      { ciliumPolicies: [cilium] },
      ["Apply NetworkPolicy", "Remove CiliumNetworkPolicy"],
    ],
    [
      "B17: what a switch left behind is found later, too",
      "cilium",
      { networkPolicies: [kubernetes], ciliumPolicies: [cilium] },
      ["Remove NetworkPolicy"],
    ],
    ["B17: no lock is given up for one that cannot be had", "cilium", { networkPolicies: [kubernetes] }, []],
    ["S6: a stranger's is left alone", "off", { networkPolicies: [{ ...kubernetes, controllerUid: "other" }] }, []],
    ["S6: as is its name", "kubernetes", { networkPolicies: [{ ...kubernetes, controllerUid: "other" }] }, []],
    ["one on its way out is waited for", "off", { networkPolicies: [{ ...kubernetes, isTerminating: true }] }, []],
  ])("%s", (_title, type, there, expected) => {
    expect(steps(world(type, there))).toEqual(expected)
  })

  it("R92: the first pod finds its policy in place, and no later trouble with it holds up anything", () => {
    const empty = { pods: [], statefulSets: [], facts: {} }
    const order = (snapshot: Snapshot) => proceed(snapshot).tracks.find(({ name }) => name === "statefulSets")?.after
    expect(order(world("kubernetes", empty))).toContain("networkPolicy")
    const changed = Build.matchingSnapshot({ spec: { image: "aerospike:ce-8.1.1.0", ...configOf("kubernetes") } })
    expect(order(world("kubernetes", { statefulSets: changed.statefulSets }))).not.toContain("networkPolicy")
  })

  it("R104: a policy that somebody edits is put right", () => {
    const edited = { ...kubernetes, object: { ...kubernetes.object, spec: { podSelector: {}, ingress: [{}] } } }
    expect(steps(world("kubernetes", { networkPolicies: [edited] }))).toEqual(["Apply NetworkPolicy"])
  })
})

describe("condition NetworkPolicyApplied", () => {
  it("says what is in place, and goes with the wish", () => {
    expect(condition(pass(world("kubernetes"), done))).toMatchObject({ status: "True", reason: "Applied" })
    expect(condition(pass(world("kubernetes", { networkPolicies: [kubernetes] }), done))?.status).toBe("True")
    const failed = pass(world("kubernetes"), (step) => ({ step, _tag: "Failed", failure: "Transient", message: "x" }))
    expect(condition(failed)).toMatchObject({ status: "False", reason: "Pending" })
    expect(condition(pass(world("off", { networkPolicies: [kubernetes] }), done))).toBeUndefined()
  })

  it("B17: Cilium that is not installed is told once, with what to do, and looked for again", () => {
    const report = pass(world("cilium"), done)
    expect(condition(report)).toMatchObject({ status: "False", reason: "CiliumNotInstalled" })
    expect(condition(report)?.message).toContain("CiliumNetworkPolicy (cilium.io/v2) is not installed")
    expect(report.events.map(({ reason }) => reason)).toContain("NetworkPolicyBlocked")
    expect(report.requeueAfterMs).toBeLessThanOrEqual(60_000)
    const before = world("cilium")
    const later = pass({ ...before, cluster: { ...before.cluster, status: report.status } }, done)
    expect(later.events).toEqual([])
    expect(later.write).toBe("none")
  })

  it("R17: a policy of the same name that is not ours is named, and its end awaited", () => {
    const report = pass(world("kubernetes", { networkPolicies: [{ ...kubernetes, controllerUid: "other" }] }), done)
    expect(condition(report)).toMatchObject({ status: "False", reason: "NameTaken" })
    expect(report.awaits.map(({ kind }) => kind)).toContain("NetworkPolicy")
  })

  it("stays as it was while passes are held", () => {
    const report = pass(world("cilium"), done)
    const { cluster } = world("cilium")
    const paused = { ...cluster, spec: { ...(cluster.spec as object), paused: true }, status: report.status }
    const snapshot = world("cilium", { cluster: paused })
    const held = project(snapshot, plan(snapshot), { steps: [], finishedAt: snapshot.now })
    expect(condition(held)).toEqual(condition(report))
  })
})
