/**
 * Steering a sandbox with nothing but `kubectl`. What can be said where:
 *
 * | Object | Key | Effect |
 * |---|---|---|
 * | ConfigMap `kube-system/sandbox-control`, `data` | a kubelet setting: `podStartMs`, `probeDelayMs`, `probePeriodMs`, `preStopMs`, `restartPauseMs`, `stableRunMs`, `graceFactor`, `hostGraceMs`, `evictAfterMs` | in force at once |
 * | same | `apiOutageMs` | the API refuses connections for that long, each time the value changes |
 * | same | `refuseWatches` | `"true"`: watches are refused and running ones cut until it is not; lists go on |
 * | same | `cutWatches` | all watches are cut each time the value changes |
 * | same | `stallWatches` | running watches fall silent for ever, without an error, each time the value changes |
 * | Node | annotation `sandbox.acko.io/host` | `lost` (cut off), `dark` (without power), anything else or absent: back |
 * | Pod | annotation `sim.acko.io/fault` | the fault of the Aerospike node in it, also while it runs: `hang`, `slow:250`, `crash:1`, … |
 *
 * Further annotations of pods are read when a pod starts: see `ControlAnnotation` and the simulator's settings.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Kinds, type KubeObject, type ObjectRef } from "../domain/Kubernetes.js"
import type { HostControls } from "../testing/kube/controllers/HostLifecycle.js"
import { Informers } from "../testing/kube/controllers/Informers.js"
import {
  defaultSettings,
  type KubeletSettings,
  type SettingsHandle,
} from "../testing/kube/controllers/KubeletSettings.js"
import { nameOf, namespaceOf } from "../testing/kube/controllers/objects.js"

export const controlMap: ObjectRef = { namespace: "kube-system", name: "sandbox-control" }
export const hostAnnotation = "sandbox.acko.io/host"
export const faultAnnotation = "sim.acko.io/fault"

/** What a sandbox lets people do to it. */
export interface Switches {
  readonly settings: SettingsHandle
  readonly hosts: HostControls
  /** Fault text as in the annotation; undefined heals. */
  readonly setFault: (pod: ObjectRef, fault: string | undefined) => Effect.Effect<void>
  readonly failApi: (millis: number) => Effect.Effect<void>
  readonly refuseWatches: (isRefused: boolean) => Effect.Effect<void>
  readonly cutWatches: Effect.Effect<void>
  readonly stallWatches: Effect.Effect<void>
}

type Data = Readonly<Record<string, string>>

/** Settings named in `data`; what is no number of at least 0 is ignored. */
export const settingsIn = (data: Data): Partial<KubeletSettings> =>
  Object.fromEntries(
    Object.keys(defaultSettings).flatMap((key) => {
      const value = data[key]?.trim() ?? ""
      return value !== "" && Number(value) >= 0 ? [[key, Number(value)]] : []
    }),
  )

const dataOf = (object: KubeObject | undefined): Data => (object?.["data"] ?? {}) as Data
const annotation = (object: KubeObject | undefined, key: string): string | undefined =>
  object?.metadata.annotations?.[key]

/** Follows the objects above until the scope closes. Each change acts once. */
export const runRemoteControl = (switches: Switches): Effect.Effect<void, never, Informers | Scope.Scope> =>
  Effect.gen(function* () {
    const { follow } = yield* Informers
    const onControl = (now: Data, before: Data): Effect.Effect<void> =>
      Effect.gen(function* () {
        switches.settings.change(settingsIn(now))
        const outage = Number(now["apiOutageMs"])
        if (now["apiOutageMs"] !== before["apiOutageMs"] && outage > 0) yield* switches.failApi(outage)
        if (now["refuseWatches"] !== before["refuseWatches"])
          yield* switches.refuseWatches(now["refuseWatches"] === "true")
        if (now["cutWatches"] !== before["cutWatches"]) yield* switches.cutWatches
        if (now["stallWatches"] !== before["stallWatches"]) yield* switches.stallWatches
      })
    yield* follow<KubeObject>(Kinds.ConfigMap, ({ current, previous }) => {
      const subject = current ?? previous
      const isControl = nameOf(subject) === controlMap.name && namespaceOf(subject) === controlMap.namespace
      return isControl ? onControl(dataOf(current), dataOf(previous)) : Effect.void
    })
    yield* follow<KubeObject>(Kinds.Node, ({ current, previous }) => {
      const wanted = annotation(current, hostAnnotation)
      if (current === undefined || wanted === annotation(previous, hostAnnotation)) return Effect.void
      if (wanted !== "lost" && wanted !== "dark") return switches.hosts.restoreHost(nameOf(current))
      return switches.hosts.loseHost(nameOf(current), { power: wanted === "dark" })
    })
    yield* follow<KubeObject>(Kinds.Pod, ({ current, previous }) => {
      const wanted = annotation(current, faultAnnotation)
      // The fault a pod is born with is read by its process at start.
      if (current === undefined || previous === undefined || wanted === annotation(previous, faultAnnotation))
        return Effect.void
      return switches.setFault({ namespace: namespaceOf(current), name: nameOf(current) }, wanted)
    })
  })
