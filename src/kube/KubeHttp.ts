/**
 * Requests to the Kubernetes API over node:http, as raw JSON. This is the one place that knows how a request fails and when sending it
 * again is safe:
 *
 * - 401 means "not executed": credentials are refreshed and the request is sent once more (R50).
 * - 429 with `Retry-After` means "not executed": sent once more after a pause, if the pause is short (R46). Never an eviction.
 * - Anything else: reads are repeated twice at most, within a budget (R47); writes never, since nobody knows whether they took effect (R11).
 *
 * Redirects are not followed and no proxy variable is read: the token goes to the API server only (R135).
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { KubeAccess } from "./KubeAccess.js"
import { KubeDecodeError, type KubeError, KubeTransportError } from "./KubeError.js"
import { countRequest, timeRequest } from "./kubeMetrics.js"
import { isRead, type KubeRequest, whereOf } from "./KubeRequest.js"
import { answerError } from "./kubeStatus.js"
import { defaultMaxHoldMs, makePauseGate } from "./PauseGate.js"
import { makeRetryBudget } from "./RetryBudget.js"

/** Sends requests. Every effect is bounded in time and closes its socket when interrupted. */
export class KubeHttp extends Context.Tag("acko/KubeHttp")<
  KubeHttp,
  {
    /** One request, its whole answer as JSON (undefined when empty). Fails with what {@link KubeError} tells apart. */
    readonly exchange: (request: KubeRequest) => Effect.Effect<unknown, KubeError>
    /** One long answer, as bytes. Only the wait for its headers is bounded. */
    readonly open: (request: KubeRequest) => Stream.Stream<Uint8Array, KubeError>
  }
>() {}

export interface KubeHttpOptions {
  /** Connect, headers and body of an ordinary request; headers of a watch. Default 30 s (R42, R53). */
  readonly timeoutMs?: number
  /** Longest `Retry-After` that is waited out; above it the request fails and the caller comes back. Default 5 s. */
  readonly maxHoldMs?: number
  /** First pause before a read is repeated, growing fourfold, at random 50–100 % of it. Default 200 ms. */
  readonly retryPauseMs?: number
  /** Default `acko`. The API server derives the default field manager from it. */
  readonly userAgent?: string
}

type ScopedClient = HttpClient.HttpClient.With<HttpClientError.HttpClientError, Scope.Scope>

const maxAttempts = 3
/** A page of 500 objects at etcd's limit of 1.5 MiB would be larger, but no such list exists; without a bound a broken server is an OOM. */
const maxAnswerBytes = 256 * 1024 * 1024
/** Of an error only the start is kept; a `Status` with thousands of causes fits. */
const maxErrorBytes = 1024 * 1024

const connectCodes = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"])

const codeOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string" ? cause.code : ""

const isConnectFailure = (cause: unknown): boolean => {
  const code = codeOf(cause)
  return connectCodes.has(code) || /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME|ERR_TLS|ERR_SSL/.test(code)
}

/** The cause below the client's error: the client's own carries the request with its `Authorization` header (S7). */
const transportError = (request: KubeRequest, error: HttpClientError.HttpClientError): KubeTransportError =>
  new KubeTransportError({
    ...whereOf(request),
    reason: isConnectFailure(error.cause) ? "Connect" : "Broken",
    cause: error.cause ?? error.reason,
  })

const toHttp = (baseUrl: string, request: KubeRequest, userAgent: string): HttpClientRequest.HttpClientRequest => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(request.query ?? {})) if (value !== undefined) query.set(name, value)
  const url = `${baseUrl}${request.path}${query.size === 0 ? "" : `?${query.toString()}`}`
  const plain = HttpClientRequest.make(request.method)(url, {
    headers: { accept: "application/json", "user-agent": userAgent },
  })
  // `bodyText` keeps the content type that `bodyJson` would overwrite: apply and patches depend on it.
  return request.body === undefined
    ? plain
    : HttpClientRequest.bodyText(plain, JSON.stringify(request.body.json), request.body.contentType)
}

const isWorthRepeating = (error: KubeError, maxHoldMs: number): boolean => {
  if (error._tag === "KubeTransportError") return error.reason !== "Timeout"
  if (error._tag !== "KubeStatusError") return false
  return (
    (error.status === 429 || error.status === 500 || (error.status >= 502 && error.status <= 504)) &&
    (error.retryAfterMs ?? 0) <= maxHoldMs
  )
}

