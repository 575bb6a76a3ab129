/** A webhook on loopback, and callers good and bad. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import type * as Scope from "effect/Scope"
import * as https from "node:https"
import type { Readable } from "node:stream"
import { connect, type TLSSocket } from "node:tls"
import { selfManaged } from "../../src/admission/selfManaged.js"
import { make, type Webhook } from "../../src/admission/Webhook.js"

export const host = "127.0.0.1"

export interface Served extends Webhook<never> {
  /** PEM of the authority it published. */
  readonly authority: string
}

/** Serves with a certificate of its own until the scope closes. */
export const serveWebhook: Effect.Effect<Served, never, Scope.Scope> = Effect.gen(function* () {
  let authority = ""
  const webhook = yield* Effect.orDie(
    make({
      host,
      port: 0,
      patience: {
        handshakeTimeout: 1_000,
        headersTimeout: 1_000,
        requestTimeout: 2_000,
        connectionsCheckingInterval: 200,
      },
      certificates: selfManaged({
        replica: "test",
        hosts: ["acko-operator-webhook.acko-system.svc", host],
        publish: (authorities) => Effect.sync(() => void (authority = authorities.join(""))),
      }),
    }),
  )
  const fiber = yield* Effect.forkScoped(Logger.withMinimumLogLevel(webhook.run, LogLevel.None))
  yield* Effect.repeat(Effect.delay(webhook.isReady, "5 millis"), { until: (isReady) => isReady })
  yield* Effect.addFinalizer(() => Fiber.interrupt(fiber))
  return { ...webhook, authority }
})

export interface Reply {
  readonly status: number
  readonly text: string
}

export interface Call {
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer | Readable
  readonly agent?: https.Agent
  /** Name expected in the certificate. Default: the address. */
  readonly servername?: string
}

export const clusterPath = "/validate-acko-io-v1alpha1-aerospikecluster"
export const clusterDefaultsPath = "/mutate-acko-io-v1alpha1-aerospikecluster"

/** One call. A connection that breaks before an answer is status 0. */
export const call = ({ authority, port }: Pick<Served, "authority" | "port">, options: Call): Promise<Reply> =>
  new Promise((resolve) => {
    const { path = clusterPath, method = "POST", headers = {}, body = "", agent, servername } = options
    let reply: Reply | undefined
    const request = https.request(
      {
        host,
        port,
        path,
        method,
        ca: authority,
        headers: { "content-type": "application/json", ...headers },
        ...(agent === undefined ? {} : { agent }),
        ...(servername === undefined ? {} : { servername }),
      },
      (response) => {
        let text = ""
        response.setEncoding("utf8").on("data", (part: string) => (text += part))
        response.on("close", () => resolve((reply = { status: response.statusCode ?? 0, text })))
      },
    )
    request.on("error", (error) => (reply === undefined ? resolve({ status: 0, text: String(error) }) : undefined))
    if (typeof body === "string" || Buffer.isBuffer(body)) request.end(body)
    else body.on("error", () => undefined).pipe(request)
  })

/** A TLS connection that is left to the test. */
export const open = ({ authority, port }: Served): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, ca: authority }, () => resolve(socket))
    socket.once("error", reject)
    socket.on("error", () => undefined)
  })

export const goodSpec = {
  size: 3,
  image: "aerospike:ce-8.1.1.1",
  aerospikeConfig: {
    namespaces: [
      { name: "test", "replication-factor": 2, "storage-engine": { type: "memory", "data-size": 1_073_741_824 } },
    ],
  },
}

/** What only code can refuse: schema and CEL do not know the server's parameters. */
export const misspelt = "nsup-periood"
export const misspeltSpec = {
  ...goodSpec,
  aerospikeConfig: {
    namespaces: goodSpec.aerospikeConfig.namespaces.map((namespace) => ({ ...namespace, [misspelt]: 1 })),
  },
}

export const cluster = (spec: unknown, metadata: Readonly<Record<string, unknown>> = {}) => ({
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeCluster",
  metadata: { name: "db", namespace: "aerospike", ...metadata },
  spec,
})

export const review = (object: unknown, request: Readonly<Record<string, unknown>> = {}) => ({
  apiVersion: "admission.k8s.io/v1",
  kind: "AdmissionReview",
  request: { uid: "u1", operation: "CREATE", object, ...request },
})
