/** Plain HTTPS requests to an API server: what a client sees, byte for byte. No retries, no decoding beyond JSON. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type { IncomingHttpHeaders, IncomingMessage } from "node:http"
import * as https from "node:https"
import { valueAt } from "../../src/testing/kube/json.js"

/** The server gave no usable answer. */
export class WireError extends Data.TaggedError("WireError")<{ readonly path: string; readonly cause: unknown }> {}

/** Where a server is and how to prove who we are. `token`, or `cert` and `key`. */
export interface WireAccess {
  readonly baseUrl: string
  readonly ca: string
  readonly token?: string
  readonly cert?: string
  readonly key?: string
}

export interface WireRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** An answer. `body` is parsed JSON, or the text where it is none. */
export class Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
  constructor(status: number, headers: IncomingHttpHeaders, body: unknown) {
    this.status = status
    this.headers = headers
    this.body = body
  }
  /** The value at a path of member names and list indices; undefined where there is none. */
  at(...path: ReadonlyArray<string | number>): unknown {
    return at(this.body, ...path)
  }
  /** The string at a path; `""` where there is none. */
  text(...path: ReadonlyArray<string | number>): string {
    const value = this.at(...path)
    return typeof value === "string" ? value : ""
  }
}

/** The value at a path of member names and list indices. */
export const at = (value: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>(
    (here, step) =>
      typeof step === "number" ? (Array.isArray(here) ? (here[step] as unknown) : undefined) : valueAt(here, step),
    value,
  )

/** One line of a watch. */
export interface Line {
  readonly type: string
  readonly object: unknown
}

export interface OpenWatch {
  readonly status: number
  /** The next line; fails when the server ended the watch. */
  readonly next: Effect.Effect<Line, WireError>
  /** All lines until the server ends the watch. */
  readonly rest: Effect.Effect<ReadonlyArray<Line>>
}

export interface Wire {
  readonly send: (request: WireRequest) => Effect.Effect<Reply, WireError>
  /** Opens a watch; it is closed with the scope. */
  readonly watch: (path: string, accept?: string) => Effect.Effect<OpenWatch, WireError, Scope.Scope>
}

/** Node leaves it out where a body is unusual (DELETE). */
const lengthOf = (body: string | undefined) =>
  body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

const collect = (response: IncomingMessage, done: (text: string) => void, failed: (cause: unknown) => void): void => {
  const chunks: Array<Buffer> = []
  response.on("data", (chunk: Buffer) => chunks.push(chunk))
  response.on("error", failed)
  response.on("end", () => done(Buffer.concat(chunks).toString()))
}

const isLine = (value: unknown): value is Line => typeof at(value, "type") === "string"

/** Feeds the lines of a response into a queue; the end of the stream is `undefined`. */
const feed = (response: IncomingMessage, lines: Queue.Enqueue<Line | undefined>): void => {
  let text = ""
  response.on("data", (chunk: Buffer) => {
    text += chunk.toString()
    const parts = text.split("\n")
    text = parts.pop() ?? ""
    for (const line of parts.map(parse)) if (isLine(line)) lines.unsafeOffer(line)
  })
  response.on("close", () => lines.unsafeOffer(undefined))
}

const collectRest = (lines: Queue.Dequeue<Line | undefined>): Effect.Effect<ReadonlyArray<Line>> =>
  Effect.gen(function* () {
    const all: Array<Line> = []
    for (;;) {
      const line = yield* Queue.take(lines)
      if (line === undefined) return all
      all.push(line)
    }
  })

/** A client with connections of its own, closed with the scope. */
export const makeWire = (access: WireAccess, userAgent: string): Effect.Effect<Wire, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { ca, cert, key } = access
    const tls = { ca, ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) }
    const agent = yield* Effect.acquireRelease(
      Effect.sync(() => new https.Agent({ keepAlive: true, ...tls })),
      (open) => Effect.sync(() => open.destroy()),
    )
    const own = {
      "user-agent": userAgent,
      ...(access.token === undefined ? {} : { authorization: `Bearer ${access.token}` }),
    }
    const open = (request: WireRequest, onResponse: (response: IncomingMessage) => void) => {
      const sent = https.request(
        `${access.baseUrl}${request.path}`,
        { method: request.method, agent, headers: { ...own, ...lengthOf(request.body), ...request.headers } },
        onResponse,
      )
      sent.end(request.body)
      return sent
    }
    return {
      send: (request) =>
        Effect.async<Reply, WireError>((resume) => {
          const failed = (cause: unknown) => resume(Effect.fail(new WireError({ path: request.path, cause })))
          const sent = open(request, (response) =>
            collect(
              response,
              (text) => resume(Effect.succeed(new Reply(response.statusCode ?? 0, response.headers, parse(text)))),
              failed,
            ),
          )
          sent.on("error", failed)
          return Effect.sync(() => sent.destroy())
        }),
      watch: (path, accept = "application/json") =>
        Effect.gen(function* () {
          const lines = yield* Queue.unbounded<Line | undefined>()
          const { status } = yield* Effect.acquireRelease(
            Effect.async<{ readonly status: number; readonly stop: () => void }, WireError>((resume) => {
              const sent = open({ method: "GET", path, headers: { accept } }, (response) => {
                feed(response, lines)
                resume(Effect.succeed({ status: response.statusCode ?? 0, stop: () => sent.destroy() }))
              })
              sent.on("error", (cause) => resume(Effect.fail(new WireError({ path, cause }))))
            }),
            ({ stop }) => Effect.sync(stop),
          )
          const next = Effect.flatMap(Queue.take(lines), (line) =>
            line === undefined ? Effect.fail(new WireError({ path, cause: "the watch ended" })) : Effect.succeed(line),
          )
          return { status, next, rest: collectRest(lines) }
        }),
    }
  })
