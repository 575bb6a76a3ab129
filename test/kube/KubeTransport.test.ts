import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import { assert, describe } from "vitest"
import { Kinds, type KubeObject } from "../../src/domain/Kubernetes.js"
import { layerStatic } from "../../src/kube/KubeAccess.js"
import { KubeReader, KubeWriter } from "../../src/kube/KubeClient.js"
import { isNotFound, KubeStatusError } from "../../src/kube/KubeError.js"
import type { KubeHttpOptions } from "../../src/kube/KubeHttp.js"
import { kubeRequests } from "../../src/kube/kubeMetrics.js"
import { isBudgetRefusal } from "../../src/kube/kubeStatus.js"
import { layer } from "../../src/kube/KubeTransport.js"
import { type Answer, eventually, faultyServer, jsonReply, type Reply, statusReply } from "../support/faultyServer.js"

const live = (baseUrl: string, options: KubeHttpOptions = {}) =>
  layer({ retryPauseMs: 5, ...options }).pipe(Layer.provide(layerStatic({ baseUrl, token: "s3cr3t" })), Layer.orDie)

/** A server, and a client of it whose layers live as long as the test. */
const client = (answer: Answer, options: KubeHttpOptions = {}) =>
  Effect.gen(function* () {
    const server = yield* faultyServer(answer)
    const context = yield* Layer.build(live(server.baseUrl, options))
    const [reader, writer] = yield* Effect.provide(Effect.all([KubeReader, KubeWriter]), context)
    return { server, reader, writer }
  })

const pod = (name: string, extra: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "ns", resourceVersion: "7", ...extra },
})
const ref = { namespace: "ns", name: "a" }
const gone: Reply = { steps: [{ end: "reset" }] }

