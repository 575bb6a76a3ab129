import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { connect } from "node:net"
import { describe } from "vitest"
import { PortError } from "../../src/http/listener.js"
import { type Readiness, serve } from "../../src/report/Health.js"

const host = "127.0.0.1"
const watching: Readiness = {
  ready: true,
  leading: false,
  observers: [
    { kind: "Pod", mode: "watching" },
    { kind: "Service", namespace: "a", mode: "polling" },
  ],
}

const get = (url: string, init?: RequestInit) =>
  Effect.promise(async () => {
    const response = await fetch(url, init)
    return { status: response.status, type: response.headers.get("content-type"), text: await response.text() }
  })

describe("health over HTTP", () => {
  it.scopedLive("answers liveness, readiness and metrics on one port", () =>
    Effect.gen(function* () {
      const { url } = yield* serve({ host, port: 0, readiness: Effect.succeed(watching) })
      expect(yield* get(`${url}/healthz`)).toMatchObject({ status: 200, text: "ok\n" })
      const page = (yield* get(`${url}/metrics`)).text
      for (const name of ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds"])
        expect(page).toMatch(new RegExp(`^${name} [0-9.e+]+$`, "m"))
      expect(page).toMatch(/^nodejs_eventloop_lag_max_seconds [0-9.e-]+$/m)
      const ready = yield* get(`${url}/readyz?verbose`)
      expect(ready).toMatchObject({ status: 200, type: "application/json" })
      expect(JSON.parse(ready.text)).toEqual(watching)
      const metrics = yield* get(`${url}/metrics`)
      expect(metrics).toMatchObject({ status: 200, type: "text/plain; version=0.0.4; charset=utf-8" })
      expect(metrics.text).toContain("# TYPE effect_fiber_started counter\n")
      expect(yield* get(`${url}/metrics`, { method: "HEAD" })).toMatchObject({ status: 200, text: "" })
      expect(yield* get(`${url}/debug`)).toMatchObject({ status: 404 })
      expect(yield* get(`${url}/readyz`, { method: "POST", body: "x" })).toMatchObject({ status: 405 })
    }),
  )

  it.scopedLive("is 503 with the same body while not ready, and 200 as soon as it is", () =>
    Effect.gen(function* () {
      let state: Readiness = { ready: false, leading: false, observers: [{ kind: "Pod", mode: "refused" }] }
      const { url } = yield* serve({ host, port: 0, readiness: Effect.sync(() => state) })
      const before = yield* get(`${url}/readyz`)
      expect([before.status, JSON.parse(before.text)]).toEqual([503, state])
      state = watching
      expect(yield* get(`${url}/readyz`)).toMatchObject({ status: 200 })
    }),
  )

  it.scopedLive("a busy port is one clear line that names the flag", () =>
    Effect.gen(function* () {
      const { port } = yield* serve({ host, port: 0, readiness: Effect.succeed(watching) })
      const error = yield* Effect.flip(Effect.scoped(serve({ host, port, readiness: Effect.succeed(watching) })))
      expect(error).toBeInstanceOf(PortError)
      expect(error.message).toBe(
        `cannot serve health and metrics on 127.0.0.1:${port}: it is in use; choose another port with --health-port or ACKO_HEALTH_PORT (0: off)`,
      )
    }),
  )

  it.live("R125: a half-sent request does not hold up the end", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { port } = yield* Scope.extend(serve({ host, port: 0, readiness: Effect.succeed(watching) }), scope)
      const closed = yield* Effect.async<Promise<void>>((resume) => {
        const socket = connect(port, host, () => {
          socket.write("GET /healthz HTTP/1.1\r\nhost: x", () => resume(Effect.succeed(ended)))
        })
        const ended = new Promise<void>((done) => socket.once("close", () => done()))
        socket.on("error", () => undefined)
      })
      yield* Scope.close(scope, Exit.void)
      yield* Effect.promise(() => closed)
    }),
  )
})
