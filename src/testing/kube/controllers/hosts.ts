/** The Node object of a host, as its kubelet registers and reports it. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Kinds } from "../../../domain/Kubernetes.js"
import type { KubeWriter } from "../../../kube/KubeClient.js"
import { isAlreadyExists, type KubeError } from "../../../kube/KubeError.js"
import type { HostMachine } from "./HostMachine.js"
import { type HostObject, timestamp } from "./objects.js"

const resources = {
  capacity: { cpu: "8", memory: "32Gi", pods: "110" },
  allocatable: { cpu: "8", memory: "32Gi", pods: "110" },
}

/** A `Ready` condition of a host (or of a pod). `now`: epoch ms. */
export const ready = (status: string, reason: string, now: number) => ({
  type: "Ready",
  status,
  reason,
  lastHeartbeatTime: timestamp(now),
  lastTransitionTime: timestamp(now),
})

const hostObject = (host: HostMachine, now: number): HostObject => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: {
    name: host.name,
    labels: { "kubernetes.io/hostname": host.name, "kubernetes.io/os": "linux", ...host.labels },
  },
  status: {
    conditions: [ready("True", "KubeletReady", now)],
    addresses: [
      { type: "InternalIP", address: host.address },
      { type: "Hostname", address: host.name },
    ],
    ...resources,
  },
})

/** Creates the Node, or finds it there already; then its status says that it is ready. */
export const registerHost = (writer: KubeWriter["Type"], host: HostMachine): Effect.Effect<void, KubeError> =>
  Effect.gen(function* () {
    const object = hostObject(host, yield* Clock.currentTimeMillis)
    yield* Effect.catchIf(writer.create(Kinds.Node, object), isAlreadyExists, () => Effect.void)
    // A real API server drops the status of a creation.
    yield* writer.patch(
      Kinds.Node,
      { name: host.name },
      { type: "merge", body: { status: object.status }, subresource: "status" },
    )
  })
