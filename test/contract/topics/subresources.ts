/** `status`, `scale`, `eviction` and `binding`. */
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { Kinds } from "../../../src/domain/Kubernetes.js"
import { ConfigMap, Gadgets, Pod, PodDisruptionBudget, podSpec, setSpec, StatefulSet, Widgets } from "../fixtures.js"
import { containing, failure, matching, ok, type Place } from "../Place.js"
import type { Topic } from "../suite.js"

const { Namespace } = Kinds

const noResource = failure(404, "NotFound", "the server could not find the requested resource", {})

const pod = (place: Place, name: string, more: Record<string, unknown> = {}) =>
  place.make(Pod, name, { metadata: { labels: { app: "p" } }, spec: { ...podSpec, ...more } })

/** Makes a pod look like one that runs and is ready. */
const run = (place: Place, name: string) =>
  ok(
    place.merge(
      Pod,
      name,
      { status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } },
      { sub: "status" },
    ),
  )

const evict = (place: Place, name: string, more: Record<string, unknown> = {}) =>
  place.send("POST", place.path(Pod, name, "eviction"), {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name, namespace: place.namespace },
    ...more,
  })

const bind = (place: Place, name: string, host: string) =>
  place.send("POST", place.path(Pod, name, "binding"), {
    apiVersion: "v1",
    kind: "Binding",
    metadata: { name, namespace: place.namespace },
    target: { apiVersion: "v1", kind: "Node", name: host },
  })

/** A budget as its controller would have filled it in. */
const budget = (place: Place, status: Record<string, unknown>) =>
  Effect.gen(function* () {
    yield* place.make(PodDisruptionBudget, "b", {
      spec: { minAvailable: 1, selector: { matchLabels: { app: "p" } } },
    })
    yield* ok(
      place.merge(
        PodDisruptionBudget,
        "b",
        { status: { observedGeneration: 1, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1, ...status } },
        { sub: "status" },
      ),
    )
  })

