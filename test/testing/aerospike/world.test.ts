import { describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { expect } from "vitest"
import { AerospikeInfo } from "../../../src/aerospike/AerospikeInfo.js"
import { PodRuntime } from "../../../src/testing/PodRuntime.js"
import { layerInfo } from "../../../src/testing/aerospike/AerospikeInfoMemory.js"
import { AerospikeWorld, layerWorld } from "../../../src/testing/aerospike/AerospikeWorld.js"
import { derivedNodeId } from "../../../src/testing/aerospike/model/hash.js"
import { annotationKeys, type Fault, parseFault, settingsFrom } from "../../../src/testing/aerospike/Settings.js"
import { layerSimulated } from "../../../src/testing/aerospike/SimulatedPods.js"
import { address, type NodeOptions, pod } from "./support.js"

const live = Layer.mergeAll(layerSimulated, layerInfo).pipe(Layer.provideMerge(layerWorld()))

const data: NodeOptions = { annotations: { [annotationKeys.dataMib]: "64", [annotationKeys.migrateMs]: "5000" } }

const startThree = (options: NodeOptions = {}) =>
  Effect.gen(function* () {
    const pods = yield* PodRuntime
    return yield* Effect.forEach([1, 2, 3], (n) => pods.start(pod(n, options)))
  })

const ask = (n: number, ...commands: ReadonlyArray<string>) =>
  Effect.flatMap(AerospikeInfo, (info) => info.ask({ host: address(n), port: 3000 }, commands))

const flip = (n: number) => Effect.flip(ask(n, "build"))

describe("processes of pods, in virtual time", () => {
  it.effect("serving completes when the port answers; termination is in order; the claims of time are kept", () =>
    Effect.gen(function* () {
      const world = yield* AerospikeWorld
      const [first] = yield* startThree({
        annotations: { [annotationKeys.startMs]: "2000", [annotationKeys.stopMs]: "700" },
      })
      if (first === undefined) return
      const served = yield* Effect.fork(first.serving)
      yield* TestClock.adjust("1900 millis")
      expect(yield* first.isServing).toBe(false)
      expect(yield* Fiber.poll(served)).toMatchObject({ _tag: "None" })
      yield* TestClock.adjust("100 millis")
      yield* Fiber.join(served)
      expect(yield* first.isServing).toBe(true)
      const ended = yield* Effect.fork(first.terminate)
      yield* TestClock.adjust("10 seconds")
      expect(yield* Fiber.join(ended)).toMatchObject({ code: 0 })
      const history = yield* world.history
      const times = history.filter(({ pod: name }) => name === "default/node-1").map(({ at, kind }) => [kind, at])
      expect(times).toEqual([
        ["Started", 0],
        ["Serving", 2_000],
        ["Stopped", 2_700],
      ])
    }).pipe(Effect.provide(live)),
  )

  it.effect("R81: a configuration the server refuses is an early exit with its message", () =>
    Effect.gen(function* () {
      const pods = yield* PodRuntime
      const process = yield* pods.start(pod(1, { service: "no-such-param 1" }))
      yield* TestClock.adjust("1 seconds")
      const exit = yield* process.exited
      expect(exit.code).toBe(1)
      expect(exit.message).toMatch(/^line \d+ :: unknown config parameter name 'no-such-param'$/)
      expect(yield* process.isServing).toBe(false)
    }).pipe(Effect.provide(live)),
  )

  it.effect("a device without a claim cannot be opened", () =>
    Effect.gen(function* () {
      const pods = yield* PodRuntime
      const engine = "storage-engine device {\n device /dev/xvda\n }"
      const without = yield* pods.start(pod(1, { engine }))
      const withClaim = yield* pods.start(pod(2, { engine, volumes: { "/dev/xvda": "claim-2" } }))
      yield* TestClock.adjust("2 seconds")
      expect((yield* without.exited).code).toBe(134)
      expect(yield* withClaim.isServing).toBe(true)
    }).pipe(Effect.provide(live)),
  )

  it.effect("SIGTERM before the start is complete ends at once; SIGKILL always does", () =>
    Effect.gen(function* () {
      const [a, b] = yield* startThree()
      if (a === undefined || b === undefined) return
      expect(yield* a.terminate).toMatchObject({ code: 1 })
      expect(yield* b.kill).toMatchObject({ code: 137 })
    }).pipe(Effect.provide(live)),
  )

  it.effect("tells when a cluster became settled, and what migrations cost, in Clock time", () =>
    Effect.gen(function* () {
      const world = yield* AerospikeWorld
      const pods = yield* PodRuntime
      const [first] = yield* startThree(data)
      if (first === undefined) return
      expect(yield* world.settledAt("loop")).toBeUndefined()
      yield* TestClock.adjust("5 seconds")
      const settled = yield* world.settledAt("loop")
      expect(settled).toBeLessThan(2_100)
      expect(yield* world.records("default/loop")).toBe(65_536)
      expect((yield* world.members("loop")).map(({ pod: name, clusterSize }) => [name, clusterSize])).toEqual([
        ["default/node-1", 3],
        ["default/node-2", 3],
        ["default/node-3", 3],
      ])
      yield* Effect.fork(first.terminate)
      yield* TestClock.adjust("3 seconds")
      expect(yield* world.migrating).toEqual(["default/loop"])
      expect(yield* world.settledAt("loop")).toBeUndefined()
      yield* TestClock.adjust("10 seconds")
      yield* pods.start(pod(1, { ...data, restart: 1 }))
      yield* TestClock.adjust("20 seconds")
      expect(yield* world.migrating).toEqual([])
      expect(yield* world.lostRecords).toBe(0)
      const history = yield* world.history
      const rounds = history.filter(({ kind }) => kind === "MigrationsStarted" || kind === "MigrationsFinished")
      expect(rounds.map(({ kind }) => kind)).toEqual([
        "MigrationsStarted",
        "MigrationsFinished",
        "MigrationsStarted",
        "MigrationsFinished",
      ])
      expect((rounds[1]?.at ?? 0) - (rounds[0]?.at ?? 0)).toBe(5_000)
      expect(history.at(-1)?.kind).toBe("Settled")
    }).pipe(Effect.provide(live)),
  )

  it.effect("data of a cluster that was given up on purpose is no loss", () =>
    Effect.gen(function* () {
      const world = yield* AerospikeWorld
      const running = yield* startThree(data)
      yield* TestClock.adjust("5 seconds")
      yield* world.release("default/loop")
      yield* Effect.forEach(running, (process) => process.kill)
      expect(yield* world.lostRecords).toBe(0)
      expect(yield* world.records()).toBe(0)
    }).pipe(Effect.provide(live)),
  )
})

describe("info over memory: same bytes, same parser", () => {
  it.effect("answers values, server errors and refusals as over TCP", () =>
    Effect.gen(function* () {
      expect(yield* flip(1)).toMatchObject({ reason: "Refused" })
      yield* startThree()
      yield* TestClock.adjust("5 seconds")
      const [build, node, quiesce, unknown, stable] = yield* ask(
        2,
        "build",
        "node",
        "quiesce:",
        "cluster-size",
        "cluster-stable:size=3;ignore-migrations=false",
      )
      expect(build).toEqual({ _tag: "Value", value: "8.1.2.0" })
      expect(node).toEqual({ _tag: "Value", value: "A2" })
      expect(quiesce).toEqual({ _tag: "ServerError", code: 25, message: "enterprise only" })
      expect(unknown).toEqual({ _tag: "ServerError", code: 4, message: "unrecognized command" })
      expect(stable).toMatchObject({ _tag: "Value" })
      expect(yield* Effect.flip(ask(1, "build\nquiesce:"))).toMatchObject({ reason: "Protocol" })
    }).pipe(Effect.provide(live)),
  )

  const outcomes: ReadonlyArray<readonly [Fault, string]> = [
    [{ _tag: "Refuse" }, "Refused"],
    [{ _tag: "Reset" }, "Reset"],
    [{ _tag: "Garbage" }, "Protocol"],
    [{ _tag: "Truncate" }, "Protocol"],
    [{ _tag: "Huge", mib: 64 }, "TooLarge"],
  ]
  it.effect.each(outcomes)("R65–R68: %o", ([fault, reason]) =>
    Effect.gen(function* () {
      const world = yield* AerospikeWorld
      yield* startThree()
      yield* TestClock.adjust("5 seconds")
      yield* world.setFault("node-1", fault)
      expect(yield* flip(1)).toMatchObject({ reason })
      yield* world.clearFault("node-1")
      expect(yield* ask(1, "build")).toHaveLength(1)
    }).pipe(Effect.provide(live)),
  )

  it.effect.each<Fault>([{ _tag: "Hang" }, { _tag: "Freeze" }, { _tag: "MidAnswer" }])(
    "R65: %o never answers, and breaks when the process ends",
    (fault) =>
      Effect.gen(function* () {
        const world = yield* AerospikeWorld
        const [first] = yield* startThree()
        if (first === undefined) return
        yield* TestClock.adjust("5 seconds")
        yield* world.setFault("node-1", fault)
        expect(yield* first.isServing).toBe(false)
        const asked = yield* Effect.fork(flip(1))
        yield* TestClock.adjust("1 hours")
        expect(yield* Fiber.poll(asked)).toMatchObject({ _tag: "None" })
        yield* first.kill
        expect(yield* Fiber.join(asked)).toMatchObject({ reason: "Reset" })
      }).pipe(Effect.provide(live)),
  )

  it.effect("slow nodes answer late, given answers replace the real ones (R69, R71)", () =>
    Effect.gen(function* () {
      const world = yield* AerospikeWorld
      yield* startThree()
      yield* TestClock.adjust("5 seconds")
      yield* world.setFault("default/node-1", { _tag: "Slow", ms: 800 })
      const [took] = yield* Effect.all(
        [
          Effect.map(Effect.timed(ask(1, "build")), ([duration]) => Duration.toMillis(duration)),
          TestClock.adjust("2 seconds"),
        ],
        { concurrency: "unbounded" },
      )
      expect(took).toBe(800)
      yield* world.setFault("node-1", { _tag: "Answers", byCommand: { statistics: "uptime=1", "cluster-stable": "" } })
      expect(yield* ask(1, "statistics", "cluster-stable:size=3", "node")).toEqual([
        { _tag: "Value", value: "uptime=1" },
        { _tag: "Value", value: "" },
        { _tag: "Value", value: "A1" },
      ])
    }).pipe(Effect.provide(live)),
  )

  it.effect("R74: on a reused IP another process answers with its own identity", () =>
    Effect.gen(function* () {
      const pods = yield* PodRuntime
      const [first] = yield* startThree()
      if (first === undefined) return
      yield* TestClock.adjust("5 seconds")
      yield* first.kill
      const stranger = pod(9, { cluster: "other", nodeId: "F9" })
      yield* pods.start({
        ...stranger,
        address: address(1),
        configuration: stranger.configuration.replaceAll(address(9), address(1)),
      })
      yield* TestClock.adjust("5 seconds")
      expect(yield* ask(1, "node", "cluster-name")).toEqual([
        { _tag: "Value", value: "F9" },
        { _tag: "Value", value: "other" },
      ])
    }).pipe(Effect.provide(live)),
  )

  it.effect("heartbeats cut between pods split the cluster; healing merges it (R73)", () =>
    Effect.gen(function* () {
      const world = yield* AerospikeWorld
      yield* startThree(data)
      yield* TestClock.adjust("5 seconds")
      yield* world.cut(["node-1"], ["node-2", "node-3"])
      yield* TestClock.adjust("10 seconds")
      const keys = Effect.map(
        world.members("loop"),
        (members) => new Set(members.map(({ clusterKey }) => clusterKey)).size,
      )
      expect(yield* keys).toBe(2)
      expect(yield* world.settledAt("loop")).toBeUndefined()
      yield* world.heal
      yield* TestClock.adjust("20 seconds")
      expect(yield* keys).toBe(1)
      expect(yield* world.lostRecords).toBe(0)
    }).pipe(Effect.provide(live)),
  )

  it.effect("a crash ends the process with its code, a crash on start every later one (R87)", () =>
    Effect.gen(function* () {
      const world = yield* AerospikeWorld
      const pods = yield* PodRuntime
      const [first] = yield* startThree()
      if (first === undefined) return
      yield* TestClock.adjust("5 seconds")
      yield* world.setFault("node-1", { _tag: "Crash", code: 7 })
      expect(yield* first.exited).toMatchObject({ code: 7 })
      yield* world.setFault("default/node-1", { _tag: "CrashOnStart", code: 2 })
      const again = yield* pods.start(pod(1, { restart: 1 }))
      yield* TestClock.adjust("5 seconds")
      expect(yield* again.exited).toMatchObject({ code: 2 })
    }).pipe(Effect.provide(live)),
  )
})

describe("node ids", () => {
  it("follow from fabric port and address, as the server derives them from its port and MAC address", () => {
    expect(derivedNodeId("172.17.0.2", 3001, "")).toBe("BB9020011AC4202")
    expect(derivedNodeId("fd00::1", 3001, "default/a")).not.toBe(derivedNodeId("fd00::1", 3001, "default/b"))
  })
})

describe("settings", () => {
  it("reads annotations, leaving out what cannot be read", () => {
    expect(
      settingsFrom({
        "sim.acko.io/start-ms": "20",
        "sim.acko.io/migrate-ms": "x",
        "sim.acko.io/data-mib": "-1",
        "sim.acko.io/fault": "slow:250",
      }),
    ).toMatchObject({ startMs: 20, migrateMs: undefined, dataMib: 0, fault: { _tag: "Slow", ms: 250 } })
    expect(["hang", "freeze", "huge:8", "crash-on-start:3", "nonsense"].map((text) => parseFault(text)._tag)).toEqual([
      "Hang",
      "Freeze",
      "Huge",
      "CrashOnStart",
      "None",
    ])
  })
})
