/**
 * What applications see, kept per cluster: a pass asks for a fresh look and goes on, a *changed* answer wakes the next pass. One look at a time
 * in the whole process, since a look is a child process that connects like any client would.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { ClusterClient, type ClientProbe } from "../aerospike/ClusterClient.js"
import { isSame } from "../domain/Json.js"
import { type ClusterKey, keyString } from "../domain/Kubernetes.js"
import type { ClientView } from "../domain/NodeFacts.js"

export interface ClientViewsOptions {
  /** Wakes a cluster. Must be quick. */
  readonly trigger: (key: ClusterKey, why: string) => Effect.Effect<void>
  /** Looks at one cluster start at least this far apart. Default 10 000 ms. */
  readonly minIntervalMs?: number
  /** A look that takes longer is given up: `Unknown`. Default 30 000 ms. */
  readonly timeoutMs?: number
}

export class ClientViews extends Context.Tag("acko/ClientViews")<
  ClientViews,
  {
    /** Looks as soon as the interval and the others allow; of several waiting requests the latest counts. */
    readonly request: (key: ClusterKey, probe: ClientProbe) => Effect.Effect<void>
    readonly get: (key: ClusterKey) => Effect.Effect<ClientView | undefined>
    /** Never succeeds; dies with a defect that would leave clusters without answers (S11). */
    readonly failure: Effect.Effect<never>
    /** Drops everything about a cluster that is gone, and stops looking. */
    readonly forget: (key: ClusterKey) => Effect.Effect<void>
  }
>() {
  static readonly layer = (options: ClientViewsOptions): Layer.Layer<ClientViews, never, ClusterClient> =>
    Layer.scoped(ClientViews, make(options))
}

interface Entry {
  view: ClientView | undefined
  lookedAt: number | undefined
  /** Asked for, not begun. */
  waiting: ClientProbe | undefined
  /** Being carried out. */
  running: ClientProbe | undefined
  /** A fiber works for this entry. */
  isActive: boolean
}

/** The part of a view that is worth a pass: how it ended, which nodes were reached, which were not. */
const essence = (view: ClientView | undefined): unknown => {
  if (view === undefined) return undefined
  const { outcome } = view
  return outcome._tag === "Connected" ? [outcome._tag, outcome.nodes, [...outcome.unreachable].sort()] : [outcome._tag]
}

const make = (options: ClientViewsOptions): Effect.Effect<ClientViews["Type"], never, ClusterClient | Scope.Scope> =>
  Effect.gen(function* () {
    const client = yield* ClusterClient
    const fibers = yield* FiberMap.make<string, void, never>()
    const { trigger, minIntervalMs = 10_000, timeoutMs = 30_000 } = options
    const oneAtATime = Effect.unsafeMakeSemaphore(1)
    const entries = new Map<string, Entry>()

    const unknown = (message: string): Effect.Effect<ClientView> =>
      Effect.map(Clock.currentTimeMillis, (checkedAt) => ({ checkedAt, outcome: { _tag: "Unknown", message } }))

    const look = (key: ClusterKey, probe: ClientProbe): Effect.Effect<ClientView> =>
      client.view(probe).pipe(
        Effect.timeoutTo({
          duration: timeoutMs,
          onSuccess: (view: ClientView) => Effect.succeed(view),
          onTimeout: () => unknown(`no answer within ${timeoutMs} ms`),
        }),
        Effect.flatten,
        Effect.catchAllCause((cause) =>
          Cause.isInterruptedOnly(cause)
            ? Effect.failCause(cause)
            : Effect.zipRight(
                Effect.annotateLogs(Effect.logError("looking as a client failed", cause), {
                  namespace: key.namespace,
                  name: key.name,
                }),
                unknown("the look itself failed"),
              ),
        ),
      )

    const one = (key: ClusterKey, entry: Entry): Effect.Effect<void> =>
      Effect.gen(function* () {
        const probe = entry.waiting
        if (probe === undefined) return
        entry.waiting = undefined
        entry.running = probe
        entry.lookedAt = yield* Clock.currentTimeMillis
        const before = entry.view
        entry.view = yield* look(key, probe)
        entry.running = undefined
        if (!isSame(essence(before), essence(entry.view))) yield* trigger(key, "client view changed")
      })

    const work = (key: ClusterKey, entry: Entry): Effect.Effect<void> =>
      Effect.gen(function* () {
        while (entry.waiting !== undefined) {
          const waitMs = (entry.lookedAt ?? -Infinity) + minIntervalMs - (yield* Clock.currentTimeMillis)
          if (waitMs > 0) yield* Effect.sleep(waitMs)
          yield* oneAtATime.withPermits(1)(one(key, entry))
        }
        entry.isActive = false
      })

    const entryOf = (key: ClusterKey): Entry => {
      const known = entries.get(keyString(key))
      if (known !== undefined) return known
      const created = { view: undefined, lookedAt: undefined, waiting: undefined, running: undefined, isActive: false }
      entries.set(keyString(key), created)
      return created
    }

    return {
      request: (key, probe) =>
        Effect.suspend(() => {
          const entry = entryOf(key)
          if (entry.waiting === undefined && isSame(entry.running, probe)) return Effect.void
          entry.waiting = probe
          if (entry.isActive) return Effect.void
          entry.isActive = true
          return Effect.asVoid(FiberMap.run(fibers, keyString(key), work(key, entry)))
        }),
      get: (key) => Effect.sync(() => entries.get(keyString(key))?.view),
      failure: Effect.zipRight(FiberMap.join(fibers), Effect.never),
      forget: (key) =>
        Effect.suspend(() => {
          entries.delete(keyString(key))
          return FiberMap.remove(fibers, keyString(key))
        }),
    }
  })
