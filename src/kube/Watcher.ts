/**
 * Follows all objects of a kind for ever: lists once, then watches from there, over any failure. The rules are in `watcherState`; here is the
 * loop that carries them out.
 */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import type { ResourceKind } from "../domain/Kubernetes.js"
import { KubeReader, type WatchEvent } from "./KubeClient.js"
import { type KubeError, KubeTransportError, WatchIdleError } from "./KubeError.js"
import { listPages } from "./listPages.js"
import { withDeadlines } from "./watchDeadlines.js"
import type { WatcherEvent } from "./WatcherEvent.js"
import { defaultPageSize, defaultTiming, type WatcherOptions } from "./WatcherOptions.js"
import { advanced, failed, initialState, listed, unpaged, type WatcherState } from "./watcherState.js"

const versionOf = (event: WatchEvent): string =>
  // The decoder lets no object without a version through.
  event.type === "BOOKMARK" ? event.resourceVersion : (event.object.metadata.resourceVersion ?? "")

const toWatcherEvent = (event: WatchEvent): WatcherEvent => {
  switch (event.type) {
    case "ADDED":
    case "MODIFIED":
      return { _tag: "Apply", object: event.object }
    case "DELETED":
      return { _tag: "Delete", object: event.object }
    case "BOOKMARK":
      return { _tag: "Bookmark", resourceVersion: event.resourceVersion }
  }
}

/**
 * An endless stream of {@link WatcherEvent}s about one kind (in one namespace, or all). It never fails: failures are events, and the
 * watcher goes on after each. Guarantees: between two `InitDone`s every change the server told is passed on in order; a change may come
 * twice after a reconnect. One request at a time.
 */
export const watch = (
  kind: ResourceKind,
  options: WatcherOptions = {},
): Stream.Stream<WatcherEvent, never, KubeReader> =>
  Stream.unwrap(Effect.map(KubeReader, (reader) => follow(reader, kind, options)))

const follow = (reader: KubeReader["Type"], kind: ResourceKind, options: WatcherOptions): Stream.Stream<WatcherEvent> =>
  Stream.suspend(() => {
    const timing = { ...defaultTiming, ...options.timing }
    const pageSize = options.pageSize ?? defaultPageSize
    const where = {
      verb: "watch",
      resource: kind.plural,
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    }
    // Owned by this one stream, which pulls one event at a time.
    let state: WatcherState = initialState

    const failure = (during: "list" | "watch", error: KubeError): Stream.Stream<WatcherEvent> =>
      Stream.unwrap(
        Effect.zipWith(Clock.currentTimeMillis, Random.next, (now, random) => {
          const next = failed(state, during, error, timing, { now, random })
          state = next.state
          return Stream.concat(
            Stream.succeed(next.event),
            Stream.drain(Stream.fromEffect(Effect.sleep(next.event.retryInMs))),
          )
        }),
      )

    const list: Stream.Stream<WatcherEvent> = Stream.suspend(() =>
      listPages(reader, kind, options, state.paged ? pageSize : undefined),
    ).pipe(
      Stream.zipWithIndex,
      Stream.mapConcatChunk(([{ page, isFirst }, index]) => {
        const events: Array<WatcherEvent> = page.items.map((object) => ({ _tag: "InitApply", object }))
        if (isFirst) {
          events.unshift({ _tag: "Init" })
          if (index > 0) state = unpaged(state)
        }
        if (page.continueToken === undefined) {
          events.push({ _tag: "InitDone", resourceVersion: page.resourceVersion })
          state = listed(state, page.resourceVersion)
        }
        return Chunk.unsafeFromArray(events)
      }),
      Stream.catchAll((error) => failure("list", error)),
    )

    /** One connection, from `resourceVersion` until it ends or fails. */
    const connection = (resourceVersion: string): Stream.Stream<WatcherEvent> =>
      Stream.unwrap(
        Effect.gen(function* () {
          const [shortest, longest] = timing.serverTimeoutSeconds
          const timeoutSeconds = yield* Random.nextIntBetween(shortest, longest + 1)
          const clock = yield* Clock.clockWith(Effect.succeed)
          const startedAt = clock.unsafeCurrentTimeMillis()
          let isConnected = false

          const lines = withDeadlines(
            reader.watch(kind, {
              resourceVersion,
              timeoutSeconds,
              ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
              ...(options.labelSelector === undefined ? {} : { labelSelector: options.labelSelector }),
              ...(options.fieldSelector === undefined ? {} : { fieldSelector: options.fieldSelector }),
            }),
            {
              idleMs: timing.idleMs,
              totalMs: timeoutSeconds * 1000 + timing.overtimeMs,
              onIdle: () => new WatchIdleError({ ...where, idleMs: timing.idleMs }),
            },
          )
          const events = Stream.mapChunks(lines, (chunk) => {
            const out: Array<WatcherEvent> = []
            for (const event of chunk) {
              const version = versionOf(event)
              state = advanced(state, version, clock.unsafeCurrentTimeMillis())
              if (!isConnected) out.push({ _tag: "Connected", resourceVersion: version })
              isConnected = true
              out.push(toWatcherEvent(event))
            }
            return Chunk.unsafeFromArray(out)
          })
          // A server that ends watches as soon as they begin would have us reconnect in a tight loop.
          const end = Stream.suspend(() => {
            const livedMs = clock.unsafeCurrentTimeMillis() - startedAt
            if (livedMs >= timing.shortLivedMs) return Stream.empty
            const cause = `the server ended the watch after ${livedMs} ms`
            return Stream.fail(new KubeTransportError({ ...where, reason: "Broken", cause }))
          })
          return Stream.catchAll(Stream.concat(events, end), (error) => failure("watch", error))
        }),
      )

    return Stream.forever(
      Stream.suspend(() => (state.resourceVersion === undefined ? list : connection(state.resourceVersion))),
    )
  })
