import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import { describe, expect, it } from "vitest"
import { Kinds, type KubeObject } from "../../src/domain/Kubernetes.js"
import { KubeWriter } from "../../src/kube/KubeClient.js"
import { leaseView } from "../../src/kube/Lease.js"
import * as Fence from "../../src/runtime/Fence.js"
import { defaultLeaseName, LeaderElection, LeadershipLost } from "../../src/runtime/LeaderElection.js"
import type { ApiServer } from "../../src/testing/kube/ApiServer.js"
import { ApiFailure } from "../../src/testing/kube/ApiFailure.js"
import { makeClientFaults } from "../../src/testing/kube/ClientFaults.js"
import { layerMemory, makeServer } from "../../src/testing/kube/MemoryKube.js"
import * as VirtualTime from "../../src/testing/simulation/VirtualTime.js"

const namespace = "acko-system"
const lease = { namespace, name: defaultLeaseName }

interface Write {
  readonly by: string
  readonly at: number
}

/** A server with a lease-free namespace, and every write to ConfigMaps that reaches it. */
const makeWorld = Effect.gen(function* () {
  const server = yield* makeServer()
  const place: KubeObject = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }
  server.create(Kinds.Namespace, place, { user: "somebody" })
  const startedAt = server.now()
  const writes: Array<Write> = []
  server.gate.onRequest(({ resource, user, verb }) => {
    if (resource === "configmaps" && !["get", "list", "watch"].includes(verb)) {
      writes.push({ by: user, at: server.now() - startedAt })
    }
    return undefined
  })
  return { server, writes, now: () => server.now() - startedAt, view: () => leaseView(server.get(Kinds.Lease, lease)) }
})

const configMap = (by: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace, name: "work" },
  data: { by },
})

/** Another machine's idea of time. */
interface Skew {
  /** Added to the wall clock, ms. */
  wall: number
  /** Speed of its monotonic clock and timers. */
  readonly rate: number
  /** Nothing that sleeps wakes up. */
  frozen: Effect.Latch
}

const skewed = (base: Clock.Clock, skew: Skew): Clock.Clock => {
  const nanos = () => BigInt(Math.round(Number(base.unsafeCurrentTimeNanos()) * skew.rate))
  return {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => base.unsafeCurrentTimeMillis() + skew.wall,
    unsafeCurrentTimeNanos: nanos,
    currentTimeMillis: Effect.sync(() => base.unsafeCurrentTimeMillis() + skew.wall),
    currentTimeNanos: Effect.sync(nanos),
    sleep: (duration) => Effect.zipRight(base.sleep(Duration.times(duration, 1 / skew.rate)), skew.frozen.await),
  }
}

/** An instance that writes every 500 ms of its own time while it leads. */
const start = (server: ApiServer, name: string, rate = 1) =>
  Effect.gen(function* () {
    const skew: Skew = { wall: 0, rate, frozen: Effect.unsafeMakeLatch(true) }
    const faults = makeClientFaults()
    const scope = yield* Scope.make()
    const clock = skewed(yield* Effect.clock, skew)
    const context = yield* Layer.buildWithScope(
      Fence.layer.pipe(
        Layer.provideMerge(LeaderElection.layer({ namespace, identity: name })),
        Layer.provideMerge(layerMemory(server, { as: name, faults })),
      ),
      scope,
    ).pipe(Effect.withClock(clock))
    const writer = Context.get(context, KubeWriter)
    const election = Context.get(context, LeaderElection)
    const write = writer.apply(Kinds.ConfigMap, configMap(name), { fieldManager: name })
    // What fails, a refused write too, does not stop it: only the fence and the interruption do.
    const work = Effect.forever(Effect.zipRight(Effect.ignore(write), Effect.sleep(500)))
    const fiber = yield* Effect.forkDaemon(Effect.withClock(election.lead(work), clock))
    return {
      skew,
      faults,
      election,
      write,
      exit: () => fiber.unsafePoll(),
      crash: Effect.sync(() => faults.setOutage(true)).pipe(
        Effect.zipRight(Fiber.interrupt(fiber)),
        Effect.zipRight(Scope.close(scope, Exit.void)),
      ),
      stop: Effect.zipRight(Fiber.interrupt(fiber), Scope.close(scope, Exit.void)),
    }
  })

