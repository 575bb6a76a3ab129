import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { finalizer, readinessGate } from "../../src/domain/Labels.js"
import type { Step } from "../../src/domain/Plan.js"
import type { Snapshot } from "../../src/domain/Snapshot.js"
import type { ApiServer } from "../../src/testing/kube/ApiServer.js"
import * as Act from "./support.js"

const conditionsOf = (server: ApiServer, name: string) =>
  (
    server.get(Kinds.Pod, { namespace: Act.namespace, name })["status"] as {
      conditions: ReadonlyArray<{ type: string; status: string; lastTransitionTime?: string }>
    }
  ).conditions

const openGate = (snapshot: Snapshot): Step => ({
  _tag: "SetGate",
  pod: Act.podIn(snapshot, 0),
  status: "True",
  reason: "AerospikeReady",
  message: "joined",
})

const finalizersOf = (server: ApiServer) => server.get(Kinds.AerospikeCluster, Act.key).metadata.finalizers

const one = (server: ApiServer, snapshot: Snapshot, step: Step) =>
  Effect.map(Act.carryOut(server, snapshot, Act.track("finalizer", [step])), ([result]) => result)

describe("steps", () => {
  it.effect("W62: the gate is set beside the kubelet's conditions, also those written after our look", () =>
    Effect.gen(function* () {
      const server = yield* Act.makeWorld
      const snapshot = Act.look(server)
      Act.setReady(server, "demo-0-0", false)
      expect((yield* one(server, snapshot, openGate(snapshot)))?._tag).toBe("Done")
      const conditions = conditionsOf(server, "demo-0-0")
      expect(conditions.map(({ type, status }) => [type, status])).toEqual(
        expect.arrayContaining([
          ["Ready", "False"],
          ["ContainersReady", "False"],
          ["PodScheduled", "True"],
          [readinessGate, "True"],
        ]),
      )
      expect(conditions).toHaveLength(4)
    }),
  )

  it.effect("R26: the gate of a pod is not set on its successor", () =>
    Effect.gen(function* () {
      const server = yield* Act.makeWorld
      const snapshot = Act.look(server)
      Act.recreate(server)
      expect((yield* one(server, snapshot, openGate(snapshot)))?._tag).toBe("Stale")
      expect(conditionsOf(server, "demo-0-0").map(({ type }) => type)).not.toContain(readinessGate)
    }),
  )

  it.effect(
    "R7: nothing is created for a cluster that is being deleted or was made anew, whatever the snapshot says",
    () =>
      Effect.gen(function* () {
        for (const change of [(s: ApiServer) => void s.remove(Kinds.AerospikeCluster, Act.key, {}), Act.recreate]) {
          const server = yield* Act.makeWorld
          const snapshot = Act.look(server)
          change(server)
          expect((yield* one(server, snapshot, Act.service(snapshot)))?._tag).toBe("Stale")
          expect(server.find(Kinds.Service, Act.key)).toBeUndefined()
        }
      }),
  )

  it.effect("S6: a stranger's object of the wanted name is not taken over, even if we did not see it yet", () =>
    Effect.gen(function* () {
      const server = yield* Act.makeWorld
      const snapshot = Act.look(server)
      const theirs = server.create(Kinds.Service, {
        apiVersion: "v1",
        kind: "Service",
        metadata: { ...Act.key, labels: { app: "other" } },
        spec: { ports: [{ name: "http", port: 80 }] },
      })
      const result = yield* one(server, snapshot, Act.service(snapshot))
      expect(result?._tag).toBe("Stale")
      expect(Act.messageOf(result)).toContain("belongs to someone else")
      expect(server.get(Kinds.Service, Act.key)).toEqual(theirs)
    }),
  )

  it.effect(
    "R112, N-15: of an object that another operator made, what we do not want goes; what people added stays",
    () =>
      Effect.gen(function* () {
        const server = yield* Act.makeWorld
        const snapshot = Act.look(server)
        const step = Act.service(snapshot, "demo", "a field")
        const ports = [
          { name: "service", port: 3000 },
          { name: "info", port: 3003 },
        ]
        const made = server.create(Kinds.Service, { ...step.object, spec: { clusterIP: "None", ports } })
        const labelled = { type: "merge" as const, body: { metadata: { labels: { team: "blue" } } } }
        server.patch(Kinds.Service, Act.key, labelled, { fieldManager: "a-person" })
        const { name = "", namespace = "", uid = "", resourceVersion = "" } = made.metadata
        const takesOver = { name, namespace, uid, resourceVersion }
        expect(yield* one(server, snapshot, { ...step, takesOver })).toMatchObject({ _tag: "Done", changed: true })
        const { metadata, spec } = server.get(Kinds.Service, Act.key)
        expect((spec as { readonly ports: ReadonlyArray<object> }).ports).toEqual([
          expect.objectContaining({ port: 3000 }),
        ])
        expect(metadata.labels).toMatchObject({ team: "blue" })
      }),
  )

  it.effect("shrinking and removing leave what they are told to, and say whether something changed", () =>
    Effect.gen(function* () {
      const server = yield* Act.makeWorld
      const snapshot = Act.look(server)
      expect(yield* one(server, snapshot, Act.shrink(snapshot, 2))).toMatchObject({ _tag: "Done", changed: true })
      expect(server.get(Kinds.StatefulSet, { namespace: Act.namespace, name: "demo-0" })["spec"]).toMatchObject({
        replicas: 2,
      })
      const removal = Act.removeClaim(snapshot, 2)
      expect(yield* one(server, snapshot, removal)).toMatchObject({ _tag: "Done", changed: true })
      Act.releaseClaim(server, 2)
      expect(yield* one(server, snapshot, removal)).toMatchObject({ _tag: "Done", changed: false })
      expect(Act.claimNames(server)).toEqual(["data-demo-0-0", "data-demo-0-1"])
    }),
  )
})

