/**
 * What kubelets tell a real control plane about their hosts: each registers its Node and renews a Lease in `kube-node-lease`, so that
 * kube-controller-manager keeps counting it as ready. What follows from silence is that program's business, not ours (in the embedded
 * world: `HostLifecycle`).
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { apiVersionOf, Kinds } from "../../../domain/Kubernetes.js"
import { KubeWriter } from "../../../kube/KubeClient.js"
import type { KubeError } from "../../../kube/KubeError.js"
import { microTime } from "../../../kube/Lease.js"
import type { HostMachine } from "./HostMachine.js"
import { ready, registerHost } from "./hosts.js"
import { Informers } from "./Informers.js"
import type { Kubelet } from "./Kubelet.js"
import { conditionOf, type HostObject } from "./objects.js"

/** As a kubelet has it: a Lease of 40 s, renewed every 10 s. */
const leaseSeconds = 40
const renewEveryMs = 10_000
const retryMs = 1_000
const leaseNamespace = "kube-node-lease"

/** Registers the hosts of the kubelet and reports them until the scope closes. A host that is cut off falls silent; its return is reported. */
export const runHeartbeats = (kubelet: Kubelet): Effect.Effect<void, KubeError, Informers | KubeWriter | Scope.Scope> =>
  Effect.gen(function* () {
    const writer = yield* KubeWriter
    const { follow } = yield* Informers
    const machines = yield* follow<HostObject>(Kinds.Node, () => Effect.void)
    yield* Effect.forEach(kubelet.hosts.values(), (host) => registerHost(writer, host), {
      concurrency: "unbounded",
      discard: true,
    })

    const beat = ({ name }: HostMachine): Effect.Effect<void, KubeError> =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const lease = {
          apiVersion: apiVersionOf(Kinds.Lease),
          kind: Kinds.Lease.kind,
          metadata: { namespace: leaseNamespace, name },
          spec: { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime: microTime(now) },
        }
        yield* writer.apply(Kinds.Lease, lease, { fieldManager: "kubelet" })
        const seen = machines.get({ name })
        if (seen === undefined || conditionOf(seen.status?.conditions, "Ready")?.status === "True") return
        // Counted as lost meanwhile: back again, and so are its pods, which others have marked.
        const body = { status: { conditions: [ready("True", "KubeletReady", now)] } }
        yield* writer.patch(Kinds.Node, { name }, { type: "strategic", body, subresource: "status" })
        yield* kubelet.refresh(name)
      })

    const beats = (host: HostMachine): Effect.Effect<never> =>
      host.connected.pipe(
        Effect.zipRight(beat(host)),
        Effect.matchEffect({
          onFailure: (error) => Effect.zipRight(Effect.logDebug(error.message), Effect.sleep(retryMs)),
          onSuccess: () => Effect.sleep(renewEveryMs),
        }),
        Effect.forever,
      )
    yield* Effect.forEach(kubelet.hosts.values(), (host) => Effect.forkScoped(beats(host)), { discard: true })
  })
