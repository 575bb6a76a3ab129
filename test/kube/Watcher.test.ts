import { it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { assert, describe } from "vitest"
import { Kinds, type KubeObject } from "../../src/domain/Kubernetes.js"
import {
  KubeReader,
  type ListOptions,
  type ListPage,
  type WatchEvent,
  type WatchOptions,
} from "../../src/kube/KubeClient.js"
import { type KubeError, KubeStatusError, KubeTransportError } from "../../src/kube/KubeError.js"
import { listAll } from "../../src/kube/listPages.js"
import { watch } from "../../src/kube/Watcher.js"
import type { WatcherEvent } from "../../src/kube/WatcherEvent.js"
import type { WatcherOptions } from "../../src/kube/WatcherOptions.js"

const pod = (name: string, resourceVersion: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "ns", resourceVersion },
})
const where = { verb: "watch", resource: "pods" }
const expired = new KubeStatusError({ ...where, status: 410, reason: "Expired", detail: "" })
const reset = new KubeTransportError({ ...where, reason: "Broken", cause: "ECONNRESET" })
const added = (name: string, version: string): WatchEvent => ({ type: "ADDED", object: pod(name, version) })
const bookmark = (version: string): WatchEvent => ({ type: "BOOKMARK", resourceVersion: version })
const page = (resourceVersion: string, ...items: ReadonlyArray<KubeObject>): ListPage => ({ resourceVersion, items })

interface Script {
  readonly list: (options: ListOptions, nth: number) => Effect.Effect<ListPage, KubeError>
  readonly watch: (options: WatchOptions, nth: number) => Stream.Stream<WatchEvent, KubeError>
}

/** A watcher over a scripted reader, running in the background in virtual time. */
const run = (script: Script, options: WatcherOptions = {}, random = 0.999) =>
  Effect.gen(function* () {
    const events: Array<WatcherEvent> = []
    const lists: Array<ListOptions & { readonly at: number }> = []
    const watches: Array<WatchOptions & { readonly at: number }> = []
    const reader: KubeReader["Type"] = {
      get: () => Effect.die("not scripted"),
      list: (_, o) => Effect.flatMap(Clock.currentTimeMillis, (at) => script.list(o, lists.push({ ...o, at }) - 1)),
      watch: (_, o) =>
        Stream.unwrap(Effect.map(Clock.currentTimeMillis, (at) => script.watch(o, watches.push({ ...o, at }) - 1))),
    }
    yield* watch(Kinds.Pod, options).pipe(
      Stream.runForEach((event) => Effect.sync(() => events.push(event))),
      Effect.provideService(KubeReader, reader),
      Effect.withRandom(Random.fixed([random])),
      Effect.forkScoped,
    )
    yield* TestClock.adjust(0)
    return { events, lists, watches, tags: () => events.map((event) => event._tag) }
  })

const then = (stream: Stream.Stream<WatchEvent, KubeError>, error: KubeError) =>
  Stream.concat(stream, Stream.fail(error))
const minutes = (n: number) => n * 60_000
/** Bookmarks every minute, as a real API server sends them. */
const idle = (from: number): Stream.Stream<WatchEvent, KubeError> =>
  Stream.repeatEffectWithSchedule(
    Effect.map(Clock.currentTimeMillis, (now) => bookmark(String(from + now))),
    Schedule.spaced("1 minute"),
  ).pipe(Stream.drop(1))

