/** The life of clusters with the rights of the manifests, and what is left behind about everything that was taken away. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { parseAllDocuments } from "yaml"
import { manifestFiles } from "../../src/cli/manifests.js"
import type { PolicyRule } from "../../src/cli/manifests/rbac.js"
import { Kinds, type KubeObject } from "../../src/domain/Kubernetes.js"
import { Stores } from "../../src/observe/Sources.js"
import type { RequestInfo } from "../../src/testing/kube/RequestGate.js"
import { type Replicas, withReplicas } from "./replicas.js"
import { namespace, newImage, resource, type Wish } from "./stage.js"

const elsewhere = "elsewhere"

const apply = ({ world }: Replicas, wish: Wish, at = namespace) => {
  const wanted = resource(wish)
  return Effect.orDie(
    world.writer.apply(
      Kinds.AerospikeCluster,
      { ...wanted, metadata: { ...wanted.metadata, namespace: at } },
      { fieldManager: "user", force: true },
    ),
  )
}

const pods = ({ world }: Replicas): ReadonlyArray<KubeObject> => world.server.list(Kinds.Pod, { namespace }).items

const settled = (replicas: Replicas, size: number, image: string) =>
  replicas.until(
    `${size} pods of ${image}`,
    () =>
      replicas.phase() === "Completed" &&
      pods(replicas).length === size &&
      pods(replicas).every((pod) => JSON.stringify(pod["spec"]).includes(image)),
  )

/** Created on disks and in racks, updated, shrunk by a rack, deleted. */
const life = (replicas: Replicas) =>
  Effect.gen(function* () {
    const { until, world } = replicas
    const old = "aerospike:ce-8.1.1.1"
    const wish: Wish = { size: 4, racks: [1, 2], persistent: true }
    yield* apply(replicas, { ...wish, image: old })
    yield* settled(replicas, 4, old)
    yield* apply(replicas, { ...wish, image: newImage })
    yield* settled(replicas, 4, newImage)
    yield* apply(replicas, { ...wish, size: 2, racks: [1], image: newImage })
    yield* settled(replicas, 2, newImage)
    yield* Effect.sleep("1 minute")
    yield* Effect.orDie(world.writer.remove(Kinds.AerospikeCluster, { namespace, name: "db" }, {}))
    yield* until("all gone", () => world.server.find(Kinds.AerospikeCluster, { namespace, name: "db" }) === undefined)
    yield* until("pods gone", () => pods(replicas).length === 0)
    yield* Effect.sleep("5 seconds")
  })

describe("an operator for one namespace", () => {
  interface Granted {
    readonly kind: string
    readonly metadata: { readonly name: string; readonly namespace?: string }
    readonly rules?: ReadonlyArray<PolicyRule>
  }
  const files = manifestFiles({ watchNamespaces: [namespace] })
  const granted = ["rbac/role.yaml", "rbac/leader_election.yaml"]
    .flatMap((file) => parseAllDocuments(files[file] ?? "").map((document) => document.toJSON() as Granted))
    .filter(({ rules }) => rules !== undefined)

  const isGranted = ({ group, name, namespace: at, resource: plural, subresource, verb }: RequestInfo): boolean =>
    granted.some(
      ({ kind, metadata, rules = [] }) =>
        (kind === "ClusterRole" || metadata.namespace === at) &&
        rules.some(
          (rule) =>
            rule.apiGroups.includes(group) &&
            rule.verbs.includes(verb) &&
            rule.resources.includes(subresource === undefined ? plural : `${plural}/${subresource}`) &&
            (rule.resourceNames === undefined || (name !== undefined && rule.resourceNames.includes(name))),
        ),
    )

  it("R131: a whole life needs no more than Roles there, and nothing elsewhere is read or touched", () => {
    withReplicas((replicas) =>
      Effect.gen(function* () {
        const { server } = replicas.world
        server.create(Kinds.Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: elsewhere } })
        const refused: Array<RequestInfo> = []
        const places = new Set<string>()
        server.gate.onRequest((request) => {
          if (!request.user.startsWith("replica-")) return undefined
          places.add(request.namespace ?? `all ${request.resource}`)
          if (!isGranted(request)) refused.push(request)
          return undefined
        })
        yield* apply(replicas, { size: 2 }, elsewhere)
        yield* replicas.start("replica-1", { settings: { watchNamespaces: [namespace] } })
        yield* life(replicas)
        expect(refused).toEqual([])
        expect([...places].sort()).toEqual([
          "acko-system",
          namespace,
          "all aerospikeclustertemplates",
          "all storageclasses",
        ])
        expect(server.find(Kinds.AerospikeCluster, { namespace: elsewhere, name: "db" })?.["status"]).toBeUndefined()
      }),
    )
  }, 60_000)
})

