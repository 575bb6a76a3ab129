/** `acko operator`: the controller, in a cluster or with a kubeconfig. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { fromEnv, OperatorConfig } from "../config/OperatorConfig.js"
import { defaultSettings } from "../domain/Snapshot.js"
import * as KubeAccess from "../kube/KubeAccess.js"
import * as Operator from "../Operator.js"
import * as Logging from "./logging.js"
import { version } from "./version.js"

const kubeconfig = Options.file("kubeconfig").pipe(
  Options.optional,
  Options.withDescription("Credentials; default: the pod's service account, else KUBECONFIG, else ~/.kube/config"),
)
const namespaces = Options.text("namespace").pipe(
  Options.repeated,
  Options.withDescription("Watch only this namespace (repeatable); default: ACKO_WATCH_NAMESPACES, else all"),
)
const noClientView = Options.boolean("no-client-view").pipe(
  Options.withDescription("Do not look at clusters with the aerospike client"),
)
const healthPort = Options.integer("health-port").pipe(
  Options.withSchema(Schema.Int.pipe(Schema.between(0, 65_535, { message: () => "--health-port: 0 to 65535" }))),
  Options.optional,
  Options.withDescription("Port of /healthz, /readyz and /metrics; default: ACKO_HEALTH_PORT, else 8081; 0: off"),
)
const leaderElect = Options.boolean("leader-elect").pipe(
  Options.withDescription("Work only while holding a Lease; default: ACKO_LEADER_ELECT, else no"),
)
const logFormat = Options.choice("log-format", ["auto", "json", "logfmt", "pretty"]).pipe(
  Options.withDefault("auto" as const),
  Options.withDescription("auto: pretty on a terminal, JSON elsewhere"),
)
const logLevel = Options.choice("log-level", ["debug", "info", "warning", "error"]).pipe(
  Options.withDefault("info" as const),
  Options.withDescription("Least severe messages to print"),
)

const levels = {
  debug: LogLevel.Debug,
  info: LogLevel.Info,
  warning: LogLevel.Warning,
  error: LogLevel.Error,
} as const

export const operatorCommand = Command.make(
  "operator",
  { kubeconfig, namespaces, noClientView, healthPort, leaderElect, logFormat, logLevel },
  (flags) => {
    const config = Layer.effect(
      OperatorConfig,
      Effect.map(fromEnv, (settings) => ({
        ...settings,
        ...(flags.namespaces.length === 0 ? {} : { watchNamespaces: flags.namespaces }),
        ...(Option.isSome(flags.healthPort) ? { healthPort: flags.healthPort.value } : {}),
        ...(flags.leaderElect ? { leaderElect: true } : {}),
        ...(flags.noClientView ? { clientView: false } : {}),
        decision: { ...defaultSettings, operatorVersion: version },
      })),
    )
    const access = Option.match(flags.kubeconfig, {
      onNone: () => KubeAccess.layerFromEnv,
      onSome: (path) => KubeAccess.layerKubeconfig({ path }),
    })
    return Operator.runProcess.pipe(
      Effect.provide(Operator.layerProcess),
      Effect.provide(Layer.merge(access, config)),
      Effect.provide(NodeFileSystem.layer),
      Effect.provide(Logging.layer({ format: flags.logFormat, level: levels[flags.logLevel] })),
    )
  },
).pipe(Command.withDescription("Run the controller, in a cluster or with a kubeconfig"))
