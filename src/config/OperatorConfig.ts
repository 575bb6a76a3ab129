/**
 * Settings of the operator process. Every entry has a default, a flag, a variable and a meaning; `acko operator --help` prints this very
 * list.
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { defaultSettings, type DecisionSettings } from "../domain/Snapshot.js"
import * as Setting from "./Setting.js"

/** The least severe messages that are printed. */
export type LogLevel = "debug" | "info" | "warning" | "error"
/** `auto`: `pretty` on a terminal, `json` elsewhere. */
export type LogFormat = "auto" | "json" | "logfmt" | "pretty"

/** Settings of the process; what decisions read is {@link OperatorSettings.decision}. */
export interface ProcessSettings {
  /** Namespaces to watch; empty: the whole Kubernetes cluster. */
  readonly watchNamespaces: ReadonlyArray<string>
  /** Credentials from this file instead of the pod's service account, KUBECONFIG or `~/.kube/config`. */
  readonly kubeconfig: string | undefined
  /** Context of the kubeconfig. Default: its current one. */
  readonly context: string | undefined
  /** Clusters worked on at the same time. Default 64: a pass never waits for Aerospike, so this bounds memory, not patience. */
  readonly concurrency: number
  /** A pass that takes longer is interrupted and counts as a transient failure (ms). Default 60 s. */
  readonly passTimeoutMs: number
  /** Limit for one node to answer (ms). Default 2 s. */
  readonly nodeTimeoutMs: number
  /** Interval of the polling that replaces a broken watch (ms). Default 10 s, jittered. */
  readonly pollIntervalMs: number
  /** Safety list beside a healthy watch (ms). Default 5 min, jittered; of what users edit at least every minute. */
  readonly resyncMs: number
  /** Whether to look at clusters with the `aerospike` client, as an application would. Default true. */
  readonly clientView: boolean
  /** Where `/healthz`, `/readyz` and `/metrics` are served. Default 0.0.0.0. */
  readonly healthHost: string
  /** Default 8081; 0: not served. */
  readonly healthPort: number
  /** Whether the admission webhooks are served. Default false. */
  readonly webhook: boolean
  /** Default 0.0.0.0. */
  readonly webhookHost: string
  /** Default 9443. */
  readonly webhookPort: number
  /**
   * How long, after the signal to end, calls are still answered while readiness says no already (ms): so long the other replica's being the
   * only one may take to get around. Default 5 s.
   */
  readonly webhookDrainMs: number
  /** Directory with `tls.crt` and `tls.key`. Default: the operator makes its certificate and publishes its authority. */
  readonly webhookCertDir: string | undefined
  /** Service through which the API server calls the webhooks, in the operator's namespace. Default `acko-operator-webhook`. */
  readonly webhookService: string
  /** The Service's namespace. Default: the one of our pod or kubeconfig. */
  readonly webhookNamespace: string | undefined
  /** Name of the two webhook configurations in which the authority is published. Default `acko-operator`. */
  readonly webhookConfiguration: string
  /** Whether to work only while holding a Lease; without, there must be one instance. Default false. */
  readonly leaderElect: boolean
  /** Default: the one of our pod or kubeconfig. */
  readonly leaseNamespace: string | undefined
  /** Default: the name ACKO's operator has always used, so that an old and a new one never work side by side. */
  readonly leaseName: string
  /** How long others wait after a renewal they saw (ms). Default 15 s. */
  readonly leaseDurationMs: number
  /** How long we go on after a renewal that succeeded (ms). Default 10 s. */
  readonly renewDeadlineMs: number
  /** Pause between renewals, and between looks at somebody else's Lease (ms). Default 2 s. */
  readonly retryPeriodMs: number
  readonly logLevel: LogLevel
  readonly logFormat: LogFormat
}

export interface OperatorSettings extends ProcessSettings {
  readonly decision: DecisionSettings
}

type Settings<A> = { readonly [K in keyof A]: Setting.Setting<A[K]> }

const second = 1_000
const minute = 60_000