describe("what was taken away", () => {
  it("R137: every deletion has one Event of its own with the uid, and of a healthy member what made it safe", () => {
    withReplicas((replicas) =>
      Effect.gen(function* () {
        const { server } = replicas.world
        const taken: Array<{ readonly what: string; readonly uid: string; readonly isDeleting: boolean }> = []
        const kindOf = (plural: string) => Object.values(Kinds).find((kind) => kind.plural === plural)
        server.gate.onRequest(({ name = "", namespace: at = "", resource: plural, user, verb }) => {
          const kind = kindOf(plural)
          if (!user.startsWith("replica-") || verb !== "delete" || kind === undefined) return undefined
          const found = server.find(kind, { namespace: at, name })
          const cluster = server.find(Kinds.AerospikeCluster, { namespace: at, name: "db" })
          const isDeleting = cluster?.metadata.deletionTimestamp !== undefined
          taken.push({ what: `${kind.kind} ${name}`, uid: found?.metadata.uid ?? "", isDeleting })
          return undefined
        })
        yield* replicas.start("replica-1")
        yield* life(replicas)
        const messages = server.list(Kinds.CoreEvent, { namespace }).items.map(({ message }) => String(message))
        expect(taken.filter(({ what }) => what.startsWith("Pod "))).toHaveLength(4)
        expect(taken.some(({ what }) => what.startsWith("StatefulSet "))).toBe(true)
        expect(new Set(taken.map(({ uid }) => uid)).size).toBe(taken.length)
        for (const { uid, what } of taken) {
          const told = messages.filter((message) => message.includes(uid))
          expect([what, told.length]).toEqual([what, 1])
          if (what.startsWith("Pod "))
            expect(told[0]).toMatch(/version \d+.*cluster key [0-9A-F]+, size 4, migrations 0, read twice$/)
        }
        // Shrinking deletes no pod itself: lowering the replicas does, and that is told with its evidence.
        const shrunk = messages.filter((message) => /: \d → \d pods/.test(message))
        expect(shrunk.length).toBeGreaterThan(0)
        for (const message of shrunk)
          expect(message).toMatch(/cluster key [0-9A-F]+, size \d, migrations 0, read twice/)
      }),
    )
  }, 60_000)
})

describe("a crowd", () => {
  it("R139: of 10,000 pods of others in the namespace none is ever asked for, listed or held", () => {
    withReplicas((replicas) =>
      Effect.gen(function* () {
        const { server } = replicas.world
        const crowd = 10_000
        for (let i = 0; i < crowd; i += 1)
          server.create(Kinds.Pod, {
            apiVersion: "v1",
            kind: "Pod",
            metadata: { name: `other-${i}`, namespace, labels: { app: "other" } },
            spec: { containers: [{ name: "c", image: "x:1" }], nodeName: "nowhere" },
          })
        const { inside } = yield* replicas.start("replica-1")
        yield* apply(replicas, { size: 3 })
        yield* replicas.until("created", () => replicas.phase() === "Completed")
        const held = yield* Effect.provide(
          Effect.flatMap(Stores, ({ pods: store }) => store.list),
          inside,
        )
        expect(held.map(({ name }) => name).sort()).toEqual(["db-0-0", "db-0-1", "db-0-2"])
        expect(pods(replicas).length).toBe(crowd + 3)
      }),
    )
  }, 120_000)
})
