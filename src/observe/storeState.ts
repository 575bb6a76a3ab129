/**
 * What a store holds and every synchronous step on it: indexes, tombstones, swaps. No effects; time comes in as an argument.
 */
import * as Either from "effect/Either"
import {
  type ClusterKey,
  type KubeObject,
  type ObjectIdentity,
  type ObjectRef,
  type ResourceKind,
  keyString,
} from "../domain/Kubernetes.js"
import { isSame } from "../domain/Json.js"
import { defined } from "./fields.js"
import { type Fingerprint, withoutVersion } from "./fingerprints.js"
import { freshness, isOlder, isRemovedBy, isUpTo } from "./versions.js"
import { type Decode, identity } from "./views.js"

/** A difference worth acting on: the fingerprint of one object changed, or it came or went. */
export interface Change<V> {
  /** The clusters concerned, before and after. */
  readonly keys: ReadonlyArray<ClusterKey>
  /** `Pod default/db-0-1 changed`: for logs and traces, never for decisions. */
  readonly why: string
  readonly before?: V
  readonly after?: V
}

export interface StoreOptions<V> {
  readonly kind: ResourceKind
  readonly decode: Decode<V>
  /** The clusters an object belongs to; empty for objects of nobody. */
  readonly keysOf: (view: V) => ReadonlyArray<ClusterKey>
  /** What counts as a change. Default: everything but `resourceVersion`. */
  readonly fingerprint?: Fingerprint<V>
  /**
   * Structural sharing: gives a newer view of the same object the parts of the older one that are equal, so that what was computed from them
   * stays valid. Default: none.
   */
  readonly share?: (before: V, after: V) => V
  /** Namespaces that are listed and watched each on its own. Default: one picture covers everything. */
  readonly namespaces?: ReadonlyArray<string>
  /** Deletions remembered between two lists, at most. Default 10 000. */
  readonly maxTombstones?: number
  /**
   * After so many lists in a row that are older than what is known, feeding dies: a lagging server catches up, one that was restored from a
   * backup never does, and only a process with an empty store can follow it. Default 60 (10 minutes of polling).
   */
  readonly maxStaleLists?: number
}

interface Entry<V> {
  readonly view: V
  readonly keys: ReadonlyArray<ClusterKey>
}

/** `namespace/name`, the key of the store's maps. */
export const refString = (ref: ObjectRef): string => `${ref.namespace ?? ""}/${ref.name}`

