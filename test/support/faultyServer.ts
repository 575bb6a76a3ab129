/**
 * An HTTP server on loopback that misbehaves to order: each answer is a script of bytes, waits and accidents. It knows nothing about
 * Kubernetes beyond telling a watch from other requests.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as http from "node:http"
import * as https from "node:https"
import type { AddressInfo, Socket } from "node:net"
import type { TLSSocket } from "node:tls"

/** One request as it arrived. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
  /** Monotonic ms. */
  readonly at: number
  /** Client's port: tells connections apart. */
  readonly port: number
}

/**
 * One step of an answer: bytes (each its own HTTP chunk), a wait, bytes one at a time, or an accident: `reset` (RST), `cut`
 * (FIN in the middle of the body), `hang` (nothing more, connection open). A script without an accident ends the answer cleanly.
 */
export type Step =
  | string
  | Uint8Array
  | { readonly waitMs: number }
  | { readonly drip: string; readonly everyMs: number }
  | { readonly end: "reset" | "cut" | "hang" }

export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** `false`: not even headers are sent before the steps (which must then be waits and accidents). */
  readonly sendHeaders?: false
  readonly steps: ReadonlyArray<Step>
}

export interface FaultyServer {
  readonly baseUrl: string
  readonly port: number
  readonly requests: ReadonlyArray<Received>
  /** Connections open right now. */
  readonly openSockets: () => number
  /** Connections accepted so far. */
  readonly acceptedSockets: () => number
  /** Replaces the behaviour from now on. */
  readonly answer: (next: Answer) => void
}

/** Certificate of the server, and what it asks of clients. */
export interface ServerTls extends https.ServerOptions {
  readonly onConnection?: (socket: TLSSocket) => void
}

/** What to do with a request; `nth` counts requests of the same class (watch or not) from 0. */
export type Answer = (request: Received, nth: number) => Reply

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
const isWatch = (request: Received): boolean => request.query.get("watch") === "true"

const perform = async (reply: Reply, response: http.ServerResponse, socket: Socket): Promise<void> => {
  if (reply.sendHeaders !== false) {
    response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers })
    response.flushHeaders()
  }
  for (const step of reply.steps) {
    if (socket.destroyed) return
    if (typeof step === "string" || step instanceof Uint8Array) {
      await new Promise((resolve) => response.write(step, resolve))
    } else if ("end" in step) {
      if (step.end === "reset") socket.resetAndDestroy()
      if (step.end === "cut") socket.destroy()
      return
    } else if ("waitMs" in step) {
      await pause(step.waitMs)
    } else {
      for (const byte of Buffer.from(step.drip)) {
        if (socket.destroyed) return
        response.write(Buffer.of(byte))
        await pause(step.everyMs)
      }
    }
  }
  response.end()
}

/** Starts on a free port of 127.0.0.1; everything is cut when the scope closes. */
export const faultyServer = (
  first: Answer,
  options: { readonly tls?: ServerTls } = {},
): Effect.Effect<FaultyServer, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<FaultyServer & { readonly stop: () => Promise<void> }>((resume) => {
      let answer = first
      const sockets = new Set<Socket>()
      const requests: Array<Received> = []
      let accepted = 0
      let watches = 0
      let others = 0

      const handle = (incoming: http.IncomingMessage, response: http.ServerResponse): void => {
        const socket = incoming.socket
        const parts: Array<Buffer> = []
        incoming.on("data", (part: Buffer) => parts.push(part))
        incoming.on("end", () => {
          const url = new URL(incoming.url ?? "/", "http://server")
          const received: Received = {
            method: incoming.method ?? "",
            path: url.pathname,
            query: url.searchParams,
            headers: incoming.headers,
            body: Buffer.concat(parts).toString("utf8"),
            at: performance.now(),
            port: socket.remotePort ?? 0,
          }
          requests.push(received)
          const reply = answer(received, isWatch(received) ? watches++ : others++)
          perform(reply, response, socket).catch((error: unknown) => socket.destroy(error as Error))
        })
      }
      const server = options.tls === undefined ? http.createServer(handle) : https.createServer(options.tls, handle)
      server.keepAliveTimeout = 60_000
      if (options.tls?.onConnection !== undefined) server.on("secureConnection", options.tls.onConnection)
      server.on("connection", (socket: Socket) => {
        accepted++
        sockets.add(socket)
        socket.on("error", () => undefined)
        socket.on("close", () => sockets.delete(socket))
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        resume(
          Effect.succeed({
            baseUrl: `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
            port,
            requests,
            openSockets: () => sockets.size,
            acceptedSockets: () => accepted,
            answer: (next: Answer) => {
              answer = next
            },
            stop: () =>
              new Promise<void>((resolve) => {
                for (const socket of sockets) socket.destroy()
                server.close(() => resolve())
              }),
          }),
        )
      })
    }),
    (server) => Effect.promise(server.stop),
  )

/** A complete JSON answer. */
export const jsonReply = (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers,
  steps: [JSON.stringify(body)],
})

/** A Kubernetes `Status` answer. */
export const statusReply = (
  code: number,
  reason: string,
  extra: {
    readonly details?: unknown
    readonly headers?: Readonly<Record<string, string>>
    readonly message?: string
  } = {},
): Reply =>
  jsonReply(
    {
      kind: "Status",
      apiVersion: "v1",
      status: "Failure",
      code,
      reason,
      message: extra.message ?? `${reason} by script`,
      ...(extra.details === undefined ? {} : { details: extra.details }),
    },
    code,
    extra.headers,
  )

/** Waits (real time) until a fact about the server holds; dies after `withinMs`. */
export const eventually = (fact: () => boolean, withinMs = 5_000): Effect.Effect<void> =>
  Effect.promise(async () => {
    const until = performance.now() + withinMs
    while (!fact()) {
      if (performance.now() > until) throw new Error(`never happened within ${withinMs} ms: ${fact.toString()}`)
      await pause(5)
    }
  })
