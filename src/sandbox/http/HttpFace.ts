/**
 * The API server over HTTPS on loopback: the bytes that kubectl and our own transport see. Real time, real sockets; the semantics are
 * those of the one engine in `src/testing/kube`.
 */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { IncomingMessage, ServerResponse } from "node:http"
import * as https from "node:https"
import { type AddressInfo, Socket } from "node:net"
import type { Duplex } from "node:stream"
import { ApiFailure, internalError } from "../../testing/kube/ApiFailure.js"
import type { ApiServer } from "../../testing/kube/ApiServer.js"
import type { RequestInfo, Verdict } from "../../testing/kube/RequestGate.js"
import { type Answer, failure, pageNotFound } from "./Answer.js"
import { callOf } from "./body.js"
import { selfSigned } from "../../tls/certificate.js"
import { execute, type ReadLog, type ResourceRequest } from "./execute.js"
import { infoAnswer, publicAnswer } from "./infoPaths.js"
import { negotiate } from "./negotiate.js"
import { isServed, resourceRoute, type ResourceRoute, segmentsOf } from "./route.js"
import { serveWatch } from "./serveWatch.js"
import { makeWireFaults, type WireFaults } from "./WireFaults.js"

/** The port could not be taken, or taken back after an outage. */
export class ListenError extends Data.TaggedError("ListenError")<{ readonly port: number; readonly cause: unknown }> {
  override get message(): string {
    return `cannot listen on 127.0.0.1:${this.port}: ${String(this.cause)}`
  }
}

export interface HttpFaceOptions {
  /** Default 0: any free port. */
  readonly port?: number
  /** User names by bearer token. */
  readonly tokens: Readonly<Record<string, string>>
  /** What `kubectl logs` shows. Default: nothing. */
  readonly readLog?: ReadLog
}

export interface HttpFace {
  /** `https://127.0.0.1:port` */
  readonly url: string
  readonly port: number
  /** PEM; clients trust it as their authority. */
  readonly certificate: string
  readonly faults: WireFaults
  /** From now on every connection is refused, open ones are reset. */
  readonly beginOutage: Effect.Effect<void>
  /** Listens again, on the same port. */
  readonly endOutage: Effect.Effect<void, ListenError>
  /** Open connections. */
  readonly connections: () => number
}

const maxBodyBytes = 3 * 1024 * 1024

/** Header values are bytes: UTF-8, as the real server sends it. */
const warningHeader = (warning: string): string =>
  Buffer.from(`299 - "${warning.replace(/[\\"]/g, "\\$&")}"`, "utf8").toString("latin1")

const send = (response: ServerResponse, answer: Answer, warnings: ReadonlyArray<string>): void => {
  if (response.destroyed || response.headersSent) return
  const { body } = answer
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body))
  if (warnings.length > 0) {
    response.setHeader("warning", warnings.map(warningHeader))
  }
  response.writeHead(answer.status, {
    ...answer.headers,
    "content-type": answer.contentType,
    "content-length": bytes.length,
    "cache-control": "no-cache, private",
  })
  response.end(bytes)
}

const answerError = (response: ServerResponse, error: unknown, warnings: ReadonlyArray<string> = []): void =>
  send(response, failure((error instanceof ApiFailure ? error : internalError(String(error))).status), warnings)

const unauthorized = new ApiFailure(401, "Unauthorized", "Unauthorized")
const notAcceptable = new ApiFailure(
  406,
  "NotAcceptable",
  "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch",
  {},
)
const tooLarge = new ApiFailure(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728")

const infoOf = (route: ResourceRoute, user: string, isDry: boolean): RequestInfo => ({
  verb: route.verb,
  group: route.definition.kind.group,
  resource: route.definition.kind.plural,
  ...(route.subresource === undefined ? {} : { subresource: route.subresource }),
  ...(route.namespace === undefined ? {} : { namespace: route.namespace }),
  ...(route.name === undefined ? {} : { name: route.name }),
  user,
  dryRun: isDry,
})

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly body: Buffer
}

/** Reads the body; oversized ones are answered and not read further. */
const collect = (request: IncomingMessage, response: ServerResponse, done: (body: Buffer) => void): void => {
  const chunks: Array<Buffer> = []
  let size = 0
  request.on("data", (chunk: Buffer) => {
    size += chunk.length
    if (size <= maxBodyBytes) chunks.push(chunk)
  })
  request.on("end", () => {
    if (size > maxBodyBytes) answerError(response, tooLarge)
    else done(Buffer.concat(chunks))
  })
}

