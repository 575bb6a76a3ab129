import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { aerospikeClusterCrd } from "../../src/decide/crd.js"
import { Kinds, type KubeObject } from "../../src/domain/Kubernetes.js"
import { isConflict } from "../../src/kube/KubeError.js"
import { clusterView } from "../../src/observe/views.js"
import { writeStatus } from "../../src/report/StatusWriter.js"
import type { ApiServer } from "../../src/testing/kube/ApiServer.js"
import { layerMemory, makeServer } from "../../src/testing/kube/MemoryKube.js"

const key = { namespace: "aerospike", name: "db" }

const cluster: KubeObject = {
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeCluster",
  metadata: key,
  spec: { size: 3, image: "aerospike:ce-8.1.1.1", aerospikeConfig: { namespaces: [{ name: "test" }] } },
}

const world = makeServer({
  objects: [{ apiVersion: "v1", kind: "Namespace", metadata: { name: key.namespace } }, aerospikeClusterCrd(), cluster],
})

const look = (server: ApiServer) =>
  Effect.flatten(Effect.sync(() => clusterView(server.get(Kinds.AerospikeCluster, key))))

const write = (server: ApiServer, view: Effect.Effect.Success<ReturnType<typeof look>>) =>
  writeStatus(view, { phase: "Completed" }).pipe(Effect.provide(layerMemory(server, { as: "acko-operator" })))

describe("StatusWriter", () => {
  it.effect("writes the status of the resource it knows", () =>
    Effect.gen(function* () {
      const server = yield* world
      yield* write(server, yield* look(server))
      expect(server.get(Kinds.AerospikeCluster, key)["status"]).toEqual({ phase: "Completed" })
    }),
  )

  it.effect("R17: the status of a namesake created meanwhile is not touched", () =>
    Effect.gen(function* () {
      const server = yield* world
      const old = yield* look(server)
      server.remove(Kinds.AerospikeCluster, key, {})
      server.create(Kinds.AerospikeCluster, cluster)
      expect(isConflict(yield* Effect.flip(write(server, old)))).toBe(true)
      expect(server.get(Kinds.AerospikeCluster, key)["status"]).toBeUndefined()
    }),
  )
})
