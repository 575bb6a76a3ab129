/** resourceVersion as the guard of every write, generation as the count of wishes, and updates that change nothing. */
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import {
  ConfigMap,
  Deployment,
  Lease,
  Pod,
  PodDisruptionBudget,
  podSpec,
  Service,
  setSpec,
  StatefulSet,
  Widgets,
} from "../fixtures.js"
import { failure, invalid, ok } from "../Place.js"
import type { Topic } from "../suite.js"

const modified = "the object has been modified; please apply your changes to the latest version and try again"
const fieldOf = (object: unknown): Record<string, unknown> => object as Record<string, unknown>

export const versions: Topic = {
  title: "versions and conflicts",
  cases: (check) => {
    check("PUT with an old resourceVersion is a conflict (R48)", (place) =>
      Effect.gen(function* () {
        const first = yield* place.make(ConfigMap, "a", { data: { k: "1" } })
        yield* ok(place.put(ConfigMap, "a", { ...fieldOf(first.body), data: { k: "2" } }))
        const stale = yield* place.put(ConfigMap, "a", { ...fieldOf(first.body), data: { k: "3" } })
        expect(stale.body).toEqual(
          failure(409, "Conflict", `Operation cannot be fulfilled on configmaps "a": ${modified}`, {
            name: "a",
            kind: "configmaps",
          }),
        )
      }),
    )

    check("PUT without resourceVersion wins for most built-ins", (place) =>
      Effect.gen(function* () {
        const first = yield* place.make(ConfigMap, "a", { data: { k: "1" } })
        const blind = yield* ok(place.put(ConfigMap, "a", place.object(ConfigMap, "a", { data: { k: "2" } })))
        expect(blind.at("metadata", "uid")).toBe(first.at("metadata", "uid"))
        expect(blind.at("data")).toEqual({ k: "2" })
      }),
    )

    check("PUT without resourceVersion is refused for custom kinds, Leases and budgets (R48)", (place) =>
      Effect.gen(function* () {
        const message = "Invalid value: 0: must be specified for an update"
        const required = ({ group, plural }: typeof Widgets) =>
          failure(422, "Invalid", `${plural}.${group} "x" is invalid: metadata.resourceVersion: ${message}`, {
            name: "x",
            group,
            kind: plural,
            causes: [{ reason: "FieldValueInvalid", message, field: "metadata.resourceVersion" }],
          })
        yield* place.make(Widgets, "x", { spec: { size: 1 } })
        const widget = yield* place.put(Widgets, "x", place.object(Widgets, "x", { spec: { size: 2 } }))
        expect(widget.body).toEqual(required(Widgets))
        yield* place.make(Lease, "x", { spec: { holderIdentity: "a" } })
        const lease = yield* place.put(Lease, "x", place.object(Lease, "x", { spec: { holderIdentity: "b" } }))
        expect(lease.body).toEqual(required(Lease))
        const budget = { spec: { minAvailable: 1, selector: { matchLabels: { a: "b" } } } }
        yield* place.make(PodDisruptionBudget, "x", budget)
        const pdb = yield* place.put(PodDisruptionBudget, "x", place.object(PodDisruptionBudget, "x", budget))
        expect(pdb.body).toEqual(required(PodDisruptionBudget))
      }),
    )

    check("another UID in a PUT is a conflict: it means another object (R17)", (place) =>
      Effect.gen(function* () {
        const made = yield* place.make(ConfigMap, "a")
        const uid = "00000000-0000-4000-8000-000000000000"
        const reply = yield* place.put(ConfigMap, "a", place.object(ConfigMap, "a", { metadata: { uid } }))
        expect(reply.body).toEqual(
          failure(
            409,
            "Conflict",
            `Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, Key: /registry/configmaps/${place.namespace}/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${made.text("metadata", "uid")}`,
            { name: "a", kind: "configmaps" },
          ),
        )
        const patched = yield* place.merge(ConfigMap, "a", { metadata: { uid } })
        expect(patched.body).toEqual(
          invalid(ConfigMap, "a", [["metadata.uid", "Invalid", `Invalid value: "${uid}": field is immutable`]]),
        )
      }),
    )

    check("a resourceVersion in a merge patch is a precondition", (place) =>
      Effect.gen(function* () {
        const made = yield* place.make(ConfigMap, "a", { data: { k: "1" } })
        const resourceVersion = made.at("metadata", "resourceVersion")
        const body = { metadata: { resourceVersion }, data: { k: "2" } }
        yield* ok(place.merge(ConfigMap, "a", body))
        const stale = yield* place.merge(ConfigMap, "a", { ...body, data: { k: "3" } })
        expect(stale.body).toEqual(
          failure(409, "Conflict", `Operation cannot be fulfilled on configmaps "a": ${modified}`, {
            name: "a",
            kind: "configmaps",
          }),
        )
      }),
    )

    check("a resourceVersion that is no number is refused", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "a")
        const reply = yield* place.put(
          ConfigMap,
          "a",
          place.object(ConfigMap, "a", { metadata: { resourceVersion: "new" } }),
        )
        expect(reply.body).toEqual(failure(500, "", `strconv.ParseUint: parsing "new": invalid syntax`))
      }),
    )

    check("one version counts the writes of all kinds", (place) =>
      Effect.gen(function* () {
        const a = yield* place.make(ConfigMap, "a")
        const w = yield* place.make(Widgets, "w", { spec: { size: 1 } })
        const b = yield* place.make(Lease, "l")
        const all = [a, w, b].map((reply) => BigInt(reply.text("metadata", "resourceVersion")))
        expect([...all].sort((x, y) => (x < y ? -1 : 1))).toEqual(all)
        expect(new Set(all).size).toBe(3)
      }),
    )

    check("an update that changes nothing keeps the resourceVersion: PUT, every patch, apply (R57)", (place) =>
      Effect.gen(function* () {
        const first = yield* place.make(ConfigMap, "a", { data: { k: "1" } })
        const version = first.at("metadata", "resourceVersion")
        const same = [
          yield* ok(place.put(ConfigMap, "a", first.body)),
          yield* ok(place.put(ConfigMap, "a", place.object(ConfigMap, "a", { data: { k: "1" } }))),
          yield* ok(place.merge(ConfigMap, "a", { data: { k: "1" } })),
          yield* ok(place.patch("strategic", ConfigMap, "a", { data: { k: "1" } })),
          yield* ok(place.patch("json", ConfigMap, "a", [{ op: "replace", path: "/data/k", value: "1" }])),
          yield* ok(place.merge(ConfigMap, "a", {})),
        ]
        expect(same.map((reply) => reply.at("metadata", "resourceVersion"))).toEqual(same.map(() => version))
        expect(same.every((reply) => reply.status === 200)).toBe(true)
        expect((yield* place.get(ConfigMap, "a")).body).toEqual(first.body)
      }),
    )

    check("a custom object and its status that do not change keep the resourceVersion (R57)", (place) =>
      Effect.gen(function* () {
        yield* place.make(Widgets, "w", { spec: { size: 2 } })
        const first = yield* ok(place.merge(Widgets, "w", { status: { phase: "Ready" } }, { sub: "status" }))
        const version = first.at("metadata", "resourceVersion")
        const same = [
          yield* ok(place.put(Widgets, "w", first.body)),
          yield* ok(place.put(Widgets, "w", first.body, { sub: "status" })),
          yield* ok(place.merge(Widgets, "w", { status: { phase: "Ready" } }, { sub: "status" })),
        ]
        expect(same.map((reply) => reply.at("metadata", "resourceVersion"))).toEqual(same.map(() => version))
      }),
    )

    check("generation of a custom kind counts changes of the spec only (R57)", (place) =>
      Effect.gen(function* () {
        const generation = (reply: { at: (...path: ReadonlyArray<string>) => unknown }) =>
          reply.at("metadata", "generation")
        expect(generation(yield* place.make(Widgets, "w", { spec: { size: 1 } }))).toBe(1)
        expect(generation(yield* ok(place.merge(Widgets, "w", { spec: { size: 2 } })))).toBe(2)
        expect(generation(yield* ok(place.merge(Widgets, "w", { metadata: { labels: { a: "b" } } })))).toBe(2)
        expect(generation(yield* ok(place.merge(Widgets, "w", { metadata: { finalizers: ["a.b/c"] } })))).toBe(2)
        const status = place.merge(Widgets, "w", { status: { phase: "x" } }, { sub: "status" })
        expect(generation(yield* ok(status))).toBe(2)
        expect(generation(yield* ok(place.merge(Widgets, "w", { metadata: { generation: 9 } })))).toBe(2)
        yield* ok(place.merge(Widgets, "w", { spec: { replicas: 5 } }, { sub: "scale" }))
        expect(generation(yield* place.get(Widgets, "w"))).toBe(3)
      }),
    )

    check("built-in kinds that count generations start at 1, others have none", (place) =>
      Effect.gen(function* () {
        const selector = { matchLabels: { a: "b" } }
        const counted = [
          yield* place.make(StatefulSet, "s", { spec: setSpec("s", { serviceName: "s" }) }),
          yield* place.make(Deployment, "d", { spec: setSpec("d") }),
          yield* place.make(PodDisruptionBudget, "p", { spec: { minAvailable: 1, selector } }),
          yield* place.make(Pod, "p", { spec: podSpec }),
        ]
        expect(counted.map((reply) => [reply.at("kind"), reply.at("metadata", "generation")])).toEqual(
          counted.map((reply) => [reply.at("kind"), 1]),
        )
        const others = [
          yield* place.make(ConfigMap, "c"),
          yield* place.make(Lease, "l"),
          yield* place.make(Service, "s", { spec: { clusterIP: "None", selector: { a: "b" } } }),
        ]
        expect(others.map((reply) => reply.at("metadata", "generation"))).toEqual([undefined, undefined, undefined])
      }),
    )

    check("generation of a StatefulSet counts its spec, not labels and not status", (place) =>
      Effect.gen(function* () {
        yield* place.make(StatefulSet, "s", { spec: setSpec("s", { serviceName: "s" }) })
        const labelled = yield* ok(place.merge(StatefulSet, "s", { metadata: { labels: { a: "b" } } }))
        expect(labelled.at("metadata", "generation")).toBe(1)
        const changed = yield* ok(place.merge(StatefulSet, "s", { spec: { minReadySeconds: 5 } }))
        expect(changed.at("metadata", "generation")).toBe(2)
      }),
    )

    check("identity survives an update that leaves it out or changes it", (place) =>
      Effect.gen(function* () {
        const made = yield* place.make(ConfigMap, "a", { metadata: { labels: { a: "b" } } })
        const now = yield* ok(
          place.put(
            ConfigMap,
            "a",
            place.object(ConfigMap, "a", { metadata: { creationTimestamp: "2001-01-01T00:00:00Z" } }),
          ),
        )
        expect(now.at("metadata", "creationTimestamp")).toBe(made.at("metadata", "creationTimestamp"))
        expect(now.at("metadata", "uid")).toBe(made.at("metadata", "uid"))
        expect(now.at("metadata", "labels")).toBeUndefined()
      }),
    )

    check("a deletionTimestamp cannot be set or taken back by an update", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "a", { metadata: { finalizers: ["a.b/c"] } })
        const set = yield* place.merge(ConfigMap, "a", { metadata: { deletionTimestamp: "2001-01-01T00:00:00Z" } })
        expect(set.body).toEqual(
          invalid(ConfigMap, "a", [
            ["metadata.deletionTimestamp", "Invalid", `Invalid value: "2001-01-01T00:00:00Z": field is immutable`],
          ]),
        )
        const going = yield* ok(place.remove(ConfigMap, "a"))
        const back = yield* ok(place.merge(ConfigMap, "a", { metadata: { deletionTimestamp: null } }))
        expect(back.at("metadata", "deletionTimestamp")).toBe(going.at("metadata", "deletionTimestamp"))
      }),
    )
  },
}
