import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { describe, expect, it } from "vitest"
import { AdmissionWebhook } from "../../src/admission/Webhook.js"
import type { OperatorConfig } from "../../src/config/OperatorConfig.js"
import { Kinds, type KubeObject } from "../../src/domain/Kubernetes.js"
import * as Operator from "../../src/Operator.js"
import { KubeReader, KubeWriter } from "../../src/kube/KubeClient.js"
import { ClientViews } from "../../src/observe/ClientViews.js"
import { Facts } from "../../src/observe/Facts.js"
import { Observers } from "../../src/observe/Observers.js"
import { Stores } from "../../src/observe/Sources.js"
import * as WriteThrough from "../../src/observe/WriteThrough.js"
import { Health } from "../../src/report/Health.js"
import { EventRecorder } from "../../src/report/EventRecorder.js"
import { Reconciler } from "../../src/runtime/Reconciler.js"
import * as Shutdown from "../../src/runtime/Shutdown.js"
import { TemplateUse } from "../../src/runtime/TemplateUse.js"
import { Triggers } from "../../src/runtime/Triggers.js"
import type { Inside, Outside } from "../../src/testing/simulation/OperatorProcess.js"
import { pageOf, type Replica, type Replicas, type SeenWrite, withReplicas } from "./replicas.js"
import { newImage, resource, type Wish } from "./stage.js"

const apply = ({ world }: Replicas, wish: Wish) =>
  Effect.orDie(world.writer.apply(Kinds.AerospikeCluster, resource(wish), { fieldManager: "user", force: true }))

/** Events tell what was done; renewing and giving back the Lease is what makes an orderly end. */
const isWork = ({ what }: SeenWrite): boolean => !/ (events|leases) /.test(what)

const imageOf = (pod: KubeObject): string | undefined =>
  (pod["spec"] as { readonly containers: ReadonlyArray<{ readonly image?: string }> }).containers[0]?.image

const pods = ({ world }: Replicas): ReadonlyArray<KubeObject> =>
  world.server.list(Kinds.Pod, { namespace: "aerospike" }).items

const isSettled = (replicas: Replicas, image: string, size = 3): boolean =>
  replicas.phase() === "Completed" &&
  pods(replicas).length === size &&
  pods(replicas).every((pod) => imageOf(pod) === image && pod.metadata.deletionTimestamp === undefined)

describe("the end of the operator", () => {
  it("R12 S4: ended after any write, it begins no other; the lease is given back last; the next one goes on", () => {
    withReplicas((replicas) =>
      Effect.gen(function* () {
        const { holder, start, until, writes } = replicas
        let image = newImage
        for (let generation = 0; generation < 12; generation += 1) {
          const user = `replica-${generation}`
          const mine = () => writes.filter((write) => write.user === user)
          const replica = yield* start(user)
          // Ends come in the middle of creating, of rolling, and of what is left after them.
          if (generation % 4 === 0) {
            image = generation % 8 === 0 ? newImage : "aerospike:ce-8.1.1.1"
            yield* apply(replicas, { size: 3, image })
          }
          const wanted = 1 + (generation % 5)
          yield* until(
            `write ${wanted} of ${user}`,
            () => holder() === user && (mine().filter(isWork).length >= wanted || isSettled(replicas, image)),
          )
          const before = mine().filter(isWork).length
          yield* replica.stop
          expect(mine().filter(isWork)).toHaveLength(before)
          expect(mine().at(-1)?.what).toBe("update leases ed3f4371.aerospike.com")
          expect(holder()).toBe("")
          expect(Exit.isInterrupted(replica.exit() ?? Exit.void)).toBe(true)
        }
        yield* start("replica-last")
        yield* until("settled", () => isSettled(replicas, image))
        expect(yield* replicas.world.aerospike.lostRecords).toBe(0)
      }),
    )
  }, 60_000)
})

