/** Server-side apply: who owns what, conflicts, removal. */
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import {
  ConfigMap,
  Deployment,
  Gadgets,
  Pod,
  podSpec,
  Service,
  setSpec,
  StatefulSet,
  template,
  Widgets,
} from "../fixtures.js"
import { failure, invalid, ok, type Place } from "../Place.js"
import type { Topic } from "../suite.js"
import { at } from "../Wire.js"

const mine = { manager: "acko", force: true } as const

interface Entry {
  readonly manager: unknown
  readonly operation: unknown
  readonly fields: unknown
}

/** Who owns which fields, without times. */
const ownersOf = (reply: { readonly body: unknown }): ReadonlyArray<Entry> => {
  const entries = at(reply.body, "metadata", "managedFields")
  return Array.isArray(entries)
    ? entries.map((entry) => ({
        manager: at(entry, "manager"),
        operation: at(entry, "operation"),
        fields: at(entry, "fieldsV1"),
      }))
    : []
}

const conflictWith = (manager: string, field: string) => ({
  reason: "FieldManagerConflict",
  message: `conflict with "${manager}"`,
  field,
})

const byField = (a: unknown, b: unknown): number => (String(at(a, "field")) < String(at(b, "field")) ? -1 : 1)

const racks = (...all: ReadonlyArray<readonly [id: number, zone: string]>) => ({
  spec: { size: 3, racks: all.map(([id, zone]) => ({ id, zone })) },
})

const set = (place: Place, image: string, more: Record<string, unknown> = {}) =>
  place.apply(
    StatefulSet,
    "s",
    { spec: setSpec("s", { serviceName: "s", template: template("s", { image, ...more }) }) },
    mine,
  )

