/** A namespace with one cluster, its StatefulSet, pods and claims in the in-memory API server, and snapshots of it. No controllers act. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { execute } from "../../src/act/Executor.js"
import { InfoError } from "../../src/aerospike/AerospikeError.js"
import { AerospikeInfo } from "../../src/aerospike/AerospikeInfo.js"
import { OperatorConfig } from "../../src/config/OperatorConfig.js"
import { aerospikeClusterCrd } from "../../src/decide/crd.js"
import { type KubeObject, Kinds, type ObjectIdentity, type ResourceKind } from "../../src/domain/Kubernetes.js"
import { finalizer, Label, rackLabels, readinessGate } from "../../src/domain/Labels.js"
import type { Evidence, Plan, Step, Track, TrackName } from "../../src/domain/Plan.js"
import type { StepResult } from "../../src/domain/Report.js"
import { defaultSettings, emptyMemory, type Snapshot } from "../../src/domain/Snapshot.js"
import { claimView, clusterView, ownedView, podView, statefulSetView } from "../../src/observe/views.js"
import { ApiFailure } from "../../src/testing/kube/ApiFailure.js"
import type { ApiServer } from "../../src/testing/kube/ApiServer.js"
import { layerMemory, makeServer } from "../../src/testing/kube/MemoryKube.js"
import type { Verdict } from "../../src/testing/kube/RequestGate.js"

export const namespace = "aerospike"
export const key = { namespace, name: "demo" }

const uidOf = (object: KubeObject): string => object.metadata.uid ?? ""

const ownedBy = (owner: KubeObject) => [
  {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name ?? "",
    uid: uidOf(owner),
    controller: true,
    blockOwnerDeletion: true,
  },
]

const cluster: KubeObject = {
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeCluster",
  metadata: { ...key, finalizers: [finalizer] },
  spec: { size: 3, image: "aerospike:ce-8.1.1.1", aerospikeConfig: { namespaces: [{ name: "test" }] } },
}

const podSpec = {
  containers: [{ name: "aerospike-server", image: "aerospike:ce-8.1.1.1" }],
  readinessGates: [{ conditionType: readinessGate }],
}

const statefulSet = (owner: KubeObject): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { namespace, name: "demo-0", labels: rackLabels("demo", 0), ownerReferences: ownedBy(owner) },
  spec: {
    replicas: 3,
    serviceName: "demo",
    selector: { matchLabels: rackLabels("demo", 0) },
    template: { metadata: { labels: rackLabels("demo", 0) }, spec: podSpec },
  },
})

const pod = (ordinal: number, owner: KubeObject): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    namespace,
    name: `demo-0-${ordinal}`,
    labels: rackLabels("demo", 0),
    ownerReferences: ownedBy(owner),
  },
  spec: { ...podSpec, nodeName: "host-1" },
})

const claim = (ordinal: number, owner: string): KubeObject => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: {
    namespace,
    name: `data-demo-0-${ordinal}`,
    labels: { ...rackLabels("demo", 0), [Label.clusterUid]: owner },
  },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
})

/** What the kubelet reports of a running pod. */
export const runningStatus = (isReady: boolean) => {
  const status = isReady ? "True" : "False"
  return {
    phase: "Running",
    podIP: "10.0.0.1",
    conditions: [
      { type: "Ready", status },
      { type: "ContainersReady", status },
      { type: "PodScheduled", status: "True" },
    ],
  }
}

export const setReady = (server: ApiServer, name: string, isReady: boolean): void => {
  server.patch(
    Kinds.Pod,
    { namespace, name },
    { type: "merge", subresource: "status", body: { status: runningStatus(isReady) } },
  )
}

