/**
 * The admission webhooks over HTTPS. The verdict is a pure function; around it everything a stranger can make large, slow or numerous has a
 * limit: bodies, all bodies together, connections, handshakes, headers, requests (R125). Speaks TLS 1.2 and later, never plain HTTP (R134).
 */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as https from "node:https"
import { decodeReview, reviewOf } from "./AdmissionReview.js"
import { BadCall, type BodyBudget, makeBodyBudget, withBody } from "./body.js"
import type { CertificateSource, ServedCertificate } from "./CertificateSource.js"
import { type Endpoint, endpoints } from "./endpoints.js"
import { printable } from "./messages.js"
import { respond } from "./respond.js"

/** The port cannot be listened on. */
export class WebhookPortError extends Data.TaggedError("WebhookPortError")<{
  readonly host: string
  readonly port: number
  readonly cause: unknown
}> {
  override get message(): string {
    const { cause, host, port } = this
    const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined
    const why = code === "EADDRINUSE" ? "it is in use" : String(cause)
    return `cannot serve the webhook on ${host}:${port}: ${why}; choose another port with --webhook-port or ACKO_WEBHOOK_PORT`
  }
}

export interface WebhookOptions<R> {
  readonly certificates: CertificateSource<R>
  /** Default 0.0.0.0. */
  readonly host?: string
  /** 0: any free one. */
  readonly port: number
  readonly patience?: Partial<Patience>
}

/** How long a caller may take (ms). */
export interface Patience {
  /** From the connection to the end of the TLS handshake. Default 5 s. */
  readonly handshakeTimeout: number
  /** To the end of the headers. Default 5 s. */
  readonly headersTimeout: number
  /** To the end of the body. Default 10 s, when the API server gives up. */
  readonly requestTimeout: number
  /** How often the latter two are enforced. Default 1 s. */
  readonly connectionsCheckingInterval: number
}

const defaultPatience: Patience = {
  handshakeTimeout: 5_000,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
}

export interface Webhook<R> {
  /** `https://host:port` */
  readonly url: string
  readonly port: number
  /** Whether calls can be answered: there is a certificate, and it has not expired. */
  readonly isReady: Effect.Effect<boolean>
  /** Follows the certificate. */
  readonly run: Effect.Effect<never, never, R>
}

/** Longer than the API server keeps idle connections (90 s): no call meets a connection that is being closed. */
const keepAliveTimeout = 120_000
const maxHeaderSize = 16 * 1024
const maxConnections = 512
const maxBodiesBytes = 32 * 1024 * 1024

const newServer = (patience: Partial<Patience>): https.Server => {
  const server = https.createServer({
    ...defaultPatience,
    ...patience,
    keepAliveTimeout,
    maxHeaderSize,
    minVersion: "TLSv1.2",
    ALPNProtocols: ["http/1.1"],
  })
  server.maxConnections = maxConnections
  // When all places are taken, those that say nothing make room.
  server.on("drop", () => server.closeIdleConnections())
  return server
}

const jsonType = /^application\/json\s*(;|$)/i

/** After it the connection is closed: what is left of the body is not read. */
const refusal = ({ status, detail }: BadCall) =>
  HttpServerResponse.text(`${printable(detail)}\n`, { status, headers: { connection: "close" } })

const handle = (endpoint: Endpoint, budget: BodyBudget) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    if (request.method !== "POST") return yield* new BadCall({ status: 405, detail: "only POST" })
    if (!jsonType.test(request.headers["content-type"] ?? "")) {
      return yield* new BadCall({ status: 415, detail: "content-type: only application/json" })
    }
    return yield* withBody(NodeHttpServerRequest.toIncomingMessage(request), budget, (text) =>
      Either.match(decodeReview(text), {
        onLeft: (detail) => Effect.fail(new BadCall({ status: 400, detail })),
        onRight: (call) => Effect.sync(() => HttpServerResponse.unsafeJson(reviewOf(respond(endpoint, call)))),
      }),
    )
  }).pipe(
    Effect.catchTag("BadCall", (call) =>
      Effect.as(Effect.logDebug(`${endpoint.path}: ${call.status}: ${printable(call.detail)}`), refusal(call)),
    ),
    // A bug refuses this call and no other.
    Effect.catchAllDefect((defect) =>
      Effect.as(
        Effect.logError(`${endpoint.path}: a bug`, defect),
        HttpServerResponse.text("the operator failed to review the resource: its log tells why\n", { status: 500 }),
      ),
    ),
  )

const app = (budget: BodyBudget) =>
  endpoints
    .reduce((routes, endpoint) => HttpRouter.all(routes, endpoint.path, handle(endpoint, budget)), HttpRouter.empty)
    .pipe(
      Effect.catchTag("RouteNotFound", () =>
        Effect.succeed(refusal(new BadCall({ status: 404, detail: "not a path of this webhook" }))),
      ),
      Effect.withTracerEnabled(false),
    )

/** Listens until the scope closes. Nothing can be called before {@link Webhook.run} has found a certificate. */
export const make = <R>(options: WebhookOptions<R>): Effect.Effect<Webhook<R>, WebhookPortError, Scope.Scope> =>
  Effect.gen(function* () {
    const { port, host = "0.0.0.0", certificates } = options
    const listener = newServer(options.patience ?? {})
    const server = yield* Effect.mapError(
      NodeHttpServer.make(() => listener, { port, host }),
      ({ cause }) => new WebhookPortError({ host, port, cause }),
    )
    const runtime = yield* Effect.runtime()
    // Out of sockets, for one: the server goes on when there are some again.
    listener.on("error", (error) => {
      Runtime.runFork(runtime, Effect.logWarning("a connection for the webhook was not accepted", error.message))
    })
    // Before the server waits for open connections to end by themselves.
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        listener.close()
        listener.closeAllConnections()
      }),
    )
    yield* server.serve(app(makeBodyBudget(maxBodiesBytes)))
    let shown: ServedCertificate | undefined
    const show = (certificate: ServedCertificate) =>
      Effect.sync(() => {
        listener.setSecureContext({ cert: certificate.certificate, key: certificate.key, minVersion: "TLSv1.2" })
        shown = certificate
      })
    const bound = server.address._tag === "TcpAddress" ? server.address.port : port
    return {
      url: `https://${host.includes(":") ? `[${host}]` : host}:${bound}`,
      port: bound,
      isReady: Effect.map(Clock.currentTimeMillis, (now) => shown !== undefined && shown.until.getTime() > now),
      run: certificates(show),
    }
  })

/** The webhooks as a part of the operator: served from the moment the layer is built, whether or not this instance leads. */
export class AdmissionWebhook extends Context.Tag("acko/AdmissionWebhook")<
  AdmissionWebhook,
  {
    readonly isReady: Effect.Effect<boolean>
    /** Never ends. A defect in it must end the operator: nobody would follow the certificate any more (S11). */
    readonly run: Effect.Effect<never>
  }
>() {
  static readonly layer = <R>(options: WebhookOptions<R>): Layer.Layer<AdmissionWebhook, WebhookPortError, R> =>
    Layer.scoped(
      AdmissionWebhook,
      Effect.gen(function* () {
        const { isReady, run, url } = yield* make(options)
        yield* Effect.logInfo(`admission webhooks on ${url}`)
        return { isReady, run: Effect.provide(run, yield* Effect.context<R>()) }
      }),
    )

  /** None: resources are judged when they are reconciled, by the same rules (R126). */
  static readonly layerNoop: Layer.Layer<AdmissionWebhook> = Layer.succeed(AdmissionWebhook, {
    isReady: Effect.succeed(true),
    run: Effect.never,
  })
}
