/** Watches of an in-memory client: lines in order, late where its cache lags, ended by time, bookmarks and faults. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { ResourceKind } from "../../domain/Kubernetes.js"
import type { WatchEvent, WatchOptions } from "../../kube/KubeClient.js"
import type { KubeError } from "../../kube/KubeError.js"
import { expired, forbidden } from "./ApiFailure.js"
import type { WatchLine } from "./ApiServer.js"
import type { WatchFault } from "./ClientFaults.js"
import { type Client, infoOf, request, statusError, transportError } from "./memoryRequest.js"
import type { RequestInfo } from "./RequestGate.js"

/** Seconds between bookmarks. */
const bookmarkSeconds = 60

type Item =
  | { readonly _tag: "Line"; readonly line: WatchLine; readonly delay: number }
  | { readonly _tag: "End" }
  | { readonly _tag: "Fail"; readonly error: KubeError }

const eventOf = ({ type, object }: WatchLine): WatchEvent =>
  type === "BOOKMARK" || type === "ERROR"
    ? { type: "BOOKMARK", resourceVersion: object.metadata.resourceVersion ?? "" }
    : { type, object }

/** Delivers in order; a line that is due later holds back those behind it, as one connection does. */
const next = (queue: Queue.Dequeue<Item>): Effect.Effect<WatchEvent, Option.Option<KubeError>> =>
  Effect.flatMap(Queue.take(queue), (item): Effect.Effect<WatchEvent, Option.Option<KubeError>> => {
    switch (item._tag) {
      case "End":
        return Effect.fail(Option.none())
      case "Fail":
        return Effect.fail(Option.some(item.error))
      case "Line":
        return Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const event = Effect.sync(() => eventOf(item.line))
          const wait = item.line.at + item.delay - now
          return item.delay > 0 && wait > 0 ? Effect.delay(event, wait) : event
        })
    }
  })

const strikeItem = (info: RequestInfo, fault: Exclude<WatchFault, "Stall">): Item => {
  switch (fault) {
    case "Cut":
      return { _tag: "Fail", error: transportError(info, "Broken", "ECONNRESET") }
    case "End":
      return { _tag: "End" }
    case "Expire":
      return {
        _tag: "Fail",
        error: statusError(info, expired("The resourceVersion for the provided watch is too old.")),
      }
  }
}

/** One watch connection of a client. */
export const watchMemory = (
  client: Client,
  kind: ResourceKind,
  options: WatchOptions,
): Stream.Stream<WatchEvent, KubeError> => {
  const { server, faults } = client
  const info = infoOf(client, "watch", kind, { namespace: options.namespace })
  return Stream.unwrapScoped(
    Effect.gen(function* () {
      const queue = yield* Queue.unbounded<Item>()
      let isStalled = false
      /** A line that comes once more behind the next one. */
      let replayed: Item | undefined
      const offer = (item: Item) => {
        if (!isStalled) queue.unsafeOffer(item)
      }
      const deliver = (line: WatchLine) => {
        const decision = client.options.onLine?.(kind, line) ?? "deliver"
        const extra = typeof decision === "number" ? decision : 0
        const item: Item = { _tag: "Line", line, delay: extra + (client.options.lag?.(kind) ?? 0) }
        if (decision !== "drop") offer(item)
        if (replayed !== undefined) offer(replayed)
        replayed = decision === "repeat" ? item : undefined
        if (replayed !== undefined) offer(replayed)
      }
      const subscribe = () => {
        if (faults.isWatchRefused(kind)) throw forbidden(kind, "", `User "${info.user}" cannot watch resource`)
        return server.watch(kind, { ...options, allowBookmarks: true }, deliver)
      }
      const subscription = yield* Effect.acquireRelease(request(server, faults, info, subscribe), (open) =>
        Effect.sync(open.close),
      )
      yield* Effect.acquireRelease(
        Effect.sync(() =>
          faults.register({
            kind,
            strike: (fault) => {
              if (fault === "Stall") isStalled = true
              else offer(strikeItem(info, fault))
            },
          }),
        ),
        (unregister) => Effect.sync(unregister),
      )
      yield* Effect.forkScoped(
        Effect.delay(
          Effect.sync(() => offer({ _tag: "End" })),
          options.timeoutSeconds * 1000,
        ),
      )
      yield* Effect.forkScoped(
        Effect.delay(
          Effect.repeat(Effect.sync(subscription.bookmark), Schedule.spaced(bookmarkSeconds * 1000)),
          bookmarkSeconds * 1000,
        ),
      )
      return Stream.repeatEffectOption(next(queue))
    }),
  )
}
