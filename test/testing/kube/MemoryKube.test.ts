import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { describe, expect } from "vitest"
import { Kinds } from "../../../src/domain/Kubernetes.js"
import { KubeReader, KubeWriter, type WatchEvent } from "../../../src/kube/KubeClient.js"
import { isGone } from "../../../src/kube/KubeError.js"
import { ApiFailure } from "../../../src/testing/kube/ApiFailure.js"
import type { ApiServer } from "../../../src/testing/kube/ApiServer.js"
import { makeClientFaults } from "../../../src/testing/kube/ClientFaults.js"
import { runGarbageCollector } from "../../../src/testing/kube/GarbageCollector.js"
import { layerMemory, makeServer, type MemoryOptions } from "../../../src/testing/kube/MemoryKube.js"
import { configMap, namespace, ownerOf } from "./support.js"

const withClient =
  (server: ApiServer, options: Partial<MemoryOptions> = {}) =>
  <A, E>(effect: Effect.Effect<A, E, KubeReader | KubeWriter>) =>
    Effect.provide(effect, layerMemory(server, { as: "operator", ...options }))

const text = (event: WatchEvent) =>
  event.type === "BOOKMARK" ? `BOOKMARK ${event.resourceVersion}` : `${event.type} ${event.object.metadata.name ?? ""}`

/** Watches ConfigMaps from now on into a list; the fiber ends as the watch does. */
const record = (server: ApiServer, options: Partial<MemoryOptions> = {}, timeoutSeconds = 600) =>
  Effect.gen(function* () {
    const seen = yield* Ref.make<ReadonlyArray<string>>([])
    const fiber = yield* Effect.flatMap(KubeReader, (reader) =>
      Stream.runForEach(
        reader.watch(Kinds.ConfigMap, { namespace, resourceVersion: server.version(), timeoutSeconds }),
        (event) => Ref.update(seen, (all) => [...all, text(event)]),
      ),
    ).pipe(withClient(server, options), Effect.fork)
    yield* TestClock.adjust(0)
    return { seen: Ref.get(seen), fiber }
  })

const create = (server: ApiServer, name: string) => server.create(Kinds.ConfigMap, configMap(name))