/** The settings of the process, in the order in which help shows them. */
export const processSettings: Settings<ProcessSettings> = {
  watchNamespaces: {
    flag: "watch-namespaces",
    meaning:
      "Watch only these namespaces; needs Roles there, and for what no namespace has (templates, StorageClasses) a ClusterRole",
    shape: Setting.namespaces,
    fallback: [],
    unset: "the whole cluster",
  },
  kubeconfig: {
    flag: "kubeconfig",
    meaning: "File with credentials",
    shape: Setting.text("file"),
    fallback: undefined,
    unset: "the pod's service account, else the files of KUBECONFIG, else ~/.kube/config",
  },
  context: {
    flag: "context",
    meaning: "Context of the kubeconfig",
    shape: Setting.text("context"),
    fallback: undefined,
    unset: "its current one",
  },
  concurrency: {
    flag: "concurrency",
    meaning: "Aerospike clusters worked on at the same time",
    shape: Setting.integer({ min: 1, max: 1_000 }),
    fallback: 64,
  },
  passTimeoutMs: {
    flag: "pass-timeout",
    meaning: "Limit for one pass over one cluster; then it is interrupted and tried again",
    shape: Setting.duration({ min: second, max: 60 * minute }),
    fallback: 60_000,
  },
  nodeTimeoutMs: {
    flag: "node-timeout",
    meaning: "Limit for one Aerospike node to answer",
    shape: Setting.duration({ min: 100, max: minute }),
    fallback: 2_000,
  },
  pollIntervalMs: {
    flag: "poll-interval",
    meaning: "Polling while a watch is broken",
    shape: Setting.duration({ min: second, max: 10 * minute }),
    fallback: 10_000,
  },
  resyncMs: {
    flag: "resync",
    meaning: "Safety list beside a healthy watch; of what users edit at least every minute",
    shape: Setting.duration({ min: 10 * second, max: 24 * 60 * minute }),
    fallback: 300_000,
  },
  clientView: {
    flag: "client-view",
    meaning: "Look at clusters with the aerospike client, as an application would, in a child process",
    shape: Setting.boolean,
    fallback: true,
  },
  healthHost: {
    flag: "health-host",
    meaning: "Address of /healthz, /readyz and /metrics",
    shape: Setting.host,
    fallback: "0.0.0.0",
  },
  healthPort: {
    flag: "health-port",
    meaning: "Port of /healthz, /readyz and /metrics; 0: not served",
    shape: Setting.integer({ min: 0, max: 65_535 }),
    fallback: 8081,
  },
  webhook: {
    flag: "webhook",
    meaning: "Serve the admission webhooks",
    shape: Setting.boolean,
    fallback: false,
  },
  webhookHost: {
    flag: "webhook-host",
    meaning: "Address of the admission webhooks",
    shape: Setting.host,
    fallback: "0.0.0.0",
  },
  webhookPort: {
    flag: "webhook-port",
    meaning: "Port of the admission webhooks",
    shape: Setting.integer({ min: 1, max: 65_535 }),
    fallback: 9443,
  },
  webhookDrainMs: {
    flag: "webhook-drain",
    meaning: "How long webhooks go on answering after the signal to end, no longer being ready",
    shape: Setting.duration({ min: 0, max: 15 * second }),
    fallback: 5_000,
  },
  webhookCertDir: {
    flag: "webhook-cert-dir",
    meaning: "Directory with the webhooks' tls.crt and tls.key, followed when they change",
    shape: Setting.text("directory"),
    fallback: undefined,
    unset: "none: the operator makes its own and publishes its authority in the webhook configurations",
  },
  webhookService: {
    flag: "webhook-service",
    meaning: "Service through which the API server calls the webhooks",
    shape: Setting.objectName,
    fallback: "acko-operator-webhook",
  },
  webhookNamespace: {
    flag: "webhook-namespace",
    meaning: "Namespace of that Service",
    shape: Setting.namespace,
    fallback: undefined,
    unset: "the one of the pod or of the kubeconfig's context",
  },
  webhookConfiguration: {
    flag: "webhook-configuration",
    meaning: "Name of the webhook configurations in which the authority is published",
    shape: Setting.objectName,
    fallback: "acko-operator",
  },
  leaderElect: {
    flag: "leader-elect",
    meaning: "Work only while holding a Lease; without it there must be one instance",
    shape: Setting.boolean,
    fallback: false,
  },
  leaseNamespace: {
    flag: "lease-namespace",
    meaning: "Namespace of the Lease",
    shape: Setting.namespace,
    fallback: undefined,
    unset: "the one of the pod or of the kubeconfig's context",
  },
  leaseName: {
    flag: "lease-name",
    meaning: "Name of the Lease; the default excludes the Go operator, too",
    shape: Setting.objectName,
    fallback: "ed3f4371.aerospike.com",
  },
  leaseDurationMs: {
    flag: "lease-duration",
    meaning: "How long others respect a Lease that is not renewed",
    shape: Setting.duration({ min: second, max: 10 * minute }),
    fallback: 15_000,
  },
  renewDeadlineMs: {
    flag: "renew-deadline",
    meaning: "How long the leader writes after a renewal; less than the lease duration",
    shape: Setting.duration({ min: 500, max: 10 * minute }),
    fallback: 10_000,
  },
  retryPeriodMs: {
    flag: "retry-period",
    meaning: "Pause between renewals, and between looks at somebody else's Lease; less than the renew deadline",
    shape: Setting.duration({ min: 100, max: minute }),
    fallback: 2_000,
  },
  logLevel: {
    flag: "log-level",
    meaning: "Least severe messages to print",
    shape: Setting.choice(["debug", "info", "warning", "error"]),
    fallback: "info",
  },
  logFormat: {
    flag: "log-format",
    meaning: "How messages are written; auto: pretty on a terminal, json elsewhere",
    shape: Setting.choice(["auto", "json", "logfmt", "pretty"]),
    fallback: "auto",
  },
}

