/**
 * Beginning and end of the process. SIGTERM or SIGINT: an orderly end, exit code 0; not done after 25 s, or a second signal: gone at once. A
 * failure is one line on stderr and exit code 1; only a bug shows its stack. A program whose exit code is its answer fails with {@link Ended}.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"

/** The program has said everything and ends with this code. */
export class Ended extends Data.TaggedError("Ended")<{ readonly code: number }> {}

export interface ProcessOptions {
  /** Errors the user has been told already. Default: none. */
  readonly isTold?: (error: unknown) => boolean
  /** Limit for an orderly end (ms). Default 25 000: below the 30 s Kubernetes grants before SIGKILL, so that what hung is told. */
  readonly endWithinMs?: number
}

const say = (text: string): Effect.Effect<void> =>
  Effect.sync(() => void process.stderr.write(`acko: ${text.trim().replace(/(?<!\s)\s*\n\s*/g, " ")}\n`))

const describe = (error: unknown): string =>
  error instanceof Error && error.message !== "" ? error.message : String(error)

const report = (cause: Cause.Cause<unknown>, isTold: (error: unknown) => boolean): Effect.Effect<void> => {
  if (Cause.isInterruptedOnly(cause)) return Effect.void
  const failure = Cause.failureOption(cause)
  if (Option.isNone(failure)) {
    return Effect.sync(() => void process.stderr.write(`acko: ended by a bug\n${Cause.pretty(cause)}\n`))
  }
  return failure.value instanceof Ended || isTold(failure.value) ? Effect.void : say(describe(failure.value))
}

const codeOf = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit) || Cause.isInterruptedOnly(exit.cause)) return 0
  const failure = Option.getOrUndefined(Cause.failureOption(exit.cause))
  return failure instanceof Ended ? failure.code : 1
}

/** Starts the clock for an orderly end with the first signal. It does not keep the process alive. */
const watchEnd = (endWithinMs: number): void => {
  const onSignal = (signal: NodeJS.Signals): void => {
    process.off("SIGTERM", onSignal)
    process.off("SIGINT", onSignal)
    setTimeout(() => {
      process.stderr.write(`acko: not done ${endWithinMs / 1000} s after ${signal}, gives up\n`)
      process.exit(1)
    }, endWithinMs).unref()
  }
  process.on("SIGTERM", onSignal)
  process.on("SIGINT", onSignal)
}

/** Runs the program as the process. */
export const runMain = <E>(program: Effect.Effect<unknown, E>, options: ProcessOptions = {}) => {
  watchEnd(options.endWithinMs ?? 25_000)
  program.pipe(
    Effect.tapErrorCause((cause) => report(cause, options.isTold ?? (() => false))),
    // The logger is the program's choice; with the default one, each line would come twice.
    NodeRuntime.runMain({
      disableErrorReporting: true,
      disablePrettyLogger: true,
      teardown: (exit, onExit) => onExit(codeOf(exit)),
    }),
  )
}
