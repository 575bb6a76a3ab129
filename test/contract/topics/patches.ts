/** Merge, strategic merge and JSON patches. */
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { ConfigMap, Deployment, Service, setSpec, StatefulSet, template, Widgets } from "../fixtures.js"
import { containing, failure, ok, type Place } from "../Place.js"
import type { Topic } from "../suite.js"
import type { Reply } from "../Wire.js"

const set = (place: Place, container: Record<string, unknown> = {}) =>
  place.make(StatefulSet, "s", { spec: setSpec("s", { serviceName: "s", template: template("s", container) }) })

const containers = (...all: ReadonlyArray<unknown>) => ({ spec: { template: { spec: { containers: all } } } })
const containersOf = (reply: Reply): unknown => reply.at("spec", "template", "spec", "containers")
const strategic = (place: Place, body: unknown) => place.patch("strategic", StatefulSet, "s", body)
const named = (...names: ReadonlyArray<string>) => names.map((name) => containing({ name }))
const json = (place: Place, operations: unknown) => place.patch("json", ConfigMap, "a", operations)

export const patches: Topic = {
  title: "patches",
  cases: (check) => {
    check("merge: sets, replaces lists, removes with null", (place) =>
      Effect.gen(function* () {
        yield* place.make(Widgets, "w", {
          metadata: { labels: { a: "1", b: "1" } },
          spec: { size: 1, image: "x:1", racks: [{ id: 1 }, { id: 2 }] },
        })
        const now = yield* ok(
          place.merge(Widgets, "w", {
            metadata: { labels: { a: null, c: "1" } },
            spec: { size: 2, image: null, racks: [{ id: 3 }] },
          }),
        )
        expect(now.at("metadata", "labels")).toEqual({ b: "1", c: "1" })
        expect(now.at("spec")).toEqual({ size: 2, mode: "Safe", racks: [{ id: 3 }] })
      }),
    )

    check("merge: null for what is not there changes nothing", (place) =>
      Effect.gen(function* () {
        const made = yield* place.make(ConfigMap, "a", { data: { k: "1" } })
        const now = yield* ok(place.merge(ConfigMap, "a", { data: { none: null }, metadata: { labels: null } }))
        expect(now.body).toEqual(made.body)
      }),
    )

    check("merge: a removed default comes back", (place) =>
      Effect.gen(function* () {
        yield* place.make(Widgets, "w", { spec: { size: 1, mode: "Fast" } })
        const now = yield* ok(place.merge(Widgets, "w", { spec: { mode: null } }))
        expect(now.at("spec", "mode")).toBe("Safe")
      }),
    )

    check("merge: what is not an object is refused", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "a")
        const list = yield* place.merge(ConfigMap, "a", [])
        expect(list.body).toEqual(
          failure(
            400,
            "BadRequest",
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
          ),
        )
        const nonsense = yield* place.merge(ConfigMap, "a", "{nope")
        expect(nonsense.body).toEqual(failure(400, "BadRequest", "invalid JSON patch"))
      }),
    )

    check("a wrong type is refused with the field", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "a")
        const reply = yield* place.merge(ConfigMap, "a", { data: { k: 1 } })
        expect([reply.status, reply.at("reason")]).toEqual([422, "Invalid"])
        expect(reply.text("message")).toMatch(
          /^ "" is invalid: patch: Invalid value: ".*": json: cannot unmarshal number into Go struct field ConfigMap.data of type string$/,
        )
        expect(reply.at("details", "causes", 0, "field")).toBe("patch")
        yield* place.make(Widgets, "w", { spec: { size: 1 } })
        const custom = yield* place.merge(Widgets, "w", { spec: { size: "1" } })
        expect(custom.status).toBe(422)
        expect(custom.text("message")).toContain(
          `spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"`,
        )
      }),
    )

    check("every patch of a missing object is NotFound", (place) =>
      Effect.gen(function* () {
        const missing = failure(404, "NotFound", `configmaps "a" not found`, { name: "a", kind: "configmaps" })
        expect((yield* place.merge(ConfigMap, "a", {})).body).toEqual(missing)
        expect((yield* place.patch("strategic", ConfigMap, "a", {})).body).toEqual(missing)
        expect((yield* json(place, [])).body).toEqual(missing)
      }),
    )

    check("a patch cannot move an object", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "a")
        const name = yield* place.merge(ConfigMap, "a", { metadata: { name: "b" } })
        expect(name.body).toEqual(
          failure(400, "BadRequest", "the name of the object (b) does not match the name on the URL (a)"),
        )
        const namespace = yield* place.merge(ConfigMap, "a", { metadata: { namespace: "other" } })
        expect(namespace.body).toEqual(
          failure(
            400,
            "BadRequest",
            "the namespace of the provided object does not match the namespace sent on the request",
          ),
        )
      }),
    )

    check("an unknown patch type is 415", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "a")
        const reply = yield* place.send("PATCH", place.path(ConfigMap, "a"), {}, { "content-type": "text/plain" })
        expect(reply.body).toEqual(failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {}))
      }),
    )

    check("custom kinds have no strategic merge", (place) =>
      Effect.gen(function* () {
        yield* place.make(Widgets, "w", { spec: { size: 1 } })
        const reply = yield* place.patch("strategic", Widgets, "w", { spec: { size: 2 } })
        expect(reply.body).toEqual(
          failure(
            415,
            "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
          ),
        )
      }),
    )

    check("status is not changed by a patch of the object", (place) =>
      Effect.gen(function* () {
        yield* place.make(Widgets, "w", { spec: { size: 1 } })
        yield* ok(place.merge(Widgets, "w", { status: { phase: "Ready" } }, { sub: "status" }))
        const now = yield* ok(place.merge(Widgets, "w", { spec: { size: 2 }, status: { phase: "Broken" } }))
        expect([now.at("spec", "size"), now.at("status", "phase")]).toEqual([2, "Ready"])
      }),
    )

    check("strategic: containers merge by name", (place) =>
      Effect.gen(function* () {
        yield* set(place)
        const now = yield* ok(
          strategic(place, containers({ name: "sidecar", image: "x:1" }, { name: "server", image: "aerospike:8.2" })),
        )
        expect(containersOf(now)).toEqual([
          containing({ name: "sidecar", image: "x:1" }),
          containing({ name: "server", image: "aerospike:8.2", env: [{ name: "A", value: "1" }] }),
        ])
      }),
    )

    check("strategic: variables, ports and mounts merge by their keys", (place) =>
      Effect.gen(function* () {
        yield* set(place)
        const now = yield* ok(
          strategic(
            place,
            containers({
              name: "server",
              env: [
                { name: "A", value: "2" },
                { name: "B", value: "1" },
              ],
              ports: [{ containerPort: 3000, name: "changed" }],
            }),
          ),
        )
        expect(containersOf(now)).toEqual([
          containing({
            env: [
              { name: "A", value: "2" },
              { name: "B", value: "1" },
            ],
            ports: [{ name: "changed", containerPort: 3000, protocol: "TCP" }],
          }),
        ])
      }),
    )

    check("strategic: $patch delete takes one item, $patch replace the whole list", (place) =>
      Effect.gen(function* () {
        yield* set(place)
        yield* ok(strategic(place, containers({ name: "sidecar", image: "x:1" })))
        const fewer = yield* ok(strategic(place, containers({ name: "sidecar", $patch: "delete" })))
        expect(containersOf(fewer)).toEqual(named("server"))
        const other = yield* ok(strategic(place, containers({ $patch: "replace" }, { name: "only", image: "y:1" })))
        expect(containersOf(other)).toEqual(named("only"))
      }),
    )

    check("strategic: $setElementOrder says the order", (place) =>
      Effect.gen(function* () {
        yield* set(place)
        yield* ok(strategic(place, containers({ name: "sidecar", image: "x:1" })))
        const now = yield* ok(
          strategic(place, {
            spec: {
              template: {
                spec: {
                  "$setElementOrder/containers": [{ name: "server" }, { name: "sidecar" }],
                  containers: [{ name: "sidecar", image: "x:2" }],
                },
              },
            },
          }),
        )
        expect(containersOf(now)).toEqual(named("server", "sidecar"))
      }),
    )

    check("strategic: a removed map and a removed value", (place) =>
      Effect.gen(function* () {
        yield* set(place)
        const now = yield* ok(strategic(place, containers({ name: "server", resources: null, env: null })))
        expect(containersOf(now)).toEqual([containing({ name: "server", resources: {} })])
        expect(containersOf(now)).not.toEqual([containing({ env: expect.anything() as unknown })])
      }),
    )

    check("strategic: finalizers are a set, $deleteFromPrimitiveList takes members out", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "a", { metadata: { finalizers: ["a.b/one"] } })
        const more = yield* ok(place.patch("strategic", ConfigMap, "a", { metadata: { finalizers: ["a.b/two"] } }))
        expect(more.at("metadata", "finalizers")).toEqual(["a.b/two", "a.b/one"])
        const fewer = yield* ok(
          place.patch("strategic", ConfigMap, "a", {
            metadata: { "$deleteFromPrimitiveList/finalizers": ["a.b/one"] },
          }),
        )
        expect(fewer.at("metadata", "finalizers")).toEqual(["a.b/two"])
      }),
    )

    check("strategic: $retainKeys clears what belongs to another choice", (place) =>
      Effect.gen(function* () {
        yield* place.make(Deployment, "d", { spec: setSpec("d") })
        const now = yield* ok(
          place.patch("strategic", Deployment, "d", {
            spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } },
          }),
        )
        expect(now.at("spec", "strategy")).toEqual({ type: "Recreate" })
      }),
    )

    check("strategic: an item without its key is refused", (place) =>
      Effect.gen(function* () {
        yield* set(place)
        const reply = yield* strategic(place, containers({ image: "x:1" }))
        expect(reply.body).toEqual(failure(500, "", "map: map[image:x:1] does not contain declared merge key: name"))
      }),
    )

    check("strategic: ports of a Service merge by number", (place) =>
      Effect.gen(function* () {
        yield* place.make(Service, "s", {
          spec: { clusterIP: "None", selector: { a: "b" }, ports: [{ name: "t", port: 3000 }] },
        })
        const now = yield* ok(place.patch("strategic", Service, "s", { spec: { ports: [{ name: "u", port: 3001 }] } }))
        expect(now.at("spec", "ports")).toEqual([
          { name: "u", port: 3001, protocol: "TCP", targetPort: 3001 },
          { name: "t", port: 3000, protocol: "TCP", targetPort: 3000 },
        ])
      }),
    )

    check("JSON: add, replace, remove, move, copy, test", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "a", { data: { k: "1", l: "2" } })
        const now = yield* ok(
          json(place, [
            { op: "test", path: "/data/k", value: "1" },
            { op: "add", path: "/metadata/annotations", value: {} },
            { op: "add", path: "/metadata/annotations/acko.io~1x", value: "y" },
            { op: "replace", path: "/data/k", value: "3" },
            { op: "copy", from: "/data/k", path: "/data/c" },
            { op: "move", from: "/data/l", path: "/data/m" },
            { op: "remove", path: "/data/k" },
          ]),
        )
        expect(now.at("data")).toEqual({ c: "3", m: "2" })
        expect(now.at("metadata", "annotations")).toEqual({ "acko.io/x": "y" })
      }),
    )

    check("JSON: lists by index and at the end", (place) =>
      Effect.gen(function* () {
        yield* place.make(Widgets, "w", { spec: { size: 1, racks: [{ id: 1 }] } })
        const now = yield* ok(
          place.patch("json", Widgets, "w", [
            { op: "add", path: "/spec/racks/-", value: { id: 3 } },
            { op: "add", path: "/spec/racks/1", value: { id: 2 } },
          ]),
        )
        expect(now.at("spec", "racks")).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
      }),
    )

    check("JSON: a failed test refuses all of it", (place) =>
      Effect.gen(function* () {
        const made = yield* place.make(ConfigMap, "a", { data: { k: "1" } })
        const refused = yield* json(place, [
          { op: "replace", path: "/data/k", value: "3" },
          { op: "test", path: "/data/k", value: "2" },
        ])
        expect([refused.status, refused.at("reason")]).toEqual([422, "Invalid"])
        expect((yield* place.get(ConfigMap, "a")).body).toEqual(made.body)
      }),
    )

    check("JSON: a path that does not exist is refused", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "a", { data: { k: "1" } })
        for (const operation of [
          { op: "remove", path: "/data/none" },
          { op: "add", path: "/none/deep", value: "1" },
          { op: "remove", path: "/none/deep" },
          { op: "move", from: "/data/none", path: "/data/k" },
          { op: "mend", path: "/data/k" },
        ]) {
          const reply = yield* json(place, [operation])
          expect(reply.body).toEqual(
            failure(422, "Invalid", "the server rejected our request due to an error in our request", {}),
          )
        }
      }),
    )

    check("JSON: replace of a missing member adds it", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "a", { data: { k: "1" } })
        const now = yield* ok(json(place, [{ op: "replace", path: "/data/l", value: "2" }]))
        expect(now.at("data")).toEqual({ k: "1", l: "2" })
      }),
    )

    check("JSON: what is no list of operations is a bad request", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "a")
        const reply = yield* json(place, { op: "add" })
        expect(reply.body).toEqual(
          failure(
            400,
            "BadRequest",
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
          ),
        )
      }),
    )
  },
}
