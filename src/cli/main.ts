#!/usr/bin/env node
/** The `acko` command. Each side is loaded only where it is wanted: the operator does not carry the sandbox, nor the commands of people. */
import { runMain } from "./processLife.js"

if (process.argv[2] === "operator") {
  const { operate } = await import("./operator.js")
  runMain(operate(process.argv.slice(3)))
} else {
  const { runCommand } = await import("./commands.js")
  const { isValidationError } = await import("@effect/cli/ValidationError")
  runMain(runCommand(process.argv), { isTold: isValidationError })
}
