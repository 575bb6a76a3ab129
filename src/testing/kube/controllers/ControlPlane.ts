/** Everything that acts on the objects of a cluster besides the operator: controllers, scheduler, kubelets, host life cycle. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { KubeReader, KubeWriter } from "../../../kube/KubeClient.js"
import type { KubeError } from "../../../kube/KubeError.js"
import type { PodRuntime } from "../../PodRuntime.js"
import { runClaimController } from "./ClaimController.js"
import { runDisruptionController } from "./DisruptionController.js"
import { type HostControls, makeHostLifecycle } from "./HostLifecycle.js"
import type { Informers } from "./Informers.js"
import { type Kubelet, type KubeletOptions, makeKubelet } from "./Kubelet.js"
import { runScheduler } from "./Scheduler.js"
import { runStatefulSetController } from "./StatefulSetController.js"

export interface ControlPlaneOptions extends KubeletOptions {
  /** Told the UID of a claim that is gone: its data is gone too. */
  readonly releaseVolume: (claimUid: string) => Effect.Effect<void>
}

export interface ControlPlane {
  readonly kubelet: Kubelet
  readonly hosts: HostControls
}

/** Starts all of it in the scope; returns when the hosts are registered. */
export const makeControlPlane = (
  options: ControlPlaneOptions,
): Effect.Effect<ControlPlane, KubeError, Informers | KubeReader | KubeWriter | PodRuntime | Scope.Scope> =>
  Effect.gen(function* () {
    yield* runStatefulSetController
    yield* runClaimController(options.releaseVolume)
    yield* runDisruptionController
    const kubelet = yield* makeKubelet(options)
    const hosts = yield* makeHostLifecycle(kubelet, options.settings)
    yield* runScheduler
    return { kubelet, hosts }
  })
