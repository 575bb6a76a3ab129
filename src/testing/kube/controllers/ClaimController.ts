/** Binds claims to volumes, expands them, and keeps a claim in use from vanishing (`pvc-protection`). */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { apiVersionOf, Kinds, type KubeObject } from "../../../domain/Kubernetes.js"
import { KubeWriter } from "../../../kube/KubeClient.js"
import { isAlreadyExists, isNotFound, type KubeError } from "../../../kube/KubeError.js"
import { MoreKinds } from "../builtinResources.js"
import { Informers, subjectOf } from "./Informers.js"
import { makeKeyedLoop } from "./KeyedLoop.js"
import { type ClaimObject, isTerminating, nameOf, namespaceOf, type PodObject, refOf, uidOf } from "./objects.js"

export const claimProtection = "kubernetes.io/pvc-protection"

/** The volume a dynamic provisioner would make for a claim. */
const volumeFor = (claim: ClaimObject, storageClass: string | undefined): KubeObject => ({
  apiVersion: apiVersionOf(MoreKinds.PersistentVolume),
  kind: MoreKinds.PersistentVolume.kind,
  metadata: { name: `pvc-${uidOf(claim)}` },
  spec: {
    capacity: { storage: claim.spec?.resources?.requests?.["storage"] ?? "1Gi" },
    accessModes: claim.spec?.accessModes ?? ["ReadWriteOnce"],
    volumeMode: claim.spec?.volumeMode ?? "Filesystem",
    persistentVolumeReclaimPolicy: "Delete",
    ...(storageClass !== undefined && { storageClassName: storageClass }),
    claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", ...refOf(claim), uid: uidOf(claim) },
    hostPath: { path: `/volumes/${uidOf(claim)}` },
  },
})

interface StorageClassObject extends KubeObject {
  readonly allowVolumeExpansion?: boolean
}

const isDefault = (storageClass: StorageClassObject): boolean =>
  storageClass.metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true"

const uses = (pod: PodObject, claim: ClaimObject): boolean =>
  (pod.spec?.volumes ?? []).some((volume) => volume.persistentVolumeClaim?.claimName === nameOf(claim)) &&
  pod.status?.phase !== "Succeeded" &&
  pod.status?.phase !== "Failed"

/**
 * Runs until the scope closes. A claim of a class that does not exist stays `Pending`.
 *
 * @param releaseVolume told the UID of a claim that is gone: its data is gone too
 */
