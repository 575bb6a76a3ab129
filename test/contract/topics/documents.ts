/** What the server tells about itself and its kinds, as kubectl and libraries read it: version, aggregated discovery, OpenAPI of both versions. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { expect } from "vitest"
import { ConfigMap, Pod, Widgets } from "../fixtures.js"
import type { Place } from "../Place.js"
import type { Topic } from "../suite.js"

type Fields = Readonly<Record<string, unknown>>

const fields = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {})
const list = (value: unknown): ReadonlyArray<Fields> => (Array.isArray(value) ? value.map(fields) : [])

const read = (place: Place, path: string, accept = "application/json") =>
  place.wire.send({ method: "GET", path, headers: { accept } })

/** A new kind is documented a moment after it is served. */
const untilSo = <A, E>(look: Effect.Effect<A, E>, isSo: (found: A) => boolean) =>
  look.pipe(
    Effect.repeat({ until: isSo, schedule: Schedule.spaced("200 millis") }),
    Effect.timeout("20 seconds"),
    Effect.zipRight(look),
  )

const aggregatedForm = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
const discovered = (body: unknown, { group, plural, version }: typeof Widgets): Fields =>
  list(fields(body)["items"])
    .filter(({ metadata }) => (fields(metadata)["name"] ?? "") === group)
    .flatMap(({ versions }) => list(versions))
    .filter((found) => found["version"] === version)
    .flatMap(({ resources }) => list(resources))
    .find(({ resource }) => resource === plural) ?? {}
const partsOf = (resource: Fields) => list(resource["subresources"]).map(({ subresource }) => subresource)

const kindOf = (schema: unknown) => list(fields(schema)["x-kubernetes-group-version-kind"]).map(({ kind }) => kind)
const schemaOf = (schemas: unknown, kind: string): Fields =>
  fields(Object.values(fields(schemas)).find((schema) => kindOf(schema).includes(kind)))

export const documents: Topic = {
  title: "documents",
  cases: (check) => {
    check("the version is that of the server that is imitated", (place) =>
      Effect.gen(function* () {
        const { body, status } = yield* read(place, "/version")
        expect([status, body]).toEqual([200, expect.objectContaining({ major: "1", minor: "37" })])
      }),
    )

    check("aggregated discovery of the core group: a kind with its verbs and subresources", (place) =>
      Effect.gen(function* () {
        const { body, headers } = yield* read(place, "/api", aggregatedForm)
        expect(headers["content-type"]).toBe(aggregatedForm)
        expect(discovered(body, ConfigMap)).toMatchObject({
          responseKind: { kind: "ConfigMap" },
          scope: "Namespaced",
          singularResource: "configmap",
          shortNames: ["cm"],
          verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
        })
        expect(partsOf(discovered(body, Pod))).toEqual(expect.arrayContaining(["binding", "eviction", "log", "status"]))
      }),
    )

    check("aggregated discovery of the other groups: a custom kind", (place) =>
      Effect.gen(function* () {
        const { body, headers } = yield* untilSo(
          read(place, "/apis", aggregatedForm),
          (reply) => discovered(reply.body, Widgets)["resource"] !== undefined,
        )
        expect(headers["content-type"]).toBe(aggregatedForm)
        const found = discovered(body, Widgets)
        expect(found).toMatchObject({
          responseKind: { kind: "Widget" },
          scope: "Namespaced",
          singularResource: "widget",
        })
        expect(found["verbs"]).toEqual(expect.arrayContaining(["get", "list", "watch", "create", "patch", "delete"]))
        expect(partsOf(found)).toContain("status")
      }),
    )

    check("OpenAPI v3: the index leads to the document of a group, with the schema of its kinds", (place) =>
      Effect.gen(function* () {
        const root = `apis/${Widgets.group}/${Widgets.version}`
        const entryOf = (body: unknown) => fields(fields(fields(body)["paths"])[root])["serverRelativeURL"]
        const index = yield* untilSo(read(place, "/openapi/v3"), ({ body }) => entryOf(body) !== undefined)
        const url = String(entryOf(index.body))
        expect(url).toMatch(new RegExp(`^/openapi/v3/${root}\\?hash=\\w+`))
        const { body, status } = yield* read(place, url)
        expect([status, fields(body)["openapi"]]).toEqual([200, "3.0.0"])
        const schema = schemaOf(fields(fields(body)["components"])["schemas"], "Widget")
        expect(schema).toMatchObject({ type: "object" })
        expect(Object.keys(fields(schema["properties"]))).toEqual(
          expect.arrayContaining(["apiVersion", "kind", "metadata", "spec"]),
        )
      }),
    )

    check("OpenAPI v2: the definitions of built-in and custom kinds", (place) =>
      Effect.gen(function* () {
        const definitions = (body: unknown) => fields(body)["definitions"]
        const { body } = yield* untilSo(
          read(place, "/openapi/v2"),
          (reply) => schemaOf(definitions(reply.body), "Widget")["type"] !== undefined,
        )
        expect(fields(body)["swagger"]).toBe("2.0")
        for (const kind of ["Widget", "ConfigMap"])
          expect(schemaOf(definitions(body), kind)).toMatchObject({ type: "object" })
      }),
    )
  },
}
