import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { aerospikeClusterCrd } from "../../../src/decide/crd.js"
import { Kinds, type KubeObject } from "../../../src/domain/Kubernetes.js"
import { Annotation, Label, selectorLabels } from "../../../src/domain/Labels.js"
import { KubeReader, KubeWriter } from "../../../src/kube/KubeClient.js"
import type { Member } from "../../../src/testing/aerospike/AerospikeWorld.js"
import { basicObjects } from "../../../src/testing/kube/controllers/EmbeddedWorld.js"
import { makeApiServer } from "../../../src/testing/kube/makeApiServer.js"
import { countingUids, layerMemory } from "../../../src/testing/kube/MemoryKube.js"
import { makeJudge } from "../../../src/testing/simulation/Judge.js"
import { clusterKey, resourceOf } from "../../../src/testing/simulation/Workload.js"

const wish = { size: 3, image: "aerospike:ce-8.1.1.1", protoFdMax: 15_000, storage: "memory" } as const
const pod = { namespace: clusterKey.namespace, name: "db-0-2" }
const labels = selectorLabels(clusterKey.name)
const hash = { [Annotation.templateHash]: "one" }

/** A cluster of three as the operator would have made it, its nodes reduced to what the judge asks. */
const makeScene = () => {
  let now = Date.UTC(2026, 0, 1)
  const server = makeApiServer({
    now: () => now,
    nextUid: countingUids(),
    objects: [...basicObjects, aerospikeClusterCrd()],
  })
  const nodes = { lost: 0, isWhole: true }
  const member: Member = { pod: "aerospike/db-0-0", nodeId: "A", address: "", clusterKey: "K", clusterSize: 3 }
  const judge = makeJudge(
    {
      server,
      aerospike: {
        lostRecords: Effect.sync(() => nodes.lost),
        members: () => Effect.sync(() => (nodes.isWhole ? [member, member, member] : [member])),
        settledAt: () => Effect.sync(() => (nodes.isWhole ? now : undefined)),
      },
    },
    { namespace: clusterKey.namespace, cluster: clusterKey.name, maxUnavailable: 1, now: () => now },
  )
  judge.setLiving("operator-1")
  const owner = server.create(Kinds.AerospikeCluster, resourceOf(wish))
  const template = {
    metadata: { labels, annotations: hash },
    spec: { containers: [{ name: "aerospike", image: wish.image }] },
  }
  const controlledBy = (kind: string, object: KubeObject) => [
    {
      apiVersion: object.apiVersion ?? "",
      kind,
      name: object.metadata.name ?? "",
      uid: object.metadata.uid ?? "",
      controller: true,
    },
  ]
  const setOf = (replicas: number): KubeObject => ({
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: {
      name: "db-0",
      namespace: clusterKey.namespace,
      labels,
      ownerReferences: controlledBy("AerospikeCluster", owner),
    },
    spec: { replicas, serviceName: "db", selector: { matchLabels: labels }, template },
  })
  const set = server.create(Kinds.StatefulSet, setOf(3))
  const setReady = (name: string, isReady: boolean) =>
    server.patch(
      Kinds.Pod,
      { namespace: clusterKey.namespace, name },
      {
        type: "merge",
        body: { status: { conditions: [{ type: "Ready", status: isReady ? "True" : "False" }] } },
        subresource: "status",
      },
    )
  const addPod = (name: string) => {
    server.create(Kinds.Pod, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name,
        namespace: clusterKey.namespace,
        labels,
        annotations: hash,
        ownerReferences: controlledBy("StatefulSet", set),
      },
      spec: template.spec,
    })
    setReady(name, true)
  }
  for (const ordinal of [0, 1, 2]) addPod(`db-0-${ordinal}`)
  const asOperator = <A, E>(use: (writer: KubeWriter["Type"]) => Effect.Effect<A, E>, user = "operator-1") =>
    Effect.flatMap(KubeWriter, use).pipe(
      Effect.provide(judge.around),
      Effect.provide(layerMemory(server, { as: user })),
      Effect.exit,
    )
  /** As the operator looks before it destroys: at the cluster, at the victim. */
  const lookAt = (kind: typeof Kinds.Pod, name: string) =>
    Effect.gen(function* () {
      const reader = yield* KubeReader
      yield* reader.get(Kinds.AerospikeCluster, clusterKey)
      yield* reader.get(kind, { namespace: clusterKey.namespace, name })
    }).pipe(Effect.provide(judge.around), Effect.provide(layerMemory(server, { as: "operator-1" })), Effect.orDie)
  const remove = (
    kind: typeof Kinds.Pod,
    name: string,
    how: { readonly blindly?: true; readonly bare?: true } = {},
  ) => {
    const { uid = "", resourceVersion = "" } = server.get(kind, { namespace: clusterKey.namespace, name }).metadata
    const removal = how.bare === true ? {} : { preconditions: { uid, resourceVersion } }
    return Effect.zipRight(
      how.blindly === true ? Effect.void : lookAt(kind, name),
      asOperator((writer) => writer.remove(kind, { namespace: clusterKey.namespace, name }, removal)),
    )
  }
  const report = (status: Readonly<Record<string, unknown>>) =>
    server.patch(Kinds.AerospikeCluster, clusterKey, { type: "merge", body: { status }, subresource: "status" })
  return {
    judge,
    server,
    nodes,
    owner,
    setOf,
    addPod,
    setReady,
    asOperator,
    lookAt,
    remove,
    report,
    pass: (ms: number) => {
      now += ms
    },
    broken: () => judge.violations.map(({ invariant }) => invariant),
  }
}