describe("KubeTransport: requests", () => {
  it.scopedLive("each verb sends what the API asks for", () =>
    Effect.gen(function* () {
      const { reader, server, writer } = yield* client(() => jsonReply(pod("a")))
      yield* reader.get(Kinds.Pod, ref)
      yield* writer.create(Kinds.Pod, pod("a"))
      yield* writer.replace(Kinds.Pod, pod("a"), "status")
      yield* writer.apply(Kinds.Pod, pod("a"), { fieldManager: "acko" })
      yield* writer.apply(Kinds.Pod, pod("a"), { fieldManager: "acko/status", force: false, subresource: "status" })
      yield* writer.patch(Kinds.Pod, ref, { type: "merge", body: { a: 1 } })
      yield* writer.patch(Kinds.Pod, ref, { type: "strategic", body: {}, subresource: "scale", fieldManager: "acko" })
      yield* writer.patch(Kinds.Pod, ref, { type: "json", body: [{ op: "test", path: "/a", value: 1 }] })
      yield* writer.remove(Kinds.Pod, ref, {
        preconditions: { uid: "u", resourceVersion: "7" },
        propagationPolicy: "Foreground",
        gracePeriodSeconds: 0,
      })
      yield* writer.evict(ref, { preconditions: { uid: "u" } })
      yield* writer.bind(ref, "host-1")
      const path = "/api/v1/namespaces/ns/pods"
      assert.deepStrictEqual(
        server.requests.map((r) => [r.method, r.path, r.query.toString(), r.headers["content-type"]]),
        [
          ["GET", `${path}/a`, "", undefined],
          ["POST", path, "", "application/json"],
          ["PUT", `${path}/a/status`, "", "application/json"],
          ["PATCH", `${path}/a`, "fieldManager=acko&force=true", "application/apply-patch+yaml"],
          ["PATCH", `${path}/a/status`, "fieldManager=acko%2Fstatus&force=false", "application/apply-patch+yaml"],
          ["PATCH", `${path}/a`, "", "application/merge-patch+json"],
          ["PATCH", `${path}/a/scale`, "fieldManager=acko", "application/strategic-merge-patch+json"],
          ["PATCH", `${path}/a`, "", "application/json-patch+json"],
          ["DELETE", `${path}/a`, "", "application/json"],
          ["POST", `${path}/a/eviction`, "", "application/json"],
          ["POST", `${path}/a/binding`, "", "application/json"],
        ],
      )
      const bodies = server.requests.map((r) => (r.body === "" ? undefined : (JSON.parse(r.body) as unknown)))
      assert.deepStrictEqual(bodies[8], {
        apiVersion: "v1",
        kind: "DeleteOptions",
        preconditions: { uid: "u", resourceVersion: "7" },
        propagationPolicy: "Foreground",
        gracePeriodSeconds: 0,
      })
      assert.deepStrictEqual(bodies[9], {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name: "a", namespace: "ns" },
        deleteOptions: { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid: "u" } },
      })
      assert.deepStrictEqual(bodies[10], {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name: "a", namespace: "ns" },
        target: { apiVersion: "v1", kind: "Node", name: "host-1" },
      })
      for (const request of server.requests) {
        assert.strictEqual(request.headers.authorization, "Bearer s3cr3t")
        assert.isUndefined(request.headers["traceparent"])
        assert.isUndefined(request.headers["b3"])
      }
    }),
  )

  it.scopedLive("lists carry their selectors, items get apiVersion and kind, unknown fields survive", () =>
    Effect.gen(function* () {
      const { reader, server } = yield* client(() =>
        jsonReply({
          metadata: { resourceVersion: "18446744073709551617", continue: "next" },
          items: [{ metadata: { name: "a", resourceVersion: "5" }, spec: { future: [1] } }],
        }),
      )
      const page = yield* reader.list(Kinds.StatefulSet, {
        namespace: "ns",
        labelSelector: "a=b,c in (d)",
        fieldSelector: "x=y",
        limit: 2,
        continueToken: "t",
        resourceVersion: "0",
      })
      assert.deepStrictEqual(page, {
        resourceVersion: "18446744073709551617",
        continueToken: "next",
        items: [
          {
            apiVersion: "apps/v1",
            kind: "StatefulSet",
            metadata: { name: "a", resourceVersion: "5" },
            spec: { future: [1] },
          },
        ],
      })
      assert.deepStrictEqual(Object.fromEntries(server.requests[0]!.query), {
        labelSelector: "a=b,c in (d)",
        fieldSelector: "x=y",
        limit: "2",
        continue: "t",
        resourceVersion: "0",
      })
    }),
  )

  it.scopedLive("remove tells a terminating object from a gone one", () =>
    Effect.gen(function* () {
      const { server, writer } = yield* client(() => jsonReply(pod("a", { deletionTimestamp: "2026-01-01T00:00:00Z" })))
      const left = yield* writer.remove(Kinds.Pod, ref, {})
      assert.strictEqual(left?.metadata.deletionTimestamp, "2026-01-01T00:00:00Z")
      server.answer(() => jsonReply({ kind: "Status", status: "Success" }))
      assert.isUndefined(yield* writer.remove(Kinds.Pod, ref, {}))
      server.answer(() => jsonReply(pod("a")))
      assert.isUndefined(yield* writer.remove(Kinds.Pod, ref, {}))
    }),
  )

  it.scopedLive("S1 a delete without a name is a bug, and nothing is sent", () =>
    Effect.gen(function* () {
      const { server, writer } = yield* client(() => jsonReply({}))
      const exit = yield* Effect.exit(writer.remove(Kinds.Pod, { namespace: "ns", name: "" }, {}))
      assert.isTrue(Exit.isFailure(exit))
      assert.strictEqual(server.requests.length, 0)
    }),
  )

  it.scopedLive("requests are counted by code, host and method, as client-go does, and by verb and resource", () =>
    Effect.gen(function* () {
      const { reader, server } = yield* client(() => statusReply(404, "NotFound"))
      yield* Effect.flip(reader.get(Kinds.Lease, ref))
      const counter = kubeRequests.pipe(
        Metric.tagged("code", "404"),
        Metric.tagged("host", new URL(server.baseUrl).host),
        Metric.tagged("method", "GET"),
        Metric.tagged("verb", "get"),
        Metric.tagged("resource", "leases"),
      )
      assert.strictEqual((yield* Metric.value(counter)).count, 1)
    }),
  )
})

