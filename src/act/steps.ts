/** One function per kind of step: verify what must be verified, do exactly one write, say what came of it. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { isSame } from "../domain/Json.js"
import { Kinds, type KubeObject, type ObjectIdentity, type ResourceKind } from "../domain/Kubernetes.js"
import { Annotation, FieldManager, finalizer, readinessGate } from "../domain/Labels.js"
import type { Evidence, Step } from "../domain/Plan.js"
import type { Snapshot } from "../domain/Snapshot.js"
import { inheritedFields } from "../kube/inheritedFields.js"
import { KubeReader, KubeWriter } from "../kube/KubeClient.js"
import { isNotFound } from "../kube/KubeError.js"
import { StaleDecision, verifyCluster, verifyFree, verifyOwned, verifyVictim } from "./verify.js"

type StepOf<Tag extends Step["_tag"]> = Extract<Step, { readonly _tag: Tag }>

/** What a write left behind. */
export interface Outcome {
  readonly object?: KubeObject
  /** False when the server stored nothing new. */
  readonly changed: boolean
}

const requireFresh = (evidence: Evidence | undefined) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    evidence !== undefined && now > evidence.validUntil
      ? Effect.fail(new StaleDecision({ detail: "the safety reads are too old by now" }))
      : Effect.void,
  )

const preconditionsOf = (live: KubeObject) => ({
  ...(live.metadata.uid === undefined ? {} : { uid: live.metadata.uid }),
  ...(live.metadata.resourceVersion === undefined ? {} : { resourceVersion: live.metadata.resourceVersion }),
})

/** The fields of the operator that made the object become ours, for exactly the version we read. */
const inherit = (snapshot: Snapshot, kind: ResourceKind, target: ObjectIdentity) =>
  Effect.gen(function* () {
    const writer = yield* KubeWriter
    const live = yield* verifyOwned(kind, target, snapshot.cluster.uid)
    const managedFields = inheritedFields(live.metadata["managedFields"])
    if (managedFields === undefined) return
    yield* writer.patch(kind, target, {
      type: "merge",
      fieldManager: FieldManager.objects,
      body: { metadata: { ...preconditionsOf(live), managedFields } },
    })
  })

export const apply = Effect.fn("act.apply")(function* (snapshot: Snapshot, step: StepOf<"Apply">) {
  const writer = yield* KubeWriter
  const options = { fieldManager: FieldManager.objects, force: true }
  if (step.takesOver !== undefined) yield* inherit(snapshot, step.kind, step.takesOver)
  if (step.precondition === undefined) {
    if (step.because === "missing") {
      // Nothing is made for a resource that is going (R7), nothing taken over from someone else (S6), however old our picture is.
      yield* Effect.all(
        [verifyCluster(snapshot, { whileDeleting: false }), verifyFree(step.kind, step.object, snapshot)],
        { concurrency: 2 },
      )
    }
    const object = yield* writer.apply(step.kind, step.object, options)
    return { object, changed: true } satisfies Outcome
  }
  const [, live] = yield* Effect.all(
    [
      verifyCluster(snapshot, { whileDeleting: false }),
      verifyOwned(step.kind, step.precondition, snapshot.cluster.uid),
    ],
    { concurrency: 2 },
  )
  yield* requireFresh(step.evidence)
  const object = yield* writer.apply(
    step.kind,
    { ...step.object, metadata: { ...step.object.metadata, ...preconditionsOf(live) } },
    options,
  )
  return { object, changed: object.metadata.resourceVersion !== live.metadata.resourceVersion } satisfies Outcome
})

/** `companions`: UIDs of all pods that the plan restarts. */
export const restartPod = Effect.fn("act.restartPod")(function* (
  snapshot: Snapshot,
  step: StepOf<"RestartPod">,
  companions: ReadonlySet<string>,
) {
  const writer = yield* KubeWriter
  const [, , pod] = yield* Effect.all(
    [
      verifyCluster(snapshot, { whileDeleting: false }),
      verifyOwned(Kinds.StatefulSet, step.statefulSet, snapshot.cluster.uid),
      verifyVictim(snapshot, step.pod, step.statefulSet.uid, companions),
    ],
    { concurrency: 3 },
  )
  yield* requireFresh(step.evidence)
  const object = yield* writer.remove(Kinds.Pod, step.pod, { preconditions: preconditionsOf(pod) })
  return { ...(object === undefined ? {} : { object }), changed: true } satisfies Outcome
})

