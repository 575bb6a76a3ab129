/** The StatefulSet controller: watches sets, pods, claims and revisions, carries out {@link desiredActions}, reports the status. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Kinds, type KubeObject } from "../../../domain/Kubernetes.js"
import { KubeWriter } from "../../../kube/KubeClient.js"
import { isAlreadyExists, isConflict, isNotFound, type KubeError } from "../../../kube/KubeError.js"
import { type Change, Informers, subjectOf } from "./Informers.js"
import { makeKeyedLoop } from "./KeyedLoop.js"
import {
  type ClaimObject,
  controllerOf,
  nameOf,
  namespaceOf,
  type PodObject,
  refOf,
  type RevisionObject,
  type StatefulSetObject,
  uidOf,
} from "./objects.js"
import { canonical } from "./revisions.js"
import { matchesSelector } from "./selectors.js"
import { type Action, desiredActions } from "./statefulSetPlan.js"

const fieldManager = "statefulset-controller"
const identity = (object: KubeObject) => ({ preconditions: { uid: uidOf(object) } })
const goneIsFine = (effect: Effect.Effect<unknown, KubeError>): Effect.Effect<void, KubeError> =>
  Effect.catchIf(
    Effect.asVoid(effect),
    (error) => isNotFound(error) || isConflict(error),
    () => Effect.void,
  )

const execute = (writer: KubeWriter["Type"], action: Action): Effect.Effect<void, KubeError> => {
  switch (action._tag) {
    case "CreateRevision":
      return Effect.catchIf(
        Effect.asVoid(writer.create(Kinds.ControllerRevision, action.revision)),
        isAlreadyExists,
        () => Effect.void,
      )
    case "RemoveRevision":
      return goneIsFine(writer.remove(Kinds.ControllerRevision, refOf(action.revision), identity(action.revision)))
    case "CreateClaim":
      return Effect.catchIf(
        Effect.asVoid(writer.create(Kinds.PersistentVolumeClaim, action.claim)),
        isAlreadyExists,
        () => Effect.void,
      )
    case "RemoveClaim":
      return goneIsFine(writer.remove(Kinds.PersistentVolumeClaim, refOf(action.claim), identity(action.claim)))
    case "CreatePod":
      return Effect.asVoid(writer.create(Kinds.Pod, action.pod))
    case "RemovePod":
      return goneIsFine(writer.remove(Kinds.Pod, refOf(action.pod), identity(action.pod)))
    case "AdoptPod":
      return Effect.asVoid(
        writer.patch(Kinds.Pod, refOf(action.pod), {
          type: "merge",
          body: { metadata: { uid: uidOf(action.pod), ownerReferences: action.owners } },
          fieldManager,
        }),
      )
  }
}

/**
 * Runs until the scope closes. Reacts to events only; nothing is polled, except `minReadySeconds` which only time can end.
 *
 * *Gotchas*: creations from one decision run one after the other, so that equal runs make equal histories. A pod that a stale copy
 * still misses ends in `AlreadyExists` and is decided again.
 */
export const runStatefulSetController: Effect.Effect<void, never, Informers | KubeWriter | Scope.Scope> = Effect.gen(
  function* () {
    const writer = yield* KubeWriter
    const { follow } = yield* Informers
    // Nothing is decided before every copy is complete: half a picture would create pods that exist.
    const isReady = yield* Deferred.make<void>()

    const reconcile = (key: string): Effect.Effect<void, KubeError> =>
      Effect.gen(function* () {
        yield* Deferred.await(isReady)
        const [namespace = "", name = ""] = key.split("/")
        const set = sets.get({ namespace, name })
        if (set === undefined) return
        const decision = desiredActions({
          set,
          pods: pods.list(namespace),
          claims: new Map(claims.list(namespace).map((claim) => [nameOf(claim), claim])),
          revisions: revisions.list(namespace),
          now: yield* Clock.currentTimeMillis,
        })
        if (canonical(decision.status) !== canonical(set.status ?? {}))
          yield* writer.patch(Kinds.StatefulSet, refOf(set), {
            type: "merge",
            body: { metadata: { uid: uidOf(set) }, status: decision.status },
            subresource: "status",
            fieldManager,
          })
        for (const action of decision.actions) yield* execute(writer, action)
        if (decision.lookAgainMs !== undefined) yield* loop.addAfter(key, decision.lookAgainMs)
      })
    const loop = yield* makeKeyedLoop("StatefulSet", reconcile)

    const ofSet = (set: StatefulSetObject) => loop.add(`${namespaceOf(set)}/${nameOf(set)}`)
    const affected = (object: KubeObject): Effect.Effect<void> =>
      Effect.forEach(
        sets.list(namespaceOf(object)).filter((set) => {
          const owner = controllerOf(object)
          if (owner !== undefined) return owner === uidOf(set)
          return matchesSelector(object.metadata.labels, set.spec?.selector)
        }),
        ofSet,
        { discard: true },
      )
    const ofDependent = (change: Change<KubeObject>): Effect.Effect<void> => affected(subjectOf(change))

    const sets = yield* follow<StatefulSetObject>(Kinds.StatefulSet, ({ current }) =>
      current === undefined ? Effect.void : ofSet(current),
    )
    const pods = yield* follow<PodObject>(Kinds.Pod, ofDependent)
    const claims = yield* follow<ClaimObject>(Kinds.PersistentVolumeClaim, ofDependent)
    const revisions = yield* follow<RevisionObject>(Kinds.ControllerRevision, ofDependent)
    yield* Effect.all([sets.synced, pods.synced, claims.synced, revisions.synced], { discard: true }).pipe(
      Effect.zipRight(Deferred.succeed(isReady, undefined)),
      Effect.forkScoped,
    )
  },
)