describe("KubeTransport: errors", () => {
  it.scopedLive("R49 404 carries place and reason", () =>
    Effect.gen(function* () {
      const { reader } = yield* client(() => statusReply(404, "NotFound", { message: 'pods "a" not found' }))
      const error = yield* Effect.flip(reader.get(Kinds.Pod, ref))
      assert.isTrue(isNotFound(error))
      assert.strictEqual(error.message, 'get pods ns/a: 404 NotFound: pods "a" not found')
    }),
  )

  it.scopedLive("409, 422 and plain-text answers are typed, details kept", () =>
    Effect.gen(function* () {
      const { server, writer } = yield* client(() =>
        statusReply(422, "Invalid", { details: { causes: [{ field: "spec.x" }] } }),
      )
      const invalid = yield* Effect.flip(writer.create(Kinds.Pod, pod("a")))
      assert.instanceOf(invalid, KubeStatusError)
      assert.deepInclude(invalid, { status: 422, reason: "Invalid", details: { causes: [{ field: "spec.x" }] } })
      assert.strictEqual(invalid.retry, "stop")
      server.answer(() => ({ status: 502, headers: { "content-type": "text/html" }, steps: ["<h1>Bad", " Gateway"] }))
      const plain = yield* Effect.flip(writer.create(Kinds.Pod, pod("a")))
      assert.deepInclude(plain, { _tag: "KubeStatusError", status: 502, detail: "<h1>Bad Gateway", retry: "retry" })
    }),
  )

  it.scopedLive("R36 answers that break the promise are typed decode errors", () =>
    Effect.gen(function* () {
      const { reader, server } = yield* client(() => ({ steps: ["<html>"] }))
      for (const body of [
        "<html>",
        "",
        "null",
        "[]",
        '{"items":[]}',
        '{"metadata":{"resourceVersion":"1"},"items":null}',
        '{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{}}]}',
        '{"metadata":{"resourceVersion":"1"},"items":[null]}',
      ]) {
        server.answer(() => ({ steps: [body] }))
        assert.strictEqual((yield* Effect.flip(reader.list(Kinds.Pod, {})))._tag, "KubeDecodeError", body)
      }
      server.answer(() => jsonReply({ apiVersion: "v1", kind: "Pod" }))
      assert.strictEqual((yield* Effect.flip(reader.get(Kinds.Pod, ref)))._tag, "KubeDecodeError")
    }),
  )

  it.scopedLive(
    "R39 an error without end, or cut short, is that error, for a watch as well; little of it is read",
    () =>
      Effect.gen(function* () {
        const chunk = " ".repeat(1024 * 1024)
        const endless: Reply = { status: 500, steps: Array.from({ length: 64 }, () => chunk) }
        const { reader, server, writer } = yield* client(() => endless)
        const watched = reader.watch(Kinds.Pod, { resourceVersion: "1", timeoutSeconds: 60 })
        const before = process.memoryUsage().rss
        for (const call of [Stream.runDrain(watched), writer.create(Kinds.Pod, pod("a"))]) {
          const error = yield* Effect.flip(call)
          assert.deepInclude(error, { _tag: "KubeStatusError", status: 500 })
        }
        assert.isBelow(process.memoryUsage().rss - before, 100 * 1024 * 1024)
        yield* eventually(() => server.openSockets() === 0)
        server.answer(() => ({ status: 409, steps: ['{"kind":"Sta', { end: "cut" }] }))
        assert.deepInclude(yield* Effect.flip(writer.create(Kinds.Pod, pod("a"))), { status: 409, reason: "Conflict" })
      }),
  )

  it.scopedLive("R42 R53 a request that gets no answer fails after its limit and leaves no socket", () =>
    Effect.gen(function* () {
      for (const reply of [
        { sendHeaders: false, steps: [{ end: "hang" }] },
        { steps: ['{"metadata":', { end: "hang" }] },
        { steps: [{ drip: "x".repeat(1000), everyMs: 10 }] },
      ] satisfies ReadonlyArray<Reply>) {
        const { reader, server } = yield* client(() => reply, { timeoutMs: 100 })
        const error = yield* Effect.flip(reader.list(Kinds.Pod, {}))
        assert.deepInclude(error, { _tag: "KubeTransportError", reason: "Timeout" })
        assert.strictEqual(server.requests.length, 1)
        yield* eventually(() => server.openSockets() === 0)
      }
    }),
  )

  it.scopedLive("R53 a slow answer within the limit is an answer", () =>
    Effect.gen(function* () {
      const text = JSON.stringify(pod("a"))
      const { reader } = yield* client(() => ({
        sendHeaders: false,
        steps: [{ waitMs: 150 }, text.slice(0, 9), { waitMs: 150 }, text.slice(9)],
      }))
      assert.strictEqual((yield* reader.get(Kinds.Pod, ref)).metadata.name, "a")
    }),
  )

  it.scopedLive("a refused connection is Connect, a cut one is Broken, and neither shows the token (S7)", () =>
    Effect.gen(function* () {
      const { reader, server, writer } = yield* client(() => ({ steps: ['{"half":', { end: "cut" }] }))
      const cut = yield* Effect.flip(writer.create(Kinds.Pod, pod("a")))
      assert.deepInclude(cut, { _tag: "KubeTransportError", reason: "Broken" })
      server.answer(() => gone)
      const reset = yield* Effect.flip(reader.get(Kinds.Pod, ref))
      assert.deepInclude(reset, { _tag: "KubeTransportError", reason: "Broken" })
      const nobody = yield* Effect.scoped(
        Effect.map(
          faultyServer(() => gone),
          (closed) => closed.baseUrl,
        ),
      )
      const refused = yield* Effect.flip(
        Effect.provide(
          Effect.flatMap(KubeReader, (r) => r.get(Kinds.Pod, ref)),
          live(nobody),
        ),
      )
      assert.deepInclude(refused, { _tag: "KubeTransportError", reason: "Connect" })
      for (const error of [cut, reset, refused]) {
        const { inspect } = yield* Effect.promise(() => import("node:util"))
        assert.notInclude(inspect(error, { depth: 20 }) + JSON.stringify(error), "s3cr3t")
      }
    }),
  )
})

