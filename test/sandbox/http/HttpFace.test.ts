import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describe, expect } from "vitest"
import { Kinds } from "../../../src/domain/Kubernetes.js"
import { kubeconfigText } from "../../../src/sandbox/http/kubeconfig.js"
import { configMap, namespace, pod } from "../../testing/kube/support.js"
import { ask, eventually, makeWorld, openWatch } from "./support.js"

const configMaps = `/api/v1/namespaces/${namespace}/configmaps`
const tableForm = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
const text = (chunks: ReadonlyArray<Buffer>) => Buffer.concat(chunks).toString()

describe("credentials", () => {
  it("the kubeconfig carries server, authority and token", () => {
    const config: unknown = JSON.parse(
      kubeconfigText({ server: "https://127.0.0.1:1", certificate: "PEM", token: "t" }),
    )
    expect(config).toMatchObject({
      clusters: [{ cluster: { server: "https://127.0.0.1:1", "certificate-authority-data": "UEVN" } }],
      users: [{ user: { token: "t" } }],
    })
  })

  it.scopedLive("no token, or a wrong one, is 401; health and version are public (R50, R135)", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      for (const authorization of ["", "Bearer wrong", "Bearer __proto__", "Basic secret"]) {
        const reply = yield* ask(world, configMaps, { headers: { authorization } })
        expect([reply.status, reply.json]).toEqual([
          401,
          expect.objectContaining({ kind: "Status", reason: "Unauthorized" }),
        ])
      }
      expect((yield* ask(world, "/readyz", { headers: { authorization: "" } })).text).toBe("ok")
      expect((yield* ask(world, "/version", { headers: { authorization: "" } })).json).toMatchObject({ major: "1" })
    }),
  )
})

describe("answers", () => {
  it.scopedLive(
    "tables for people, with the columns of the kind; built-in lists leave kind and version out of items",
    () =>
      Effect.gen(function* () {
        const world = yield* makeWorld
        world.server.create(Kinds.Pod, pod("p"))
        const table = yield* ask(world, `/api/v1/namespaces/${namespace}/pods`, { headers: { accept: tableForm } })
        expect(table.json).toMatchObject({
          kind: "Table",
          columnDefinitions: expect.arrayContaining([
            expect.objectContaining({ name: "Restarts", priority: 0 }),
          ]) as unknown,
          rows: [
            {
              cells: expect.arrayContaining(["p", "0/1", "Pending"]) as unknown,
              object: { kind: "PartialObjectMetadata" },
            },
          ],
        })
        const list = yield* ask(world, `/api/v1/pods`)
        const items = (list.json as { items: ReadonlyArray<object> }).items
        expect(items[0]).not.toHaveProperty("kind")
        expect(list.json).toMatchObject({ kind: "PodList", apiVersion: "v1" })
      }),
  )

  it.scopedLive("what cannot be served: 404, 405, 406, 413, 415", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      const status = (path: string, sent = {}) => Effect.map(ask(world, path, sent), (reply) => reply.status)
      expect(yield* status("/api/v1/nothings")).toBe(404)
      expect(yield* status("/apis/acko.io/v1alpha1/aerospikeclusters")).toBe(404)
      expect(yield* status(`${configMaps}/a/scale`)).toBe(404)
      expect(yield* status(configMaps, { method: "PUT", body: "{}" })).toBe(405)
      expect(yield* status(configMaps, { headers: { accept: "application/vnd.kubernetes.protobuf" } })).toBe(406)
      expect(yield* status(configMaps, { method: "POST", body: "x".repeat(4_000_000) })).toBe(413)
      expect(
        yield* status(`${configMaps}/a`, { method: "PATCH", body: "{}", headers: { "content-type": "text/x" } }),
      ).toBe(415)
      expect(yield* status(configMaps, { method: "POST", body: "{" })).toBe(400)
    }),
  )

  it.scopedLive("YAML applies, Retry-After, warnings, names that contradict the URL", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      const yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n"
      const apply = { method: "PATCH", body: yaml, headers: { "content-type": "application/apply-patch+yaml" } }
      expect((yield* ask(world, `${configMaps}/a?fieldManager=me`, apply)).status).toBe(201)
      expect((yield* ask(world, `${configMaps}/a?fieldManager=me`, apply)).status).toBe(200)
      expect((yield* ask(world, `${configMaps}/b?fieldManager=me`, apply)).status).toBe(400)
      expect((yield* ask(world, `${configMaps}/a`, apply)).status).toBe(422)
      const body = JSON.stringify({ ...configMap("c"), surprise: 1 })
      const warned = yield* ask(world, `${configMaps}?fieldValidation=Warn`, { method: "POST", body })
      expect([warned.status, warned.headers["warning"]]).toEqual([201, `299 - "unknown field \\"surprise\\""`])
      const late = yield* ask(world, `${configMaps}?resourceVersion=99999`)
      expect([late.status, late.headers["retry-after"]]).toEqual([504, "1"])
    }),
  )

  it.scopedLive("typed kubectl commands send protobuf", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      const field = (number: number, ...parts: ReadonlyArray<Buffer | string>) => {
        const bytes = Buffer.concat(parts.map((part) => Buffer.from(part)))
        return Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes])
      }
      const object = Buffer.concat([field(1, field(1, "n")), field(2, field(1, "k"), field(2, "v"))])
      const envelope = Buffer.concat([
        Buffer.from("k8s\0"),
        field(1, field(1, "v1"), field(2, "ConfigMap")),
        field(2, object),
      ])
      const made = yield* ask(world, configMaps, {
        method: "POST",
        body: envelope,
        headers: { "content-type": "application/vnd.kubernetes.protobuf" },
      })
      expect(made.json).toMatchObject({ metadata: { name: "n" }, data: { k: "v" } })
      const garbage = {
        method: "POST",
        body: Buffer.from("k8s\0\xff\xff\xff"),
        headers: { "content-type": "application/vnd.kubernetes.protobuf" },
      }
      expect((yield* ask(world, configMaps, garbage)).status).toBe(415)
    }),
  )

  it.scopedLive("a lost reply: the write is there, the connection is not (R11)", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      world.server.gate.onRequest((r) => (r.verb === "create" ? { _tag: "DropReply" } : undefined))
      const result = yield* Effect.either(
        ask(world, configMaps, { method: "POST", body: JSON.stringify(configMap("a")) }),
      )
      expect(result._tag).toBe("Left")
      expect(world.server.find(Kinds.ConfigMap, { namespace, name: "a" })).toBeDefined()
    }),
  )
})

