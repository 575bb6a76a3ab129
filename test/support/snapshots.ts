/** Builders of snapshots: a healthy cluster by default, every test changes the one thing it is about. */
import * as Either from "effect/Either"
import { effectiveCluster } from "../../src/decide/effective/effectiveCluster.js"
import { desiredObjects } from "../../src/decide/objects/desiredObjects.js"
import type { DesiredObjects, EffectiveCluster } from "../../src/domain/EffectiveCluster.js"
import type { ClaimView, KubeObject, OwnedView, PodView, StatefulSetView } from "../../src/domain/Kubernetes.js"
import { Annotation, finalizer, Label, rackLabels } from "../../src/domain/Labels.js"
import { Container, podName, statefulSetName } from "../../src/domain/Names.js"
import { type Collection, type NodeAnswers, type NodeFacts, value } from "../../src/domain/NodeFacts.js"
import { type ClusterView, defaultSettings, emptyMemory, type Snapshot } from "../../src/domain/Snapshot.js"

export const clusterName = "demo"
export const namespace = "aero"
export const clusterUid = "cluster-uid"
/** Epoch ms at which the built snapshots are taken. */
export const noon = Date.parse("2026-11-22T12:00:00Z")

export interface SpecOptions {
  readonly size?: number
  readonly image?: string
  readonly replicationFactor?: number
  readonly persistent?: boolean
  readonly racks?: ReadonlyArray<number>
  readonly extra?: Readonly<Record<string, unknown>>
  readonly service?: Readonly<Record<string, unknown>>
  readonly cascadeDelete?: boolean
  readonly rackConfig?: Readonly<Record<string, unknown>>
}

const storageFor = (cascadeDelete: boolean) => ({
  volumes: [
    {
      name: "data",
      source: { persistentVolume: { storageClass: "standard", size: "1Gi", volumeMode: "Filesystem" } },
      aerospike: { path: "/opt/aerospike/data" },
      cascadeDelete,
    },
  ],
})

/** A `spec` as a user would write it. */
export const spec = (options: SpecOptions = {}): Record<string, unknown> => ({
  size: options.size ?? 3,
  image: options.image ?? "aerospike:ce-8.1.2.0",
  aerospikeConfig: {
    service: { "proto-fd-max": 15000, ...options.service },
    namespaces: [
      {
        name: "test",
        "replication-factor": options.replicationFactor ?? 2,
        "storage-engine":
          options.persistent === true
            ? { type: "device", file: "/opt/aerospike/data/test.dat", filesize: "1G" }
            : { type: "memory", "data-size": "1G" },
      },
    ],
  },
  ...(options.persistent === true ? { storage: storageFor(options.cascadeDelete ?? false) } : {}),
  ...(options.racks === undefined && options.rackConfig === undefined
    ? {}
    : {
        rackConfig: { ...options.rackConfig, ...(options.racks ? { racks: options.racks.map((id) => ({ id })) } : {}) },
      }),
  ...options.extra,
})

export const clusterView = (fields: Partial<ClusterView> = {}): ClusterView => ({
  namespace,
  name: clusterName,
  uid: clusterUid,
  resourceVersion: "1",
  generation: 1,
  labels: {},
  annotations: {},
  finalizers: [finalizer],
  isDeleting: false,
  spec: spec(),
  status: {},
  object: { apiVersion: "acko.io/v1alpha1", kind: "AerospikeCluster", metadata: { name: clusterName, namespace } },
  ...fields,
})

/** The effective cluster; a spec that is refused is a mistake of the test. */
export const effectiveOf = (cluster: ClusterView): EffectiveCluster =>
  Either.getOrThrowWith(effectiveCluster(cluster), (problems) => new Error(JSON.stringify(problems)))

export const desiredOf = (effective: EffectiveCluster): DesiredObjects =>
  Either.getOrThrowWith(desiredObjects(effective, []), (problems) => new Error(JSON.stringify(problems)))

/** An applied object as the store shows it. */
export const owned = (object: KubeObject, fields: Partial<OwnedView> = {}): OwnedView => ({
  namespace,
  name: object.metadata.name ?? "",
  uid: `uid-${object.kind}-${object.metadata.name ?? ""}`,
  resourceVersion: "1",
  labels: object.metadata.labels ?? {},
  controllerUid: clusterUid,
  isTerminating: false,
  object,
  ...fields,
})

const templateAnnotationsOf = (object: KubeObject): Readonly<Record<string, string>> =>
  (object["spec"] as { template: { metadata: { annotations: Record<string, string> } } }).template.metadata.annotations

