/** Credentials that rotate: loaded at most once a minute, reloaded at once after a 401, with connections renewed only when TLS changed. */
import type * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as https from "node:https"
import { destroyAgents, makeAgents, type TlsMaterial } from "./keepAliveAgent.js"

/** We do not know how to reach the API server, or have nothing to show it. Never contains a token or a key. */
export class KubeAccessError extends Data.TaggedError("KubeAccessError")<{
  readonly detail: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return `no access to the Kubernetes API: ${this.detail}`
  }
}

/** What one look at the source (files, plugin) gave. */
export interface Credentials {
  /** `Authorization` and, if asked for, impersonation. */
  readonly headers: Readonly<Record<string, string>>
  readonly tls: TlsMaterial
  /** Only for servers behind a proxy. */
  readonly proxy?: https.Agent
}

/** Looks at the source. `forced`: the server refused what we had, so any cache below must be passed by. */
export type LoadCredentials = (forced: boolean) => Effect.Effect<Credentials, KubeAccessError>

export interface CurrentCredentials {
  readonly headers: Effect.Effect<Readonly<Record<string, string>>>
  readonly agent: Effect.Effect<NodeHttpClient.HttpAgent>
  readonly refresh: Effect.Effect<void>
}

/** Projected tokens are rotated long before they expire; client-go re-reads them as often. */
export const reloadAfterMs = 60_000
/** Many requests may meet the same 401 at the same time: one reload serves all of them. */
const refreshAtMostEveryMs = 1_000

const bytes = (part: string | Buffer | undefined): string => (part === undefined ? "" : part.toString("latin1"))
const sameTls = (a: TlsMaterial, b: TlsMaterial): boolean =>
  bytes(a.ca) === bytes(b.ca) &&
  bytes(a.cert) === bytes(b.cert) &&
  bytes(a.key) === bytes(b.key) &&
  a.servername === b.servername &&
  a.rejectUnauthorized === b.rejectUnauthorized

/**
 * Fails when the first look fails. Later failures are logged and the former credentials stay in use: a token file that is missing for a
 * moment must not cut us off, and a token that is really gone shows as 401.
 */
export const keepCurrent = (load: LoadCredentials): Effect.Effect<CurrentCredentials, KubeAccessError, Scope.Scope> =>
  Effect.gen(function* () {
    const first = yield* load(false)
    let current = { headers: first.headers, tls: first.tls, agent: makeAgents(first.tls, first.proxy) }
    let loadedAt = yield* Clock.currentTimeMillis
    const agents = new Set([current.agent])
    yield* Effect.addFinalizer(() => Effect.sync(() => agents.forEach(destroyAgents)))
    const oneAtATime = yield* Effect.makeSemaphore(1)

    const adopt = (next: Credentials): void => {
      if (sameTls(current.tls, next.tls)) {
        current = { ...current, headers: next.headers }
        return
      }
      // Running requests and watches finish on the old agent; its idle connections close by themselves.
      current = { headers: next.headers, tls: next.tls, agent: makeAgents(next.tls, next.proxy) }
      agents.add(current.agent)
      for (const old of agents) {
        if (old === current.agent || agents.size <= 2) continue
        destroyAgents(old)
        agents.delete(old)
      }
    }

    let refreshedAt = -refreshAtMostEveryMs

    const reload = (forced: boolean) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        if (forced ? now - refreshedAt < refreshAtMostEveryMs : now - loadedAt < reloadAfterMs) return
        yield* load(forced).pipe(
          Effect.map(adopt),
          Effect.catchTag("KubeAccessError", (error) =>
            Effect.logWarning("credentials could not be reloaded, using the former ones", error.message),
          ),
        )
        // Also after a failure: the next try comes after the same pause, not with every request. Not after an interruption.
        loadedAt = now
        if (forced) refreshedAt = now
      }).pipe(oneAtATime.withPermits(1))

    const upToDate = Effect.suspend(() => reload(false))
    return {
      headers: Effect.map(upToDate, () => current.headers),
      agent: Effect.map(upToDate, () => current.agent),
      refresh: reload(true),
    }
  })
