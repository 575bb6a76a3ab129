import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import type { KubeObject } from "../../src/domain/Kubernetes.js"
import { isSame } from "../../src/domain/Json.js"
import { ownedFingerprint, statefulSetFingerprint } from "../../src/observe/fingerprints.js"
import { claimView, clusterView, type Decode, ownedView, podView, statefulSetView } from "../../src/observe/views.js"

const metadata = { name: "db-0-1", namespace: "default", uid: "u", resourceVersion: "7" }
const object = (fields: object, more: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Any",
  metadata: { ...metadata, ...more },
  ...fields,
})
const right = <V>(decoded: Either.Either<V, string>): V => Either.getOrThrow(decoded)

describe("views", () => {
  it("a pod: identity, owner, conditions, containers, images and gates", () => {
    const view = right(
      podView(
        object(
          {
            spec: {
              nodeName: "host-a",
              initContainers: [{ name: "aerospike-init", image: "busybox" }],
              containers: [
                { name: "exporter", ports: [{ name: "metrics", containerPort: 9145 }] },
                {
                  name: "aerospike-server",
                  image: "aerospike:8.1.2",
                  ports: [{ name: "service", containerPort: 3000 }, { containerPort: 1 }, { name: "odd" }],
                },
              ],
              readinessGates: [{ conditionType: "acko.io/aerospike-ready" }],
            },
            status: {
              phase: "Running",
              podIP: "10.0.0.1",
              hostIP: "192.168.0.1",
              conditions: [
                { type: "Ready", status: "True", lastTransitionTime: "2024-01-01T00:00:00Z" },
                { status: "True" },
              ],
              containerStatuses: [
                {
                  name: "aerospike-server",
                  image: "docker.io/aerospike:8.1.2",
                  ready: true,
                  started: true,
                  restartCount: 2,
                  state: { running: { startedAt: "2024-01-01T00:00:01Z" } },
                },
                { name: "exporter", restartCount: "many", state: { waiting: { reason: "CrashLoopBackOff" } } },
              ],
            },
          },
          {
            creationTimestamp: "2024-01-01T00:00:00Z",
            labels: { a: "b", odd: 3 },
            ownerReferences: [{ uid: "someone" }, { uid: "sts", controller: true }],
          },
        ),
      ),
    )
    expect(view).toEqual({
      namespace: "default",
      name: "db-0-1",
      uid: "u",
      resourceVersion: "7",
      labels: { a: "b" },
      annotations: {},
      controllerUid: "sts",
      createdAt: Date.UTC(2024, 0, 1),
      isTerminating: false,
      phase: "Running",
      podIP: "10.0.0.1",
      hostIP: "192.168.0.1",
      host: "host-a",
      conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2024-01-01T00:00:00Z" }],
      containers: [
        {
          name: "aerospike-server",
          image: "docker.io/aerospike:8.1.2",
          ready: true,
          started: true,
          restartCount: 2,
          startedAt: Date.UTC(2024, 0, 1, 0, 0, 1),
        },
        {
          name: "exporter",
          image: "",
          ready: false,
          started: false,
          restartCount: 0,
          waitingReason: "CrashLoopBackOff",
        },
      ],
      images: { "aerospike-init": "busybox", exporter: "", "aerospike-server": "aerospike:8.1.2" },
      ports: { service: 3000 },
      readinessGates: ["acko.io/aerospike-ready"],
    })
  })

  it("a pod being deleted, and one without any status", () => {
    expect(right(podView(object({}, { deletionTimestamp: "2024-01-01T00:00:00Z" }))).isTerminating).toBe(true)
    expect(right(podView(object({})))).toMatchObject({ phase: "Unknown", conditions: [], containers: [] })
  })

  it("a StatefulSet keeps its raw object without managedFields", () => {
    const view = right(
      statefulSetView(
        object(
          {
            spec: { replicas: 3, template: { metadata: { annotations: { hash: "x" } } }, futureField: 1 },
            status: { observedGeneration: 2, replicas: 3, readyReplicas: 1 },
          },
          { generation: 2, managedFields: [{ manager: "m" }] },
        ),
      ),
    )
    expect(view).toMatchObject({
      generation: 2,
      replicas: 3,
      templateAnnotations: { hash: "x" },
      observedGeneration: 2,
      currentReplicas: 3,
      readyReplicas: 1,
    })
    expect(view.object.metadata.managedFields).toBeUndefined()
    expect(view.object["spec"]).toMatchObject({ futureField: 1 })
    expect(right(statefulSetView(object({}))).replicas).toBe(1)
  })

  it("a claim", () => {
    expect(
      right(
        claimView(
          object({
            spec: { storageClassName: "fast", resources: { requests: { storage: "10Gi" } } },
            status: { phase: "Bound" },
          }),
        ),
      ),
    ).toMatchObject({ phase: "Bound", requestedStorage: "10Gi", storageClassName: "fast" })
  })

  it("a cluster: spec as sent, status as far as it can be read", () => {
    const view = right(
      clusterView(
        object(
          {
            spec: "not even an object",
            status: {
              phase: "Dancing",
              size: "3",
              health: "2/3",
              conditions: [{ type: "Ready", status: "True", reason: "Fine" }, 7, { type: "Odd", status: "Perhaps" }],
              pods: {
                "db-0-0": { image: "i", isRunningAndReady: true, podPort: 3000, lastRestartReason: "Boredom" },
                bad: null,
              },
              pendingRestartPods: ["db-0-1", 3],
              migrationStatus: { inProgress: true, remainingPartitions: 12, lastChecked: "t" },
            },
          },
          { finalizers: ["f"], deletionTimestamp: "2024-01-01T00:00:00Z", generation: 4 },
        ),
      ),
    )
    expect(view).toMatchObject({ spec: "not even an object", isDeleting: true, generation: 4, finalizers: ["f"] })
    expect(view.status).toEqual({
      health: "2/3",
      conditions: [
        { type: "Ready", status: "True", reason: "Fine", message: "", observedGeneration: 0, lastTransitionTime: "" },
      ],
      pods: { "db-0-0": { image: "i", isRunningAndReady: true, podPort: 3000, servicePort: 0 } },
      pendingRestartPods: ["db-0-1"],
      migrationStatus: { inProgress: true, remainingPartitions: 12, lastChecked: "t" },
    })
  })

  it.each([
    ["no name", { name: "" }],
    ["no uid", { uid: undefined }],
    ["no version", { resourceVersion: 5 }],
  ])("R36 an object with %s is a problem with a text", (_, more) => {
    const decoded = podView(object({}, more))
    expect(Either.isLeft(decoded) && decoded.left).toMatch(/^no metadata\./)
  })

  it("R36 R115 no JSON whatever makes a view throw", () => {
    const decoders: ReadonlyArray<Decode<unknown>> = [podView, statefulSetView, claimView, ownedView, clusterView]
    const json = fc.jsonValue({ maxDepth: 4 })
    const names = [
      "spec",
      "status",
      "metadata",
      "containers",
      "containerStatuses",
      "conditions",
      "labels",
      "ownerReferences",
      "pods",
      "state",
      "template",
    ]
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 5 },
        json,
        fc.array(tie("node"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...names), tie("node")),
      ),
    })).node
    fc.assert(
      fc.property(tree, tree, (fields, meta) => {
        const raw = { ...(fields as object), metadata: { ...metadata, ...(typeof meta === "object" ? meta : {}) } }
        for (const decode of decoders) expect(typeof decode(raw as unknown as KubeObject)._tag).toBe("string")
      }),
      { numRuns: 300 },
    )
  })
})