export const statefulSetOf = (object: KubeObject, fields: Partial<StatefulSetView> = {}): StatefulSetView => {
  const { replicas } = object["spec"] as { replicas: number }
  return {
    namespace,
    name: object.metadata.name ?? "",
    uid: `uid-sts-${object.metadata.name ?? ""}`,
    resourceVersion: "1",
    labels: object.metadata.labels ?? {},
    controllerUid: clusterUid,
    isTerminating: false,
    generation: 1,
    replicas,
    templateAnnotations: templateAnnotationsOf(object),
    observedGeneration: 1,
    currentReplicas: replicas,
    readyReplicas: replicas,
    object,
    ...fields,
  }
}

export interface PodOptions {
  readonly rack?: number
  readonly ordinal: number
  readonly image?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly fields?: Partial<PodView>
}

/** A running, ready pod. */
export const podOf = (options: PodOptions): PodView => {
  const rack = options.rack ?? 0
  const name = podName(clusterName, rack, options.ordinal)
  const image = options.image ?? "aerospike:ce-8.1.2.0"
  return {
    namespace,
    name,
    uid: `uid-${name}`,
    resourceVersion: "1",
    labels: rackLabels(clusterName, rack),
    annotations: options.annotations ?? {},
    controllerUid: `uid-sts-${statefulSetName(clusterName, rack)}`,
    createdAt: noon - 3_600_000,
    isTerminating: false,
    phase: "Running",
    podIP: `10.0.${rack}.${options.ordinal + 1}`,
    hostIP: "10.1.0.1",
    host: "host-1",
    conditions: [
      { type: "Ready", status: "True", lastTransitionTime: "2026-11-22T11:00:10Z" },
      { type: "ContainersReady", status: "True", lastTransitionTime: "2026-11-22T11:00:10Z" },
    ],
    containers: [
      {
        name: Container.server,
        image,
        ready: true,
        started: true,
        restartCount: 0,
        startedAt: noon - 3_590_000,
      },
    ],
    images: { [Container.server]: image },
    ports: { service: 3000, fabric: 3001, heartbeat: 3002 },
    readinessGates: [],
    ...options.fields,
  }
}

/** A pod that crash-loops: its port is closed. */
export const crashing = (pod: PodView): PodView => ({
  ...pod,
  conditions: [
    { type: "Ready", status: "False", lastTransitionTime: "2026-11-22T11:59:00Z" },
    { type: "ContainersReady", status: "False", lastTransitionTime: "2026-11-22T11:59:00Z" },
  ],
  containers: pod.containers.map(({ startedAt: _startedAt, ...container }) => ({
    ...container,
    ready: false,
    restartCount: 3,
    waitingReason: "CrashLoopBackOff",
  })),
})

export const key = "A8755A6818A4"

/** Answers of a settled node in a cluster of `size`. */
export const settledAnswers = (nodeId: string, size: number, clusterKey: string = key): NodeAnswers => ({
  nodeId: value(nodeId),
  clusterName: value(clusterName),
  build: value("8.1.2.0"),
  endpoints: value([`10.0.0.1:3000`]),
  statistics: value({
    cluster_size: String(size),
    cluster_key: clusterKey,
    cluster_integrity: "true",
    cluster_is_member: "true",
    uptime: "3600",
    migrate_allowed: "true",
    migrate_partitions_remaining: "0",
  }),
  stableKey: value(clusterKey),
  namespaces: {
    test: value({
      effective_replication_factor: String(Math.min(2, size)),
      unavailable_partitions: "0",
      dead_partitions: "0",
      migrate_tx_partitions_remaining: "0",
      migrate_rx_partitions_remaining: "0",
    }),
  },
})

export const answered = (pod: PodView, answers: NodeAnswers): NodeFacts => ({
  _tag: "Answered",
  podUid: pod.uid,
  address: `${pod.podIP ?? ""}:3000`,
  answers,
})

export const unreachable = (pod: PodView, reason: "Timeout" | "Refused" = "Timeout"): NodeFacts => ({
  _tag: "Unreachable",
  podUid: pod.uid,
  address: `${pod.podIP ?? ""}:3000`,
  reason,
  message: reason,
})

export const collectionOf = (
  startedAt: number,
  nodes: Readonly<Record<string, NodeFacts>>,
  expectedSize: number = Object.keys(nodes).length,
): Collection => ({ startedAt, finishedAt: startedAt + 5, expectedSize, nodes })

/** Node ids are as distinct as pod names. */
export const nodeIdOf = (pod: PodView): string =>
  `A${(Number(pod.labels[Label.rack] ?? 0) * 16 + Number(pod.name.slice(pod.name.lastIndexOf("-") + 1)) + 1).toString(16).toUpperCase()}`

/** All pods agree. */
export const settledCollection = (startedAt: number, pods: ReadonlyArray<PodView>): Collection =>
  collectionOf(
    startedAt,
    Object.fromEntries(pods.map((pod) => [pod.name, answered(pod, settledAnswers(nodeIdOf(pod), pods.length))])),
  )