describe("Judge", () => {
  it.effect("has nothing against the careful restart of one member of a whole cluster", () =>
    Effect.gen(function* () {
      const scene = makeScene()
      yield* scene.remove(Kinds.Pod, "db-0-2")
      expect(scene.judge.violations).toEqual([])
      expect(scene.judge.restarted().size).toBe(1)
      expect(scene.judge.tally.mostDown).toBe(1)
    }),
  )

  it.effect("S1: a delete without preconditions", () =>
    Effect.gen(function* () {
      const scene = makeScene()
      yield* scene.remove(Kinds.Pod, "db-0-2", { bare: true })
      expect(scene.broken()).toEqual(["S1"])
    }),
  )

  it.effect("S1: a pod that nobody looked at before, nor at its cluster, or too long ago", () =>
    Effect.gen(function* () {
      const scene = makeScene()
      yield* scene.remove(Kinds.Pod, "db-0-2", { blindly: true })
      expect(scene.judge.violations.map(({ detail }) => detail)).toEqual([
        "Pod db-0-2 is destroyed without a look at its cluster",
        "Pod db-0-2 is destroyed without a look at it",
      ])
      const later = makeScene()
      yield* later.lookAt(Kinds.Pod, "db-0-2")
      later.pass(11_000)
      yield* later.remove(Kinds.Pod, "db-0-2", { blindly: true })
      expect(later.broken()).toEqual(["S1", "S1"])
    }),
  )

  it.effect("S1: a claim of another cluster", () =>
    Effect.gen(function* () {
      const scene = makeScene()
      scene.server.create(Kinds.PersistentVolumeClaim, {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: "data-db-0-9", namespace: clusterKey.namespace, labels: { [Label.clusterUid]: "another" } },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      })
      yield* scene.remove(Kinds.PersistentVolumeClaim, "data-db-0-9")
      expect(scene.broken()).toEqual(["S1"])
    }),
  )

  it.effect("S1: a StatefulSet shrunk without preconditions", () =>
    Effect.gen(function* () {
      const scene = makeScene()
      yield* scene.asOperator((writer) =>
        writer.apply(Kinds.StatefulSet, scene.setOf(2), { fieldManager: "f", force: true }),
      )
      expect(scene.broken()).toEqual(["S1"])
    }),
  )

  it.effect("S2: a healthy member stopped while another is down; the one that is down may go", () =>
    Effect.gen(function* () {
      const scene = makeScene()
      scene.setReady("db-0-0", false)
      yield* scene.remove(Kinds.Pod, "db-0-0")
      expect(scene.broken()).toEqual([])
      yield* scene.remove(Kinds.Pod, "db-0-2")
      expect(scene.broken()).toEqual(["S2"])
      expect(scene.judge.tally.mostDown).toBe(2)
    }),
  )

  it.effect("S3: a healthy member stopped when the cluster has not been whole for ten seconds", () =>
    Effect.gen(function* () {
      const scene = makeScene()
      yield* scene.judge.look
      scene.nodes.isWhole = false
      scene.pass(11_000)
      yield* scene.remove(Kinds.Pod, "db-0-2")
      expect(scene.broken()).toEqual(["S3"])
    }),
  )

  it.effect("S3: lost records, and the claim of a living member", () =>
    Effect.gen(function* () {
      const scene = makeScene()
      scene.nodes.lost = 1
      yield* scene.judge.look
      expect(scene.broken()).toEqual(["S3"])
      scene.server.create(Kinds.PersistentVolumeClaim, {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: {
          name: "data-db-0-0",
          namespace: clusterKey.namespace,
          labels: { [Label.clusterUid]: scene.owner.metadata.uid ?? "" },
        },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      })
      yield* scene.remove(Kinds.PersistentVolumeClaim, "data-db-0-0")
      expect(scene.broken()).toEqual(["S3", "S3"])
    }),
  )

  it.effect("S4: a request of a dead incarnation", () =>
    Effect.gen(function* () {
      const scene = makeScene()
      scene.judge.setLiving("operator-2")
      yield* scene.asOperator((writer) => writer.patch(Kinds.Pod, pod, { type: "merge", body: {} }))
      expect(scene.broken()).toEqual(["S4"])
    }),
  )

  it.effect("S4: where instances campaign, a write by anybody but the holder of a lease that has not run out", () =>
    Effect.gen(function* () {
      const scene = makeScene()
      scene.judge.expectElection()
      const renew = (holderIdentity: string) =>
        scene.server.apply(
          Kinds.Lease,
          {
            apiVersion: "coordination.k8s.io/v1",
            kind: "Lease",
            metadata: { namespace: clusterKey.namespace, name: "lease" },
            spec: { holderIdentity, renewTime: "2026-01-01T00:00:00.000000Z" },
          },
          { fieldManager: "test", force: true },
        )
      renew("operator-1")
      yield* scene.remove(Kinds.Pod, "db-0-0")
      expect(scene.broken()).toEqual([])
      scene.pass(16_000)
      yield* scene.judge.look
      yield* scene.remove(Kinds.Pod, "db-0-1")
      expect(scene.broken()).toContain("S4")
      const others = makeScene()
      others.judge.expectElection()
      renew("operator-2")
      yield* others.remove(Kinds.Pod, "db-0-0")
      expect(others.broken()).toEqual(["S4"])
    }),
  )

  it("S5: a ninth member", () => {
    const scene = makeScene()
    for (let ordinal = 3; ordinal < 9; ordinal++) scene.addPod(`db-0-${ordinal}`)
    expect(scene.broken()).toEqual(["S5"])
  })

  it.effect("S9: a write at rest", () =>
    Effect.gen(function* () {
      const scene = makeScene()
      scene.judge.expectQuiet(true)
      yield* scene.remove(Kinds.Pod, "db-0-2")
      expect(scene.broken()).toEqual(["S9"])
      expect(scene.judge.tally.writesAtRest).toBe(1)
    }),
  )

  it.effect("S9: more than a write a second for a minute", () =>
    Effect.gen(function* () {
      const scene = makeScene()
      const write = (n: number) =>
        scene.asOperator((writer) =>
          writer.create(Kinds.ConfigMap, {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { namespace: clusterKey.namespace, name: `n${n}` },
          }),
        )
      for (let n = 0; n < 60; n++) yield* write(n)
      expect(scene.broken()).toEqual([])
      yield* write(60)
      expect(scene.broken()).toEqual(["S9"])
    }),
  )

  it("S10: Completed for what is not there; the older wish may be reported while it still holds", () => {
    const scene = makeScene()
    scene.report({ phase: "Completed", observedGeneration: 1 })
    scene.server.patch(Kinds.AerospikeCluster, clusterKey, { type: "merge", body: { spec: { size: 4 } } })
    scene.report({ phase: "InProgress", observedGeneration: 1 })
    scene.report({ phase: "Completed", observedGeneration: 1 })
    expect(scene.broken()).toEqual([])
    scene.report({ phase: "Completed", observedGeneration: 2 })
    expect(scene.broken()).toEqual(["S10"])
  })

  it("S10: an observed generation that falls", () => {
    const scene = makeScene()
    scene.report({ phase: "InProgress", observedGeneration: 2 })
    scene.report({ phase: "InProgress", observedGeneration: 1 })
    expect(scene.broken()).toEqual(["S10"])
  })

  it("tells a world that is as wished from one that is not", () => {
    const scene = makeScene()
    expect(scene.judge.truth.matches()).toBe(true)
    expect(scene.judge.truth.isConverged()).toBe(false)
    scene.report({ phase: "Completed", observedGeneration: 1 })
    expect(scene.judge.truth.isConverged()).toBe(true)
    scene.setReady("db-0-1", false)
    expect(scene.judge.truth.matches()).toBe(false)
  })
})
