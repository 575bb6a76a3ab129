import { describe, expect, it } from "vitest"
import * as Effect from "effect/Effect"
import { Kinds, type KubeObject } from "../../../../src/domain/Kubernetes.js"
import { KubeReader, KubeWriter } from "../../../../src/kube/KubeClient.js"
import { ControlAnnotation } from "../../../../src/testing/kube/controllers/controlAnnotations.js"
import { conditionOf, type PodObject, type PodSpec } from "../../../../src/testing/kube/controllers/objects.js"
import { aStatefulSet, labels, namespace } from "./builders.js"
import { inWorld } from "./testWorld.js"

const gate = "acko.io/aerospike-ready"
const server = (changes: object = {}) => ({
  name: "aerospike-server",
  image: "aerospike:8",
  readinessProbe: { tcpSocket: { port: 3000 } },
  ...changes,
})
const template = (spec: PodSpec = {}, annotations: Record<string, string> = {}) => ({
  metadata: { labels, annotations },
  spec: {
    containers: [server()],
    volumes: [{ name: "aerospike-config-map", configMap: { name: "config" } }],
    terminationGracePeriodSeconds: 60,
    ...spec,
  },
})
const aConfig: KubeObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "config", namespace },
  data: { "aerospike.conf": "access-address MY_POD_IP\nnode MY_POD_NAME on MY_NODE_IP, MY_POD_IP\n" },
}
type Spec = NonNullable<Parameters<typeof aStatefulSet>[0]>

const apply = (spec: Spec = {}, name = "db") =>
  Effect.gen(function* () {
    const writer = yield* KubeWriter
    const { apiVersion, kind, spec: full } = aStatefulSet({ template: template(), ...spec }, name)
    return yield* writer.apply(
      Kinds.StatefulSet,
      { apiVersion, kind, metadata: { name, namespace }, spec: full },
      { fieldManager: "test" },
    )
  })
const start = (spec: Spec = {}) =>
  Effect.gen(function* () {
    const writer = yield* KubeWriter
    yield* writer.create(Kinds.ConfigMap, aConfig)
    yield* apply(spec)
    yield* settle
  })
const settle = Effect.sleep("1 millis")
const podNamed = (name: string) =>
  Effect.flatMap(KubeReader, (reader) => reader.get(Kinds.Pod, { namespace, name })).pipe(
    Effect.map((pod) => pod as PodObject),
  )