export const runClaimController = (
  releaseVolume: (claimUid: string) => Effect.Effect<void>,
): Effect.Effect<void, never, Informers | KubeWriter | Scope.Scope> =>
  Effect.gen(function* () {
    const writer = yield* KubeWriter
    const { follow } = yield* Informers
    const isReady = yield* Deferred.make<void>()

    const setFinalizers = (claim: ClaimObject, finalizers: ReadonlyArray<string>) =>
      writer.patch(Kinds.PersistentVolumeClaim, refOf(claim), {
        type: "merge",
        body: { metadata: { uid: uidOf(claim), finalizers, resourceVersion: claim.metadata.resourceVersion } },
      })

    /** The class that serves the claim; undefined when there is none (yet). */
    const classOf = (claim: ClaimObject): StorageClassObject | undefined => {
      const wanted = claim.spec?.storageClassName
      return classes
        .list()
        .find((candidate) => (wanted === undefined ? isDefault(candidate) : nameOf(candidate) === wanted))
    }

    const bind = (claim: ClaimObject, storageClass: StorageClassObject): Effect.Effect<void, KubeError> =>
      Effect.gen(function* () {
        const volume = volumeFor(claim, nameOf(storageClass))
        yield* writer
          .create(MoreKinds.PersistentVolume, volume)
          .pipe(Effect.catchIf(isAlreadyExists, () => Effect.succeed(volume)))
        yield* writer.patch(Kinds.PersistentVolumeClaim, refOf(claim), {
          type: "merge",
          body: { metadata: { uid: uidOf(claim) }, spec: { volumeName: nameOf(volume) } },
        })
        yield* report(claim)
      })

    const report = (claim: ClaimObject): Effect.Effect<void, KubeError> =>
      Effect.asVoid(
        writer.patch(Kinds.PersistentVolumeClaim, refOf(claim), {
          type: "merge",
          body: {
            metadata: { uid: uidOf(claim) },
            status: {
              phase: "Bound",
              accessModes: claim.spec?.accessModes ?? ["ReadWriteOnce"],
              capacity: { storage: claim.spec?.resources?.requests?.["storage"] ?? "1Gi" },
            },
          },
          subresource: "status",
        }),
      )

    const release = (claim: ClaimObject): Effect.Effect<void, KubeError> =>
      Effect.gen(function* () {
        if (pods.list(namespaceOf(claim)).some((pod) => uses(pod, claim))) return
        const finalizers = claim.metadata.finalizers ?? []
        if (!finalizers.includes(claimProtection)) return
        yield* setFinalizers(
          claim,
          finalizers.filter((finalizer) => finalizer !== claimProtection),
        )
      })

    const reconcile = (key: string): Effect.Effect<void, KubeError> =>
      Effect.gen(function* () {
        yield* Deferred.await(isReady)
        const [namespace = "", name = ""] = key.split("/")
        const claim = claims.get({ namespace, name })
        if (claim === undefined) return
        if (isTerminating(claim)) return yield* release(claim)
        const finalizers = claim.metadata.finalizers ?? []
        if (!finalizers.includes(claimProtection)) yield* setFinalizers(claim, [...finalizers, claimProtection])
        const storageClass = classOf(claim)
        if (storageClass === undefined) return
        if (claim.status?.phase !== "Bound") return yield* bind(claim, storageClass)
        const isResized = claim.spec?.resources?.requests?.["storage"] !== claim.status.capacity?.["storage"]
        if (isResized && storageClass.allowVolumeExpansion !== false) yield* report(claim)
      }).pipe(Effect.catchIf(isNotFound, () => Effect.void))
    const loop = yield* makeKeyedLoop("claims", reconcile)
    const add = (claim: ClaimObject) => loop.add(`${namespaceOf(claim)}/${nameOf(claim)}`)

    const scope = yield* Effect.scope
    const volumeGone = (claimUid: string): Effect.Effect<void> =>
      writer.remove(MoreKinds.PersistentVolume, { name: `pvc-${claimUid}` }, {}).pipe(
        Effect.catchAll((error) => Effect.logDebug(error.message)),
        Effect.zipRight(releaseVolume(claimUid)),
      )
    const claims = yield* follow<ClaimObject>(Kinds.PersistentVolumeClaim, ({ current, previous }) =>
      current === undefined
        ? // Reclaim policy `Delete`: the volume goes with its claim.
          Effect.forkIn(volumeGone(uidOf(previous)), scope)
        : add(current),
    )
    const pods = yield* follow<PodObject>(Kinds.Pod, (change) => {
      const pod = subjectOf(change)
      return Effect.suspend(() =>
        Effect.forEach(
          claims.list(namespaceOf(pod)).filter((claim) => isTerminating(claim) && uses({ ...pod, status: {} }, claim)),
          add,
          { discard: true },
        ),
      )
    })
    const classes = yield* follow<StorageClassObject>(Kinds.StorageClass, () =>
      Effect.suspend(() =>
        Effect.forEach(
          claims.list().filter((claim) => claim.status?.phase !== "Bound"),
          add,
          { discard: true },
        ),
      ),
    )
    yield* Effect.all([claims.synced, pods.synced, classes.synced], { discard: true }).pipe(
      Effect.zipRight(Deferred.succeed(isReady, undefined)),
      Effect.forkScoped,
    )
  })