export interface WorldOptions {
  readonly spec?: SpecOptions
  readonly cluster?: Partial<ClusterView>
  /** Spec the StatefulSets and pods were made from, when it is an older one. */
  readonly running?: SpecOptions
}

/** A snapshot in which everything is as the spec wants it, read twice: nothing to do. */
export const matchingSnapshot = (options: WorldOptions = {}): Snapshot => {
  const cluster = clusterView({ spec: spec(options.spec), ...options.cluster })
  const runningCluster = { ...cluster, spec: spec(options.running ?? options.spec) }
  const effective = effectiveOf(runningCluster)
  const desired = desiredOf(effective)
  const pods = desired.racks.flatMap(({ rack, templateHash, configHash, podSpecHash }) =>
    Array.from({ length: rack.size }, (_, ordinal) =>
      podOf({
        rack: rack.id,
        ordinal,
        image: effective.image,
        annotations: {
          [Annotation.templateHash]: templateHash,
          [Annotation.configHash]: configHash,
          [Annotation.podSpecHash]: podSpecHash,
        },
      }),
    ),
  )
  return {
    key: { namespace, name: clusterName },
    now: noon,
    cluster,
    pods,
    statefulSets: desired.racks.map((rack) => statefulSetOf(rack.statefulSet(rack.rack.size))),
    configMaps: desired.racks.map((rack) => owned(rack.configMap)),
    services: [owned(desired.headlessService)],
    pdbs: desired.pdb === undefined ? [] : [owned(desired.pdb)],
    networkPolicies: [],
    ciliumPolicies: undefined,
    claims: [],
    facts: { previous: settledCollection(noon - 100, pods), latest: settledCollection(noon - 50, pods) },
    podsChangedAt: noon - 1000,
    clientView: { checkedAt: noon - 1000, outcome: { _tag: "Connected", nodes: {}, unreachable: [] } },
    memory: { ...emptyMemory, generation: cluster.generation, statusWrittenAt: noon - 60_000 },
    settings: defaultSettings,
  }
}

/** Replaces one pod, by ordinal in rack 0 unless told otherwise. */
export const withPod = (
  snapshot: Snapshot,
  ordinal: number,
  change: (pod: PodView) => PodView,
  rack = 0,
): Snapshot => ({
  ...snapshot,
  pods: snapshot.pods.map((pod) => (pod.name === podName(clusterName, rack, ordinal) ? change(pod) : pod)),
})

/** Replaces the answers of one pod in the given collections. */
export const withAnswers = (
  snapshot: Snapshot,
  ordinal: number,
  change: (answers: NodeAnswers) => NodeAnswers,
  which: ReadonlyArray<"latest" | "previous"> = ["latest", "previous"],
): Snapshot => {
  const name = podName(clusterName, 0, ordinal)
  const facts = { ...snapshot.facts }
  for (const slot of which) {
    const collection = facts[slot]
    const node = collection?.nodes[name]
    if (collection === undefined || node?._tag !== "Answered") continue
    facts[slot] = { ...collection, nodes: { ...collection.nodes, [name]: { ...node, answers: change(node.answers) } } }
  }
  return { ...snapshot, facts }
}

/** Replaces what is known about one pod. */
export const withNode = (snapshot: Snapshot, ordinal: number, node: NodeFacts | undefined): Snapshot => {
  const name = podName(clusterName, 0, ordinal)
  const change = (collection: Collection | undefined): Collection | undefined => {
    if (collection === undefined) return undefined
    const { [name]: _old, ...nodes } = collection.nodes
    return { ...collection, nodes: node === undefined ? nodes : { ...nodes, [name]: node } }
  }
  const latest = change(snapshot.facts.latest)
  const previous = change(snapshot.facts.previous)
  return { ...snapshot, facts: { ...(latest ? { latest } : {}), ...(previous ? { previous } : {}) } }
}

/** Sets statistics of one node; undefined removes one. */
export const withStatistics = (
  answers: NodeAnswers,
  changes: Readonly<Record<string, string | undefined>>,
): NodeAnswers => {
  const statistics = answers.statistics._tag === "Value" ? answers.statistics.value : {}
  const merged = Object.fromEntries(
    Object.entries({ ...statistics, ...changes }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  return { ...answers, statistics: value(merged) }
}

export const claimOf = (pod: string, volume = "data", fields: Partial<ClaimView> = {}): ClaimView => ({
  namespace,
  name: `${volume}-${pod}`,
  uid: `uid-${volume}-${pod}`,
  resourceVersion: "1",
  labels: { ...rackLabels(clusterName, Number(pod.split("-")[1] ?? 0)), [Label.clusterUid]: clusterUid },
  annotations: {},
  isTerminating: false,
  phase: "Bound",
  ...fields,
})