/** What decisions read. Times that protect data can only be made stricter than the defaults. */
export const decisionSettings: Settings<Omit<DecisionSettings, "operatorVersion">> = {
  safetyReadGapMs: {
    flag: "safety-read-gap",
    meaning:
      "Two looks at the nodes before one is stopped are at least this far apart; at most half of the safety max age",
    shape: Setting.duration({ min: defaultSettings.safetyReadGapMs, max: 10 * second }),
    fallback: defaultSettings.safetyReadGapMs,
  },
  safetyFreshMs: {
    flag: "safety-fresh",
    meaning: "The later of these looks is at most this old",
    shape: Setting.duration({ min: 100, max: defaultSettings.safetyFreshMs }),
    fallback: defaultSettings.safetyFreshMs,
  },
  safetyMaxAgeMs: {
    flag: "safety-max-age",
    meaning: "The earlier of these looks is at most this old",
    shape: Setting.duration({ min: second, max: defaultSettings.safetyMaxAgeMs }),
    fallback: defaultSettings.safetyMaxAgeMs,
  },
  factsPaceMs: {
    flag: "facts-pace",
    meaning: "Pause between questions to the nodes while something is waited for that only they can tell",
    shape: Setting.duration({ min: 10, max: 10 * second }),
    fallback: defaultSettings.factsPaceMs,
  },
  factsRefreshMs: {
    flag: "facts-refresh",
    meaning: "How often the nodes of a quiet cluster are asked",
    shape: Setting.duration({ min: second, max: 60 * minute }),
    fallback: defaultSettings.factsRefreshMs,
  },
  statusCoalesceMs: {
    flag: "status-coalesce",
    meaning: "How long minor changes of a status wait for company",
    shape: Setting.duration({ min: 0, max: minute }),
    fallback: defaultSettings.statusCoalesceMs,
  },
  fallbackRequeueMs: {
    flag: "fallback-requeue",
    meaning: "How often an incomplete cluster is looked at, event or not",
    shape: Setting.duration({ min: second, max: 60 * minute }),
    fallback: defaultSettings.fallbackRequeueMs,
  },
  maxRetryDelayMs: {
    flag: "max-retry-delay",
    meaning: "Longest pause between two attempts for a cluster whose attempts fail; pauses begin at 2 s and double",
    shape: Setting.duration({ min: 2 * second, max: 60 * minute }),
    fallback: defaultSettings.maxRetryDelayMs,
  },
}

/** All of them, for help and command lines. */
export const allSettings: ReadonlyArray<Setting.Setting<unknown>> = [
  ...Object.values<Setting.Setting<unknown>>(processSettings),
  ...Object.values<Setting.Setting<unknown>>(decisionSettings),
]