describe("Watcher", () => {
  it.scoped("lists in pages, then watches from the list's version", () =>
    Effect.gen(function* () {
      const { events, lists, watches } = yield* run(
        {
          list: (o) =>
            Effect.succeed(
              o.continueToken === undefined
                ? { ...page("10", pod("a", "1")), continueToken: "t" }
                : page("10", pod("b", "2")),
            ),
          watch: () => Stream.concat(Stream.make(added("c", "11"), bookmark("12")), Stream.never),
        },
        { namespace: "ns", labelSelector: "x=y", pageSize: 1 },
      )
      assert.deepStrictEqual(events, [
        { _tag: "Init" },
        { _tag: "InitApply", object: pod("a", "1") },
        { _tag: "InitApply", object: pod("b", "2") },
        { _tag: "InitDone", resourceVersion: "10" },
        { _tag: "Connected", resourceVersion: "11" },
        { _tag: "Apply", object: pod("c", "11") },
        { _tag: "Bookmark", resourceVersion: "12" },
      ])
      assert.deepStrictEqual(lists, [
        { namespace: "ns", labelSelector: "x=y", limit: 1, at: 0 },
        { namespace: "ns", labelSelector: "x=y", limit: 1, continueToken: "t", at: 0 },
      ])
      const { timeoutSeconds, ...rest } = watches[0]!
      assert.deepStrictEqual(rest, { namespace: "ns", labelSelector: "x=y", resourceVersion: "10", at: 0 })
      assert.isAtLeast(timeoutSeconds, 200)
      assert.isBelow(timeoutSeconds, 240)
    }),
  )

  it.scoped("R30 a clean end resumes at once from the last version, without a list", () =>
    Effect.gen(function* () {
      const { lists, tags, watches } = yield* run({
        list: () => Effect.succeed(page("10")),
        watch: (_, nth) =>
          nth === 0
            ? Stream.concat(Stream.make(added("a", "11")), Stream.drain(Stream.fromEffect(Effect.sleep("10 seconds"))))
            : Stream.never,
      })
      yield* TestClock.adjust("11 seconds")
      assert.strictEqual(lists.length, 1)
      assert.deepStrictEqual(
        watches.map((w) => [w.at, w.resourceVersion]),
        [
          [0, "10"],
          [10_000, "11"],
        ],
      )
      assert.deepStrictEqual(tags(), ["Init", "InitDone", "Connected", "Apply"])
    }),
  )

  it.scoped("R30 a server that ends each watch at once is not hammered", () =>
    Effect.gen(function* () {
      const { lists, watches } = yield* run({ list: () => Effect.succeed(page("10")), watch: () => Stream.empty })
      yield* TestClock.adjust("30 minutes")
      assert.strictEqual(lists.length, 1)
      assert.isAtMost(watches[1]!.at, 1000)
      assert.isBelow(watches.length, 70)
    }),
  )

  it.scoped("R31 a reset resumes within 2 s from the last version; the failure is told", () =>
    Effect.gen(function* () {
      const { events, lists, watches } = yield* run({
        list: () => Effect.succeed(page("10")),
        watch: (_, nth) => (nth === 0 ? then(Stream.make(bookmark("15")), reset) : Stream.never),
      })
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(lists.length, 1)
      assert.strictEqual(watches[1]?.resourceVersion, "15")
      assert.deepStrictEqual(events.at(-1), {
        _tag: "Failed",
        during: "watch",
        error: reset,
        failures: 1,
        retryInMs: 800,
      })
    }),
  )

  it.scoped("R32 410 brings exactly one new list", () =>
    Effect.gen(function* () {
      const { lists, tags, watches } = yield* run({
        list: (_, nth) => Effect.succeed(nth === 0 ? page("10", pod("a", "1")) : page("20", pod("b", "19"))),
        watch: (_, nth) =>
          nth === 0 ? Stream.fail(expired) : Stream.concat(Stream.make(bookmark("21")), Stream.never),
      })
      yield* TestClock.adjust("1 second")
      assert.strictEqual(lists.length, 2)
      assert.strictEqual(watches[1]?.resourceVersion, "20")
      assert.deepStrictEqual(tags(), [
        ...["Init", "InitApply", "InitDone", "Failed"],
        ...["Init", "InitApply", "InitDone", "Connected", "Bookmark"],
      ])
    }),
  )

  it.scoped("R33 a storm of 410: at most one list in 10 s in the long run", () =>
    Effect.gen(function* () {
      const { lists } = yield* run({ list: () => Effect.succeed(page("10")), watch: () => Stream.fail(expired) }, {}, 0)
      yield* TestClock.adjust("20 minutes")
      assert.isBelow(lists.length, 6 + (20 * 60) / 10)
      const late = lists.filter((list) => list.at > minutes(5)).map((list) => list.at)
      for (let i = 1; i < late.length; i++) assert.isAtLeast(late[i]! - late[i - 1]!, 10_000)
    }),
  )

  it.scoped("R33 an expired continue token falls back to one unpaged list, and stays unpaged during the storm", () =>
    Effect.gen(function* () {
      const { events, lists } = yield* run({
        list: (o) =>
          o.continueToken !== undefined
            ? Effect.fail(expired)
            : Effect.succeed(
                o.limit === undefined
                  ? page("12", pod("a", "1"), pod("b", "2"))
                  : { ...page("10", pod("gone", "1")), continueToken: "t" },
              ),
        watch: (_, nth) => (nth === 0 ? Stream.fail(expired) : Stream.never),
      })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        lists.map((list) => [list.limit, list.continueToken]),
        [
          [500, undefined],
          [500, "t"],
          [undefined, undefined],
          [undefined, undefined],
        ],
      )
      assert.deepStrictEqual(
        events.slice(0, 6).map((event) => (event._tag === "InitApply" ? event.object.metadata.name : event._tag)),
        ["Init", "gone", "Init", "a", "b", "InitDone"],
      )
    }),
  )

  it.scoped("R34 in-stream errors 500 and 504 replace the stream, from the last version", () =>
    Effect.gen(function* () {
      const { lists, watches } = yield* run({
        list: () => Effect.succeed(page("10")),
        watch: (_, nth) =>
          nth < 2
            ? then(
                Stream.make(bookmark(String(11 + nth))),
                new KubeStatusError({ ...where, status: nth === 0 ? 500 : 504, reason: "Timeout", detail: "" }),
              )
            : Stream.never,
      })
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(
        watches.map((w) => w.resourceVersion),
        ["10", "11", "12"],
      )
      assert.strictEqual(lists.length, 1)
    }),
  )

  it.scoped("R34 'too large resource version' cannot be resumed: listed again", () =>
    Effect.gen(function* () {
      const error = new KubeStatusError({
        ...where,
        status: 504,
        reason: "Timeout",
        detail: "Too large resource version: 99, current: 10",
      })
      const { lists, watches } = yield* run({
        list: (_, nth) => Effect.succeed(page(nth === 0 ? "99" : "10")),
        watch: (_, nth) => (nth === 0 ? Stream.fail(error) : Stream.never),
      })
      yield* TestClock.adjust("1 second")
      assert.strictEqual(lists.length, 2)
      assert.strictEqual(watches[1]?.resourceVersion, "10")
    }),
  )

  it.scoped("R37 R38 a silent connection is given up in time for 90 s of staleness, and resumed", () =>
    Effect.gen(function* () {
      const { events, lists, watches } = yield* run({
        list: () => Effect.succeed(page("10")),
        watch: () => Stream.never,
      })
      yield* TestClock.adjust("90 seconds")
      const failure = events.at(-1)
      assert.isTrue(failure?._tag === "Failed" && failure.error._tag === "WatchIdleError")
      assert.strictEqual(watches.length, 2)
      assert.isAtMost(watches[1]!.at, 90_000)
      assert.strictEqual(lists.length, 1)
    }),
  )

  it.scoped(
    "R38 bookmarks once a minute keep a connection alive, and the watch ends by itself below four minutes",
    () =>
      Effect.gen(function* () {
        const { tags, watches } = yield* run({ list: () => Effect.succeed(page("10")), watch: () => idle(11) })
        yield* TestClock.adjust("30 minutes")
        assert.notInclude(tags(), "Failed")
        // The server of this script never ends a watch: the client does, 5 s after it should have.
        for (let i = 1; i < watches.length; i++) {
          assert.isBelow(watches[i]!.at - watches[i - 1]!.at, minutes(4) + 5000)
        }
        assert.isAtLeast(watches.length, 7)
      }),
  )

  it.scoped("R40 an idle kind, 30 minutes: every resume starts from a recent bookmark, never from the old list", () =>
    Effect.gen(function* () {
      const { lists, watches } = yield* run({ list: () => Effect.succeed(page("10")), watch: () => idle(1000) })
      yield* TestClock.adjust("30 minutes")
      assert.strictEqual(lists.length, 1)
      for (const resumed of watches.slice(1)) {
        assert.isAtLeast(Number(resumed.resourceVersion), 1000 + resumed.at - minutes(1.2))
      }
    }),
  )

  it.scoped("R41 three API servers restart in turn: no list at all", () =>
    Effect.gen(function* () {
      const { lists, watches } = yield* run({
        list: () => Effect.succeed(page("10")),
        watch: (_, nth) =>
          nth < 3
            ? then(
                Stream.concat(
                  Stream.make(bookmark(String(20 + nth))),
                  Stream.drain(Stream.fromEffect(Effect.sleep("20 seconds"))),
                ),
                reset,
              )
            : Stream.never,
      })
      yield* TestClock.adjust("70 seconds")
      assert.strictEqual(lists.length, 1)
      assert.strictEqual(watches.length, 4)
      assert.strictEqual(watches[3]?.resourceVersion, "22")
    }),
  )

  it.scoped("R42 a list whose second page fails is never finished; the next one starts over", () =>
    Effect.gen(function* () {
      const { tags } = yield* run({
        list: (o, nth) =>
          nth === 1
            ? Effect.fail(reset)
            : Effect.succeed(
                o.continueToken === undefined
                  ? { ...page("10", pod("a", "1")), continueToken: "t" }
                  : page("10", pod("b", "2")),
              ),
        watch: () => Stream.never,
      })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(tags(), ["Init", "InitApply", "Failed", "Init", "InitApply", "InitApply", "InitDone"])
    }),
  )

  it.scoped("R50 a refused watch is told, asked slowly, and taken up within 60 s of the grant", () =>
    Effect.gen(function* () {
      const grantedAt = minutes(20)
      const forbidden = new KubeStatusError({ ...where, status: 403, reason: "Forbidden", detail: "" })
      const { events, tags, watches } = yield* run({
        list: () => Effect.succeed(page("10")),
        watch: () =>
          Stream.unwrap(
            Effect.map(Clock.currentTimeMillis, (now) =>
              now < grantedAt ? Stream.fail(forbidden) : Stream.concat(Stream.make(bookmark("11")), Stream.never),
            ),
          ),
      })
      yield* TestClock.adjust(grantedAt)
      assert.isBelow(watches.length, 45)
      assert.isTrue(events.some((event) => event._tag === "Failed" && event.error === forbidden))
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual(tags().at(-1), "Bookmark")
    }),
  )

  it.scoped("R49 a kind that is gone is asked slowly and never reported as empty", () =>
    Effect.gen(function* () {
      const missing = new KubeStatusError({
        verb: "list",
        resource: "pods",
        status: 404,
        reason: "NotFound",
        detail: "",
      })
      const { lists, tags } = yield* run({ list: () => Effect.fail(missing), watch: () => Stream.never })
      yield* TestClock.adjust("10 minutes")
      assert.notInclude(tags(), "InitDone")
      assert.isBelow(lists.length, 25)
    }),
  )

  it.scoped("R54 an hour without API server: few requests, then back within 30 s from the same version", () =>
    Effect.gen(function* () {
      const refused = new KubeTransportError({ ...where, reason: "Connect", cause: "ECONNREFUSED" })
      const { lists, tags, watches } = yield* run({
        list: () => Effect.succeed(page("10")),
        watch: () =>
          Stream.unwrap(
            Effect.map(Clock.currentTimeMillis, (now) =>
              now < minutes(60) ? Stream.fail(refused) : Stream.concat(Stream.make(added("a", "11")), Stream.never),
            ),
          ),
      })
      yield* TestClock.adjust("60 minutes")
      assert.isBelow(watches.length, 140)
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(tags().at(-1), "Apply")
      assert.strictEqual(lists.length, 1)
      assert.isTrue(watches.every((w) => w.resourceVersion === "10"))
    }),
  )

  it.scoped("a slow consumer does not make a connection idle", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const reader: KubeReader["Type"] = {
        get: () => Effect.die("not scripted"),
        list: () => Effect.succeed(page("10")),
        watch: () => Stream.concat(Stream.make(added("a", "11"), added("b", "12")), idle(20)),
      }
      yield* watch(Kinds.Pod).pipe(
        Stream.runForEach((event) =>
          Effect.sync(() => seen.push(event._tag)).pipe(Effect.delay(event._tag === "Apply" ? "100 seconds" : 0)),
        ),
        Effect.provideService(KubeReader, reader),
        Effect.forkScoped,
      )
      yield* TestClock.adjust("210 seconds")
      assert.notInclude(seen, "Failed")
    }),
  )
})