/** Waits out a delay, drops what is to be dropped, and runs the rest. */
const carryOut = (verdict: Verdict, response: ServerResponse, run: (isAnswered: boolean) => void): void => {
  switch (verdict._tag) {
    case "Pass":
      return run(true)
    case "Fail":
      return answerError(response, verdict.failure)
    case "Delay":
      setTimeout(() => carryOut(verdict.then ?? { _tag: "Pass" }, response, run), verdict.ms)
      return
    case "DropRequest":
      response.destroy()
      return
    case "DropReply":
      run(false)
      response.destroy()
      return
  }
}

const handle = (server: ApiServer, options: HttpFaceOptions, faults: WireFaults, exchange: Exchange): void => {
  const { request, response, body } = exchange
  const url = new URL(request.url ?? "/", "https://127.0.0.1")
  const segments = segmentsOf(url.pathname)
  const open = publicAnswer(segments)
  if (open !== undefined) return send(response, open, [])
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? ""
  const user = Object.hasOwn(options.tokens, token) ? options.tokens[token] : undefined
  if (user === undefined) throw unauthorized
  const method = request.method ?? "GET"
  const { accept } = request.headers
  const contentType = request.headers["content-type"] ?? "application/json"
  const info = infoAnswer(server, { method, segments, accept, contentType, body, user })
  if (info !== undefined) return send(response, info, [])

  const form = negotiate(accept)
  if (form === undefined) throw notAcceptable
  if (!isServed(server.registry, segments)) return send(response, pageNotFound, [])
  const route = resourceRoute(server.registry, method, segments, url.searchParams)
  const warnings: Array<string> = []
  const call = callOf(
    method,
    url.searchParams,
    user,
    request.headers["user-agent"] ?? "unknown",
    (text) => void warnings.push(text),
  )
  const resource: ResourceRequest = { route, query: url.searchParams, contentType, body, form, call }
  const verdict = server.gate.decide(infoOf(route, user, call.dryRun ?? false))
  carryOut(verdict, response, (isAnswered) => {
    try {
      if (route.verb === "watch" && isAnswered) serveWatch(server, faults, resource, response)
      else if (route.verb !== "watch") {
        const answer = execute(server, resource, options.readLog ?? (() => undefined))
        if (isAnswered) send(response, answer, warnings)
      }
    } catch (error) {
      if (isAnswered) answerError(response, error, warnings)
    }
  })
}

const listen = (server: https.Server, port: number): Effect.Effect<void, ListenError> =>
  Effect.async((resume) => {
    const onError = (cause: unknown) => resume(Effect.fail(new ListenError({ port, cause })))
    server.once("error", onError)
    server.listen(port, "127.0.0.1", () => {
      server.off("error", onError)
      resume(Effect.void)
    })
  })

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === "object" && address !== null ? address.port : 0

/** Serves until the scope closes; then every connection is reset. */
export const makeHttpFace = (
  server: ApiServer,
  options: HttpFaceOptions,
): Effect.Effect<HttpFace, ListenError, Scope.Scope> =>
  Effect.gen(function* () {
    const faults = makeWireFaults()
    const sockets = new Set<Duplex>()
    const now = yield* Clock.currentTimeMillis
    const { certificate, key } = selfSigned(["127.0.0.1", "localhost"], new Date(Math.max(now, server.now())))
    const listener = https.createServer({ cert: certificate, key, minVersion: "TLSv1.2" }, (request, response) => {
      collect(request, response, (body) => {
        try {
          handle(server, options, faults, { request, response, body })
        } catch (error) {
          answerError(response, error)
        }
      })
    })
    // Watches live for minutes and are silent in between.
    listener.requestTimeout = 0
    listener.keepAliveTimeout = 60_000
    listener.on("connection", (socket) => {
      sockets.add(socket)
      if (socket instanceof Socket) socket.setNoDelay(true)
      socket.on("close", () => sockets.delete(socket))
    })
    const resetAll = () => {
      for (const socket of sockets) socket.destroy()
    }
    const stop = Effect.async<void>((resume) => {
      if (!listener.listening) return resume(Effect.void)
      listener.close(() => resume(Effect.void))
      resetAll()
    })
    yield* Effect.acquireRelease(listen(listener, options.port ?? 0), () => stop)
    const port = portOf(listener.address())
    return {
      url: `https://127.0.0.1:${port}`,
      port,
      certificate,
      faults,
      beginOutage: stop,
      endOutage: Effect.suspend(() => (listener.listening ? Effect.void : listen(listener, port))),
      connections: () => sockets.size,
    }
  })