/** Settings that cannot be used, each with its flag or variable, the reason and what would do. */
export class WrongSettings extends Data.TaggedError("WrongSettings")<{ readonly problems: ReadonlyArray<string> }> {
  override get message(): string {
    return `wrong setting: ${this.problems.join("; ")}`
  }
}

type Lookup = (flag: string) => Setting.Given

const readAll = <A>(settings: Settings<A>, lookup: Lookup, problems: Array<string>): A =>
  Object.fromEntries(
    Object.entries<Setting.Setting<unknown>>(settings).map(([key, setting]) => [
      key,
      Either.getOrElse(Setting.read(setting, lookup(setting.flag)), (problem) => {
        problems.push(problem)
        return setting.fallback
      }),
    ]),
    // One value per key of `settings`, each of the type its shape reads.
  ) as A

const tooFarApart = ({ safetyMaxAgeMs }: DecisionSettings): string => {
  const { safetyMaxAgeMs: age, safetyReadGapMs: gap } = decisionSettings
  return `--${gap.flag} (${Setting.variableOf(gap.flag)}): must be at most half of --${age.flag}, which is ${age.shape.show(safetyMaxAgeMs)}; make it shorter, or --${age.flag} longer`
}

/** Rules between settings; each names the one to change. */
const contradictions = (settings: OperatorSettings): ReadonlyArray<string> => {
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = settings
  const { safetyMaxAgeMs, safetyReadGapMs } = settings.decision
  const ordered = (smaller: "renewDeadlineMs" | "retryPeriodMs", larger: "leaseDurationMs" | "renewDeadlineMs") => {
    const [small, large] = [processSettings[smaller], processSettings[larger]]
    const shown = large.shape.show(settings[larger])
    return `--${small.flag} (${Setting.variableOf(small.flag)}): must be less than --${large.flag}, which is ${shown}; make it shorter, or --${large.flag} longer`
  }
  return [
    ...(renewDeadlineMs < leaseDurationMs ? [] : [ordered("renewDeadlineMs", "leaseDurationMs")]),
    ...(retryPeriodMs < renewDeadlineMs ? [] : [ordered("retryPeriodMs", "renewDeadlineMs")]),
    // Else the first look is too old when the second may be made, or has been answered: no member would ever be stopped.
    ...(safetyReadGapMs <= safetyMaxAgeMs / 2 ? [] : [tooFarApart(settings.decision)]),
  ]
}

/** Flags (text by name) before variables before defaults. Tells everything that is wrong at once. */
export const load = (
  flags: Readonly<Record<string, string>> = {},
  operatorVersion = defaultSettings.operatorVersion,
): Effect.Effect<OperatorSettings, WrongSettings> =>
  Effect.gen(function* () {
    const variables: Record<string, string> = {}
    for (const { flag } of allSettings) {
      const name = Setting.variableOf(flag)
      const found = yield* Effect.option(Config.string(name))
      if (Option.isSome(found)) variables[name] = found.value
    }
    const problems: Array<string> = []
    const lookup: Lookup = (flag) => ({ flag: flags[flag], variable: variables[Setting.variableOf(flag)] })
    const settings = {
      ...readAll(processSettings, lookup, problems),
      decision: { ...readAll(decisionSettings, lookup, problems), operatorVersion },
    }
    problems.push(...contradictions(settings))
    return problems.length === 0 ? settings : yield* new WrongSettings({ problems })
  })

const fallbacks = <A>(settings: Settings<A>): A =>
  readAll(settings, () => ({ flag: undefined, variable: undefined }), [])

export const defaults: OperatorSettings = { ...fallbacks(processSettings), decision: defaultSettings }

export class OperatorConfig extends Context.Tag("acko/OperatorConfig")<OperatorConfig, OperatorSettings>() {
  /** Defaults with the given entries replaced. */
  static readonly layer = (settings: Partial<OperatorSettings> = {}): Layer.Layer<OperatorConfig> =>
    Layer.succeed(OperatorConfig, { ...defaults, ...settings })

  /** From environment variables; fails with the names of those that cannot be read. */
  static readonly layerFromEnv: Layer.Layer<OperatorConfig, WrongSettings> = Layer.effect(
    OperatorConfig,
    Effect.suspend(() => load()),
  )
}
