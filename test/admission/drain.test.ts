import { it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as TestServices from "effect/TestServices"
import * as https from "node:https"
import { connect } from "node:net"
import { describe, expect } from "vitest"
import { make } from "../../src/admission/Webhook.js"
import { render } from "../../src/report/Prometheus.js"
import { selfSigned } from "../../src/tls/certificate.js"
import { call, cluster, clusterPath, goodSpec, host, open, review } from "./support.js"

const good = JSON.stringify(review(cluster(goodSpec)))
/** Callers look at the real time. */
const pair = { ...selfSigned([host], new Date()), until: new Date(Date.now() + 3_600_000) }

/** A webhook that runs on a test clock, and what happens at its end. */
const served = (drainMs: number) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const webhook = yield* Scope.extend(
      make({ host, port: 0, drainMs, certificates: (show) => Effect.zipRight(show(pair), Effect.never) }),
      scope,
    )
    const running = yield* Effect.fork(webhook.run)
    yield* TestClock.adjust("0 millis")
    const answered = (agent?: https.Agent) =>
      Effect.promise(() =>
        call({ authority: pair.certificate, port: webhook.port }, { body: good, ...(agent && { agent }) }),
      )
    return { scope, webhook, running, answered, as: { ...webhook, authority: pair.certificate } }
  })

const interrupted = Exit.interrupt(FiberId.none)
/** Real time for sockets to notice. */
const moment = TestServices.provideLive(Effect.sleep("50 millis"))

describe("the end of the webhooks", () => {
  it.effect("R12: after the signal it is not ready, answers to the end of the drain, and is gone", () =>
    Effect.gen(function* () {
      const { answered, running, scope, webhook } = yield* served(5_000)
      expect(yield* webhook.isReady).toBe(true)
      yield* Fiber.interrupt(running)
      expect(yield* webhook.isReady).toBe(false)
      // The passes of the operator take their time first: it counts.
      yield* TestClock.adjust("3 seconds")
      const closing = yield* Effect.fork(Scope.close(scope, interrupted))
      yield* TestClock.adjust("1999 millis")
      expect((yield* answered()).status).toBe(200)
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(closing)
      expect((yield* answered()).status).toBe(0)
    }),
  )

  it.effect("R12: callers that keep their connection are sent to the other replica by the first answer", () =>
    Effect.gen(function* () {
      const { answered, running, scope } = yield* served(5_000)
      const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca: pair.certificate })
      yield* answered(agent)
      yield* moment
      const idle = () => Object.values(agent.freeSockets).flat().length
      expect(idle()).toBe(1)
      yield* Fiber.interrupt(running)
      expect((yield* answered(agent)).status).toBe(200)
      yield* moment
      expect(idle()).toBe(0)
      const closing = yield* Effect.fork(Scope.close(scope, interrupted))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(closing)
    }),
  )

  it.effect(
    "R12, R125: a call under way is answered after the drain; one that never ends is cut after two seconds",
    () =>
      Effect.gen(function* () {
        const { as, running, scope } = yield* served(1_000)
        const head = `POST ${clusterPath} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(good)}\r\n\r\n`
        const begin = Effect.promise(async () => {
          const socket = await open(as)
          let text = ""
          socket.on("data", (part: Buffer) => (text += part.toString()))
          const ended = new Promise<string>((resolve) => socket.once("close", () => resolve(text)))
          socket.write(head + good.slice(0, 10))
          return { socket, ended }
        })
        const [slow, never] = yield* Effect.all([begin, begin])
        yield* moment
        yield* Fiber.interrupt(running)
        const closing = yield* Effect.fork(Scope.close(scope, interrupted))
        yield* TestClock.adjust("1 seconds")
        slow.socket.write(good.slice(10))
        expect(yield* Effect.promise(() => slow.ended)).toMatch(/^HTTP\/1\.1 200 [\s\S]*"allowed":true/)
        yield* TestClock.adjust("2 seconds")
        expect(yield* Effect.promise(() => never.ended)).toBe("")
        yield* Fiber.join(closing)
      }),
  )

  it.effect("S11: a bug ends it at once, without a drain", () =>
    Effect.gen(function* () {
      const { running, scope } = yield* served(5_000)
      yield* Fiber.interrupt(running)
      yield* Scope.close(scope, Exit.failCause(Cause.die("planted")))
    }),
  )

  it.effect("a half-open connection does not hold up the end", () =>
    Effect.gen(function* () {
      const { running, scope, webhook } = yield* served(0)
      const socket = connect(webhook.port, host).on("error", () => undefined)
      const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()))
      yield* moment
      yield* Fiber.interrupt(running)
      yield* Scope.close(scope, interrupted)
      yield* Effect.promise(() => ended)
    }),
  )
})

describe("metrics of the webhooks", () => {
  it.effect(
    "calls are counted by path and code, as controller-runtime does, timed, and none is under way afterwards",
    () =>
      Effect.gen(function* () {
        const value = (series: string): number => {
          const line = render(Metric.unsafeSnapshot())
            .split("\n")
            .find((text) => text.startsWith(`controller_runtime_webhook_${series} `))
          return Number(line?.split(" ").at(-1))
        }
        const { as, scope } = yield* served(0)
        const calls = (code: number) => value(`requests_total{webhook="${clusterPath}",code="${code}"}`)
        expect(calls(500)).toBe(0)
        const before = calls(200)
        yield* Effect.promise(() => call(as, { body: good }))
        yield* Effect.promise(() => call(as, { body: "{" }))
        expect([calls(200) - before, calls(400) > 0]).toEqual([1, true])
        expect(value(`latency_seconds_count{webhook="${clusterPath}"}`)).toBeGreaterThan(1)
        expect(value(`requests_in_flight{webhook="${clusterPath}"}`)).toBe(0)
        yield* Scope.close(scope, Exit.void)
      }),
  )
})
