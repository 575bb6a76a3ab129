/** The watcher over the real transport against a server that misbehaves, in real time with short limits. */
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { assert, describe } from "vitest"
import * as fs from "node:fs"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { layerStatic } from "../../src/kube/KubeAccess.js"
import { layer } from "../../src/kube/KubeTransport.js"
import { watch } from "../../src/kube/Watcher.js"
import type { WatcherEvent } from "../../src/kube/WatcherEvent.js"
import type { WatcherTiming } from "../../src/kube/WatcherOptions.js"
import {
  type Answer,
  eventually,
  faultyServer,
  jsonReply,
  type Received,
  type Reply,
  type ServerTls,
  statusReply,
  type Step,
} from "../support/faultyServer.js"
import { tlsFixture } from "./tlsFixture.js"

const object = (name: string, resourceVersion: string, extra: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "ns", resourceVersion },
  ...extra,
})
const line = (type: string, name: string, version: string): string =>
  `${JSON.stringify({ type, object: object(name, version) })}\n`
const listReply = (resourceVersion: string, ...names: ReadonlyArray<string>): Reply =>
  jsonReply({ kind: "PodList", metadata: { resourceVersion }, items: names.map((name) => object(name, "1")) })
const hang: Step = { end: "hang" }

const fast: Partial<WatcherTiming> = { minBackoffMs: 20, maxBackoffMs: 100, shortLivedMs: 0, refusedPauseMs: 50 }

/** A watcher of a server whose lists and watches are scripted apart; both count from 0. */
const follow = (
  script: { readonly list: (nth: number) => Reply; readonly watch: (nth: number, request: Received) => Reply },
  timing: Partial<WatcherTiming> = {},
  tls?: ServerTls,
) =>
  Effect.gen(function* () {
    const answer: Answer = (request, nth) =>
      request.query.has("watch") ? script.watch(nth, request) : script.list(nth)
    const server = yield* faultyServer(answer, tls === undefined ? {} : { tls })
    const events: Array<WatcherEvent> = []
    const fiber = yield* watch(Kinds.Pod, { timing: { ...fast, ...timing } }).pipe(
      Stream.runForEach((event) => Effect.sync(() => events.push(event))),
      Effect.provide(
        layer().pipe(Layer.provide(layerStatic({ baseUrl: server.baseUrl, ca: tlsFixture.ca })), Layer.orDie),
      ),
      Effect.forkScoped,
    )
    return {
      server,
      events,
      fiber,
      lists: () => server.requests.filter((request) => !request.query.has("watch")),
      watches: () => server.requests.filter((request) => request.query.has("watch")),
      names: () =>
        events.flatMap((e) =>
          e._tag === "Apply" || e._tag === "Delete" || e._tag === "InitApply" ? [e.object.metadata.name] : [],
        ),
      seen: (name: string) =>
        eventually(() => events.some((e) => e._tag === "Apply" && e.object.metadata.name === name)),
      failures: () => events.flatMap((e) => (e._tag === "Failed" ? [e.error] : [])),
    }
  })

