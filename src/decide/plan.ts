/** What to do about one cluster now: the entry point of deciding. A short list; each line is explained where it is defined. */
import * as Either from "effect/Either"
import type { DesiredObjects, EffectiveCluster } from "../domain/EffectiveCluster.js"
import { Kinds } from "../domain/Kubernetes.js"
import type { OperationRun, Plan, Progress, Step, Track, TrackName, Wait } from "../domain/Plan.js"
import type { Snapshot } from "../domain/Snapshot.js"
import type { Difference } from "./acceptedDifferences.js"
import { outOfContention } from "./contention.js"
import { firstDifference } from "./difference.js"
import { deletionTracks, finalizerTrack } from "./finalize/finalize.js"
import { budgetLeftovers, rackLeftovers, serviceLeftovers } from "./finalize/leftovers.js"
import { networkPolicySteps, networkPolicyWaits } from "./networkPolicies.js"
import { immutableWaits } from "./immutable.js"
import { apply, foreign, shrinkSteps, type Situation, statefulSetWork } from "./objectSteps.js"
import { factsRequest, heldUntil } from "./requeue.js"
import { operationRun, orDenied } from "./operation/run.js"
import { isAvailable } from "./rollout/availability.js"
import { type Candidate, candidates } from "./rollout/candidates.js"
import { type DynamicUpdate, dynamicUpdate } from "./rollout/dynamicUpdate.js"
import { members as membersOf, type RackMembers } from "./rollout/members.js"
import { inOrder } from "./rollout/order.js"
import { type Gates, gates } from "./rollout/readinessGate.js"
import { rollout, type RolloutStep } from "./rollout/rollout.js"
import { assess, expectedSlots, type FactsNeed, type Safety } from "./rollout/safety.js"
import { orphanedClaims } from "./scale/claims.js"
import { shrinking, type Shrinking } from "./scale/down.js"
import { type Growth, growth } from "./scale/up.js"
import { copyDue } from "./template/copy.js"
import { desiredOf, effectiveOf } from "./wanted.js"

const track = (name: TrackName, steps: ReadonlyArray<Step>, after: ReadonlyArray<TrackName> = []): Track => ({
  name,
  steps,
  after,
})

/** Waits that several parts found are said once; the first is what people see. */
const distinct = (waits: ReadonlyArray<Wait>): ReadonlyArray<Wait> =>
  waits.filter((wait, index) => waits.findIndex((other) => other.message === wait.message) === index)

const missing = (rack: RackMembers, snapshot: Snapshot): number => {
  const present = new Set(rack.slots.filter((slot) => slot.pod !== undefined).map((slot) => slot.ordinal))
  return Array.from({ length: rack.wanted }, (_, ordinal) => ordinal).filter(
    (ordinal) => !present.has(ordinal) && snapshot.cluster.status.pods?.[`${rack.name}-${ordinal}`] === undefined,
  ).length
}

/** True: seen whole now, or seen whole before and nothing says otherwise. */
const isSettled = (snapshot: Snapshot, safety: Safety, effective: EffectiveCluster): boolean | undefined => {
  if (safety._tag === "Settled") return true
  if (effective.size === 0 && snapshot.pods.length === 0) return true
  if (safety.isKnown) return safety.wait.kind === "Client"
  const { phase, observedGeneration } = snapshot.cluster.status
  const wasWhole = phase === "Completed" && observedGeneration === snapshot.cluster.generation
  return wasWhole && safety.facts?.when === "second" ? true : undefined
}

const progressOf = (
  { snapshot, effective, members }: Situation,
  { queue, update }: Orchestration,
  safety: Safety,
): Progress => ({
  pendingRestarts: inOrder(snapshot, queue).map(({ pod, reason, because }) => ({ pod: pod.name, reason, because })),
  ...(update.candidates.size === 0 ? {} : { pendingUpdates: [...update.candidates].map(({ pod }) => pod.name) }),
  toCreate: members.racks.reduce((sum, rack) => sum + missing(rack, snapshot), 0),
  toRemove:
    members.leaving.length + members.racks.reduce((sum, rack) => sum + Math.max(0, rack.replicas - rack.wanted), 0),
  isSettled: isSettled(snapshot, safety, effective),
})

/** A fresh client view: none yet, an old one, or an old bad one. */
const wantsClientView = (snapshot: Snapshot): boolean => {
  const view = snapshot.clientView
  if (view === undefined) return true
  const age = snapshot.now - view.checkedAt
  const limit =
    view.outcome._tag === "Disconnected" ? snapshot.settings.safetyMaxAgeMs : snapshot.settings.factsRefreshMs
  return age >= limit
}

interface Orchestration {
  readonly shrink: Shrinking
  readonly roll: RolloutStep
  /** Changes that need no restart; they stop nothing, so they wait for nothing but answers. */
  readonly update: DynamicUpdate
  /** Pods that want a restart. */
  readonly queue: ReadonlyArray<Candidate>
}

