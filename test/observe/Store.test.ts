import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import { Kinds, type KubeObject, type ObjectIdentity, type PodView } from "../../src/domain/Kubernetes.js"
import { Label } from "../../src/domain/Labels.js"
import type { ClusterView } from "../../src/domain/Snapshot.js"
import { clusterFingerprint } from "../../src/observe/fingerprints.js"
import { type Change, type Feed, make, type StoreOptions } from "../../src/observe/Store.js"
import { clusterView, podView } from "../../src/observe/views.js"

const key = { namespace: "default", name: "db" }

const pod = (
  name: string,
  version: string,
  more: Partial<Record<"uid" | "cluster" | "phase" | "namespace", string>> = {},
): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    namespace: more.namespace ?? "default",
    uid: more.uid ?? `uid-${name}`,
    resourceVersion: version,
    labels: { [Label.instance]: more.cluster ?? "db" },
  },
  status: { phase: more.phase ?? "Running" },
})

const podStore = (options: Partial<StoreOptions<PodView>> = {}) =>
  Effect.gen(function* () {
    const store = yield* make<PodView>({
      kind: Kinds.Pod,
      decode: podView,
      keysOf: (view) => {
        const name = view.labels[Label.instance]
        return name === undefined ? [] : [{ namespace: view.namespace, name }]
      },
      ...options,
    })
    const told: Array<Change<PodView>> = []
    yield* store.subscribe((change) => Effect.sync(() => told.push(change)))
    return {
      store,
      told,
      why: () => told.splice(0).map((change) => change.why),
      names: Effect.map(store.list, (views) => views.map((view) => `${view.name}@${view.resourceVersion}`)),
    }
  })

const list = (feed: Feed, version: string, ...items: ReadonlyArray<KubeObject>) =>
  Effect.gen(function* () {
    yield* feed.handle({ _tag: "Init" })
    for (const object of items) yield* feed.handle({ _tag: "InitApply", object })
    return yield* feed.handle({ _tag: "InitDone", resourceVersion: version })
  })
const apply = (feed: Feed, object: KubeObject) => feed.handle({ _tag: "Apply", object })
const gone = (feed: Feed, object: KubeObject) => feed.handle({ _tag: "Delete", object })

