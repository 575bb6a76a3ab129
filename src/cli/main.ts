#!/usr/bin/env node
/** The `acko` command. */
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import { demoCommand } from "./demo.js"
import { manifestsCommand } from "./manifestsCommand.js"
import { operatorCommand } from "./operator.js"
import { runMain } from "./processLife.js"
import { sandboxCommand } from "./sandbox.js"
import { version } from "./version.js"

const acko = Command.make("acko").pipe(
  Command.withDescription("Operator for Aerospike Community Edition on Kubernetes"),
  Command.withSubcommands([operatorCommand, sandboxCommand, demoCommand, manifestsCommand]),
)

runMain(
  Command.run(acko, { name: "acko", version })(process.argv).pipe(Effect.provide(NodeContext.layer)),
  ValidationError.isValidationError,
)
