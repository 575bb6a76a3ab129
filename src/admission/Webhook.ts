/**
 * The admission webhooks over HTTPS. The verdict is a pure function; around it everything a stranger can make large, slow or numerous has a
 * limit: bodies, all bodies together, connections, handshakes, headers, requests (R125). Speaks TLS 1.2 and later, never plain HTTP (R134).
 */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as https from "node:https"
import { listen, type PortError } from "../http/listener.js"
import { decodeReview, reviewOf } from "./AdmissionReview.js"
import { BadCall, type BodyBudget, makeBodyBudget, withBody } from "./body.js"
import type { CertificateSource, ServedCertificate } from "./CertificateSource.js"
import { type Endpoint, endpoints } from "./endpoints.js"
import { printable } from "./messages.js"
import { respond } from "./respond.js"
import { measured } from "./webhookMetrics.js"

export interface WebhookOptions<R> {
  readonly certificates: CertificateSource<R>
  /** Default 0.0.0.0. */
  readonly host?: string
  /** 0: any free one. */
  readonly port: number
  readonly patience?: Partial<Patience>
  /**
   * How long calls go on being answered after {@link Webhook.run} was interrupted, which says that the process ends (ms). So long callers may
   * take to learn that this replica is not ready any more. Default 0.
   */
  readonly drainMs?: number
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
  /** Whether calls should come: there is a certificate, it has not expired, and this is not the end. */
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
    measured(endpoint),
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

/** The rest of a call that is still being answered when the drain is over (ms). */
const lastCallMs = 2_000

/**
 * Listens until the scope closes, and then for what is left of `drainMs`, unless a failure ended the program: then it ends at once (S11).
 * Nothing can be called before {@link Webhook.run} has found a certificate.
 */
export const make = <R>(options: WebhookOptions<R>): Effect.Effect<Webhook<R>, PortError, Scope.Scope> =>
  Effect.gen(function* () {
    const { port, host = "0.0.0.0", certificates, drainMs = 0 } = options
    const node = newServer(options.patience ?? {})
    const listener = yield* listen(node, {
      app: app(makeBodyBudget(maxBodiesBytes)),
      what: "the webhook",
      setting: "--webhook-port or ACKO_WEBHOOK_PORT",
      host,
      port,
      graceMs: lastCallMs,
    })
    /** When the end began (epoch ms). */
    let endsSince: number | undefined
    // Before the listener's end: calls are answered until the drain is over.
    yield* Effect.addFinalizer((exit) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const isOrderly = Exit.isSuccess(exit) || Cause.isInterruptedOnly(exit.cause)
        return endsSince === undefined || !isOrderly
          ? Effect.void
          : Effect.sleep(Math.max(0, endsSince + drainMs - now))
      }),
    )
    let shown: ServedCertificate | undefined
    const show = (certificate: ServedCertificate) =>
      Effect.sync(() => {
        node.setSecureContext({ cert: certificate.certificate, key: certificate.key, minVersion: "TLSv1.2" })
        shown = certificate
      })
    const retire = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      endsSince = now
      return listener.retire
    })
    return {
      url: `https://${listener.address}`,
      port: listener.port,
      isReady: Effect.map(
        Clock.currentTimeMillis,
        (now) => endsSince === undefined && shown !== undefined && shown.until.getTime() > now,
      ),
      run: Effect.onInterrupt(certificates(show), () => retire),
    }
  })

/** The webhooks as a part of the operator: served from the moment the layer is built, whether or not this instance leads. */
export class AdmissionWebhook extends Context.Tag("acko/AdmissionWebhook")<
  AdmissionWebhook,
  {
    readonly isReady: Effect.Effect<boolean>
    /** Never ends; interrupting it begins the end (see {@link WebhookOptions.drainMs}). A defect in it must end the operator: nobody would follow the certificate any more (S11). */
    readonly run: Effect.Effect<never>
  }
>() {
  static readonly layer = <R>(options: WebhookOptions<R>): Layer.Layer<AdmissionWebhook, PortError, R> =>
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
