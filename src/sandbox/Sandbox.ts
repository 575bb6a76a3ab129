/**
 * The embedded world with real sockets: an API server on loopback that `kubectl` can talk to, and in each pod an Aerospike node with its
 * own address and port 3000 that any client can connect to. Runs on the real clock, in this process, until its scope closes.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type { PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { randomBytes } from "node:crypto"
import type { KubeObject } from "../domain/Kubernetes.js"
import type { KubeError } from "../kube/KubeError.js"
import { layerWorld } from "../testing/aerospike/AerospikeWorld.js"
import { layerLoopback } from "../testing/aerospike/loopback.js"
import { parseFault } from "../testing/aerospike/Settings.js"
import { layerSimulated } from "../testing/aerospike/SimulatedPods.js"
import type { Admission } from "../testing/kube/ApiServer.js"
import { type EmbeddedWorld, makeEmbeddedWorld, namedHosts } from "../testing/kube/controllers/EmbeddedWorld.js"
import { Informers } from "../testing/kube/controllers/Informers.js"
import { ControllerLag } from "../testing/kube/controllers/KeyedLoop.js"
import type { KubeletSettings } from "../testing/kube/controllers/KubeletSettings.js"
import { operatorAdmission } from "./admission.js"
import { type HttpFace, type ListenError, makeHttpFace } from "./http/HttpFace.js"
import { writeKubeconfig } from "./http/kubeconfig.js"
import { runRemoteControl, type Switches } from "./RemoteControl.js"

export interface SandboxOptions {
  /** Port of the API server. Default: any free one. */
  readonly port?: number
  /** Where the kubeconfig is written (readable by the owner alone). Default: a file in a new temporary directory, removed at the end. */
  readonly kubeconfig?: string
  /** CustomResourceDefinitions and whatever else exists from the start. */
  readonly objects?: ReadonlyArray<KubeObject>
  /** Default: the operator's webhooks, so that a wrong resource is refused when it is applied. */
  readonly admission?: ReadonlyArray<Admission>
  /** How many hosts. Default 9. */
  readonly hosts?: number
  /** Default: a pod needs 500 ms, a probe asks once a second; otherwise as in Kubernetes. */
  readonly settings?: Partial<KubeletSettings>
  /** More users of the API, each with a token of its own. */
  readonly users?: ReadonlyArray<string>
  /** Second number of the loopback addresses `127.<net>.x.y`, 2 to 254: two sandboxes on one machine need different ones. */
  readonly net?: number
}

export interface Sandbox {
  readonly world: EmbeddedWorld
  readonly api: HttpFace
  /** Bearer token of the administrator, for clients without a kubeconfig. */
  readonly token: string
  /** Tokens of the other users, by name. */
  readonly tokens: Readonly<Record<string, string>>
  /** Path of the kubeconfig. */
  readonly kubeconfig: string
  readonly switches: Switches
}

const sandboxSettings: Partial<KubeletSettings> = { podStartMs: 500, probePeriodMs: 1_000 }
const defaultNet = 55

/** The namespace that contexts of the kubeconfig point at. */
const namespace = "aerospike"

const storeKubeconfig = (
  file: string | undefined,
  api: HttpFace,
  token: string,
): Effect.Effect<string, PlatformError, FileSystem.FileSystem | Path.Path | Scope.Scope> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const target =
      file ?? path.join(yield* files.makeTempDirectoryScoped({ prefix: "acko-sandbox-" }), "kubeconfig.yaml")
    yield* writeKubeconfig(target, { server: api.url, certificate: api.certificate, token, namespace })
    return path.resolve(target)
  })

/** Every connection is refused for a while; watches break. Returns at once. */
const outage = (api: HttpFace, millis: number, scope: Scope.Scope): Effect.Effect<void> =>
  api.beginOutage.pipe(
    Effect.zipRight(Effect.sleep(millis)),
    Effect.zipRight(Effect.catchAll(api.endOutage, (error) => Effect.logError(error.message))),
    Effect.forkIn(scope),
    Effect.asVoid,
  )

/** About what a watch round trip and a queue cost the controllers of a real cluster. */
const controllerLagMs = 10

/** Assembles and starts the sandbox; everything ends with the scope: sockets, processes, temporary files. */
export const makeSandbox = (
  options: SandboxOptions = {},
): Effect.Effect<Sandbox, KubeError | ListenError | PlatformError, FileSystem.FileSystem | Path.Path | Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const net = options.net ?? defaultNet
    const nodes = yield* Layer.build(Layer.provideMerge(Layer.merge(layerSimulated, layerLoopback), layerWorld()))
    const world = yield* makeEmbeddedWorld({
      hosts: namedHosts(options.hosts ?? 9, (index) => `127.${net}.254.${index + 1}`),
      settings: { ...sandboxSettings, ...options.settings },
      addressPrefix: `127.${net}`,
      ...(options.objects && { objects: options.objects }),
      admission: options.admission ?? [operatorAdmission],
    }).pipe(Effect.provideService(ControllerLag, controllerLagMs), Effect.provide(nodes))
    const newToken = () => randomBytes(24).toString("base64url")
    const token = newToken()
    const tokens = Object.fromEntries((options.users ?? []).map((user) => [user, newToken()]))
    const api = yield* makeHttpFace(world.server, {
      tokens: {
        [token]: "kubernetes-admin",
        ...Object.fromEntries(Object.entries(tokens).map(([user, secret]) => [secret, user])),
      },
      ...(options.port !== undefined && { port: options.port }),
    })
    const switches: Switches = {
      settings: world.settings,
      hosts: world.hosts,
      setFault: ({ name, namespace: of = "default" }, fault) =>
        world.aerospike.setFault(`${of}/${name}`, parseFault(fault)),
      failApi: (millis) => outage(api, millis, scope),
      refuseWatches: (isRefused) =>
        Effect.sync(() => {
          api.faults.refuseWatches(isRefused)
          if (isRefused) api.faults.cutWatches()
        }),
      cutWatches: Effect.sync(() => void api.faults.cutWatches()),
      stallWatches: Effect.sync(() => void api.faults.stallWatches()),
    }
    yield* Effect.provideService(runRemoteControl(switches), Informers, world.informers)
    return { world, api, token, tokens, switches, kubeconfig: yield* storeKubeconfig(options.kubeconfig, api, token) }
  })
