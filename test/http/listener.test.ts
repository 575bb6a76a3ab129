import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as http from "node:http"
import { connect, type Socket } from "node:net"
import { describe } from "vitest"
import { listen } from "../../src/http/listener.js"

const host = "127.0.0.1"
const page = "x".repeat(1024 * 1024)

/** Asks for more than all buffers hold, and reads nothing of it by itself. */
const greedy = (port: number) =>
  Effect.acquireRelease(
    Effect.async<Socket>((resume) => {
      const socket = connect(port, host, () =>
        socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n".repeat(60), () => resume(Effect.succeed(socket))),
      )
      socket.pause().on("error", () => undefined)
    }),
    (socket) => Effect.sync(() => socket.destroy()),
  )

describe("a port of ours", () => {
  it.scopedLive("R125: whoever does not read the answers, or only a little now and then, keeps no connection", () =>
    Effect.gen(function* () {
      const node = http.createServer()
      const app = Effect.succeed(HttpServerResponse.text(page))
      const { address, port } = yield* listen(node, {
        app,
        what: "a test",
        setting: "--port",
        host,
        port: 0,
        answerWithinMs: 1_000,
      })
      const connections = Effect.async<number>((resume) => {
        node.getConnections((_, count) => resume(Effect.succeed(count)))
      })
      yield* greedy(port)
      const slow = yield* greedy(port)
      yield* Effect.forkScoped(
        Effect.forever(
          Effect.delay(
            Effect.sync(() => void slow.read(1)),
            "50 millis",
          ),
        ),
      )
      yield* Effect.repeat(Effect.delay(connections, "20 millis"), { until: (count) => count === 2 })
      yield* Effect.repeat(Effect.delay(connections, "20 millis"), { until: (count) => count === 0 }).pipe(
        Effect.timeout("5 seconds"),
      )
      const reply = yield* Effect.promise(() => fetch(`http://${address}`).then((response) => response.text()))
      expect(reply).toBe(page)
    }),
  )
})
