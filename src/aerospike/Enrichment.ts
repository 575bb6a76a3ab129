/** Collecting facts from all nodes of a cluster at once: partial results, bounded time (W2, W3). */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { Collection, NodeAddress, NodeFacts } from "../domain/NodeFacts.js"
import { InfoError } from "./AerospikeError.js"
import { AerospikeInfo } from "./AerospikeInfo.js"
import { factsDuration, nodeRequests } from "./aerospikeMetrics.js"
import { factCommands, readFacts } from "./nodeFacts.js"

/** A pod whose node is asked. Pods without an IP do not become targets. */
export interface Target {
  readonly podName: string
  readonly podUid: string
  readonly address: NodeAddress
}

export interface CollectOptions {
  readonly targets: ReadonlyArray<Target>
  /** Members the cluster should have: what `cluster-stable` is asked for. */
  readonly expectedSize: number
  /** Aerospike namespaces to ask about. */
  readonly namespaces: ReadonlyArray<string>
  /** Longest time for one node, connecting included, in ms. Default 2 000. */
  readonly perNodeTimeoutMs?: number
  /** Nodes asked at the same time. Default 8, the size of the largest CE cluster. */
  readonly concurrency?: number
}

const askOne = (
  target: Target,
  commands: ReadonlyArray<string>,
  timeoutMs: number,
): Effect.Effect<NodeFacts, never, AerospikeInfo> => {
  const address = `${target.address.host}:${target.address.port}`
  const of = { podUid: target.podUid, address }
  return AerospikeInfo.pipe(
    Effect.flatMap((info) => info.ask(target.address, commands)),
    Effect.timeoutFail({
      duration: timeoutMs,
      onTimeout: () =>
        new InfoError({ reason: "Timeout", address, detail: `no complete answer within ${timeoutMs} ms` }),
    }),
    Effect.tapBoth({
      onSuccess: () => Metric.increment(Metric.tagged(nodeRequests, "outcome", "answered")),
      onFailure: ({ reason }) => Metric.increment(Metric.tagged(nodeRequests, "outcome", reason)),
    }),
    Effect.match({
      onSuccess: (answers): NodeFacts => ({ ...of, _tag: "Answered", answers: readFacts(commands, answers) }),
      onFailure: (error): NodeFacts => ({
        ...of,
        _tag: "Unreachable",
        reason: error.reason,
        message: error.detail,
      }),
    }),
  )
}

/**
 * Asks every target once, all at the same time up to `concurrency`, one request each. A node that cannot be asked is `Unreachable` with the
 * reason; it costs the others nothing. With all nodes silent it takes one `perNodeTimeoutMs` per `concurrency` targets. Interrupting it
 * closes the connections in use.
 */
export const collect = Effect.fn("Enrichment.collect")(function* (
  options: CollectOptions,
): Effect.fn.Return<Collection, never, AerospikeInfo> {
  const commands = factCommands(options.expectedSize, options.namespaces)
  const startedAt = yield* Clock.currentTimeMillis
  const nodes = yield* Effect.forEach(
    options.targets,
    (target) =>
      Effect.map(
        askOne(target, commands, options.perNodeTimeoutMs ?? 2_000),
        (facts) => [target.podName, facts] as const,
      ),
    { concurrency: options.concurrency ?? 8 },
  )
  const finishedAt = yield* Clock.currentTimeMillis
  yield* Metric.update(factsDuration, (finishedAt - startedAt) / 1_000)
  return { startedAt, finishedAt, expectedSize: options.expectedSize, nodes: Object.fromEntries(nodes) }
})