describe("fingerprints", () => {
  const fingerprintOf = (fields: object, more: object = {}) =>
    statefulSetFingerprint(right(statefulSetView(object(fields, more))))
  const base = { spec: { replicas: 1 }, status: { readyReplicas: 0, availableReplicas: 0 } }

  it("R57 a StatefulSet changes with spec, labels and the status fields of its view; not with versions or other status", () => {
    const before = fingerprintOf(base)
    const same = fingerprintOf(
      { ...base, status: { readyReplicas: 0, availableReplicas: 5 } },
      { resourceVersion: "8" },
    )
    expect(isSame(before, same)).toBe(true)
    expect(isSame(before, fingerprintOf({ ...base, status: { readyReplicas: 1 } }))).toBe(false)
    expect(isSame(before, fingerprintOf({ ...base, spec: { replicas: 1, extra: true } }))).toBe(false)
    expect(isSame(before, fingerprintOf(base, { labels: { a: "b" } }))).toBe(false)
  })

  it("R57 the status of a disruption budget is no change", () => {
    const of = (status: object) => ownedFingerprint(right(ownedView(object({ spec: { maxUnavailable: 1 }, status }))))
    expect(isSame(of({ disruptionsAllowed: 0 }), of({ disruptionsAllowed: 1 }))).toBe(true)
  })

  it("structural equality: order of keys and undefined entries do not matter, order of lists does", () => {
    expect(isSame({ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1, z: undefined })).toBe(true)
    expect(isSame([1, 2], [2, 1])).toBe(false)
    expect(isSame({ a: null }, { a: {} })).toBe(false)
    expect(isSame([], {})).toBe(false)
    expect(isSame({ a: 1 }, { a: 1, b: 2 })).toBe(false)
  })
})
