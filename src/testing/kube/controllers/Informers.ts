/** A watch-fed copy of one kind, the way Kubernetes' own controllers see the world. Deliberately apart from the operator's watcher: a fault there must not change this world. */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { KubeObject, ObjectRef, ResourceKind } from "../../../domain/Kubernetes.js"
import { KubeReader } from "../../../kube/KubeClient.js"
import { isGone, type KubeError } from "../../../kube/KubeError.js"
import { nameOf, namespaceOf } from "./objects.js"

/** `current` is absent for a deletion, `previous` for an object not seen before. A recreated object comes as deletion plus addition. */
export type Change<A> =
  { readonly current: A; readonly previous?: A } | { readonly current?: undefined; readonly previous: A }

/** The newest state of the object a change is about. */
export const subjectOf = <A extends object>(change: Change<A>): A =>
  change.current ?? (change as { readonly previous: A }).previous

/** The copy. Reads are synchronous and never older than the last delivered change. */
export interface Informer<A extends KubeObject> {
  readonly get: (ref: ObjectRef) => A | undefined
  /** In order of first appearance. Absent namespace: all. */
  readonly list: (namespace?: string) => ReadonlyArray<A>
  /** Completes when the first picture is complete. */
  readonly synced: Effect.Effect<void>
}

const keyOf = (ref: { readonly namespace?: string; readonly name: string }): string =>
  `${ref.namespace ?? ""}/${ref.name}`

/** One watch lasts this long at most; in-memory servers hold it open, real ones may end it earlier. */
const watchSeconds = 3600
const firstPauseMs = 50
const longestPauseMs = 5_000

type Listener = (change: Change<KubeObject>) => Effect.Effect<void>

/** Keeps a copy of all objects of a kind until the scope closes. Survives broken connections (resume) and 410 (a new picture). */
const makeInformer = (
  reader: KubeReader["Type"],
  kind: ResourceKind,
  listeners: ReadonlySet<Listener>,
): Effect.Effect<Informer<KubeObject>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const objects = new Map<string, KubeObject>()
    const isSynced = yield* Deferred.make<void>()
    let version: string | undefined
    let failures = 0

    const tell = (change: Change<KubeObject>): Effect.Effect<void> =>
      Effect.forEach([...listeners], (listener) => listener(change), { discard: true })
    const accept = (current: KubeObject): Effect.Effect<void> => {
      const key = keyOf({ namespace: namespaceOf(current), name: nameOf(current) })
      const previous = objects.get(key)
      if (previous?.metadata.resourceVersion === current.metadata.resourceVersion) return Effect.void
      objects.set(key, current)
      if (previous === undefined) return tell({ current })
      if (previous.metadata.uid === current.metadata.uid) return tell({ current, previous })
      // Deleted and made again between two looks: another object under the same name (R26).
      return Effect.zipRight(tell({ previous }), tell({ current }))
    }
    const forget = (gone: KubeObject): Effect.Effect<void> =>
      Effect.suspend(() =>
        objects.delete(keyOf({ namespace: namespaceOf(gone), name: nameOf(gone) }))
          ? tell({ previous: gone })
          : Effect.void,
      )

    const relist = Effect.gen(function* () {
      const page = yield* reader.list(kind, {})
      const seen = new Set(page.items.map((item) => keyOf({ namespace: namespaceOf(item), name: nameOf(item) })))
      for (const [key, object] of objects) if (!seen.has(key)) yield* forget(object)
      for (const item of page.items) yield* accept(item)
      version = page.resourceVersion
      yield* Deferred.succeed(isSynced, undefined)
    })

    const follow = (from: string) =>
      reader.watch(kind, { resourceVersion: from, timeoutSeconds: watchSeconds }).pipe(
        Stream.runForEach((event) => {
          failures = 0
          if (event.type === "BOOKMARK") {
            version = event.resourceVersion
            return Effect.void
          }
          version = event.object.metadata.resourceVersion ?? version
          return event.type === "DELETED" ? forget(event.object) : accept(event.object)
        }),
      )

    const recover = (error: KubeError): Effect.Effect<void> => {
      if (isGone(error)) version = undefined
      const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures++, 10))
      return Effect.logDebug(`${kind.plural}: ${error.message}; again in ${pause} ms`).pipe(
        Effect.zipRight(Effect.sleep(pause)),
      )
    }
    const once = Effect.suspend(() => (version === undefined ? relist : follow(version)))
    yield* Effect.forkScoped(Effect.forever(Effect.zipRight(Effect.catchAll(once, recover), Effect.yieldNow())))

    return {
      get: (ref) => objects.get(keyOf(ref)),
      list: (namespace) =>
        [...objects.values()].filter((object) => namespace === undefined || namespaceOf(object) === namespace),
      synced: Deferred.await(isSynced),
    }
  })

/** One copy per kind, shared by all controllers of a world: one watch each, whoever looks. */
export class Informers extends Context.Tag("acko/testing/Informers")<
  Informers,
  {
    /**
     * The copy of a kind. Until the scope closes every change is told to `onChange`, in order; objects known already are told as
     * additions, soon but not at once. An object may be told twice as an addition: listeners take state, not counts.
     *
     * *Gotchas*: all listeners run in one fiber, so none may wait for anything but itself.
     */
    readonly follow: <A extends KubeObject>(
      kind: ResourceKind,
      onChange: (change: Change<A>) => Effect.Effect<void>,
    ) => Effect.Effect<Informer<A>, never, Scope.Scope>
  }
>() {}

const makeInformers: Effect.Effect<Informers["Type"], never, KubeReader | Scope.Scope> = Effect.gen(function* () {
  const reader = yield* KubeReader
  const scope = yield* Effect.scope
  const copies = new Map<ResourceKind, { readonly informer: Informer<KubeObject>; readonly listeners: Set<Listener> }>()

  const copyOf = (kind: ResourceKind) =>
    Effect.gen(function* () {
      const known = copies.get(kind)
      if (known !== undefined) return known
      const listeners = new Set<Listener>()
      const informer = yield* Effect.provideService(makeInformer(reader, kind, listeners), Scope.Scope, scope)
      const copy = { informer, listeners }
      copies.set(kind, copy)
      return copy
    })

  return {
    follow: <A extends KubeObject>(kind: ResourceKind, onChange: (change: Change<A>) => Effect.Effect<void>) =>
      Effect.gen(function* () {
        const { informer, listeners } = yield* copyOf(kind)
        const listener = onChange as Listener
        listeners.add(listener)
        yield* Effect.addFinalizer(() => Effect.sync(() => listeners.delete(listener)))
        yield* Effect.forkScoped(
          Effect.suspend(() => Effect.forEach(informer.list(), (current) => listener({ current }), { discard: true })),
        )
        return informer as Informer<A>
      }),
  }
})

export const layerInformers: Layer.Layer<Informers, never, KubeReader> = Layer.scoped(Informers, makeInformers)
