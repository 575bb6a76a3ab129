/** Dry runs: everything is checked, nothing is stored. */
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { ConfigMap, Service, Widgets } from "../fixtures.js"
import { failure, ok } from "../Place.js"
import type { Topic } from "../suite.js"

const query = { dryRun: "All" }

export const dryRun: Topic = {
  title: "dry runs",
  cases: (check) => {
    check("a creation answers with the object as it would be", (place) =>
      Effect.gen(function* () {
        const made = yield* place.post(Widgets, place.object(Widgets, "w", { spec: { size: 1 } }), query)
        expect([made.status, made.at("spec")]).toEqual([201, { size: 1, mode: "Safe" }])
        expect(made.text("metadata", "uid")).not.toBe("")
        expect(made.at("metadata", "resourceVersion")).toBeUndefined()
        expect((yield* place.get(Widgets, "w")).status).toBe(404)
      }),
    )

    check("updates and patches change nothing", (place) =>
      Effect.gen(function* () {
        const made = yield* place.make(Widgets, "w", { spec: { size: 1 } })
        const put = yield* ok(
          place.put(
            Widgets,
            "w",
            place.object(Widgets, "w", {
              metadata: { resourceVersion: made.at("metadata", "resourceVersion") },
              spec: { size: 2 },
            }),
            { query },
          ),
        )
        expect([put.at("spec", "size"), put.at("metadata", "generation")]).toEqual([2, 2])
        const patched = yield* ok(place.merge(Widgets, "w", { spec: { size: 3 } }, { query }))
        expect(patched.at("spec", "size")).toBe(3)
        const scaled = yield* ok(place.merge(Widgets, "w", { spec: { replicas: 4 } }, { query, sub: "scale" }))
        expect(scaled.at("spec", "replicas")).toBe(4)
        expect((yield* place.get(Widgets, "w")).body).toEqual(made.body)
      }),
    )

    check("deletions delete nothing, by query and by body", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "a", { metadata: { labels: { mine: "yes" } } })
        yield* ok(place.remove(ConfigMap, "a", undefined, query))
        yield* ok(place.remove(ConfigMap, "a", { dryRun: ["All"] }))
        yield* ok(place.send("DELETE", `${place.path(ConfigMap)}?labelSelector=mine%3Dyes&dryRun=All`))
        expect((yield* place.get(ConfigMap, "a")).status).toBe(200)
      }),
    )

    check("what is wrong is wrong in a dry run too", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.post(Widgets, place.object(Widgets, "w", { spec: { size: 9 } }), query)
        expect([reply.status, reply.at("reason")]).toEqual([422, "Invalid"])
        yield* place.make(ConfigMap, "a")
        const again = yield* place.post(ConfigMap, place.object(ConfigMap, "a"), query)
        expect([again.status, again.at("reason")]).toEqual([409, "AlreadyExists"])
      }),
    )

    check("the only dry run is All", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "a")
        const message = `Unsupported value: ["Some"]: supported values: "All"`
        const refused = (kind: string) =>
          failure(422, "Invalid", `${kind}.meta.k8s.io "" is invalid: dryRun: ${message}`, {
            group: "meta.k8s.io",
            kind,
            causes: [{ reason: "FieldValueNotSupported", message, field: "dryRun" }],
          })
        const some = { dryRun: "Some" }
        expect((yield* place.post(ConfigMap, place.object(ConfigMap, "b"), some)).body).toEqual(
          refused("CreateOptions"),
        )
        expect((yield* place.put(ConfigMap, "a", place.object(ConfigMap, "a"), { query: some })).body).toEqual(
          refused("UpdateOptions"),
        )
        expect((yield* place.merge(ConfigMap, "a", {}, { query: some })).body).toEqual(refused("PatchOptions"))
        expect((yield* place.remove(ConfigMap, "a", undefined, some)).body).toEqual(refused("DeleteOptions"))
      }),
    )

    check("a name that would be generated is shown", (place) =>
      Effect.gen(function* () {
        const made = yield* ok(place.post(ConfigMap, { metadata: { generateName: "g-" } }, query))
        expect(made.text("metadata", "name")).toMatch(/^g-[a-z0-9]{5}$/)
      }),
    )

    check("a Service gets an address in a dry run, and another one later", (place) =>
      Effect.gen(function* () {
        const spec = { selector: { a: "b" }, ports: [{ port: 80 }] }
        const made = yield* ok(place.post(Service, place.object(Service, "s", { spec }), query))
        expect(made.text("spec", "clusterIP")).toMatch(/^10\.96\./)
        expect((yield* place.get(Service, "s")).status).toBe(404)
      }),
    )
  },
}
