/** Watches: what arrives, in which order, from where on, and how they end. */
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { Widgets } from "../fixtures.js"
import { containing, failure, lineText, matching, ok, type Place, type Query } from "../Place.js"
import type { Topic } from "../suite.js"
import { at, type Line, type OpenWatch } from "../Wire.js"

const take = (watch: OpenWatch, count: number) => Effect.replicateEffect(watch.next, count)

const widget = (place: Place, name: string, labels: Record<string, string> = {}) =>
  place.make(Widgets, name, { metadata: { labels }, spec: { size: 1 } })

const resize = (place: Place, name: string, size: number) => ok(place.merge(Widgets, name, { spec: { size } }))

const versionOf = (line: Line | undefined): unknown => at(line?.object, "metadata", "resourceVersion")

const tableForm = "application/json;as=Table;v=v1;g=meta.k8s.io"

/** All lines of a watch that the server ends after a second. */
const shortWatch = (place: Place, query: Query, accept?: string) =>
  Effect.flatMap(place.watch(Widgets, { timeoutSeconds: "1", ...query }, accept), ({ status, rest }) =>
    Effect.map(rest, (lines) => ({ status, lines })),
  )

export const watches: Topic = {
  title: "watches",
  cases: (check) => {
    check("from a version on: every later change, in order, each with its own version (R30)", (place) =>
      Effect.gen(function* () {
        yield* widget(place, "before")
        const watch = yield* place.watch(Widgets, { resourceVersion: yield* place.version(Widgets) })
        const replies = [yield* widget(place, "a"), yield* widget(place, "b"), yield* resize(place, "a", 5)]
        yield* ok(place.remove(Widgets, "a"))
        const lines = yield* take(watch, 4)
        expect(lines.map(lineText)).toEqual(["ADDED a", "ADDED b", "MODIFIED a", "DELETED a"])
        expect(lines.slice(0, 3).map((line) => line.object)).toEqual(replies.map((reply) => reply.body))
        expect(BigInt(String(versionOf(lines[3]))) > BigInt(String(versionOf(lines[2])))).toBe(true)
        expect(at(lines[3]?.object, "spec", "size")).toBe(5)
      }),
    )

    check("without a version or with 0: what exists first, then what happens", (place) =>
      Effect.gen(function* () {
        yield* widget(place, "b")
        yield* widget(place, "a")
        for (const query of [{}, { resourceVersion: "0" }]) {
          const watch = yield* place.watch(Widgets, query)
          const first = yield* take(watch, 2)
          expect(first.map(lineText).sort()).toEqual(["ADDED a", "ADDED b"])
          yield* resize(place, "a", Object.keys(query).length + 2)
          expect(lineText(yield* watch.next)).toBe("MODIFIED a")
        }
      }),
    )

    check("a watch resumes from any version it has seen (R30)", (place) =>
      Effect.gen(function* () {
        const made = yield* widget(place, "a")
        yield* widget(place, "b")
        yield* ok(place.remove(Widgets, "a"))
        const watch = yield* place.watch(Widgets, { resourceVersion: made.text("metadata", "resourceVersion") })
        expect((yield* take(watch, 2)).map(lineText)).toEqual(["ADDED b", "DELETED a"])
      }),
    )

    check("an object that enters the selection is added, one that leaves it deleted", (place) =>
      Effect.gen(function* () {
        const resourceVersion = yield* place.version(Widgets)
        const watch = yield* place.watch(Widgets, { resourceVersion, labelSelector: "on=yes" })
        yield* widget(place, "a", { on: "no" })
        yield* ok(place.merge(Widgets, "a", { metadata: { labels: { on: "yes" } } }))
        yield* resize(place, "a", 4)
        const left = yield* ok(place.merge(Widgets, "a", { metadata: { labels: { on: "no" } } }))
        const lines = yield* take(watch, 3)
        expect(lines.map(lineText)).toEqual(["ADDED a", "MODIFIED a", "DELETED a"])
        expect(versionOf(lines[2])).toBe(left.at("metadata", "resourceVersion"))
        expect(at(lines[2]?.object, "metadata", "labels")).toEqual({ on: "yes" })
      }),
    )

    check("one object by field selector", (place) =>
      Effect.gen(function* () {
        const resourceVersion = yield* place.version(Widgets)
        const watch = yield* place.watch(Widgets, { resourceVersion, fieldSelector: "metadata.name=b" })
        yield* widget(place, "a")
        yield* widget(place, "b")
        expect(lineText(yield* watch.next)).toBe("ADDED b")
      }),
    )

    check("the URL of one object is read, not watched", (place) =>
      Effect.gen(function* () {
        const made = yield* widget(place, "a")
        const read = yield* place.get(Widgets, "a", { query: { watch: "true" } })
        expect(read.body).toEqual(made.body)
      }),
    )

    check("a namespace hears nothing of its neighbours", (place) =>
      Effect.gen(function* () {
        const resourceVersion = yield* place.version(Widgets)
        const watch = yield* place.watch(Widgets, { resourceVersion })
        const path = Widgets.group + "/v1/namespaces/default/widgets"
        const elsewhere = yield* ok(
          place.send("POST", `/apis/${path}`, {
            apiVersion: "contract.acko.io/v1",
            kind: "Widget",
            metadata: { generateName: "elsewhere-" },
            spec: { size: 1 },
          }),
        )
        yield* widget(place, "here")
        expect(lineText(yield* watch.next)).toBe("ADDED here")
        yield* ok(place.send("DELETE", `/apis/${path}/${elsewhere.text("metadata", "name")}`))
      }),
    )

    check("writes that change nothing and dry runs are not seen (R57)", (place) =>
      Effect.gen(function* () {
        yield* widget(place, "a")
        const watch = yield* place.watch(Widgets, { resourceVersion: yield* place.version(Widgets) })
        yield* resize(place, "a", 1)
        yield* ok(place.merge(Widgets, "a", { spec: { size: 7 } }, { query: { dryRun: "All" } }))
        yield* resize(place, "a", 2)
        expect(at((yield* watch.next).object, "spec", "size")).toBe(2)
      }),
    )

    check("a deletion that waits for finalizers is a change, its end a deletion (R7)", (place) =>
      Effect.gen(function* () {
        yield* place.make(Widgets, "a", { metadata: { finalizers: ["acko.io/f"] }, spec: { size: 1 } })
        const watch = yield* place.watch(Widgets, { resourceVersion: yield* place.version(Widgets) })
        yield* ok(place.remove(Widgets, "a"))
        yield* ok(place.merge(Widgets, "a", { metadata: { finalizers: null } }))
        const lines = yield* take(watch, 2)
        expect(lines.map(lineText)).toEqual(["MODIFIED a", "DELETED a"])
        expect(at(lines[1]?.object, "metadata", "finalizers")).toEqual(["acko.io/f"])
      }),
    )

    check("the server ends a watch after timeoutSeconds (R30)", (place) =>
      Effect.gen(function* () {
        const { lines, status } = yield* shortWatch(place, { resourceVersion: yield* place.version(Widgets) })
        expect([status, lines]).toEqual([200, []])
      }),
    )

    check("bookmarks, when asked for, bring the version up to date before the end (R31)", (place) =>
      Effect.gen(function* () {
        const watch = yield* place.watch(Widgets, {
          resourceVersion: yield* place.version(Widgets),
          allowWatchBookmarks: "true",
          timeoutSeconds: "4",
        })
        const made = yield* widget(place, "a")
        const [added, bookmark] = yield* take(watch, 2)
        expect(added && lineText(added)).toBe("ADDED a")
        expect(bookmark).toEqual({
          type: "BOOKMARK",
          object: {
            kind: "Widget",
            apiVersion: "contract.acko.io/v1",
            metadata: { resourceVersion: matching(/^\d+$/) },
          },
        })
        expect(BigInt(String(versionOf(bookmark))) >= BigInt(made.text("metadata", "resourceVersion"))).toBe(true)
      }),
    )

    check("bookmarks and no version: the end of what exists is marked too", (place) =>
      Effect.gen(function* () {
        yield* widget(place, "a")
        const watch = yield* place.watch(Widgets, { allowWatchBookmarks: "true" })
        const [first, second] = yield* take(watch, 2)
        expect(first && lineText(first)).toBe("ADDED a")
        expect(second).toMatchObject({
          type: "BOOKMARK",
          object: { metadata: { annotations: { "k8s.io/initial-events-end": "true" } } },
        })
      }),
    )

    check("without bookmarks there are none", (place) =>
      Effect.gen(function* () {
        yield* widget(place, "a")
        const { lines } = yield* shortWatch(place, { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" })
        expect(lines.map(lineText)).toEqual(["ADDED a"])
      }),
    )

    check("sendInitialEvents: what exists, then a bookmark that says so, then what happens", (place) =>
      Effect.gen(function* () {
        yield* widget(place, "a")
        yield* widget(place, "b")
        const watch = yield* place.watch(Widgets, {
          sendInitialEvents: "true",
          allowWatchBookmarks: "true",
          resourceVersionMatch: "NotOlderThan",
        })
        const lines = yield* take(watch, 3)
        expect(lines.map(lineText).slice(0, 2).sort()).toEqual(["ADDED a", "ADDED b"])
        expect(lines[2]).toMatchObject({
          type: "BOOKMARK",
          object: { kind: "Widget", metadata: { annotations: { "k8s.io/initial-events-end": "true" } } },
        })
        const made = yield* widget(place, "c")
        const next = yield* watch.next
        expect([lineText(next), versionOf(next)]).toEqual(["ADDED c", made.at("metadata", "resourceVersion")])
        expect(BigInt(String(versionOf(lines[2]))) < BigInt(String(versionOf(next)))).toBe(true)
      }),
    )

    check("sendInitialEvents needs resourceVersionMatch, and is nothing for lists", (place) =>
      Effect.gen(function* () {
        const watching = { watch: "true", sendInitialEvents: "true", timeoutSeconds: "1" }
        const unmatched = yield* place.list(Widgets, { ...watching, allowWatchBookmarks: "true" })
        expect(unmatched.status).toBe(422)
        expect(unmatched.text("message")).toBe(
          `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan`,
        )
        const listed = yield* place.list(Widgets, { sendInitialEvents: "true" })
        expect(listed.status).toBe(422)
        expect(listed.text("message")).toBe(
          `ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list`,
        )
      }),
    )

    check("a version from before the server's memory is Expired, as a line of the stream (R32)", (place) =>
      Effect.gen(function* () {
        const { lines, status } = yield* shortWatch(place, { resourceVersion: "1" })
        expect(status).toBe(200)
        expect(lines).toEqual([
          {
            type: "ERROR",
            object: failure(410, "Expired", matching(/^too old resource version: 1 \(\d+\)$/)),
          },
        ])
      }),
    )

    check("a version that is no number is refused", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.list(Widgets, { watch: "true", resourceVersion: "abc", timeoutSeconds: "1" })
        expect(reply.body).toEqual(
          failure(500, "", `resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax`),
        )
      }),
    )

    check("selectors of a watch are checked before it begins", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.list(Widgets, { watch: "true", fieldSelector: "spec.size=1", timeoutSeconds: "1" })
        expect([reply.status, reply.at("reason")]).toEqual([400, "BadRequest"])
      }),
    )

    check("as tables: columns with the first line only", (place) =>
      Effect.gen(function* () {
        const resourceVersion = yield* place.version(Widgets)
        const watch = yield* place.watch(Widgets, { resourceVersion }, tableForm)
        yield* widget(place, "a")
        yield* widget(place, "b")
        const [first, second] = yield* take(watch, 2)
        const columns = at(first?.object, "columnDefinitions")
        expect(Array.isArray(columns) && columns.map((column) => at(column, "name"))).toEqual([
          "Name",
          "Size",
          "Phase",
          "Racks",
          "Age",
        ])
        expect(at(first?.object, "rows", 0, "cells", 0)).toBe("a")
        expect(at(second?.object, "rows", 0, "cells", 0)).toBe("b")
        expect(at(second?.object, "columnDefinitions") ?? []).toEqual([])
      }),
    )

    check("as metadata only", (place) =>
      Effect.gen(function* () {
        const resourceVersion = yield* place.version(Widgets)
        const watch = yield* place.watch(
          Widgets,
          { resourceVersion },
          "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
        )
        yield* widget(place, "a")
        const line = yield* watch.next
        expect(line.object).toEqual({
          kind: "PartialObjectMetadata",
          apiVersion: "meta.k8s.io/v1",
          metadata: containing({ name: "a" }),
        })
      }),
    )

    check("a new kind is watched from its first object on", (place) =>
      Effect.gen(function* () {
        const watch = yield* place.watch(Widgets, {})
        yield* widget(place, "first")
        expect(lineText(yield* watch.next)).toBe("ADDED first")
      }),
    )
  },
}
