/** Binds pending pods to hosts as soon as their claims are bound; reports why one does not fit. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Kinds } from "../../../domain/Kubernetes.js"
import { KubeWriter } from "../../../kube/KubeClient.js"
import { isConflict, isNotFound, type KubeError } from "../../../kube/KubeError.js"
import { type Change, Informers, subjectOf } from "./Informers.js"
import { makeKeyedLoop } from "./KeyedLoop.js"
import {
  type ClaimObject,
  conditionOf,
  type HostObject,
  isTerminating,
  nameOf,
  namespaceOf,
  type PodObject,
  refOf,
  timestamp,
  uidOf,
} from "./objects.js"
import { place } from "./placement.js"
import { byName, claimRefusal } from "./podVolumes.js"

const isPending = (pod: PodObject): boolean => pod.spec?.nodeName === undefined && !isTerminating(pod)

/** Runs until the scope closes. One pod at a time, so that two pods never take the same last place. */
export const runScheduler: Effect.Effect<void, never, Informers | KubeWriter | Scope.Scope> = Effect.gen(function* () {
  const writer = yield* KubeWriter
  const { follow } = yield* Informers
  const isReady = yield* Deferred.make<void>()
  /** Bindings made here that the copy of the pods may not show yet, by pod UID. */
  const assumed = new Map<string, string>()

  const refuse = (pod: PodObject, message: string): Effect.Effect<void, KubeError> =>
    Effect.gen(function* () {
      const before = conditionOf(pod.status?.conditions, "PodScheduled")
      if (before?.status === "False" && before.message === message) return
      const lastTransitionTime = timestamp(yield* Clock.currentTimeMillis)
      yield* writer.patch(Kinds.Pod, refOf(pod), {
        type: "strategic",
        body: {
          metadata: { uid: uidOf(pod) },
          status: {
            phase: "Pending",
            conditions: [
              { type: "PodScheduled", status: "False", reason: "Unschedulable", message, lastTransitionTime },
            ],
          },
        },
        subresource: "status",
        fieldManager: "scheduler",
      })
    })

  const allPods = (): ReadonlyArray<PodObject> =>
    pods.list().map((pod) => {
      const host = pod.spec?.nodeName === undefined ? assumed.get(uidOf(pod)) : undefined
      return host === undefined ? pod : { ...pod, spec: { ...pod.spec, nodeName: host } }
    })

  const schedule = (key: string): Effect.Effect<void, KubeError> =>
    Effect.gen(function* () {
      yield* Deferred.await(isReady)
      const [namespace = "", name = ""] = key.split("/")
      const pod = pods.get({ namespace, name })
      if (pod === undefined || !isPending(pod) || assumed.has(uidOf(pod))) return
      const unbound = claimRefusal(pod, byName(claims.list(namespace)))
      if (unbound !== undefined) return yield* refuse(pod, unbound)
      const placement = place(pod, hosts.list(), allPods())
      if (placement._tag === "Unschedulable") return yield* refuse(pod, placement.message)
      yield* writer.bind(refOf(pod), placement.host)
      assumed.set(uidOf(pod), placement.host)
    }).pipe(
      // Bound or deleted meanwhile: the next event tells.
      Effect.catchIf(
        (error) => isConflict(error) || isNotFound(error),
        () => Effect.void,
      ),
    )
  const loop = yield* makeKeyedLoop("scheduler", schedule)

  // Until all copies are complete nothing is asked of them; then everything pending is looked at once.
  let isComplete = false
  const addPending = (namespace?: string): Effect.Effect<void> =>
    Effect.suspend(() =>
      Effect.forEach(
        isComplete ? pods.list(namespace).filter(isPending) : [],
        (pod) => loop.add(`${namespaceOf(pod)}/${nameOf(pod)}`),
        { discard: true },
      ),
    )
  const onPod = (change: Change<PodObject>): Effect.Effect<void> => {
    const { current, previous } = change
    if (current === undefined || current.spec?.nodeName !== undefined) assumed.delete(uidOf(subjectOf(change)))
    // A pod that left may have made room.
    if (current === undefined) return addPending()
    return previous === undefined && isPending(current)
      ? loop.add(`${namespaceOf(current)}/${nameOf(current)}`)
      : Effect.void
  }
  const hosts = yield* follow<HostObject>(Kinds.Node, () => addPending())
  const claims = yield* follow<ClaimObject>(Kinds.PersistentVolumeClaim, (change) =>
    addPending(namespaceOf(subjectOf(change))),
  )
  const pods = yield* follow<PodObject>(Kinds.Pod, onPod)
  yield* Effect.all([hosts.synced, claims.synced, pods.synced], { discard: true }).pipe(
    Effect.zipRight(Effect.sync(() => (isComplete = true))),
    Effect.zipRight(Deferred.succeed(isReady, undefined)),
    Effect.zipRight(addPending()),
    Effect.forkScoped,
  )
})
