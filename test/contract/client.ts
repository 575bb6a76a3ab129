/**
 * The same contract as the operator meets it, through `KubeReader` and `KubeWriter`: what the transport makes of requests and answers. Runs
 * in memory, over the HTTPS face of the embedded server and over a real kube-apiserver.
 */
import { it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { beforeAll, afterAll, describe, expect } from "vitest"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { Kinds, type KubeObject, type ResourceKind } from "../../src/domain/Kubernetes.js"
import { KubeReader, KubeWriter, type WatchEvent } from "../../src/kube/KubeClient.js"
import { at } from "./Wire.js"
import { definitions, podSpec, setSpec, template, Widgets } from "./fixtures.js"
import { isConflict, isGone, type KubeError, type KubeStatusError } from "../../src/kube/KubeError.js"

interface Place {
  readonly namespace: string
}

type Body = (place: Place) => Effect.Effect<void, unknown, KubeReader | KubeWriter>

const failureOf = <A>(effect: Effect.Effect<A, KubeError, KubeReader | KubeWriter>) =>
  Effect.map(Effect.either(effect), (result): KubeStatusError => {
    if (Either.isRight(result)) throw new Error(`expected a failure, got ${JSON.stringify(result.right)}`)
    if (result.left._tag !== "KubeStatusError") throw new Error(`expected a status, got ${result.left.message}`)
    return result.left
  })

const get = (kind: ResourceKind, { namespace }: Place, name: string) =>
  Effect.flatMap(KubeReader, (reader) => reader.get(kind, { namespace, name }))

const configMap = ({ namespace }: Place, name: string, data: Record<string, string> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace },
  data,
})

const widget = ({ namespace }: Place, name: string, spec: Record<string, unknown> = {}): KubeObject => ({
  apiVersion: "contract.acko.io/v1",
  kind: "Widget",
  metadata: { name, namespace },
  spec: { size: 3, ...spec },
})

const statefulSet = ({ namespace }: Place, name: string, image = "aerospike:8.1"): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name, namespace },
  spec: setSpec(name, { serviceName: name, template: template(name, { image }) }),
})

const eventOf = (event: WatchEvent): string =>
  event.type === "BOOKMARK" ? "BOOKMARK" : `${event.type} ${event.object.metadata.name ?? ""}`