/** One orchestrator per cluster: growing, then shrinking, then restarting; never two of them at once. */
const orchestrate = (
  situation: Situation,
  grow: Growth,
  safety: Safety,
  run: OperationRun | undefined,
  isApplying: boolean,
): Orchestration => {
  const { snapshot, effective, desired, members } = situation
  const isGrowing = grow.targets.size > 0
  const shrink: Shrinking = isGrowing || isApplying ? { _tag: "None" } : shrinking(snapshot, effective, members)
  const all = candidates(members, desired, { surplusStays: shrink._tag === "Refused", run })
  const differing = all.filter(({ operation }) => operation === undefined)
  const update = dynamicUpdate(snapshot, effective, desired, differing, expectedSlots(members, effective).length)
  const queue = all.filter((candidate) => !update.candidates.has(candidate))
  const idle: RolloutStep = { steps: [], waits: [] }
  const isBusy = isGrowing || isApplying || shrink._tag === "Shrink" || update.steps.length > 0
  if (isBusy) return { shrink, roll: idle, update, queue }
  // While a scale-down waits, only broken pods are served; healthy ones wait for the same thing.
  const roll = rollout(snapshot, effective, desired, members, queue, waitingFor(shrink) ?? safety)
  return { shrink, roll, update, queue }
}

const waitingFor = (shrink: Shrinking): Safety | undefined =>
  shrink._tag === "Wait"
    ? { _tag: "Wait", wait: shrink.wait, isKnown: true, ...(shrink.facts === undefined ? {} : { facts: shrink.facts }) }
    : undefined

const isComplete = (snapshot: Snapshot): boolean =>
  snapshot.cluster.status.phase === "Completed" &&
  snapshot.cluster.status.observedGeneration === snapshot.cluster.generation

/** Needs of the safety predicate: always while something is under way, for a quiet cluster only until its answers are current. */
const safetyNeeds = (snapshot: Snapshot, safety: Safety): ReadonlyArray<FactsNeed> => {
  if (safety._tag === "Settled" || safety.facts === undefined) return []
  if (!isComplete(snapshot)) return [safety.facts]
  const { latest } = snapshot.facts
  const isCurrent = latest !== undefined && latest.startedAt > snapshot.podsChangedAt
  return safety.facts.when === "pace" || !isCurrent ? [safety.facts] : []
}

/** A quiet cluster waits for nothing while its answers merely age. */
const isWorthSaying = (snapshot: Snapshot, safety: Safety): boolean =>
  safety._tag === "Wait" && (!isComplete(snapshot) || safety.isKnown || safety.facts?.when === "pace")

/** The plan for a cluster whose spec makes sense, with everything it is made from as values. */
export const planFor = (
  snapshot: Snapshot,
  effective: EffectiveCluster,
  desired: DesiredObjects,
  differs: Difference = firstDifference,
): Plan => {
  const members = membersOf(snapshot, effective)
  const situation: Situation = { snapshot, effective, desired, members, differs }
  const safety = assess(snapshot, effective, {}, members)
  const grow = growth(snapshot, effective, members)
  const { steps: statefulSets, immutable } = statefulSetWork(situation, grow)
  const run = operationRun(snapshot, effective, members)
  const orchestration = orchestrate(situation, grow, safety, run, statefulSets.length > 0)
  const { shrink, roll, update } = orchestration
  const gate: Gates = effective.readinessGateEnabled ? gates(snapshot, effective, members) : { steps: [], joining: [] }
  const creates = statefulSets.some((step) => step._tag === "Apply" && step.because === "missing")
  const needs = [
    ...safetyNeeds(snapshot, safety),
    ...(shrink._tag === "Wait" && shrink.facts !== undefined ? [shrink.facts] : []),
    ...(update.facts === undefined ? [] : [update.facts]),
    ...(roll.facts === undefined ? [] : [roll.facts]),
    ...(gate.facts === undefined ? [] : [gate.facts]),
  ]
  const facts = factsRequest(snapshot, effective, needs, expectedSlots(members, effective).length)
  const tracks = [
    finalizerTrack(snapshot),
    track("network", [
      ...apply(situation, Kinds.Service, desired.headlessService, snapshot.services),
      ...desired.podServices.flatMap((service) => apply(situation, Kinds.Service, service, snapshot.services)),
      ...serviceLeftovers(snapshot, desired),
    ]),
    track("budget", [
      ...(desired.pdb === undefined ? [] : apply(situation, Kinds.PodDisruptionBudget, desired.pdb, snapshot.pdbs)),
      ...budgetLeftovers(snapshot, desired),
    ]),
    track("networkPolicy", networkPolicySteps(situation)),
    track(
      "config",
      desired.racks.flatMap((rack) => apply(situation, Kinds.ConfigMap, rack.configMap, snapshot.configMaps)),
    ),
    // The first pod finds its finalizer, Service, policy and budget in place (R92); later a failing budget holds up no fix.
    track(
      "statefulSets",
      statefulSets,
      creates ? ["finalizer", "network", "networkPolicy", "budget", "config"] : ["finalizer", "config"],
    ),
    track("gates", gate.steps),
    // After the file: a pod that starts meanwhile reads the same values.
    track("dynamicConfig", update.steps, ["config", "statefulSets"]),
    track("rollout", roll.steps, ["config", "statefulSets"]),
    track("scaleDown", shrinkSteps(situation, shrink), ["config", "statefulSets"]),
    { ...track("claims", orphanedClaims(snapshot, members, effective)), independent: true },
    track("cleanup", rackLeftovers(snapshot, members, desired)),
  ].filter(({ steps }) => steps.length > 0)
  return {
    _tag: "Proceed",
    effective,
    tracks,
    ...(immutable.length === 0 ? {} : { immutable }),
    waits: distinct([
      ...foreign(situation),
      ...immutableWaits(immutable),
      ...grow.waits,
      ...(shrink._tag === "Wait" || shrink._tag === "Refused" ? [shrink.wait] : []),
      ...update.waits,
      ...roll.waits,
      ...(safety._tag === "Wait" && isWorthSaying(snapshot, safety) ? [safety.wait] : []),
      ...networkPolicyWaits(snapshot, desired),
    ]),
    ...(facts === undefined ? {} : { facts }),
    clientView: members.slots.some(isAvailable) && wantsClientView(snapshot),
    progress: progressOf(situation, orchestration, safety),
    ...(run === undefined ? {} : { operation: orDenied(run, roll.waits) }),
  }
}

