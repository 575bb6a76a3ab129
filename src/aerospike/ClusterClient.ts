/** What an application sees: the npm `aerospike` client connects like any client would (design.md §2b). */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import type { ClientView, NodeAddress } from "../domain/NodeFacts.js"
import { clientViews } from "./aerospikeMetrics.js"
import { type ClientViewProcessOptions, makeClientViewProcess } from "./clientViewProcess.js"

export interface ClientProbe {
  /** Nodes that answered lately: a silent seed costs the probe its whole connect timeout. At most 8 are used. */
  readonly seeds: ReadonlyArray<NodeAddress>
  /** `cluster-name` the client insists on. */
  readonly clusterName: string
}

export interface ClusterClientOptions extends ClientViewProcessOptions {
  /** Longest connect to one address, in ms. Default 250. */
  readonly connectTimeoutMs?: number
}

type View = (probe: ClientProbe) => Effect.Effect<ClientView>

/** The largest CE cluster. */
const mostSeeds = 8

const checked = (outcome: Effect.Effect<ClientView["outcome"]>): Effect.Effect<ClientView> =>
  outcome.pipe(
    Effect.tap(({ _tag }) => Metric.increment(Metric.tagged(clientViews, "outcome", _tag))),
    Effect.zipWith(Clock.currentTimeMillis, (seen, checkedAt): ClientView => ({ checkedAt, outcome: seen })),
  )

/** Never fails and never blocks the event loop of this process: a broken probe is an `Unknown` outcome. Bounded in time. */
export class ClusterClient extends Context.Tag("acko/ClusterClient")<ClusterClient, { readonly view: View }>() {
  /**
   * The native client in a process of its own. Without seeds nothing is started and the outcome is `Unknown`.
   *
   * *Gotchas*: probes run one after the other; an address that some node advertises and nobody can reach may show as `Disconnected`
   * instead of `unreachable`, because the client gives up on the whole cluster then (its message names the address).
   */
  static readonly layer = (options: ClusterClientOptions): Layer.Layer<ClusterClient> =>
    Layer.scoped(
      ClusterClient,
      Effect.map(makeClientViewProcess(options), (probe) => ({
        view: ({ seeds, clusterName }: ClientProbe) =>
          checked(
            seeds.length === 0
              ? Effect.succeed({ _tag: "Unknown", message: "no node to start from" })
              : probe({
                  seeds: seeds.slice(0, mostSeeds),
                  clusterName,
                  connectTimeoutMs: options.connectTimeoutMs ?? 250,
                }),
          ),
      })),
    )

  /** Views from a function. */
  static readonly layerMemory = (view: View): Layer.Layer<ClusterClient> => Layer.succeed(ClusterClient, { view })

  /** Never probes: always `Unknown`. */
  static readonly layerNoop: Layer.Layer<ClusterClient> = Layer.succeed(ClusterClient, {
    view: () => checked(Effect.succeed({ _tag: "Unknown", message: "not probed" })),
  })
}
