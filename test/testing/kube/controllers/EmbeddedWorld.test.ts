import { describe, expect, it } from "vitest"
import * as Effect from "effect/Effect"
import { AerospikeInfo } from "../../../../src/aerospike/AerospikeInfo.js"
import { Kinds } from "../../../../src/domain/Kubernetes.js"
import { known } from "../../../../src/domain/NodeFacts.js"
import { KubeReader, KubeWriter } from "../../../../src/kube/KubeClient.js"
import { layerWorld, World } from "../../../../src/testing/kube/controllers/EmbeddedWorld.js"
import { isRunningAndReady, type PodObject } from "../../../../src/testing/kube/controllers/objects.js"
import { aDatabase, aDatabaseConfig } from "./database.js"
import { runVirtual } from "./testWorld.js"

const namespace = "aerospike"

const applyAll = Effect.gen(function* () {
  const writer = yield* KubeWriter
  yield* writer.create(Kinds.ConfigMap, aDatabaseConfig)
  yield* writer.create(Kinds.StatefulSet, aDatabase({ "sim.acko.io/data-mib": "1" }))
})

const readyPods = Effect.gen(function* () {
  const reader = yield* KubeReader
  const page = yield* reader.list(Kinds.Pod, { namespace })
  return page.items.map((item) => item as PodObject).filter(isRunningAndReady)
})

const story = Effect.gen(function* () {
  const world = yield* World
  yield* applyAll
  yield* Effect.sleep("2 minutes")
  const pods = yield* readyPods
  const info = yield* AerospikeInfo
  const sizes = yield* Effect.forEach(pods, (pod) =>
    info.ask({ host: pod.status?.podIP ?? "", port: 3000 }, ["cluster-name", "statistics"]),
  )
  const before = yield* world.aerospike.members("demo")
  yield* (yield* KubeWriter).remove(Kinds.Pod, { namespace, name: "demo-0-1" }, {})
  yield* Effect.sleep("2 minutes")
  return {
    ready: pods.map((pod) => pod.metadata.name),
    names: sizes.map(([name]) => name && known(name)),
    clusterSizes: sizes.map(
      ([, statistics]) => /cluster_size=(\d+)/.exec((statistics && known(statistics)) ?? "")?.[1],
    ),
    before,
    after: yield* world.aerospike.members("demo"),
    readyAgain: (yield* readyPods).length,
    lost: yield* world.aerospike.lostRecords,
    records: yield* world.aerospike.records(),
    version: world.server.version(),
  }
})
const tell = (seed: number) => runVirtual(seed, Effect.provide(story, layerWorld({ seed })))

describe("a world in memory", () => {
  it("three pods of a StatefulSet form one Aerospike cluster; one restarts, joins again, nothing is lost", () => {
    const told = tell(7)
    expect(told.ready).toEqual(["demo-0-0", "demo-0-1", "demo-0-2"])
    expect(told.names).toEqual(["demo", "demo", "demo"])
    expect(told.clusterSizes).toEqual(["3", "3", "3"])
    expect(new Set(told.before.map((member) => member.clusterKey)).size).toBe(1)
    expect(told.readyAgain).toBe(3)
    expect(told.after.map((member) => member.clusterSize)).toEqual([3, 3, 3])
    expect(told.after.map((member) => member.address)).not.toEqual(told.before.map((member) => member.address))
    expect(told.records).toBeGreaterThan(0)
    expect(told.lost).toBe(0)
  })

  it("equal seeds make equal histories", () => {
    expect(tell(11)).toEqual(tell(11))
  })
})