describe("Watcher over the wire", () => {
  it.scopedLive("asks for bookmarks, from the list's version, for less than four minutes", () =>
    Effect.gen(function* () {
      const { seen, watches } = yield* follow({
        list: () => listReply("10"),
        watch: () => ({ steps: [line("ADDED", "a", "11"), hang] }),
      })
      yield* seen("a")
      const query = watches()[0]!.query
      assert.strictEqual(query.get("allowWatchBookmarks"), "true")
      assert.strictEqual(query.get("resourceVersion"), "10")
      assert.isBelow(Number(query.get("timeoutSeconds")), 240)
    }),
  )

  it.scopedLive("R30 a clean close resumes within a second from the last version, without a list", () =>
    Effect.gen(function* () {
      const { failures, lists, seen, watches } = yield* follow({
        list: () => listReply("10"),
        watch: (nth) => ({
          steps: nth === 0 ? [line("ADDED", "a", "11"), { waitMs: 50 }] : [line("ADDED", "b", "12"), hang],
        }),
      })
      yield* seen("b")
      assert.strictEqual(lists().length, 1)
      assert.strictEqual(watches()[1]!.query.get("resourceVersion"), "11")
      assert.isBelow(watches()[1]!.at - watches()[0]!.at, 50 + 1000)
      assert.deepStrictEqual(failures(), [])
    }),
  )

  for (const end of ["reset", "cut"] as const) {
    it.scopedLive(`R31 R35 a connection ${end} in the middle of a line resumes; the half line never happened`, () =>
      Effect.gen(function* () {
        const whole = line("ADDED", "b", "12")
        const { failures, lists, names, seen, watches } = yield* follow({
          list: () => listReply("10"),
          watch: (nth) => ({
            steps:
              nth === 0
                ? [line("ADDED", "a", "11"), whole.slice(0, 40), { waitMs: 50 }, { end }]
                : [whole, line("DELETED", "a", "13"), hang],
          }),
        })
        yield* seen("b")
        yield* eventually(() => names().length === 3)
        assert.deepStrictEqual(names(), ["a", "b", "a"])
        assert.strictEqual(lists().length, 1)
        assert.strictEqual(watches()[1]!.query.get("resourceVersion"), "11")
        assert.deepInclude(failures()[0], { _tag: "KubeTransportError", reason: "Broken" })
      }),
    )
  }

  it.scopedLive("R31 refused connections are retried until the server is back", () =>
    Effect.gen(function* () {
      const { failures, lists, seen } = yield* follow({
        list: () => listReply("10"),
        watch: (nth) =>
          nth < 3 ? { sendHeaders: false, steps: [{ end: "reset" }] } : { steps: [line("ADDED", "a", "11"), hang] },
      })
      yield* seen("a")
      assert.strictEqual(failures().length, 3)
      assert.strictEqual(lists().length, 1)
    }),
  )

  for (const [where, reply] of [
    ["as HTTP status", statusReply(410, "Expired")],
    [
      "as in-stream ERROR",
      {
        steps: [
          `${JSON.stringify({ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired", message: "too old" } })}\n`,
          hang,
        ],
      },
    ],
  ] satisfies ReadonlyArray<readonly [string, Reply]>) {
    it.scopedLive(`R32 410 ${where} brings one list, which tells what was deleted meanwhile`, () =>
      Effect.gen(function* () {
        const { events, lists, seen, watches } = yield* follow({
          list: (nth) => (nth === 0 ? listReply("10", "a", "b") : listReply("20", "b")),
          watch: (nth) => (nth === 0 ? reply : { steps: [line("ADDED", "c", "21"), hang] }),
        })
        yield* seen("c")
        assert.strictEqual(lists().length, 2)
        assert.strictEqual(watches()[1]!.query.get("resourceVersion"), "20")
        const second = events.map((event) => event._tag).lastIndexOf("Init")
        assert.deepStrictEqual(
          events.slice(second, second + 3).map((event) => event._tag),
          ["Init", "InitApply", "InitDone"],
        )
      }),
    )
  }

  for (const code of [500, 504]) {
    it.scopedLive(`R34 an in-stream ERROR ${code} replaces a stream that stays open`, () =>
      Effect.gen(function* () {
        const { failures, lists, seen, server } = yield* follow({
          list: () => listReply("10"),
          watch: (nth) =>
            nth === 0
              ? { steps: [`${JSON.stringify({ type: "ERROR", object: { kind: "Status", code } })}\n`, hang] }
              : { steps: [line("ADDED", "a", "11"), hang] },
        })
        yield* seen("a")
        assert.deepInclude(failures()[0], { _tag: "KubeStatusError", status: code })
        assert.strictEqual(lists().length, 1)
        yield* eventually(() => server.openSockets() <= 2)
      }),
    )
  }

  const bad: ReadonlyArray<readonly [string, ReadonlyArray<Step>]> = [
    ["R35 garbage", ["<html>\n"]],
    ["R35 a truncated line", ['{"type":"ADDED","obj\n']],
    ["R35 two objects in one line", [line("ADDED", "x", "11").trim() + line("ADDED", "y", "12")]],
    ["R36 an unknown event type", ['{"type":"RENAMED","object":{"metadata":{"name":"a","resourceVersion":"1"}}}\n']],
    ["R36 an event without metadata", ['{"type":"ADDED","object":{"kind":"Pod"}}\n']],
    ["R36 an event without object", ['{"type":"ADDED"}\n']],
    ["R36 a bookmark without version", ['{"type":"BOOKMARK","object":{"metadata":{}}}\n']],
    ["R36 a line that is no object", ["null\n"]],
  ]
  for (const [what, steps] of bad) {
    it.scopedLive(`${what} replaces the stream by a new list within a second; nothing is lost`, () =>
      Effect.gen(function* () {
        const { failures, lists, names, seen, watches } = yield* follow(
          {
            list: (nth) => (nth === 0 ? listReply("10") : listReply("13", "x", "y")),
            watch: (nth) => (nth === 0 ? { steps: [...steps, hang] } : { steps: [line("ADDED", "z", "14"), hang] }),
          },
          {},
        )
        yield* seen("z")
        assert.deepStrictEqual(names(), ["x", "y", "z"])
        assert.strictEqual(lists().length, 2)
        assert.isBelow(lists()[1]!.at - watches()[0]!.at, 1000)
        assert.strictEqual(failures()[0]?._tag, "KubeDecodeError")
      }),
    )
  }

  it.scopedLive("R35 lines cut anywhere, byte by byte, inside UTF-8, with empty lines between, are all there", () =>
    Effect.gen(function* () {
      const text = Buffer.from(`\n${line("ADDED", "größe-🚀", "11")}\n\n${line("MODIFIED", "größe-🚀", "12")}`)
      const { failures, names, seen } = yield* follow({
        list: () => listReply("10"),
        watch: () => ({ steps: [...[...text].map((byte) => Buffer.of(byte)), line("ADDED", "end", "13"), hang] }),
      })
      yield* seen("end")
      assert.deepStrictEqual(names(), ["größe-🚀", "größe-🚀", "end"])
      assert.deepStrictEqual(failures(), [])
    }),
  )

  it.scopedLive("R36 a list with items: null is a typed error, and the next list is used", () =>
    Effect.gen(function* () {
      const { events, failures, seen } = yield* follow({
        list: (nth) => (nth === 0 ? jsonReply({ metadata: { resourceVersion: "9" }, items: null }) : listReply("10")),
        watch: () => ({ steps: [line("ADDED", "a", "11"), hang] }),
      })
      yield* seen("a")
      assert.deepInclude(failures()[0], { _tag: "KubeDecodeError", verb: "list" })
      assert.strictEqual(events.filter((event) => event._tag === "InitDone").length, 1)
    }),
  )

  it.scopedLive("R37 R38 a connection that says nothing is replaced, and its socket closed", () =>
    Effect.gen(function* () {
      const { failures, lists, seen, server } = yield* follow(
        {
          list: () => listReply("10"),
          watch: (nth) => ({ steps: nth < 2 ? [hang] : [line("ADDED", "a", "11"), hang] }),
        },
        { idleMs: 100 },
      )
      yield* seen("a")
      assert.deepStrictEqual(
        failures().map((error) => error._tag),
        ["WatchIdleError", "WatchIdleError"],
      )
      assert.strictEqual(lists().length, 1)
      yield* eventually(() => server.openSockets() <= 2)
    }),
  )

  it.scopedLive("R39 one byte now and then is silence: only whole lines count", () =>
    Effect.gen(function* () {
      const { failures, seen } = yield* follow(
        {
          list: () => listReply("10"),
          watch: (nth) => ({
            steps: nth === 0 ? [{ drip: line("ADDED", "slow", "11"), everyMs: 20 }] : [line("ADDED", "a", "11"), hang],
          }),
        },
        { idleMs: 200 },
      )
      yield* seen("a")
      assert.strictEqual(failures()[0]?._tag, "WatchIdleError")
    }),
  )

  it.scopedLive("R39 a line above 4 MiB cuts the stream, three times in a row", () =>
    Effect.gen(function* () {
      const megabyte = "x".repeat(1024 * 1024)
      const { failures, seen } = yield* follow({
        list: () => listReply("10"),
        watch: (nth) => ({
          steps:
            nth < 3 ? ['{"type":"', ...Array.from({ length: 6 }, () => megabyte)] : [line("ADDED", "a", "11"), hang],
        }),
      })
      yield* seen("a")
      assert.deepStrictEqual(
        failures().map((error) => error._tag),
        ["KubeDecodeError", "KubeDecodeError", "KubeDecodeError"],
      )
    }),
  )

  it.scopedLive("R46 429 at connect: no watch before Retry-After", () =>
    Effect.gen(function* () {
      const { seen, watches } = yield* follow({
        list: () => listReply("10"),
        watch: (nth) =>
          nth === 0
            ? statusReply(429, "TooManyRequests", { headers: { "retry-after": "1" } })
            : { steps: [line("ADDED", "a", "11"), hang] },
      })
      yield* seen("a")
      assert.isAtLeast(watches()[1]!.at - watches()[0]!.at, 1000)
    }),
  )

  it.scopedLive("R47 R53 errors and slowness on lists and watches: it arrives", () =>
    Effect.gen(function* () {
      const { lists, seen } = yield* follow({
        list: (nth) =>
          nth < 3 ? statusReply(503, "ServiceUnavailable") : { steps: [{ waitMs: 200 }, ...listReply("10").steps] },
        watch: (nth) =>
          nth < 2 ? statusReply(500, "InternalError") : { steps: [{ waitMs: 200 }, line("ADDED", "a", "11"), hang] },
      })
      yield* seen("a")
      assert.strictEqual(lists().length, 4)
    }),
  )

  it.scopedLive("S12 after thirty broken watches and an interruption no socket is left", () =>
    Effect.gen(function* () {
      const { fiber, server, watches } = yield* follow({
        list: () => listReply("10"),
        watch: (nth) =>
          [
            { steps: [line("ADDED", "a", "11"), { end: "reset" }] },
            { steps: ["garbage\n", hang] },
            statusReply(500, "InternalError"),
            statusReply(410, "Gone"),
            { steps: [line("ADDED", "a", "11")] },
          ][nth % 5] as Reply,
      })
      yield* eventually(() => watches().length >= 30, 10_000)
      server.answer((request) => (request.query.has("watch") ? { steps: [hang] } : listReply("10")))
      const before = watches().length
      yield* eventually(() => watches().length > before)
      assert.isBelow(server.openSockets(), 5)
      yield* Fiber.interrupt(fiber)
      yield* eventually(() => server.openSockets() === 0)
    }),
  )

  for (const [scheme, tls] of [
    ["http", undefined],
    ["https", { cert: tlsFixture.serverCert, key: tlsFixture.serverKey }],
  ] as const) {
    it.scopedLive(
      `R37 over ${scheme} the kernel probes the watch, so a vanished peer is noticed in half a minute`,
      (test) =>
        Effect.gen(function* () {
          const table = "/proc/self/net/tcp"
          if (!fs.existsSync(table)) return test.skip()
          const { seen, watches } = yield* follow(
            { list: () => listReply("10"), watch: () => ({ steps: [line("ADDED", "a", "11"), hang] }) },
            {},
            tls,
          )
          yield* seen("a")
          // Columns: number, local, remote, state, queues, timer:when. Timer 02 is keep-alive; `when` counts in hundredths of a second.
          const port = watches()[0]!.port.toString(16).toUpperCase().padStart(4, "0")
          const timers = () =>
            fs
              .readFileSync(table, "utf8")
              .split("\n")
              .map((text) => text.trim().split(/\s+/))
              .filter((columns) => columns[1]?.endsWith(`:${port}`) === true && columns[3] === "01")
              .map((columns) => columns[5]!.split(":"))
          // Until our last bytes are acknowledged the socket shows its retransmission timer instead.
          yield* eventually(() => timers().some(([kind]) => kind === "02"))
          assert.isAtMost(Number.parseInt(timers()[0]![1]!, 16), 15 * 100)
        }),
    )
  }
})