describe("watches on the wire", () => {
  const path = `${configMaps}?watch=1&allowWatchBookmarks=true&resourceVersion=0`

  it.scopedLive("one line per change, as an object or as a table row", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      const plain = yield* openWatch(world, path)
      const table = yield* openWatch(world, path, { accept: tableForm })
      world.server.create(Kinds.ConfigMap, configMap("a", { k: "ü" }))
      world.server.remove(Kinds.ConfigMap, { namespace, name: "a" })
      yield* eventually(
        () => text(plain.chunks).split("\n").length === 3 && text(table.chunks).split("\n").length === 3,
      )
      const lines = (chunks: ReadonlyArray<Buffer>) =>
        text(chunks)
          .trim()
          .split("\n")
          .map((line): unknown => JSON.parse(line))
      expect(lines(plain.chunks)).toMatchObject([
        { type: "ADDED", object: { kind: "ConfigMap", data: { k: "ü" } } },
        { type: "DELETED", object: { metadata: { name: "a" } } },
      ])
      expect(lines(table.chunks)).toMatchObject([
        { type: "ADDED", object: { kind: "Table", rows: [{ cells: ["a", 1, expect.any(String)] }] } },
        { type: "DELETED", object: { columnDefinitions: [] } },
      ])
    }),
  )

  it.scopedLive("cut, ended, stalled, injected, mangled, refused (R30, R31, R35, R38)", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      const { faults } = world.face
      const cut = yield* openWatch(world, path)
      expect(faults.cutWatches("configmaps")).toBe(1)
      yield* eventually(() => cut.ended === "Cut")
      const ended = yield* openWatch(world, path)
      faults.endWatches()
      yield* eventually(() => ended.ended === "End")
      const garbled = yield* openWatch(world, path)
      faults.injectIntoWatches(Buffer.from("garbage\n"))
      yield* eventually(() => text(garbled.chunks) === "garbage\n")
      faults.mangleLines((_resource, line) => ({ chunks: [line.subarray(0, 10)], thenCut: true }))
      world.server.create(Kinds.ConfigMap, configMap("a"))
      yield* eventually(() => garbled.ended === "Cut")
      faults.mangleLines(undefined)
      const silent = yield* openWatch(
        world,
        path.replace("resourceVersion=0", `resourceVersion=${world.server.version()}`),
      )
      const loud = yield* openWatch(world, `/api/v1/namespaces?watch=1&resourceVersion=${world.server.version()}`)
      expect(faults.stallWatches("configmaps")).toBe(1)
      world.server.create(Kinds.ConfigMap, configMap("b"))
      world.server.create(Kinds.Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } })
      yield* eventually(() => loud.chunks.length > 0)
      expect(silent.chunks).toEqual([])
      faults.refuseWatches(true)
      expect((yield* ask(world, path)).status).toBe(403)
    }),
  )

  it.scopedLive("an outage resets everything and refuses everybody; afterwards the same port answers (R54)", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      const watch = yield* openWatch(world, path)
      yield* world.face.beginOutage
      yield* eventually(() => watch.ended === "Cut")
      const refused = yield* Effect.either(ask(world, "/readyz"))
      expect(refused._tag === "Left" && (refused.left as NodeJS.ErrnoException).code).toBe("ECONNREFUSED")
      yield* world.face.endOutage
      expect((yield* ask(world, "/readyz")).status).toBe(200)
    }),
  )

  it.scopedLive("a closed watch leaves nothing behind (S12)", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      yield* Effect.scoped(
        Effect.zipRight(
          openWatch(world, path),
          Effect.sync(() => expect(world.face.faults.openWatches()).toBe(1)),
        ),
      )
      yield* eventually(() => world.face.faults.openWatches() === 0 && world.face.connections() === 0)
    }),
  )
})
