/**
 * Everything the operator knows about one kind, fed by its observer and by the answers to its own writes.
 *
 * *Guarantees.* Per object, versions only grow (R20). Half a list is never visible: a picture is swapped in at `InitDone`, and what is missing
 * from it is removed (R32, R42). Nothing deleted comes back from an older list, poll or replay (R43, R44). An object with another uid is another
 * object (R26). Our own writes are visible at once (R19). An object that cannot be read is counted and skipped; it hides no other, and what we
 * knew about it before stays (R36).
 *
 * *Gotchas.* Listeners run in the fiber that feeds the store: they must be quick (add a key to a queue).
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import {
  type ClusterKey,
  type KubeObject,
  type ObjectIdentity,
  type ObjectRef,
  type ResourceKind,
  keyString,
} from "../domain/Kubernetes.js"
import type { WatcherEvent } from "../kube/WatcherEvent.js"
import { badObjects } from "./observeMetrics.js"
import { type Change, type StoreOptions, byName, makeState, refString } from "./storeState.js"
import { identity } from "./views.js"

export type { Change, StoreOptions } from "./storeState.js"

/** One source's way into the store. It keeps its unfinished picture to itself, so sources do not disturb each other. */
export interface Feed {
  /** Takes one event; answers how many objects of the store it changed, version-only changes included. */
  readonly handle: (event: WatcherEvent) => Effect.Effect<number>
  /** The API server does not know the kind (any more): a complete picture, too, of nothing. */
  readonly unserved: Effect.Effect<void>
}

export interface StoreReader<V> {
  readonly kind: ResourceKind
  readonly get: (ref: ObjectRef) => Effect.Effect<V | undefined>
  /** All objects, by namespace and name. */
  readonly list: Effect.Effect<ReadonlyArray<V>>
  /** The objects of one cluster, by name. */
  readonly byCluster: (key: ClusterKey) => Effect.Effect<ReadonlyArray<V>>
  /** Completes with the first complete picture (of every namespace). Nothing is worked on before. */
  readonly ready: Effect.Effect<void>
  readonly isReady: Effect.Effect<boolean>
  /** False while the API server does not know the kind (see {@link Feed.unserved}). */
  readonly isServed: Effect.Effect<boolean>
  /** Epoch ms of the latest word from the API server (list, event, bookmark); undefined before the first. */
  readonly lastSync: Effect.Effect<number | undefined>
  /** When (epoch ms) the latest change of any object of this cluster reached us; 0 when none ever did. */
  readonly changedAt: (key: ClusterKey) => Effect.Effect<number>
  /** {@link changedAt} for synchronous code. */
  readonly unsafeChangedAt: (key: ClusterKey) => number
  /** Objects that could not be read: `namespace/name` → what is wrong. */
  readonly problems: Effect.Effect<ReadonlyMap<string, string>>
  /** Calls `listener` for every change from now on, in order, until the scope closes. */
  readonly subscribe: (listener: (change: Change<V>) => Effect.Effect<void>) => Effect.Effect<void, never, Scope.Scope>
}

export interface StoreWriter {
  /** A feed whose lists cover `namespace`, or everything when it is absent. */
  readonly feed: (namespace?: string) => Feed
  /** An answer of the API server, to our own write or a quorum read: in the store at once. Answers of another kind (`Scale`, `Status`) are left alone. */
  readonly confirm: (object: KubeObject) => Effect.Effect<void>
  /** Our own delete is final: this very object (by uid) is gone, whatever late messages say. */
  readonly confirmGone: (ref: ObjectRef, uid: string) => Effect.Effect<void>
}

export interface Store<V> extends StoreReader<V>, StoreWriter {}

