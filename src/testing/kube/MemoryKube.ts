/**
 * The in-memory API server behind `KubeReader` and `KubeWriter`, for unit tests and simulation: no sockets, no promises, everything on
 * the Effect clock. One layer is one client: its own user, its own lagging watch caches, its own faults.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { apiVersionOf, type KubeObject, Kinds, type ObjectRef, type ResourceKind } from "../../domain/Kubernetes.js"
import { KubeReader, KubeWriter, type ListOptions, type ListPage, type RemoveOptions } from "../../kube/KubeClient.js"
import { tooLargeVersion } from "./ApiFailure.js"
import type { ApiServer, ApiServerOptions, RemoveRequest } from "./ApiServer.js"
import { makeClientFaults } from "./ClientFaults.js"
import { makeApiServer } from "./makeApiServer.js"
import { type Client, infoOf, type MemoryOptions, request } from "./memoryRequest.js"
import { watchMemory } from "./memoryWatch.js"
import type { RequestInfo } from "./RequestGate.js"

export type { MemoryOptions } from "./memoryRequest.js"

const list = (client: Client, kind: ResourceKind, options: ListOptions): ListPage => {
  const { server } = client
  const lag = client.options.lag?.(kind) ?? 0
  const { resourceVersion } = options
  const usesCache = resourceVersion !== undefined && resourceVersion !== "" && options.continueToken === undefined
  if (lag <= 0 || !usesCache) return server.list(kind, options)
  const answer = server.listAsOf(kind, options, server.now() - lag)
  if (BigInt(resourceVersion) > BigInt(answer.resourceVersion)) {
    throw tooLargeVersion(resourceVersion, answer.resourceVersion)
  }
  return answer
}

const pageOf = ({ resourceVersion, continueToken, items }: ListPage): ListPage => ({
  resourceVersion,
  ...(continueToken === undefined ? {} : { continueToken }),
  items,
})

/** Reads as one client of the server. */
const makeReader = (client: Client): Context.Tag.Service<typeof KubeReader> => ({
  get: (kind, ref) =>
    request(client.server, client.faults, infoOf(client, "get", kind, ref), () => client.server.get(kind, ref)),
  list: (kind, options) =>
    request(client.server, client.faults, infoOf(client, "list", kind, { namespace: options.namespace }), () =>
      pageOf(list(client, kind, options)),
    ),
  watch: (kind, options) => watchMemory(client, kind, options),
})

const removal = (options: RemoveOptions): RemoveRequest => ({ ...options })
const refOf = (object: KubeObject): ObjectRef => ({
  name: object.metadata.name ?? "",
  ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
})

/** Writes as one client of the server. */
const makeWriter = (client: Client): Context.Tag.Service<typeof KubeWriter> => {
  const { server, faults } = client
  const call = { user: client.options.as, fieldManager: client.options.as }
  const send = <A>(
    verb: RequestInfo["verb"],
    kind: ResourceKind,
    about: {
      readonly namespace?: string | undefined
      readonly name?: string | undefined
      readonly subresource?: string | undefined
    },
    run: () => A,
  ) => request(server, faults, infoOf(client, verb, kind, about), run)
  return {
    create: (kind, object) =>
      send("create", kind, { namespace: object.metadata.namespace }, () => server.create(kind, object, call)),
    replace: (kind, object, subresource) =>
      send("update", kind, { ...refOf(object), subresource }, () =>
        server.replace(kind, object, { ...call, ...(subresource === undefined ? {} : { subresource }) }),
      ),
    apply: (kind, object, { fieldManager, force, subresource }) =>
      send("patch", kind, { ...refOf(object), subresource }, () =>
        server.apply(
          kind,
          { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind },
          { ...call, fieldManager, force: force ?? true, ...(subresource === undefined ? {} : { subresource }) },
        ),
      ),
    patch: (kind, ref, { type, body, subresource, fieldManager }) =>
      send("patch", kind, { ...ref, subresource }, () =>
        server.patch(
          kind,
          ref,
          { type, body, ...(subresource === undefined ? {} : { subresource }) },
          { ...call, ...(fieldManager === undefined ? {} : { fieldManager }) },
        ),
      ),
    remove: (kind, ref, options) =>
      send("delete", kind, ref, () => {
        const { object, gone } = server.remove(kind, ref, removal(options), call)
        return gone ? undefined : object
      }),
    evict: (ref, options) =>
      send(
        "create",
        Kinds.Pod,
        { ...ref, subresource: "eviction" },
        () => void server.evict(ref, removal(options), call),
      ),
    bind: (ref, host) =>
      send("create", Kinds.Pod, { ...ref, subresource: "binding" }, () => void server.bind(ref, host, call)),
  }
}

/** One client of `server`: `KubeReader` and `KubeWriter` in memory. */
export const layerMemory = (server: ApiServer, options: MemoryOptions): Layer.Layer<KubeReader | KubeWriter> => {
  const client: Client = { server, options, faults: options.faults ?? makeClientFaults() }
  return Layer.merge(Layer.succeed(KubeReader, makeReader(client)), Layer.succeed(KubeWriter, makeWriter(client)))
}

/** UIDs that count up: `00000001-0000-4000-8000-000000000001`. `seed` keeps the UIDs of several servers apart. */
export const countingUids = (seed = 1): (() => string) => {
  let count = 0
  const hex = (n: number, digits: number) => n.toString(16).padStart(digits, "0")
  return () => `${hex(seed, 8)}-0000-4000-8000-${hex(++count, 12)}`
}

/** A server on the clock of the running fiber (the test clock in tests), with counting UIDs. */
export const makeServer = (options: Partial<Omit<ApiServerOptions, "now">> = {}): Effect.Effect<ApiServer> =>
  Effect.map(Effect.clock, (clock) =>
    makeApiServer({ nextUid: countingUids(), ...options, now: () => clock.unsafeCurrentTimeMillis() }),
  )
