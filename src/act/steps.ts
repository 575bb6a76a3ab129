/** One function per kind of step: verify what must be verified, do exactly one write, say what came of it. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Kinds, type KubeObject } from "../domain/Kubernetes.js"
import { FieldManager, finalizer, readinessGate } from "../domain/Labels.js"
import type { Evidence, Step } from "../domain/Plan.js"
import type { Snapshot } from "../domain/Snapshot.js"
import { KubeWriter } from "../kube/KubeClient.js"
import { isNotFound } from "../kube/KubeError.js"
import { StaleDecision, verifyCluster, verifyOwned, verifyVictim } from "./verify.js"

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

export const apply = Effect.fn("act.apply")(function* (snapshot: Snapshot, step: StepOf<"Apply">) {
  const writer = yield* KubeWriter
  const options = { fieldManager: FieldManager.objects, force: true }
  if (step.precondition === undefined) {
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

export const restartPod = Effect.fn("act.restartPod")(function* (snapshot: Snapshot, step: StepOf<"RestartPod">) {
  const writer = yield* KubeWriter
  const [, , pod] = yield* Effect.all(
    [
      verifyCluster(snapshot, { whileDeleting: false }),
      verifyOwned(Kinds.StatefulSet, step.statefulSet, snapshot.cluster.uid),
      verifyVictim(snapshot, step.pod, step.statefulSet.uid),
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

/** JSON patch with `test` operations: nothing is written over a finalizer list other than the one we read. */
const patchFinalizers = (snapshot: Snapshot, edit: (live: KubeObject) => ReadonlyArray<unknown> | undefined) =>
  Effect.gen(function* () {
    const writer = yield* KubeWriter
    const live = yield* verifyCluster(snapshot, { whileDeleting: true })
    const operations = edit(live)
    if (operations === undefined) return { object: live, changed: false } satisfies Outcome
    const object = yield* writer.patch(Kinds.AerospikeCluster, snapshot.key, {
      type: "json",
      fieldManager: FieldManager.finalizer,
      body: [
        { op: "test", path: "/metadata/uid", value: live.metadata.uid },
        { op: "test", path: "/metadata/resourceVersion", value: live.metadata.resourceVersion },
        ...operations,
      ],
    })
    return { object, changed: true } satisfies Outcome
  })

export const addFinalizer = Effect.fn("act.addFinalizer")((snapshot: Snapshot) =>
  patchFinalizers(snapshot, (live) => {
    const present = live.metadata.finalizers ?? []
    if (live.metadata.deletionTimestamp !== undefined || present.includes(finalizer)) return undefined
    return [{ op: "add", path: "/metadata/finalizers", value: [...present, finalizer] }]
  }),
)

export const removeFinalizer = Effect.fn("act.removeFinalizer")((snapshot: Snapshot) =>
  patchFinalizers(snapshot, (live) => {
    const index = (live.metadata.finalizers ?? []).indexOf(finalizer)
    return index < 0 ? undefined : [{ op: "remove", path: `/metadata/finalizers/${index}` }]
  }),
)
