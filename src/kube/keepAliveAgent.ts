/** Agents of node:http(s) for one API server: connections are reused, verified, and probed so that a vanished peer is noticed. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as http from "node:http"
import * as https from "node:https"
import { timersFirst } from "./timersFirst.js"

/** What TLS needs. `rejectUnauthorized` is always said aloud, so that no environment variable can switch verification off (R135). */
export interface TlsMaterial {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  /** Name to verify instead of the host of the URL. */
  readonly servername?: string
  readonly rejectUnauthorized: boolean
}

/** First probe after this much silence, then ten, one a second: a peer that vanished without FIN is noticed after about 25 s (R37). */
const probeAfterMs = 15_000
/** Idle connections are closed before the API server does (90 s), or a write could meet a closing socket. */
const idleConnectionMs = 30_000

/** With `keepAlive`, node gives every connection `keepAliveMsecs` as the delay of its first TCP probe, not only idle ones. */
const pool = { keepAlive: true, keepAliveMsecs: probeAfterMs, timeout: idleConnectionMs, maxFreeSockets: 8 } as const

/** New agents. `proxy` replaces the direct https agent where a kubeconfig names a proxy. The caller destroys them. */
export const makeAgents = (tls: TlsMaterial, proxy?: https.Agent): NodeHttpClient.HttpAgent => ({
  [NodeHttpClient.HttpAgentTypeId]: NodeHttpClient.HttpAgentTypeId,
  http: timersFirst(new http.Agent(pool)),
  https: proxy ?? timersFirst(new https.Agent({ ...pool, ...tls })),
})

export const destroyAgents = (agents: NodeHttpClient.HttpAgent): void => {
  agents.http.destroy()
  agents.https.destroy()
}
