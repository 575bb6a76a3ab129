/** Custom kinds: pruning, validation by schema, CEL rules, versions. */
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { ConfigMap, Gadgets, OldGadgets, Pod, podSpec, Widgets } from "../fixtures.js"
import { failure, invalid, ok, type Place } from "../Place.js"
import type { Topic } from "../suite.js"
import { at, type Reply } from "../Wire.js"

/** What keeps CEL rules from being looked at: values a rule could not stand. */
const blocking = new Set(["Required", "TypeInvalid", "TooLong", "TooMany"])
const unchecked = [
  "<nil>",
  "Invalid",
  "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
] as const

type Causes = Parameters<typeof invalid>[2]

const gadget = (place: Place, spec: unknown, query: Record<string, string> = {}) =>
  place.post(Gadgets, place.object(Gadgets, "g", { spec }), query)

const refuses = (place: Place, spec: unknown, causes: Causes) =>
  Effect.map(gadget(place, spec), (reply) => {
    expect(reply.body).toEqual(invalid(Gadgets, "g", causes))
  })

/** One mistake of the schema: refused, and perhaps rules are left unchecked. */
const mistake = (place: Place, spec: Record<string, unknown>, field: string, reason: string, message: string) =>
  refuses(place, spec, [[field, reason, message], ...(blocking.has(reason) ? [unchecked] : [])])

const body = (field: string, value: string, rule: string) => `Invalid value: ${value}: ${field} in body ${rule}`

const warnings = (reply: Reply): ReadonlyArray<string> => {
  const { warning } = reply.headers
  return warning === undefined ? [] : [String(warning)]
}

