/** `acko operator`: the controller, in a cluster or with a kubeconfig. */
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { allSettings, load, OperatorConfig } from "../config/OperatorConfig.js"
import * as Operator from "../Operator.js"
import { help, parse } from "./commandLine.js"
import * as Logging from "./logging.js"
import { version } from "./version.js"

/** `args`: what follows `acko operator`. */
export const operate = (args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    if (args.some((arg) => arg === "--help" || arg === "-h")) return yield* Console.log(help(allSettings))
    const settings = yield* load(yield* parse(args, allSettings), version)
    return yield* Operator.runProcess.pipe(
      Effect.provide(Operator.layerLive),
      // Among the other log lines, in their format; what goes to stderr is for whoever started the process.
      Effect.tapErrorCause((cause) =>
        Cause.isInterruptedOnly(cause) ? Effect.void : Effect.logFatal("the operator ends", cause),
      ),
      Effect.provide(Layer.succeed(OperatorConfig, settings)),
      Effect.provide(Logging.layer({ format: settings.logFormat, level: settings.logLevel })),
    )
  })