describe("the end of the process", () => {
  it("R12: not ready and without webhooks to come at once, though a pass is still to finish; the lease is given back after it", () => {
    withReplicas((replicas) =>
      Effect.gen(function* () {
        const { holder, start, until, world, writes } = replicas
        const ended: Array<readonly [what: string, at: number, holder: string]> = []
        const note = (what: string) => Effect.sync(() => void ended.push([what, world.server.now(), holder()]))
        const run = Operator.runProcess.pipe(
          Effect.provideService(Health, { show: () => Effect.void, end: note("health") }),
          Effect.provideService(AdmissionWebhook, {
            isReady: Effect.succeed(true),
            run: Effect.onInterrupt(Effect.never, () => note("webhook")),
          }),
        )
        const replica = yield* start("replica-1", { run })
        yield* apply(replicas, { size: 3 })
        yield* until("in the middle of a pass", () => writes.some(({ what }) => what.includes(" statefulsets ")))
        const stoppedAt = world.server.now()
        yield* replica.stop
        expect(ended.map(([what, at, by]) => [what, at - stoppedAt, by]).sort()).toEqual([
          ["health", 0, "replica-1"],
          ["webhook", 0, "replica-1"],
        ])
        expect(world.server.now()).toBeGreaterThan(stoppedAt)
        expect(holder()).toBe("")
      }),
    )
  })
})

describe("several operators", () => {
  it("R63 S4: a rolling update of three replicas in mid-roll-out: only the holder of the lease ever writes, no pod restarts twice", () => {
    withReplicas((replicas) =>
      Effect.gen(function* () {
        const { start, until, writes } = replicas
        let running: ReadonlyArray<Replica> = [
          yield* start("replica-a1"),
          yield* start("replica-b1"),
          yield* start("replica-c1"),
        ]
        yield* apply(replicas, { size: 3 })
        yield* until("created", () => isSettled(replicas, "aerospike:ce-8.1.1.1"))
        yield* apply(replicas, { size: 3, image: newImage })
        for (const name of ["a", "b", "c"]) {
          const restarts = () => writes.filter(({ what }) => what.startsWith("delete pods ")).length
          const before = restarts()
          yield* until("a restart", () => restarts() > before || isSettled(replicas, newImage))
          // A Deployment starts the new one first.
          const fresh = yield* start(`replica-${name}2`)
          const [old, ...others] = running
          if (old !== undefined) yield* old.stop
          running = [...others, fresh]
        }
        yield* until("rolled", () => isSettled(replicas, newImage))
        const work = writes.filter(isWork)
        expect(work.filter(({ holder, user }) => holder !== user)).toEqual([])
        const deleted = work.filter(({ what }) => what.startsWith("delete pods ")).map(({ what }) => what)
        expect(deleted.sort()).toEqual(["delete pods db-0-0", "delete pods db-0-1", "delete pods db-0-2"])
        expect(new Set(work.map(({ user }) => user)).size).toBeGreaterThan(1)
      }),
    )
  }, 60_000)

  it("R58: a standby is warm: taking over costs it no list and no watch, and its first look comes at once", () => {
    withReplicas((replicas) =>
      Effect.gen(function* () {
        const { holder, start, until, world } = replicas
        const first = yield* start("replica-1")
        yield* apply(replicas, { size: 3 })
        yield* until("created", () => isSettled(replicas, "aerospike:ce-8.1.1.1"))
        const second = yield* start("replica-2")
        yield* until("standby watches", () => second.faults.openWatches() === first.faults.openWatches())
        let reads = 0
        world.server.gate.onRequest(({ resource, user, verb }) => {
          if (user === "replica-2" && resource !== "leases" && ["list", "watch"].includes(verb)) reads += 1
          return undefined
        })
        yield* apply(replicas, { size: 3, image: newImage })
        yield* Effect.sleep("1 second")
        yield* first.stop
        yield* until("taken over", () => holder() === "replica-2")
        const tookOver = world.server.now()
        yield* until("goes on", () => replicas.writes.some((write) => write.user === "replica-2" && isWork(write)))
        expect(world.server.now() - tookOver).toBeLessThan(1_000)
        expect(reads).toBe(0)
      }),
    )
  })
})

