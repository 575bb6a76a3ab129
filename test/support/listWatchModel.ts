/**
 * A small API server for one kind that can list and watch and be broken in every way a network or a server can break: the truth that observers
 * are compared with. Time is the clock of Effect.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Stream from "effect/Stream"
import { apiVersionOf, type KubeObject, type ResourceKind } from "../../src/domain/Kubernetes.js"
import { KubeReader, type WatchEvent } from "../../src/kube/KubeClient.js"
import { type KubeError, KubeStatusError, KubeTransportError } from "../../src/kube/KubeError.js"

interface Recorded {
  readonly version: bigint
  readonly event: WatchEvent
}

export const statusError = (verb: string, status: number, reason = "Test", retryAfterMs?: number): KubeError =>
  new KubeStatusError({
    verb,
    resource: "pods",
    status,
    reason,
    detail: "scripted",
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })

export const broken = (verb: string): KubeError =>
  new KubeTransportError({ verb, resource: "pods", reason: "Broken", cause: "scripted" })

export const makeModel = (kind: ResourceKind, startVersion = 9007199254740990n) => {
  let version = startVersion
  let uid = 0
  let compacted = startVersion
  const objects = new Map<string, KubeObject>()
  const history: Array<Recorded> = []
  const connections = new Set<Mailbox.Mailbox<WatchEvent, KubeError>>()
  const requests: Array<{ readonly verb: "list" | "watch"; readonly at: number }> = []
  const faults = {
    /** Answers to the next lists, first to last. */
    lists: [] as Array<KubeError>,
    watches: [] as Array<KubeError>,
    /** Every list, resp. watch, until it is undefined again. */
    list: undefined as KubeError | undefined,
    watch: undefined as KubeError | undefined,
    /** Events that no connection will get. */
    lost: 0,
    /** Connections that accept and stay silent for ever. */
    isDeaf: false,
    /** Lists are taken at once and answered this much later (ms). */
    listDelayMs: 0,
    /** Lists show the world as of so many changes ago. */
    listLag: 0,
    isListHanging: false,
  }

  const build = (name: string, body: Record<string, unknown>, previous: KubeObject | undefined): KubeObject => ({
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    ...body,
    metadata: {
      name,
      namespace: "default",
      uid: previous?.metadata.uid ?? `uid-${++uid}`,
      resourceVersion: String(version),
      ...(body["metadata"] as object | undefined),
    },
  })

  const record = (event: WatchEvent): void => {
    history.push({ version, event })
    if (faults.lost > 0) faults.lost -= 1
    else if (!faults.isDeaf) for (const connection of connections) connection.unsafeOffer(event)
  }

  const put = (name: string, body: Record<string, unknown> = {}): KubeObject => {
    version += 1n
    const previous = objects.get(name)
    const object = build(name, body, previous)
    objects.set(name, object)
    record({ type: previous === undefined ? "ADDED" : "MODIFIED", object })
    return object
  }

  const remove = (name: string): void => {
    const previous = objects.get(name)
    if (previous === undefined) return
    version += 1n
    objects.delete(name)
    const object = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(version) } }
    record({ type: "DELETED", object })
  }

  /** The objects as they were `lag` changes ago. */
  const past = (lag: number): { readonly version: bigint; readonly items: ReadonlyArray<KubeObject> } => {
    if (lag === 0) return { version, items: [...objects.values()] }
    const upTo = history.slice(0, Math.max(0, history.length - lag))
    const then = new Map<string, KubeObject>()
    for (const { event } of upTo) {
      if (event.type === "BOOKMARK") continue
      if (event.type === "DELETED") then.delete(event.object.metadata.name ?? "")
      else then.set(event.object.metadata.name ?? "", event.object)
    }
    return { version: upTo.at(-1)?.version ?? startVersion, items: [...then.values()] }
  }

  const reader: KubeReader["Type"] = {
    get: () => Effect.die("not part of the model"),
    list: () =>
      Effect.gen(function* () {
        requests.push({ verb: "list", at: yield* Effect.clockWith((clock) => clock.currentTimeMillis) })
        const failure = faults.list ?? faults.lists.shift()
        if (failure !== undefined) return yield* Effect.fail(failure)
        const picture = past(faults.listLag)
        if (faults.isListHanging) return yield* Effect.never
        if (faults.listDelayMs > 0) yield* Effect.sleep(faults.listDelayMs)
        return { resourceVersion: String(picture.version), items: picture.items }
      }),
    watch: (_, options) =>
      Stream.unwrapScoped(
        Effect.gen(function* () {
          requests.push({ verb: "watch", at: yield* Effect.clockWith((clock) => clock.currentTimeMillis) })
          const failure = faults.watch ?? faults.watches.shift()
          if (failure !== undefined) return Stream.fail(failure)
          const from = BigInt(options.resourceVersion)
          if (from < compacted) return Stream.fail(statusError("watch", 410, "Expired"))
          const mailbox = yield* Mailbox.make<WatchEvent, KubeError>()
          if (!faults.isDeaf) {
            for (const { version: at, event } of history) if (at > from) mailbox.unsafeOffer(event)
          }
          yield* Effect.acquireRelease(
            Effect.sync(() => connections.add(mailbox)),
            () => Effect.sync(() => connections.delete(mailbox)),
          )
          return Mailbox.toStream(mailbox)
        }),
      ),
  }

  return {
    faults,
    requests,
    connections,
    put,
    remove,
    objects,
    lists: () => requests.filter((request) => request.verb === "list"),
    version: () => String(version),
    reader,
    /** Breaks all connections. */
    cut: (error: KubeError = broken("watch")) => {
      for (const connection of connections) connection.unsafeDone(Exit.fail(error))
      connections.clear()
    },
    /** Ends all connections as a server does after `timeoutSeconds`. */
    end: () => {
      for (const connection of connections) connection.unsafeDone(Exit.void)
      connections.clear()
    },
    bookmark: () => {
      if (!faults.isDeaf)
        for (const connection of connections)
          connection.unsafeOffer({ type: "BOOKMARK", resourceVersion: String(version) })
    },
    /** Older watches get 410 from now on. */
    compact: () => {
      compacted = version
    },
    /** Sends the last `count` events again, backwards. */
    replay: (count: number) => {
      const again = history.slice(-count).reverse()
      for (const connection of connections)
        connection.unsafeOfferAll(Chunk.fromIterable(again.map((recorded) => recorded.event)))
    },
    provide: <A, E>(effect: Effect.Effect<A, E, KubeReader>): Effect.Effect<A, E> =>
      Effect.provideService(effect, KubeReader, reader),
  }
}

export type Model = ReturnType<typeof makeModel>