describe("watches in virtual time", () => {
  it.effect("bookmarks once a minute, the end after timeoutSeconds (R30, R40)", () =>
    Effect.gen(function* () {
      const server = yield* makeServer()
      const { seen, fiber } = yield* record(server, {}, 150)
      create(server, "a")
      yield* TestClock.adjust("61 seconds")
      server.create(Kinds.Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: "busy" } })
      yield* TestClock.adjust("90 seconds")
      yield* Fiber.join(fiber)
      expect(yield* seen).toEqual(["ADDED a", "BOOKMARK 5", "BOOKMARK 6"])
    }),
  )

  it.effect("a lagging cache shows the past in watches and cached lists, quorum reads see the present (R16, R19)", () =>
    Effect.gen(function* () {
      const server = yield* makeServer()
      const lagging = { lag: () => 5000 }
      const { seen } = yield* record(server, lagging)
      yield* TestClock.adjust("1 minute")
      create(server, "a")
      yield* TestClock.adjust("4 seconds")
      const count = (resourceVersion?: string) =>
        Effect.flatMap(KubeReader, (reader) =>
          reader.list(Kinds.ConfigMap, { namespace, ...(resourceVersion === undefined ? {} : { resourceVersion }) }),
        ).pipe(
          Effect.map((page) => page.items.length),
          withClient(server, lagging),
        )
      expect(yield* count("0")).toBe(0)
      expect(yield* count()).toBe(1)
      expect((yield* Effect.either(count(server.version())))._tag).toBe("Left")
      expect((yield* seen).filter((line) => line.startsWith("ADDED"))).toEqual([])
      yield* TestClock.adjust("1 second")
      expect((yield* seen).filter((line) => line.startsWith("ADDED"))).toEqual(["ADDED a"])
      expect(yield* count("0")).toBe(1)
    }),
  )

  it.effect("single events can be lost (R24)", () =>
    Effect.gen(function* () {
      const server = yield* makeServer()
      const { seen } = yield* record(server, {
        onLine: (_kind, line) => (line.object.metadata.name === "b" ? "drop" : "deliver"),
      })
      for (const name of ["a", "b", "c"]) create(server, name)
      yield* TestClock.adjust("1 second")
      expect(yield* seen).toEqual(["ADDED a", "ADDED c"])
    }),
  )

  it.effect("a watch can be cut, ended, expired in the stream, stalled, refused (R30-R32, R38)", () =>
    Effect.gen(function* () {
      const server = yield* makeServer()
      const faults = makeClientFaults()
      const outcome = (strike: () => void) =>
        Effect.gen(function* () {
          const { fiber } = yield* record(server, { faults })
          strike()
          return yield* Effect.either(Fiber.join(fiber))
        })
      const cut = yield* outcome(() => faults.cutWatches(Kinds.ConfigMap))
      expect(Either.isLeft(cut) && cut.left._tag).toBe("KubeTransportError")
      expect(Either.isRight(yield* outcome(() => faults.strikeWatches("End")))).toBe(true)
      const expired = yield* outcome(() => faults.strikeWatches("Expire"))
      expect(Either.isLeft(expired) && isGone(expired.left)).toBe(true)
      const { seen, fiber } = yield* record(server, { faults })
      faults.strikeWatches("Stall")
      create(server, "a")
      yield* TestClock.adjust("5 minutes")
      expect(yield* seen).toEqual([])
      yield* Fiber.interrupt(fiber)
      expect(faults.openWatches()).toBe(0)
      faults.refuseWatches(true, Kinds.ConfigMap)
      const refused = yield* outcome(() => undefined)
      expect(Either.isLeft(refused) && refused.left._tag === "KubeStatusError" && refused.left.status).toBe(403)
    }),
  )

  it.effect("410 at connect when history is compacted; open watches go on (R32, R40)", () =>
    Effect.gen(function* () {
      const server = yield* makeServer()
      const old = server.version()
      const { seen } = yield* record(server)
      create(server, "a")
      server.compact(Kinds.ConfigMap)
      create(server, "b")
      yield* TestClock.adjust(0)
      expect(yield* seen).toEqual(["ADDED a", "ADDED b"])
      const result = yield* Effect.flatMap(KubeReader, (reader) =>
        Stream.runDrain(reader.watch(Kinds.ConfigMap, { resourceVersion: old, timeoutSeconds: 1 })),
      ).pipe(withClient(server), Effect.either)
      expect(Either.isLeft(result) && isGone(result.left)).toBe(true)
    }),
  )
})

