/** Lists: shape, consistency, pages. */
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { ConfigMap, Widgets } from "../fixtures.js"
import { containing, failure, matching, ok, type Place } from "../Place.js"
import type { Topic } from "../suite.js"
import { at } from "../Wire.js"

const names = (list: { readonly body: unknown }): ReadonlyArray<unknown> => {
  const items = at(list.body, "items")
  return Array.isArray(items) ? items.map((item) => at(item, "metadata", "name")) : []
}

const widgets = (place: Place, ...all: ReadonlyArray<string>) =>
  Effect.forEach(all, (name) => place.make(Widgets, name, { metadata: { labels: { name } }, spec: { size: 1 } }))

/** A continue token with the version moved to the beginning of time: clients keep tokens for long, tests do not want to. */
const asOfTheStart = (token: string): string => {
  const content: unknown = JSON.parse(Buffer.from(token, "base64url").toString())
  return Buffer.from(JSON.stringify({ ...Object(content), rv: 1 })).toString("base64url")
}

export const lists: Topic = {
  title: "lists",
  cases: (check) => {
    check("a list of built-ins names the kind once, a list of custom objects on every item", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "a", { metadata: { labels: { mine: "yes" } } })
        const core = yield* ok(place.list(ConfigMap, { labelSelector: "mine=yes" }))
        expect(core.body).toEqual({
          kind: "ConfigMapList",
          apiVersion: "v1",
          metadata: { resourceVersion: matching(/^\d+$/) },
          items: [{ metadata: containing({ name: "a" }) }],
        })
        yield* widgets(place, "w")
        const custom = yield* ok(place.list(Widgets))
        expect(custom.body).toMatchObject({
          kind: "WidgetList",
          apiVersion: "contract.acko.io/v1",
          metadata: { resourceVersion: matching(/^\d+$/), continue: "" },
          items: [{ kind: "Widget", apiVersion: "contract.acko.io/v1", metadata: { name: "w" } }],
        })
      }),
    )

    check("items are in the order of their names; an empty list has items", (place) =>
      Effect.gen(function* () {
        expect((yield* ok(place.list(Widgets))).at("items")).toEqual([])
        yield* widgets(place, "b", "c", "a", "a-1", "a.1")
        expect(names(yield* ok(place.list(Widgets)))).toEqual(["a", "a-1", "a.1", "b", "c"])
      }),
    )

    check("the list of all namespaces holds those of each", (place) =>
      Effect.gen(function* () {
        yield* widgets(place, "w")
        const all = yield* ok(place.send("GET", "/apis/contract.acko.io/v1/widgets"))
        const items = all.at("items")
        expect(
          Array.isArray(items) && items.some((item) => at(item, "metadata", "namespace") === place.namespace),
        ).toBe(true)
      }),
    )

    check("a list is as new as the last write", (place) =>
      Effect.gen(function* () {
        const [made] = yield* widgets(place, "w")
        const version = BigInt((yield* ok(place.list(Widgets))).text("metadata", "resourceVersion"))
        expect(version >= BigInt(made?.text("metadata", "resourceVersion") ?? "0")).toBe(true)
      }),
    )

    check("resourceVersion with NotOlderThan and Exact: at least that new, exactly that state", (place) =>
      Effect.gen(function* () {
        const [first] = yield* widgets(place, "a")
        const resourceVersion = first?.text("metadata", "resourceVersion") ?? ""
        yield* widgets(place, "b")
        const exact = yield* ok(place.list(Widgets, { resourceVersion, resourceVersionMatch: "Exact" }))
        expect([names(exact), exact.at("metadata", "resourceVersion")]).toEqual([["a"], resourceVersion])
        const newer = yield* ok(place.list(Widgets, { resourceVersion, resourceVersionMatch: "NotOlderThan" }))
        expect(names(newer)).toContain("a")
      }),
    )

    check("resourceVersionMatch needs a resourceVersion, and one of two values", (place) =>
      Effect.gen(function* () {
        const alone = yield* place.list(Widgets, { resourceVersionMatch: "Exact" })
        expect(alone.body).toEqual(
          failure(
            422,
            "Invalid",
            `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided`,
            {
              group: "meta.k8s.io",
              kind: "ListOptions",
              causes: [
                {
                  reason: "FieldValueForbidden",
                  message: "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
                  field: "resourceVersionMatch",
                },
              ],
            },
          ),
        )
        const unknown = yield* place.list(Widgets, { resourceVersion: "1", resourceVersionMatch: "Nearly" })
        expect(unknown.status).toBe(422)
        expect(unknown.text("message")).toContain(
          `resourceVersionMatch: Unsupported value: "Nearly": supported values: "Exact", "NotOlderThan", ""`,
        )
        const zero = yield* place.list(Widgets, { resourceVersion: "0", resourceVersionMatch: "Exact" })
        expect(zero.status).toBe(422)
        expect(zero.text("message")).toContain(
          `resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"`,
        )
      }),
    )

    check("a resourceVersion that is no number is a bad request", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.list(Widgets, { resourceVersion: "abc" })
        expect(reply.body).toEqual(
          failure(
            400,
            "BadRequest",
            `invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax`,
          ),
        )
        const limit = yield* place.list(Widgets, { limit: "abc" })
        expect(limit.body).toEqual(failure(400, "BadRequest", `strconv.ParseInt: parsing "abc": invalid syntax`))
      }),
    )

    check("a version the server has not reached is a timeout that may be tried again", (place) =>
      Effect.gen(function* () {
        const version = BigInt(yield* place.version(Widgets)) + 1_000_000n
        const reply = yield* place.list(Widgets, { resourceVersion: String(version) })
        expect([reply.status, reply.at("reason")]).toEqual([504, "Timeout"])
        expect(reply.text("message")).toMatch(/^Timeout: Too large resource version: \d+, current: \d+$/)
        expect(reply.at("details")).toEqual({
          causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
          retryAfterSeconds: 1,
        })
      }),
    )

    check("pages: continue and remainingItemCount, until the end (R42)", (place) =>
      Effect.gen(function* () {
        yield* widgets(place, "a", "b", "c", "d", "e")
        const first = yield* ok(place.list(Widgets, { limit: "2" }))
        expect([names(first), first.at("metadata", "remainingItemCount")]).toEqual([["a", "b"], 3])
        const second = yield* ok(place.list(Widgets, { limit: "2", continue: first.text("metadata", "continue") }))
        expect([names(second), second.at("metadata", "remainingItemCount")]).toEqual([["c", "d"], 1])
        const third = yield* ok(place.list(Widgets, { limit: "2", continue: second.text("metadata", "continue") }))
        expect([names(third), third.text("metadata", "continue")]).toEqual([["e"], ""])
        expect(third.at("metadata", "remainingItemCount")).toBeUndefined()
      }),
    )

    check("pages show one moment, whatever is written between them (R42)", (place) =>
      Effect.gen(function* () {
        yield* widgets(place, "a", "b", "c", "d")
        const first = yield* ok(place.list(Widgets, { limit: "2" }))
        yield* ok(place.remove(Widgets, "c"))
        yield* widgets(place, "bb")
        const second = yield* ok(place.list(Widgets, { continue: first.text("metadata", "continue") }))
        expect(names(second)).toEqual(["c", "d"])
        expect(second.at("metadata", "resourceVersion")).toBe(first.at("metadata", "resourceVersion"))
      }),
    )

    check("with a selector nobody counts what remains", (place) =>
      Effect.gen(function* () {
        yield* widgets(place, "a", "b", "c")
        const page = yield* ok(place.list(Widgets, { limit: "1", labelSelector: "name in (a,c)" }))
        expect(names(page)).toEqual(["a"])
        expect(page.at("metadata", "remainingItemCount")).toBeUndefined()
        const rest = yield* ok(
          place.list(Widgets, {
            limit: "5",
            labelSelector: "name in (a,c)",
            continue: page.text("metadata", "continue"),
          }),
        )
        expect(names(rest)).toEqual(["c"])
      }),
    )

    check("a continue token that is none is a bad request; so is one with a resourceVersion", (place) =>
      Effect.gen(function* () {
        const wrong = yield* place.list(Widgets, { limit: "1", continue: "nonsense" })
        expect([wrong.status, wrong.at("reason")]).toEqual([400, "BadRequest"])
        expect(wrong.text("message")).toContain("invalid continue token: continue key is not valid: ")
        yield* widgets(place, "a", "b")
        const page = yield* ok(place.list(Widgets, { limit: "1" }))
        const both = yield* place.list(Widgets, {
          limit: "1",
          continue: page.text("metadata", "continue"),
          resourceVersion: "1",
        })
        expect(both.body).toEqual(
          failure(400, "BadRequest", "specifying resource version is not allowed when using continue"),
        )
      }),
    )

    check("a continue token from before the server's memory is Expired and brings another one (R42)", (place, target) =>
      Effect.gen(function* () {
        yield* widgets(place, "a", "b", "c")
        const page = yield* ok(place.list(Widgets, { limit: "1" }))
        yield* place.make(ConfigMap, "later")
        yield* target.forgetPast
        const late = yield* place.list(Widgets, {
          limit: "1",
          continue: asOfTheStart(page.text("metadata", "continue")),
        })
        expect(late.body).toEqual({
          kind: "Status",
          apiVersion: "v1",
          metadata: { continue: matching(/.+/) },
          status: "Failure",
          message:
            "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
          reason: "Expired",
          code: 410,
        })
        const rest = yield* ok(place.list(Widgets, { continue: late.text("metadata", "continue") }))
        expect(names(rest)).toEqual(["b", "c"])
      }),
    )

    check("a forgotten version cannot be listed exactly", (place, target) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "later")
        yield* target.forgetPast
        const late = yield* place.list(Widgets, { resourceVersion: "1", resourceVersionMatch: "Exact" })
        expect(late.body).toEqual(failure(410, "Expired", "The resourceVersion for the provided list is too old."))
      }),
    )

    check("metadata only, for those who want no more", (place) =>
      Effect.gen(function* () {
        yield* widgets(place, "a")
        const list = yield* ok(
          place.list(Widgets, {}, "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"),
        )
        expect(list.body).toEqual({
          kind: "PartialObjectMetadataList",
          apiVersion: "meta.k8s.io/v1",
          metadata: { resourceVersion: matching(/./) },
          items: [
            {
              kind: "PartialObjectMetadata",
              apiVersion: "meta.k8s.io/v1",
              metadata: containing({ name: "a", labels: { name: "a" } }),
            },
          ],
        })
        const one = yield* ok(
          place.get(Widgets, "a", { accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io" }),
        )
        expect(one.body).toEqual({
          kind: "PartialObjectMetadata",
          apiVersion: "meta.k8s.io/v1",
          metadata: containing({ name: "a" }),
        })
      }),
    )
  },
}