describe("listAll", () => {
  const list = (script: Script["list"]) => {
    let nth = 0
    const reader: KubeReader["Type"] = {
      get: () => Effect.die("not scripted"),
      list: (_, o) => script(o, nth++),
      watch: () => Stream.never,
    }
    return Effect.provideService(listAll(Kinds.Pod, { pageSize: 1 }), KubeReader, reader)
  }

  it.effect("collects all pages", () =>
    Effect.gen(function* () {
      const all = yield* list((o) =>
        Effect.succeed(
          o.continueToken === undefined
            ? { ...page("10", pod("a", "1")), continueToken: "t" }
            : page("10", pod("b", "2")),
        ),
      )
      assert.deepStrictEqual(all, { resourceVersion: "10", items: [pod("a", "1"), pod("b", "2")] })
    }),
  )

  it.effect("R33 R42 starts over unpaged when the token expires; fails as a whole otherwise", () =>
    Effect.gen(function* () {
      const all = yield* list((o) =>
        o.continueToken !== undefined
          ? Effect.fail(expired)
          : Effect.succeed(
              o.limit === undefined ? page("12", pod("b", "2")) : { ...page("10", pod("a", "1")), continueToken: "t" },
            ),
      )
      assert.deepStrictEqual(all, { resourceVersion: "12", items: [pod("b", "2")] })
      const error = yield* Effect.flip(
        list((_, nth) =>
          nth === 0 ? Effect.succeed({ ...page("10", pod("a", "1")), continueToken: "t" }) : Effect.fail(reset),
        ),
      )
      assert.strictEqual(error, reset)
    }),
  )
})
