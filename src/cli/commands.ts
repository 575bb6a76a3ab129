/** All commands, for people: what `acko --help` lists. The operator itself is started without any of this, see `main.ts`. */
import * as Command from "@effect/cli/Command"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import { demoCommand } from "./demo.js"
import { manifestsCommand } from "./manifestsCommand.js"
import { operate } from "./operator.js"
import { planCommand } from "./plan.js"
import { sandboxCommand } from "./sandbox.js"
import { validateCommand } from "./validate.js"
import { version } from "./version.js"

const operatorCommand = Command.make("operator", {}, () => operate([])).pipe(
  Command.withDescription("Run the controller, in a cluster or with a kubeconfig (its settings: acko operator --help)"),
)

const acko = Command.make("acko").pipe(
  Command.withDescription("Operator for Aerospike Community Edition on Kubernetes"),
  Command.withSubcommands([
    operatorCommand,
    sandboxCommand,
    demoCommand,
    manifestsCommand,
    validateCommand,
    planCommand,
  ]),
)

export const runCommand = (argv: ReadonlyArray<string>) =>
  Command.run(acko, { name: "acko", version })(argv).pipe(Effect.provide(NodeContext.layer))
