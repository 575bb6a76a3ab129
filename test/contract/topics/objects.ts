/** Creation, identity, names, and the errors everybody meets. */
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { ConfigMap, Gadgets, Lease, Namespace, Pod, Secret, Service, StatefulSet, Widgets } from "../fixtures.js"
import { failure, invalid, matching, ok } from "../Place.js"
import type { Topic } from "../suite.js"

const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

export const objects: Topic = {
  title: "objects",
  cases: (check) => {
    check("POST answers 201 with the object as stored: identity, types, owner of its fields", (place) =>
      Effect.gen(function* () {
        const made = yield* place.post(ConfigMap, place.object(ConfigMap, "a", { data: { k: "v" } }))
        expect(made.status).toBe(201)
        expect(made.body).toEqual({
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: {
            name: "a",
            namespace: place.namespace,
            uid: matching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
            resourceVersion: matching(/^\d+$/),
            creationTimestamp: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
            managedFields: [
              {
                apiVersion: "v1",
                fieldsType: "FieldsV1",
                fieldsV1: { "f:data": { ".": {}, "f:k": {} } },
                manager: "contract-suite",
                operation: "Update",
                time: made.at("metadata", "creationTimestamp"),
              },
            ],
          },
          data: { k: "v" },
        })
        const read = yield* place.get(ConfigMap, "a")
        expect([read.status, read.body]).toEqual([200, made.body])
      }),
    )

    check("the same name again is AlreadyExists (R26)", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "a")
        const again = yield* place.post(ConfigMap, place.object(ConfigMap, "a"))
        expect(again.body).toEqual(
          failure(409, "AlreadyExists", `configmaps "a" already exists`, { name: "a", kind: "configmaps" }),
        )
      }),
    )

    check("AlreadyExists of a grouped kind names the group", (place) =>
      Effect.gen(function* () {
        yield* place.make(Widgets, "w", { spec: { size: 1 } })
        const again = yield* place.post(Widgets, place.object(Widgets, "w", { spec: { size: 1 } }))
        expect(again.body).toEqual(
          failure(409, "AlreadyExists", `widgets.contract.acko.io "w" already exists`, {
            name: "w",
            group: "contract.acko.io",
            kind: "widgets",
          }),
        )
      }),
    )

    check("a missing object is NotFound with name and kind (R49)", (place) =>
      Effect.gen(function* () {
        const core = yield* place.get(ConfigMap, "none")
        expect([core.status, core.body]).toEqual([
          404,
          failure(404, "NotFound", `configmaps "none" not found`, { name: "none", kind: "configmaps" }),
        ])
        const grouped = yield* place.get(StatefulSet, "none")
        expect(grouped.body).toEqual(
          failure(404, "NotFound", `statefulsets.apps "none" not found`, {
            name: "none",
            group: "apps",
            kind: "statefulsets",
          }),
        )
      }),
    )

    check("a kind that is not served is 404 without details, an unknown group is plain text", (place) =>
      Effect.gen(function* () {
        const plural = yield* place.send("GET", "/apis/apps/v1/namespaces/default/nothings")
        expect(plural.body).toEqual(failure(404, "NotFound", "the server could not find the requested resource", {}))
        const group = yield* place.send("GET", "/apis/nothing.example.com/v1/things")
        expect([group.status, group.body]).toEqual([404, "404 page not found\n"])
      }),
    )

    check("a namespace that does not exist is NotFound on creation", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.send("POST", "/api/v1/namespaces/no-such/configmaps", {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "a" },
        })
        expect(reply.body).toEqual(
          failure(404, "NotFound", `namespaces "no-such" not found`, { name: "no-such", kind: "namespaces" }),
        )
      }),
    )

    check("a list in a namespace that does not exist is empty", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.send("GET", "/api/v1/namespaces/no-such/configmaps")
        expect([reply.status, reply.at("items")]).toEqual([200, []])
      }),
    )

    check("name and generateName both missing is a required value", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.post(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata: {} })
        expect(reply.body).toEqual(
          failure(
            422,
            "Invalid",
            `ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required`,
            {
              kind: "ConfigMap",
              causes: [
                {
                  reason: "FieldValueRequired",
                  message: "Required value: name or generateName is required",
                  field: "metadata.name",
                },
              ],
            },
          ),
        )
      }),
    )

    check("a bad name is refused with the rule it breaks", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.post(ConfigMap, place.object(ConfigMap, "Bad_Name"))
        expect(reply.body).toEqual(
          invalid(ConfigMap, "Bad_Name", [["metadata.name", "Invalid", `Invalid value: "Bad_Name": ${subdomain}`]]),
        )
      }),
    )

    check("names of services are DNS labels", (place) =>
      Effect.gen(function* () {
        const spec = { clusterIP: "None", selector: { a: "b" } }
        const reply = yield* place.post(Service, place.object(Service, "a.b", { spec }))
        expect(reply.body).toEqual(
          invalid(Service, "a.b", [["metadata.name", "Invalid", `Invalid value: "a.b": must not contain dots`]]),
        )
        yield* place.make(Service, "1st", { spec })
      }),
    )

    check("a name of 254 characters is too long", (place) =>
      Effect.gen(function* () {
        const name = "a".repeat(254)
        const reply = yield* place.post(ConfigMap, place.object(ConfigMap, name))
        expect(reply.body).toEqual(
          invalid(ConfigMap, name, [
            ["metadata.name", "Invalid", `Invalid value: "${name}": must be no more than 253 characters`],
          ]),
        )
      }),
    )

    check("a bad label value and a bad label key are named", (place) =>
      Effect.gen(function* () {
        const value = yield* place.post(
          ConfigMap,
          place.object(ConfigMap, "a", { metadata: { labels: { ok: "not ok" } } }),
        )
        expect(value.body).toEqual(
          invalid(ConfigMap, "a", [
            [
              "metadata.labels",
              "Invalid",
              `Invalid value: "not ok": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
            ],
          ]),
        )
        const key = yield* place.post(
          ConfigMap,
          place.object(ConfigMap, "a", { metadata: { labels: { "not ok": "v" } } }),
        )
        expect([key.status, key.at("details", "causes", 0, "field")]).toEqual([422, "metadata.labels"])
        expect(key.text("message")).toContain(
          `metadata.labels: Invalid value: "not ok": name part must consist of alphanumeric characters`,
        )
      }),
    )

    check("a label value of 64 characters is too long", (place) =>
      Effect.gen(function* () {
        const value = "x".repeat(64)
        const reply = yield* place.post(ConfigMap, place.object(ConfigMap, "a", { metadata: { labels: { l: value } } }))
        expect(reply.body).toEqual(
          invalid(ConfigMap, "a", [
            ["metadata.labels", "Invalid", `Invalid value: "${value}": must be no more than 63 bytes`],
          ]),
        )
      }),
    )

    check("annotations of more than 256 KiB are too long", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.post(
          ConfigMap,
          place.object(ConfigMap, "a", { metadata: { annotations: { big: "x".repeat(262_145) } } }),
        )
        expect(reply.body).toEqual(
          invalid(ConfigMap, "a", [["metadata.annotations", "TooLong", "Too long: may not be more than 262144 bytes"]]),
        )
      }),
    )

    check("an owner reference without its parts is refused part by part", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.post(
          ConfigMap,
          place.object(ConfigMap, "a", {
            metadata: { ownerReferences: [{ apiVersion: "v1", kind: "", name: "", uid: "" }] },
          }),
        )
        const missing = (part: string) =>
          [`metadata.ownerReferences[0].${part}`, "Required", "Required value: must not be empty"] as const
        expect(reply.body).toEqual(invalid(ConfigMap, "a", ["kind", "name", "uid"].map(missing)))
      }),
    )

    check("two owners cannot both be the controller", (place) =>
      Effect.gen(function* () {
        const owner = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", name, uid: name, controller: true })
        const reply = yield* place.post(
          ConfigMap,
          place.object(ConfigMap, "a", { metadata: { ownerReferences: [owner("x"), owner("y")] } }),
        )
        expect(reply.status).toBe(422)
        expect(reply.text("message")).toContain(
          `Only one reference can have Controller set to true. Found "true" in references for ConfigMap/x and ConfigMap/y`,
        )
      }),
    )

    check("generateName gets five letters, a given name wins over it", (place) =>
      Effect.gen(function* () {
        const generated = yield* ok(place.post(ConfigMap, { metadata: { generateName: "gen-" } }))
        expect(generated.text("metadata", "name")).toMatch(/^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
        expect(generated.at("metadata", "generateName")).toBe("gen-")
        const named = yield* ok(place.post(ConfigMap, { metadata: { name: "own", generateName: "gen-" } }))
        expect(named.at("metadata", "name")).toBe("own")
      }),
    )

    check("a long generateName is cut so that the name fits", (place) =>
      Effect.gen(function* () {
        const made = yield* ok(place.post(ConfigMap, { metadata: { generateName: `${"g".repeat(100)}-` } }))
        expect(made.text("metadata", "name")).toMatch(/^g{58}[a-z0-9]{5}$/)
      }),
    )

    check("a resourceVersion has no place in a creation", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.post(ConfigMap, place.object(ConfigMap, "a", { metadata: { resourceVersion: "7" } }))
        expect(reply.body).toEqual(failure(500, "", "resourceVersion should not be set on objects to be created"))
      }),
    )

    check("what the server owns cannot be sent: uid, time of creation, generation, self link", (place) =>
      Effect.gen(function* () {
        const made = yield* place.make(Widgets, "w", {
          metadata: {
            uid: "mine",
            creationTimestamp: "2001-01-01T00:00:00Z",
            deletionTimestamp: "2001-01-01T00:00:00Z",
            generation: 77,
            selfLink: "/mine",
          },
          spec: { size: 1 },
        })
        const metadata = made.at("metadata")
        expect(metadata).toMatchObject({ name: "w", generation: 1 })
        expect(metadata).not.toHaveProperty("deletionTimestamp")
        expect(metadata).not.toHaveProperty("selfLink")
        expect(made.text("metadata", "uid")).not.toBe("mine")
        expect(made.text("metadata", "creationTimestamp") > "2020").toBe(true)
      }),
    )

    check("a body of another kind is a bad request", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.post(ConfigMap, { apiVersion: "v1", kind: "Secret", metadata: { name: "a" } })
        expect(reply.body).toEqual(
          failure(
            400,
            "BadRequest",
            `Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion`,
          ),
        )
      }),
    )

    check("a body of another version is a bad request", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.post(ConfigMap, { apiVersion: "v2", kind: "ConfigMap", metadata: { name: "a" } })
        expect([reply.status, reply.at("reason")]).toEqual([400, "BadRequest"])
        expect(reply.text("message")).toContain(
          `ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v2" in scheme`,
        )
        const custom = yield* place.post(Widgets, place.object(Widgets, "w", { apiVersion: "contract.acko.io/v2" }))
        expect(custom.body).toEqual(
          failure(
            400,
            "BadRequest",
            "the API version in the data (contract.acko.io/v2) does not match the expected API version (contract.acko.io/v1)",
          ),
        )
      }),
    )

    check("a custom object of another kind is invalid, one without a kind unrecognized", (place) =>
      Effect.gen(function* () {
        const other = yield* place.post(Widgets, place.object(Widgets, "a", { kind: "Gadget", spec: { size: 1 } }))
        expect(other.body).toEqual(
          invalid(Gadgets, "a", [["kind", "Invalid", `Invalid value: "Gadget": must be Widget`]]),
        )
        const none = yield* place.post(Widgets, { metadata: { name: "a" }, spec: { size: 1 } })
        expect([none.status, none.at("reason")]).toEqual([400, "BadRequest"])
        expect(none.text("message")).toContain(
          `the object provided is unrecognized (must be of type Widget): Object 'Kind' is missing in '`,
        )
      }),
    )

    check("built-in objects may leave out apiVersion and kind", (place) =>
      Effect.gen(function* () {
        const made = yield* ok(place.post(ConfigMap, { metadata: { name: "a" } }))
        expect(made.body).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" })
      }),
    )

    check("namespace and name must agree with the URL", (place) =>
      Effect.gen(function* () {
        const namespace = yield* place.post(
          ConfigMap,
          place.object(ConfigMap, "a", { metadata: { namespace: "other" } }),
        )
        expect(namespace.body).toEqual(
          failure(
            400,
            "BadRequest",
            `the namespace of the provided object does not match the namespace sent on the request`,
          ),
        )
        yield* place.make(ConfigMap, "a")
        const name = yield* place.put(ConfigMap, "a", place.object(ConfigMap, "b"))
        expect(name.body).toEqual(
          failure(400, "BadRequest", "the name of the object (b) does not match the name on the URL (a)"),
        )
      }),
    )

    check("a body that is not JSON is a bad request", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.post(ConfigMap, "{nope")
        expect([reply.status, reply.at("reason")]).toEqual([400, "BadRequest"])
        expect(reply.text("message")).toContain(
          "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: ",
        )
        const list = yield* place.post(ConfigMap, "[]")
        expect([list.status, list.at("reason")]).toEqual([400, "BadRequest"])
      }),
    )

    check("YAML is a body like JSON", (place) =>
      Effect.gen(function* () {
        const reply = yield* ok(
          place.send("POST", place.path(ConfigMap), "metadata:\n  name: a\ndata:\n  k: v\n", {
            "content-type": "application/yaml",
          }),
        )
        expect(reply.at("data")).toEqual({ k: "v" })
      }),
    )

    check("an unknown content type is 415, an unacceptable answer 406", (place) =>
      Effect.gen(function* () {
        const sent = yield* place.send("POST", place.path(ConfigMap), "a=b", { "content-type": "text/plain" })
        expect(sent.body).toEqual(
          failure(
            415,
            "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
          ),
        )
        const asked = yield* place.list(ConfigMap, {}, "text/csv")
        expect([asked.status, asked.at("reason"), asked.at("details")]).toEqual([406, "NotAcceptable", {}])
        expect(asked.text("message")).toContain(
          "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml",
        )
      }),
    )

    check("methods a resource does not have are 405", (place) =>
      Effect.gen(function* () {
        const expected = failure(
          405,
          "MethodNotAllowed",
          "the server does not allow this method on the requested resource",
          {},
        )
        const post = yield* place.send("POST", place.path(ConfigMap, "a"), {})
        expect(post.body).toEqual(expected)
        const put = yield* place.send("PUT", place.path(ConfigMap), {})
        expect(put.body).toEqual(expected)
        const all = yield* place.send("DELETE", place.path(Namespace))
        expect(all.body).toEqual(expected)
      }),
    )

    check("PUT of a missing object is NotFound, but creates a Lease", (place) =>
      Effect.gen(function* () {
        const missing = yield* place.put(ConfigMap, "a", place.object(ConfigMap, "a"))
        expect(missing.body).toEqual(
          failure(404, "NotFound", `configmaps "a" not found`, { name: "a", kind: "configmaps" }),
        )
        const lease = yield* place.put(Lease, "l", place.object(Lease, "l", { spec: { holderIdentity: "me" } }))
        expect([lease.status, lease.at("spec")]).toEqual([201, { holderIdentity: "me" }])
      }),
    )

    check("a value of the wrong type is a bad request that names the field", (place) =>
      Effect.gen(function* () {
        const number = yield* place.post(ConfigMap, place.object(ConfigMap, "a", { data: { k: 1 } }))
        expect(number.body).toEqual(
          failure(
            400,
            "BadRequest",
            'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
          ),
        )
        const list = yield* place.post(Pod, place.object(Pod, "p", { spec: { containers: {} } }))
        expect([list.status, list.at("reason")]).toEqual([400, "BadRequest"])
        expect(list.text("message")).toContain(
          "json: cannot unmarshal object into Go struct field PodSpec.spec.containers",
        )
      }),
    )

    check("data of more than 1 MiB is too long, a request of more than 3 MiB too large", (place) =>
      Effect.gen(function* () {
        const data = yield* place.post(
          ConfigMap,
          place.object(ConfigMap, "a", { data: { k: "x".repeat(1024 * 1024 + 1) } }),
        )
        expect(data.body).toEqual(
          invalid(ConfigMap, "a", [["[]", "TooLong", "Too long: may not be more than 1048576 bytes"]]),
        )
        const request = yield* place.post(
          ConfigMap,
          place.object(ConfigMap, "a", { data: { k: "x".repeat(3 * 1024 * 1024) } }),
        )
        expect(request.body).toEqual(
          failure(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728"),
        )
      }),
    )

    check("a bad data key is named", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.post(ConfigMap, place.object(ConfigMap, "a", { data: { "a/b": "1" } }))
        expect([reply.status, reply.at("details", "causes", 0, "field")]).toEqual([422, "data[a/b]"])
        expect(reply.text("message")).toContain("a valid config key must consist of alphanumeric characters")
      }),
    )

    check("stringData of a Secret is stored as data and not shown", (place) =>
      Effect.gen(function* () {
        const made = yield* place.make(Secret, "s", { stringData: { k: "v" } })
        expect(made.body).toMatchObject({ type: "Opaque", data: { k: "dg==" } })
        expect(made.body).not.toHaveProperty("stringData")
      }),
    )
  },
}
