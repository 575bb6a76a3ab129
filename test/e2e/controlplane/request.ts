/** One small HTTP request to a program of the control plane, as a probe or a switch; clients of the API use `KubeAccess`. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as http from "node:http"
import * as https from "node:https"

export interface Address {
  readonly url: string
  /** PEM of the authority, for https. */
  readonly ca?: string
  readonly token?: string
}

/** No answer, or not one of success. */
export class RequestError extends Data.TaggedError("RequestError")<{
  readonly url: string
  readonly cause: unknown
}> {
  override get message(): string {
    return `${this.url}: ${String(this.cause)}`
  }
}

const timeoutMs = 2_000

/** The body of the answer; POST when there is something to send, else GET. */
export const request = ({ ca, token, url }: Address, body?: unknown): Effect.Effect<string, RequestError> =>
  Effect.async((resume) => {
    const fail = (cause: unknown) => resume(Effect.fail(new RequestError({ url, cause })))
    const make = url.startsWith("https:") ? https.request : http.request
    const sent = make(
      url,
      {
        method: body === undefined ? "GET" : "POST",
        agent: false,
        timeout: timeoutMs,
        headers: {
          ...(body !== undefined && { "content-type": "application/json" }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        ...(ca !== undefined && { ca }),
      },
      (response) => {
        let text = ""
        response.setEncoding("utf8")
        response.on("data", (chunk: string) => (text += chunk))
        response.on("error", fail)
        response.on("end", () =>
          Math.floor((response.statusCode ?? 0) / 100) === 2
            ? resume(Effect.succeed(text))
            : fail(`${response.statusCode}: ${text}`),
        )
      },
    )
    sent.on("error", fail)
    sent.on("timeout", () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    sent.end(body === undefined ? undefined : JSON.stringify(body))
    return Effect.sync(() => sent.destroy())
  })

export const isAnswering = (address: Address): Effect.Effect<boolean> =>
  Effect.match(request(address), { onFailure: () => false, onSuccess: () => true })