/** Three ready members. */
export const makeWorld = Effect.map(
  makeServer({
    objects: [{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }, aerospikeClusterCrd() as never],
  }),
  (server): ApiServer => {
    const owner = server.create(Kinds.AerospikeCluster, cluster)
    const set = server.create(Kinds.StatefulSet, statefulSet(owner))
    for (const ordinal of [0, 1, 2]) {
      server.create(Kinds.Pod, pod(ordinal, set))
      setReady(server, `demo-0-${ordinal}`, true)
      server.create(Kinds.PersistentVolumeClaim, claim(ordinal, uidOf(owner)))
    }
    return server
  },
)

/** Another cluster of the same name, with the same names of everything, made after the first one was deleted. */
export const recreate = (server: ApiServer): void => {
  for (const [kind, names] of [
    [Kinds.Pod, ["demo-0-0", "demo-0-1", "demo-0-2"]],
    [Kinds.StatefulSet, ["demo-0"]],
    [Kinds.AerospikeCluster, ["demo"]],
  ] as const) {
    for (const name of names) {
      if (kind === Kinds.AerospikeCluster) {
        server.patch(kind, { namespace, name }, { type: "merge", body: { metadata: { finalizers: null } } })
      }
      server.remove(kind, { namespace, name }, { gracePeriodSeconds: 0, propagationPolicy: "Background" })
    }
  }
  const owner = server.create(Kinds.AerospikeCluster, cluster)
  const set = server.create(Kinds.StatefulSet, statefulSet(owner))
  for (const ordinal of [0, 1, 2]) {
    server.create(Kinds.Pod, pod(ordinal, set))
    setReady(server, `demo-0-${ordinal}`, true)
  }
}

/** Everything as it is now. */
export const look = (server: ApiServer): Snapshot => {
  const items = (kind: ResourceKind) => server.list(kind, { namespace }).items
  return {
    key,
    now: server.now(),
    cluster: Either.getOrThrow(clusterView(server.get(Kinds.AerospikeCluster, key))),
    pods: items(Kinds.Pod).map((object) => Either.getOrThrow(podView(object))),
    statefulSets: items(Kinds.StatefulSet).map((object) => Either.getOrThrow(statefulSetView(object))),
    configMaps: [],
    services: items(Kinds.Service).map((object) => Either.getOrThrow(ownedView(object))),
    pdbs: [],
    networkPolicies: [],
    ciliumPolicies: undefined,
    claims: items(Kinds.PersistentVolumeClaim).map((object) => Either.getOrThrow(claimView(object))),
    facts: {},
    podsChangedAt: 0,
    memory: emptyMemory,
    settings: defaultSettings,
  }
}

export const identityOf = ({ name, uid, resourceVersion }: ObjectIdentity): ObjectIdentity => ({
  namespace,
  name,
  uid,
  resourceVersion,
})

export const podIn = (snapshot: Snapshot, ordinal: number) => {
  const found = snapshot.pods.find(({ name }) => name === `demo-0-${ordinal}`)
  if (found === undefined) throw new Error(`no pod ${ordinal}`)
  return found
}

const setIn = (snapshot: Snapshot) => {
  const [found] = snapshot.statefulSets
  if (found === undefined) throw new Error("no StatefulSet")
  return found
}

export const evidence = (snapshot: Snapshot, validForMs = 10_000): Evidence => ({
  clusterKey: "A1",
  clusterSize: 3,
  reads: [snapshot.now - 100, snapshot.now - 50],
  validUntil: snapshot.now + validForMs,
})

export const restart = (snapshot: Snapshot, ordinal: number, proof = evidence(snapshot)): Step => ({
  _tag: "RestartPod",
  pod: podIn(snapshot, ordinal),
  statefulSet: identityOf(setIn(snapshot)),
  reason: "ConfigChanged",
  because: "config changed",
  evidence: proof,
})

export const shrink = (snapshot: Snapshot, replicas: number, proof = evidence(snapshot)): Step => {
  const set = setIn(snapshot)
  const { apiVersion, kind, metadata } = set.object
  return {
    _tag: "Apply",
    kind: Kinds.StatefulSet,
    object: {
      apiVersion,
      kind,
      metadata: { namespace, name: metadata.name ?? "", ownerReferences: metadata.ownerReferences ?? [] },
      spec: { replicas },
    },
    because: `replicas 3 → ${replicas}`,
    precondition: identityOf(set),
    evidence: proof,
  }
}