export const subresources: Topic = {
  title: "subresources",
  cases: (check) => {
    check("status: GET shows the whole object, PUT changes status only", (place) =>
      Effect.gen(function* () {
        const made = yield* place.make(Widgets, "w", { spec: { size: 1 } })
        expect((yield* place.get(Widgets, "w", { sub: "status" })).body).toEqual(made.body)
        const resourceVersion = made.at("metadata", "resourceVersion")
        const put = yield* ok(
          place.put(
            Widgets,
            "w",
            place.object(Widgets, "w", {
              metadata: { resourceVersion, labels: { ignored: "yes" } },
              spec: { size: 8 },
              status: { phase: "Ready" },
            }),
            { sub: "status" },
          ),
        )
        expect([put.at("spec", "size"), put.at("status"), put.at("metadata", "labels")]).toEqual([
          1,
          { phase: "Ready" },
          undefined,
        ])
      }),
    )

    check("status: an old version is a conflict there too", (place) =>
      Effect.gen(function* () {
        const made = yield* place.make(Widgets, "w", { spec: { size: 1 } })
        yield* ok(place.merge(Widgets, "w", { spec: { size: 2 } }))
        const stale = yield* place.put(Widgets, "w", made.body, { sub: "status" })
        expect([stale.status, stale.at("reason")]).toEqual([409, "Conflict"])
      }),
    )

    check("status of a creation is dropped, for custom kinds and built-ins", (place) =>
      Effect.gen(function* () {
        const custom = yield* place.make(Widgets, "w", { spec: { size: 1 }, status: { phase: "Ready" } })
        expect(custom.at("status")).toBeUndefined()
        const made = yield* place.make(Pod, "p", { spec: podSpec, status: { phase: "Running" } })
        expect(made.at("status")).toEqual({ phase: "Pending", qosClass: "BestEffort" })
      }),
    )

    check("status is validated like the rest", (place) =>
      Effect.gen(function* () {
        yield* place.make(Widgets, "w", { spec: { size: 1 } })
        const reply = yield* place.merge(Widgets, "w", { status: { size: "many" } }, { sub: "status" })
        expect([reply.status, reply.at("details", "causes", 0, "field")]).toEqual([422, "status.size"])
      }),
    )

    check("conditions of a pod merge by type in a strategic merge", (place) =>
      Effect.gen(function* () {
        yield* pod(place, "p")
        const set = (type: string, status: string) =>
          ok(place.patch("strategic", Pod, "p", { status: { conditions: [{ type, status }] } }, { sub: "status" }))
        yield* set("acko.io/gate", "False")
        yield* set("Ready", "True")
        const now = yield* set("acko.io/gate", "True")
        const conditions = now.at("status", "conditions")
        expect(conditions).toEqual(
          expect.arrayContaining([
            containing({ type: "acko.io/gate", status: "True" }),
            containing({ type: "Ready", status: "True" }),
          ]),
        )
        expect(Array.isArray(conditions) && conditions.length).toBe(2)
      }),
    )

    check("kinds without the subresource answer 404", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "a")
        yield* place.make(Gadgets, "g", { spec: {} })
        expect((yield* place.get(ConfigMap, "a", { sub: "status" })).body).toEqual(noResource)
        expect((yield* place.get(ConfigMap, "a", { sub: "scale" })).body).toEqual(noResource)
        expect((yield* place.get(Gadgets, "g", { sub: "scale" })).status).toBe(404)
      }),
    )

    check("scale: one shape for built-ins and custom kinds", (place) =>
      Effect.gen(function* () {
        const set = yield* place.make(StatefulSet, "s", { spec: setSpec("s", { serviceName: "s" }) })
        const scale = yield* ok(place.get(StatefulSet, "s", { sub: "scale" }))
        expect(scale.body).toEqual({
          kind: "Scale",
          apiVersion: "autoscaling/v1",
          metadata: {
            name: "s",
            namespace: place.namespace,
            uid: set.at("metadata", "uid"),
            resourceVersion: matching(/./),
            creationTimestamp: set.at("metadata", "creationTimestamp"),
          },
          spec: {},
          status: { replicas: 0, selector: "app=s" },
        })
        const widget = yield* place.make(Widgets, "w", { spec: { size: 3 } })
        yield* ok(place.merge(Widgets, "w", { status: { size: 2, selector: "a=b" } }, { sub: "status" }))
        const custom = yield* ok(place.get(Widgets, "w", { sub: "scale" }))
        expect(custom.body).toEqual({
          kind: "Scale",
          apiVersion: "autoscaling/v1",
          metadata: {
            name: "w",
            namespace: place.namespace,
            uid: widget.at("metadata", "uid"),
            resourceVersion: matching(/./),
            creationTimestamp: widget.at("metadata", "creationTimestamp"),
          },
          spec: { replicas: 3 },
          status: { replicas: 2, selector: "a=b" },
        })
      }),
    )

    check("scale: PUT and patches change the count and nothing else", (place) =>
      Effect.gen(function* () {
        yield* place.make(Widgets, "w", { spec: { size: 1, image: "x:1" } })
        const scale = yield* ok(place.get(Widgets, "w", { sub: "scale" }))
        const put = yield* ok(
          place.put(Widgets, "w", { ...Object(scale.body), spec: { replicas: 4 } }, { sub: "scale" }),
        )
        expect([put.at("kind"), put.at("spec", "replicas")]).toEqual(["Scale", 4])
        expect((yield* place.get(Widgets, "w")).at("spec")).toEqual({ size: 4, mode: "Safe", image: "x:1" })
        const patched = yield* ok(place.merge(Widgets, "w", { spec: { replicas: 5 } }, { sub: "scale" }))
        expect(patched.at("spec", "replicas")).toBe(5)
        yield* ok(place.merge(Widgets, "w", { spec: { replicas: 6 } }, { sub: "scale" }))
        expect((yield* place.get(Widgets, "w")).at("spec", "size")).toBe(6)
      }),
    )

    check("scale: an old version is a conflict, a count the kind refuses is refused", (place) =>
      Effect.gen(function* () {
        yield* place.make(Widgets, "w", { spec: { size: 1 } })
        const scale = yield* ok(place.get(Widgets, "w", { sub: "scale" }))
        yield* ok(place.merge(Widgets, "w", { spec: { size: 2 } }))
        const stale = yield* place.put(Widgets, "w", scale.body, { sub: "scale" })
        expect([stale.status, stale.at("reason")]).toEqual([409, "Conflict"])
        const many = yield* place.merge(Widgets, "w", { spec: { replicas: 9 } }, { sub: "scale" })
        expect([many.status, many.at("details", "causes", 0, "field")]).toEqual([422, "spec.size"])
        const negative = yield* place.merge(Widgets, "w", { spec: { replicas: -1 } }, { sub: "scale" })
        expect(negative.status).toBe(422)
        expect(negative.text("message")).toBe(
          `Widget.contract.acko.io "w" is invalid: [spec.size: Invalid value: -1: spec.size in body should be greater than or equal to 1, .spec.size: Invalid value: -1: should be a non-negative integer]`,
        )
      }),
    )

    check("scale: a missing object is NotFound", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.get(StatefulSet, "none", { sub: "scale" })
        expect(reply.body).toEqual(
          failure(404, "NotFound", `statefulsets.apps "none" not found`, {
            name: "none",
            group: "apps",
            kind: "statefulsets",
          }),
        )
      }),
    )

    check("binding gives a pod its host, once (R2)", (place) =>
      Effect.gen(function* () {
        yield* pod(place, "p")
        const bound = yield* bind(place, "p", "host-1")
        expect([bound.status, bound.at("kind"), bound.at("status")]).toEqual([201, "Status", "Success"])
        const now = yield* ok(place.get(Pod, "p"))
        expect(now.at("spec", "nodeName")).toBe("host-1")
        expect(now.at("status", "conditions", 0)).toMatchObject({ type: "PodScheduled", status: "True" })
        const again = yield* bind(place, "p", "host-2")
        expect(again.body).toEqual(
          failure(
            409,
            "Conflict",
            `Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "host-1"`,
            { name: "p", kind: "pods/binding" },
          ),
        )
      }),
    )

    check("binding of a missing pod, or to nothing, is refused", (place) =>
      Effect.gen(function* () {
        const missing = yield* bind(place, "none", "host-1")
        expect([missing.status, missing.at("reason")]).toEqual([404, "NotFound"])
        yield* pod(place, "p")
        const nowhere = yield* bind(place, "p", "")
        expect(nowhere.body).toEqual(failure(500, "", "target.name: Required value"))
      }),
    )

    check("eviction without a budget deletes the pod", (place) =>
      Effect.gen(function* () {
        yield* pod(place, "p")
        const evicted = yield* evict(place, "p")
        expect(evicted.body).toEqual({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 })
        expect((yield* place.get(Pod, "p")).status).toBe(404)
      }),
    )

    check("eviction of a running pod says why it goes, and obeys its grace period", (place) =>
      Effect.gen(function* () {
        yield* pod(place, "p", { nodeName: "host-1" })
        yield* run(place, "p")
        expect((yield* evict(place, "p")).status).toBe(201)
        const going = yield* ok(place.get(Pod, "p"))
        expect(going.at("metadata", "deletionGracePeriodSeconds")).toBe(30)
        expect(going.at("status", "conditions")).toEqual(
          expect.arrayContaining([
            containing({
              type: "DisruptionTarget",
              status: "True",
              reason: "EvictionByEvictionAPI",
              message: "Eviction API: evicting",
            }),
          ]),
        )
        yield* ok(place.remove(Pod, "p", { gracePeriodSeconds: 0 }))
      }),
    )

    check("a spent budget refuses with 429 and says which (R46)", (place) =>
      Effect.gen(function* () {
        yield* pod(place, "p", { nodeName: "host-1" })
        yield* run(place, "p")
        yield* budget(place, { disruptionsAllowed: 0 })
        const refused = yield* place.until(
          evict(place, "p"),
          (reply) => !reply.text("details", "causes", 0, "message").includes("still being processed"),
        )
        expect(refused.body).toEqual(
          failure(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
            causes: [
              {
                reason: "DisruptionBudget",
                message: "The disruption budget b needs 1 healthy pods and has 1 currently",
              },
            ],
          }),
        )
      }),
    )

    check("eviction: a missing pod, a wrong name, wrong preconditions", (place) =>
      Effect.gen(function* () {
        expect((yield* evict(place, "none")).body).toEqual(
          failure(404, "NotFound", `pods "none" not found`, { name: "none", kind: "pods" }),
        )
        yield* pod(place, "p")
        const other = yield* evict(place, "p", { metadata: { name: "q", namespace: place.namespace } })
        expect([other.status, other.at("reason")]).toEqual([400, "BadRequest"])
        const uid = "00000000-0000-4000-8000-000000000000"
        const wrong = yield* evict(place, "p", { deleteOptions: { preconditions: { uid } } })
        expect([wrong.status, wrong.at("reason")]).toEqual([409, "Conflict"])
      }),
    )

    check("eviction: a dry run deletes nothing", (place) =>
      Effect.gen(function* () {
        yield* pod(place, "p")
        const dry = yield* evict(place, "p", { deleteOptions: { dryRun: ["All"] } })
        expect(dry.status).toBe(201)
        expect((yield* place.get(Pod, "p")).status).toBe(200)
      }),
    )

    check("a namespace has a status", (place) =>
      Effect.gen(function* () {
        const read = yield* ok(place.get(Namespace, place.namespace, { sub: "status" }))
        expect([read.at("kind"), read.at("status", "phase")]).toEqual(["Namespace", "Active"])
      }),
    )
  },
}