describe("requests", () => {
  it.effect("a lost reply: the write happened, the client does not know (R11)", () =>
    Effect.gen(function* () {
      const server = yield* makeServer()
      server.gate.onRequest((request) => (request.verb === "create" ? { _tag: "DropReply" } : undefined))
      const result = yield* Effect.flatMap(KubeWriter, (writer) => writer.create(Kinds.ConfigMap, configMap("a"))).pipe(
        withClient(server),
        Effect.either,
      )
      expect(Either.isLeft(result) && result.left._tag).toBe("KubeTransportError")
      expect(server.find(Kinds.ConfigMap, { namespace, name: "a" })).toBeDefined()
    }),
  )

  it.effect(
    "faults: refused, delayed, lost before the server; each request is recorded with its user (R47, R53, R130)",
    () =>
      Effect.gen(function* () {
        const server = yield* makeServer()
        const log: Array<string> = []
        server.gate.onRequest((r) => {
          log.push(`${r.user} ${r.verb} ${r.resource}${r.subresource === undefined ? "" : `/${r.subresource}`}`)
          return undefined
        })
        const off = server.gate.onRequest((r) => {
          if (r.verb === "get")
            return {
              _tag: "Fail",
              failure: new ApiFailure(503, "ServiceUnavailable", "busy", { retryAfterSeconds: 2 }),
            }
          return r.verb === "list" ? { _tag: "Delay", ms: 3000 } : { _tag: "DropRequest" }
        })
        const run = <A, E>(effect: Effect.Effect<A, E, KubeReader | KubeWriter>) =>
          withClient(server)(Effect.either(effect))
        const got = yield* run(Effect.flatMap(KubeReader, (r) => r.get(Kinds.ConfigMap, { namespace, name: "a" })))
        expect(Either.isLeft(got) && got.left._tag === "KubeStatusError" && got.left.retryAfterMs).toBe(2000)
        yield* run(Effect.flatMap(KubeWriter, (w) => w.create(Kinds.ConfigMap, configMap("a"))))
        expect(server.find(Kinds.ConfigMap, { namespace, name: "a" })).toBeUndefined()
        const slow = yield* Effect.fork(run(Effect.flatMap(KubeReader, (r) => r.list(Kinds.ConfigMap, {}))))
        yield* TestClock.adjust("2999 millis")
        expect(slow.unsafePoll()).toBeNull()
        yield* TestClock.adjust("1 millis")
        expect(Either.isRight(yield* Fiber.join(slow))).toBe(true)
        off()
        yield* run(
          Effect.flatMap(KubeWriter, (w) =>
            w.patch(Kinds.StatefulSet, { namespace, name: "s" }, { type: "merge", body: {}, subresource: "scale" }),
          ),
        )
        expect(log).toEqual([
          "operator get configmaps",
          "operator create configmaps",
          "operator list configmaps",
          "operator patch statefulsets/scale",
        ])
      }),
  )

  it.effect("an outage breaks watches and refuses requests until it ends (R54)", () =>
    Effect.gen(function* () {
      const server = yield* makeServer()
      const faults = makeClientFaults()
      const { fiber } = yield* record(server, { faults })
      faults.setOutage(true)
      expect(Either.isLeft(yield* Effect.either(Fiber.join(fiber)))).toBe(true)
      const list = Effect.flatMap(KubeReader, (r) => r.list(Kinds.ConfigMap, {})).pipe(
        withClient(server, { faults }),
        Effect.either,
      )
      const down = yield* list
      expect(Either.isLeft(down) && down.left._tag === "KubeTransportError" && down.left.reason).toBe("Connect")
      faults.setOutage(false)
      expect(Either.isRight(yield* list)).toBe(true)
    }),
  )
})

it.scoped("the collector sweeps a moment after a deletion", () =>
  Effect.gen(function* () {
    const server = yield* makeServer()
    const owner = create(server, "owner")
    server.create(Kinds.ConfigMap, configMap("child", {}, { ownerReferences: [ownerOf(owner)] }))
    yield* Effect.forkScoped(runGarbageCollector(server))
    yield* TestClock.adjust("1 second")
    server.remove(Kinds.ConfigMap, { namespace, name: "owner" })
    yield* TestClock.adjust("99 millis")
    expect(server.find(Kinds.ConfigMap, { namespace, name: "child" })).toBeDefined()
    yield* TestClock.adjust("1 millis")
    expect(server.find(Kinds.ConfigMap, { namespace, name: "child" })).toBeUndefined()
  }),
)

it.effect("the same calls make the same world, byte for byte", () =>
  Effect.gen(function* () {
    const history = Effect.gen(function* () {
      const server = yield* makeServer()
      const events: Array<string> = []
      server.onCommit((commit) => events.push(JSON.stringify(commit)))
      yield* Effect.flatMap(KubeWriter, (writer) =>
        Effect.all([
          writer.apply(Kinds.ConfigMap, configMap("a", { k: "1" }), { fieldManager: "x" }),
          writer.create(Kinds.ConfigMap, { ...configMap("b"), metadata: { namespace, generateName: "b-" } }),
        ]),
      ).pipe(withClient(server))
      return events
    })
    expect(yield* history).toEqual(yield* history)
  }),
)