describe("time from other clocks", () => {
  it("R60 R134: the webhooks' certificates follow the wall clock, which others have, too, and not the steady one", () => {
    withReplicas((replicas) =>
      Effect.gen(function* () {
        const { server } = replicas.world
        const dayMs = 24 * 3_600_000
        // The machine slept for longer than a certificate is valid: no monotonic clock counts that.
        let sleptMs = 0
        let followedAt = 0
        const process = Operator.runProcess.pipe(
          Effect.provideService(Health, { show: () => Effect.void, end: Effect.void }),
          Effect.provideService(AdmissionWebhook, {
            isReady: Effect.succeed(true),
            run: Effect.delay(Clock.currentTimeMillis, "15 seconds").pipe(
              Effect.tap((now) => void (followedAt = now)),
              Effect.forever,
            ),
          }),
        )
        const run = Effect.clockWith((clock) => {
          const wall = () => clock.unsafeCurrentTimeMillis() + sleptMs
          return Effect.withClock(process, {
            [Clock.ClockTypeId]: Clock.ClockTypeId,
            unsafeCurrentTimeMillis: wall,
            unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
            currentTimeMillis: Effect.sync(wall),
            currentTimeNanos: clock.currentTimeNanos,
            sleep: (duration) => clock.sleep(duration),
          })
        })
        yield* replicas.start("replica-1", { run })
        yield* Effect.sleep("20 seconds")
        expect(followedAt).toBe(server.now() - 5_000)
        sleptMs = 40 * dayMs
        yield* Effect.sleep("20 seconds")
        expect(followedAt).toBe(server.now() - 10_000 + sleptMs)
      }),
    )
  })

  it("R64: pods said to have been deleted in the past or in the future are gone when they are gone, not before", () => {
    withReplicas((replicas) =>
      Effect.gen(function* () {
        const { start, until, world, writes } = replicas
        const lies = ["2001-01-01T00:00:00Z", "2099-01-01T00:00:00Z"]
        /** The operator sees another time of deletion than the one that is. */
        const lying = (object: KubeObject): KubeObject =>
          object.kind !== "Pod" || object.metadata.deletionTimestamp === undefined
            ? object
            : {
                ...object,
                metadata: {
                  ...object.metadata,
                  deletionTimestamp: lies[(object.metadata.name ?? "").charCodeAt(5) % 2] ?? "",
                },
              }
        const reader = Layer.effect(
          KubeReader,
          Effect.map(KubeReader, (real) => ({
            get: (kind, ref) => Effect.map(real.get(kind, ref), lying),
            list: (kind, options) =>
              Effect.map(real.list(kind, options), (page) => ({ ...page, items: page.items.map(lying) })),
            watch: (kind, options) =>
              Stream.map(real.watch(kind, options), (event) =>
                event.type === "BOOKMARK" ? event : { ...event, object: lying(event.object) },
              ),
          })),
        )
        yield* start("replica-1", { around: Layer.merge(Layer.fresh(Layer.context<Outside>()), reader) })
        yield* apply(replicas, { size: 3 })
        yield* until("created", () => isSettled(replicas, "aerospike:ce-8.1.1.1"))
        let mostLeaving = 0
        world.server.onCommit(({ kind }) => {
          if (kind.kind !== "Pod") return
          const leaving = pods(replicas).filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
          mostLeaving = Math.max(mostLeaving, leaving.length)
        })
        yield* apply(replicas, { size: 3, image: newImage })
        yield* until("rolled", () => isSettled(replicas, newImage))
        expect(writes.filter(({ what }) => what.startsWith("delete pods "))).toHaveLength(3)
        expect(mostLeaving).toBe(1)
      }),
    )
  })
})