/** Order by namespace and name. */
export const byName = (a: ObjectIdentity, b: ObjectIdentity): number => {
  const [left, right] = [refString(a), refString(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

/** Forgets the oldest entries beyond `max`. */
const bound = (map: Map<string, unknown> | Set<string>, max: number): void => {
  for (const oldest of map.keys()) {
    if (map.size <= max) return
    map.delete(oldest)
  }
}

/** How many clusters without objects keep their `changedAt`. */
const maxDeparted = 10_000

/** The state of one store and every synchronous step on it. `changes` collects what listeners must hear. */
export const makeState = <V extends ObjectIdentity>(options: StoreOptions<V>) => {
  const fingerprint: Fingerprint<V> = options.fingerprint ?? withoutVersion
  const maxTombstones = options.maxTombstones ?? 10_000
  const objects = new Map<string, Entry<V>>()
  const members = new Map<string, Set<string>>()
  const changedAt = new Map<string, number>()
  const departed = new Set<string>()
  /** `namespace/name` → version of the deletion. */
  const tombstones = new Map<string, string>()
  /** Uids we know to be deleted without knowing the version. */
  const goneUids = new Set<string>()
  /** Scope (namespace or "") → version of its latest complete list. */
  const listedAt = new Map<string, string>()
  /** Scopes in which the API server does not know the kind. */
  const unserved = new Set<string>()
  const problems = new Map<string, string>()
  let lastSync: number | undefined

  const listedFor = (namespace: string): string | undefined => {
    const [own, all] = [listedAt.get(namespace), listedAt.get("")]
    return own === undefined || (all !== undefined && isOlder(own, all)) ? all : own
  }

  const touch = (keys: ReadonlyArray<ClusterKey>, now: number): void => {
    for (const key of keys.map(keyString)) {
      changedAt.set(key, now)
      if (members.has(key)) departed.delete(key)
      else departed.add(key)
    }
    for (const oldest of departed) {
      if (departed.size <= maxDeparted) break
      departed.delete(oldest)
      changedAt.delete(oldest)
    }
  }

  const unlink = (ref: string, keys: ReadonlyArray<ClusterKey>): void => {
    for (const key of keys.map(keyString)) {
      const refs = members.get(key)
      refs?.delete(ref)
      if (refs?.size === 0) members.delete(key)
    }
  }

  const link = (ref: string, keys: ReadonlyArray<ClusterKey>): void => {
    for (const key of keys.map(keyString)) {
      const refs = members.get(key)
      if (refs === undefined) members.set(key, new Set([ref]))
      else refs.add(ref)
    }
  }

  const describe = (view: V, what: string): string =>
    `${options.kind.kind} ${view.namespace === "" ? "" : `${view.namespace}/`}${view.name} ${what}`

  const isEquivalent = (a: Entry<V>, b: Entry<V>): boolean =>
    isSame(fingerprint(a.view), fingerprint(b.view)) && isSame(a.keys, b.keys)

  const whatHappened = (before: unknown, after: unknown): string =>
    after === undefined ? "removed" : before === undefined ? "added" : "changed"

  const changeOf = (before: Entry<V> | undefined, after: Entry<V> | undefined): Change<V> | undefined => {
    const view = after?.view ?? before?.view
    if (view === undefined) return undefined
    const isReplaced = before !== undefined && after !== undefined && before.view.uid !== after.view.uid
    if (before !== undefined && after !== undefined && !isReplaced && isEquivalent(before, after)) return undefined
    const keys = new Map([...(before?.keys ?? []), ...(after?.keys ?? [])].map((key) => [keyString(key), key]))
    return {
      keys: [...keys.values()],
      why: describe(view, isReplaced ? "replaced" : whatHappened(before, after)),
      ...defined({ before: before?.view, after: after?.view }),
    }
  }

  const store = (ref: string, entry: Entry<V> | undefined, changes: Array<Change<V>>, now: number): void => {
    const before = objects.get(ref)
    if (before !== undefined) unlink(ref, before.keys)
    problems.delete(ref)
    if (entry === undefined) objects.delete(ref)
    else {
      objects.set(ref, entry)
      link(ref, entry.keys)
    }
    const change = changeOf(before, entry)
    if (change === undefined) return
    touch(change.keys, now)
    changes.push(change)
  }

  const read = (object: KubeObject): Either.Either<Entry<V>, string> =>
    Either.try({
      try: () => Either.map(options.decode(object), (view): Entry<V> => ({ view, keys: options.keysOf(view) })),
      catch: (cause) => `cannot be read: ${String(cause)}`,
    }).pipe(Either.flatMap((entry) => entry))

  const shared = (before: Entry<V> | undefined, after: Entry<V>): Entry<V> =>
    options.share === undefined || before?.view.uid !== after.view.uid
      ? after
      : { ...after, view: options.share(before.view, after.view) }

  /** One object that exists. Answers whether the store changed. */
  const upsert = (
    object: KubeObject,
    id: ObjectIdentity,
    isListed: boolean,
    changes: Array<Change<V>>,
    now: number,
  ): boolean => {
    const ref = refString(id)
    if (goneUids.has(id.uid)) return false
    const fresh = freshness(id.resourceVersion, {
      stored: objects.get(ref)?.view,
      deletedAt: tombstones.get(ref),
      listedAt: isListed ? undefined : listedFor(id.namespace),
    })
    if (fresh !== "newer") return false
    const entry = read(object)
    if (Either.isLeft(entry)) {
      problems.set(ref, entry.left)
      return false
    }
    tombstones.delete(ref)
    store(ref, shared(objects.get(ref), entry.right), changes, now)
    return true
  }

  const remove = (id: ObjectIdentity, changes: Array<Change<V>>, now: number): boolean => {
    const ref = refString(id)
    const stored = objects.get(ref)?.view
    if (stored !== undefined && !isRemovedBy(stored, id)) return false
    const known = tombstones.get(ref)
    if (known === undefined || isOlder(known, id.resourceVersion)) {
      tombstones.delete(ref)
      tombstones.set(ref, id.resourceVersion)
      bound(tombstones, maxTombstones)
    }
    goneUids.delete(id.uid)
    problems.delete(ref)
    if (stored === undefined) return false
    store(ref, undefined, changes, now)
    return true
  }

  const removeUid = (ref: string, uid: string, changes: Array<Change<V>>, now: number): void => {
    goneUids.add(uid)
    bound(goneUids, maxTombstones)
    if (objects.get(ref)?.view.uid === uid) store(ref, undefined, changes, now)
  }

  const isCovered = (ref: string, scope: string): boolean => scope === "" || ref.startsWith(`${scope}/`)

  /** A complete picture as of `version`. Answers how many objects changed; undefined when the picture is older than one we had. */
  const swap = (
    scope: string,
    version: string,
    items: ReadonlyArray<KubeObject>,
    changes: Array<Change<V>>,
    now: number,
  ): number | undefined => {
    const previous = listedAt.get(scope)
    if (previous !== undefined && isOlder(version, previous)) return undefined
    const seen = new Set<string>()
    const uids = new Set<string>()
    let count = 0
    problems.delete("?")
    for (const object of items) {
      const id = identity(object)
      if (Either.isLeft(id)) {
        problems.set("?", id.left)
        continue
      }
      seen.add(refString(id.right))
      uids.add(id.right.uid)
      if (upsert(object, id.right, true, changes, now)) count += 1
    }
    for (const [ref, entry] of [...objects]) {
      if (seen.has(ref) || !isCovered(ref, scope) || isOlder(version, entry.view.resourceVersion)) continue
      store(ref, undefined, changes, now)
      count += 1
    }
    listedAt.set(scope, version)
    unserved.delete(scope)
    for (const ref of [...problems.keys()])
      if (ref !== "?" && isCovered(ref, scope) && !seen.has(ref)) problems.delete(ref)
    for (const [ref, at] of tombstones) if (isCovered(ref, scope) && isUpTo(at, version)) tombstones.delete(ref)
    if (scope === "") for (const uid of goneUids) if (!uids.has(uid)) goneUids.delete(uid)
    return count
  }

  /** The kind went, and every object with it; versions go on growing, so those of before still count when it comes back. */
  const unserve = (scope: string, changes: Array<Change<V>>, now: number): void => {
    unserved.add(scope)
    for (const ref of [...objects.keys()]) if (isCovered(ref, scope)) store(ref, undefined, changes, now)
    for (const ref of [...problems.keys()]) if (ref === "?" || isCovered(ref, scope)) problems.delete(ref)
  }

  return {
    objects,
    members,
    changedAt,
    problems,
    upsert,
    remove,
    removeUid,
    swap,
    unserve,
    isServed: () => unserved.size === 0,
    heard: (now: number) => {
      lastSync = now
    },
    lastSync: () => lastSync,
    isListed: (scope: string) => listedAt.has(scope) || unserved.has(scope),
  }
}
