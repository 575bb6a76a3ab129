/** Deletion: preconditions, finalizers, grace, propagation, collections, namespaces. */
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { ConfigMap, Namespace, Pod, podSpec, Secret, Service, setSpec, StatefulSet, Widgets } from "../fixtures.js"
import { failure, ok, Place } from "../Place.js"
import type { Topic } from "../suite.js"
import { at, type Reply } from "../Wire.js"

const owned = (owner: Reply, more: Record<string, unknown> = {}) => ({
  metadata: {
    ownerReferences: [
      {
        apiVersion: owner.text("apiVersion"),
        kind: owner.text("kind"),
        name: owner.text("metadata", "name"),
        uid: owner.text("metadata", "uid"),
        ...more,
      },
    ],
  },
})

const isGone = (reply: Reply): boolean => reply.status === 404
const isKept = (reply: Reply): boolean => reply.at("metadata", "ownerReferences") === undefined
const otherUid = "00000000-0000-4000-8000-000000000000"

/** Long enough for a garbage collector that would act. */
const aWhile = Effect.sleep("600 millis")

export const deletion: Topic = {
  title: "deletion",
  cases: (check) => {
    check("answers with a Status that names what is gone", (place) =>
      Effect.gen(function* () {
        const made = yield* place.make(ConfigMap, "a")
        const gone = yield* place.remove(ConfigMap, "a")
        expect([gone.status, gone.body]).toEqual([
          200,
          {
            kind: "Status",
            apiVersion: "v1",
            metadata: {},
            status: "Success",
            details: { name: "a", kind: "configmaps", uid: made.at("metadata", "uid") },
          },
        ])
        expect((yield* place.get(ConfigMap, "a")).status).toBe(404)
        const widget = yield* place.make(Widgets, "w", { spec: { size: 1 } })
        expect((yield* place.remove(Widgets, "w")).at("details")).toEqual({
          name: "w",
          group: "contract.acko.io",
          kind: "widgets",
          uid: widget.at("metadata", "uid"),
        })
      }),
    )

    check("pods, services and a few others answer with the object", (place) =>
      Effect.gen(function* () {
        yield* place.make(Pod, "p", { spec: podSpec })
        expect((yield* ok(place.remove(Pod, "p"))).body).toMatchObject({ kind: "Pod", metadata: { name: "p" } })
        yield* place.make(Service, "s", { spec: { clusterIP: "None", selector: { a: "b" } } })
        expect((yield* ok(place.remove(Service, "s"))).at("kind")).toBe("Service")
        yield* place.make(Secret, "s")
        expect((yield* ok(place.remove(Secret, "s"))).at("kind")).toBe("Status")
      }),
    )

    check("a missing object is NotFound", (place) =>
      Effect.gen(function* () {
        expect((yield* place.remove(ConfigMap, "a")).body).toEqual(
          failure(404, "NotFound", `configmaps "a" not found`, { name: "a", kind: "configmaps" }),
        )
      }),
    )

    check("preconditions protect the successor of the same name (R17, S1)", (place) =>
      Effect.gen(function* () {
        const made = yield* place.make(ConfigMap, "a")
        const uid = made.text("metadata", "uid")
        const resourceVersion = made.text("metadata", "resourceVersion")
        const refused = (why: string) =>
          failure(409, "Conflict", `Operation cannot be fulfilled on ConfigMap "a": ${why}`, {
            name: "a",
            kind: "ConfigMap",
          })
        const wrongUid = yield* place.remove(ConfigMap, "a", { preconditions: { uid: otherUid } })
        expect(wrongUid.body).toEqual(
          refused(
            `the UID in the precondition (${otherUid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
          ),
        )
        const wrongVersion = yield* place.remove(ConfigMap, "a", { preconditions: { uid, resourceVersion: "1" } })
        expect(wrongVersion.body).toEqual(
          refused(
            `the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
          ),
        )
        yield* ok(place.remove(ConfigMap, "a", { preconditions: { uid, resourceVersion } }))
      }),
    )

    check("finalizers hold the object; the last one releases it (R7)", (place) =>
      Effect.gen(function* () {
        yield* place.make(Widgets, "w", { metadata: { finalizers: ["acko.io/f"] }, spec: { size: 1 } })
        const going = yield* place.remove(Widgets, "w")
        expect([going.status, going.at("kind"), going.at("metadata", "deletionGracePeriodSeconds")]).toEqual([
          200,
          "Widget",
          0,
        ])
        expect(going.at("metadata", "generation")).toBe(2)
        expect(going.text("metadata", "deletionTimestamp")).toMatch(/^\d{4}-/)
        const again = yield* ok(place.remove(Widgets, "w"))
        expect(again.at("metadata", "resourceVersion")).toBe(going.at("metadata", "resourceVersion"))
        const last = yield* ok(place.merge(Widgets, "w", { metadata: { finalizers: null } }))
        expect(last.at("metadata", "name")).toBe("w")
        expect((yield* place.get(Widgets, "w")).status).toBe(404)
      }),
    )

    check("an object on its way out takes no new finalizers, but other changes (R7)", (place) =>
      Effect.gen(function* () {
        yield* place.make(Widgets, "w", { metadata: { finalizers: ["acko.io/f"] }, spec: { size: 1 } })
        yield* ok(place.remove(Widgets, "w"))
        const more = yield* place.merge(Widgets, "w", { metadata: { finalizers: ["acko.io/f", "acko.io/g"] } })
        const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"acko.io/g"}`
        const cause = { reason: "FieldValueForbidden", message, field: "metadata.finalizers" }
        // Custom kinds are checked twice, and the same finding is told once and counted twice.
        expect(more.body).toEqual(
          failure(422, "Invalid", `Widget.contract.acko.io "w" is invalid: metadata.finalizers: ${message}`, {
            name: "w",
            group: "contract.acko.io",
            kind: "Widget",
            causes: [cause, cause],
          }),
        )
        const changed = yield* ok(place.merge(Widgets, "w", { spec: { size: 2 } }))
        expect(changed.at("spec", "size")).toBe(2)
      }),
    )

    check("a finalizer is a qualified name", (place) =>
      Effect.gen(function* () {
        const bad = yield* place.post(ConfigMap, place.object(ConfigMap, "a", { metadata: { finalizers: ["a b"] } }))
        expect([bad.status, bad.at("details", "causes", 0, "field")]).toEqual([422, "metadata.finalizers"])
      }),
    )

    check("a running pod gets its grace period; a shorter one shortens it, zero ends it (R3)", (place) =>
      Effect.gen(function* () {
        yield* place.make(Pod, "p", { spec: { ...podSpec, nodeName: "host-1", terminationGracePeriodSeconds: 60 } })
        const graceOf = (reply: Reply) => reply.at("metadata", "deletionGracePeriodSeconds")
        const first = yield* ok(place.remove(Pod, "p"))
        expect(graceOf(first)).toBe(60)
        expect(first.text("metadata", "deletionTimestamp") > first.text("metadata", "creationTimestamp")).toBe(true)
        expect(graceOf(yield* ok(place.remove(Pod, "p", { gracePeriodSeconds: 20 })))).toBe(20)
        expect(graceOf(yield* ok(place.remove(Pod, "p", { gracePeriodSeconds: 40 })))).toBe(20)
        yield* ok(place.remove(Pod, "p", { gracePeriodSeconds: 0 }))
        expect((yield* place.get(Pod, "p")).status).toBe(404)
      }),
    )

    check("a pod nobody runs goes at once", (place) =>
      Effect.gen(function* () {
        yield* place.make(Pod, "p", { spec: podSpec })
        const gone = yield* ok(place.remove(Pod, "p"))
        expect(gone.at("metadata", "deletionGracePeriodSeconds")).toBe(0)
        expect((yield* place.get(Pod, "p")).status).toBe(404)
      }),
    )

    check("background: the owner goes at once, dependents follow", (place) =>
      Effect.gen(function* () {
        const owner = yield* place.make(ConfigMap, "owner")
        yield* place.make(ConfigMap, "child", owned(owner))
        const gone = yield* ok(place.remove(ConfigMap, "owner", { propagationPolicy: "Background" }))
        expect(gone.at("kind")).toBe("Status")
        yield* place.until(place.get(ConfigMap, "child"), isGone)
        expect((yield* place.get(ConfigMap, "child")).status).toBe(404)
      }),
    )

    check("foreground: the owner waits for dependents that block it", (place) =>
      Effect.gen(function* () {
        const owner = yield* place.make(ConfigMap, "owner")
        const child = owned(owner, { blockOwnerDeletion: true })
        yield* place.make(ConfigMap, "child", { metadata: { ...child.metadata, finalizers: ["acko.io/f"] } })
        // The collector must know the child before its owner goes.
        yield* aWhile
        const going = yield* ok(place.remove(ConfigMap, "owner", { propagationPolicy: "Foreground" }))
        expect(going.at("metadata", "finalizers")).toEqual(["foregroundDeletion"])
        const waiting = yield* place.until(
          place.get(ConfigMap, "child"),
          (reply) => reply.at("metadata", "deletionTimestamp") !== undefined,
        )
        expect(waiting.at("metadata", "finalizers")).toContain("acko.io/f")
        expect((yield* place.get(ConfigMap, "owner")).status).toBe(200)
        yield* ok(place.merge(ConfigMap, "child", { metadata: { finalizers: null } }))
        yield* place.until(place.get(ConfigMap, "owner"), isGone)
        expect((yield* place.get(ConfigMap, "owner")).status).toBe(404)
        expect((yield* place.get(ConfigMap, "child")).status).toBe(404)
      }),
    )

    check("orphan: the dependents stay and lose their owner", (place) =>
      Effect.gen(function* () {
        const owner = yield* place.make(ConfigMap, "owner")
        yield* place.make(ConfigMap, "child", owned(owner))
        yield* aWhile
        const going = yield* ok(place.remove(ConfigMap, "owner", { propagationPolicy: "Orphan" }))
        expect(going.at("metadata", "finalizers")).toEqual(["orphan"])
        yield* place.until(place.get(ConfigMap, "owner"), isGone)
        const child = yield* place.until(place.get(ConfigMap, "child"), isKept)
        expect([child.status, child.at("metadata", "ownerReferences")]).toEqual([200, undefined])
      }),
    )

    check("the policy may come in the query, and as orphanDependents", (place) =>
      Effect.gen(function* () {
        const finalizers = { metadata: { finalizers: ["acko.io/f"] } }
        yield* place.make(ConfigMap, "a", finalizers)
        const query = yield* ok(place.remove(ConfigMap, "a", undefined, { propagationPolicy: "Foreground" }))
        expect(query.at("metadata", "finalizers")).toEqual(["acko.io/f", "foregroundDeletion"])
        yield* place.make(ConfigMap, "b", finalizers)
        const old = yield* ok(place.remove(ConfigMap, "b", { orphanDependents: true }))
        expect(old.at("metadata", "finalizers")).toEqual(["acko.io/f", "orphan"])
      }),
    )

    check("a policy that is none, and two policies, are refused", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "a")
        const unknown = yield* place.remove(ConfigMap, "a", { propagationPolicy: "Sideways" })
        expect([unknown.status, unknown.at("reason")]).toEqual([422, "Invalid"])
        expect(unknown.text("message")).toContain(
          `propagationPolicy: Unsupported value: "Sideways": supported values: "Foreground", "Background", "Orphan"`,
        )
        const both = yield* place.remove(ConfigMap, "a", { propagationPolicy: "Orphan", orphanDependents: true })
        expect([both.status, both.at("reason")]).toEqual([422, "Invalid"])
        expect(both.text("message")).toContain("orphanDependents and deletionPropagation cannot be both set")
      }),
    )

    check("a dependent whose owner never was is collected; one of two owners keeps it", (place) =>
      Effect.gen(function* () {
        const first = yield* place.make(ConfigMap, "first")
        const second = yield* place.make(ConfigMap, "second")
        const both = {
          metadata: {
            ownerReferences: [first, second].flatMap((owner) => owned(owner).metadata.ownerReferences),
          },
        }
        yield* place.make(ConfigMap, "child", both)
        yield* place.make(ConfigMap, "dangling", {
          metadata: { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "none", uid: otherUid }] },
        })
        yield* place.until(place.get(ConfigMap, "dangling"), isGone)
        expect((yield* place.get(ConfigMap, "dangling")).status).toBe(404)
        yield* ok(place.remove(ConfigMap, "first"))
        const child = yield* place.until(place.get(ConfigMap, "child"), (reply) => {
          const owners = reply.at("metadata", "ownerReferences")
          return Array.isArray(owners) && owners.length === 1
        })
        expect(child.at("metadata", "ownerReferences", 0, "name")).toBe("second")
        yield* ok(place.remove(ConfigMap, "second"))
        yield* place.until(place.get(ConfigMap, "child"), isGone)
        expect((yield* place.get(ConfigMap, "child")).status).toBe(404)
      }),
    )

    check("a StatefulSet deleted in the foreground keeps counting generations", (place) =>
      Effect.gen(function* () {
        yield* place.make(StatefulSet, "s", {
          metadata: { finalizers: ["acko.io/f"] },
          spec: setSpec("s", { serviceName: "s" }),
        })
        const going = yield* ok(place.remove(StatefulSet, "s", { propagationPolicy: "Foreground" }))
        expect(going.at("metadata", "generation")).toBe(2)
        yield* ok(place.merge(StatefulSet, "s", { metadata: { finalizers: null } }))
      }),
    )

    check("a collection: what the selectors show is deleted and listed", (place) =>
      Effect.gen(function* () {
        for (const name of ["a", "b", "c"]) {
          yield* place.make(Widgets, name, { metadata: { labels: { odd: String(name !== "b") } }, spec: { size: 1 } })
        }
        const gone = yield* ok(place.send("DELETE", `${place.path(Widgets)}?labelSelector=odd%3Dtrue`))
        const items = gone.at("items")
        expect(gone.at("kind")).toBe("WidgetList")
        expect(Array.isArray(items) && items.map((item) => at(item, "metadata", "name")).sort()).toEqual(["a", "c"])
        const left = (yield* ok(place.list(Widgets))).at("items")
        expect(Array.isArray(left) && left.map((item) => at(item, "metadata", "name"))).toEqual(["b"])
      }),
    )

    check("a namespace goes with what is in it (R15)", (place) =>
      Effect.gen(function* () {
        const name = `${place.namespace}-x`
        const inner = new Place(place.wire, name)
        yield* ok(place.post(Namespace, { metadata: { name } }))
        yield* inner.make(ConfigMap, "a")
        yield* inner.make(Widgets, "held", { metadata: { finalizers: ["acko.io/f"] }, spec: { size: 1 } })
        const going = yield* ok(place.remove(Namespace, name))
        expect([going.at("kind"), going.at("status", "phase"), going.at("spec", "finalizers")]).toEqual([
          "Namespace",
          "Terminating",
          ["kubernetes"],
        ])
        const refused = yield* inner.post(ConfigMap, inner.object(ConfigMap, "late"))
        expect(refused.body).toEqual(
          failure(
            403,
            "Forbidden",
            `configmaps "late" is forbidden: unable to create new content in namespace ${name} because it is being terminated`,
            {
              name: "late",
              kind: "configmaps",
              causes: [
                {
                  reason: "NamespaceTerminating",
                  message: `namespace ${name} is being terminated`,
                  field: "metadata.namespace",
                },
              ],
            },
          ),
        )
        yield* inner.until(inner.get(ConfigMap, "a"), isGone)
        const held = yield* inner.until(
          inner.get(Widgets, "held"),
          (reply) => reply.at("metadata", "deletionTimestamp") !== undefined,
        )
        expect(held.status).toBe(200)
        yield* ok(inner.merge(Widgets, "held", { metadata: { finalizers: null } }))
        yield* place.until(place.get(Namespace, name), isGone)
        expect((yield* place.get(Namespace, name)).status).toBe(404)
      }),
    )

    check("a namespace is born active, labelled with its name, held by one finalizer", (place) =>
      Effect.gen(function* () {
        const made = yield* ok(place.get(Namespace, place.namespace))
        expect(made.at("metadata", "labels")).toEqual({ "kubernetes.io/metadata.name": place.namespace })
        expect(made.at("spec")).toEqual({ finalizers: ["kubernetes"] })
        expect(made.at("status")).toEqual({ phase: "Active" })
      }),
    )
  },
}