const nothingToDo: Progress = { pendingRestarts: [], toCreate: 0, toRemove: 0, isSettled: undefined }

const held = (snapshot: Snapshot, effective: EffectiveCluster | undefined, wait: Wait, until?: number): Plan => {
  const facts =
    effective === undefined
      ? undefined
      : factsRequest(snapshot, effective, [], expectedSlots(membersOf(snapshot, effective), effective).length)
  return {
    _tag: "Held",
    wait,
    ...(until === undefined ? {} : { until }),
    ...(facts === undefined ? {} : { facts }),
  }
}

const backoff = (snapshot: Snapshot): Wait => ({
  kind: "Backoff",
  pods: [],
  message: `trying again after a failure: ${snapshot.memory.lastError ?? "unknown"}`,
})

const deletion = (snapshot: Snapshot, effective: EffectiveCluster | undefined): Plan => {
  const until = heldUntil(snapshot)
  if (until !== undefined) return held(snapshot, undefined, backoff(snapshot), until)
  return {
    _tag: "Proceed",
    effective,
    tracks: deletionTracks(snapshot, effective).filter(({ steps }) => steps.length > 0),
    waits: [],
    clientView: false,
    progress: nothingToDo,
  }
}

const paused: Wait = { kind: "Paused", pods: [], message: "paused by the user (spec.paused)" }

/** The copy comes first: it is in the status before anything is decided from it (api.md Appendix B 28). */
const copying = (snapshot: Snapshot, isPaused: boolean): Plan | undefined => {
  const step = copyDue(snapshot)
  if (step === undefined) return undefined
  if (isPaused) return held(snapshot, undefined, paused)
  const until = heldUntil(snapshot)
  if (until !== undefined) return held(snapshot, undefined, backoff(snapshot), until)
  const wait: Wait = { kind: "Template", pods: [], message: `taking over template ${step.template}` }
  return { _tag: "Held", wait, tracks: [track("template", [step])] }
}

const saysPaused = (spec: unknown): boolean =>
  typeof spec === "object" && spec !== null && "paused" in spec && spec.paused === true

/**
 * What to do now. Guards first: a deletion goes before everything, a spec that cannot be carried out before pause, pause before back-off
 * (R110), back-off before work (R20-5, W46). A template that is to be copied is copied before the spec is judged.
 */
export const plan = (snapshot: Snapshot): Plan => outOfContention(snapshot, decide(snapshot))

const decide = (snapshot: Snapshot): Plan => {
  const spec = effectiveOf(snapshot.cluster)
  if (snapshot.cluster.isDeleting) return deletion(snapshot, Either.isRight(spec) ? spec.right : undefined)
  const copy = copying(snapshot, saysPaused(snapshot.cluster.spec))
  if (copy !== undefined) return copy
  if (Either.isLeft(spec)) return { _tag: "Refused", problems: spec.left }
  const effective = spec.right
  if (effective.isPaused) {
    return held(snapshot, effective, paused)
  }
  const until = heldUntil(snapshot)
  if (until !== undefined) return held(snapshot, effective, backoff(snapshot), until)
  const desired = desiredOf(snapshot, effective)
  return Either.isLeft(desired)
    ? { _tag: "Refused", problems: desired.left }
    : planFor(snapshot, effective, desired.right)
}
