/**
 * Settings of the operator process. Every entry has a default, a description and an environment variable; `acko operator --help` prints the
 * same list.
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Layer from "effect/Layer"
import { defaultSettings, type DecisionSettings } from "../domain/Snapshot.js"

export interface OperatorSettings {
  /** Namespaces to watch; empty: the whole Kubernetes cluster. */
  readonly watchNamespaces: ReadonlyArray<string>
  /** Clusters worked on at the same time. Default 64: a pass never waits for Aerospike, so this bounds memory, not patience. */
  readonly concurrency: number
  /** A pass that takes longer is interrupted and counts as a transient failure (ms). Default 60 s. */
  readonly passTimeoutMs: number
  /** Limit for one node to answer (ms). Default 2 s. */
  readonly nodeTimeoutMs: number
  /** Interval of the polling that replaces a broken watch (ms). Default 10 s, jittered. */
  readonly pollIntervalMs: number
  /** Safety list beside a healthy watch (ms). Default 10 min, jittered. */
  readonly resyncMs: number
  /** Whether to look at clusters with the `aerospike` client, as an application would. Default true. */
  readonly clientView: boolean
  /** Where `/healthz`, `/readyz` and `/metrics` are served. Default 0.0.0.0. */
  readonly healthHost: string
  /** Default 8081; 0: not served. */
  readonly healthPort: number
  /** Whether to work only while holding a Lease; without, there must be one instance. Default false. */
  readonly leaderElect: boolean
  /** Namespace of the Lease. Default: the one of our pod or kubeconfig. */
  readonly namespace: string | undefined
  readonly decision: DecisionSettings
}

export const defaults: OperatorSettings = {
  watchNamespaces: [],
  concurrency: 64,
  passTimeoutMs: 60_000,
  nodeTimeoutMs: 2_000,
  pollIntervalMs: 10_000,
  resyncMs: 600_000,
  clientView: true,
  healthHost: "0.0.0.0",
  healthPort: 8081,
  leaderElect: false,
  namespace: undefined,
  decision: defaultSettings,
}

const millis = (name: string, fallback: number, description: string) =>
  Config.duration(name).pipe(
    Config.map(Duration.toMillis),
    Config.withDefault(fallback),
    Config.withDescription(description),
  )

const isPort = (n: number): boolean => n >= 0 && n <= 65_535

/** The settings as a `Config`, read from `ACKO_…` variables. Durations are written like `10 seconds`. */
export const fromEnv: Config.Config<OperatorSettings> = Config.all({
  watchNamespaces: Config.array(Config.nonEmptyString(), "ACKO_WATCH_NAMESPACES").pipe(
    Config.withDefault<ReadonlyArray<string>>(defaults.watchNamespaces),
    Config.withDescription("Namespaces to watch, separated by commas; unset: all"),
  ),
  concurrency: Config.integer("ACKO_CONCURRENCY").pipe(
    Config.validate({ message: "must be at least 1", validation: (n) => n >= 1 }),
    Config.withDefault(defaults.concurrency),
    Config.withDescription("Clusters worked on at the same time"),
  ),
  passTimeoutMs: millis("ACKO_PASS_TIMEOUT", defaults.passTimeoutMs, "Limit for one pass over one cluster"),
  nodeTimeoutMs: millis("ACKO_NODE_TIMEOUT", defaults.nodeTimeoutMs, "Limit for one Aerospike node to answer"),
  pollIntervalMs: millis("ACKO_POLL_INTERVAL", defaults.pollIntervalMs, "Polling while a watch is broken"),
  resyncMs: millis("ACKO_RESYNC", defaults.resyncMs, "Safety list beside a healthy watch"),
  clientView: Config.boolean("ACKO_CLIENT_VIEW").pipe(
    Config.withDefault(defaults.clientView),
    Config.withDescription("Look at clusters with the aerospike client, as an application would"),
  ),
  healthHost: Config.nonEmptyString("ACKO_HEALTH_HOST").pipe(
    Config.withDefault(defaults.healthHost),
    Config.withDescription("Address for probes and metrics"),
  ),
  healthPort: Config.integer("ACKO_HEALTH_PORT").pipe(
    Config.validate({ message: "must be a port, or 0 for off", validation: isPort }),
    Config.withDefault(defaults.healthPort),
    Config.withDescription("Port for probes and metrics; 0: off"),
  ),
  leaderElect: Config.boolean("ACKO_LEADER_ELECT").pipe(
    Config.withDefault(defaults.leaderElect),
    Config.withDescription("Work only while holding a Lease: for more than one instance"),
  ),
  namespace: Config.nonEmptyString("ACKO_NAMESPACE").pipe(
    Config.withDefault(defaults.namespace),
    Config.withDescription("Namespace of the Lease; unset: the one of our pod or kubeconfig"),
  ),
  decision: Config.succeed(defaults.decision),
})

export class OperatorConfig extends Context.Tag("acko/OperatorConfig")<OperatorConfig, OperatorSettings>() {
  /** Defaults with the given entries replaced. */
  static readonly layer = (settings: Partial<OperatorSettings> = {}): Layer.Layer<OperatorConfig> =>
    Layer.succeed(OperatorConfig, { ...defaults, ...settings })

  /** From environment variables; fails with the name of the variable that cannot be read. */
  static readonly layerFromEnv = Layer.effect(OperatorConfig, fromEnv)
}
