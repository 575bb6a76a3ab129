/**
 * What probes and Prometheus ask the process, over one HTTP port:
 *
 * - `/healthz`: 200 while the event loop answers. Components that die end the process themselves (S11), so there is nothing else to tell.
 * - `/readyz`: 200 when the operator has a picture of the world to work from, 503 otherwise; the body says how each kind is observed.
 * - `/metrics`: the metric registry, and what is not kept there, for Prometheus.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as http from "node:http"
import { contentType, type Family, render } from "./Prometheus.js"
import * as ProcessMetrics from "./processMetrics.js"

/** How one kind is observed: `watching` and `polling` are healthy, `refused` and `stopped` are not. */
export interface ObserverReadiness {
  readonly kind: string
  /** Absent: all namespaces. */
  readonly namespace?: string
  readonly mode: string
}

/** The body of `/readyz`. */
export interface Readiness {
  readonly ready: boolean
  /** Whether this instance works now; one that waits for its turn is ready, too. */
  readonly leading: boolean
  readonly observers: ReadonlyArray<ObserverReadiness>
  /** Whether admission webhooks, if there are to be any, can be called. */
  readonly webhook?: boolean
}

/** The port cannot be listened on. */
export class HealthPortError extends Data.TaggedError("HealthPortError")<{
  readonly host: string
  readonly port: number
  readonly cause: unknown
}> {
  override get message(): string {
    const { cause, host, port } = this
    const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined
    const why = code === "EADDRINUSE" ? "it is in use" : String(cause)
    return `cannot serve health and metrics on ${host}:${port}: ${why}; choose another port with --health-port or ACKO_HEALTH_PORT (0: off)`
  }
}

export interface HealthOptions {
  readonly readiness: Effect.Effect<Readiness>
  /** What `/metrics` shows besides the registry, which it may bring up to date. Default: nothing. */
  readonly metrics?: Effect.Effect<ReadonlyArray<Family>>
  readonly port: number
  /** Default 0.0.0.0: probes come from the host. */
  readonly host?: string
}

type Page = Effect.Effect<HttpServerResponse.HttpServerResponse>

const metricsPage = (metrics: Effect.Effect<ReadonlyArray<Family>>): Page =>
  Effect.map(metrics, (families) => HttpServerResponse.text(render(Metric.unsafeSnapshot(), families), { contentType }))

const readinessPage = (readiness: Effect.Effect<Readiness>): Page =>
  Effect.map(readiness, (state) => HttpServerResponse.unsafeJson(state, { status: state.ready ? 200 : 503 }))

const app = (pages: ReadonlyMap<string, Page>) =>
  Effect.gen(function* () {
    const { method, url } = yield* HttpServerRequest.HttpServerRequest
    if (method !== "GET" && method !== "HEAD") {
      return HttpServerResponse.text("only GET\n", { status: 405, headers: { allow: "GET, HEAD" } })
    }
    return yield* (
      pages.get(url.split("?")[0] ?? "") ?? Effect.succeed(HttpServerResponse.text("not found\n", { status: 404 }))
    )
  }).pipe(Effect.withTracerEnabled(false))

/** Whoever sends a request slowly, or never to its end, must not keep a socket (R125). */
const newServer = () => {
  const server = http.createServer({ requestTimeout: 5_000, headersTimeout: 5_000, connectionsCheckingInterval: 1_000 })
  server.maxConnections = 256
  return server
}

/** Serves until the scope closes; answers with the address (`http://host:port`). Port 0: any free one. */
export const serve = (
  options: HealthOptions,
): Effect.Effect<{ readonly url: string; readonly port: number }, HealthPortError, Scope.Scope> =>
  Effect.gen(function* () {
    const { port, host = "0.0.0.0" } = options
    const listener = newServer()
    const server = yield* Effect.mapError(
      NodeHttpServer.make(() => listener, { port, host }),
      ({ cause }) => new HealthPortError({ host, port, cause }),
    )
    // Out of sockets, for one: the server goes on when there are some again.
    const runtime = yield* Effect.runtime()
    listener.on("error", (error) => {
      Runtime.runFork(runtime, Effect.logWarning("a connection for health or metrics was not accepted", error.message))
    })
    // Before the server waits for open connections to end by themselves.
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        listener.close()
        listener.closeAllConnections()
      }),
    )
    const refresh = yield* ProcessMetrics.make
    const pages = new Map([
      ["/healthz", Effect.succeed(HttpServerResponse.text("ok\n"))],
      ["/readyz", readinessPage(options.readiness)],
      ["/metrics", metricsPage(Effect.zipRight(refresh, options.metrics ?? Effect.succeed([])))],
    ])
    yield* server.serve(app(pages))
    const bound = server.address._tag === "TcpAddress" ? server.address.port : port
    return { url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`, port: bound }
  })