export const remove = Effect.fn("act.remove")(function* (snapshot: Snapshot, step: StepOf<"Remove">) {
  const writer = yield* KubeWriter
  yield* verifyCluster(snapshot, { whileDeleting: true })
  const live = yield* verifyOwned(step.kind, step.target, snapshot.cluster.uid).pipe(
    Effect.catchIf(isNotFound, () => Effect.succeed(undefined)),
  )
  if (live === undefined) return { changed: false } satisfies Outcome
  yield* requireFresh(step.evidence)
  const object = yield* writer.remove(step.kind, step.target, {
    preconditions: preconditionsOf(live),
    propagationPolicy: "Background",
  })
  return { ...(object === undefined ? {} : { object }), changed: true } satisfies Outcome
})

/** A strategic merge keyed by condition type: the kubelet's conditions stay untouched (W62). The UID in the patch is a precondition. */
export const setGate = Effect.fn("act.setGate")(function* (_snapshot: Snapshot, step: StepOf<"SetGate">) {
  const writer = yield* KubeWriter
  const now = yield* Clock.currentTimeMillis
  const object = yield* writer.patch(Kinds.Pod, step.pod, {
    type: "strategic",
    subresource: "status",
    fieldManager: FieldManager.gate,
    body: {
      metadata: { uid: step.pod.uid },
      status: {
        conditions: [
          {
            type: readinessGate,
            status: step.status,
            reason: step.reason,
            message: step.message,
            lastTransitionTime: new Date(now).toISOString().replace(/\.\d+Z$/, "Z"),
          },
        ],
      },
    },
  })
  return { object, changed: true } satisfies Outcome
})

/** Answers with the template as it is now. `changed`: the request for a fresh copy is fulfilled, its annotation gone. */
export const copyTemplate = Effect.fn("act.copyTemplate")(function* (snapshot: Snapshot, step: StepOf<"CopyTemplate">) {
  const reader = yield* KubeReader
  const writer = yield* KubeWriter
  const [live, template] = yield* Effect.all(
    [
      verifyCluster(snapshot, { whileDeleting: false }),
      reader.get(Kinds.AerospikeClusterTemplate, { name: step.template }),
    ],
    { concurrency: 2 },
  )
  const isHeld = step.held !== undefined && isSame(step.held, template["spec"] ?? {})
  if (!isHeld || live.metadata.annotations?.[Annotation.resyncTemplate] === undefined)
    return { object: template, changed: false } satisfies Outcome
  yield* writer.patch(Kinds.AerospikeCluster, snapshot.key, {
    type: "merge",
    fieldManager: FieldManager.annotations,
    body: { metadata: { ...preconditionsOf(live), annotations: { [Annotation.resyncTemplate]: null } } },
  })
  return { object: template, changed: true } satisfies Outcome
})

/**
 * Writes the whole list for exactly the version we read: nothing is written over another one, and a lost race is a conflict (R48), which a
 * failed `test` of a JSON patch is not.
 */
const patchFinalizers = (
  snapshot: Snapshot,
  edit: (present: ReadonlyArray<string>, live: KubeObject) => ReadonlyArray<string>,
) =>
  Effect.gen(function* () {
    const writer = yield* KubeWriter
    const live = yield* verifyCluster(snapshot, { whileDeleting: true })
    const present = live.metadata.finalizers ?? []
    const finalizers = edit(present, live)
    if (finalizers.length === present.length) return { object: live, changed: false } satisfies Outcome
    const object = yield* writer.patch(Kinds.AerospikeCluster, snapshot.key, {
      type: "merge",
      fieldManager: FieldManager.finalizer,
      body: { metadata: { ...preconditionsOf(live), finalizers } },
    })
    return { object, changed: true } satisfies Outcome
  })

export const addFinalizer = Effect.fn("act.addFinalizer")((snapshot: Snapshot) =>
  patchFinalizers(snapshot, (present, { metadata }) =>
    metadata.deletionTimestamp !== undefined || present.includes(finalizer) ? present : [...present, finalizer],
  ),
)

export const removeFinalizer = Effect.fn("act.removeFinalizer")((snapshot: Snapshot) =>
  patchFinalizers(snapshot, (present) => present.filter((name) => name !== finalizer)),
)
