import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { KubeReader, KubeWriter } from "../../../../src/kube/KubeClient.js"
import { makeAddressPool } from "../../../../src/testing/kube/controllers/AddressPool.js"
import { makeControlPlane } from "../../../../src/testing/kube/controllers/ControlPlane.js"
import { basicObjects } from "../../../../src/testing/kube/controllers/EmbeddedWorld.js"
import type { HostControls } from "../../../../src/testing/kube/controllers/HostLifecycle.js"
import { layerInformers } from "../../../../src/testing/kube/controllers/Informers.js"
import { type KubeletSettings, makeSettings } from "../../../../src/testing/kube/controllers/KubeletSettings.js"
import { runGarbageCollector } from "../../../../src/testing/kube/GarbageCollector.js"
import { layerMemory, makeServer } from "../../../../src/testing/kube/MemoryKube.js"
import { make as makeVirtualTime } from "../../../../src/testing/simulation/VirtualTime.js"
import { namespace } from "./builders.js"
import { makeScript, type Script } from "./ScriptedRuntime.js"

export interface TestWorld {
  readonly script: Script
  readonly controls: HostControls
  /** Successful and refused requests so far of a verb on a resource (`pods/status`). */
  readonly requests: (verb: string, resource: string) => number
}

/** Runs a program to its end in virtual time; `Effect.sleep` in it costs nothing. Each seed is another order of events. */
export const runVirtual = <A, E>(seed: number, program: Effect.Effect<A, E, Scope.Scope>): A => {
  const time = makeVirtualTime({ seed, startAt: 0, permute: seed !== 0 })
  let exit: Exit.Exit<A, E> | undefined
  const fiber = Effect.runFork(Effect.scoped(program).pipe(Effect.provide(time.layer)), { scheduler: time.scheduler })
  fiber.addObserver((done) => (exit = done))
  time.runUntil(24 * 3_600_000, () => exit === undefined)
  if (exit === undefined) throw new Error(`not finished after a virtual day (seed ${seed})`)
  return Exit.match(exit, {
    onSuccess: (value) => value,
    onFailure: (cause) => {
      throw Cause.squash(cause)
    },
  })
}

/** The orders of events every test is run in: the natural one and a permutation. */
const seeds = [0, 1]

/** A test against API server, control plane and scripted processes on three hosts, in virtual time. */
export const inWorld =
  (
    options: { readonly settings?: Partial<KubeletSettings> },
    body: (world: TestWorld) => Effect.Effect<unknown, unknown, KubeReader | KubeWriter>,
  ) =>
  (): void => {
    for (const seed of seeds) runVirtual(seed, oneWorld(options, body))
  }

const oneWorld = (
  options: { readonly settings?: Partial<KubeletSettings> },
  body: (world: TestWorld) => Effect.Effect<unknown, unknown, KubeReader | KubeWriter>,
) =>
  Effect.gen(function* () {
    const server = yield* makeServer({
      objects: [...basicObjects, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }],
    })
    yield* Effect.forkScoped(runGarbageCollector(server))
    const log: Array<string> = []
    server.gate.onRequest(({ resource, subresource, verb }) => {
      log.push(`${verb} ${resource}${subresource === undefined ? "" : `/${subresource}`}`)
      return undefined
    })
    const pool = makeAddressPool("10.1")
    const { layer, script } = makeScript()
    const kube = layerMemory(server, { as: "test" })
    yield* Effect.gen(function* () {
      const { hosts } = yield* makeControlPlane({
        hosts: [0, 1, 2].map((i) => ({ name: `host-${i}`, address: `10.0.0.${i + 1}` })),
        settings: makeSettings(options.settings ?? {}),
        allocateAddress: () => pool.allocate,
        releaseAddress: pool.release,
        releaseVolume: () => Effect.void,
      })
      yield* body({
        script,
        controls: hosts,
        requests: (verb, resource) => log.filter((line) => line === `${verb} ${resource}`).length,
      })
    }).pipe(Effect.provide(Layer.provideMerge(layerInformers, Layer.merge(kube, layer))))
  })
