/**
 * What Kubernetes does about hosts: it registers them, notices a silent one after a while, marks its pods unready, deletes them after
 * their toleration, and removes pods by force only when the host is gone for good (deleted, or tainted `out-of-service`; R90).
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import type * as Scope from "effect/Scope"
import { Kinds } from "../../../domain/Kubernetes.js"
import { KubeWriter } from "../../../kube/KubeClient.js"
import { isConflict, isNotFound, type KubeError } from "../../../kube/KubeError.js"
import { ready, registerHost } from "./hosts.js"
import { Informers } from "./Informers.js"
import type { Kubelet } from "./Kubelet.js"
import type { SettingsHandle } from "./KubeletSettings.js"
import { conditionOf, type HostObject, nameOf, type PodObject, refOf, type Taint, uidOf } from "./objects.js"

/** Switches for hosts. Each names a host of the world; an unknown name does nothing. */
export interface HostControls {
  /**
   * The host stops talking to the API server: its pods are no longer reported or stopped. Their processes run on, or die at once with
   * `power`. After `hostGraceMs` Kubernetes notices.
   */
  readonly loseHost: (name: string, options?: { readonly power?: boolean }) => Effect.Effect<void>
  /** Back again: deletions are carried out, pods of a host that had lost power start anew with other addresses. */
  readonly restoreHost: (name: string) => Effect.Effect<void>
  /** No new pods (`kubectl cordon`). */
  readonly cordon: (name: string) => Effect.Effect<void, KubeError>
  readonly uncordon: (name: string) => Effect.Effect<void, KubeError>
}

const unreachable = "node.kubernetes.io/unreachable"
const outOfService = "node.kubernetes.io/out-of-service"
const unreachableTaints: ReadonlyArray<Taint> = [
  { key: unreachable, effect: "NoSchedule" },
  { key: unreachable, effect: "NoExecute" },
]

/** How long a pod stays on an unreachable host, ms; undefined: for ever. */
const toleratedFor = (pod: PodObject, fallbackMs: number): number | undefined => {
  const own = (pod.spec?.tolerations ?? []).find(
    ({ effect, key, operator }) =>
      (key === unreachable || (key === undefined && operator === "Exists")) &&
      (effect === undefined || effect === "" || effect === "NoExecute"),
  )
  if (own === undefined) return fallbackMs
  return own.tolerationSeconds === undefined ? undefined : own.tolerationSeconds * 1000
}

/** Registers the hosts and runs until the scope closes. Loss is an event here, so nothing is polled and no heartbeat is written. */
export const makeHostLifecycle = (
  kubelet: Kubelet,
  settings: SettingsHandle,
): Effect.Effect<HostControls, KubeError, Informers | KubeWriter | Scope.Scope> =>
  Effect.gen(function* () {
    const writer = yield* KubeWriter
    const { follow } = yield* Informers
    /** Pending consequences of a loss, by host; interrupted when it returns. */
    const losses = yield* FiberMap.make<string>()

    const quietly = (write: Effect.Effect<unknown, KubeError>): Effect.Effect<void> =>
      Effect.asVoid(write).pipe(
        Effect.catchAll((error) =>
          isNotFound(error) || isConflict(error)
            ? Effect.void
            : Effect.logDebug(error.message).pipe(
                Effect.zipRight(Effect.sleep(500)),
                Effect.zipRight(Effect.suspend(() => quietly(write))),
              ),
        ),
      )

    yield* Effect.forEach(kubelet.hosts.values(), (host) => registerHost(writer, host), { discard: true })

    const podsOn = (host: string): ReadonlyArray<PodObject> => pods.list().filter((pod) => pod.spec?.nodeName === host)
    const removePod = (pod: PodObject, gracePeriodSeconds?: number): Effect.Effect<void> =>
      quietly(
        writer.remove(Kinds.Pod, refOf(pod), {
          preconditions: { uid: uidOf(pod) },
          ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
        }),
      )

    const setHost = (name: string, status: string, reason: string, taints: ReadonlyArray<Taint>): Effect.Effect<void> =>
      Effect.gen(function* () {
        const others = (machines.get({ name })?.spec?.taints ?? []).filter((taint) => taint.key !== unreachable)
        yield* quietly(
          writer.patch(Kinds.Node, { name }, { type: "merge", body: { spec: { taints: [...others, ...taints] } } }),
        )
        const condition = ready(status, reason, yield* Clock.currentTimeMillis)
        yield* quietly(
          writer.patch(
            Kinds.Node,
            { name },
            { type: "strategic", body: { status: { conditions: [condition] } }, subresource: "status" },
          ),
        )
      })

    const markUnready = (pod: PodObject): Effect.Effect<void> =>
      Effect.gen(function* () {
        if (conditionOf(pod.status?.conditions, "Ready")?.status !== "True") return
        const condition = { ...ready("False", "NodeNotReady", yield* Clock.currentTimeMillis), lastHeartbeatTime: null }
        yield* quietly(
          writer.patch(Kinds.Pod, refOf(pod), {
            type: "strategic",
            body: { metadata: { uid: uidOf(pod) }, status: { conditions: [condition] } },
            subresource: "status",
            fieldManager: "node-lifecycle",
          }),
        )
      })

    const evict = (pod: PodObject): Effect.Effect<void> => {
      const patience = toleratedFor(pod, settings.current().evictAfterMs)
      return patience === undefined ? Effect.void : Effect.zipRight(Effect.sleep(patience), removePod(pod))
    }

    const consequences = (name: string): Effect.Effect<void> =>
      Effect.gen(function* () {
        yield* Effect.sleep(settings.current().hostGraceMs)
        yield* setHost(name, "Unknown", "NodeStatusUnknown", unreachableTaints)
        yield* Effect.forEach(podsOn(name), markUnready, { discard: true })
        yield* Effect.forEach(podsOn(name), evict, { concurrency: "unbounded", discard: true })
      })

    const collect = (name: string): Effect.Effect<void> =>
      Effect.forEach(podsOn(name), (pod) => removePod(pod, 0), { discard: true })
    const isGoneForGood = (host: HostObject | undefined): boolean =>
      host === undefined || (host.spec?.taints ?? []).some((taint) => taint.key === outOfService)

    const pods = yield* follow<PodObject>(Kinds.Pod, () => Effect.void)
    const machines = yield* follow<HostObject>(Kinds.Node, ({ current, previous }) =>
      isGoneForGood(current) ? collect(nameOf(current ?? previous)) : Effect.void,
    )

    const setUnschedulable = (name: string, unschedulable: boolean) =>
      Effect.asVoid(writer.patch(Kinds.Node, { name }, { type: "merge", body: { spec: { unschedulable } } }))

    return {
      loseHost: (name, { power = false } = {}) =>
        Effect.gen(function* () {
          const host = kubelet.hosts.get(name)
          if (host === undefined) return
          yield* host.lose(power)
          yield* FiberMap.run(losses, name, consequences(name))
        }),
      restoreHost: (name) =>
        Effect.gen(function* () {
          const host = kubelet.hosts.get(name)
          if (host === undefined || host.isConnected()) return
          yield* FiberMap.remove(losses, name)
          yield* setHost(name, "True", "KubeletReady", [])
          yield* host.restore
          yield* kubelet.refresh(name)
        }),
      cordon: (name) => setUnschedulable(name, true),
      uncordon: (name) => setUnschedulable(name, false),
    }
  })