export const removeClaim = (snapshot: Snapshot, ordinal: number): Step => {
  const found = snapshot.claims.find(({ name }) => name === `data-demo-0-${ordinal}`)
  if (found === undefined) throw new Error(`no claim ${ordinal}`)
  return { _tag: "Remove", kind: Kinds.PersistentVolumeClaim, target: identityOf(found), because: "its pod is gone" }
}

export const service = (
  snapshot: Snapshot,
  name = "demo",
  because = "missing",
): Extract<Step, { readonly _tag: "Apply" }> => ({
  _tag: "Apply",
  kind: Kinds.Service,
  object: {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      namespace,
      name,
      labels: rackLabels("demo", 0),
      ownerReferences: ownedBy({ ...snapshot.cluster.object, kind: "AerospikeCluster" }),
    },
    spec: { clusterIP: "None", ports: [{ name: "service", port: 3000 }] },
  },
  because,
})

export const track = (name: TrackName, steps: ReadonlyArray<Step>, more: Partial<Track> = {}): Track => ({
  name,
  steps,
  after: [],
  ...more,
})

export const planOf = (...tracks: ReadonlyArray<Track>): Plan => ({
  _tag: "Proceed",
  effective: undefined,
  tracks,
  waits: [],
  clientView: false,
  progress: { pendingRestarts: [], toCreate: 0, toRemove: 0, isSettled: undefined },
})

/** No node answers. */
const nodes = AerospikeInfo.layerMemory(({ host, port }) =>
  Effect.fail(new InfoError({ reason: "Refused", address: `${host}:${port}`, detail: "connection refused" })),
)

/** Carries out tracks for a snapshot, as the operator. */
export const carryOut = (server: ApiServer, snapshot: Snapshot, ...tracks: ReadonlyArray<Track>) =>
  Effect.map(
    Effect.provide(
      execute(snapshot, planOf(...tracks)),
      Layer.mergeAll(layerMemory(server, { as: "acko-operator" }), OperatorConfig.layer({}), nodes),
    ),
    ({ steps }) => steps,
  )

export const tags = (results: ReadonlyArray<StepResult>): ReadonlyArray<string> => results.map(({ _tag }) => _tag)

/** What a step that did not succeed says. */
export const messageOf = (result: StepResult | undefined): string =>
  result !== undefined && "message" in result ? result.message : ""

export const livePods = (server: ApiServer): ReadonlyArray<string> =>
  server
    .list(Kinds.Pod, { namespace })
    .items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata }) => metadata.name ?? "")

export const claimNames = (server: ApiServer): ReadonlyArray<string> =>
  server
    .list(Kinds.PersistentVolumeClaim, { namespace })
    .items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata }) => metadata.name ?? "")

/** What the claim controller does once no pod uses a deleted claim. */
export const releaseClaim = (server: ApiServer, ordinal: number): void =>
  void server.patch(
    Kinds.PersistentVolumeClaim,
    { namespace, name: `data-demo-0-${ordinal}` },
    { type: "merge", body: { metadata: { finalizers: null } } },
  )

/** The operator's next request of this verb and resource meets a fault. */
export const strike = (
  server: ApiServer,
  verb: string,
  resource: string,
  verdict: Verdict,
  options: { readonly name?: string; readonly times?: number } = {},
): void => {
  let left = options.times ?? 1
  server.gate.onRequest((request) => {
    const isHit = request.verb === verb && request.resource === resource
    if (!isHit || left === 0 || (options.name !== undefined && request.name !== options.name)) return undefined
    left--
    return verdict
  })
}

export const fails = (code: number, reason: string, retryAfterSeconds?: number): Verdict => ({
  _tag: "Fail",
  failure: new ApiFailure(code, reason, reason, retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
})
