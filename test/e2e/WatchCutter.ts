/** A way to the API server on which watches can be broken, as a load balancer or a network might: everything else passes. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { readFileSync } from "node:fs"
import * as https from "node:https"
import type { ServerResponse } from "node:http"
import { join } from "node:path"
import type { ControlPlane } from "./controlplane/ControlPlane.js"

export interface WatchCutter {
  /** `https://127.0.0.1:port`, with the certificate of the API server. */
  readonly url: string
  /** Breaks all watches that are open and, while `true`, every new one; lists and writes go on. */
  readonly refuseWatches: (isRefused: boolean) => void
  /** How many watches are open through it. */
  readonly openWatches: () => number
  /** How many times a watch was told that its version is too old (410, as an answer or as a line). */
  readonly expiredWatches: () => number
}

const isWatch = (url: string): boolean => new URL(url, "https://host").searchParams.get("watch") === "true"

export const makeWatchCutter = ({
  certificate,
  folder,
  server,
}: ControlPlane): Effect.Effect<WatchCutter, never, Scope.Scope> =>
  Effect.gen(function* () {
    const agent = new https.Agent({ keepAlive: true, ca: certificate })
    const watches = new Set<ServerResponse>()
    let isRefused = false
    let expired = 0
    const listener = https.createServer(
      { cert: certificate, key: readFileSync(join(folder, "server.key")) },
      (request, response) => {
        const url = request.url ?? "/"
        if (isWatch(url)) {
          if (isRefused) return void response.destroy()
          watches.add(response)
          response.on("close", () => watches.delete(response))
        }
        const { headers, method } = request
        const passed = https.request(`${server}${url}`, { agent, headers, method }, (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers)
          if (isWatch(url))
            answer.on("data", (chunk: Buffer) => {
              if (chunk.includes(`"reason":"Expired"`)) expired += 1
            })
          answer.pipe(response)
          answer.on("error", () => response.destroy())
        })
        passed.on("error", () => response.destroy())
        response.on("close", () => passed.destroy())
        request.pipe(passed)
      },
    )
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => void listener.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () =>
        Effect.async<void>((resume) => {
          listener.close(() => resume(Effect.void))
          listener.closeAllConnections()
          agent.destroy()
        }),
    )
    const address = listener.address()
    return {
      url: `https://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
      refuseWatches: (refused) => {
        isRefused = refused
        if (refused) for (const response of watches) response.destroy()
      },
      openWatches: () => watches.size,
      expiredWatches: () => expired,
    }
  })