/** The suite against one target. `layer` is built once; every test works in a namespace of its own. */
export const clientSuite = (name: string, layer: Layer.Layer<KubeReader | KubeWriter, unknown>): void => {
  describe(`Kubernetes API contract, through the client: ${name}`, () => {
    const runtime = ManagedRuntime.make(Layer.orDie(layer))
    let counter = 0

    beforeAll(async () => {
      await runtime.runPromise(
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const reader = yield* KubeReader
          const options = { fieldManager: "contract-suite", force: true }
          for (const definition of definitions) yield* writer.apply(Kinds.CustomResourceDefinition, definition, options)
          const isServed = Effect.isSuccess(reader.list(Widgets, {}))
          yield* Effect.repeat(Effect.delay(isServed, "20 millis"), { until: (served) => served, times: 500 })
        }),
      )
    }, 30_000)
    afterAll(() => runtime.dispose())

    const test = (title: string, body: Body) =>
      it(title, () =>
        runtime.runPromise(
          Effect.gen(function* () {
            const writer = yield* KubeWriter
            const created = yield* writer.create(Kinds.Namespace, {
              apiVersion: "v1",
              kind: "Namespace",
              metadata: { generateName: `contract-${++counter}-` },
            })
            const namespace = created.metadata.name ?? ""
            yield* body({ namespace })
          }),
        ),
      )

    describe("objects", () => {
      test("create fills identity; the same name again is AlreadyExists; a new object has a new UID (R26)", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const first = yield* writer.create(Kinds.ConfigMap, configMap(place, "a", { k: "v" }))
          expect(first.metadata.uid).toBeTruthy()
          expect(first.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
          const again = yield* failureOf(writer.create(Kinds.ConfigMap, configMap(place, "a")))
          expect([again.status, again.reason]).toEqual([409, "AlreadyExists"])
          expect(again.detail).toBe(`configmaps "a" already exists`)
          const gone = yield* writer.remove(Kinds.ConfigMap, { ...place, name: "a" }, {})
          expect(gone).toBeUndefined()
          const second = yield* writer.create(Kinds.ConfigMap, configMap(place, "a"))
          expect(second.metadata.uid).not.toBe(first.metadata.uid)
          expect(BigInt(second.metadata.resourceVersion ?? "0") > BigInt(first.metadata.resourceVersion ?? "0")).toBe(
            true,
          )
        }))

      test("generateName makes names; a missing namespace is 404; a missing object is 404 (R49)", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const made = yield* writer.create(Kinds.ConfigMap, {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { namespace: place.namespace, generateName: "gen-" },
          })
          expect(made.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/)
          const nowhere = yield* failureOf(writer.create(Kinds.ConfigMap, configMap({ namespace: "no-such-ns" }, "a")))
          expect([nowhere.status, nowhere.detail]).toEqual([404, `namespaces "no-such-ns" not found`])
          const missing = yield* failureOf(get(Kinds.StatefulSet, place, "none"))
          expect([missing.status, missing.reason, missing.detail]).toEqual([
            404,
            "NotFound",
            `statefulsets.apps "none" not found`,
          ])
        }))

      test("PUT with an old resourceVersion is a conflict, without one it wins for built-ins and is refused for custom kinds (R48)", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const first = yield* writer.create(Kinds.ConfigMap, configMap(place, "a", { k: "1" }))
          const second = yield* writer.replace(Kinds.ConfigMap, { ...first, data: { k: "2" } })
          const stale = yield* failureOf(writer.replace(Kinds.ConfigMap, { ...first, data: { k: "3" } }))
          expect([stale.status, stale.reason]).toEqual([409, "Conflict"])
          expect(stale.detail).toContain(
            "the object has been modified; please apply your changes to the latest version",
          )
          const blind = yield* writer.replace(Kinds.ConfigMap, configMap(place, "a", { k: "4" }))
          expect(blind.metadata.uid).toBe(second.metadata.uid)
          yield* writer.create(Widgets, widget(place, "w"))
          const refused = yield* failureOf(writer.replace(Widgets, widget(place, "w", { size: 4 })))
          expect(refused.status).toBe(422)
          expect(refused.detail).toContain("metadata.resourceVersion")
        }))
    })

    describe("server-side apply", () => {
      test("creates, changes, and an apply that changes nothing keeps the resourceVersion (R56)", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const options = { fieldManager: "acko", force: true }
          // A kind that no controller writes to meanwhile.
          const first = yield* writer.apply(Kinds.ConfigMap, configMap(place, "a", { k: "1" }), options)
          const same = yield* writer.apply(Kinds.ConfigMap, configMap(place, "a", { k: "1" }), options)
          expect(same.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
          yield* writer.apply(Kinds.StatefulSet, statefulSet(place, "s"), options)
          const unchanged = yield* writer.apply(Kinds.StatefulSet, statefulSet(place, "s"), options)
          expect(unchanged.metadata.generation).toBe(1)
          const changed = yield* writer.apply(Kinds.StatefulSet, statefulSet(place, "s", "aerospike:9"), options)
          expect(changed.metadata.generation).toBe(2)
          expect(at(changed, "spec", "template", "spec", "containers", 0, "image")).toBe("aerospike:9")
        }))

      test("conflicts name the field and its owner; force takes over", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          yield* writer.apply(Kinds.ConfigMap, configMap(place, "a", { k: "1" }), { fieldManager: "first" })
          const refused = yield* failureOf(
            writer.apply(Kinds.ConfigMap, configMap(place, "a", { k: "2" }), { fieldManager: "second", force: false }),
          )
          expect([refused.status, refused.reason]).toEqual([409, "Conflict"])
          expect(refused.detail).toBe(`Apply failed with 1 conflict: conflict with "first": .data.k`)
          expect(at(refused.details, "causes", 0, "field")).toBe(".data.k")
          const taken = yield* writer.apply(Kinds.ConfigMap, configMap(place, "a", { k: "2" }), {
            fieldManager: "second",
            force: true,
          })
          expect(taken["data"]).toEqual({ k: "2" })
          const back = yield* failureOf(
            writer.apply(Kinds.ConfigMap, configMap(place, "a", { k: "1" }), { fieldManager: "first", force: false }),
          )
          expect(back.detail).toContain(`conflict with "second"`)
        }))

      test("status applies own only status; conditions of two managers live side by side", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          yield* writer.create(Widgets, widget(place, "w"))
          const condition = (type: string) => ({
            apiVersion: "contract.acko.io/v1",
            kind: "Widget",
            metadata: { name: "w", namespace: place.namespace },
            status: { conditions: [{ type, status: "True" }] },
          })
          yield* writer.apply(Widgets, condition("Ready"), { fieldManager: "one", subresource: "status" })
          const both = yield* writer.apply(Widgets, condition("Synced"), { fieldManager: "two", subresource: "status" })
          expect((at(both, "status", "conditions") as ReadonlyArray<unknown>).length).toBe(2)
          expect(both.metadata.generation).toBe(1)
          const managers = both.metadata.managedFields as ReadonlyArray<{ manager: string; subresource?: string }>
          expect(
            managers
              .filter((m) => m.subresource === "status")
              .map((m) => m.manager)
              .sort(),
          ).toEqual(["one", "two"])
        }))

      test("uid and resourceVersion in the configuration are preconditions (R17)", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const old = yield* writer.create(Kinds.ConfigMap, configMap(place, "a", { k: "1" }))
          yield* writer.remove(Kinds.ConfigMap, { ...place, name: "a" }, {})
          yield* writer.create(Kinds.ConfigMap, configMap(place, "a", { k: "1" }))
          const config = configMap(place, "a", { k: "2" })
          const withUid = { ...config, metadata: { ...config.metadata, uid: old.metadata.uid ?? "" } }
          const refused = yield* failureOf(
            writer.apply(Kinds.ConfigMap, withUid, { fieldManager: "acko", force: true }),
          )
          expect([refused.status, isConflict(refused), refused.retry]).toEqual([422, true, "reread"])
          const withVersion = {
            ...config,
            metadata: { ...config.metadata, resourceVersion: old.metadata.resourceVersion ?? "" },
          }
          const stale = yield* failureOf(
            writer.apply(Kinds.ConfigMap, withVersion, { fieldManager: "acko", force: true }),
          )
          expect(stale.status).toBe(409)
        }))
    })

    describe("deletion", () => {
      test("preconditions protect the successor of the same name (R17, S1)", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const ref = { ...place, name: "a" }
          const old = yield* writer.create(Kinds.ConfigMap, configMap(place, "a"))
          yield* writer.remove(Kinds.ConfigMap, ref, {})
          yield* writer.create(Kinds.ConfigMap, configMap(place, "a"))
          const wrongUid = yield* failureOf(
            writer.remove(Kinds.ConfigMap, ref, { preconditions: { uid: old.metadata.uid ?? "" } }),
          )
          expect([wrongUid.status, wrongUid.reason]).toEqual([409, "Conflict"])
          const wrongVersion = yield* failureOf(
            writer.remove(Kinds.ConfigMap, ref, {
              preconditions: { resourceVersion: old.metadata.resourceVersion ?? "" },
            }),
          )
          expect(wrongVersion.status).toBe(409)
        }))

      test("finalizers hold the object; no new ones while it goes; the last one releases it (R7)", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const ref = { ...place, name: "w" }
          const made = widget(place, "w")
          yield* writer.create(Widgets, { ...made, metadata: { ...made.metadata, finalizers: ["acko.io/finalizer"] } })
          const going = yield* writer.remove(Widgets, ref, {})
          expect(going?.metadata.deletionTimestamp).toBeTruthy()
          expect((yield* get(Widgets, place, "w")).metadata.deletionTimestamp).toBeTruthy()
          const refused = yield* failureOf(
            writer.patch(Widgets, ref, {
              type: "merge",
              body: { metadata: { finalizers: ["acko.io/finalizer", "acko.io/more"] } },
            }),
          )
          expect(refused.status).toBe(422)
          yield* writer.patch(Widgets, ref, { type: "merge", body: { metadata: { finalizers: null } } })
          expect((yield* failureOf(get(Widgets, place, "w"))).status).toBe(404)
        }))
    })

    describe("lists", () => {
      test("pages show one moment, whatever is written between them (R42)", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const reader = yield* KubeReader
          for (const name of ["a", "b", "c", "d"]) yield* writer.create(Widgets, widget(place, name))
          const first = yield* reader.list(Widgets, { ...place, limit: 2 })
          expect(first.items.map((i) => i.metadata.name)).toEqual(["a", "b"])
          expect(first.items[0]?.kind).toBe("Widget")
          expect(first.items[0]?.apiVersion).toBe("contract.acko.io/v1")
          yield* writer.remove(Widgets, { ...place, name: "c" }, {})
          yield* writer.create(Widgets, widget(place, "bb"))
          const second = yield* reader.list(Widgets, { ...place, limit: 2, continueToken: first.continueToken ?? "" })
          expect(second.items.map((i) => i.metadata.name)).toEqual(["c", "d"])
          expect(second.resourceVersion).toBe(first.resourceVersion)
          expect(second.continueToken).toBeUndefined()
        }))
    })

    describe("watches", () => {
      const from = (place: Place, kind: ResourceKind, count: number, labelSelector?: string) =>
        Effect.gen(function* () {
          const reader = yield* KubeReader
          const { resourceVersion } = yield* reader.list(kind, { ...place })
          const stream = reader.watch(kind, {
            ...place,
            resourceVersion,
            timeoutSeconds: 20,
            ...(labelSelector === undefined ? {} : { labelSelector }),
          })
          return yield* Effect.fork(
            Stream.runCollect(
              Stream.take(
                Stream.filter(stream, (event) => event.type !== "BOOKMARK"),
                count,
              ),
            ),
          )
        })

      test("every change after the version, in order", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const fiber = yield* from(place, Widgets, 4)
          const made = yield* writer.create(Widgets, widget(place, "a"))
          yield* writer.create(Widgets, widget(place, "b"))
          yield* writer.patch(Widgets, { ...place, name: "a" }, { type: "merge", body: { spec: { size: 5 } } })
          yield* writer.remove(Widgets, { ...place, name: "a" }, {})
          const events = Chunk.toReadonlyArray(yield* Fiber.join(fiber))
          expect(events.map(eventOf)).toEqual(["ADDED a", "ADDED b", "MODIFIED a", "DELETED a"])
          const versions = events.map((e) => BigInt("object" in e ? (e.object.metadata.resourceVersion ?? "0") : "0"))
          expect(versions.every((v, i) => i === 0 || v > (versions[i - 1] ?? 0n))).toBe(true)
          expect(versions[0]).toBe(BigInt(made.metadata.resourceVersion ?? "0"))
        }))

      test("a watch resumes from any version it has seen (R30)", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const reader = yield* KubeReader
          const made = yield* writer.create(Widgets, widget(place, "a"))
          yield* writer.create(Widgets, widget(place, "b"))
          yield* writer.remove(Widgets, { ...place, name: "a" }, {})
          const stream = reader.watch(Widgets, {
            ...place,
            resourceVersion: made.metadata.resourceVersion ?? "",
            timeoutSeconds: 20,
          })
          const events = yield* Stream.runCollect(Stream.take(stream, 2))
          expect(Chunk.toReadonlyArray(events).map(eventOf)).toEqual(["ADDED b", "DELETED a"])
        }))

      test("the server ends a watch after timeoutSeconds (R30)", (place) =>
        Effect.gen(function* () {
          const reader = yield* KubeReader
          const { resourceVersion } = yield* reader.list(Widgets, place)
          const events = yield* Stream.runCollect(
            Stream.filter(
              reader.watch(Widgets, { ...place, resourceVersion, timeoutSeconds: 1 }),
              (event) => event.type !== "BOOKMARK",
            ),
          )
          expect(Chunk.size(events)).toBe(0)
        }))

      test("a version from before the server's memory is Gone (R32)", (place) =>
        Effect.gen(function* () {
          const reader = yield* KubeReader
          const stream = reader.watch(Kinds.ConfigMap, { ...place, resourceVersion: "1", timeoutSeconds: 1 })
          const result = yield* Effect.either(Stream.runDrain(stream))
          if (Either.isLeft(result)) expect(isGone(result.left)).toBe(true)
        }))
    })

    describe("pods", () => {
      const pod = ({ namespace }: Place, name: string): KubeObject => ({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace, labels: { app: "p" } },
        spec: podSpec,
      })

      test("scale changes replicas and nothing else", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          yield* writer.create(Widgets, widget(place, "w"))
          yield* writer.patch(
            Widgets,
            { ...place, name: "w" },
            { type: "merge", body: { spec: { replicas: 5 } }, subresource: "scale" },
          )
          expect(at(yield* get(Widgets, place, "w"), "spec", "size")).toBe(5)
        }))

      test("an eviction of an unscheduled pod deletes it at once", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const made = yield* writer.create(Kinds.Pod, pod(place, "p"))
          expect(at(made, "status", "phase")).toBe("Pending")
          yield* writer.evict({ ...place, name: "p" }, { gracePeriodSeconds: 0 })
          expect((yield* failureOf(get(Kinds.Pod, place, "p"))).status).toBe(404)
        }))
    })
  })
}