describe("KubeTransport: repeating", () => {
  for (const status of [500, 502, 503, 504]) {
    it.scopedLive(`R47 a read is repeated after ${status}, three times at most`, () =>
      Effect.gen(function* () {
        const { reader, server } = yield* client((_, nth) =>
          nth < 2 ? statusReply(status, "InternalError") : jsonReply(pod("a")),
        )
        yield* reader.get(Kinds.Pod, ref)
        assert.strictEqual(server.requests.length, 3)
        server.answer(() => statusReply(status, "InternalError"))
        yield* Effect.flip(reader.get(Kinds.Pod, ref))
        assert.strictEqual(server.requests.length, 6)
      }),
    )
  }

  it.scopedLive("R31 a read is repeated after a reset connection", () =>
    Effect.gen(function* () {
      const { reader, server } = yield* client((_, nth) => (nth === 0 ? gone : jsonReply(pod("a"))))
      yield* reader.get(Kinds.Pod, ref)
      assert.strictEqual(server.requests.length, 2)
    }),
  )

  it.scopedLive("R11 a write is sent once, whatever becomes of it", () =>
    Effect.gen(function* () {
      for (const reply of [
        gone,
        statusReply(500, "InternalError"),
        statusReply(503, "ServiceUnavailable"),
        statusReply(504, "Timeout"),
        { steps: ["{", { end: "cut" }] },
        { sendHeaders: false, steps: [{ end: "hang" }] },
      ] satisfies ReadonlyArray<Reply>) {
        const { server, writer } = yield* client(() => reply, { timeoutMs: 100 })
        yield* Effect.flip(writer.create(Kinds.Pod, pod("a")))
        assert.strictEqual(server.requests.length, 1)
      }
    }),
  )

  it.scopedLive("S9 when everything fails, repeats stop: amplification below 1.3", () =>
    Effect.gen(function* () {
      const { reader, server } = yield* client(() => statusReply(500, "InternalError"), { retryPauseMs: 1 })
      yield* Effect.forEach(Array.from({ length: 100 }), () => Effect.flip(reader.get(Kinds.Pod, ref)))
      assert.isBelow(server.requests.length, 130)
    }),
  )

  it.scopedLive("R46 429 with a short Retry-After: nothing before it, then reads and writes are sent again", () =>
    Effect.gen(function* () {
      const { reader, server, writer } = yield* client((_, nth) =>
        nth % 2 === 0 ? statusReply(429, "TooManyRequests", { headers: { "retry-after": "1" } }) : jsonReply(pod("a")),
      )
      yield* writer.create(Kinds.Pod, pod("a"))
      yield* reader.get(Kinds.Pod, ref)
      const at = server.requests.map((request) => request.at)
      assert.strictEqual(at.length, 4)
      assert.isAtLeast(at[1]! - at[0]!, 1000)
      assert.isAtLeast(at[3]! - at[2]!, 1000)
    }),
  )

  it.scopedLive("R46 a long pause fails at once and keeps the flow quiet; other flows go on", () =>
    Effect.gen(function* () {
      const { reader, server, writer } = yield* client(() =>
        statusReply(503, "ServiceUnavailable", { details: { retryAfterSeconds: 60 } }),
      )
      const first = yield* Effect.flip(writer.create(Kinds.Pod, pod("a")))
      assert.deepInclude(first, { status: 503, retryAfterMs: 60_000 })
      server.answer(() => jsonReply(pod("a")))
      const second = yield* Effect.flip(writer.remove(Kinds.Pod, ref, {}))
      assert.deepInclude(second, { status: 429, retry: "retry" })
      assert.strictEqual(server.requests.length, 1)
      yield* reader.get(Kinds.Pod, ref)
      yield* writer.replace(Kinds.Lease, pod("lease"))
      assert.strictEqual(server.requests.length, 3)
    }),
  )

  it.scopedLive("R46 an eviction refused by a budget is no overload: told at once, nothing held back", () =>
    Effect.gen(function* () {
      const { server, writer } = yield* client(() =>
        statusReply(429, "TooManyRequests", {
          headers: { "retry-after": "10" },
          details: { causes: [{ reason: "DisruptionBudget", message: "needs 2" }] },
        }),
      )
      const refused = yield* Effect.flip(writer.evict(ref, {}))
      assert.deepInclude(refused, { status: 429, reason: "TooManyRequests", retryAfterMs: 10_000 })
      assert.isTrue(isBudgetRefusal(refused))
      server.answer(() => jsonReply(pod("a")))
      yield* writer.create(Kinds.Pod, pod("a"))
      assert.strictEqual(server.requests.length, 2)
    }),
  )
})

