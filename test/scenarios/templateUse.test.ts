import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { Kinds, type KubeObject } from "../../src/domain/Kubernetes.js"
import { type Replicas, withReplicas } from "./replicas.js"
import { goodImage, namespace, resource } from "./stage.js"

const Templates = Kinds.AerospikeClusterTemplate
const ref = { name: "small" }
const asUser = { fieldManager: "user", force: true } as const

const template: KubeObject = {
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeClusterTemplate",
  metadata: ref,
  spec: { image: goodImage, size: 3, aerospikeConfig: { namespaceDefaults: { "replication-factor": 2 } } },
}
const cluster: KubeObject = {
  ...resource({}),
  spec: {
    templateRef: ref,
    aerospikeConfig: {
      namespaces: [{ name: "test", "storage-engine": { type: "memory", "data-size": 1_073_741_824 } }],
    },
  },
}

const stored = ({ world }: Replicas) => world.server.find(Templates, ref)
const usedBy = (replicas: Replicas) =>
  (stored(replicas)?.["status"] as { usedBy?: ReadonlyArray<string> } | undefined)?.usedBy ?? []
const isGuarded = (replicas: Replicas) => (stored(replicas)?.metadata.finalizers ?? []).length === 1

/** A template with one user, looked after by an operator that watches `watchNamespaces`. */
const used = (replicas: Replicas, watchNamespaces: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { start, until, world } = replicas
    const operator = yield* start("replica-1", { settings: { watchNamespaces } })
    yield* Effect.orDie(world.writer.apply(Templates, template, asUser))
    yield* Effect.orDie(world.writer.apply(Kinds.AerospikeCluster, cluster, asUser))
    yield* until("guarded", () => isGuarded(replicas))
    expect(usedBy(replicas)).toEqual([`${namespace}/db`])
    return operator
  })

const removeCluster = ({ until, world }: Replicas) =>
  Effect.gen(function* () {
    const db = { namespace, name: "db" }
    yield* Effect.orDie(world.writer.remove(Kinds.AerospikeCluster, db, {}))
    yield* until("cluster gone", () => world.server.find(Kinds.AerospikeCluster, db) === undefined)
  })

describe("who uses a template", () => {
  it.each([
    ["one namespace", "one more", [namespace], [namespace, "elsewhere"]],
    ["one namespace", "all", [namespace], []],
    ["all namespaces", "one", [], [namespace]],
  ])("W59: an operator that watched %s and now watches %s lets go of what its predecessor kept", (_, __, from, to) => {
    withReplicas((replicas) =>
      Effect.gen(function* () {
        const before = yield* used(replicas, from)
        yield* before.stop
        yield* replicas.start("replica-2", { settings: { watchNamespaces: to } })
        yield* removeCluster(replicas)
        yield* replicas.until("no longer guarded", () => !isGuarded(replicas) && usedBy(replicas).length === 0)
        yield* Effect.orDie(replicas.world.writer.remove(Templates, ref, {}))
        expect(stored(replicas)).toBeUndefined()
      }),
    )
  })

  it("W59: users in namespaces of another operator stay listed and keep the template, though lists are written at the same time", () => {
    withReplicas((replicas) =>
      Effect.gen(function* () {
        const { until, world } = replicas
        yield* used(replicas, [namespace])
        // The other operator is faster with a write of its own, every time until it has said all it has to say.
        const others = ["elsewhere/a", "elsewhere/b"]
        const said: Array<string> = []
        let isWriting = false
        world.server.gate.onRequest(({ resource, user, verb }) => {
          const next = others[said.length]
          if (user !== "replica-1" || verb !== "patch" || !resource.startsWith("aerospikeclustertemplates"))
            return undefined
          if (isWriting || next === undefined) return undefined
          isWriting = true
          said.push(next)
          const status = { usedBy: [...usedBy(replicas), next] }
          Effect.runSync(
            Effect.orDie(
              world.writer.patch(Templates, ref, { type: "merge", body: { status }, subresource: "status" }),
            ),
          )
          isWriting = false
          return undefined
        })
        yield* removeCluster(replicas)
        yield* until("all said", () => said.length === 2)
        yield* until("unlisted", () => !usedBy(replicas).includes(`${namespace}/db`))
        yield* Effect.sleep("1 minute")
        expect(usedBy(replicas)).toEqual(others)
        expect(isGuarded(replicas)).toBe(true)
      }),
    )
  })
})
