/** Tables, as `kubectl get` asks for them, and what clients learn about kinds. */
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { Kinds, type ResourceKind } from "../../../src/domain/Kubernetes.js"
import {
  ConfigMap,
  ControllerRevision,
  CoreEvent,
  CustomResourceDefinition,
  Deployment,
  Gadgets,
  Lease,
  Namespace,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  podSpec,
  ReplicaSet,
  Secret,
  Service,
  ServiceAccount,
  setSpec,
  StatefulSet,
  StorageClass,
  Widgets,
} from "../fixtures.js"
import { containing, failure, matching, ok, type Place, type Query } from "../Place.js"
import type { Topic } from "../suite.js"
import { at } from "../Wire.js"

const form = "application/json;as=Table;v=v1;g=meta.k8s.io"
const table = (place: Place, kind: ResourceKind, query: Query = {}) => ok(place.list(kind, query, form))
const one = (place: Place, kind: ResourceKind, name: string) => ok(place.get(kind, name, { accept: form }))
const cells = (reply: { readonly body: unknown }, row = 0): unknown => at(reply.body, "rows", row, "cells")
const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])
const age: unknown = matching(/^\d+m?\d*s?$/)

/** `name` of a column of text, `name:type`, with `+` when only `-o wide` shows it. */
const columnsOf = (reply: { readonly body: unknown }): string =>
  list(at(reply.body, "columnDefinitions"))
    .map((column) => {
      const type = at(column, "type")
      const wide = at(column, "priority") === 0 ? "" : "+"
      return `${wide}${String(at(column, "name"))}${type === "string" ? "" : `:${String(type)}`}`
    })
    .join("|")

const columns: ReadonlyArray<readonly [kind: ResourceKind, columns: string]> = [
  [Pod, "Name|Ready|Status|Restarts|Age|+IP|+Node|+Nominated Node|+Readiness Gates"],
  [Service, "Name|Type|Cluster-IP|External-IP|Port(s)|Age|+Selector"],
  [ConfigMap, "Name|Data|Age"],
  [Secret, "Name|Type|Data|Age"],
  [ServiceAccount, "Name|Age"],
  [
    PersistentVolumeClaim,
    "Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|+VolumeMode",
  ],
  [CoreEvent, "Last Seen|Type|Reason|Object|+Subobject|+Source|Message|+First Seen|+Count|+Name"],
  [StatefulSet, "Name|Ready|Age|+Containers|+Images"],
  [Deployment, "Name|Ready|Up-to-date|Available|Age|+Containers|+Images|+Selector"],
  [ReplicaSet, "Name|Desired:integer|Current:integer|Ready:integer|Age|+Containers|+Images|+Selector"],
  [ControllerRevision, "Name|Controller|Revision|Age"],
  [PodDisruptionBudget, "Name|Min Available|Max Unavailable|Allowed Disruptions:integer|Age"],
  [Lease, "Name|Holder|Age"],
  [Kinds.Node, "Name|Status|Roles|Age|Version|+Internal-IP|+External-IP|+OS-Image|+Kernel-Version|+Container-Runtime"],
  [Namespace, "Name|Status|Age"],
  [StorageClass, "Name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age"],
  [CustomResourceDefinition, "Name|Scope|Versions|Created At:date|+Group|+Kind|+ShortNames|+Established:boolean"],
  [Widgets, "Name|Size:integer|Phase|+Racks|Age:date"],
  [Gadgets, "Name|Age:date"],
]