const pods = Effect.flatMap(KubeReader, (reader) => reader.list(Kinds.Pod, { namespace })).pipe(
  Effect.map((page) => page.items as ReadonlyArray<PodObject>),
)
const names = Effect.map(pods, (all) => all.map((pod) => pod.metadata.name))
const isReady = (pod: PodObject) => conditionOf(pod.status?.conditions, "Ready")?.status === "True"
const readyNames = Effect.map(pods, (all) => all.filter(isReady).map((pod) => pod.metadata.name))
const remove = (name: string, gracePeriodSeconds?: number) =>
  Effect.flatMap(KubeWriter, (writer) =>
    writer.remove(Kinds.Pod, { namespace, name }, gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
  )
const theSet = Effect.flatMap(KubeReader, (reader) => reader.get(Kinds.StatefulSet, { namespace, name: "db" }))
const serverOf = (pod: PodObject) => pod.status?.containerStatuses?.[0]
const world = (body: Parameters<typeof inWorld>[1]) => inWorld({}, body)

describe("from StatefulSet to ready pods", () => {
  it(
    "three pods in the instant they are asked for, spread over hosts, status complete",
    world(({ script }) =>
      Effect.gen(function* () {
        yield* start()
        expect(yield* readyNames).toEqual(["db-0", "db-1", "db-2"])
        const all = yield* pods
        expect(new Set(all.map((pod) => pod.spec?.nodeName)).size).toBe(3)
        expect(new Set(all.map((pod) => pod.status?.podIP)).size).toBe(3)
        expect((yield* theSet)["status"]).toMatchObject({
          observedGeneration: 1,
          replicas: 3,
          readyReplicas: 3,
          availableReplicas: 3,
          updatedReplicas: 3,
        })
        expect(script.starts).toHaveLength(3)
      }),
    ),
  )

  it(
    "the process gets the configuration the init container would have written",
    world(({ script }) =>
      Effect.gen(function* () {
        yield* start({ replicas: 1 })
        const pod = yield* podNamed("db-0")
        const [ip, host] = [pod.status?.podIP, "10.0.0.1"]
        expect(script.starts[0]).toMatchObject({
          podUid: pod.metadata.uid,
          address: ip,
          configuration: `access-address ${ip}\nnode db-0 on ${host}, ${ip}\n`,
        })
      }),
    ),
  )

  it(
    "OrderedReady makes the next pod when the one before is ready",
    world(({ script }) =>
      Effect.gen(function* () {
        script.serves = () => false
        yield* start({ podManagementPolicy: "OrderedReady" })
        expect(yield* names).toEqual(["db-0"])
        yield* script.serve("db-0")
        yield* settle
        expect(yield* names).toEqual(["db-0", "db-1"])
      }),
    ),
  )

  it(
    "a pod needs podStartMs, then its probe; few status writes on the way",
    inWorld({ settings: { podStartMs: 5_000, probeDelayMs: 1_000 } }, ({ requests, script }) =>
      Effect.gen(function* () {
        yield* start({ replicas: 1 })
        yield* Effect.sleep("4900 millis")
        expect((yield* podNamed("db-0")).status?.phase).toBe("Pending")
        expect(script.starts).toHaveLength(0)
        yield* Effect.sleep("100 millis")
        expect((yield* podNamed("db-0")).status?.phase).toBe("Running")
        expect(yield* readyNames).toEqual([])
        yield* Effect.sleep("1 seconds")
        expect(yield* readyNames).toEqual(["db-0"])
        expect(requests("patch", "pods/status")).toBe(3)
      }),
    ),
  )

  it(
    "waits for a missing ConfigMap",
    world(({ script }) =>
      Effect.gen(function* () {
        yield* apply({ replicas: 1 })
        yield* Effect.sleep("5 seconds")
        expect(serverOf(yield* podNamed("db-0"))?.state).toMatchObject({ waiting: { reason: "ContainerCreating" } })
        const writer = yield* KubeWriter
        yield* writer.create(Kinds.ConfigMap, aConfig)
        yield* Effect.sleep("2 seconds")
        expect(yield* readyNames).toEqual(["db-0"])
        expect(script.starts).toHaveLength(1)
      }),
    ),
  )

  it(
    "pods without a server simply become ready",
    world(() =>
      Effect.gen(function* () {
        yield* apply({ template: { metadata: { labels }, spec: { containers: [{ name: "web", image: "nginx" }] } } })
        yield* settle
        expect(yield* readyNames).toEqual(["db-0", "db-1", "db-2"])
      }),
    ),
  )
})

describe("readiness", () => {
  it(
    "a readiness gate holds Ready back until its condition is True; ContainersReady does not wait",
    world(() =>
      Effect.gen(function* () {
        yield* start({ replicas: 1, template: template({ readinessGates: [{ conditionType: gate }] }) })
        const before = yield* podNamed("db-0")
        expect(conditionOf(before.status?.conditions, "ContainersReady")?.status).toBe("True")
        expect(conditionOf(before.status?.conditions, "Ready")).toMatchObject({
          status: "False",
          reason: "ReadinessGatesNotReady",
        })
        const writer = yield* KubeWriter
        const set = (status: string) =>
          writer.patch(
            Kinds.Pod,
            { namespace, name: "db-0" },
            { type: "strategic", subresource: "status", body: { status: { conditions: [{ type: gate, status }] } } },
          )
        yield* set("True")
        yield* settle
        const after = yield* podNamed("db-0")
        expect(isReady(after)).toBe(true)
        expect(conditionOf(after.status?.conditions, "Ready")?.reason).toBeUndefined()
        expect(conditionOf(after.status?.conditions, gate)?.status).toBe("True")
        yield* set("False")
        yield* settle
        expect(yield* readyNames).toEqual([])
      }),
    ),
  )

  it(
    "a server that stops answering becomes unready, and ready again, when probed",
    inWorld({ settings: { probePeriodMs: 10_000 } }, ({ script }) =>
      Effect.gen(function* () {
        yield* start({ replicas: 1 })
        script.isAnswering = false
        yield* Effect.sleep("25 seconds")
        expect(yield* readyNames).toEqual(["db-0"])
        yield* Effect.sleep("10 seconds")
        expect(yield* readyNames).toEqual([])
        script.isAnswering = true
        yield* Effect.sleep("10 seconds")
        expect(yield* readyNames).toEqual(["db-0"])
        expect(script.starts).toHaveLength(1)
      }),
    ),
  )

  it(
    "a failing sidecar makes the pod unready and leaves the server alone (R88)",
    world(({ script }) =>
      Effect.gen(function* () {
        const containers = [server(), { name: "sidecar", image: "s" }]
        yield* start({ replicas: 1, template: template({ containers }) })
        const writer = yield* KubeWriter
        yield* writer.patch(
          Kinds.Pod,
          { namespace, name: "db-0" },
          { type: "merge", body: { metadata: { annotations: { [ControlAnnotation.failingContainer]: "sidecar" } } } },
        )
        yield* settle
        const pod = yield* podNamed("db-0")
        expect(pod.status?.containerStatuses?.map((container) => container.ready)).toEqual([true, false])
        expect(isReady(pod)).toBe(false)
        expect(script.running.size).toBe(1)
      }),
    ),
  )
})

describe("failures", () => {
  it(
    "a crash restarts the same container at once, later crashes back off (R87)",
    world(({ script }) =>
      Effect.gen(function* () {
        yield* start({ replicas: 1 })
        const address = (yield* podNamed("db-0")).status?.podIP
        yield* script.crash("db-0", { code: 1, message: "boom" })
        yield* settle
        expect(script.starts).toHaveLength(2)
        expect(serverOf(yield* podNamed("db-0"))).toMatchObject({ restartCount: 1, ready: true })
        yield* script.crash("db-0", { code: 1, message: "boom again" })
        yield* settle
        const waiting = yield* podNamed("db-0")
        expect(serverOf(waiting)).toMatchObject({
          ready: false,
          state: { waiting: { reason: "CrashLoopBackOff" } },
          lastState: { terminated: { exitCode: 1, message: "boom again" } },
        })
        expect(isReady(waiting)).toBe(false)
        yield* Effect.sleep("10 seconds")
        expect(serverOf(yield* podNamed("db-0"))).toMatchObject({ restartCount: 2, ready: true })
        expect((yield* podNamed("db-0")).status?.podIP).toBe(address)
        yield* script.crash("db-0", { code: 1, message: "" })
        yield* Effect.sleep("19 seconds")
        expect(script.starts).toHaveLength(3)
        yield* Effect.sleep("2 seconds")
        expect(script.starts).toHaveLength(4)
      }),
    ),
  )

  it(
    "a server that refuses its configuration loops, its pod stays, its claim too (R87)",
    world(({ script }) =>
      Effect.gen(function* () {
        script.dies = (spec) => (spec.podName === "db-1" ? { code: 1, message: "bad config" } : undefined)
        yield* start()
        yield* Effect.sleep("5 minutes")
        expect(yield* readyNames).toEqual(["db-0", "db-2"])
        expect(serverOf(yield* podNamed("db-1"))?.restartCount).toBeGreaterThan(3)
        expect(script.starts.filter((spec) => spec.podName !== "db-1")).toHaveLength(2)
      }),
    ),
  )

  it(
    "an image that cannot be pulled: one pod lost, healed by deleting it after the template is right (R86)",
    world(() =>
      Effect.gen(function* () {
        yield* start()
        const image = (name: string) => apply({ template: template({ containers: [server({ image: name })] }) })
        yield* image("aerospike:does-not-exist")
        yield* settle
        expect(yield* readyNames).toHaveLength(3)
        yield* remove("db-2")
        yield* Effect.sleep("1 minutes")
        expect(yield* readyNames).toEqual(["db-0", "db-1"])
        const stuck = yield* podNamed("db-2")
        expect(stuck.status?.phase).toBe("Pending")
        expect(serverOf(stuck)?.state).toMatchObject({ waiting: { reason: "ImagePullBackOff" } })
        yield* image("aerospike:8.1")
        yield* settle
        expect(serverOf(yield* podNamed("db-2"))?.state).toMatchObject({ waiting: { reason: "ImagePullBackOff" } })
        yield* remove("db-2")
        yield* settle
        expect(yield* readyNames).toEqual(["db-0", "db-1", "db-2"])
      }),
    ),
  )

  it(
    "a pod that fits nowhere says why and heals alone (R85)",
    world(({ controls }) =>
      Effect.gen(function* () {
        yield* Effect.forEach(["host-0", "host-1", "host-2"], controls.cordon)
        yield* start({ replicas: 1 })
        const pod = yield* podNamed("db-0")
        expect(pod.status?.phase).toBe("Pending")
        expect(conditionOf(pod.status?.conditions, "PodScheduled")).toMatchObject({
          status: "False",
          reason: "Unschedulable",
          message: "0/3 nodes are available: 3 node(s) were unschedulable.",
        })
        yield* controls.uncordon("host-1")
        yield* settle
        expect(yield* readyNames).toEqual(["db-0"])
        expect((yield* podNamed("db-0")).spec?.nodeName).toBe("host-1")
      }),
    ),
  )
})

describe("deletion", () => {
  it(
    "SIGTERM first; the pod is gone when its process is, then made again under another UID (R26)",
    world(({ script }) =>
      Effect.gen(function* () {
        script.stopMs = 2_000
        yield* start()
        const old = yield* podNamed("db-1")
        yield* remove("db-1")
        yield* Effect.sleep("1 seconds")
        expect((yield* podNamed("db-1")).metadata).toMatchObject({
          uid: old.metadata.uid,
          deletionGracePeriodSeconds: 60,
        })
        expect(script.running.size).toBe(3)
        yield* Effect.sleep("2 seconds")
        const next = yield* podNamed("db-1")
        expect(next.metadata.uid).not.toBe(old.metadata.uid)
        expect(isReady(next)).toBe(true)
        expect(next.status?.podIP).not.toBe(old.status?.podIP)
      }),
    ),
  )

  it(
    "a process that ignores SIGTERM is killed after the grace period",
    world(({ script }) =>
      Effect.gen(function* () {
        script.stopMs = "never"
        yield* start({ replicas: 1 })
        const old = yield* podNamed("db-0")
        yield* remove("db-0")
        yield* Effect.sleep("59 seconds")
        expect((yield* podNamed("db-0")).metadata.uid).toBe(old.metadata.uid)
        yield* Effect.sleep("2 seconds")
        expect((yield* podNamed("db-0")).metadata.uid).not.toBe(old.metadata.uid)
      }),
    ),
  )

  it(
    "OnDelete: pods keep the old template until they are deleted, claims are reused",
    world(({ script }) =>
      Effect.gen(function* () {
        const claims = [
          {
            metadata: { name: "data" },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
          },
        ]
        const mounted = server({ volumeMounts: [{ name: "data", mountPath: "/data" }] })
        yield* start({ volumeClaimTemplates: claims, template: template({ containers: [mounted] }) })
        expect(yield* readyNames).toHaveLength(3)
        const reader = yield* KubeReader
        const claim = yield* reader.get(Kinds.PersistentVolumeClaim, { namespace, name: "data-db-0" })
        expect(claim["status"]).toMatchObject({ phase: "Bound" })
        expect(script.starts.find(({ podName }) => podName === "db-0")?.volumes).toEqual({
          "/data": claim.metadata.uid,
        })
        yield* apply({
          volumeClaimTemplates: claims,
          template: template({ containers: [{ ...mounted, image: "aerospike:9" }] }),
        })
        yield* Effect.sleep("1 minutes")
        expect(script.starts).toHaveLength(3)
        yield* remove("db-0")
        yield* settle
        expect(script.starts.at(-1)).toMatchObject({ image: "aerospike:9", volumes: { "/data": claim.metadata.uid } })
        expect((yield* theSet)["status"]).toMatchObject({ updatedReplicas: 1, currentReplicas: 2 })
      }),
    ),
  )

  it(
    "a claim in use outlives its deletion, and no pod starts on it (R94)",
    world(() =>
      Effect.gen(function* () {
        const claims = [
          {
            metadata: { name: "data" },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
          },
        ]
        yield* start({ replicas: 1, volumeClaimTemplates: claims })
        const [reader, writer] = yield* Effect.all([KubeReader, KubeWriter])
        const ref = { namespace, name: "data-db-0" }
        const old = yield* reader.get(Kinds.PersistentVolumeClaim, ref)
        yield* writer.remove(Kinds.PersistentVolumeClaim, ref, {})
        yield* settle
        expect((yield* reader.get(Kinds.PersistentVolumeClaim, ref)).metadata.deletionTimestamp).toBeDefined()
        yield* remove("db-0")
        yield* Effect.sleep("1 seconds")
        expect((yield* reader.get(Kinds.PersistentVolumeClaim, ref)).metadata.uid).not.toBe(old.metadata.uid)
        expect(yield* readyNames).toEqual(["db-0"])
      }),
    ),
  )

  it(
    "scaling down removes from the top and keeps the rest running",
    world(({ script }) =>
      Effect.gen(function* () {
        yield* start({ replicas: 5 })
        yield* apply({ replicas: 2 })
        yield* settle
        expect(yield* readyNames).toEqual(["db-0", "db-1"])
        expect(script.running.size).toBe(2)
      }),
    ),
  )

  it(
    "deleting the set as orphan and applying it again adopts its pods without a restart (R98)",
    world(({ script }) =>
      Effect.gen(function* () {
        yield* start()
        const writer = yield* KubeWriter
        const before = yield* pods
        yield* writer.remove(Kinds.StatefulSet, { namespace, name: "db" }, { propagationPolicy: "Orphan" })
        yield* Effect.sleep("1 seconds")
        expect(yield* readyNames).toHaveLength(3)
        yield* apply()
        yield* Effect.sleep("1 seconds")
        const after = yield* pods
        expect(after.map((pod) => pod.metadata.uid)).toEqual(before.map((pod) => pod.metadata.uid))
        const { uid } = (yield* theSet).metadata
        expect(after.map((pod) => pod.metadata.ownerReferences?.[0]?.uid)).toEqual([uid, uid, uid])
        expect(script.starts).toHaveLength(3)
      }),
    ),
  )

  it(
    "deleting the set takes its pods and processes along",
    world(({ script }) =>
      Effect.gen(function* () {
        yield* start()
        const writer = yield* KubeWriter
        yield* writer.remove(Kinds.StatefulSet, { namespace, name: "db" }, { propagationPolicy: "Background" })
        yield* Effect.sleep("1 seconds")
        expect(yield* names).toEqual([])
        expect(script.running.size).toBe(0)
      }),
    ),
  )

  it(
    "a pod with a finalizer stays Terminating, its process does not (R89)",
    world(({ script }) =>
      Effect.gen(function* () {
        yield* start()
        const writer = yield* KubeWriter
        const ref = { namespace, name: "db-0" }
        yield* writer.patch(Kinds.Pod, ref, { type: "merge", body: { metadata: { finalizers: ["test/hold"] } } })
        const old = yield* podNamed("db-0")
        yield* remove("db-0")
        yield* Effect.sleep("10 minutes")
        expect((yield* podNamed("db-0")).metadata).toMatchObject({ uid: old.metadata.uid })
        expect(script.running.size).toBe(2)
        yield* writer.patch(Kinds.Pod, ref, { type: "merge", body: { metadata: { finalizers: null } } })
        yield* settle
        expect(yield* readyNames).toEqual(["db-0", "db-1", "db-2"])
      }),
    ),
  )
})

describe("hosts", () => {
  const onHost = (host: string) => Effect.map(pods, (all) => all.filter((pod) => pod.spec?.nodeName === host))

  it(
    "a lost host: unready after 40 s, Terminating after 5 more minutes, never replaced by itself (R90)",
    world(({ controls, script }) =>
      Effect.gen(function* () {
        yield* start()
        const lost = (yield* onHost("host-1"))[0]!.metadata.name!
        yield* controls.loseHost("host-1")
        yield* Effect.sleep("39 seconds")
        expect(yield* readyNames).toHaveLength(3)
        yield* Effect.sleep("2 seconds")
        expect(yield* readyNames).not.toContain(lost)
        yield* Effect.sleep("10 minutes")
        expect((yield* podNamed(lost)).metadata.deletionTimestamp).toBeDefined()
        expect(script.starts).toHaveLength(3)
        expect(script.running.size).toBe(3)
        yield* controls.restoreHost("host-1")
        yield* Effect.sleep("1 seconds")
        expect(yield* readyNames).toHaveLength(3)
        expect(script.starts).toHaveLength(4)
        expect(script.running.size).toBe(3)
      }),
    ),
  )

  it(
    "a host back in time keeps its pods and makes them ready again",
    world(({ controls, script }) =>
      Effect.gen(function* () {
        yield* start()
        yield* controls.loseHost("host-1")
        yield* Effect.sleep("2 minutes")
        expect(yield* readyNames).toHaveLength(2)
        yield* controls.restoreHost("host-1")
        yield* settle
        expect(yield* readyNames).toHaveLength(3)
        expect(script.starts).toHaveLength(3)
      }),
    ),
  )

  it(
    "a host that lost power starts its pods anew, same pods, other addresses (R101)",
    world(({ controls, script }) =>
      Effect.gen(function* () {
        yield* start()
        const old = (yield* onHost("host-1"))[0]!
        yield* controls.loseHost("host-1", { power: true })
        yield* settle
        expect(script.running.size).toBe(2)
        yield* Effect.sleep("1 minutes")
        yield* controls.restoreHost("host-1")
        yield* settle
        const now = yield* podNamed(old.metadata.name!)
        expect(now.metadata.uid).toBe(old.metadata.uid)
        expect(now.status?.podIP).not.toBe(old.status?.podIP)
        expect(serverOf(now)).toMatchObject({ restartCount: 1, ready: true })
        expect(script.starts.at(-1)?.configuration).toContain(`access-address ${now.status?.podIP}\n`)
      }),
    ),
  )

  it(
    "a deleted host, or one tainted out-of-service, gives its pods up (R90, R91)",
    world(({ controls }) =>
      Effect.gen(function* () {
        yield* start()
        const writer = yield* KubeWriter
        const lost = (yield* onHost("host-1"))[0]!
        yield* controls.loseHost("host-1", { power: true })
        yield* Effect.sleep("10 minutes")
        expect((yield* podNamed(lost.metadata.name!)).metadata.uid).toBe(lost.metadata.uid)
        yield* writer.patch(
          Kinds.Node,
          { name: "host-1" },
          {
            type: "merge",
            body: {
              spec: {
                taints: [{ key: "node.kubernetes.io/out-of-service", value: "nodeshutdown", effect: "NoExecute" }],
              },
            },
          },
        )
        yield* settle
        expect(yield* readyNames).toHaveLength(3)
        expect((yield* podNamed(lost.metadata.name!)).spec?.nodeName).not.toBe("host-1")
        const next = (yield* onHost("host-2"))[0]!
        yield* writer.remove(Kinds.Node, { name: "host-2" }, {})
        yield* settle
        expect(yield* readyNames).toHaveLength(3)
        expect((yield* podNamed(next.metadata.name!)).spec?.nodeName).toBe("host-0")
      }),
    ),
  )

  it(
    "a pod deleted by force on a lost host runs on there while its successor starts (R90)",
    world(({ controls, script }) =>
      Effect.gen(function* () {
        yield* start()
        const old = (yield* onHost("host-1"))[0]!
        yield* controls.loseHost("host-1")
        yield* Effect.sleep("1 minutes")
        yield* remove(old.metadata.name!, 0)
        yield* settle
        expect(yield* readyNames).toHaveLength(3)
        expect(script.running.size).toBe(4)
        yield* controls.restoreHost("host-1")
        yield* Effect.sleep("2 seconds")
        expect(script.running.size).toBe(3)
      }),
    ),
  )
})

describe("disruption budgets", () => {
  it(
    "the status follows the pods, an eviction beyond it is refused (R46, R92)",
    world(({ script }) =>
      Effect.gen(function* () {
        script.stopMs = 5_000
        yield* start()
        const [reader, writer] = yield* Effect.all([KubeReader, KubeWriter])
        const ref = { namespace, name: "pdb" }
        yield* writer.create(Kinds.PodDisruptionBudget, {
          apiVersion: "policy/v1",
          kind: "PodDisruptionBudget",
          metadata: ref,
          spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
        })
        yield* settle
        const status = Effect.map(reader.get(Kinds.PodDisruptionBudget, ref), (pdb) => pdb["status"])
        expect(yield* status).toMatchObject({
          expectedPods: 3,
          currentHealthy: 3,
          desiredHealthy: 2,
          disruptionsAllowed: 1,
        })
        yield* writer.evict({ namespace, name: "db-0" }, {})
        const refusal = yield* Effect.flip(writer.evict({ namespace, name: "db-1" }, {}))
        expect(refusal).toMatchObject({ status: 429 })
        yield* Effect.sleep("1 seconds")
        expect(yield* status).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 0 })
        yield* Effect.sleep("10 seconds")
        expect(yield* status).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 1 })
      }),
    ),
  )
})