describe("KubeTransport: security and sockets", () => {
  for (const status of [301, 302, 307, 308]) {
    it.scopedLive(`R135 a redirect (${status}) is not followed, and the token goes nowhere else`, () =>
      Effect.gen(function* () {
        const other = yield* faultyServer(() => jsonReply(pod("a")))
        const { reader, server } = yield* client(() => ({
          status,
          headers: { location: `${other.baseUrl}/api/v1/namespaces/ns/pods/a` },
          steps: [],
        }))
        const error = yield* Effect.flip(reader.get(Kinds.Pod, ref))
        assert.deepInclude(error, { _tag: "KubeStatusError", status, retry: "stop" })
        assert.strictEqual(server.requests.length, 1)
        assert.strictEqual(other.acceptedSockets(), 0)
      }),
    )
  }

  it.scopedLive("one connection serves many requests, errors included", () =>
    Effect.gen(function* () {
      const { reader, server } = yield* client((_, nth) =>
        nth % 3 === 0 ? statusReply(404, "NotFound") : jsonReply(pod("a")),
      )
      yield* Effect.forEach(Array.from({ length: 50 }), () => Effect.either(reader.get(Kinds.Pod, ref)))
      assert.strictEqual(server.requests.length, 50)
      assert.strictEqual(server.acceptedSockets(), 1)
    }),
  )

  it.scopedLive("S12 interrupted requests close their sockets, and closing the layer closes the rest", () =>
    Effect.gen(function* () {
      const server = yield* faultyServer((_, nth) =>
        nth % 2 === 0 ? { sendHeaders: false, steps: [{ end: "hang" }] } : { steps: ["{", { end: "hang" }] },
      )
      yield* Effect.gen(function* () {
        const reader = yield* KubeReader
        const running = yield* Effect.fork(
          Effect.forEach(Array.from({ length: 20 }), () => reader.get(Kinds.Pod, ref), { concurrency: "unbounded" }),
        )
        yield* eventually(() => server.requests.length === 20)
        assert.strictEqual(server.openSockets(), 20)
        yield* Fiber.interrupt(running)
        yield* eventually(() => server.openSockets() === 0)
        server.answer(() => jsonReply(pod("a")))
        yield* reader.get(Kinds.Pod, ref)
        assert.strictEqual(server.openSockets(), 1)
      }).pipe(Effect.provide(live(server.baseUrl)))
      yield* eventually(() => server.openSockets() === 0)
    }),
  )

  it.scopedLive("R50 401 refreshes and repeats once, for writes too; a second 401 is told", () =>
    Effect.gen(function* () {
      const { server, writer } = yield* client((_, nth) =>
        nth === 0 ? statusReply(401, "Unauthorized") : jsonReply(pod("a")),
      )
      yield* writer.create(Kinds.Pod, pod("a"))
      assert.strictEqual(server.requests.length, 2)
      server.answer(() => statusReply(401, "Unauthorized"))
      const result = yield* Effect.either(writer.create(Kinds.Pod, pod("a")))
      assert.isTrue(Either.isLeft(result) && result.left._tag === "KubeStatusError" && result.left.status === 401)
      assert.strictEqual(server.requests.length, 4)
    }),
  )
})
