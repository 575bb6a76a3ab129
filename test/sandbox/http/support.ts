/** One HTTPS face for a test, and plain requests to it. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { IncomingMessage } from "node:http"
import * as https from "node:https"
import { type HttpFace, makeHttpFace } from "../../../src/sandbox/http/HttpFace.js"
import type { ApiServer } from "../../../src/testing/kube/ApiServer.js"
import { makeServer } from "../../../src/testing/kube/MemoryKube.js"

export interface World {
  readonly server: ApiServer
  readonly face: HttpFace
}

export const makeWorld = Effect.gen(function* () {
  const server = yield* makeServer()
  const face = yield* makeHttpFace(server, { tokens: { secret: "tester" } })
  return { server, face }
})

export interface Reply {
  readonly status: number
  readonly headers: IncomingMessage["headers"]
  readonly text: string
  readonly json: unknown
}

export interface Sent {
  readonly method?: string
  readonly body?: string | Buffer
  readonly headers?: Record<string, string>
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** One request on a connection of its own. */
export const ask = ({ face }: World, path: string, sent: Sent = {}): Effect.Effect<Reply, Error> =>
  Effect.async((resume) => {
    const request = https.request(
      `${face.url}${path}`,
      {
        method: sent.method ?? "GET",
        ca: face.certificate,
        agent: false,
        headers: { authorization: "Bearer secret", ...sent.headers },
      },
      (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("error", (error) => resume(Effect.fail(error)))
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString()
          resume(
            Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers, text, json: parse(text) }),
          )
        })
      },
    )
    request.on("error", (error) => resume(Effect.fail(error)))
    request.end(sent.body)
    return Effect.sync(() => request.destroy())
  })

/** An open watch: its chunks as they arrived, and how it ended. */
export interface OpenWatch {
  readonly chunks: Array<Buffer>
  ended: "End" | "Cut" | undefined
  readonly onChunk: { listener: (chunk: Buffer) => void }
}

/** Opens a watch and waits for its headers. It is destroyed with the scope. */
export const openWatch = ({ face }: World, path: string, headers: Record<string, string> = {}) =>
  Effect.acquireRelease(
    Effect.async<{ readonly watch: OpenWatch; readonly stop: () => void }, Error>((resume) => {
      const watch: OpenWatch = { chunks: [], ended: undefined, onChunk: { listener: () => undefined } }
      const request = https.get(
        `${face.url}${path}`,
        { ca: face.certificate, agent: false, headers: { authorization: "Bearer secret", ...headers } },
        (response) => {
          response.on("data", (chunk: Buffer) => {
            watch.chunks.push(chunk)
            watch.onChunk.listener(chunk)
          })
          response.on("end", () => (watch.ended ??= "End"))
          response.on("error", () => (watch.ended ??= "Cut"))
          resume(Effect.succeed({ watch, stop: () => request.destroy() }))
        },
      )
      request.on("error", (error) => {
        watch.ended ??= "Cut"
        resume(Effect.fail(error))
      })
    }),
    ({ stop }) => Effect.sync(stop),
  ).pipe(Effect.map(({ watch }) => watch))

export class NeverHappened extends Data.TaggedError("NeverHappened") {}

/** Looks again and again until true; fails after about two seconds. */
export const eventually = (condition: () => boolean): Effect.Effect<void, NeverHappened> =>
  Effect.retry(
    Effect.suspend(() => (condition() ? Effect.void : Effect.fail(new NeverHappened()))),
    Schedule.recurs(400).pipe(Schedule.addDelay(() => 5)),
  )
