import { expect } from "vitest"
import { it } from "@effect/vitest"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { AerospikeInfo } from "../../src/aerospike/AerospikeInfo.js"
import { guide } from "../../src/cli/sandbox.js"
import { type KubeObject, Kinds } from "../../src/domain/Kubernetes.js"
import { known } from "../../src/domain/NodeFacts.js"
import * as KubeAccess from "../../src/kube/KubeAccess.js"
import { KubeReader, KubeWriter } from "../../src/kube/KubeClient.js"
import * as KubeTransport from "../../src/kube/KubeTransport.js"
import { makeSandbox } from "../../src/sandbox/Sandbox.js"
import { isRunningAndReady, type PodObject } from "../../src/testing/kube/controllers/objects.js"
import { aDatabase, aDatabaseConfig } from "../testing/kube/controllers/database.js"

const namespace = "aerospike"
const crd: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "things.example.com" },
  spec: {
    group: "example.com",
    names: { kind: "Thing", plural: "things", singular: "thing", listKind: "ThingList" },
    scope: "Namespaced",
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
  },
}
const Things = { group: "example.com", version: "v1", kind: "Thing", plural: "things", namespaced: true }

const readyPods = Effect.gen(function* () {
  const reader = yield* KubeReader
  const page = yield* reader.list(Kinds.Pod, { namespace })
  return page.items.map((item) => item as PodObject).filter(isRunningAndReady)
})
const eventually = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.retry(effect, Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurs(300)))

it.live(
  "a StatefulSet applied over HTTPS becomes three pods whose nodes answer on real sockets as one cluster",
  () =>
    Effect.scoped(
      Effect.gen(function* () {
        const sandbox = yield* makeSandbox({ objects: [crd], hosts: 3, net: 91, settings: { podStartMs: 10 } })
        expect(guide(sandbox)).toContain(sandbox.kubeconfig)
        const files = yield* FileSystem.FileSystem
        expect((yield* files.stat(sandbox.kubeconfig)).mode & 0o777).toBe(0o600)
        yield* Effect.gen(function* () {
          const [reader, writer] = yield* Effect.all([KubeReader, KubeWriter])
          expect((yield* reader.list(Kinds.Node, {})).items).toHaveLength(3)
          expect((yield* reader.list(Things, { namespace })).items).toEqual([])
          yield* writer.create(Kinds.ConfigMap, aDatabaseConfig)
          yield* writer.create(Kinds.StatefulSet, aDatabase({ "sim.acko.io/start-ms": "20" }))
          const pods = yield* eventually(Effect.filterOrFail(readyPods, (ready) => ready.length === 3))
          const info = yield* AerospikeInfo
          const address = pods[0]?.status?.podIP ?? ""
          expect(address).toMatch(/^127\.91\.\d+\.\d+$/)
          const statistics = yield* eventually(
            Effect.filterOrFail(info.ask({ host: address, port: 3000 }, ["statistics"]), ([answer]) =>
              ((answer && known(answer)) ?? "").includes("cluster_size=3;"),
            ),
          )
          expect(statistics).toHaveLength(1)
        }).pipe(
          Effect.provide(
            Layer.merge(
              Layer.provide(KubeTransport.layer(), KubeAccess.layerKubeconfig({ path: sandbox.kubeconfig })),
              AerospikeInfo.layer,
            ),
          ),
        )
      }),
    ).pipe(Effect.provide(NodeContext.layer)),
  30_000,
)