describe("Store", () => {
  it.scoped("R32 R42 shows nothing of a list before it is complete, then swaps and tells the differences", () =>
    Effect.gen(function* () {
      const { store, names, why } = yield* podStore()
      const feed = store.feed()
      const waiting = yield* Effect.fork(store.ready)
      yield* feed.handle({ _tag: "Init" })
      yield* feed.handle({ _tag: "InitApply", object: pod("a", "1") })
      expect(yield* names).toEqual([])
      expect(yield* store.isReady).toBe(false)
      expect(yield* store.lastSync).toBe(undefined)
      // A list that starts over voids what came before.
      yield* list(feed, "10", pod("b", "2"), pod("c", "3"))
      yield* Fiber.join(waiting)
      expect(yield* names).toEqual(["b@2", "c@3"])
      expect(why()).toEqual(["Pod default/b added", "Pod default/c added"])
      yield* list(feed, "20", pod("c", "12"), pod("d", "13"))
      expect(yield* names).toEqual(["c@12", "d@13"])
      expect(why()).toEqual(["Pod default/d added", "Pod default/b removed"])
    }),
  )

  it.scoped("R20 versions are compared as integers beyond 2^53 and an older one never wins", () =>
    Effect.gen(function* () {
      const { store, names } = yield* podStore()
      const feed = store.feed()
      yield* list(feed, "9007199254740992")
      yield* apply(feed, pod("a", "9007199254740993"))
      yield* apply(feed, pod("a", "9007199254740995"))
      expect(yield* apply(feed, pod("a", "9007199254740994"))).toBe(0)
      expect(yield* apply(feed, pod("a", "999"))).toBe(0)
      expect(yield* names).toEqual(["a@9007199254740995"])
      yield* apply(feed, pod("a", "10000000000000000"))
      expect(yield* names).toEqual(["a@10000000000000000"])
    }),
  )

  it.scoped("R20 R44 a list older than an earlier one is refused; an object newer than its list stays", () =>
    Effect.gen(function* () {
      const { store, names } = yield* podStore()
      const [watch, poll] = [store.feed(), store.feed()]
      yield* list(watch, "10", pod("a", "5"))
      yield* apply(watch, pod("b", "12"))
      yield* apply(watch, pod("a", "13"))
      // Taken between the two events: knows b, but an older a and no c.
      yield* apply(watch, pod("c", "15"))
      yield* list(poll, "12", pod("a", "5"), pod("b", "12"))
      expect(yield* names).toEqual(["a@13", "b@12", "c@15"])
      yield* list(poll, "9", pod("z", "1"))
      expect(yield* names).toEqual(["a@13", "b@12", "c@15"])
    }),
  )

  it.scoped("R43 R44 what was deleted does not come back from replays, polls or older lists", () =>
    Effect.gen(function* () {
      const { store, names, why } = yield* podStore()
      const [watch, poll] = [store.feed(), store.feed()]
      yield* list(watch, "10", pod("a", "5"), pod("b", "6"))
      yield* gone(watch, pod("a", "14"))
      yield* apply(watch, pod("a", "12"))
      yield* list(poll, "13", pod("a", "12"), pod("b", "6"))
      expect(yield* names).toEqual(["b@6"])
      // b vanished between two lists; a replay of its past must not revive it.
      yield* list(poll, "20")
      yield* apply(watch, pod("b", "18"))
      yield* apply(watch, pod("a", "13"))
      expect(yield* names).toEqual([])
      expect(why().filter((text) => text.includes("removed"))).toEqual([
        "Pod default/a removed",
        "Pod default/b removed",
      ])
    }),
  )

  it.scoped("R43 a late deletion of a predecessor does not remove its successor", () =>
    Effect.gen(function* () {
      const { store, names } = yield* podStore()
      const feed = store.feed()
      yield* list(feed, "10", pod("a", "5", { uid: "old" }))
      yield* apply(feed, pod("a", "13", { uid: "new" }))
      yield* gone(feed, pod("a", "12", { uid: "old" }))
      expect(yield* names).toEqual(["a@13"])
    }),
  )

  it.scoped("R26 another uid under the same name is told as a replacement", () =>
    Effect.gen(function* () {
      const { store, told } = yield* podStore({ fingerprint: () => "always the same" })
      const feed = store.feed()
      yield* list(feed, "10", pod("a", "5", { uid: "old" }))
      yield* list(feed, "20", pod("a", "15", { uid: "new" }))
      expect(told.at(-1)).toMatchObject({
        why: "Pod default/a replaced",
        before: { uid: "old" },
        after: { uid: "new" },
      })
    }),
  )

  it.scoped("R19 the answer to our own write is in the store at once, and its event is no news", () =>
    Effect.gen(function* () {
      const { store, names, why } = yield* podStore()
      const feed = store.feed()
      yield* list(feed, "10", pod("a", "5"))
      why()
      yield* store.confirm(pod("a", "12", { phase: "Failed" }))
      yield* store.confirm(pod("b", "13"))
      expect(yield* names).toEqual(["a@12", "b@13"])
      expect(why()).toEqual(["Pod default/a changed", "Pod default/b added"])
      expect(yield* apply(feed, pod("a", "12", { phase: "Failed" }))).toBe(0)
      // A list that was under way when we wrote does not undo it.
      yield* list(store.feed(), "11", pod("a", "5"))
      expect(yield* names).toEqual(["a@12", "b@13"])
      yield* store.confirm({ ...pod("b", "14"), kind: "Scale" })
      expect(yield* names).toEqual(["a@12", "b@13"])
      expect(why()).toEqual([])
    }),
  )

  it.scoped(
    "R19 R26 what we deleted for good is gone for every late message about that uid, not for its successor",
    () =>
      Effect.gen(function* () {
        const { store, names } = yield* podStore()
        const feed = store.feed()
        yield* list(feed, "10", pod("a", "5", { uid: "old" }))
        yield* store.confirmGone({ namespace: "default", name: "a" }, "old")
        yield* apply(feed, pod("a", "12", { uid: "old" }))
        yield* list(store.feed(), "13", pod("a", "12", { uid: "old" }))
        expect(yield* names).toEqual([])
        yield* apply(feed, pod("a", "15", { uid: "new" }))
        yield* store.confirmGone({ namespace: "default", name: "a" }, "old")
        expect(yield* names).toEqual(["a@15"])
      }),
  )

  it.scoped("R36 an unreadable object is counted and skipped; others and what was known before stay", () =>
    Effect.gen(function* () {
      const { store, names } = yield* podStore({
        decode: (object) =>
          object.metadata.labels?.["bad"] === "yes"
            ? Either.left("bad on purpose")
            : object.metadata.labels?.["bad"] === "very"
              ? (() => {
                  throw new Error("a decoder with a bug")
                })()
              : podView(object),
      })
      const feed = store.feed()
      const bad = (name: string, version: string, how: string): KubeObject => ({
        ...pod(name, version),
        metadata: { ...pod(name, version).metadata, labels: { bad: how } },
      })
      const nameless = { apiVersion: "v1", kind: "Pod", metadata: {} }
      yield* list(feed, "10", pod("a", "1"), bad("b", "2", "yes"), nameless, bad("c", "3", "very"), pod("d", "4"))
      expect(yield* names).toEqual(["a@1", "d@4"])
      expect([...(yield* store.problems).keys()].sort()).toEqual(["?", "default/b", "default/c"])
      yield* apply(feed, bad("a", "11", "yes"))
      yield* list(feed, "20", bad("a", "11", "yes"), pod("b", "12"), pod("d", "4"))
      expect(yield* names).toEqual(["a@1", "b@12", "d@4"])
      expect([...(yield* store.problems).keys()]).toEqual(["default/a"])
    }),
  )

  it.scoped("R57 our own status writes are no change of a cluster; its spec, labels and finalizers are", () =>
    Effect.gen(function* () {
      const store = yield* make<ClusterView>({
        kind: Kinds.AerospikeCluster,
        decode: clusterView,
        keysOf: ({ namespace, name }) => [{ namespace, name }],
        fingerprint: clusterFingerprint,
      })
      const told: Array<string> = []
      yield* store.subscribe((change) => Effect.sync(() => told.push(change.why)))
      const feed = store.feed()
      const cluster = (version: string, fields: object, metadata: object = {}): KubeObject => ({
        apiVersion: "acko.io/v1alpha1",
        kind: "AerospikeCluster",
        metadata: { name: "db", namespace: "default", uid: "u", resourceVersion: version, ...metadata },
        spec: { size: 1 },
        ...fields,
      })
      yield* list(feed, "1", cluster("1", {}))
      told.length = 0
      const managedFields = [{ manager: "someone", time: "later" }]
      yield* apply(feed, cluster("2", { status: { phase: "Completed" } }, { managedFields }))
      yield* store.confirm(cluster("3", { status: { phase: "Error" } }))
      expect(told).toEqual([])
      expect((yield* store.get(key))?.status.phase).toBe("Error")
      expect((yield* store.get(key))?.resourceVersion).toBe("3")
      yield* apply(feed, cluster("4", { spec: { size: 2 } }, { generation: 2 }))
      yield* apply(feed, cluster("5", { spec: { size: 2 } }, { generation: 2, finalizers: ["x"] }))
      yield* apply(feed, cluster("6", { spec: { size: 2 } }, { generation: 2, finalizers: ["x"], labels: { a: "b" } }))
      expect(told).toHaveLength(3)
    }),
  )

  it.scoped("finds the objects of a cluster, also after they moved to another, and says when they last changed", () =>
    Effect.gen(function* () {
      const { store, told } = yield* podStore()
      const feed = store.feed()
      const other = { namespace: "default", name: "other" }
      yield* list(feed, "10", pod("b", "2"), pod("a", "1"), pod("x", "3", { cluster: "other" }))
      expect((yield* store.byCluster(key)).map((view) => view.name)).toEqual(["a", "b"])
      expect(yield* store.changedAt(key)).toBe(0)
      yield* TestClock.adjust(500)
      yield* apply(feed, pod("a", "11"))
      expect(yield* store.changedAt(key)).toBe(0)
      yield* apply(feed, pod("a", "12", { phase: "Failed" }))
      expect(yield* store.changedAt(key)).toBe(500)
      yield* TestClock.adjust(500)
      yield* apply(feed, pod("a", "13", { cluster: "other" }))
      expect(told.at(-1)?.keys).toEqual([key, other])
      expect((yield* store.byCluster(key)).map((view) => view.name)).toEqual(["b"])
      expect((yield* store.byCluster(other)).map((view) => view.name)).toEqual(["a", "x"])
      yield* TestClock.adjust(500)
      yield* gone(feed, pod("b", "14"))
      expect(yield* store.byCluster(key)).toEqual([])
      expect(yield* store.changedAt(key)).toBe(1500)
      expect(yield* store.changedAt({ namespace: "default", name: "never" })).toBe(0)
    }),
  )

  it.scoped("several namespaces share a store: each list speaks for its own, ready means all of them", () =>
    Effect.gen(function* () {
      const { store, names } = yield* podStore({ namespaces: ["one", "two"] })
      const [one, two] = [store.feed("one"), store.feed("two")]
      yield* list(one, "10", pod("a", "1", { namespace: "one" }))
      expect(yield* store.isReady).toBe(false)
      yield* list(two, "11", pod("a", "2", { namespace: "two" }))
      expect(yield* store.isReady).toBe(true)
      expect(yield* names).toEqual(["a@1", "a@2"])
      yield* list(one, "20")
      expect(yield* names).toEqual(["a@2"])
    }),
  )

  it.scoped("S12 tombstones stay bounded and are dropped with the next list", () =>
    Effect.gen(function* () {
      const { store, names } = yield* podStore({ maxTombstones: 10 })
      const feed = store.feed()
      yield* list(feed, "10")
      for (let i = 0; i < 1000; i += 1) {
        yield* apply(feed, pod(`p${i}`, String(100 + 2 * i)))
        yield* gone(feed, pod(`p${i}`, String(101 + 2 * i)))
      }
      expect(yield* apply(feed, pod("p999", "2098"))).toBe(0)
      expect(yield* names).toEqual([])
    }),
  )

  it.scoped("a server whose history went backwards for good is not followed for ever: a fresh start is asked for", () =>
    Effect.gen(function* () {
      const { store } = yield* podStore({ maxStaleLists: 3 })
      const feed = store.feed()
      yield* list(feed, "1000", pod("a", "900"))
      yield* list(feed, "10")
      yield* list(feed, "11")
      yield* list(feed, "1001", pod("a", "900"))
      yield* list(feed, "10")
      yield* list(feed, "11")
      const exit = yield* Effect.exit(list(feed, "12"))
      expect(String(exit)).toContain("went backwards")
    }),
  )

  it.scoped("a listener that left hears nothing more", () =>
    Effect.gen(function* () {
      const store = yield* make<ObjectIdentity>({ kind: Kinds.Pod, decode: podView, keysOf: () => [] })
      const heard: Array<string> = []
      const feed = store.feed()
      yield* Effect.scoped(
        Effect.zipRight(
          store.subscribe((change) => Effect.sync(() => heard.push(change.why))),
          list(feed, "1", pod("a", "1")),
        ),
      )
      yield* list(feed, "2", pod("a", "1"), pod("b", "2"))
      expect(heard).toEqual(["Pod default/a added"])
    }),
  )

  it.scoped(
    "R28: who feeds may be interrupted while changes are told: nothing is in the store that listeners have not heard",
    () =>
      Effect.gen(function* () {
        const { names, store, told } = yield* podStore()
        const feed = store.feed()
        yield* list(feed, "1")
        // A fiber that tells many changes makes way for others in between, such as one that replaces it.
        const scope = yield* Effect.scope
        const feeding: { fiber?: Fiber.Fiber<unknown> } = {}
        yield* store.subscribe(() =>
          feeding.fiber === undefined
            ? Effect.void
            : Fiber.interrupt(feeding.fiber).pipe(Effect.forkIn(scope), Effect.zipRight(Effect.yieldNow())),
        )
        feeding.fiber = yield* Effect.fork(list(feed, "9", pod("a", "2"), pod("b", "3"), pod("c", "4")))
        yield* Fiber.await(feeding.fiber)
        expect(told.map(({ after }) => `${after?.name ?? ""}@${after?.resourceVersion ?? ""}`)).toEqual(yield* names)
      }),
  )
})
