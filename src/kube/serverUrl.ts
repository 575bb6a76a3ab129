/** Which addresses of an API server we talk to. */
import * as Effect from "effect/Effect"
import { KubeAccessError } from "./Credentials.js"

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host)

/** The address without a trailing slash. Plain http only to this machine (`kubectl proxy`, sandbox): elsewhere it would carry tokens in the clear (R135). */
export const serverUrl = (server: string): Effect.Effect<string, KubeAccessError> =>
  Effect.gen(function* () {
    const url = yield* Effect.try({
      try: () => new URL(server),
      catch: (cause) => new KubeAccessError({ detail: "the server address is not a URL", cause }),
    })
    if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
      return yield* new KubeAccessError({ detail: "the server address has parts that do not belong there" })
    }
    if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
      return yield* new KubeAccessError({
        detail: `refusing ${url.protocol}//${url.host}: plain http is for loopback only`,
      })
    }
    return `${url.origin}${url.pathname.replace(/(?<!\/)\/+$/, "")}`
  })
