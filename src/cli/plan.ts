/** `acko plan`: what the operator would do if the resources of files were applied, and why. Reads the cluster, writes nothing. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import { printable } from "../admission/messages.js"
import { AerospikeInfo } from "../aerospike/AerospikeInfo.js"
import { OperatorConfig } from "../config/OperatorConfig.js"
import { KubeAccess } from "../kube/KubeAccess.js"
import * as KubeTransport from "../kube/KubeTransport.js"
import { layerAccess } from "../Operator.js"
import { foresightLines } from "./plan/foresee.js"
import { look } from "./plan/look.js"
import { inNamespace, namespacesOf, planFiles } from "./plan/planFiles.js"
import { Ended } from "./processLife.js"
import type { Entry } from "./validate/documents.js"
import { fileNames, readFiles } from "./validate/files.js"
import { reportValue, textReport } from "./validate/print.js"

const kubeconfig = Options.file("kubeconfig").pipe(
  Options.optional,
  Options.withDescription(
    "File with credentials; default: the pod's, else the files of KUBECONFIG, else ~/.kube/config",
  ),
)
const context = Options.text("context").pipe(
  Options.optional,
  Options.withDescription("Context of the kubeconfig; default: its current one"),
)
const namespace = Options.text("namespace").pipe(
  Options.withAlias("n"),
  Options.optional,
  Options.withDescription("Namespace of resources that name none; default: the one of the kubeconfig"),
)
const output = Options.choice("output", ["text", "json"]).pipe(
  Options.withAlias("o"),
  Options.withDefault("text" as const),
)

const exitCodes = { refused: 1, unreadable: 2 }

interface Access {
  readonly kubeconfig: Option.Option<string>
  readonly context: Option.Option<string>
}

const settings = ({ context, kubeconfig }: Access, watchNamespaces: ReadonlyArray<string>) =>
  OperatorConfig.layer({
    kubeconfig: Option.getOrUndefined(kubeconfig),
    context: Option.getOrUndefined(context),
    watchNamespaces,
    clientView: false,
  })

const outside = Layer.merge(KubeTransport.layer(), AerospikeInfo.layer).pipe(
  Layer.provideMerge(layerAccess),
  Layer.provide(NodeContext.layer),
)

/** Only the namespaces of the clusters are read. */
const foreseeAll = (access: Access, entries: ReadonlyArray<Entry>, given: Option.Option<string>) =>
  Effect.gen(function* () {
    const { defaultNamespace = "default" } = yield* KubeAccess
    const all = inNamespace(
      entries,
      Option.getOrElse(given, () => defaultNamespace),
    )
    const seen = yield* Effect.provide(look, settings(access, namespacesOf(all)))
    return yield* planFiles(seen, all)
  }).pipe(Effect.scoped, Effect.provide(outside), Effect.provide(settings(access, [])))

export const planCommand = Command.make("plan", { ...fileNames, kubeconfig, context, namespace, output }, (flags) =>
  Effect.gen(function* () {
    const contents = yield* readFiles([...flags.files, ...flags.more])
    const { foresights, ...judged } = yield* foreseeAll(flags, contents.entries, flags.namespace).pipe(
      Logger.withMinimumLogLevel(LogLevel.Error),
    )
    const findings = { ...judged, unreadable: contents.unreadable }
    yield* Console.log(
      flags.output === "json"
        ? JSON.stringify({ ...reportValue(findings, false), plans: foresights }, undefined, 2)
        : [textReport(findings), ...foresights.flatMap(foresightLines).map(printable)].join("\n"),
    )
    if (findings.unreadable.length > 0) return yield* new Ended({ code: exitCodes.unreadable })
    const isRefused =
      findings.judgements.some(({ accepted }) => !accepted) || foresights.some(({ refused }) => refused.length > 0)
    if (isRefused) return yield* new Ended({ code: exitCodes.refused })
  }),
).pipe(Command.withDescription("Tell what the operator would do if the resources of files were applied, and why"))
