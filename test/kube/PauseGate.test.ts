import { it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { assert, describe } from "vitest"
import { KubeStatusError } from "../../src/kube/KubeError.js"
import type { KubeRequest, KubeVerb } from "../../src/kube/KubeRequest.js"
import { answerError, retryAfterMs, statusError } from "../../src/kube/kubeStatus.js"
import { makePauseGate } from "../../src/kube/PauseGate.js"
import { defaultTiming } from "../../src/kube/WatcherOptions.js"
import { failed, initialState } from "../../src/kube/watcherState.js"

const request = (verb: KubeVerb, resource = "pods"): KubeRequest => ({ verb, resource, method: "GET", path: "/" })
const overload = (retryAfter: number | undefined, status = 429) =>
  new KubeStatusError({
    verb: "get",
    resource: "pods",
    status,
    reason: "TooManyRequests",
    detail: "",
    ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter }),
  })

/** When each of the given requests was let through. */
const passed = (gate: ReturnType<typeof makePauseGate>, requests: ReadonlyArray<KubeRequest>) =>
  Effect.gen(function* () {
    const fibers = yield* Effect.forEach(requests, (r) =>
      Effect.fork(Effect.zipRight(gate.pass(r), Clock.currentTimeMillis)),
    )
    yield* TestClock.adjust("1 minute")
    return yield* Effect.forEach(fibers, Fiber.join)
  })

describe("PauseGate", () => {
  it.effect("R46 nothing of the flow passes before the end of the pause, and not all at once after it", () =>
    Effect.gen(function* () {
      const gate = makePauseGate({ maxHoldMs: 5000 })
      yield* gate.observe(request("list"), overload(4000))
      const reads = Array.from({ length: 20 }, () => request("get"))
      const times = yield* passed(gate, reads)
      assert.isTrue(times.every((time) => time > 4000 && time < 5000))
      assert.isAbove(new Set(times).size, 10)
    }),
  )

  it.effect("R46 reads, writes and leases pause apart; evictions and answers without a time do not pause", () =>
    Effect.gen(function* () {
      const gate = makePauseGate({ maxHoldMs: 5000 })
      yield* gate.observe(request("create"), overload(3000, 503))
      yield* gate.observe(request("evict"), overload(4500))
      yield* gate.observe(request("get"), overload(undefined))
      yield* gate.observe(request("get"), overload(3000, 500))
      const [read, lease, write, evict] = yield* passed(gate, [
        request("watch"),
        request("update", "leases"),
        request("patch"),
        request("evict"),
      ])
      assert.deepStrictEqual([read, lease], [0, 0])
      for (const time of [write!, evict!]) assert.isTrue(time >= 3000 && time < 4000)
    }),
  )

  it.effect("R46 a pause prolonged while requests wait holds them longer, but never beyond the limit of holding", () =>
    Effect.gen(function* () {
      const gate = makePauseGate({ maxHoldMs: 5000 })
      yield* gate.observe(request("get"), overload(2000))
      const waiting = yield* Effect.fork(Effect.either(gate.pass(request("get"))))
      yield* TestClock.adjust("1 second")
      yield* gate.observe(request("get"), overload(60_000))
      yield* TestClock.adjust("2 seconds")
      const result = yield* Fiber.join(waiting)
      assert.isTrue(result._tag === "Left" && result.left.status === 429 && (result.left.retryAfterMs ?? 0) > 50_000)
    }),
  )

  it.effect("a shorter pause does not cut a longer one, and no pause is longer than two minutes", () =>
    Effect.gen(function* () {
      const gate = makePauseGate({ maxHoldMs: 0 })
      yield* gate.observe(request("get"), overload(86_400_000))
      yield* gate.observe(request("get"), overload(1))
      assert.strictEqual((yield* Effect.flip(gate.pass(request("get")))).retryAfterMs, 120_000)
      yield* TestClock.adjust("2 minutes")
      yield* gate.pass(request("get"))
    }),
  )
})

describe("kubeStatus", () => {
  it("R46 Retry-After is seconds or a date", () => {
    assert.strictEqual(retryAfterMs("3", 0), 3000)
    assert.strictEqual(retryAfterMs("Thu, 01 Jan 1970 00:01:00 GMT", 20_000), 40_000)
    assert.strictEqual(retryAfterMs("Thu, 01 Jan 1970 00:00:00 GMT", 20_000), 0)
    assert.strictEqual(retryAfterMs("soon", 0), undefined)
    assert.strictEqual(retryAfterMs(undefined, 0), undefined)
  })

  it("R46 no answer makes anybody pause for longer than two minutes, however it asks", () => {
    const hour = { kind: "Status", details: { retryAfterSeconds: 3_600 } }
    const errors = [
      answerError(request("watch"), { status: 503, text: "maintenance", retryAfter: "3600" }, 0),
      answerError(request("list"), { status: 429, text: "", retryAfter: "Fri, 01 Jan 2100 00:00:00 GMT" }, 0),
      answerError(request("create"), { status: 503, text: JSON.stringify(hour), retryAfter: undefined }, 0),
      statusError(request("watch"), hour, { code: 500, text: "" }),
    ]
    for (const error of errors) {
      assert.strictEqual(error.retryAfterMs, 120_000)
      const { event } = failed(initialState, "watch", error, defaultTiming, { now: 0, random: 0.5 })
      assert.isAtMost(event.retryInMs, 121_000)
    }
  })

  it("R52 a huge message is cut", () => {
    const error = answerError(request("get"), { status: 500, text: "x".repeat(100_000), retryAfter: undefined }, 0)
    assert.isAtMost(error.detail.length, 1024)
  })
})