/** An empty store for one kind. */
export const make = <V extends ObjectIdentity>(options: StoreOptions<V>): Effect.Effect<Store<V>> =>
  Effect.sync(() => {
    const state = makeState(options)
    const scopes = options.namespaces === undefined || options.namespaces.length === 0 ? [""] : options.namespaces
    const ready = Effect.unsafeMakeLatch(false)
    const listeners = new Set<(change: Change<V>) => Effect.Effect<void>>()
    const badGauge = badObjects.pipe(Metric.tagged("kind", options.kind.kind))
    const reported = new Map<string, string>()
    const maxStaleLists = options.maxStaleLists ?? 60
    let isReady = false
    /** Lists in a row that were older than what is known. */
    let staleLists = 0

    const rejected = (version: string): Effect.Effect<void> => {
      staleLists += 1
      const log = Effect.annotateLogs(Effect.logInfo("ignored a list older than what is known"), {
        kind: options.kind.kind,
        resourceVersion: version,
        inARow: staleLists,
      })
      return staleLists < maxStaleLists
        ? log
        : Effect.dieMessage(
            `${options.kind.plural}: ${staleLists} lists in a row were older than what was known before; ` +
              "the history of the API server went backwards (restored from a backup?), a fresh start is needed",
          )
    }

    const reportProblems = Effect.suspend(() => {
      if (state.problems.size === 0 && reported.size === 0) return Effect.void
      const fresh = [...state.problems].filter(([ref, problem]) => reported.get(ref) !== problem)
      reported.clear()
      for (const [ref, problem] of state.problems) reported.set(ref, problem)
      return Effect.zipRight(
        Metric.set(badGauge, state.problems.size),
        Effect.forEach(
          fresh,
          ([ref, problem]) =>
            Effect.annotateLogs(Effect.logWarning("skipped an object that cannot be read"), {
              kind: options.kind.kind,
              object: ref,
              problem,
            }),
          { discard: true },
        ),
      )
    })

    const notify = (changes: ReadonlyArray<Change<V>>): Effect.Effect<void> =>
      changes.length === 0 || listeners.size === 0
        ? Effect.void
        : Effect.forEach(
            changes,
            (change) => Effect.forEach([...listeners], (listener) => listener(change), { discard: true }),
            { discard: true },
          )

    /** One synchronous step on the state, then its consequences: also when whoever feeds is interrupted in between, for nobody would tell them later. */
    const step = <A>(run: (changes: Array<Change<V>>, now: number) => A): Effect.Effect<A> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const changes: Array<Change<V>> = []
        const result = run(changes, now)
        return Effect.as(Effect.zipRight(reportProblems, notify(changes)), result)
      }).pipe(Effect.uninterruptible)

    const unreadable = (problem: string): number => {
      state.problems.set("?", problem)
      return 0
    }

    const single = (object: KubeObject, isGone: boolean, changes: Array<Change<V>>, now: number): number => {
      const id = identity(object)
      if (Either.isLeft(id)) return unreadable(id.left)
      const isChanged = isGone
        ? state.remove(id.right, changes, now)
        : state.upsert(object, id.right, false, changes, now)
      return isChanged ? 1 : 0
    }

    /** Every namespace has its first complete picture, if this was the last one missing. */
    const pictured = Effect.suspend(() => {
      if (isReady || !scopes.every(state.isListed)) return Effect.void
      isReady = true
      return ready.open
    })

    const feed = (namespace?: string): Feed => {
      const scope = namespace ?? ""
      let picture: Array<KubeObject> | undefined
      const finish = (version: string): Effect.Effect<number> => {
        const items = picture ?? []
        picture = undefined
        return step((changes, now) => {
          const count = state.swap(scope, version, items, changes, now)
          if (count !== undefined) state.heard(now)
          return count
        }).pipe(
          Effect.flatMap((count) => {
            if (count === undefined) {
              return Effect.as(rejected(version), 0)
            }
            staleLists = 0
            return Effect.as(pictured, count)
          }),
        )
      }
      return {
        unserved: step((changes, now) => {
          picture = undefined
          state.heard(now)
          state.unserve(scope, changes, now)
        }).pipe(Effect.zipRight(pictured)),
        handle: (event) => {
          switch (event._tag) {
            case "Init":
              picture = []
              return Effect.succeed(0)
            case "InitApply":
              picture?.push(event.object)
              return Effect.succeed(0)
            case "InitDone":
              return picture === undefined ? Effect.succeed(0) : finish(event.resourceVersion)
            case "Apply":
            case "Delete":
              return step((changes, now) => {
                state.heard(now)
                return single(event.object, event._tag === "Delete", changes, now)
              })
            case "Connected":
            case "Bookmark":
              return Effect.map(Clock.currentTimeMillis, (now) => {
                state.heard(now)
                return 0
              })
            case "Failed":
              return Effect.succeed(0)
          }
        },
      }
    }

    const views = (refs: Iterable<string>): ReadonlyArray<V> => {
      const found: Array<V> = []
      for (const ref of refs) {
        const entry = state.objects.get(ref)
        if (entry !== undefined) found.push(entry.view)
      }
      return found.sort(byName)
    }

    const changedAt = (key: ClusterKey): number => state.changedAt.get(keyString(key)) ?? 0

    return {
      kind: options.kind,
      get: (ref) => Effect.sync(() => state.objects.get(refString(ref))?.view),
      list: Effect.sync(() => views(state.objects.keys())),
      byCluster: (key) => Effect.sync(() => views(state.members.get(keyString(key)) ?? [])),
      ready: ready.await,
      isReady: Effect.sync(() => isReady),
      isServed: Effect.sync(state.isServed),
      lastSync: Effect.sync(state.lastSync),
      changedAt: (key) => Effect.sync(() => changedAt(key)),
      unsafeChangedAt: changedAt,
      problems: Effect.sync(() => new Map(state.problems)),
      subscribe: (listener) =>
        Effect.acquireRelease(
          Effect.sync(() => listeners.add(listener)),
          () => Effect.sync(() => listeners.delete(listener)),
        ).pipe(Effect.asVoid),
      feed,
      // The `scale` subresource answers with a Scale, a delete sometimes with a Status: neither is ours to keep.
      confirm: (object) =>
        object.kind === options.kind.kind
          ? Effect.asVoid(step((changes, now) => single(object, false, changes, now)))
          : Effect.void,
      confirmGone: (ref, uid) => step((changes, now) => state.removeUid(refString(ref), uid, changes, now)),
    }
  })