export const makeKubeHttp = (
  options: KubeHttpOptions = {},
): Effect.Effect<Context.Tag.Service<KubeHttp>, never, KubeAccess> =>
  Effect.gen(function* () {
    const access = yield* KubeAccess
    const timeoutMs = options.timeoutMs ?? 30_000
    const maxHoldMs = options.maxHoldMs ?? defaultMaxHoldMs
    const retryPauseMs = options.retryPauseMs ?? 200
    const userAgent = options.userAgent ?? "acko"
    const { host } = new URL(access.baseUrl)
    const gate = makePauseGate({ maxHoldMs })
    const budget = makeRetryBudget()

    const newClient = (agent: NodeHttpClient.HttpAgent) =>
      Effect.provideService(NodeHttpClient.make, NodeHttpClient.HttpAgent, agent).pipe(
        Effect.map(HttpClient.withTracerPropagation(false)),
        Effect.map(HttpClient.withScope),
        Effect.tap((made) => {
          known = { agent, client: made }
        }),
      )
    let known: { readonly agent: NodeHttpClient.HttpAgent; readonly client: ScopedClient } | undefined
    const client = Effect.flatMap(access.agent, (agent) =>
      known?.agent === agent ? Effect.succeed(known.client) : newClient(agent),
    )

    const within = (request: KubeRequest) =>
      Effect.timeoutFail({
        duration: timeoutMs,
        onTimeout: (): KubeError =>
          new KubeTransportError({ ...whereOf(request), reason: "Timeout", cause: `nothing within ${timeoutMs} ms` }),
      })

    const bodyText = (request: KubeRequest, response: HttpClientResponse.HttpClientResponse) =>
      Effect.mapError(response.text, (error) => transportError(request, error))

    /** Sends once, on a connection that lives as long as the scope. Fails on every status but 2xx. */
    const send = (request: KubeRequest): Effect.Effect<HttpClientResponse.HttpClientResponse, KubeError, Scope.Scope> =>
      Effect.gen(function* () {
        const http = HttpClientRequest.setHeaders(toHttp(access.baseUrl, request, userAgent), yield* access.headers)
        const response = yield* timeRequest(request, (yield* client).execute(http)).pipe(
          Effect.mapError((error) => transportError(request, error)),
          Effect.tapError(() => countRequest(host, request, "<error>")),
        )
        yield* countRequest(host, request, response.status)
        if (response.status >= 200 && response.status < 300) return response
        // Read to the end, or the socket stays open for ever. Without it the status still tells what matters.
        const text = yield* bodyText(request, response).pipe(
          HttpIncomingMessage.withMaxBodySize(Option.some(maxErrorBytes)),
          Effect.catchAll((error) =>
            Effect.succeed(`the rest of the answer could not be read: ${String(error.cause)}`),
          ),
        )
        const retryAfter = response.headers["retry-after"]
        return yield* answerError(
          request,
          { status: response.status, text, retryAfter },
          yield* Clock.currentTimeMillis,
        )
      })

    /** Passes the gate and tells it what the answer was. */
    const gated = <A, R>(request: KubeRequest, once: Effect.Effect<A, KubeError, R>): Effect.Effect<A, KubeError, R> =>
      Effect.zipRight(
        gate.pass(request),
        Effect.tapErrorTag(once, "KubeStatusError", (error) => gate.observe(request, error)),
      )

    /** Answers that prove the server did nothing are worth one more try, for writes too. */
    const again = <A, R>(request: KubeRequest, once: Effect.Effect<A, KubeError, R>): Effect.Effect<A, KubeError, R> =>
      Effect.catchTag(once, "KubeStatusError", (error): Effect.Effect<A, KubeError, R> => {
        if (error.status === 401) return Effect.zipRight(access.refresh, once)
        const isShortPause = error.retryAfterMs !== undefined && error.retryAfterMs <= maxHoldMs
        return error.status === 429 && isShortPause && !isRead(request) && request.verb !== "evict"
          ? once
          : Effect.fail(error)
      })

    const repeated = <A, R>(once: Effect.Effect<A, KubeError, R>): Effect.Effect<A, KubeError, R> => {
      const attempt = (n: number): Effect.Effect<A, KubeError, R> =>
        Effect.catchAll(once, (error) =>
          n < maxAttempts && isWorthRepeating(error, maxHoldMs) && budget.spend()
            ? Effect.flatMap(Random.nextRange(0.5, 1), (share) =>
                Effect.delay(attempt(n + 1), retryPauseMs * 4 ** (n - 1) * share),
              )
            : Effect.fail(error),
        )
      return Effect.tap(attempt(1), () => Effect.sync(budget.succeeded))
    }

    const exchange = (request: KubeRequest): Effect.Effect<unknown, KubeError> => {
      const once = Effect.gen(function* () {
        const response = yield* send(request)
        return yield* bodyText(request, response)
      }).pipe(
        Effect.scoped,
        within(request),
        (effect) => gated(request, effect),
        (effect) => again(request, effect),
      )
      return (isRead(request) ? repeated(once) : once).pipe(
        Effect.flatMap((text) =>
          Effect.try({
            try: (): unknown => (text === "" ? undefined : JSON.parse(text)),
            catch: (cause) => new KubeDecodeError({ ...whereOf(request), detail: "not JSON", cause: codeOf(cause) }),
          }),
        ),
        HttpIncomingMessage.withMaxBodySize(Option.some(maxAnswerBytes)),
        Effect.withTracerEnabled(false),
      )
    }

    const open = (request: KubeRequest): Stream.Stream<Uint8Array, KubeError> =>
      Stream.unwrapScoped(
        send(request).pipe(
          within(request),
          (effect) => gated(request, effect),
          (effect) => again(request, effect),
          Effect.map((response) => Stream.mapError(response.stream, (error) => transportError(request, error))),
          Effect.withTracerEnabled(false),
        ),
      )

    return { exchange, open }
  })

/** Over the address and credentials of {@link KubeAccess}. */
export const layerKubeHttp = (options: KubeHttpOptions = {}): Layer.Layer<KubeHttp, never, KubeAccess> =>
  Layer.effect(KubeHttp, makeKubeHttp(options))
