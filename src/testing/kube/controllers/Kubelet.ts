/** The kubelets of all simulated hosts: one worker per bound pod, and the switches that break hosts. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Kinds, type ObjectRef } from "../../../domain/Kubernetes.js"
import { KubeReader, KubeWriter } from "../../../kube/KubeClient.js"
import { PodRuntime, type RunningProcess } from "../../PodRuntime.js"
import { type HostMachine, type HostOptions, makeHostMachine } from "./HostMachine.js"
import { type Change, Informers } from "./Informers.js"
import type { SettingsHandle } from "./KubeletSettings.js"
import { type ClaimObject, nameOf, type PodObject, uidOf } from "./objects.js"
import { byName } from "./podVolumes.js"
import { makePodWorker, type PodWorker } from "./PodWorker.js"

export interface KubeletOptions {
  readonly hosts: ReadonlyArray<HostOptions>
  readonly settings: SettingsHandle
  /** A pod IP nobody else has. */
  readonly allocateAddress: (pod: ObjectRef, host: string) => Effect.Effect<string>
  readonly releaseAddress: (address: string) => Effect.Effect<void>
}

export interface Kubelet {
  readonly hosts: ReadonlyMap<string, HostMachine>
  /** The server process in a pod; undefined while there is none. */
  readonly process: (pod: ObjectRef) => RunningProcess | undefined
  /** Have all pods of a host reported again (after somebody else wrote their conditions). */
  readonly refresh: (host: string) => Effect.Effect<void>
}

const key = (ref: ObjectRef): string => `${ref.namespace ?? ""}/${ref.name}`

/**
 * Runs pods that are bound to one of `hosts` until the scope closes; then every process is killed. Pods on other hosts are somebody
 * else's. Works on any Kubernetes API: the embedded one in virtual time, or a real one over HTTP.
 */
export const makeKubelet = (
  options: KubeletOptions,
): Effect.Effect<Kubelet, never, Informers | KubeReader | KubeWriter | PodRuntime | Scope.Scope> =>
  Effect.gen(function* () {
    const [reader, writer, runtime] = yield* Effect.all([KubeReader, KubeWriter, PodRuntime])
    const { follow } = yield* Informers
    const scope = yield* Effect.scope
    const machines = yield* Effect.forEach(options.hosts, makeHostMachine)
    const hosts = new Map(machines.map((host) => [host.name, host]))
    /** By pod UID, with the place the pod was seen at. */
    const workers = new Map<string, { readonly ref: string; readonly host: string; readonly worker: PodWorker }>()

    const claims = yield* follow<ClaimObject>(Kinds.PersistentVolumeClaim, () => Effect.void)

    const begin = (pod: PodObject): Effect.Effect<void> =>
      Effect.gen(function* () {
        const host = hosts.get(pod.spec?.nodeName ?? "")
        if (host === undefined || pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") return
        const worker = yield* makePodWorker(
          {
            reader,
            writer,
            runtime,
            host,
            settings: options.settings,
            claims: (namespace) => byName(claims.list(namespace)),
            allocateAddress: options.allocateAddress,
            releaseAddress: options.releaseAddress,
          },
          pod,
        )
        workers.set(uidOf(pod), {
          ref: key({ namespace: pod.metadata.namespace ?? "", name: nameOf(pod) }),
          host: host.name,
          worker,
        })
        yield* claims.synced.pipe(
          Effect.zipRight(worker.run),
          Effect.ensuring(
            Effect.suspend(() => {
              workers.delete(uidOf(pod))
              const left = worker.process()
              return left === undefined ? Effect.void : Effect.asVoid(left.kill)
            }),
          ),
          Effect.forkIn(scope),
        )
      })

    yield* follow<PodObject>(Kinds.Pod, ({ current, previous }: Change<PodObject>) => {
      if (current === undefined) return workers.get(uidOf(previous))?.worker.vanish ?? Effect.void
      const known = workers.get(uidOf(current))
      return known === undefined ? begin(current) : known.worker.update(current)
    })

    return {
      hosts,
      process: (pod) => {
        const found = [...workers.values()].filter((entry) => entry.ref === key(pod))
        return found.map(({ worker }) => worker.process()).find((process) => process !== undefined)
      },
      refresh: (host) =>
        Effect.forEach(
          [...workers.values()].filter((entry) => entry.host === host),
          ({ worker }) => worker.refresh,
          { discard: true },
        ),
    }
  })
