/**
 * What a real control plane lacks to run pods: hosts with kubelets, a scheduler, a volume provisioner, and the Aerospike nodes in the pods,
 * each on its own loopback address and port 3000. All of it lives in this process and speaks to the API server as any of them would.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { KubeWriter } from "../../src/kube/KubeClient.js"
import { layerStatic } from "../../src/kube/KubeAccess.js"
import type { KubeAccessError } from "../../src/kube/Credentials.js"
import { isAlreadyExists, type KubeError } from "../../src/kube/KubeError.js"
import * as KubeTransport from "../../src/kube/KubeTransport.js"
import { AerospikeWorld, layerWorld, type World as Aerospike } from "../../src/testing/aerospike/AerospikeWorld.js"
import { layerLoopback } from "../../src/testing/aerospike/loopback.js"
import { layerSimulated } from "../../src/testing/aerospike/SimulatedPods.js"
import { makeAddressPool } from "../../src/testing/kube/controllers/AddressPool.js"
import { runClaimController } from "../../src/testing/kube/controllers/ClaimController.js"
import { basicObjects, namedHosts } from "../../src/testing/kube/controllers/EmbeddedWorld.js"
import type { HostOptions } from "../../src/testing/kube/controllers/HostMachine.js"
import { runHeartbeats } from "../../src/testing/kube/controllers/HostHeartbeats.js"
import { Informers, layerInformers } from "../../src/testing/kube/controllers/Informers.js"
import { type Kubelet, makeKubelet } from "../../src/testing/kube/controllers/Kubelet.js"
import { makeSettings, type SettingsHandle } from "../../src/testing/kube/controllers/KubeletSettings.js"
import { runScheduler } from "../../src/testing/kube/controllers/Scheduler.js"
import type { ControlPlane } from "./controlplane/ControlPlane.js"

export interface Machines {
  readonly aerospike: Aerospike
  readonly kubelet: Kubelet
  readonly settings: SettingsHandle
  /** The copies the machines work on; `follow` tells every change. */
  readonly informers: Informers["Type"]
}

/** One more than a cluster may have nodes. */
const hostCount = 9
/** The zones of the shipped samples, in turn. */
const inSampleZone = (host: HostOptions, index: number): HostOptions => ({
  ...host,
  labels: { ...host.labels, "topology.kubernetes.io/zone": `us-east1-${"abc"[index % 3]}` },
})
/** Pod IPs are `127.56.x.y`: no other suite uses them. */
const net = 56

/** Starts them for as long as the scope lives. A pod needs 200 ms to start and is probed once a second. */
export const makeMachines = (plane: ControlPlane): Effect.Effect<Machines, KubeError | KubeAccessError, Scope.Scope> =>
  Effect.gen(function* () {
    const nodes = yield* Layer.build(Layer.provideMerge(Layer.merge(layerSimulated, layerLoopback), layerWorld()))
    const access = layerStatic({ baseUrl: plane.server, ca: plane.certificate, token: plane.tokens.machines })
    const client = KubeTransport.layer({ userAgent: "embedded-machines" }).pipe(Layer.provide(access))
    const inside = yield* Layer.build(Layer.provideMerge(layerInformers, client))
    const aerospike = Context.get(nodes, AerospikeWorld)
    const settings = makeSettings({ podStartMs: 200, probePeriodMs: 1_000 })
    const pool = makeAddressPool(`127.${net}`)

    const kubelet = yield* Effect.gen(function* () {
      const writer = yield* KubeWriter
      const [, storageClass] = basicObjects
      if (storageClass !== undefined)
        yield* Effect.catchIf(writer.create(Kinds.StorageClass, storageClass), isAlreadyExists, () => Effect.void)
      yield* runClaimController(aerospike.removeClaim)
      const started = yield* makeKubelet({
        hosts: namedHosts(hostCount, (index) => `127.${net}.254.${index + 1}`).map(inSampleZone),
        settings,
        allocateAddress: () => pool.allocate,
        releaseAddress: pool.release,
      })
      yield* runHeartbeats(started)
      yield* runScheduler
      const informers = yield* Informers
      const pods = yield* informers.follow(Kinds.Pod, () => Effect.void)
      yield* pods.synced
      return started
    }).pipe(Effect.provide(nodes), Effect.provide(inside))
    return { aerospike, kubelet, settings, informers: Context.get(inside, Informers) }
  })
