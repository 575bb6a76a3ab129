import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Kinds } from "../../src/domain/Kubernetes.js"
import type { Step } from "../../src/domain/Plan.js"
import type { Snapshot } from "../../src/domain/Snapshot.js"
import type { ApiServer } from "../../src/testing/kube/ApiServer.js"
import * as Act from "./support.js"

/** A plan is made, the world changes, the plan is carried out: nothing may happen. */
const refused = (
  change: (server: ApiServer) => void,
  step: (snapshot: Snapshot) => Step = (snapshot) => Act.restart(snapshot, 2),
) =>
  Effect.gen(function* () {
    const server = yield* Act.makeWorld
    const snapshot = Act.look(server)
    change(server)
    const before = { pods: Act.livePods(server), claims: Act.claimNames(server), version: server.version() }
    const [result] = yield* Act.carryOut(server, snapshot, Act.track("rollout", [step(snapshot)]))
    expect(result?._tag).toBe("Stale")
    expect({ pods: Act.livePods(server), claims: Act.claimNames(server), version: server.version() }).toEqual(before)
    return Act.messageOf(result)
  })

const edit = (server: ApiServer, body: unknown, kind = Kinds.AerospikeCluster, name = "demo") =>
  void server.patch(kind, { namespace: Act.namespace, name }, { type: "merge", body })

const shrunk = (snapshot: Snapshot) => Act.shrink(snapshot, 2)
const claimRemoved = (snapshot: Snapshot) => Act.removeClaim(snapshot, 2)

describe("the last look before something is destroyed", () => {
  it.effect("S1, R17: a cluster made anew under the same name keeps its pods, its size and its claims", () =>
    Effect.gen(function* () {
      for (const step of [(s: Snapshot) => Act.restart(s, 2), shrunk, claimRemoved]) {
        expect(yield* refused(Act.recreate, step)).toContain("created anew")
      }
    }),
  )

  it.effect("S1, R26: a pod that was replaced meanwhile is another pod", () =>
    Effect.gen(function* () {
      const message = yield* refused((server) => {
        const ref = { namespace: Act.namespace, name: "demo-0-2" }
        const { uid: _uid, resourceVersion: _version, ...metadata } = server.get(Kinds.Pod, ref).metadata
        const { spec } = server.remove(Kinds.Pod, ref, { gracePeriodSeconds: 0 }).object
        server.create(Kinds.Pod, { apiVersion: "v1", kind: "Pod", metadata, spec })
        Act.setReady(server, "demo-0-2", true)
      })
      expect(message).toContain("another pod")
    }),
  )

  it.effect("S1: nothing on the word of an older spec", () =>
    Effect.gen(function* () {
      for (const step of [(s: Snapshot) => Act.restart(s, 2), shrunk, claimRemoved]) {
        expect(yield* refused((server) => edit(server, { spec: { size: 4 } }), step)).toContain("spec has changed")
      }
    }),
  )

  it.effect("S1, R7: no restart and no shrinking of a cluster that is being deleted", () =>
    Effect.gen(function* () {
      const remove = (server: ApiServer) => void server.remove(Kinds.AerospikeCluster, Act.key, {})
      // A deletion also counts as a new generation.
      expect(yield* refused(remove)).not.toBe("")
      expect(yield* refused(remove, shrunk)).not.toBe("")
    }),
  )

  it.effect("S1, S6: a pod, a StatefulSet or a claim in foreign hands stays", () =>
    Effect.gen(function* () {
      const owner = [{ apiVersion: "v1", kind: "Other", name: "x", uid: "x", controller: true }]
      const disown = (kind: unknown, name: string) => (server: ApiServer) =>
        edit(server, { metadata: { ownerReferences: owner } }, kind as typeof Kinds.AerospikeCluster, name)
      expect(yield* refused(disown(Kinds.Pod, "demo-0-2"))).toContain("not controlled")
      expect(yield* refused(disown(Kinds.StatefulSet, "demo-0"))).toContain("does not belong")
      expect(yield* refused(disown(Kinds.StatefulSet, "demo-0"), shrunk)).toContain("does not belong")
      const relabel = (server: ApiServer) =>
        edit(
          server,
          { metadata: { labels: { "acko.io/cluster-uid": "x" } } },
          Kinds.PersistentVolumeClaim as never,
          "data-demo-0-2",
        )
      expect(yield* refused(relabel, claimRemoved)).toContain("does not belong")
    }),
  )

  it.effect("S1: a pod that is going already is left in peace", () =>
    Effect.gen(function* () {
      const ref = { namespace: Act.namespace, name: "demo-0-2" }
      expect(yield* refused((server) => void server.remove(Kinds.Pod, ref, {}))).toContain("terminating")
    }),
  )

  it.effect("S2: another member that became unavailable since the decision stops the restart", () =>
    Effect.gen(function* () {
      expect(yield* refused((server) => Act.setReady(server, "demo-0-0", false))).toContain("demo-0-0")
      const ref = { namespace: Act.namespace, name: "demo-0-1" }
      expect(yield* refused((server) => void server.remove(Kinds.Pod, ref, {}))).toContain("demo-0-1")
    }),
  )

  it.effect("S2: the victims of one plan do not stand in each other's way, any other pod does", () =>
    Effect.gen(function* () {
      const server = yield* Act.makeWorld
      const snapshot = Act.look(server)
      const batch = Act.track("rollout", [Act.restart(snapshot, 2), Act.restart(snapshot, 1)])
      expect(Act.tags(yield* Act.carryOut(server, snapshot, batch))).toEqual(["Done", "Done"])
      expect(Act.livePods(server)).toEqual(["demo-0-0"])

      const other = yield* Act.makeWorld
      const seen = Act.look(other)
      // The third member fails between the two restarts.
      let deletes = 0
      other.gate.onRequest((request) => {
        if (request.verb === "delete") deletes++
        if (deletes === 1 && request.verb === "get") Act.setReady(other, "demo-0-0", false)
        return undefined
      })
      const results = yield* Act.carryOut(
        other,
        seen,
        Act.track("rollout", [Act.restart(seen, 2), Act.restart(seen, 1)]),
      )
      expect(Act.tags(results)).toEqual(["Done", "Stale"])
      expect(Act.livePods(other)).toEqual(["demo-0-0", "demo-0-1"])
    }),
  )

  it.effect("S3: evidence that has grown old stops nothing any more", () =>
    Effect.gen(function* () {
      const server = yield* Act.makeWorld
      const snapshot = Act.look(server)
      yield* TestClock.adjust("11 seconds")
      const steps = [Act.restart(snapshot, 2), Act.shrink(snapshot, 2)]
      const results = yield* Act.carryOut(
        server,
        snapshot,
        ...steps.map((step, i) => Act.track(i === 0 ? "rollout" : "scaleDown", [step])),
      )
      expect(Act.tags(results)).toEqual(["Stale", "Stale"])
      expect(Act.livePods(server)).toHaveLength(3)
    }),
  )

  it.effect("S1: a change between the last look and the delete makes the delete fail, not the pod", () =>
    Effect.gen(function* () {
      const server = yield* Act.makeWorld
      const snapshot = Act.look(server)
      server.gate.onRequest((request) => {
        if (request.verb === "delete") Act.setReady(server, "demo-0-2", false)
        return undefined
      })
      const [result] = yield* Act.carryOut(server, snapshot, Act.track("rollout", [Act.restart(snapshot, 2)]))
      expect(result?._tag).toBe("Stale")
      expect(Act.livePods(server)).toHaveLength(3)
    }),
  )
})