export const custom: Topic = {
  title: "custom kinds",
  cases: (check) => {
    check("fields the schema does not know are pruned, but where it says otherwise (R51)", (place) =>
      Effect.gen(function* () {
        const widget = yield* place.make(Widgets, "w", {
          spec: { size: 3, unknown: 1, raw: { kept: { deep: [1] } }, racks: [{ id: 1, extra: 2 }] },
          other: 1,
        })
        expect(widget.at("spec")).toEqual({ size: 3, mode: "Safe", raw: { kept: { deep: [1] } }, racks: [{ id: 1 }] })
        expect(widget.body).not.toHaveProperty("other")
      }),
    )

    check("an embedded object keeps its fields and loses what metadata has not", (place) =>
      Effect.gen(function* () {
        const template = { apiVersion: "v1", kind: "K", metadata: { name: "x", bogus: 1 }, spec: { any: 1 } }
        const made = yield* ok(gadget(place, { template }))
        expect(made.at("spec", "template")).toEqual({ ...template, metadata: { name: "x" } })
      }),
    )

    check("an unknown field is a warning, an error or nothing, as asked", (place) =>
      Effect.gen(function* () {
        const spec = { nested: { plain: "x", unknown: 1 } }
        const strict = yield* gadget(place, spec, { fieldValidation: "Strict" })
        expect(strict.body).toEqual(
          failure(
            400,
            "BadRequest",
            `Gadget in version "v1" cannot be handled as a Gadget: strict decoding error: unknown field "spec.nested.unknown"`,
          ),
        )
        const warned = yield* ok(gadget(place, spec))
        expect(warnings(warned)).toEqual([`299 - "unknown field \\"spec.nested.unknown\\""`])
        yield* ok(place.remove(Gadgets, "g"))
        expect(warnings(yield* ok(gadget(place, spec, { fieldValidation: "Ignore" })))).toEqual([])
        const neither = yield* gadget(place, spec, { fieldValidation: "Sometimes" })
        expect(neither.status).toBe(422)
        expect(neither.text("message")).toContain(
          `fieldValidation: Unsupported value: "Sometimes": supported values: "", "Ignore", "Strict", "Warn"`,
        )
      }),
    )

    check("built-ins: strict decoding names every unknown field", (place) =>
      Effect.gen(function* () {
        const strict = { fieldValidation: "Strict" }
        const map = yield* place.post(ConfigMap, { metadata: { name: "a", bogus: 1 }, bogus: 2 }, strict)
        expect(map.text("message")).toBe(
          `ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "metadata.bogus", unknown field "bogus"`,
        )
        const containers = [{ name: "c", image: "x", imagePullPolcy: "Always" }]
        const pod = yield* place.post(Pod, place.object(Pod, "p", { spec: { ...podSpec, containers } }), strict)
        expect(pod.text("message")).toContain(`unknown field "spec.containers[0].imagePullPolcy"`)
        const warned = yield* ok(place.post(ConfigMap, { metadata: { name: "a" }, bogus: 2 }))
        expect(warnings(warned)).toEqual([`299 - "unknown field \\"bogus\\""`])
      }),
    )

    check("numbers: minimum, maximum, multiples, wholes", (place) =>
      Effect.gen(function* () {
        yield* mistake(
          place,
          { low: -1 },
          "spec.low",
          "Invalid",
          body("spec.low", "-1", "should be greater than or equal to 0"),
        )
        yield* mistake(place, { ratio: 1 }, "spec.ratio", "Invalid", body("spec.ratio", "1", "should be less than 1"))
        yield* mistake(place, { even: 3 }, "spec.even", "Invalid", body("spec.even", "3", "should be a multiple of 2"))
        yield* mistake(
          place,
          { high: "x" },
          "spec.high",
          "TypeInvalid",
          body("spec.high", '"string"', 'must be of type integer: "string"'),
        )
      }),
    )

    check("strings: length, pattern, format, enumeration", (place) =>
      Effect.gen(function* () {
        yield* mistake(
          place,
          { word: "x" },
          "spec.word",
          "Invalid",
          body("spec.word", '"x"', "should be at least 2 chars long"),
        )
        yield* mistake(place, { word: "abcdef" }, "spec.word", "TooLong", "Too long: may not be more than 5 bytes")
        yield* mistake(
          place,
          { word: "AB" },
          "spec.word",
          "Invalid",
          body("spec.word", '"AB"', "should match '^[a-z]+$'"),
        )
        yield* mistake(
          place,
          { when: "yesterday" },
          "spec.when",
          "TypeInvalid",
          body("spec.when", '"yesterday"', 'must be of type date-time: "yesterday"'),
        )
        const wild = yield* place.post(Widgets, place.object(Widgets, "w", { spec: { size: 1, mode: "Wild" } }))
        expect(wild.text("message")).toContain(`spec.mode: Unsupported value: "Wild": supported values: "Fast", "Safe"`)
      }),
    )

    check("lists and maps: how many, which twice", (place) =>
      Effect.gen(function* () {
        yield* mistake(
          place,
          { list: [] },
          "spec.list",
          "Invalid",
          body("spec.list", "0", "should have at least 1 items"),
        )
        yield* mistake(
          place,
          { tags: ["a", "b", "c", "d"] },
          "spec.tags",
          "TooMany",
          "Too many: 4: must have at most 3 items",
        )
        yield* mistake(place, { tags: ["a", "a"] }, "spec.tags[1]", "Duplicate", `Duplicate value: "a"`)
        yield* mistake(
          place,
          { members: [{ name: "a" }, { name: "a" }] },
          "spec.members[1]",
          "Duplicate",
          `Duplicate value: {"name":"a"}`,
        )
        yield* mistake(
          place,
          { labels: { a: "1", b: "2", c: "3" } },
          "spec.labels",
          "TooMany",
          "Too many: 3: must have at most 2 items",
        )
      }),
    )

    check("required and wrongly typed members", (place) =>
      Effect.gen(function* () {
        yield* mistake(place, { members: [{ role: "x" }] }, "spec.members[0].name", "Required", "Required value")
        yield* mistake(
          place,
          { on: "yes" },
          "spec.on",
          "TypeInvalid",
          body("spec.on", '"string"', 'must be of type boolean: "string"'),
        )
        yield* mistake(
          place,
          { port: {} },
          "spec.port",
          "TypeInvalid",
          body("spec.port", '"object"', 'must be of type integer,string: "object"'),
        )
        yield* mistake(
          place,
          { labels: { a: 1 } },
          "spec.labels.a",
          "TypeInvalid",
          body("spec.labels.a", '"integer"', 'must be of type string: "integer"'),
        )
        const missing = yield* place.post(Gadgets, place.object(Gadgets, "g"))
        expect(missing.body).toEqual(invalid(Gadgets, "g", [["spec", "Required", "Required value"], unchecked]))
      }),
    )

    check("several findings are told at once", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.post(Widgets, place.object(Widgets, "w", { spec: { size: 9, image: "A B" } }))
        const causes = reply.at("details", "causes")
        expect(Array.isArray(causes) && causes.map((cause) => at(cause, "field")).sort()).toEqual([
          "spec.image",
          "spec.size",
        ])
      }),
    )

    check("one of several shapes (oneOf)", (place) =>
      Effect.gen(function* () {
        const none = yield* gadget(place, { choice: {} })
        expect(none.status).toBe(422)
        expect(none.text("message")).toContain(
          `<nil>: Invalid value: "": "spec.choice" must validate one and only one schema (oneOf). Found none valid`,
        )
        yield* refuses(place, { choice: { a: "1", b: "1" } }, [
          [
            "<nil>",
            "Invalid",
            `Invalid value: "": "spec.choice" must validate one and only one schema (oneOf). Found 2 valid alternatives`,
          ],
        ])
        yield* ok(gadget(place, { choice: { b: "1" } }))
      }),
    )

    check("null: kept where allowed, dropped elsewhere; a number or a string", (place) =>
      Effect.gen(function* () {
        const made = yield* ok(gadget(place, { maybe: null, low: null, port: "80" }))
        expect(made.at("spec")).toEqual({ maybe: null, nested: { deep: "yes" }, port: "80" })
        const number = yield* ok(place.merge(Gadgets, "g", { spec: { port: 80 } }))
        expect(number.at("spec", "port")).toBe(80)
      }),
    )

    check("CEL: a message, and the object it is about (R51)", (place) =>
      refuses(place, { low: 5, high: 3 }, [["spec", "Invalid", "Invalid value: low must not exceed high"]]),
    )

    check("CEL: a computed message, a reason and a field; a rule without message speaks for itself", (place) =>
      refuses(place, { high: 13, low: 13 }, [
        ["spec.high", "Forbidden", "Forbidden: high is unlucky"],
        ["spec", "Invalid", "Invalid value: failed rule: !has(self.low) || self.low != 13"],
      ]),
    )

    check("CEL: rules of list items name the item", (place) =>
      refuses(place, { members: [{ name: "a" }, { name: "data" }] }, [
        ["spec.members[1]", "Invalid", "Invalid value: a member is not its role"],
      ]),
    )

    check("CEL: transitions compare with what was", (place) =>
      Effect.gen(function* () {
        yield* ok(gadget(place, { pinned: "a", low: 1 }))
        const changed = yield* place.merge(Gadgets, "g", { spec: { pinned: "b" } })
        expect(changed.body).toEqual(
          invalid(Gadgets, "g", [["spec.pinned", "Invalid", `Invalid value: "b": pinned is immutable`]]),
        )
        const removed = yield* place.merge(Gadgets, "g", { spec: { pinned: null } })
        expect(removed.body).toEqual(
          invalid(Gadgets, "g", [["spec", "Invalid", "Invalid value: pinned may not come or go"]]),
        )
        const other = yield* ok(place.merge(Gadgets, "g", { spec: { low: 2 } }))
        expect(other.at("spec", "pinned")).toBe("a")
      }),
    )

    check("two served versions are two views of one object", (place) =>
      Effect.gen(function* () {
        const made = yield* ok(gadget(place, { low: 1 }))
        const old = yield* ok(place.get(OldGadgets, "g"))
        expect(old.body).toMatchObject({
          apiVersion: "contract.acko.io/v1beta1",
          kind: "Gadget",
          metadata: { uid: made.at("metadata", "uid"), resourceVersion: made.at("metadata", "resourceVersion") },
          spec: { low: 1 },
        })
        yield* ok(place.merge(OldGadgets, "g", { spec: { low: 2 } }))
        expect((yield* ok(place.get(Gadgets, "g"))).at("spec", "low")).toBe(2)
      }),
    )
  },
}