export const apply: Topic = {
  title: "server-side apply",
  cases: (check) => {
    check("creates with 201, changes with 200, owns exactly what was sent (R56)", (place) =>
      Effect.gen(function* () {
        const first = yield* place.apply(ConfigMap, "a", { data: { k: "1" } }, { manager: "acko" })
        expect(first.status).toBe(201)
        expect(first.at("metadata", "managedFields")).toEqual([
          {
            manager: "acko",
            operation: "Apply",
            apiVersion: "v1",
            time: first.at("metadata", "creationTimestamp"),
            fieldsType: "FieldsV1",
            fieldsV1: { "f:data": { "f:k": {} } },
          },
        ])
        const second = yield* place.apply(ConfigMap, "a", { data: { k: "2", l: "1" } }, { manager: "acko" })
        expect([second.status, second.at("data")]).toEqual([200, { k: "2", l: "1" }])
        expect(ownersOf(second)).toEqual([
          { manager: "acko", operation: "Apply", fields: { "f:data": { "f:k": {}, "f:l": {} } } },
        ])
      }),
    )

    check("repeated, it changes nothing: not the version, not the time (R56, R57)", (place) =>
      Effect.gen(function* () {
        const small = { data: { k: "1" }, metadata: { labels: { a: "b" } } }
        const made = yield* ok(place.apply(ConfigMap, "a", small, mine))
        expect((yield* ok(place.apply(ConfigMap, "a", small, mine))).body).toEqual(made.body)
        const first = yield* ok(set(place, "aerospike:8.1"))
        const again = yield* ok(set(place, "aerospike:8.1"))
        expect(again.at("spec")).toEqual(first.at("spec"))
        expect(ownersOf(again)[0]).toEqual(ownersOf(first)[0])
        const changed = yield* ok(set(place, "aerospike:8.2"))
        expect(changed.at("metadata", "generation")).toBe(2)
        expect(changed.at("spec", "template", "spec", "containers", 0, "image")).toBe("aerospike:8.2")
      }),
    )

    check(
      "what the server derives from a field of ours may outlive it: the former name of the service account (R105)",
      (place) =>
        Effect.gen(function* () {
          const withAccount = (account: Record<string, unknown>) => {
            const { spec, ...pods } = template("s")
            return ok(
              place.apply(
                StatefulSet,
                "s",
                {
                  spec: setSpec("s", {
                    serviceName: "s",
                    template: { ...pods, spec: { ...(spec as object), ...account } },
                  }),
                },
                mine,
              ),
            )
          }
          const accounts = (reply: { at: (...path: ReadonlyArray<string>) => unknown }) => [
            reply.at("spec", "template", "spec", "serviceAccountName"),
            reply.at("spec", "template", "spec", "serviceAccount"),
          ]
          expect(accounts(yield* withAccount({ serviceAccountName: "a" }))).toEqual(["a", "a"])
          expect(accounts(yield* withAccount({}))).toEqual(["a", "a"])
          expect(accounts(yield* withAccount({ serviceAccountName: "b" }))).toEqual(["b", "b"])
          expect(accounts(yield* withAccount({ serviceAccountName: "b", serviceAccount: "b" }))).toEqual(["b", "b"])
          expect(accounts(yield* withAccount({}))).toEqual([undefined, undefined])
        }),
    )

    check("defaults are filled and not owned", (place) =>
      Effect.gen(function* () {
        const applied = yield* ok(place.apply(Widgets, "w", { spec: { size: 1 } }, mine))
        expect(applied.at("spec")).toEqual({ size: 1, mode: "Safe" })
        expect(ownersOf(applied)).toEqual([
          { manager: "acko", operation: "Apply", fields: { "f:spec": { "f:size": {} } } },
        ])
      }),
    )

    check("what a StatefulSet owner owns: keyed lists by key, resources one by one", (place) =>
      Effect.gen(function* () {
        const applied = yield* ok(set(place, "aerospike:8.1"))
        expect(ownersOf(applied)).toEqual([
          {
            manager: "acko",
            operation: "Apply",
            fields: {
              "f:spec": {
                "f:replicas": {},
                "f:selector": {},
                "f:serviceName": {},
                "f:template": {
                  "f:metadata": { "f:labels": { "f:app": {} } },
                  "f:spec": {
                    "f:containers": {
                      'k:{"name":"server"}': {
                        ".": {},
                        "f:env": { 'k:{"name":"A"}': { ".": {}, "f:name": {}, "f:value": {} } },
                        "f:image": {},
                        "f:name": {},
                        "f:ports": {
                          'k:{"containerPort":3000,"protocol":"TCP"}': { ".": {}, "f:containerPort": {}, "f:name": {} },
                        },
                        "f:resources": { "f:requests": { "f:cpu": {}, "f:memory": {} } },
                      },
                    },
                  },
                },
              },
            },
          },
        ])
      }),
    )

    check("needs a field manager", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.patch("apply", ConfigMap, "a", place.object(ConfigMap, "a"))
        expect(reply.body).toEqual(
          failure(
            422,
            "Invalid",
            `PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch`,
            {
              group: "meta.k8s.io",
              kind: "PatchOptions",
              causes: [
                {
                  reason: "FieldValueRequired",
                  message: "Required value: is required for apply patch",
                  field: "fieldManager",
                },
              ],
            },
          ),
        )
      }),
    )

    check("refuses managedFields in the configuration", (place) =>
      Effect.gen(function* () {
        const made = yield* place.make(ConfigMap, "a", { data: { k: "1" } })
        const managedFields = made.at("metadata", "managedFields")
        const reply = yield* place.apply(ConfigMap, "a", { metadata: { managedFields } }, mine)
        expect(reply.body).toEqual(failure(400, "BadRequest", "metadata.managedFields must be nil"))
      }),
    )

    check("refuses fields the schema does not know (R51)", (place) =>
      Effect.gen(function* () {
        const core = yield* place.apply(ConfigMap, "a", { datum: { k: "1" } }, mine)
        expect(core.body).toEqual(
          failure(
            500,
            "",
            `failed to create typed patch object (${place.namespace}/a; /v1, Kind=ConfigMap): .datum: field not declared in schema`,
          ),
        )
        const custom = yield* place.apply(Widgets, "w", { spec: { size: 1, sise: 2 } }, mine)
        expect(custom.body).toEqual(
          failure(
            500,
            "",
            `failed to create typed patch object (${place.namespace}/w; contract.acko.io/v1, Kind=Widget): .spec.sise: field not declared in schema`,
          ),
        )
      }),
    )

    check("refuses the same key twice and an item without its key", (place) =>
      Effect.gen(function* () {
        const twice = yield* place.apply(Widgets, "w", racks([1, "a"], [1, "b"]), mine)
        expect(twice.status).toBe(500)
        expect(twice.text("message")).toContain(`.spec.racks: duplicate entries for key [id=1]`)
        const none = yield* place.apply(Widgets, "w", { spec: { size: 1, racks: [{ zone: "a" }] } }, mine)
        expect(none.status).toBe(500)
        expect(none.text("message")).toContain(
          `.spec.racks: element 0: associative list with keys has an element that omits all key fields ["id"] (and doesn't have default values for any key fields)`,
        )
      }),
    )

    check("a conflict names the field and its owner", (place) =>
      Effect.gen(function* () {
        yield* ok(place.apply(ConfigMap, "a", { data: { k: "1" } }, { manager: "first" }))
        const refused = yield* place.apply(ConfigMap, "a", { data: { k: "2" } }, { manager: "second" })
        expect(refused.body).toEqual(
          failure(409, "Conflict", `Apply failed with 1 conflict: conflict with "first": .data.k`, {
            causes: [conflictWith("first", ".data.k")],
          }),
        )
      }),
    )

    check("conflicts with several owners and fields are listed", (place) =>
      Effect.gen(function* () {
        yield* ok(place.apply(ConfigMap, "a", { data: { k: "1", l: "1" } }, { manager: "first" }))
        yield* ok(place.apply(ConfigMap, "a", { data: { m: "1" } }, { manager: "second" }))
        const refused = yield* place.apply(ConfigMap, "a", { data: { k: "2", l: "2", m: "2" } }, { manager: "third" })
        // Whose conflicts come first in the causes is left to chance.
        const causes = refused.at("details", "causes")
        expect(Array.isArray(causes) && causes.toSorted(byField)).toEqual([
          conflictWith("first", ".data.k"),
          conflictWith("first", ".data.l"),
          conflictWith("second", ".data.m"),
        ])
        expect(refused.body).toEqual(
          failure(
            409,
            "Conflict",
            `Apply failed with 3 conflicts: conflicts with "first":\n- .data.k\n- .data.l\nconflicts with "second":\n- .data.m`,
            { causes },
          ),
        )
      }),
    )

    check("a conflict with an update names the version it was made in", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "a", { data: { k: "1" } })
        const refused = yield* place.apply(ConfigMap, "a", { data: { k: "2" } }, { manager: "second" })
        expect(refused.text("message")).toBe(
          `Apply failed with 1 conflict: conflict with "contract-suite" using v1: .data.k`,
        )
        expect(refused.at("details", "causes", 0, "message")).toBe(`conflict with "contract-suite" using v1`)
      }),
    )

    check("force takes the field over; the former owner is now the one in conflict", (place) =>
      Effect.gen(function* () {
        yield* ok(place.apply(ConfigMap, "a", { data: { k: "1", l: "1" } }, { manager: "first" }))
        const taken = yield* ok(place.apply(ConfigMap, "a", { data: { k: "2" } }, { manager: "second", force: true }))
        expect(taken.at("data")).toEqual({ k: "2", l: "1" })
        expect(ownersOf(taken)).toEqual([
          { manager: "first", operation: "Apply", fields: { "f:data": { "f:l": {} } } },
          { manager: "second", operation: "Apply", fields: { "f:data": { "f:k": {} } } },
        ])
        const back = yield* place.apply(ConfigMap, "a", { data: { k: "1", l: "1" } }, { manager: "first" })
        expect(back.text("message")).toBe(`Apply failed with 1 conflict: conflict with "second": .data.k`)
      }),
    )

    check("the same value is no conflict: both own it, and it stays until both let go", (place) =>
      Effect.gen(function* () {
        yield* ok(place.apply(ConfigMap, "a", { data: { k: "1" } }, { manager: "first" }))
        yield* ok(place.apply(ConfigMap, "a", { data: { k: "1" } }, { manager: "second" }))
        const one = yield* ok(place.apply(ConfigMap, "a", {}, { manager: "first" }))
        expect([one.at("data"), ownersOf(one).map((entry) => entry.manager)]).toEqual([{ k: "1" }, ["second"]])
        const none = yield* ok(place.apply(ConfigMap, "a", {}, { manager: "second" }))
        expect(none.at("data")).toBeUndefined()
      }),
    )

    check("what is no longer applied goes, what others own stays", (place) =>
      Effect.gen(function* () {
        yield* ok(
          place.apply(ConfigMap, "a", { metadata: { labels: { a: "1", b: "1" } }, data: { k: "1", l: "1" } }, mine),
        )
        yield* ok(place.merge(ConfigMap, "a", { data: { theirs: "1" }, metadata: { labels: { c: "1" } } }))
        const now = yield* ok(place.apply(ConfigMap, "a", { metadata: { labels: { a: "1" } }, data: { k: "1" } }, mine))
        expect([now.at("data"), now.at("metadata", "labels")]).toEqual([
          { k: "1", theirs: "1" },
          { a: "1", c: "1" },
        ])
      }),
    )

    check("a field an update changed is the updater's, and stays when no longer applied", (place) =>
      Effect.gen(function* () {
        yield* ok(place.apply(ConfigMap, "a", { data: { k: "1", l: "1" } }, mine))
        const updated = yield* ok(place.merge(ConfigMap, "a", { data: { k: "2" } }))
        expect(ownersOf(updated)).toEqual([
          { manager: "acko", operation: "Apply", fields: { "f:data": { "f:l": {} } } },
          { manager: "contract-suite", operation: "Update", fields: { "f:data": { "f:k": {} } } },
        ])
        const now = yield* ok(place.apply(ConfigMap, "a", { data: { l: "1" } }, mine))
        expect(now.at("data")).toEqual({ k: "2", l: "1" })
      }),
    )

    check("an update that removes a field takes it from its owner", (place) =>
      Effect.gen(function* () {
        yield* ok(place.apply(ConfigMap, "a", { data: { k: "1", l: "1" } }, mine))
        const updated = yield* ok(place.merge(ConfigMap, "a", { data: { k: null } }))
        expect(ownersOf(updated)).toEqual([
          { manager: "acko", operation: "Apply", fields: { "f:data": { "f:l": {} } } },
        ])
      }),
    )

    check("keyed lists: each manager its items, order kept, own items removed", (place) =>
      Effect.gen(function* () {
        const zones = (reply: { at: (...path: ReadonlyArray<string>) => unknown }) => {
          const items = reply.at("spec", "racks")
          return Array.isArray(items) ? items.map((item) => `${String(at(item, "id"))}${String(at(item, "zone"))}`) : []
        }
        yield* ok(place.apply(Widgets, "w", racks([1, "a"], [2, "b"]), { manager: "one" }))
        const both = yield* ok(
          place.apply(Widgets, "w", { spec: { racks: [{ id: 3, zone: "c" }] } }, { manager: "two" }),
        )
        expect(zones(both)).toEqual(["1a", "2b", "3c"])
        expect(ownersOf(both).find((entry) => entry.manager === "two")?.fields).toEqual({
          "f:spec": { "f:racks": { 'k:{"id":3}': { ".": {}, "f:id": {}, "f:zone": {} } } },
        })
        expect(zones(yield* ok(place.apply(Widgets, "w", racks([2, "b"]), { manager: "one" })))).toEqual(["2b", "3c"])
        const front = yield* ok(place.apply(Widgets, "w", racks([4, "d"], [2, "b"]), { manager: "one" }))
        expect(zones(front)).toEqual(["4d", "2b", "3c"])
      }),
    )

    check("a conflict inside a keyed list names the item", (place) =>
      Effect.gen(function* () {
        yield* ok(place.apply(Widgets, "w", racks([1, "a"]), { manager: "one" }))
        const refused = yield* place.apply(Widgets, "w", racks([1, "b"]), { manager: "two" })
        expect(refused.text("message")).toBe(
          `Apply failed with 1 conflict: conflict with "one": .spec.racks[id=1].zone`,
        )
        yield* ok(set(place, "aerospike:8.1"))
        const image = yield* place.apply(
          StatefulSet,
          "s",
          { spec: { template: { spec: { containers: [{ name: "server", image: "other:1" }] } } } },
          { manager: "two" },
        )
        expect(image.text("message")).toBe(
          `Apply failed with 1 conflict: conflict with "acko": .spec.template.spec.containers[name="server"].image`,
        )
      }),
    )

    check("sets: each manager its members", (place) =>
      Effect.gen(function* () {
        const finalizers = (...all: ReadonlyArray<string>) => ({ metadata: { finalizers: all } })
        yield* ok(place.apply(ConfigMap, "a", finalizers("a.b/one"), { manager: "one" }))
        const both = yield* ok(place.apply(ConfigMap, "a", finalizers("a.b/two"), { manager: "two" }))
        expect(both.at("metadata", "finalizers")).toEqual(["a.b/one", "a.b/two"])
        const left = yield* ok(place.apply(ConfigMap, "a", {}, { manager: "one" }))
        expect(left.at("metadata", "finalizers")).toEqual(["a.b/two"])
        yield* ok(place.apply(Gadgets, "g", { spec: { tags: ["x", "y"] } }, { manager: "one" }))
        const tags = yield* ok(place.apply(Gadgets, "g", { spec: { tags: ["z"] } }, { manager: "two" }))
        expect(tags.at("spec", "tags")).toEqual(["x", "y", "z"])
        expect(ownersOf(tags).find((entry) => entry.manager === "one")?.fields).toEqual({
          "f:spec": { "f:tags": { 'v:"x"': {}, 'v:"y"': {} } },
        })
      }),
    )

    check("atomic lists and maps belong to one manager as a whole", (place) =>
      Effect.gen(function* () {
        yield* ok(place.apply(Gadgets, "g", { spec: { list: [1, 2], point: { x: 1 } } }, { manager: "one" }))
        const refused = yield* place.apply(Gadgets, "g", { spec: { list: [3], point: { y: 1 } } }, { manager: "two" })
        expect(refused.text("message")).toBe(
          `Apply failed with 2 conflicts: conflicts with "one":\n- .spec.list\n- .spec.point`,
        )
        const forced = yield* ok(
          place.apply(Gadgets, "g", { spec: { list: [3], point: { y: 1 } } }, { manager: "two", force: true }),
        )
        expect([forced.at("spec", "list"), forced.at("spec", "point")]).toEqual([[3], { y: 1 }])
      }),
    )

    check("an environment variable that is no longer applied goes, others stay (R56)", (place) =>
      Effect.gen(function* () {
        const env = (...names: ReadonlyArray<string>) => names.map((name) => ({ name, value: "1" }))
        yield* ok(set(place, "aerospike:8.1", { env: env("A", "B") }))
        const now = yield* ok(set(place, "aerospike:8.1", { env: env("B") }))
        expect(now.at("spec", "template", "spec", "containers", 0, "env")).toEqual(env("B"))
      }),
    )

    check("ports of the same number and another protocol are two", (place) =>
      Effect.gen(function* () {
        const ports = [
          { name: "t", port: 3000 },
          { name: "u", port: 3000, protocol: "UDP" },
        ]
        const applied = yield* ok(place.apply(Service, "s", { spec: { selector: { a: "b" }, ports } }, mine))
        expect(ownersOf(applied)[0]?.fields).toEqual({
          "f:spec": {
            "f:ports": {
              'k:{"port":3000,"protocol":"TCP"}': { ".": {}, "f:name": {}, "f:port": {} },
              'k:{"port":3000,"protocol":"UDP"}': { ".": {}, "f:name": {}, "f:port": {}, "f:protocol": {} },
            },
            "f:selector": {},
          },
        })
      }),
    )

    check("status applies own status only; the spec in them is ignored", (place) =>
      Effect.gen(function* () {
        yield* ok(place.apply(Widgets, "w", { spec: { size: 1 } }, mine))
        const conditions = (type: string) => ({ status: { conditions: [{ type, status: "True" }] } })
        yield* ok(place.apply(Widgets, "w", conditions("Ready"), { manager: "one", sub: "status" }))
        const both = yield* ok(
          place.apply(Widgets, "w", { spec: { size: 9 }, ...conditions("Synced") }, { manager: "two", sub: "status" }),
        )
        expect(both.at("spec", "size")).toBe(1)
        expect(both.at("status", "conditions")).toEqual([
          { type: "Ready", status: "True" },
          { type: "Synced", status: "True" },
        ])
        const entries = both.at("metadata", "managedFields")
        expect(
          Array.isArray(entries) && entries.map((entry) => [at(entry, "manager"), at(entry, "subresource")]),
        ).toEqual([
          ["acko", undefined],
          ["one", "status"],
          ["two", "status"],
        ])
      }),
    )

    check("status in an apply of the object itself is dropped and not owned", (place) =>
      Effect.gen(function* () {
        const applied = yield* ok(place.apply(Widgets, "w", { spec: { size: 1 }, status: { phase: "x" } }, mine))
        expect(applied.at("status")).toBeUndefined()
        expect(ownersOf(applied)[0]?.fields).toEqual({ "f:spec": { "f:size": {} } })
      }),
    )

    check("uid and resourceVersion in the configuration are preconditions (R17)", (place) =>
      Effect.gen(function* () {
        const made = yield* place.make(ConfigMap, "a", { data: { k: "1" } })
        const uid = "00000000-0000-4000-8000-000000000000"
        const wrong = yield* place.apply(ConfigMap, "a", { metadata: { uid }, data: { k: "2" } }, mine)
        expect(wrong.body).toEqual(
          invalid(ConfigMap, "a", [["metadata.uid", "Invalid", `Invalid value: "${uid}": field is immutable`]]),
        )
        const resourceVersion = made.at("metadata", "resourceVersion")
        yield* ok(place.merge(ConfigMap, "a", { data: { k: "3" } }))
        const stale = yield* place.apply(ConfigMap, "a", { metadata: { resourceVersion }, data: { k: "2" } }, mine)
        expect([stale.status, stale.at("reason")]).toEqual([409, "Conflict"])
        const missing = yield* place.apply(ConfigMap, "b", { metadata: { uid }, data: { k: "2" } }, mine)
        expect(missing.body).toEqual(
          failure(
            409,
            "Conflict",
            `Operation cannot be fulfilled on configmaps "b": uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
            { name: "b", kind: "configmaps" },
          ),
        )
      }),
    )

    check("the status of a missing object is not applied", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.apply(Widgets, "w", { status: { phase: "x" } }, { manager: "acko", sub: "status" })
        expect([reply.status, reply.at("reason")]).toEqual([404, "NotFound"])
      }),
    )

    check("a resourceVersion for a missing object is ignored", (place) =>
      Effect.gen(function* () {
        const made = yield* place.apply(ConfigMap, "a", { metadata: { resourceVersion: "1" } }, mine)
        expect(made.status).toBe(201)
      }),
    )

    check("another kind, no version, or a manager's name without end are refused", (place) =>
      Effect.gen(function* () {
        const send = (body: unknown, fieldManager = "acko") =>
          place.patch("apply", ConfigMap, "a", body, { query: { fieldManager } })
        const kind = yield* send({ apiVersion: "v1", kind: "Secret", metadata: { name: "a" } })
        expect(kind.body).toEqual(failure(400, "BadRequest", "invalid object type: /v1, Kind=Secret"))
        const version = yield* send({ kind: "ConfigMap", metadata: { name: "a" } })
        expect(version.body).toEqual(failure(400, "BadRequest", "invalid object type: /, Kind=ConfigMap"))
        const manager = yield* send(place.object(ConfigMap, "a"), "x".repeat(129))
        expect([manager.status, manager.at("details", "causes", 0, "message")]).toEqual([
          422,
          "Too long: may not be more than 128 bytes",
        ])
      }),
    )

    check("a value of the wrong type is named", (place) =>
      Effect.gen(function* () {
        const custom = yield* place.apply(Widgets, "w", { spec: { size: "x" } }, mine)
        expect(custom.body).toEqual(
          failure(
            500,
            "",
            `failed to create typed patch object (${place.namespace}/w; contract.acko.io/v1, Kind=Widget): .spec.size: expected numeric (int or float), got string`,
          ),
        )
        const core = yield* place.apply(ConfigMap, "a", { data: { k: 5 } }, mine)
        expect(core.body).toEqual(
          failure(
            500,
            "",
            `failed to create typed patch object (${place.namespace}/a; /v1, Kind=ConfigMap): .data.k: expected string, got &value.valueUnstructured{Value:5}`,
          ),
        )
      }),
    )

    check("names must agree with the URL", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.patch("apply", ConfigMap, "a", place.object(ConfigMap, "b"), {
          query: { fieldManager: "acko" },
        })
        expect(reply.body).toEqual(
          failure(400, "BadRequest", "the name of the object (b) does not match the name on the URL (a)"),
        )
      }),
    )

    check("YAML, as kubectl sends it", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.patch(
          "apply",
          ConfigMap,
          "a",
          "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v\n",
          { query: { fieldManager: "kubectl", force: "true" } },
        )
        expect([reply.status, reply.at("data")]).toEqual([201, { k: "v" }])
      }),
    )

    check("a dry run answers as if and changes nothing", (place) =>
      Effect.gen(function* () {
        const query = { dryRun: "All" }
        const made = yield* place.apply(ConfigMap, "a", { data: { k: "1" } }, { ...mine, query })
        expect(made.status).toBe(201)
        expect((yield* place.get(ConfigMap, "a")).status).toBe(404)
      }),
    )

    check("the fields of a stopped pod stay owned: a pod is applied like any object", (place) =>
      Effect.gen(function* () {
        const applied = yield* place.apply(Pod, "p", { metadata: { labels: { a: "b" } }, spec: podSpec }, mine)
        expect(applied.status).toBe(201)
        const again = yield* ok(place.apply(Pod, "p", { metadata: { labels: { a: "b" } }, spec: podSpec }, mine))
        expect(again.at("metadata", "resourceVersion")).toBe(applied.at("metadata", "resourceVersion"))
      }),
    )

    check("an update that empties managedFields forgets all owners", (place) =>
      Effect.gen(function* () {
        yield* ok(place.apply(ConfigMap, "a", { data: { k: "1" } }, mine))
        const cleared = yield* ok(place.merge(ConfigMap, "a", { metadata: { managedFields: [{}] } }))
        expect(cleared.at("metadata", "managedFields")).toBeUndefined()
      }),
    )

    check(
      "an owner that is given another name and turned into an applier: its next apply removes what it leaves out (R112)",
      (place) =>
        Effect.gen(function* () {
          const made = yield* place.make(ConfigMap, "a", { data: { k: "1", l: "2" } })
          const [entry] = made.at("metadata", "managedFields") as ReadonlyArray<object>
          const managedFields = [{ ...entry, manager: mine.manager, operation: "Apply" }]
          const handed = yield* ok(place.merge(ConfigMap, "a", { metadata: { managedFields } }))
          expect(handed.at("metadata", "managedFields")).toMatchObject(managedFields)
          const applied = yield* ok(place.apply(ConfigMap, "a", { data: { k: "1" } }, mine))
          expect(applied.at("data")).toEqual({ k: "1" })
        }),
    )

    check("a wish the server refuses is refused like any other", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.apply(Widgets, "w", { spec: { size: 9 } }, mine)
        expect(reply.body).toEqual(
          invalid(Widgets, "w", [
            ["spec.size", "Invalid", "Invalid value: 9: spec.size in body should be less than or equal to 8"],
          ]),
        )
      }),
    )

    check("the replicas of a scale belong to who scaled", (place) =>
      Effect.gen(function* () {
        yield* ok(place.apply(Deployment, "d", { spec: setSpec("d") }, mine))
        yield* ok(place.merge(Deployment, "d", { spec: { replicas: 1 } }, { sub: "scale" }))
        const refused = yield* place.apply(Deployment, "d", { spec: setSpec("d") }, { manager: "acko" })
        expect(refused.text("message")).toBe(
          `Apply failed with 1 conflict: conflict with "contract-suite" with subresource "scale" using apps/v1: .spec.replicas`,
        )
        yield* ok(place.remove(Deployment, "d"))
      }),
    )
  },
}