export const tables: Topic = {
  title: "tables",
  cases: (check) => {
    for (const [kind, expected] of columns) {
      check(`columns of ${kind.plural}`, (place) =>
        Effect.gen(function* () {
          expect(columnsOf(yield* table(place, kind, { limit: "1" }))).toBe(expected)
        }),
      )
    }

    check("one object: a table with its version, and the metadata of the object in the row", (place) =>
      Effect.gen(function* () {
        const made = yield* place.make(Widgets, "w", { spec: { size: 2, racks: [{ id: 1, zone: "a" }] } })
        const read = yield* one(place, Widgets, "w")
        expect(read.body).toMatchObject({
          kind: "Table",
          apiVersion: "meta.k8s.io/v1",
          metadata: { resourceVersion: made.at("metadata", "resourceVersion") },
          rows: [
            {
              cells: ["w", 2, null, "a", age],
              object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: { name: "w" } },
            },
          ],
        })
        expect(read.at("columnDefinitions", 0, "format")).toBe("name")
        expect(read.at("columnDefinitions", 1, "description")).toBe(
          "Custom resource definition column (in JSONPath format): .spec.size",
        )
        expect(read.at("columnDefinitions", 2, "description")).toBe("What it does")
        expect(read.at("rows", 0, "object")).not.toHaveProperty("spec")
      }),
    )

    check("rows carry the whole object, or none, when asked", (place) =>
      Effect.gen(function* () {
        yield* place.make(Widgets, "w", { spec: { size: 2 } })
        const whole = yield* table(place, Widgets, { includeObject: "Object" })
        expect(whole.at("rows", 0, "object")).toMatchObject({ kind: "Widget", spec: { size: 2 } })
        const none = yield* table(place, Widgets, { includeObject: "None" })
        expect(none.at("rows", 0, "object") ?? null).toBeNull()
      }),
    )

    check("pages of a table continue", (place) =>
      Effect.gen(function* () {
        for (const name of ["a", "b", "c"]) yield* place.make(Widgets, name, { spec: { size: 1 } })
        const first = yield* table(place, Widgets, { limit: "2" })
        expect([list(first.at("rows")).length, first.at("metadata", "remainingItemCount")]).toEqual([2, 1])
        const second = yield* table(place, Widgets, { continue: first.text("metadata", "continue") })
        expect(at(cells(second), 0)).toBe("c")
      }),
    )

    check("a pod that waits, and one that goes", (place) =>
      Effect.gen(function* () {
        yield* place.make(Pod, "p", { spec: { ...podSpec, nodeName: "host-1" } })
        expect(cells(yield* one(place, Pod, "p"))).toEqual([
          "p",
          "0/1",
          "Pending",
          "0",
          age,
          "<none>",
          "host-1",
          "<none>",
          "<none>",
        ])
        yield* ok(place.remove(Pod, "p"))
        expect(at(cells(yield* one(place, Pod, "p")), 2)).toBe("Terminating")
        yield* ok(place.remove(Pod, "p", { gracePeriodSeconds: 0 }))
      }),
    )

    check("a pod that runs, with restarts and readiness gates", (place) =>
      Effect.gen(function* () {
        const readinessGates = [{ conditionType: "acko.io/gate" }]
        yield* place.make(Pod, "p", { spec: { ...podSpec, nodeName: "host-1", readinessGates } })
        yield* ok(
          place.merge(
            Pod,
            "p",
            {
              status: {
                phase: "Running",
                podIP: "10.1.2.3",
                podIPs: [{ ip: "10.1.2.3" }],
                conditions: [{ type: "acko.io/gate", status: "True" }],
                containerStatuses: [
                  {
                    name: "c",
                    image: "busybox:1",
                    imageID: "",
                    ready: true,
                    restartCount: 2,
                    state: { running: { startedAt: "2026-01-01T00:00:00Z" } },
                    lastState: {},
                  },
                ],
              },
            },
            { sub: "status" },
          ),
        )
        expect(cells(yield* one(place, Pod, "p"))).toEqual([
          "p",
          "1/1",
          "Running",
          "2",
          age,
          "10.1.2.3",
          "host-1",
          "<none>",
          "1/1",
        ])
      }),
    )

    check("a pod that cannot start says why", (place) =>
      Effect.gen(function* () {
        yield* place.make(Pod, "p", { spec: podSpec })
        const waiting = (reason: string) =>
          ok(
            place.merge(
              Pod,
              "p",
              {
                status: {
                  phase: "Pending",
                  containerStatuses: [
                    {
                      name: "c",
                      image: "x",
                      imageID: "",
                      ready: false,
                      restartCount: 0,
                      state: { waiting: { reason } },
                      lastState: {},
                    },
                  ],
                },
              },
              { sub: "status" },
            ),
          )
        for (const reason of ["ImagePullBackOff", "CrashLoopBackOff"]) {
          yield* waiting(reason)
          expect(at(cells(yield* one(place, Pod, "p")), 2)).toBe(reason)
        }
      }),
    )

    check("services", (place) =>
      Effect.gen(function* () {
        yield* place.make(Service, "h", { spec: { clusterIP: "None", selector: { a: "b", c: "d" } } })
        expect(cells(yield* one(place, Service, "h"))).toEqual([
          "h",
          "ClusterIP",
          "None",
          "<none>",
          "<none>",
          age,
          "a=b,c=d",
        ])
        yield* place.make(Service, "n", { spec: { type: "NodePort", selector: { a: "b" }, ports: [{ port: 80 }] } })
        expect(at(cells(yield* one(place, Service, "n")), 4)).toMatch(/^80:\d+\/TCP$/)
        yield* place.make(Service, "l", { spec: { type: "LoadBalancer", selector: { a: "b" }, ports: [{ port: 80 }] } })
        expect(at(cells(yield* one(place, Service, "l")), 3)).toBe("<pending>")
      }),
    )

    check("workloads, claims, budgets, leases", (place) =>
      Effect.gen(function* () {
        yield* place.make(StatefulSet, "s", { spec: setSpec("s") })
        expect(cells(yield* one(place, StatefulSet, "s"))).toEqual(["s", "0/0", age, "server", "aerospike:8.1"])
        yield* place.make(Deployment, "d", { spec: setSpec("d") })
        expect(cells(yield* one(place, Deployment, "d"))).toEqual([
          "d",
          "0/0",
          0,
          0,
          age,
          "server",
          "aerospike:8.1",
          "app=d",
        ])
        yield* place.make(PersistentVolumeClaim, "c", {
          spec: {
            accessModes: ["ReadWriteOnce"],
            storageClassName: "none-such",
            resources: { requests: { storage: "1Gi" } },
          },
        })
        expect(cells(yield* one(place, PersistentVolumeClaim, "c"))).toEqual([
          "c",
          "Pending",
          "",
          "",
          "",
          "none-such",
          "<unset>",
          age,
          "Filesystem",
        ])
        const selector = { matchLabels: { a: "b" } }
        yield* place.make(PodDisruptionBudget, "b", { spec: { maxUnavailable: 1, selector } })
        expect(cells(yield* one(place, PodDisruptionBudget, "b"))).toEqual(["b", "N/A", "1", 0, age])
        yield* place.make(Lease, "l", { spec: {} })
        expect(cells(yield* one(place, Lease, "l"))).toEqual(["l", "", age])
      }),
    )

    check("config maps, secrets, accounts, namespaces", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "c", { data: { a: "1", b: "2" } })
        expect(cells(yield* one(place, ConfigMap, "c"))).toEqual(["c", 2, age])
        yield* place.make(Secret, "s", { stringData: { a: "1" } })
        expect(cells(yield* one(place, Secret, "s"))).toEqual(["s", "Opaque", 1, age])
        yield* place.make(ServiceAccount, "a")
        expect(cells(yield* one(place, ServiceAccount, "a"))).toEqual(["a", age])
        expect(cells(yield* one(place, Namespace, place.namespace))).toEqual([place.namespace, "Active", age])
      }),
    )

    check("definitions", (place) =>
      Effect.gen(function* () {
        expect(cells(yield* one(place, CustomResourceDefinition, "gadgets.contract.acko.io"))).toEqual([
          "gadgets.contract.acko.io",
          "Namespaced",
          "v1(storage),v1beta1",
          matching(/^\d{4}-/),
          "contract.acko.io",
          "Gadget",
          "gd",
          true,
        ])
      }),
    )

    check("events", (place) =>
      Effect.gen(function* () {
        const lastTimestamp = new Date(Date.now() - 65_000).toISOString().slice(0, 19) + "Z"
        yield* place.make(CoreEvent, "e", {
          involvedObject: {
            kind: "Pod",
            name: "p",
            namespace: place.namespace,
            fieldPath: "spec.containers{server}",
          },
          type: "Warning",
          reason: "Failed",
          message: "it did not\n",
          source: { component: "kubelet", host: "host-1" },
          firstTimestamp: lastTimestamp,
          lastTimestamp,
          count: 3,
        })
        expect(cells(yield* one(place, CoreEvent, "e"))).toEqual([
          age,
          "Warning",
          "Failed",
          "pod/p",
          "spec.containers{server}",
          "kubelet, host-1",
          "it did not",
          age,
          3,
          "e",
        ])
      }),
    )

    check("what a group serves: kinds, short names, subresources", (place) =>
      Effect.gen(function* () {
        const group = yield* ok(place.send("GET", "/apis/contract.acko.io"))
        expect(group.body).toEqual({
          kind: "APIGroup",
          apiVersion: "v1",
          name: "contract.acko.io",
          versions: [
            { groupVersion: "contract.acko.io/v1", version: "v1" },
            { groupVersion: "contract.acko.io/v1beta1", version: "v1beta1" },
          ],
          preferredVersion: { groupVersion: "contract.acko.io/v1", version: "v1" },
        })
        const served = yield* ok(place.send("GET", "/apis/contract.acko.io/v1"))
        const found = list(served.at("resources")).filter((resource) =>
          String(at(resource, "name")).startsWith("widgets"),
        )
        expect(found).toEqual([
          containing({
            name: "widgets",
            singularName: "widget",
            namespaced: true,
            kind: "Widget",
            shortNames: ["wd"],
          }),
          {
            name: "widgets/status",
            singularName: "",
            namespaced: true,
            kind: "Widget",
            verbs: ["get", "patch", "update"],
          },
          {
            name: "widgets/scale",
            singularName: "",
            namespaced: true,
            group: "autoscaling",
            version: "v1",
            kind: "Scale",
            verbs: ["get", "patch", "update"],
          },
        ])
        const verbs = at(found[0], "verbs")
        expect(list(verbs).map(String).sort()).toEqual([
          "create",
          "delete",
          "deletecollection",
          "get",
          "list",
          "patch",
          "update",
          "watch",
        ])
      }),
    )

    check("a version a group does not serve is plain 404", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.send("GET", "/apis/contract.acko.io/v9")
        expect([reply.status, reply.body]).toEqual([404, "404 page not found\n"])
        const kind = yield* place.send("GET", "/apis/contract.acko.io/v1/namespaces/default/nothings")
        expect([kind.status, kind.body]).toEqual([404, "404 page not found\n"])
        const core = yield* place.send("GET", "/api/v1/namespaces/default/nothings")
        expect(core.body).toEqual(failure(404, "NotFound", "the server could not find the requested resource", {}))
      }),
    )
  },
}