describe("finalizers", () => {
  const others = (server: ApiServer, finalizers: ReadonlyArray<string>) =>
    void server.patch(Kinds.AerospikeCluster, Act.key, { type: "merge", body: { metadata: { finalizers } } })

  it.effect("ours is added beside others, once", () =>
    Effect.gen(function* () {
      const server = yield* Act.makeWorld
      others(server, ["other/one"])
      const snapshot = Act.look(server)
      expect(yield* one(server, snapshot, { _tag: "AddFinalizer" })).toMatchObject({ _tag: "Done", changed: true })
      expect(finalizersOf(server)).toEqual(["other/one", finalizer])
      expect(yield* one(server, snapshot, { _tag: "AddFinalizer" })).toMatchObject({ _tag: "Done", changed: false })
    }),
  )

  it.effect("R7: it is removed alone, and the resource goes when it was the last", () =>
    Effect.gen(function* () {
      const shared = yield* Act.makeWorld
      others(shared, ["other/one", finalizer, "other/two"])
      shared.remove(Kinds.AerospikeCluster, Act.key, {})
      yield* one(shared, Act.look(shared), { _tag: "RemoveFinalizer" })
      expect(finalizersOf(shared)).toEqual(["other/one", "other/two"])
      const server = yield* Act.makeWorld
      server.remove(Kinds.AerospikeCluster, Act.key, {})
      yield* one(server, Act.look(server), { _tag: "RemoveFinalizer" })
      expect(server.find(Kinds.AerospikeCluster, Act.key)).toBeUndefined()
    }),
  )

  it.effect("R17, R48: not of a namesake, and not over a list that changed in the meantime", () =>
    Effect.gen(function* () {
      const server = yield* Act.makeWorld
      const snapshot = Act.look(server)
      Act.recreate(server)
      expect((yield* one(server, snapshot, { _tag: "RemoveFinalizer" }))?._tag).toBe("Stale")
      expect(finalizersOf(server)).toEqual([finalizer])
      const racing = Act.look(server)
      server.gate.onRequest((request) => {
        if (request.verb === "patch" && request.resource === "aerospikeclusters")
          others(server, ["acko.io/late", finalizer])
        return undefined
      })
      expect((yield* one(server, racing, { _tag: "RemoveFinalizer" }))?._tag).toBe("Stale")
      expect(finalizersOf(server)).toEqual(["acko.io/late", finalizer])
    }),
  )
})