describe("metrics", () => {
  const about = (lines: ReadonlyArray<string>, name: string) => lines.filter((line) => line.includes(`name="${name}"`))
  const valueOf = (lines: ReadonlyArray<string>, series: string): number | undefined => {
    const line = lines.find((text) => text.startsWith(`${series} `))
    return line === undefined ? undefined : Number(line.slice(series.length + 1))
  }
  const create = (replicas: Replicas, name: string) =>
    Effect.gen(function* () {
      const phase = () => {
        const status = replicas.world.server.find(Kinds.AerospikeCluster, { namespace: "aerospike", name })?.["status"]
        return (status as { readonly phase?: string } | undefined)?.phase
      }
      yield* apply(replicas, { name, size: 2 })
      yield* replicas.until(`${name} created`, () => phase() === "Completed")
    })

  it("R128: there is one for every part; each cluster has its own few while it exists, and none afterwards", () => {
    withReplicas((replicas) =>
      Effect.gen(function* () {
        const { start, until, world } = replicas
        const replica = yield* start("replica-1")
        yield* create(replicas, "unlikely-name-1")
        const before = yield* pageOf(replica)
        const own = about(before, "unlikely-name-1")
        expect(own.length).toBeLessThan(50)
        expect(before.filter((line) => line.includes("unlikely"))).toEqual(own)
        for (const name of ["unlikely-name-2", "unlikely-name-3", "unlikely-name-4"]) yield* create(replicas, name)
        const after = yield* pageOf(replica)
        expect(about(after, "unlikely-name-4")).toHaveLength(own.length)
        expect(after.length - 3 * own.length).toBe(before.length)
        expect(before.length).toBeLessThan(1_000)
        const names = new Set(before.map((line) => line.split(/[{ ]/, 1)[0] ?? ""))
        for (const name of [
          "acko_observer_mode",
          "acko_observer_events_total",
          "acko_observer_missed_events_total",
          "acko_node_requests_total",
          "acko_node_facts_duration_seconds_count",
          "acko_events_total",
          ...["total", "errors_total", "panics_total", "time_seconds_bucket"].map(
            (name) => `controller_runtime_reconcile_${name}`,
          ),
          "controller_runtime_active_workers",
          "controller_runtime_max_concurrent_reconciles",
          ...[
            "depth",
            "adds_total",
            "retries_total",
            "queue_duration_seconds_bucket",
            "work_duration_seconds_bucket",
          ].map((name) => `workqueue_${name}`),
          "workqueue_unfinished_work_seconds",
          "workqueue_longest_running_processor_seconds",
          "leader_election_master_status",
        ])
          expect(names).toContain(name)
        const gone = "unlikely-name-4"
        yield* Effect.orDie(world.writer.remove(Kinds.AerospikeCluster, { namespace: "aerospike", name: gone }, {}))
        const exists = () => world.server.find(Kinds.AerospikeCluster, { namespace: "aerospike", name: gone })
        yield* until("deleted", () => exists() === undefined)
        yield* Effect.sleep("1 second")
        const last = yield* pageOf(replica)
        expect(about(last, gone)).toEqual([])
        expect(about(last, "unlikely-name-1")).toHaveLength(own.length)
      }),
    )
  })

  it("a standby shows nothing about clusters, and says that it is one; the leader shows how they are", () => {
    withReplicas((replicas) =>
      Effect.gen(function* () {
        const leader = yield* replicas.start("replica-1")
        yield* create(replicas, "db")
        const of = '{namespace="aerospike",name="db"'
        const page = yield* pageOf(leader)
        expect(valueOf(page, `acko_cluster_phase${of}}`)).toBe(2)
        expect(valueOf(page, `acko_cluster_ready_pods${of}}`)).toBe(2)
        expect(valueOf(page, `acko_cluster_as_size${of}}`)).toBe(2)
        expect(valueOf(page, `acko_cluster_migrating_partitions${of}}`)).toBe(0)
        expect(valueOf(page, `acko_reconcile_errors_total${of},reason="Other"}`)).toBe(0)
        expect(valueOf(page, `acko_circuit_breaker_active${of}}`)).toBe(0)
        const standby = yield* replicas.start("replica-2")
        yield* Effect.sleep("1 minute")
        expect(about(yield* pageOf(standby), "db")).toEqual([])
        // Both are in one process here and share a registry, so the gauge is what the latest of them said.
        expect(valueOf(yield* pageOf(standby), 'leader_election_master_status{name="ed3f4371.aerospike.com"}')).toBe(0)
      }),
    )
  })
})

/** A bug in one part of the operator: it strikes when `isArmed`. */
interface Plant {
  readonly isArmed: () => boolean
  readonly bug: Effect.Effect<never>
}

/** The operator's own graph with a queue or a trigger of facts that is not as it should be. */
const insideWith = (parts: {
  readonly queue?: (queue: Triggers["Type"]) => Triggers["Type"]
  readonly trigger?: (queue: Triggers["Type"]) => Triggers["Type"]["add"]
}): Layer.Layer<Inside, never, Outside | OperatorConfig> => {
  const inquiries = Layer.unwrapEffect(
    Effect.map(Triggers, (queue) =>
      Layer.merge(
        Facts.layer({ trigger: parts.trigger?.(queue) ?? queue.add, retryAfterDefectMs: 100 }),
        ClientViews.layer({ trigger: queue.add }),
      ),
    ),
  )
  const queue = Layer.effect(
    Triggers,
    Effect.map(Triggers, (real) => parts.queue?.(real) ?? real),
  )
  return Layer.merge(Reconciler.layer, TemplateUse.layer).pipe(
    Layer.provideMerge(EventRecorder.layer),
    Layer.provideMerge(WriteThrough.layer),
    Layer.provideMerge(Shutdown.layer),
    Layer.provideMerge(inquiries),
    Layer.provideMerge(Observers.layer),
    Layer.provideMerge(Layer.merge(Stores.layer, Layer.provide(queue, Triggers.layer))),
  )
}

const planted: Readonly<Record<string, (plant: Plant) => Parameters<Replicas["start"]>[1]>> = {
  watcher: ({ bug, isArmed }) => ({
    around: Layer.merge(
      Layer.fresh(Layer.context<Outside>()),
      Layer.effect(
        KubeReader,
        Effect.map(KubeReader, (reader) => ({
          ...reader,
          watch: (kind, options) =>
            Stream.mapEffect(reader.watch(kind, options), (event) => (isArmed() ? bug : Effect.succeed(event))),
        })),
      ),
    ),
  }),
  queue: ({ bug, isArmed }) => ({
    inside: insideWith({
      queue: (real) => ({
        ...real,
        consume: (work, concurrency) => real.consume((due) => (isArmed() ? bug : work(due)), concurrency),
      }),
    }),
  }),
  facts: ({ bug, isArmed }) => ({
    inside: insideWith({ trigger: (queue) => (key, why) => (isArmed() ? bug : queue.add(key, why)) }),
  }),
  lease: ({ bug, isArmed }) => ({
    aroundLease: Layer.merge(
      Layer.fresh(Layer.context<KubeReader>()),
      Layer.effect(
        KubeWriter,
        Effect.map(KubeWriter, (writer) => ({
          ...writer,
          replace: (kind, object, subresource) => (isArmed() ? bug : writer.replace(kind, object, subresource)),
        })),
      ),
    ),
  }),
}

describe("a bug in a part of the operator", () => {
  it.each(Object.entries(planted))(
    "S11 R45: in the %s it ends the operator with that defect within a second",
    (_, plant) => {
      withReplicas((replicas) =>
        Effect.gen(function* () {
          const { start, until, world } = replicas
          let isArmed = false
          let struckAt: number | undefined
          const bug = Effect.suspend(() => {
            struckAt ??= world.server.now()
            return Effect.dieMessage("planted")
          })
          const replica = yield* start("replica-1", plant({ isArmed: () => isArmed, bug }))
          yield* apply(replicas, { size: 3 })
          yield* until("created", () => isSettled(replicas, "aerospike:ce-8.1.1.1"))
          isArmed = true
          // Something happens everywhere: an edit, a roll-out, node facts, renewals.
          yield* apply(replicas, { size: 3, image: newImage })
          yield* until("struck", () => struckAt !== undefined)
          yield* until("ended", () => replica.exit() !== undefined)
          expect(world.server.now() - (struckAt ?? 0)).toBeLessThanOrEqual(1_000)
          const exit = replica.exit()
          expect(exit !== undefined && Exit.isFailure(exit) && Cause.isDie(exit.cause)).toBe(true)
          expect(String(exit)).toContain("planted")
        }),
      )
    },
  )
})
