import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Kinds } from "../../src/domain/Kubernetes.js"
import * as Act from "./support.js"

const services = (server: Parameters<typeof Act.look>[0]) =>
  server.list(Kinds.Service, { namespace: Act.namespace }).items.map(({ metadata }) => metadata.name)

describe("Executor", () => {
  it.effect("W23: a step that fails ends its track and those that depend on it, nothing else", () =>
    Effect.gen(function* () {
      const server = yield* Act.makeWorld
      const snapshot = Act.look(server)
      Act.strike(server, "patch", "services", Act.fails(422, "Invalid"), { name: "bad" })
      const results = yield* Act.carryOut(
        server,
        snapshot,
        Act.track("network", [Act.service(snapshot, "bad"), Act.service(snapshot, "behind")]),
        Act.track("statefulSets", [Act.service(snapshot, "dependent")], { after: ["network"] }),
        Act.track("cleanup", [Act.service(snapshot, "far")], { after: ["statefulSets"] }),
        Act.track("rollout", [Act.restart(snapshot, 2)]),
        Act.track("claims", [Act.removeClaim(snapshot, 2)], { after: ["rollout"] }),
      )
      expect(
        Object.fromEntries(
          results.map((r) => ["object" in r.step ? r.step.object.metadata.name : r.step._tag, r._tag]),
        ),
      ).toEqual({
        bad: "Failed",
        behind: "Skipped",
        dependent: "Skipped",
        far: "Skipped",
        RestartPod: "Done",
        Remove: "Done",
      })
      expect(results.find((r) => r._tag === "Failed")).toMatchObject({ failure: "Permanent" })
      expect(services(server)).toEqual([])
      expect(Act.livePods(server)).toEqual(["demo-0-0", "demo-0-1"])
    }),
  )

  it.effect("R97: independent steps are all tried, and what waits for the track waits on", () =>
    Effect.gen(function* () {
      const server = yield* Act.makeWorld
      const snapshot = Act.look(server)
      Act.strike(server, "delete", "persistentvolumeclaims", Act.fails(500, "InternalError"), { name: "data-demo-0-1" })
      const results = yield* Act.carryOut(
        server,
        snapshot,
        Act.track(
          "claims",
          [0, 1, 2].map((n) => Act.removeClaim(snapshot, n)),
          { independent: true },
        ),
        Act.track("finalizer", [{ _tag: "RemoveFinalizer" }], { after: ["claims"] }),
      )
      expect(Act.tags(results)).toEqual(["Done", "Failed", "Done", "Skipped"])
      expect(Act.claimNames(server)).toEqual(["data-demo-0-1"])
      expect(server.get(Kinds.AerospikeCluster, Act.key).metadata.finalizers).toHaveLength(1)
    }),
  )

  it.effect("R46: overload is a transient failure with the server's advice", () =>
    Effect.gen(function* () {
      const server = yield* Act.makeWorld
      const snapshot = Act.look(server)
      Act.strike(server, "delete", "pods", Act.fails(429, "TooManyRequests", 7))
      const [result] = yield* Act.carryOut(server, snapshot, Act.track("rollout", [Act.restart(snapshot, 2)]))
      expect(result).toMatchObject({ _tag: "Failed", failure: "Transient", retryAfterMs: 7000 })
      expect(Act.livePods(server)).toHaveLength(3)
    }),
  )

  it.effect("R11: a delete whose answer is lost was done once, and the next look does not do it again", () =>
    Effect.gen(function* () {
      const server = yield* Act.makeWorld
      const snapshot = Act.look(server)
      Act.strike(server, "delete", "pods", { _tag: "DropReply" })
      const restart = Act.track("rollout", [Act.restart(snapshot, 2)])
      const [lost] = yield* Act.carryOut(server, snapshot, restart)
      expect(lost).toMatchObject({ _tag: "Failed", failure: "Transient" })
      expect(Act.livePods(server)).toEqual(["demo-0-0", "demo-0-1"])
      const version = server.version()
      expect(Act.tags(yield* Act.carryOut(server, snapshot, restart))).toEqual(["Stale"])
      expect(server.version()).toBe(version)
    }),
  )

  it.effect("R11: an apply whose answer is lost can be repeated", () =>
    Effect.gen(function* () {
      const server = yield* Act.makeWorld
      const snapshot = Act.look(server)
      Act.strike(server, "patch", "services", { _tag: "DropReply" })
      const network = Act.track("network", [Act.service(snapshot)])
      expect(Act.tags(yield* Act.carryOut(server, snapshot, network))).toEqual(["Failed"])
      expect(Act.tags(yield* Act.carryOut(server, snapshot, network))).toEqual(["Done"])
      expect(services(server)).toEqual(["demo"])
    }),
  )

  it.effect("W45, R48: a lost race, and an object that is gone, mean: decide again", () =>
    Effect.gen(function* () {
      const server = yield* Act.makeWorld
      const snapshot = Act.look(server)
      const { apiVersion, kind } = snapshot.statefulSets[0]?.object ?? { apiVersion: "", kind: "" }
      server.gate.onRequest((request) => {
        // A rival scales in the moment between our last look and our write.
        if (request.user === "acko-operator" && request.verb === "patch" && request.resource === "statefulsets")
          server.apply(
            Kinds.StatefulSet,
            { apiVersion, kind, metadata: { namespace: Act.namespace, name: "demo-0", labels: { rival: "1" } } },
            { fieldManager: "rival" },
          )
        return undefined
      })
      const shrink = Act.track("scaleDown", [Act.shrink(snapshot, 2)])
      expect(Act.tags(yield* Act.carryOut(server, snapshot, shrink))).toEqual(["Stale"])
      expect(server.get(Kinds.StatefulSet, { namespace: Act.namespace, name: "demo-0" })["spec"]).toMatchObject({
        replicas: 3,
      })
      server.remove(Kinds.StatefulSet, { namespace: Act.namespace, name: "demo-0" }, {})
      expect(Act.tags(yield* Act.carryOut(server, snapshot, shrink))).toEqual(["Stale"])
    }),
  )
})
