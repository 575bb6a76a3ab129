/** Label and field selectors of lists, watches and collections. */
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { ConfigMap, CoreEvent, Event, Gadgets, Pod, podSpec, Widgets } from "../fixtures.js"
import { failure, ok, type Place, type Query } from "../Place.js"
import type { ResourceKind } from "../../../src/domain/Kubernetes.js"
import type { Topic } from "../suite.js"
import { at } from "../Wire.js"

const found = (place: Place, query: Query, kind: ResourceKind = ConfigMap) =>
  Effect.map(ok(place.list(kind, query)), (list) => {
    const items = list.at("items")
    return (Array.isArray(items) ? items.map((item) => at(item, "metadata", "name")) : []).filter(
      (name) => name !== "kube-root-ca.crt",
    )
  })

const labelled = (place: Place) =>
  Effect.forEach(
    Object.entries({ a: { x: "1" }, b: { x: "2", "a.b/y": "1" }, c: {}, d: { x: "" } }),
    ([name, labels]) => place.make(ConfigMap, name, { metadata: { labels } }),
  )

const byLabel: ReadonlyArray<readonly [selector: string, names: string]> = [
  ["x=1", "a"],
  ["x==1", "a"],
  ["x = 1", "a"],
  ["x!=2", "acd"],
  ["x", "abd"],
  ["!x", "c"],
  ["x in (1,2)", "ab"],
  ["x in (1, 2),!a.b/y", "a"],
  ["x notin (1)", "bcd"],
  ["x=", "d"],
  ["x in (,1)", "ad"],
  ["x>1", "b"],
  ["x<2", "a"],
  ["a.b/y", "b"],
  ["x=1,x=2", ""],
]

export const selectors: Topic = {
  title: "selectors",
  cases: (check) => {
    check("label selectors: equality, sets, existence, numbers", (place) =>
      Effect.gen(function* () {
        yield* labelled(place)
        for (const [labelSelector, names] of byLabel) {
          expect([labelSelector, (yield* found(place, { labelSelector })).join("")]).toEqual([labelSelector, names])
        }
      }),
    )

    check("a label selector that cannot be read is a bad request that says where", (place) =>
      Effect.gen(function* () {
        const cases = {
          "x===1": "unable to parse requirement: found '=', expected: identifier",
          "x in 1": `unable to parse requirement: found '1' expected: '('`,
          "=1": "found '=', expected: !, identifier, or 'end of string'",
          "x in (a b)": "unable to parse requirement: found 'b', expected: ',' or ')'",
        }
        for (const [labelSelector, message] of Object.entries(cases)) {
          const reply = yield* place.list(ConfigMap, { labelSelector })
          expect(reply.body).toEqual(failure(400, "BadRequest", message))
        }
      }),
    )

    check("a value no label can have is a bad request", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.list(ConfigMap, { labelSelector: "x=not_ok_" })
        expect([reply.status, reply.at("reason")]).toEqual([400, "BadRequest"])
        expect(reply.text("message")).toContain(
          `unable to parse requirement: values[0][x]: Invalid value: "not_ok_": a valid label must be an empty string or`,
        )
      }),
    )

    check("every kind has fields name and namespace", (place) =>
      Effect.gen(function* () {
        yield* labelled(place)
        expect(yield* found(place, { fieldSelector: "metadata.name=b" })).toEqual(["b"])
        expect(yield* found(place, { fieldSelector: "metadata.name==b" })).toEqual(["b"])
        expect(yield* found(place, { fieldSelector: "metadata.name!=b" })).toEqual(["a", "c", "d"])
        expect(yield* found(place, { fieldSelector: `metadata.namespace=${place.namespace},metadata.name=c` })).toEqual(
          ["c"],
        )
        expect(yield* found(place, { fieldSelector: "metadata.namespace=other" })).toEqual([])
        yield* place.make(Widgets, "w", { spec: { size: 1 } })
        expect(yield* found(place, { fieldSelector: "metadata.name=w" }, Widgets)).toEqual(["w"])
        expect(yield* found(place, { fieldSelector: "metadata.name=v" }, Widgets)).toEqual([])
      }),
    )

    check("another field is refused, for built-ins and custom kinds", (place) =>
      Effect.gen(function* () {
        const unknown = (field: string) => failure(400, "BadRequest", `field label not supported: ${field}`)
        const core = yield* place.list(ConfigMap, { fieldSelector: "data.k=1" })
        expect(core.body).toEqual(
          failure(
            400,
            "BadRequest",
            `"data.k" is not a known field selector: only "metadata.name", "metadata.namespace"`,
          ),
        )
        expect((yield* place.list(Pod, { fieldSelector: "spec.size=1" })).body).toEqual(unknown("spec.size"))
        expect((yield* place.list(Widgets, { fieldSelector: "spec.size=1" })).body).toEqual(unknown("spec.size"))
      }),
    )

    check("a custom kind may name fields that can be selected", (place) =>
      Effect.gen(function* () {
        yield* place.make(Gadgets, "a", { spec: { word: "one" } })
        yield* place.make(Gadgets, "b", { spec: { word: "two" } })
        expect(yield* found(place, { fieldSelector: "spec.word=two" }, Gadgets)).toEqual(["b"])
      }),
    )

    check("pods are found by host, phase and restart policy", (place) =>
      Effect.gen(function* () {
        yield* place.make(Pod, "a", { spec: podSpec })
        yield* place.make(Pod, "b", { spec: { ...podSpec, nodeName: "host-1", restartPolicy: "Never" } })
        expect(yield* found(place, { fieldSelector: "spec.nodeName=host-1" }, Pod)).toEqual(["b"])
        expect(yield* found(place, { fieldSelector: "spec.nodeName=" }, Pod)).toEqual(["a"])
        expect(yield* found(place, { fieldSelector: "status.phase!=Running" }, Pod)).toEqual(["a", "b"])
        expect(yield* found(place, { fieldSelector: "spec.restartPolicy=Never,status.phase=Pending" }, Pod)).toEqual([
          "b",
        ])
      }),
    )

    check("events are found by what they are about", (place) =>
      Effect.gen(function* () {
        const involvedObject = { kind: "Pod", namespace: place.namespace, name: "p-0", uid: "u", apiVersion: "v1" }
        yield* place.make(CoreEvent, "e1", { involvedObject, reason: "Pulled", type: "Normal", message: "m" })
        yield* place.make(CoreEvent, "e2", {
          involvedObject: { ...involvedObject, name: "p-1" },
          reason: "Failed",
          type: "Warning",
        })
        expect(yield* found(place, { fieldSelector: "involvedObject.name=p-0" }, CoreEvent)).toEqual(["e1"])
        expect(yield* found(place, { fieldSelector: "reason=Failed,type=Warning" }, CoreEvent)).toEqual(["e2"])
        expect(yield* found(place, { fieldSelector: "regarding.name=p-1" }, Event)).toEqual(["e2"])
      }),
    )

    check("both selectors together", (place) =>
      Effect.gen(function* () {
        yield* labelled(place)
        expect(yield* found(place, { labelSelector: "x", fieldSelector: "metadata.name!=a" })).toEqual(["b", "d"])
      }),
    )
  },
}
