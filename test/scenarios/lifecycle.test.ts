import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { areCurrent, namespace, newImage, play, resource } from "./stage.js"

describe("a cluster from its creation to its end", () => {
  it("creates three nodes, says Completed, is quiet; a configuration change restarts each pod once (R4, S2, S9)", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* stage.wish({})
        yield* stage.completed()
        expect(stage.readyPods()).toEqual(["db-0-0", "db-0-1", "db-0-2"])
        expect(yield* stage.isWhole(3)).toBe(true)
        expect(stage.names(Kinds.PodDisruptionBudget)).toHaveLength(1)
        yield* stage.world.aerospike.write("db", "test", 1000)
        expect(yield* stage.quiet).toEqual([])

        const before = stage.pods()
        stage.reset()
        yield* stage.wish({ service: { "proto-fd-max": 20000 } })
        yield* stage.until("rolled", () => stage.isCompleted() && areCurrent(stage))
        expect(stage.deletions()).toEqual(["db-0-2", "db-0-1", "db-0-0"])
        for (const [name, uid] of Object.entries(stage.pods())) expect(uid).not.toBe(before[name])
        expect(stage.mostDown()).toBe(1)
        expect(yield* stage.isWhole(3)).toBe(true)
        const writes = stage.writes()
        const from = writes.indexOf("delete pods db-0-2")
        const to = writes.indexOf("delete pods db-0-0")
        expect(to - from).toBeLessThanOrEqual(2 * 4)
        expect(writes.length).toBeLessThanOrEqual(3 * 4 + 8)
        expect(yield* stage.quiet).toEqual([])
      }),
    )
  })

  it("image change: one at a time, nothing lost; every pod runs the new image (R6, S3)", () => {
    play(
      (stage) =>
        Effect.gen(function* () {
          yield* stage.wish({ size: 4 })
          yield* stage.completed()
          yield* stage.world.aerospike.write("db", "test", 1000)
          stage.reset()
          yield* stage.wish({ size: 4, image: newImage })
          yield* stage.until("rolled", () => stage.isCompleted() && areCurrent(stage))
          expect([...stage.deletions()].sort()).toEqual(["db-0-0", "db-0-1", "db-0-2", "db-0-3"])
          expect(stage.mostDown()).toBe(1)
          expect(yield* stage.isWhole(4)).toBe(true)
          const images = stage
            .list(Kinds.Pod)
            .map((pod) => (pod["spec"] as { containers: ReadonlyArray<{ image: string }> }).containers[0]?.image)
          expect(new Set(images)).toEqual(new Set([newImage]))
        }),
      { world: { settings: { podStartMs: 3000 } } },
    )
  })

  it("R86, R81, L2: a bad image costs one pod; the good one heals it and touches no other", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* stage.wish({})
        yield* stage.completed()
        const before = stage.pods()
        stage.reset()
        const bad = { podSpec: { metadata: { annotations: { "sandbox.acko.io/pull-error": "true" } } } }
        yield* stage.wish({ extra: bad })
        yield* Effect.sleep("10 minutes")
        expect(stage.deletions()).toEqual(["db-0-2"])
        expect(stage.readyPods()).toEqual(["db-0-0", "db-0-1"])
        expect(stage.status().phase).not.toBe("Completed")
        expect(stage.status().phaseReason).toContain("db-0-2")
        yield* stage.wish({})
        yield* stage.completed()
        const after = stage.pods()
        expect([after["db-0-0"], after["db-0-1"]]).toEqual([before["db-0-0"], before["db-0-1"]])
        expect(yield* stage.isWhole(3)).toBe(true)
        expect(yield* stage.quiet).toEqual([])
      }),
    )
  })

  it("R2, R3, W20: 3 → 5 → 3 nodes; claims of removed pods go, the others stay, no record is lost", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* stage.wish({ persistent: true })
        yield* stage.completed()
        yield* stage.world.aerospike.write("db", "test", 1000)
        yield* stage.wish({ persistent: true, size: 5 })
        yield* stage.completed()
        expect(yield* stage.isWhole(5)).toBe(true)
        const claims = stage.names(Kinds.PersistentVolumeClaim)
        expect(claims).toHaveLength(5)
        stage.reset()
        yield* stage.wish({ persistent: true, size: 3 })
        yield* stage.completed()
        yield* stage.until("claims gone", () => stage.names(Kinds.PersistentVolumeClaim).length === 3, 60_000)
        expect(stage.deletions()).toEqual(["db-0-4", "db-0-3"])
        expect(stage.names(Kinds.PersistentVolumeClaim)).toEqual(claims.slice(0, 3))
        expect(yield* stage.isWhole(3)).toBe(true)
        expect(yield* stage.quiet).toEqual([])
      }),
    )
  })

  it("R8, W21, W24: a rack is added and another removed: the new one is up before the old one empties and goes", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* stage.wish({ size: 4, racks: [1, 2] })
        yield* stage.completed()
        expect(stage.names(Kinds.StatefulSet)).toEqual(["db-1", "db-2"])
        yield* stage.world.aerospike.write("db", "test", 1000)
        stage.reset()
        // Adding and removing at once is refused (V56): first the new rack, then the old one goes.
        yield* stage.wish({ size: 4, racks: [1, 2, 3] })
        yield* stage.completed()
        yield* stage.wish({ size: 4, racks: [1, 3] })
        yield* stage.until("renumbered", () => stage.isCompleted() && !stage.names(Kinds.StatefulSet).includes("db-2"))
        expect(stage.names(Kinds.StatefulSet)).toEqual(["db-1", "db-3"])
        expect(stage.readyPods()).toEqual(["db-1-0", "db-1-1", "db-3-0", "db-3-1"])
        expect(stage.names(Kinds.ConfigMap).some((name) => name.includes("db-2"))).toBe(false)
        expect(stage.deletions()).toEqual(["db-2-1", "db-2-0"])
        expect(yield* stage.isWhole(4)).toBe(true)
        expect(yield* stage.quiet).toEqual([])
      }),
    )
  })

  it("R110: paused in the middle of a roll nothing is touched; resumed it goes on", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* stage.wish({})
        yield* stage.completed()
        stage.reset()
        const service = { "proto-fd-max": 20000 }
        yield* stage.wish({ service })
        yield* stage.until("first restart", () => stage.deletions().length === 1)
        yield* stage.wish({ service, extra: { paused: true } })
        yield* stage.until("paused", () => stage.status().phase === "Paused")
        const pods = stage.deletions().length
        stage.reset()
        yield* Effect.sleep("10 minutes")
        expect(stage.deletions()).toEqual([])
        expect(stage.writes().filter((write) => !/status|events/.test(write))).toEqual([])
        expect(stage.condition("ReconciliationPaused")).toBe("True")
        yield* stage.wish({ service })
        yield* stage.until("rolled", () => stage.isCompleted() && areCurrent(stage))
        expect(pods + stage.deletions().length).toBe(3)
        expect(yield* stage.isWhole(3)).toBe(true)
      }),
    )
  })

  it("R20-3, W6: with a readiness gate a pod becomes ready when its node has joined, without anybody's poll", () => {
    play((stage) =>
      Effect.gen(function* () {
        const gated = { podSpec: { readinessGateEnabled: true } }
        yield* stage.wish({ extra: gated })
        expect(yield* stage.completed()).toBeLessThan(60_000)
        expect(stage.readyPods()).toHaveLength(3)
        stage.reset()
        yield* stage.wish({ extra: gated, image: newImage })
        yield* stage.until("rolled", () => stage.isCompleted() && areCurrent(stage))
        expect(stage.mostDown()).toBe(1)
        expect(yield* stage.isWhole(3)).toBe(true)
        expect(yield* stage.quiet).toEqual([])
      }),
    )
  })

  it("R7, L3, R107: a deletion removes everything, also while every node is dead", () => {
    for (const areDead of [false, true]) {
      play((stage) =>
        Effect.gen(function* () {
          yield* stage.wish({ persistent: true })
          yield* stage.completed()
          if (areDead) {
            for (const pod of stage.readyPods())
              yield* stage.world.aerospike.setFault(pod, { _tag: "CrashOnStart", code: 1 })
            for (const pod of stage.readyPods()) yield* stage.world.aerospike.setFault(pod, { _tag: "Hang" })
          }
          yield* stage.world.aerospike.release("db")
          yield* stage.remove()
          const took = yield* stage.until(
            "gone",
            () => stage.world.server.find(Kinds.AerospikeCluster, { namespace, name: "db" }) === undefined,
            300_000,
          )
          expect(took).toBeLessThan(60_000)
          yield* Effect.sleep("5 minutes")
          for (const kind of [
            Kinds.Pod,
            Kinds.StatefulSet,
            Kinds.Service,
            Kinds.ConfigMap,
            Kinds.PersistentVolumeClaim,
          ])
            expect([kind.kind, stage.names(kind)]).toEqual([kind.kind, []])
        }),
      )
    }
  })

  it("W72, R51, R98: a larger volume does not hold up the new image; what to do is told, and doing it helps", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* stage.wish({ persistent: true })
        yield* stage.completed()
        yield* stage.world.aerospike.write("db", "test", 1000)
        stage.reset()
        const storage = resource({ persistent: true }).spec["storage"]
        const larger = { storage: JSON.parse(JSON.stringify(storage).replace("1Gi", "2Gi")) as unknown }
        const wish = { persistent: true, image: newImage, extra: larger }
        yield* stage.wish(wish)
        yield* stage.until("rolled", () => stage.isCompleted() && areCurrent(stage))
        expect(stage.deletions()).toEqual(["db-0-2", "db-0-1", "db-0-0"])
        expect(stage.condition("ImmutableField")).toBe("True")
        expect(stage.conditionText("ImmutableField")).toContain("kubectl delete statefulset db-0 --cascade=orphan")
        expect(yield* stage.quiet).toEqual([])
        const before = stage.pods()
        yield* Effect.orDie(
          stage.world.writer.remove(Kinds.StatefulSet, { namespace, name: "db-0" }, { propagationPolicy: "Orphan" }),
        )
        yield* stage.until("told", () => stage.condition("ImmutableField") === "False")
        yield* stage.completed()
        expect(stage.pods()).toEqual(before)
        expect(yield* stage.isWhole(3)).toBe(true)
      }),
    )
  })

  it("L2: a malformed spec is answered with field and fix; another cluster and the running pods are not concerned", () => {
    play((stage) =>
      Effect.gen(function* () {
        yield* stage.wish({})
        yield* stage.completed()
        const before = stage.pods()
        stage.reset()
        // Admission by the schema lets it pass: only the whole configuration tells that two ports are the same.
        const ports = { service: { port: 3000 }, fabric: { port: 3000 } }
        yield* stage.wish({ extra: { aerospikeConfig: { network: ports, namespaces: [{ name: "test" }] } } })
        yield* stage.wish({ name: "other" })
        yield* stage.completed("other")
        yield* stage.until("refused", () => stage.status().phase === "Error")
        expect(stage.condition("Accepted")).toBe("False")
        expect(stage.conditionText("Accepted")).toContain("spec.aerospikeConfig.network")
        expect(stage.conditionText("Accepted")).toContain("fix:")
        expect(
          stage.events().some((event) => /^Warning ReconcileError: spec\.aerospikeConfig\.network/.test(event)),
        ).toBe(true)
        expect(stage.pods()).toEqual(before)
        yield* stage.wish({})
        yield* stage.completed()
        expect(stage.pods()).toEqual(before)
        expect(stage.condition("Accepted")).toBe("True")
      }),
    )
  })
})
