/**
 * What probes and Prometheus ask the process, over one HTTP port:
 *
 * - `/healthz`: 200 while the event loop answers. Components that die end the process themselves (S11), so there is nothing else to tell.
 * - `/readyz`: 200 when the operator has a picture of the world to work from, 503 otherwise; the body says how each kind is observed.
 * - `/metrics`: the metric registry, and what is not kept there, for Prometheus.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import * as http from "node:http"
import { OperatorConfig } from "../config/OperatorConfig.js"
import { listen, type PortError } from "../http/listener.js"
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
  /** The process has been told to end. */
  readonly ending?: boolean
}

/** What is answered. */
export interface HealthPages {
  readonly readiness: Effect.Effect<Readiness>
  /** What `/metrics` shows besides the registry, which it may bring up to date. Default: nothing. */
  readonly metrics?: Effect.Effect<ReadonlyArray<Family>>
}

export interface HealthOptions extends HealthPages {
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
): Effect.Effect<{ readonly url: string; readonly port: number }, PortError, Scope.Scope> =>
  Effect.gen(function* () {
    const { port, host = "0.0.0.0" } = options
    const refresh = yield* ProcessMetrics.make
    const pages = new Map([
      ["/healthz", Effect.succeed(HttpServerResponse.text("ok\n"))],
      ["/readyz", readinessPage(options.readiness)],
      ["/metrics", metricsPage(Effect.zipRight(refresh, options.metrics ?? Effect.succeed([])))],
    ])
    const listener = yield* listen(newServer(), {
      app: app(pages),
      what: "health and metrics",
      setting: "--health-port or ACKO_HEALTH_PORT (0: off)",
      host,
      port,
    })
    return { url: `http://${listener.address}`, port: listener.port }
  })

/**
 * Health as a part of the operator that is there before the others and after them: while they start nobody is ready, and while they end it
 * is told at once that no more calls should come, as long as some still do.
 */
export class Health extends Context.Tag("acko/Health")<
  Health,
  {
    /** What is answered from now on. */
    readonly show: (pages: HealthPages) => Effect.Effect<void>
    /** Not ready from now on, whatever the pages say: the process ends. */
    readonly end: Effect.Effect<void>
  }
>() {
  /** On the port of the settings, if there is to be one. */
  static readonly layer: Layer.Layer<Health, PortError, OperatorConfig> = Layer.scoped(
    Health,
    Effect.gen(function* () {
      const { healthHost: host, healthPort: port } = yield* OperatorConfig
      let shown: HealthPages = { readiness: Effect.succeed({ ready: false, leading: false, observers: [] }) }
      let isEnding = false
      if (port !== 0) {
        const { url } = yield* serve({
          host,
          port,
          readiness: Effect.suspend(() =>
            Effect.map(shown.readiness, (state) => (isEnding ? { ...state, ready: false, ending: true } : state)),
          ),
          metrics: Effect.suspend(() => shown.metrics ?? Effect.succeed([])),
        })
        yield* Effect.logInfo(`health on ${url}`)
      }
      return {
        show: (pages) => Effect.sync(() => void (shown = pages)),
        end: Effect.sync(() => void (isEnding = true)),
      }
    }),
  )
}
