/**
 * What the operator relies on in a Kubernetes API server, as tests over `KubeReader` and `KubeWriter`. The same suite runs against the
 * in-memory server, against its HTTPS face and against a real kube-apiserver: where one of them differs, it is wrong or the test is.
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
import { Kinds, type KubeObject, type ResourceKind } from "../../../src/domain/Kubernetes.js"
import { KubeReader, KubeWriter, type WatchEvent } from "../../../src/kube/KubeClient.js"
import { isGone, type KubeError, type KubeStatusError } from "../../../src/kube/KubeError.js"

/** The custom kind of the suite. */
export const Widgets: ResourceKind = {
  group: "contract.acko.io",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  namespaced: true,
}

const widgetDefinition: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.contract.acko.io" },
  spec: {
    group: "contract.acko.io",
    scope: "Namespaced",
    names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList", shortNames: ["wd"] },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: {
            specReplicasPath: ".spec.size",
            statusReplicasPath: ".status.size",
            labelSelectorPath: ".status.selector",
          },
        },
        additionalPrinterColumns: [{ name: "Size", type: "integer", jsonPath: ".spec.size" }],
        schema: {
          openAPIV3Schema: {
            type: "object",
            required: ["spec"],
            properties: {
              spec: {
                type: "object",
                required: ["size"],
                properties: {
                  size: { type: "integer", format: "int32", minimum: 1, maximum: 8 },
                  mode: { type: "string", enum: ["Fast", "Safe"], default: "Safe" },
                  image: { type: "string", pattern: "^[a-z0-9./:-]+$", maxLength: 64 },
                  raw: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
                  racks: {
                    type: "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["id"],
                    items: {
                      type: "object",
                      required: ["id"],
                      properties: { id: { type: "integer" }, zone: { type: "string" } },
                    },
                  },
                },
              },
              status: {
                type: "object",
                properties: {
                  size: { type: "integer" },
                  selector: { type: "string" },
                  phase: { type: "string" },
                  conditions: {
                    type: "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["type"],
                    items: {
                      type: "object",
                      required: ["type", "status"],
                      properties: { type: { type: "string" }, status: { type: "string" } },
                    },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
}

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
  metadata: { name, namespace, labels: { app: name } },
  spec: {
    serviceName: name,
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [
          {
            name: "server",
            image,
            ports: [{ name: "service", containerPort: 3000 }],
            env: [{ name: "A", value: "1" }],
            resources: { requests: { cpu: "0.5", memory: "1024Mi" } },
          },
        ],
      },
    },
  },
})

const at = (value: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>((here, step) => (here as Record<string | number, unknown> | undefined)?.[step], value)

const eventOf = (event: WatchEvent): string =>
  event.type === "BOOKMARK" ? "BOOKMARK" : `${event.type} ${event.object.metadata.name ?? ""}`

/** The suite against one target. `layer` is built once; every test works in a namespace of its own. */
export const contractSuite = (name: string, layer: Layer.Layer<KubeReader | KubeWriter, unknown>): void => {
  describe(`Kubernetes API contract: ${name}`, () => {
    const runtime = ManagedRuntime.make(Layer.orDie(layer))
    let counter = 0

    beforeAll(async () => {
      await runtime.runPromise(
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const reader = yield* KubeReader
          yield* Effect.either(writer.create(Kinds.CustomResourceDefinition, widgetDefinition))
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
            yield* Effect.ensuring(
              body({ namespace }),
              Effect.ignore(writer.remove(Kinds.Namespace, { name: namespace }, {})),
            )
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

      test("an update that changes nothing keeps the resourceVersion (R57)", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const first = yield* writer.create(Kinds.ConfigMap, configMap(place, "a", { k: "1" }))
          const same = yield* writer.replace(Kinds.ConfigMap, first)
          expect(same.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
          const patched = yield* writer.patch(
            Kinds.ConfigMap,
            { ...place, name: "a" },
            { type: "merge", body: { data: { k: "1" } } },
          )
          expect(patched.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
        }))

      test("generation counts spec changes only; status is a world of its own, both ways (R57)", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const ref = { ...place, name: "w" }
          const first = yield* writer.create(Widgets, { ...widget(place, "w"), status: { phase: "Ignored" } })
          expect(first.metadata.generation).toBe(1)
          expect(first["status"]).toBeUndefined()
          const status = yield* writer.patch(Widgets, ref, {
            type: "merge",
            body: { spec: { size: 8 }, status: { phase: "Ready" } },
            subresource: "status",
          })
          expect(status.metadata.generation).toBe(1)
          expect(at(status, "spec", "size")).toBe(3)
          expect(at(status, "status", "phase")).toBe("Ready")
          const spec = yield* writer.patch(Widgets, ref, {
            type: "merge",
            body: { spec: { size: 4 }, status: { phase: "Broken" } },
          })
          expect(spec.metadata.generation).toBe(2)
          expect(at(spec, "status", "phase")).toBe("Ready")
          const labelled = yield* writer.patch(Widgets, ref, {
            type: "merge",
            body: { metadata: { labels: { a: "b" } } },
          })
          expect(labelled.metadata.generation).toBe(2)
        }))

      test("JSON patch: test guards the rest, all or nothing", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const ref = { ...place, name: "a" }
          yield* writer.create(Kinds.ConfigMap, configMap(place, "a", { k: "1" }))
          const refused = yield* failureOf(
            writer.patch(Kinds.ConfigMap, ref, {
              type: "json",
              body: [
                { op: "test", path: "/data/k", value: "2" },
                { op: "replace", path: "/data/k", value: "3" },
              ],
            }),
          )
          expect(refused.status).toBe(422)
          const done = yield* writer.patch(Kinds.ConfigMap, ref, {
            type: "json",
            body: [
              { op: "test", path: "/data/k", value: "1" },
              { op: "add", path: "/metadata/annotations", value: {} },
              { op: "add", path: "/metadata/annotations/acko.io~1x", value: "y" },
              { op: "remove", path: "/data/k" },
            ],
          })
          expect(done["data"]).toBeUndefined()
          expect(done.metadata.annotations).toEqual({ "acko.io/x": "y" })
        }))

      test("strategic merge merges containers by name; custom kinds refuse it with 415", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          yield* writer.create(Kinds.StatefulSet, statefulSet(place, "s"))
          const merged = yield* writer.patch(
            Kinds.StatefulSet,
            { ...place, name: "s" },
            {
              type: "strategic",
              body: {
                spec: {
                  template: {
                    spec: {
                      containers: [
                        { name: "sidecar", image: "x:1" },
                        { name: "server", image: "aerospike:8.2" },
                      ],
                    },
                  },
                },
              },
            },
          )
          const containers = at(merged, "spec", "template", "spec", "containers") as ReadonlyArray<{
            name: string
            image: string
          }>
          expect(containers.map((c) => `${c.name}=${c.image}`).sort()).toEqual(["server=aerospike:8.2", "sidecar=x:1"])
          yield* writer.create(Widgets, widget(place, "w"))
          const refused = yield* failureOf(
            writer.patch(Widgets, { ...place, name: "w" }, { type: "strategic", body: { spec: { size: 4 } } }),
          )
          expect(refused.status).toBe(415)
        }))

      test("the server fills defaults and canonical quantities, and refuses what may not change (R51, R56)", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const set = yield* writer.create(Kinds.StatefulSet, statefulSet(place, "s"))
          expect(at(set, "spec", "podManagementPolicy")).toBe("OrderedReady")
          expect(at(set, "spec", "updateStrategy")).toEqual({ type: "RollingUpdate", rollingUpdate: { partition: 0 } })
          const pod = at(set, "spec", "template", "spec")
          expect(at(pod, "terminationGracePeriodSeconds")).toBe(30)
          expect(at(pod, "containers", 0, "resources", "requests")).toEqual({ cpu: "500m", memory: "1Gi" })
          expect(at(pod, "containers", 0, "ports", 0, "protocol")).toBe("TCP")
          const refused = yield* failureOf(
            writer.patch(
              Kinds.StatefulSet,
              { ...place, name: "s" },
              { type: "merge", body: { spec: { serviceName: "other" } } },
            ),
          )
          expect(refused.status).toBe(422)
          expect(refused.detail).toContain("updates to statefulset spec for fields other than 'replicas'")
          const label = yield* failureOf(
            writer.patch(
              Kinds.StatefulSet,
              { ...place, name: "s" },
              { type: "merge", body: { metadata: { labels: { l: "x".repeat(64) } } } },
            ),
          )
          expect([label.status, label.reason]).toEqual([422, "Invalid"])
        }))

      test("custom kinds: pruning, defaults, validation with field paths (R51, R56)", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const made = yield* writer.create(Widgets, widget(place, "w", { unknown: 1, raw: { kept: { deep: [1] } } }))
          expect(made["spec"]).toEqual({ size: 3, mode: "Safe", raw: { kept: { deep: [1] } } })
          const refused = yield* failureOf(writer.create(Widgets, widget(place, "x", { size: 9, mode: "Wild" })))
          expect([refused.status, refused.reason]).toEqual([422, "Invalid"])
          const causes = at(refused.details, "causes") as ReadonlyArray<{ field: string }>
          expect(causes.map((c) => c.field).sort()).toEqual(["spec.mode", "spec.size"])
          expect(refused.detail).toContain("spec.size in body should be less than or equal to 8")
          expect(refused.detail).toContain(`spec.mode: Unsupported value: "Wild": supported values: "Fast", "Safe"`)
        }))
    })

    describe("server-side apply", () => {
      test("creates, changes, and an apply that changes nothing keeps the resourceVersion (R56)", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const options = { fieldManager: "acko", force: true }
          const first = yield* writer.apply(Kinds.StatefulSet, statefulSet(place, "s"), options)
          const same = yield* writer.apply(Kinds.StatefulSet, statefulSet(place, "s"), options)
          expect(same.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
          const changed = yield* writer.apply(Kinds.StatefulSet, statefulSet(place, "s", "aerospike:9"), options)
          expect(changed.metadata.generation).toBe(2)
          expect(at(changed, "spec", "template", "spec", "containers", 0, "image")).toBe("aerospike:9")
        }))

      test("removes what is no longer applied, keeps what others own", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const options = { fieldManager: "acko", force: true }
          const ref = { ...place, name: "a" }
          yield* writer.apply(Kinds.ConfigMap, configMap(place, "a", { mine: "1", shared: "1" }), options)
          yield* writer.patch(Kinds.ConfigMap, ref, {
            type: "merge",
            body: { data: { theirs: "1" }, metadata: { labels: { who: "them" } } },
            fieldManager: "user",
          })
          yield* writer.apply(Kinds.ConfigMap, configMap(place, "a", { shared: "1" }), { fieldManager: "other" })
          const after = yield* writer.apply(Kinds.ConfigMap, configMap(place, "a", {}), options)
          expect(after["data"]).toEqual({ shared: "1", theirs: "1" })
          expect(after.metadata.labels).toEqual({ who: "them" })
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

      test("keyed lists merge by key, in built-ins and custom kinds", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const rack = (id: number, zone: string) => ({ id, zone })
          yield* writer.apply(Widgets, widget(place, "w", { racks: [rack(1, "a"), rack(2, "b")] }), {
            fieldManager: "one",
          })
          const partial: KubeObject = {
            apiVersion: "contract.acko.io/v1",
            kind: "Widget",
            metadata: { name: "w", namespace: place.namespace },
            spec: { racks: [{ id: 3, zone: "c" }] },
          }
          const both = yield* writer.apply(Widgets, partial, { fieldManager: "two" })
          expect(at(both, "spec", "racks")).toEqual([rack(1, "a"), rack(2, "b"), rack(3, "c")])
          const fewer = yield* writer.apply(Widgets, widget(place, "w", { racks: [rack(2, "b")] }), {
            fieldManager: "one",
          })
          expect(at(fewer, "spec", "racks")).toEqual([rack(2, "b"), rack(3, "c")])
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
          expect(refused.status).toBe(409)
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
      test("selectors: equality, sets, existence, fields", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const reader = yield* KubeReader
          for (const [name, labels] of Object.entries({ a: { x: "1" }, b: { x: "2", y: "1" }, c: {} })) {
            const object = configMap(place, name)
            yield* writer.create(Kinds.ConfigMap, { ...object, metadata: { ...object.metadata, labels } })
          }
          const names = (options: { labelSelector?: string; fieldSelector?: string }) =>
            Effect.map(reader.list(Kinds.ConfigMap, { ...place, ...options }), (page) =>
              page.items.map((item) => item.metadata.name).filter((n) => n?.length === 1),
            )
          expect(yield* names({ labelSelector: "x=1" })).toEqual(["a"])
          expect(yield* names({ labelSelector: "x in (1,2),!y" })).toEqual(["a"])
          expect(yield* names({ labelSelector: "x" })).toEqual(["a", "b"])
          expect(yield* names({ labelSelector: "x notin (1)" })).toEqual(["b", "c"])
          expect(yield* names({ labelSelector: "x!=2" })).toEqual(["a", "c"])
          expect(yield* names({ fieldSelector: "metadata.name=b" })).toEqual(["b"])
          const refused = yield* failureOf(reader.list(Kinds.ConfigMap, { ...place, fieldSelector: "spec.x=1" }))
          expect(refused.status).toBe(400)
        }))

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

      test("an object that leaves the selection is deleted, one that enters is added", (place) =>
        Effect.gen(function* () {
          const writer = yield* KubeWriter
          const fiber = yield* from(place, Widgets, 3, "on=yes")
          const label = (value: string | null) =>
            writer.patch(
              Widgets,
              { ...place, name: "a" },
              { type: "merge", body: { metadata: { labels: { on: value } } } },
            )
          yield* writer.create(Widgets, widget(place, "a"))
          yield* label("yes")
          yield* writer.patch(Widgets, { ...place, name: "a" }, { type: "merge", body: { spec: { size: 4 } } })
          const off = yield* label("no")
          const events = Chunk.toReadonlyArray(yield* Fiber.join(fiber))
          expect(events.map(eventOf)).toEqual(["ADDED a", "MODIFIED a", "DELETED a"])
          const last = events[2]
          expect(last?.type === "DELETED" && last.object.metadata.resourceVersion).toBe(off.metadata.resourceVersion)
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
        spec: { containers: [{ name: "c", image: "busybox:1" }], automountServiceAccountToken: false },
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
          const made = yield* Effect.either(writer.create(Kinds.Pod, pod(place, "p")))
          // A real server may refuse pods until the namespace has its service account.
          if (Either.isLeft(made)) return
          expect(at(made.right, "status", "phase")).toBe("Pending")
          yield* writer.evict({ ...place, name: "p" }, { gracePeriodSeconds: 0 })
          expect((yield* failureOf(get(Kinds.Pod, place, "p"))).status).toBe(404)
        }))
    })
  })
}
