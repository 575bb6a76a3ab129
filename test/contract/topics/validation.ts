/** What built-in kinds refuse, in the words the user reads. */
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import type { ResourceKind } from "../../../src/domain/Kubernetes.js"
import {
  ConfigMap,
  CoreEvent,
  CustomResourceDefinition,
  Deployment,
  Event,
  Lease,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  podSpec,
  Secret,
  Service,
  setSpec,
  StatefulSet,
  template,
} from "../fixtures.js"
import { failure, invalid, ok, type Place } from "../Place.js"
import type { Topic } from "../suite.js"

type Causes = Parameters<typeof invalid>[2]

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const range = "must be between 1 and 65535, inclusive"

/** A creation that is refused with exactly these causes. */
const refuses = (place: Place, kind: ResourceKind, rest: Record<string, unknown>, causes: Causes) =>
  Effect.map(place.post(kind, place.object(kind, "x", rest)), (reply) => {
    expect(reply.body).toEqual(invalid(kind, "x", causes))
  })

const mismatch = [
  "spec.template.metadata.labels",
  "Invalid",
  'Invalid value: {"app":"x"}: `selector` does not match template `labels`',
] as const
const selector = { matchLabels: { a: "b" } }

export const validation: Topic = {
  title: "validation",
  cases: (check) => {
    check("a pod needs containers", (place) =>
      refuses(place, Pod, { spec: { ...podSpec, containers: [] } }, [
        ["spec.containers", "Required", "Required value"],
      ]),
    )

    check("every mistake in a pod is told at once", (place) =>
      refuses(
        place,
        Pod,
        {
          spec: {
            ...podSpec,
            containers: [
              { name: "A B", image: "" },
              {
                name: "c",
                image: "i",
                imagePullPolicy: "Nope",
                ports: [{ containerPort: 0 }, { containerPort: 70000 }],
                env: [{ name: "" }],
                volumeMounts: [{ name: "none", mountPath: "/x" }],
                resources: { requests: { cpu: "2" }, limits: { cpu: "1" } },
              },
              { name: "c", image: "i" },
            ],
            restartPolicy: "Nope",
            dnsPolicy: "Nope",
            volumes: [{ name: "X" }, { name: "v" }, { name: "v" }],
          },
        },
        [
          ["spec.volumes[0].name", "Invalid", `Invalid value: "X": ${label}`],
          ["spec.volumes[2].name", "Duplicate", `Duplicate value: "v"`],
          ["spec.containers[0].name", "Invalid", `Invalid value: "A B": ${label}`],
          ["spec.containers[0].image", "Required", "Required value"],
          ["spec.containers[1].ports[0].containerPort", "Required", "Required value"],
          ["spec.containers[1].ports[1].containerPort", "Invalid", `Invalid value: 70000: ${range}`],
          ["spec.containers[1].env[0].name", "Required", "Required value"],
          ["spec.containers[1].volumeMounts[0].name", "NotFound", `Not found: "none"`],
          [
            "spec.containers[1].imagePullPolicy",
            "NotSupported",
            `Unsupported value: "Nope": supported values: "Always", "IfNotPresent", "Never"`,
          ],
          [
            "spec.containers[1].resources.requests",
            "Invalid",
            `Invalid value: "2": must be less than or equal to cpu limit of 1`,
          ],
          ["spec.containers[2].name", "Duplicate", `Duplicate value: "c"`],
          [
            "spec.restartPolicy",
            "NotSupported",
            `Unsupported value: "Nope": supported values: "Always", "OnFailure", "Never"`,
          ],
          [
            "spec.dnsPolicy",
            "NotSupported",
            `Unsupported value: "Nope": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"`,
          ],
        ],
      ),
    )

    check("a quantity that is none is a bad request", (place) =>
      Effect.gen(function* () {
        const containers = [{ name: "c", image: "i", resources: { requests: { cpu: "lots" } } }]
        const reply = yield* place.post(Pod, place.object(Pod, "x", { spec: { ...podSpec, containers } }))
        expect(reply.body).toEqual(
          failure(
            400,
            "BadRequest",
            `Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
          ),
        )
      }),
    )

    check("a pod is what it was made as, but for its images", (place) =>
      Effect.gen(function* () {
        yield* place.make(Pod, "p", { spec: podSpec })
        const image = { spec: { containers: [{ name: "c", image: "busybox:2" }] } }
        const changed = yield* ok(place.patch("strategic", Pod, "p", image))
        expect([changed.at("spec", "containers", 0, "image"), changed.at("metadata", "generation")]).toEqual([
          "busybox:2",
          2,
        ])
        const refused = yield* place.merge(Pod, "p", { spec: { terminationGracePeriodSeconds: 5 } })
        expect([refused.status, refused.at("details", "causes", 0, "field")]).toEqual([422, "spec"])
        expect(refused.text("message")).toContain(
          `Pod "p" is invalid: spec: Forbidden: pod updates may not change fields other than \`spec.containers[*].image\``,
        )
      }),
    )

    check.differs("update-diff", "a refused change of a pod or claim is shown as a diff", (place) =>
      Effect.gen(function* () {
        yield* place.make(Pod, "p", { spec: podSpec })
        const refused = yield* place.merge(Pod, "p", { spec: { terminationGracePeriodSeconds: 5 } })
        expect(refused.text("message")).toContain(
          `\n- "TerminationGracePeriodSeconds": 30,\n+ "TerminationGracePeriodSeconds": 5,\n`,
        )
      }),
    )

    check("a StatefulSet whose selector does not select its pods", (place) =>
      refuses(place, StatefulSet, { spec: setSpec("x", { selector }) }, [mismatch]),
    )

    check("a StatefulSet without, or with an empty selector", (place) =>
      Effect.gen(function* () {
        const without = { replicas: 0, template: template("x") }
        yield* refuses(place, StatefulSet, { spec: without }, [
          ["spec.selector", "Required", "Required value"],
          mismatch,
        ])
        yield* refuses(place, StatefulSet, { spec: setSpec("x", { selector: {} }) }, [
          ["spec.selector", "Invalid", "Invalid value: {}: empty selector is invalid for statefulset"],
        ])
      }),
    )

    check("a StatefulSet with wrong policies and counts", (place) =>
      Effect.gen(function* () {
        const { spec } = template("x") as { readonly spec: Record<string, unknown> }
        const pods = { metadata: { labels: { app: "x" } }, spec: { ...spec, restartPolicy: "Never" } }
        yield* refuses(
          place,
          StatefulSet,
          { spec: setSpec("x", { replicas: -1, podManagementPolicy: "Nope", template: pods }) },
          [
            ["spec.podManagementPolicy", "Invalid", `Invalid value: "Nope": must be 'OrderedReady' or 'Parallel'`],
            ["spec.replicas", "Invalid", "Invalid value: -1: must be greater than or equal to 0"],
            [
              "spec.template.spec.restartPolicy",
              "NotSupported",
              `Unsupported value: "Never": supported values: "Always"`,
            ],
          ],
        )
      }),
    )

    check("a StatefulSet keeps its service, its selector and its claims (R105)", (place) =>
      Effect.gen(function* () {
        yield* place.make(StatefulSet, "x", { spec: setSpec("x", { serviceName: "x" }) })
        const service = yield* place.merge(StatefulSet, "x", { spec: { serviceName: "other" } })
        expect(service.body).toEqual(
          invalid(StatefulSet, "x", [["spec.serviceName", "Invalid", `Invalid value: "other": field is immutable`]]),
        )
        const selected = yield* place.merge(StatefulSet, "x", { spec: { selector: { matchLabels: { app: "y" } } } })
        expect(selected.body).toEqual(
          invalid(StatefulSet, "x", [
            mismatch,
            ["spec.selector", "Invalid", `Invalid value: {"matchLabels":{"app":"y"}}: field is immutable`],
          ]),
        )
        const claims = yield* place.merge(StatefulSet, "x", {
          spec: {
            volumeClaimTemplates: [
              {
                metadata: { name: "data" },
                spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
              },
            ],
          },
        })
        expect([claims.status, claims.at("reason")]).toEqual([422, "Invalid"])
        yield* ok(place.merge(StatefulSet, "x", { spec: { minReadySeconds: 1, revisionHistoryLimit: 3 } }))
      }),
    )

    check("a Deployment keeps its selector", (place) =>
      Effect.gen(function* () {
        yield* place.make(Deployment, "x", { spec: setSpec("x") })
        const reply = yield* place.merge(Deployment, "x", { spec: { selector: { matchLabels: { app: "y" } } } })
        expect(reply.body).toEqual(
          invalid(Deployment, "x", [
            mismatch,
            ["spec.selector", "Invalid", `Invalid value: {"matchLabels":{"app":"y"}}: field is immutable`],
          ]),
        )
      }),
    )

    check("a Service needs ports, with names when there are several, of a known type", (place) =>
      Effect.gen(function* () {
        const spec = (more: Record<string, unknown>) => ({ spec: { selector: { a: "b" }, ...more } })
        yield* refuses(place, Service, spec({}), [["spec.ports", "Required", "Required value"]])
        yield* refuses(place, Service, spec({ ports: [{ port: 80 }, { name: "x", port: 81 }] }), [
          ["spec.ports[0].name", "Required", "Required value"],
        ])
        yield* refuses(place, Service, spec({ type: "Nope", ports: [{ port: 80 }] }), [
          [
            "spec.type",
            "NotSupported",
            `Unsupported value: "Nope": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"`,
          ],
        ])
        yield* refuses(place, Service, spec({ ports: [{ port: 99999 }] }), [
          ["spec.ports[0].port", "Invalid", `Invalid value: 99999: ${range}`],
          ["spec.ports[0].targetPort", "Invalid", `Invalid value: 99999: ${range}`],
        ])
      }),
    )

    check("a Service keeps its address", (place) =>
      Effect.gen(function* () {
        yield* place.make(Service, "s", { spec: { selector: { a: "b" }, ports: [{ port: 80 }] } })
        const reply = yield* place.merge(Service, "s", { spec: { clusterIP: "10.96.99.99" } })
        expect(reply.body).toEqual(
          invalid(Service, "s", [
            ["spec.clusterIPs[0]", "Invalid", `Invalid value: ["10.96.99.99"]: may not change once set`],
          ]),
        )
        yield* place.make(Service, "h", { spec: { selector: { a: "b" }, clusterIP: "None" } })
        const headless = yield* ok(place.merge(Service, "h", { spec: { clusterIP: null } }))
        expect(headless.at("spec", "clusterIP")).toBe("None")
      }),
    )

    check("a claim needs access modes and a size", (place) =>
      Effect.gen(function* () {
        yield* refuses(place, PersistentVolumeClaim, { spec: {} }, [
          ["spec.accessModes", "Required", "Required value: at least 1 access mode is required"],
          ["spec.resources[storage]", "Required", "Required value"],
        ])
        yield* refuses(
          place,
          PersistentVolumeClaim,
          { spec: { accessModes: ["Nope"], resources: { requests: { storage: "0" } } } },
          [
            [
              "spec.accessModes",
              "NotSupported",
              `Unsupported value: "Nope": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"`,
            ],
            ["spec.resources[storage]", "Invalid", `Invalid value: "0": must be greater than zero`],
          ],
        )
      }),
    )

    check("a claim keeps its spec, grows only when bound, never shrinks", (place) =>
      Effect.gen(function* () {
        const storage = (size: string) => ({ spec: { resources: { requests: { storage: size } } } })
        const spec = { accessModes: ["ReadWriteOnce"], storageClassName: "none-such", ...storage("1Gi").spec }
        yield* place.make(PersistentVolumeClaim, "c", { spec })
        const frozen = "spec is immutable after creation except resources.requests and volumeAttributesClassName"
        const modes = yield* place.merge(PersistentVolumeClaim, "c", { spec: { accessModes: ["ReadWriteMany"] } })
        expect([modes.status, modes.text("message").includes(frozen)]).toEqual([422, true])
        const early = yield* place.merge(PersistentVolumeClaim, "c", storage("2Gi"))
        expect([early.status, early.text("message").includes(frozen)]).toEqual([422, true])
        yield* ok(place.merge(PersistentVolumeClaim, "c", { spec: { volumeName: "pv" } }))
        const bound = { status: { phase: "Bound", capacity: { storage: "1Gi" } } }
        yield* ok(place.merge(PersistentVolumeClaim, "c", bound, { sub: "status" }))
        const shrunk = yield* place.merge(PersistentVolumeClaim, "c", storage("512Mi"))
        expect(shrunk.body).toEqual(
          invalid(PersistentVolumeClaim, "c", [
            ["spec.resources.requests.storage", "Forbidden", "Forbidden: field can not be less than status.capacity"],
          ]),
        )
      }),
    )

    check("a PodDisruptionBudget says one of two, and a number or a percentage", (place) =>
      Effect.gen(function* () {
        const both = yield* place.post(
          PodDisruptionBudget,
          place.object(PodDisruptionBudget, "x", { spec: { maxUnavailable: 1, minAvailable: 1, selector } }),
        )
        expect([both.status, both.at("details", "causes", 0, "field")]).toEqual([422, "spec"])
        expect(both.text("message")).toContain("minAvailable and maxUnavailable cannot be both set")
        yield* refuses(place, PodDisruptionBudget, { spec: { maxUnavailable: -1 } }, [
          ["spec.maxUnavailable", "Invalid", "Invalid value: -1: must be greater than or equal to 0"],
        ])
        yield* refuses(place, PodDisruptionBudget, { spec: { minAvailable: "150%" } }, [
          ["spec.minAvailable", "Invalid", `Invalid value: "150%": must not be greater than 100%`],
        ])
        yield* refuses(place, PodDisruptionBudget, { spec: { minAvailable: "x" } }, [
          [
            "spec.minAvailable",
            "Invalid",
            `Invalid value: "x": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')`,
          ],
        ])
      }),
    )

    check("a Lease lasts a while", (place) =>
      refuses(place, Lease, { spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } }, [
        ["spec.leaseDurationSeconds", "Invalid", "Invalid value: 0: must be greater than 0"],
        ["spec.leaseTransitions", "Invalid", "Invalid value: -1: must be greater than or equal to 0"],
      ]),
    )

    check("an immutable ConfigMap stays as it is", (place) =>
      Effect.gen(function* () {
        yield* place.make(ConfigMap, "x", { immutable: true, data: { a: "1" } })
        const message = "Forbidden: field is immutable when `immutable` is set"
        expect((yield* place.merge(ConfigMap, "x", { data: { a: "2" } })).body).toEqual(
          invalid(ConfigMap, "x", [["data", "Forbidden", message]]),
        )
        expect((yield* place.merge(ConfigMap, "x", { immutable: false })).body).toEqual(
          invalid(ConfigMap, "x", [["immutable", "Forbidden", message]]),
        )
        yield* ok(place.merge(ConfigMap, "x", { metadata: { labels: { a: "b" } } }))
      }),
    )

    check("a Secret keeps its type; its data is base64", (place) =>
      Effect.gen(function* () {
        yield* place.make(Secret, "x", { data: { a: "eA==" } })
        expect((yield* place.merge(Secret, "x", { type: "other" })).body).toEqual(
          invalid(Secret, "x", [["type", "Invalid", `Invalid value: "other": field is immutable`]]),
        )
        const text = yield* place.post(Secret, place.object(Secret, "y", { data: { a: "x" } }))
        expect(text.body).toEqual(
          failure(
            400,
            "BadRequest",
            `Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0`,
          ),
        )
      }),
    )

    check("an event has one storage and two forms", (place) =>
      Effect.gen(function* () {
        const regarding = { kind: "Pod", name: "p", namespace: place.namespace }
        const made = yield* place.make(Event, "e", {
          reason: "R",
          type: "Normal",
          eventTime: "2026-01-01T00:00:00.123456Z",
          action: "A",
          reportingController: "c",
          reportingInstance: "i",
          regarding,
          note: "n",
        })
        expect(made.body).toMatchObject({
          kind: "Event",
          apiVersion: "events.k8s.io/v1",
          eventTime: "2026-01-01T00:00:00.123456Z",
          reportingController: "c",
          regarding,
          note: "n",
          type: "Normal",
          deprecatedSource: {},
          deprecatedFirstTimestamp: null,
          deprecatedLastTimestamp: null,
        })
        expect((yield* ok(place.get(CoreEvent, "e"))).body).toMatchObject({
          apiVersion: "v1",
          involvedObject: regarding,
          message: "n",
          reportingComponent: "c",
          source: {},
          firstTimestamp: null,
          lastTimestamp: null,
        })
        const series = { count: 2, lastObservedTime: "2026-01-01T00:00:01.000000Z" }
        const counted = yield* ok(place.merge(Event, "e", { series }))
        expect(counted.at("series")).toEqual(series)
        const rewritten = yield* place.merge(Event, "e", { note: "other" })
        expect([rewritten.status, rewritten.text("message")]).toEqual([
          422,
          `Event "e" is invalid: message: Invalid value: "other": field is immutable`,
        ])
      }),
    )

    check("an event of the new form says when, who and what", (place) =>
      Effect.gen(function* () {
        const reply = yield* place.post(Event, {
          ...place.object(Event, "x"),
          reason: "R",
          type: "Nope",
          regarding: { kind: "Pod", name: "p", namespace: place.namespace },
        })
        expect(reply.text("message")).toBe(
          `Event "x" is invalid: [eventTime: Required value, type: Invalid value: "": has invalid value: Nope]`,
        )
        const old = yield* place.post(
          CoreEvent,
          place.object(CoreEvent, "x", { involvedObject: { kind: "Pod", name: "p", namespace: "other" } }),
        )
        expect(old.body).toEqual(
          invalid(CoreEvent, "x", [
            ["involvedObject.namespace", "Invalid", `Invalid value: "other": does not match event.namespace`],
          ]),
        )
      }),
    )

    check("a definition that contradicts itself is refused", (place) =>
      Effect.gen(function* () {
        const schema = { openAPIV3Schema: { type: "object" } }
        const post = (name: string, version: Record<string, unknown>) =>
          place.post(CustomResourceDefinition, {
            metadata: { name },
            spec: {
              group: "refused.acko.io",
              scope: "Namespaced",
              names: { plural: "others", kind: "Other" },
              versions: [{ name: "v1", served: true, storage: true, ...version }],
            },
          })
        const named = yield* post("wrong.refused.acko.io", { schema })
        expect(named.body).toEqual(
          invalid(CustomResourceDefinition, "wrong.refused.acko.io", [
            [
              "metadata.name",
              "Invalid",
              `Invalid value: "wrong.refused.acko.io": must be spec.names.plural+"."+spec.group`,
            ],
          ]),
        )
        const bare = yield* post("others.refused.acko.io", {})
        expect(bare.body).toEqual(
          invalid(CustomResourceDefinition, "others.refused.acko.io", [
            ["spec.versions[0].schema.openAPIV3Schema", "Required", "Required value"],
          ]),
        )
        const unstored = yield* post("others.refused.acko.io", { schema, storage: false })
        expect([
          unstored.status,
          unstored.text("message").includes("must have exactly one version marked as storage version"),
        ]).toEqual([422, true])
      }),
    )

    check.differs("cel-types", "a rule about a field the schema does not have is refused", (place) =>
      Effect.gen(function* () {
        const spec = { type: "object", "x-kubernetes-validations": [{ rule: "self.nope > 1" }] }
        const reply = yield* place.post(
          CustomResourceDefinition,
          {
            metadata: { name: "others.refused.acko.io" },
            spec: {
              group: "refused.acko.io",
              scope: "Namespaced",
              names: { plural: "others", kind: "Other" },
              versions: [
                {
                  name: "v1",
                  served: true,
                  storage: true,
                  schema: { openAPIV3Schema: { type: "object", properties: { spec } } },
                },
              ],
            },
          },
          { dryRun: "All" },
        )
        expect([reply.status, reply.text("message").includes("undefined field 'nope'")]).toEqual([422, true])
      }),
    )
  },
}
