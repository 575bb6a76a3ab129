/**
 * A port of our own: how it is opened, what its errors come to, and how it is closed. Used by everything that answers over HTTP, so that all of
 * it survives the same troubles and ends the same way.
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import type * as http from "node:http"
import type * as https from "node:https"
import type { Socket } from "node:net"

/** The port cannot be listened on. */
export class PortError extends Data.TaggedError("PortError")<{
  /** `health and metrics` */
  readonly what: string
  /** Setting that chooses the port: its flag, variable and whatever else helps. */
  readonly setting: string
  readonly host: string
  readonly port: number
  readonly cause: unknown
}> {
  override get message(): string {
    const { cause, host, port, setting, what } = this
    const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined
    const why = code === "EADDRINUSE" ? "it is in use" : String(cause)
    return `cannot serve ${what} on ${host}:${port}: ${why}; choose another port with ${setting}`
  }
}

export interface ListenOptions {
  readonly app: HttpApp.Default
  /** For messages (see {@link PortError}). */
  readonly what: string
  readonly setting: string
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** From the headers of a request to the end of its answer, as far as the caller takes it (ms); then the connection is cut. Default 15 000. */
  readonly answerWithinMs?: number
  /** When the scope closes, requests that are being answered have this long (ms). Default 0: they are cut. */
  readonly graceMs?: number
}

export interface Listener {
  /** `host:port`, as in a URL. */
  readonly address: string
  readonly port: number
  /** From now on each answer closes its connection: callers that keep theirs come back to whoever is there then. */
  readonly retire: Effect.Effect<void>
}

/** Requests whose headers have come and whose answers have not gone; and all connections, those that say nothing among them. */
const watchTraffic = (node: http.Server | https.Server, answerWithinMs: number) => {
  const answers = new Set<http.ServerResponse>()
  let isRetiring = false
  const waiting = new Set<() => void>()
  const sockets = new Set<Socket>()
  node.on("connection", (socket: Socket) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
  })
  const closeAfter = (answer: http.ServerResponse): void => {
    if (!answer.headersSent) answer.setHeader("connection", "close")
  }
  node.on("request", ({ socket }: http.IncomingMessage, answer: http.ServerResponse) => {
    answers.add(answer)
    if (isRetiring) closeAfter(answer)
    // Node limits how long a request may take to come, and nothing limits how long a caller may take to read its answer.
    const limit = setTimeout(() => socket.destroy(), answerWithinMs).unref()
    answer.once("close", () => {
      clearTimeout(limit)
      answers.delete(answer)
      if (answers.size === 0) for (const tell of waiting) tell()
    })
  })
  return {
    retire: () => {
      isRetiring = true
      answers.forEach(closeAfter)
    },
    settled: Effect.async<void>((resume) => {
      if (answers.size === 0) return resume(Effect.void)
      const tell = () => resume(Effect.void)
      waiting.add(tell)
      return Effect.sync(() => waiting.delete(tell))
    }),
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/**
 * Answers with `app` on `node` until the scope closes. A connection that cannot be accepted (no more sockets, for one) is logged, and the next
 * ones are accepted all the same. At the end no new connection is accepted, idle ones are closed, what is being answered has `graceMs`, and the
 * rest is cut: nobody holds up the end by a request, or a handshake, that never comes to its own.
 */
export const listen = (
  node: http.Server | https.Server,
  options: ListenOptions,
): Effect.Effect<Listener, PortError, Scope.Scope> =>
  Effect.gen(function* () {
    const { app, what, setting, host, port, graceMs = 0, answerWithinMs = 15_000 } = options
    const traffic = watchTraffic(node, answerWithinMs)
    const server = yield* Effect.mapError(
      NodeHttpServer.make(() => node, { port, host }),
      ({ cause }) => new PortError({ what, setting, host, port, cause }),
    )
    const runtime = yield* Effect.runtime()
    node.on("error", (error) => {
      Runtime.runFork(runtime, Effect.logWarning(`a connection for ${what} was not accepted`, error.message))
    })
    yield* server.serve(app)
    // Before the answers are broken off, and before the server waits, without a limit, for open connections to end.
    yield* Effect.addFinalizer(() =>
      Effect.gen(function* () {
        node.close()
        node.closeIdleConnections()
        if (graceMs > 0) yield* traffic.settled.pipe(Effect.interruptible, Effect.timeoutOption(graceMs))
        traffic.cut()
      }),
    )
    const bound = server.address._tag === "TcpAddress" ? server.address.port : port
    return {
      retire: Effect.sync(traffic.retire),
      port: bound,
      address: `${host.includes(":") ? `[${host}]` : host}:${bound}`,
    }
  })
