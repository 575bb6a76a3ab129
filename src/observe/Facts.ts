/**
 * What Aerospike nodes said lately, kept per cluster like any other observed store: a pass asks for facts and goes on, the answer wakes the
 * next pass. No pass ever waits for a node (R20-9).
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { AerospikeInfo } from "../aerospike/AerospikeInfo.js"
import { collect } from "../aerospike/Enrichment.js"
import { type ClusterKey, keyString } from "../domain/Kubernetes.js"
import { type ClusterFacts, type Collection, noFacts } from "../domain/NodeFacts.js"
import type { FactsRequest } from "../domain/Plan.js"

export interface FactsOptions {
  /** Wakes a cluster. Must be quick. */
  readonly trigger: (key: ClusterKey, why: string) => Effect.Effect<void>
  /** Limit for one node. Default 2 000 ms. */
  readonly perNodeTimeoutMs?: number
  /** Nodes of one cluster asked at the same time. Default 8: all of them (R20-7). */
  readonly concurrency?: number
  /** Nodes asked at the same time over all clusters. Default 64. */
  readonly maxRequests?: number
  /** A collection that ended in a defect (a bug) wakes its cluster after this long, so that nothing waits for ever. Default 5 000 ms. */
  readonly retryAfterDefectMs?: number
}

export class Facts extends Context.Tag("acko/Facts")<
  Facts,
  {
    /**
     * Asks all targets once, not before `request.at`. For the same targets, a collection under way is kept and of two waiting ones the
     * earlier wins; other targets (another pod, another expected size) replace what was planned or running. Facts of pods that are no
     * target any more are dropped.
     */
    readonly request: (key: ClusterKey, request: FactsRequest) => Effect.Effect<void>
    /** The two latest collections. */
    readonly get: (key: ClusterKey) => Effect.Effect<ClusterFacts>
    /** Never succeeds; dies with a defect that would leave clusters without answers (S11). */
    readonly failure: Effect.Effect<never>
    /** Drops everything about a cluster that is gone, and stops asking. */
    readonly forget: (key: ClusterKey) => Effect.Effect<void>
  }
>() {
  static readonly layer = (options: FactsOptions): Layer.Layer<Facts, never, AerospikeInfo> =>
    Layer.scoped(Facts, make(options))
}

interface Planned {
  readonly request: FactsRequest
  isRunning: boolean
}

interface Entry {
  facts: ClusterFacts
  planned: Planned | undefined
}

const identityOf = (request: FactsRequest): string =>
  JSON.stringify([
    request.expectedSize,
    [...request.namespaces].sort(),
    request.targets.map((t) => `${t.podName} ${t.podUid} ${t.host}:${t.port}`).sort(),
  ])

/** Whether two requests would ask the same nodes the same things. */
export const asksTheSame = (a: FactsRequest, b: FactsRequest): boolean => identityOf(a) === identityOf(b)

const keepPods = (collection: Collection, uids: ReadonlySet<string>): Collection => {
  const nodes = Object.entries(collection.nodes)
  const kept = nodes.filter(([, facts]) => uids.has(facts.podUid))
  return kept.length === nodes.length ? collection : { ...collection, nodes: Object.fromEntries(kept) }
}

/** The same facts without those of pods whose uid is not among `uids`: a reused name or address is another node (R26, R74). */
export const onlyPods = ({ latest, previous }: ClusterFacts, uids: ReadonlySet<string>): ClusterFacts => ({
  ...(latest === undefined ? {} : { latest: keepPods(latest, uids) }),
  ...(previous === undefined ? {} : { previous: keepPods(previous, uids) }),
})

const make = (options: FactsOptions): Effect.Effect<Facts["Type"], never, AerospikeInfo | Scope.Scope> =>
  Effect.gen(function* () {
    const info = yield* AerospikeInfo
    const fibers = yield* FiberMap.make<string, void, never>()
    const { trigger, concurrency = 8, maxRequests = 64, perNodeTimeoutMs = 2_000 } = options
    const permits = Effect.unsafeMakeSemaphore(maxRequests)
    const entries = new Map<string, Entry>()

    const collection = (request: FactsRequest): Effect.Effect<Collection> =>
      // The permits of the whole cluster are taken before its clock starts: waiting for others must not look like a silent node.
      permits.withPermits(Math.max(1, Math.min(request.targets.length, concurrency, maxRequests)))(
        collect({
          targets: request.targets.map(({ podName, podUid, host, port }) => ({
            podName,
            podUid,
            address: { host, port },
          })),
          expectedSize: request.expectedSize,
          namespaces: request.namespaces,
          perNodeTimeoutMs,
          concurrency,
        }).pipe(Effect.provideService(AerospikeInfo, info)),
      )

    const carryOut = (key: ClusterKey, entry: Entry, planned: Planned): Effect.Effect<void> =>
      Effect.gen(function* () {
        const waitMs = planned.request.at - (yield* Clock.currentTimeMillis)
        if (waitMs > 0) yield* Effect.sleep(waitMs)
        planned.isRunning = true
        const latest = yield* collection(planned.request)
        if (entry.planned !== planned) return
        entry.planned = undefined
        entry.facts = { latest, ...(entry.facts.latest === undefined ? {} : { previous: entry.facts.latest }) }
        // The pass this wakes may ask again at once, which replaces this fiber.
        yield* Effect.uninterruptible(trigger(key, "node facts"))
      }).pipe(
        Effect.catchAllCause((cause) =>
          Cause.isInterruptedOnly(cause) ? Effect.failCause(cause) : afterDefect(key, entry, planned, cause),
        ),
      )

    const afterDefect = (key: ClusterKey, entry: Entry, planned: Planned, cause: Cause.Cause<never>) =>
      Effect.gen(function* () {
        yield* Effect.annotateLogs(Effect.logError("collecting node facts failed", cause), {
          namespace: key.namespace,
          name: key.name,
        })
        yield* Effect.sleep(options.retryAfterDefectMs ?? 5_000)
        if (entry.planned === planned) entry.planned = undefined
        yield* trigger(key, "collecting node facts failed")
      })

    const entryOf = (key: ClusterKey): Entry => {
      const known = entries.get(keyString(key))
      if (known !== undefined) return known
      const created: Entry = { facts: noFacts, planned: undefined }
      entries.set(keyString(key), created)
      return created
    }

    return {
      request: (key, request) =>
        Effect.suspend(() => {
          const entry = entryOf(key)
          entry.facts = onlyPods(entry.facts, new Set(request.targets.map((target) => target.podUid)))
          const current = entry.planned
          if (current !== undefined && asksTheSame(current.request, request)) {
            if (current.isRunning || current.request.at <= request.at) return Effect.void
          }
          const planned: Planned = { request, isRunning: false }
          entry.planned = planned
          return Effect.asVoid(FiberMap.run(fibers, keyString(key), carryOut(key, entry, planned)))
        }),
      get: (key) => Effect.sync(() => entries.get(keyString(key))?.facts ?? noFacts),
      failure: Effect.zipRight(FiberMap.join(fibers), Effect.never),
      forget: (key) =>
        Effect.suspend(() => {
          entries.delete(keyString(key))
          return FiberMap.remove(fibers, keyString(key))
        }),
    }
  })