/** Two instances; the first was there a moment earlier. */
const two = (speedOfA = 1, speedOfB = 1) =>
  Effect.gen(function* () {
    const world = yield* makeWorld
    const a = yield* start(world.server, "a", speedOfA)
    yield* Effect.sleep(1)
    return { world, a, b: yield* start(world.server, "b", speedOfB) }
  })

const pass = (seconds: number) => Effect.sleep(seconds * 1_000)

/** A test in virtual time, under a few interleavings. */
const virtual = (title: string, test: Effect.Effect<void, unknown>) =>
  it(title, () => {
    for (const seed of [1, 2, 3]) {
      const time = VirtualTime.make({ seed })
      const program = test.pipe(Effect.provide(Layer.merge(time.layer, Logger.remove(Logger.defaultLogger))))
      const fiber = Runtime.runFork(Runtime.defaultRuntime, program, { scheduler: time.scheduler })
      time.runUntil(time.now() + 3_600_000, () => fiber.unsafePoll() === null)
      const exit = fiber.unsafePoll()
      if (exit === null) throw new Error("the test did not end")
      if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
    }
  })

const isLost = (exit: Exit.Exit<unknown, unknown> | null): boolean =>
  exit !== null &&
  Exit.match(exit, {
    onSuccess: () => false,
    onFailure: (cause) => cause._tag === "Fail" && cause.error instanceof LeadershipLost,
  })

/** S4: nobody's write follows a write of its successor. */
const takeovers = (writes: ReadonlyArray<Write>): ReadonlyArray<Write> =>
  writes.filter((write, index) => index === 0 || writes[index - 1]?.by !== write.by)

