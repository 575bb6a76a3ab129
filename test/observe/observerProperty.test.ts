import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Random from "effect/Random"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import { Kinds, type PodView } from "../../src/domain/Kubernetes.js"
import { make } from "../../src/observe/Observer.js"
import { type Change, make as makeStore } from "../../src/observe/Store.js"
import { podView } from "../../src/observe/views.js"
import { broken, makeModel, type Model, statusError } from "../support/listWatchModel.js"

/** What can happen to the world and to the way to it, one step at a time. */
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("put" as const), name: fc.integer({ min: 0, max: 2 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("remove" as const), name: fc.integer({ min: 0, max: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("recreate" as const), name: fc.integer({ min: 0, max: 2 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(0, 50, 900, 7_000, 40_000) }),
  },
  { weight: 2, arbitrary: fc.constant({ do: "cut" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "end" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "gone" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "compact" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("refuseWatch" as const), times: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("failList" as const), times: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("lose" as const), times: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("replay" as const), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lag" as const), changes: fc.integer({ min: 0, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("slowLists" as const), ms: fc.constantFrom(0, 300, 4_000) }) },
  { weight: 2, arbitrary: fc.constant({ do: "bookmark" as const }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

const perform = (model: Model, s: Step): Effect.Effect<void> =>
  Effect.suspend(() => {
    switch (s.do) {
      case "put":
        model.put(`p${s.name}`)
        return Effect.void
      case "remove":
        model.remove(`p${s.name}`)
        return Effect.void
      case "recreate":
        model.remove(`p${s.name}`)
        model.put(`p${s.name}`)
        return Effect.void
      case "wait":
        return TestClock.adjust(s.ms)
      case "cut":
        model.cut()
        return Effect.void
      case "end":
        model.end()
        return Effect.void
      case "gone":
        model.cut(statusError("watch", 410, "Expired"))
        return Effect.void
      case "compact":
        model.compact()
        return Effect.void
      case "refuseWatch":
        for (let i = 0; i < s.times; i += 1)
          model.faults.watches.push(i % 2 === 0 ? broken("watch") : statusError("watch", 403))
        return Effect.void
      case "failList":
        for (let i = 0; i < s.times; i += 1)
          model.faults.lists.push(i % 2 === 0 ? statusError("list", 503) : broken("list"))
        return Effect.void
      case "lose":
        model.faults.lost += s.times
        return Effect.void
      case "replay":
        model.replay(s.count)
        return Effect.void
      case "lag":
        model.faults.listLag = s.changes
        return Effect.void
      case "slowLists":
        model.faults.listDelayMs = s.ms
        return Effect.void
      case "bookmark":
        model.bookmark()
        return Effect.void
    }
  })

const heal = (model: Model): void => {
  model.faults.lists.length = 0
  model.faults.watches.length = 0
  model.faults.lost = 0
  model.faults.listLag = 0
  model.faults.listDelayMs = 0
}

const pollMs = 10_000
const resyncMs = 20_000
const graceMs = 1_000
const cluster = { namespace: "aerospike", name: "db" }

/** One history: returns what the store held at the end, what was told, and what is true. */
const live = (steps: ReadonlyArray<Step>, seed: number, isWatchDead: boolean, isAwaited: boolean) =>
  Effect.gen(function* () {
    const model = makeModel(Kinds.Pod)
    // Every version counts as a change here: then nothing may be told twice.
    const store = yield* makeStore<PodView>({
      kind: Kinds.Pod,
      decode: podView,
      keysOf: () => [cluster],
      fingerprint: (view) => view,
    })
    const told: Array<Change<PodView>> = []
    yield* store.subscribe((change) => Effect.sync(() => told.push(change)))
    const observer = yield* make({
      store,
      pollIntervalMs: pollMs,
      maxPollPauseMs: pollMs,
      resyncMs: isAwaited ? 3_600_000 : resyncMs,
      resyncGraceMs: graceMs,
    })
    yield* Effect.forkScoped(model.provide(observer.run))
    yield* TestClock.adjust(0)
    for (const s of steps) yield* perform(model, s)
    heal(model)
    yield* observer.expect(cluster, isAwaited)
    if (isWatchDead) {
      model.faults.watch = broken("watch")
      model.cut()
      model.put("last")
    }
    // One interval of whatever is responsible now: the poll, or, when an event was lost on a healthy watch, the list of those who wait for
    // it, resp. the safety list.
    yield* TestClock.adjust(((isAwaited ? pollMs : resyncMs) + graceMs) * 1.1 + 1)
    const held = yield* store.list
    return { model, told, held }
  }).pipe(Effect.scoped, Effect.withRandom(Random.make(seed)))

const identities = (
  pods: Iterable<{ readonly name: string; readonly uid: string; readonly resourceVersion: string }>,
) => [...pods].map((pod) => `${pod.name} ${pod.uid} ${pod.resourceVersion}`).sort()

describe("Observer and Store against a list/watch history", () => {
  it.effect.prop(
    "R20 R24 R25 R26 R38 R43 R44 the store equals the truth within one interval, every version is told once, no deletion is lost",
    {
      steps: fc.array(step, { minLength: 8, maxLength: 40 }),
      seed: fc.integer(),
      isWatchDead: fc.boolean(),
      isAwaited: fc.boolean(),
    },
    ({ steps, seed, isWatchDead, isAwaited }) =>
      Effect.gen(function* () {
        const { model, told, held } = yield* live(steps, seed, isWatchDead, isAwaited)
        const truth = [...model.objects.values()].map((object) => ({
          name: object.metadata.name ?? "",
          uid: object.metadata.uid ?? "",
          resourceVersion: object.metadata.resourceVersion ?? "",
        }))
        expect(identities(held)).toEqual(identities(truth))

        const versions = told.flatMap(({ after }) =>
          after === undefined ? [] : [`${after.name} ${after.resourceVersion}`],
        )
        expect(versions).toEqual([...new Set(versions)])

        // Per name the story makes sense: versions grow, what was added is removed exactly once before it is added again.
        const last = new Map<string, PodView | undefined>()
        for (const { before, after } of told) {
          const name = (after ?? before)!.name
          expect(before).toEqual(last.get(name))
          if (before !== undefined && after !== undefined) {
            expect(BigInt(after.resourceVersion)).toBeGreaterThan(BigInt(before.resourceVersion))
          }
          last.set(name, after)
        }
        expect(identities([...last.values()].filter((pod) => pod !== undefined))).toEqual(identities(truth))
      }),
    { fastCheck: { numRuns: 80 }, timeout: 60_000 },
  )
})
