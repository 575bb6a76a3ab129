/** How a request of an in-memory client travels: a turn for others, outages, the gate with its faults, then the core. */
import * as Effect from "effect/Effect"
import type { ResourceKind } from "../../domain/Kubernetes.js"
import { type KubeError, KubeStatusError, KubeTransportError } from "../../kube/KubeError.js"
import { ApiFailure } from "./ApiFailure.js"
import type { ApiServer, WatchLine } from "./ApiServer.js"
import type { ClientFaults } from "./ClientFaults.js"
import type { RequestInfo, Verdict } from "./RequestGate.js"

export interface MemoryOptions {
  /** The user in the request log, and the default field manager. */
  readonly as: string
  /** How far this client's watch cache lags behind, in ms: lists with `resourceVersion: "0"` and watches show the past. Default 0. */
  readonly lag?: (kind: ResourceKind) => number
  /**
   * Looks at each watch line before it is delivered: `drop` loses it, `repeat` delivers it twice and once more behind the next line (R43), a
   * number delays it by so many ms.
   */
  readonly onLine?: (kind: ResourceKind, line: WatchLine) => "deliver" | "drop" | "repeat" | number
  readonly faults?: ClientFaults
}

/** One client: the server, its options, its faults. */
export interface Client {
  readonly server: ApiServer
  readonly options: MemoryOptions
  readonly faults: ClientFaults
}

/** A request as the gate sees it. */
export const infoOf = (
  client: Client,
  verb: RequestInfo["verb"],
  kind: ResourceKind,
  about: {
    readonly namespace?: string | undefined
    readonly name?: string | undefined
    readonly subresource?: string | undefined
  },
): RequestInfo => ({
  verb,
  group: kind.group,
  resource: kind.plural,
  ...(about.subresource === undefined ? {} : { subresource: about.subresource }),
  ...(about.namespace === undefined ? {} : { namespace: about.namespace }),
  ...(about.name === undefined ? {} : { name: about.name }),
  user: client.options.as,
  dryRun: false,
})

type Where = Pick<RequestInfo, "verb"> & {
  readonly resource: string
  readonly namespace?: string
  readonly name?: string
}

const whereOf = (info: RequestInfo): Where => ({
  verb: info.verb,
  resource: info.subresource === undefined ? info.resource : `${info.resource}/${info.subresource}`,
  ...(info.namespace === undefined ? {} : { namespace: info.namespace }),
  ...(info.name === undefined ? {} : { name: info.name }),
})

/** An error of the core as the client would see it. */
export const statusError = (info: RequestInfo, failure: ApiFailure): KubeStatusError => {
  const { code, reason, message, details } = failure.status
  const seconds = details?.retryAfterSeconds
  return new KubeStatusError({
    ...whereOf(info),
    status: code,
    reason: reason ?? "",
    detail: message,
    ...(seconds === undefined ? {} : { retryAfterMs: seconds * 1000 }),
    ...(details === undefined ? {} : { details }),
  })
}

export const transportError = (info: RequestInfo, reason: "Connect" | "Broken", cause: string): KubeTransportError =>
  new KubeTransportError({ ...whereOf(info), reason, cause })

/** Runs the core; an {@link ApiFailure} becomes a typed error, anything else is a bug of the core. */
const attempt = <A>(info: RequestInfo, run: () => A): Effect.Effect<A, KubeStatusError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(run())
    } catch (error) {
      return error instanceof ApiFailure ? Effect.fail(statusError(info, error)) : Effect.die(error)
    }
  })

const carryOut = <A>(info: RequestInfo, verdict: Verdict, run: () => A): Effect.Effect<A, KubeError> => {
  switch (verdict._tag) {
    case "Pass":
      return attempt(info, run)
    case "Fail":
      return Effect.fail(statusError(info, verdict.failure))
    case "Delay":
      return Effect.zipRight(
        Effect.sleep(verdict.ms),
        Effect.suspend(() => carryOut(info, verdict.then ?? { _tag: "Pass" }, run)),
      )
    case "DropRequest":
      return Effect.fail(transportError(info, "Broken", "connection reset before the request was read"))
    case "DropReply":
      return Effect.zipRight(
        Effect.exit(attempt(info, run)),
        Effect.fail(transportError(info, "Broken", "connection reset before the reply")),
      )
  }
}

/** One request: a turn for others, the outage switch, the gate, then the core. */
export const request = <A>(
  server: ApiServer,
  faults: ClientFaults,
  info: RequestInfo,
  run: () => A,
): Effect.Effect<A, KubeError> =>
  Effect.zipRight(
    Effect.yieldNow(),
    Effect.suspend((): Effect.Effect<A, KubeError> => {
      if (faults.isOut()) return Effect.fail(transportError(info, "Connect", "ECONNREFUSED"))
      return carryOut(info, server.gate.decide(info), run)
    }),
  )