describe("leader election", () => {
  virtual(
    "one of two works; the lease looks as client-go writes it",
    Effect.gen(function* () {
      const { world, a, b } = yield* two()
      yield* pass(60)
      expect(new Set(world.writes.map(({ by }) => by))).toEqual(new Set(["a"]))
      expect([yield* a.election.isLeading, yield* b.election.isLeading]).toEqual([true, false])
      const { spec } = world.server.get(Kinds.Lease, lease)
      expect(spec).toEqual({
        holderIdentity: "a",
        leaseDurationSeconds: 15,
        acquireTime: expect.stringMatching(/T[0-9:]{8}\.\d{6}Z$/) as unknown,
        renewTime: expect.stringMatching(/T[0-9:]{8}\.\d{6}Z$/) as unknown,
        leaseTransitions: 0,
      })
      yield* Effect.all([a.stop, b.stop])
    }),
  )

  virtual(
    "a crash is taken over within 15 + 2 s",
    Effect.gen(function* () {
      const { world, a, b } = yield* two()
      yield* pass(31)
      yield* a.crash
      const crashedAt = world.now()
      yield* pass(20)
      const first = world.writes.find(({ by }) => by === "b")
      expect(first?.at).toBeGreaterThan(crashedAt + 10_000)
      expect(first?.at).toBeLessThanOrEqual(crashedAt + 17_000)
      expect(world.view().transitions).toBe(1)
      yield* b.stop
    }),
  )

  virtual(
    "an orderly end gives the lease back: the next one leads at its next look",
    Effect.gen(function* () {
      const { world, a, b } = yield* two()
      yield* pass(30)
      yield* a.stop
      const stoppedAt = world.now()
      expect(world.view()).toMatchObject({ holder: "", durationSeconds: 1 })
      yield* pass(3)
      expect(world.writes.find(({ by }) => by === "b")?.at).toBeLessThanOrEqual(stoppedAt + 2_000)
      yield* b.stop
    }),
  )

  virtual(
    "R59: cut off from the API, the leader ends by itself before anybody else leads",
    Effect.gen(function* () {
      const { world, a, b } = yield* two()
      yield* pass(30)
      a.faults.setOutage(true)
      const cutAt = world.now()
      let endedAt = 0
      for (let step = 0; step < 80; step++) {
        yield* Effect.sleep(250)
        if (endedAt === 0 && a.exit() !== null) endedAt = world.now()
      }
      expect(isLost(a.exit())).toBe(true)
      expect(endedAt).toBeLessThanOrEqual(cutAt + 10_250)
      expect(world.writes.find(({ by }) => by === "b")?.at).toBeGreaterThan(endedAt)
      yield* b.stop
    }),
  )

  virtual(
    "R58 S4: a leader that wakes from a long freeze writes nothing any more and ends",
    Effect.gen(function* () {
      const { world, a, b } = yield* two()
      yield* pass(30)
      a.skew.frozen.unsafeClose()
      const frozenAt = world.now()
      yield* pass(60)
      expect(world.writes.at(-1)?.by).toBe("b")
      a.skew.frozen.unsafeOpen()
      // In the middle of its work, before anything else of it runs.
      const refused = yield* Effect.flip(a.write)
      expect(refused._tag).toBe("NotSentError")
      yield* pass(5)
      expect(world.writes.filter(({ by, at }) => by === "a" && at > frozenAt + 10_000)).toEqual([])
      expect(takeovers(world.writes).map(({ by }) => by)).toEqual(["a", "b"])
      expect(isLost(a.exit())).toBe(true)
      yield* b.stop
    }),
  )

  virtual(
    "S4: a write on its way is given up at the deadline",
    Effect.gen(function* () {
      const world = yield* makeWorld
      const a = yield* start(world.server, "a")
      yield* pass(5)
      world.server.gate.onRequest(({ user }) => (user === "a" ? { _tag: "Delay", ms: 60_000 } : undefined))
      const write = yield* Effect.fork(Effect.flip(a.write))
      yield* pass(12)
      expect((yield* Fiber.join(write))._tag).toBe("NotSentError")
      expect(isLost(a.exit())).toBe(true)
    }),
  )

  virtual(
    "R60: wall clocks that differ and jump change nothing",
    Effect.gen(function* () {
      const { world, a, b } = yield* two()
      b.skew.wall = 600_000
      for (const jump of [3_600_000, -3_600_000, 0]) {
        yield* pass(20)
        a.skew.wall = jump
        b.skew.wall = -jump
      }
      yield* pass(20)
      expect(takeovers(world.writes).map(({ by }) => by)).toEqual(["a"])
      yield* a.crash
      const crashedAt = world.now()
      yield* pass(20)
      expect(world.writes.find(({ by }) => by === "b")?.at).toBeLessThanOrEqual(crashedAt + 17_000)
      yield* b.stop
    }),
  )

  for (const [slow, fast] of [
    [1, 1.5],
    [1 / 1.5, 1],
  ] as const)
    virtual(
      `R61 S4: clocks of speed ${slow.toFixed(2)} and ${fast.toFixed(2)} never lead together`,
      Effect.gen(function* () {
        const { world, a, b } = yield* two(slow, fast)
        yield* pass(61)
        expect(takeovers(world.writes).map(({ by }) => by)).toEqual(["a"])
        a.faults.setOutage(true)
        let both = 0
        for (let step = 0; step < 120; step++) {
          yield* Effect.sleep(250)
          if ((yield* a.election.isLeading) && (yield* b.election.isLeading)) both++
        }
        expect(both).toBe(0)
        expect(isLost(a.exit())).toBe(true)
        expect(yield* b.election.isLeading).toBe(true)
        yield* b.stop
      }),
    )

  virtual(
    "R62: a deleted lease is made anew by its holder; a waiting instance does not jump in",
    Effect.gen(function* () {
      const { world, a, b } = yield* two()
      yield* pass(30)
      for (let n = 0; n < 10; n++) {
        world.server.remove(Kinds.Lease, lease, {}, { user: "somebody" })
        yield* pass(3)
      }
      expect(takeovers(world.writes).map(({ by }) => by)).toEqual(["a"])
      expect(world.view().holder).toBe("a")
      yield* Effect.all([a.stop, b.stop])
    }),
  )

  for (const [what, spec] of [
    ["an empty one", {}],
    ["a dead holder", { holderIdentity: "gone", leaseDurationSeconds: 15, renewTime: "2001-01-01T00:00:00.000000Z" }],
    ["a dead holder from the future", { holderIdentity: "gone", renewTime: "2101-01-01T00:00:00.000000Z" }],
    ["one that is said to last for years", { holderIdentity: "gone", leaseDurationSeconds: 2_000_000_000 }],
    ["an empty holder", { holderIdentity: "", leaseDurationSeconds: 1, leaseTransitions: 7 }],
  ] as const)
    virtual(
      `R62: there is one leader within 60 s of finding ${what}`,
      Effect.gen(function* () {
        const world = yield* makeWorld
        const found = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: lease, spec }
        world.server.create(Kinds.Lease, found, { user: "somebody" })
        const instances = [yield* start(world.server, "a"), yield* start(world.server, "b")]
        yield* pass(60)
        const leading = yield* Effect.filter(instances, ({ election }) => election.isLeading)
        expect(leading).toHaveLength(1)
        expect(takeovers(world.writes)).toHaveLength(1)
        yield* Effect.all(instances.map(({ stop }) => stop))
      }),
    )

  virtual(
    "R62: without the right to the lease nobody leads; one does within 60 s of the grant",
    Effect.gen(function* () {
      const world = yield* makeWorld
      let isAllowed = true
      world.server.gate.onRequest(({ resource }) =>
        resource === "leases" && !isAllowed
          ? { _tag: "Fail", failure: new ApiFailure(403, "Forbidden", "leases is forbidden") }
          : undefined,
      )
      const a = yield* start(world.server, "a")
      yield* Effect.sleep(1)
      const b = yield* start(world.server, "b")
      yield* pass(30)
      isAllowed = false
      yield* pass(30)
      expect(isLost(a.exit())).toBe(true)
      expect(yield* b.election.isLeading).toBe(false)
      const quietFrom = world.writes.length
      yield* pass(30)
      expect(world.writes).toHaveLength(quietFrom)
      isAllowed = true
      yield* pass(60)
      expect(yield* b.election.isLeading).toBe(true)
      yield* b.stop
    }),
  )

  virtual(
    "a lease that somebody else takes by force is lost at the next renewal",
    Effect.gen(function* () {
      const world = yield* makeWorld
      const a = yield* start(world.server, "a")
      yield* pass(10)
      const body = { spec: { holderIdentity: "intruder" } }
      world.server.patch(Kinds.Lease, lease, { type: "merge", body }, { user: "somebody" })
      yield* pass(3)
      expect(isLost(a.exit())).toBe(true)
      expect(world.view().holder).toBe("intruder")
      expect(yield* a.election.isLeading).toBe(false)
    }),
  )

  virtual(
    "a label on the lease, and a renewal whose answer got lost, cost nothing",
    Effect.gen(function* () {
      const world = yield* makeWorld
      let drops = 0
      world.server.gate.onRequest(({ resource, verb }) =>
        resource === "leases" && verb === "update" && drops-- > 0 ? { _tag: "DropReply" } : undefined,
      )
      const a = yield* start(world.server, "a")
      yield* pass(10)
      const body = { metadata: { labels: { team: "x" } } }
      world.server.patch(Kinds.Lease, lease, { type: "merge", body }, { user: "somebody" })
      yield* pass(10)
      drops = 2
      yield* pass(30)
      expect(a.exit()).toBeNull()
      expect(world.view()).toMatchObject({ holder: "a", transitions: 0 })
      expect(world.server.get(Kinds.Lease, lease).metadata.labels).toEqual({ team: "x" })
      yield* a.stop
    }),
  )

  virtual(
    "the lease is kept while interrupted work finishes, and given back only then",
    Effect.gen(function* () {
      const world = yield* makeWorld
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(
        Layer.provide(LeaderElection.layer({ namespace, identity: "a" }), layerMemory(world.server, { as: "a" })),
        scope,
      )
      const election = Context.get(context, LeaderElection)
      const slow = Effect.onInterrupt(Effect.never, () => Effect.sleep("20 seconds"))
      const fiber = yield* Effect.forkDaemon(election.lead(slow))
      yield* pass(10)
      const end = yield* Effect.fork(Effect.zipRight(Fiber.interrupt(fiber), Scope.close(scope, Exit.void)))
      yield* pass(19)
      expect(yield* election.isLeading).toBe(true)
      expect(world.view().holder).toBe("a")
      yield* pass(2)
      yield* Fiber.join(end)
      expect(world.view().holder).toBe("")
    }),
  )

  virtual(
    "without an election there is no deadline",
    Effect.gen(function* () {
      const election = yield* LeaderElection
      expect(yield* election.lead(Effect.succeed("worked"))).toBe("worked")
      expect(yield* election.isLeading).toBe(true)
    }).pipe(Effect.provide(LeaderElection.layerNoop)),
  )
})
