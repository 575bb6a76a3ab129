/**
 * A whole world in memory: API server, controllers, scheduler, kubelets and the Aerospike nodes in the pods. No sockets, no promises, no
 * real time: it runs on the Clock in force where the Layer is built, and equal inputs make equal histories.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { AerospikeInfo } from "../../../aerospike/AerospikeInfo.js"
import type { KubeObject } from "../../../domain/Kubernetes.js"
import { KubeReader, KubeWriter } from "../../../kube/KubeClient.js"
import type { KubeError } from "../../../kube/KubeError.js"
import { layerInfo } from "../../aerospike/AerospikeInfoMemory.js"
import {
  AerospikeWorld,
  layerWorld as layerAerospike,
  type World as Aerospike,
} from "../../aerospike/AerospikeWorld.js"
import { layerSimulated } from "../../aerospike/SimulatedPods.js"
import type { PodRuntime } from "../../PodRuntime.js"
import type { Admission, ApiServer } from "../ApiServer.js"
import { type ClientFaults, makeClientFaults } from "../ClientFaults.js"
import { runGarbageCollector } from "../GarbageCollector.js"
import { countingUids, layerMemory, makeServer, type MemoryOptions } from "../MemoryKube.js"
import { makeAddressPool } from "./AddressPool.js"
import { makeControlPlane } from "./ControlPlane.js"
import type { HostControls } from "./HostLifecycle.js"
import type { HostOptions } from "./HostMachine.js"
import { Informers, layerInformers } from "./Informers.js"
import type { Kubelet } from "./Kubelet.js"
import { type KubeletSettings, makeSettings, type SettingsHandle } from "./KubeletSettings.js"

export interface EmbeddedWorldOptions {
  /** Objects present from the start: CustomResourceDefinitions, more namespaces or classes. */
  readonly objects?: ReadonlyArray<KubeObject>
  readonly admission?: ReadonlyArray<Admission>
  /** How many hosts, each its own zone, or which. Default 9: one more than a cluster may have nodes. */
  readonly hosts?: number | ReadonlyArray<HostOptions>
  readonly settings?: Partial<KubeletSettings>
  /** How the operator's client misbehaves: lag, lost lines. Its user name defaults to `acko-operator`. */
  readonly client?: Partial<MemoryOptions>
  /** Makes UIDs and cluster keys differ between worlds. Default 1. */
  readonly seed?: number
  /** First two numbers of the pod IPs. Default `10.1`. */
  readonly addressPrefix?: string
}

/** The world from outside: what a test, a simulation or a sandbox looks at and breaks. */
export interface EmbeddedWorld {
  readonly server: ApiServer
  readonly aerospike: Aerospike
  readonly hosts: HostControls
  readonly kubelet: Kubelet
  readonly settings: SettingsHandle
  /** Faults of the operator's client alone. */
  readonly faults: ClientFaults
  /** A client nothing is wrong with: a person with `kubectl`. */
  readonly reader: KubeReader["Type"]
  readonly writer: KubeWriter["Type"]
  /** The copies the controllers work on. */
  readonly informers: Informers["Type"]
}

export class World extends Context.Tag("acko/testing/World")<World, EmbeddedWorld>() {}

/** User name of everything that acts inside the world, in the request log. */
export const worldUser = "system:embedded"

export const namedHosts = (count: number, addressOf: (index: number) => string): ReadonlyArray<HostOptions> =>
  Array.from({ length: count }, (_, index) => ({
    name: `sandbox-host-${index}`,
    address: addressOf(index),
    labels: { "topology.kubernetes.io/zone": `zone-${index}`, "topology.kubernetes.io/region": "sandbox" },
  }))

/** Namespace `aerospike` and the default StorageClass `standard`. */
export const basicObjects: ReadonlyArray<KubeObject> = [
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "aerospike" } },
  {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "standard", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    provisioner: "sandbox.acko.io/memory",
    reclaimPolicy: "Delete",
    volumeBindingMode: "Immediate",
    allowVolumeExpansion: true,
  },
]

/** Everything but the operator's own client: shared by the embedded and the sandbox world. */
export const makeEmbeddedWorld = (
  options: EmbeddedWorldOptions,
): Effect.Effect<EmbeddedWorld, KubeError, AerospikeWorld | PodRuntime | Scope.Scope> =>
  Effect.gen(function* () {
    const aerospike = yield* AerospikeWorld
    const server = yield* makeServer({
      nextUid: countingUids(options.seed ?? 1),
      objects: [...basicObjects, ...(options.objects ?? [])],
      ...(options.admission && { admission: options.admission }),
    })
    yield* Effect.forkScoped(runGarbageCollector(server))
    const pool = makeAddressPool(options.addressPrefix ?? "10.1")
    const settings = makeSettings(options.settings ?? {})
    const hosts = options.hosts ?? 9
    const inside = yield* Layer.build(Layer.provideMerge(layerInformers, layerMemory(server, { as: worldUser })))
    const plane = yield* makeControlPlane({
      hosts: typeof hosts === "number" ? namedHosts(hosts, (index) => `10.0.0.${index + 1}`) : hosts,
      settings,
      allocateAddress: () => pool.allocate,
      releaseAddress: pool.release,
      releaseVolume: aerospike.removeClaim,
    }).pipe(Effect.provide(inside))
    const person = yield* Layer.build(layerMemory(server, { as: "kubectl" }))
    return {
      server,
      aerospike,
      settings,
      hosts: plane.hosts,
      kubelet: plane.kubelet,
      faults: options.client?.faults ?? makeClientFaults(),
      reader: Context.get(person, KubeReader),
      writer: Context.get(person, KubeWriter),
      informers: Context.get(inside, Informers),
    }
  })

/**
 * The world and the operator's view of it. Build it where the Clock is the one that shall count (a test clock, a simulator's).
 *
 * *Gotchas*: `KubeReader` and `KubeWriter` are the operator's client, with its faults; look at the world through {@link World}.
 */
export const layerWorld = (
  options: EmbeddedWorldOptions = {},
): Layer.Layer<World | KubeReader | KubeWriter | AerospikeInfo | AerospikeWorld, KubeError> => {
  const aerospike = layerAerospike({ seed: `world-${options.seed ?? 1}` })
  const world = Layer.scoped(World, makeEmbeddedWorld(options)).pipe(Layer.provide(layerSimulated))
  const client = Layer.unwrapEffect(
    Effect.map(World, ({ faults, server }) => layerMemory(server, { as: "acko-operator", ...options.client, faults })),
  )
  return Layer.mergeAll(client, layerInfo).pipe(Layer.provideMerge(world), Layer.provideMerge(aerospike))
}
