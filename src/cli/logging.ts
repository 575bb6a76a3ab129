/**
 * How the process logs: one line per message, for people on a terminal and as JSON elsewhere. JSON lines are flat: `time`, `level`, `message`,
 * then the annotations (`namespace`, `name`, `reconcile` for everything that belongs to a pass), `cause` last.
 *
 * Texts come from resources, nodes and servers: no control character of theirs reaches the output, so nobody can forge a line or speak to a
 * terminal (R128).
 */
import * as Cause from "effect/Cause"
import * as HashMap from "effect/HashMap"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import type { LogFormat, LogLevel as LevelName } from "../config/OperatorConfig.js"

const levels = {
  debug: LogLevel.Debug,
  info: LogLevel.Info,
  warning: LogLevel.Warning,
  error: LogLevel.Error,
} as const satisfies Record<LevelName, LogLevel.LogLevel>

const escaped = (character: string): string => {
  if (character === "\n") return "\\n"
  return character === "\t" ? " " : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
}

/** Control characters, and the two line separators that JSON does not escape. */
const controls = /[\p{Cc}\u2028\u2029]/gu

/** One line without control characters. */
export const harmless = (line: string): string => line.replace(controls, escaped)

/** Lines stay lines, for people: only what could speak to the terminal goes. */
const readable = (text: string): string =>
  text
    .split("\n")
    .map((line) => harmless(line))
    .join("\n")

const words = (message: unknown): ReadonlyArray<unknown> => (Array.isArray(message) ? message : [message])

/** Of an error what it says, not what it is made of: some of Node's refer to themselves, and others hold a whole request. */
const wordText = (word: unknown): string =>
  word instanceof Error && word.message !== "" ? word.message : Inspectable.toStringUnknown(word, 0)

const sentence = (message: unknown): string => words(message).map(wordText).join(" ")

const plain = (value: unknown): unknown =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : sentence(value)

export const jsonLogger: Logger.Logger<unknown, string> = Logger.make(
  ({ annotations, cause, date, logLevel, message }) =>
    harmless(
      JSON.stringify({
        time: date.toISOString(),
        level: logLevel.label.toLowerCase(),
        message: sentence(message),
        ...Object.fromEntries([...annotations].map(([name, value]) => [name, plain(value)])),
        ...(Cause.isEmpty(cause) ? {} : { cause: Cause.pretty(cause, { renderErrorCause: true }) }),
      }),
    ),
)

const logfmtLogger = Logger.map(Logger.logfmtLogger, harmless)

const prettyLogger = Logger.mapInputOptions(Logger.prettyLogger(), (options: Logger.Logger.Options<unknown>) => ({
  ...options,
  message: [
    ...words(options.message).map((word) => readable(wordText(word))),
    ...(Cause.isEmpty(options.cause) ? [] : [readable(`\n${Cause.pretty(options.cause, { renderErrorCause: true })}`)]),
  ],
  cause: Cause.empty,
  annotations: HashMap.map(options.annotations, (value) => (typeof value === "string" ? harmless(value) : value)),
}))

const loggers: Readonly<Record<Exclude<LogFormat, "auto">, Logger.Logger<unknown, unknown>>> = {
  json: Logger.withConsoleLog(jsonLogger),
  logfmt: Logger.withConsoleLog(logfmtLogger),
  pretty: prettyLogger,
}

/** `auto`: pretty on a terminal, JSON elsewhere. */
export const layer = (options: { readonly format: LogFormat; readonly level: LevelName }): Layer.Layer<never> => {
  const format = options.format === "auto" ? (process.stdout.isTTY ? "pretty" : "json") : options.format
  return Layer.merge(
    Logger.replace(Logger.defaultLogger, loggers[format]),
    Logger.minimumLogLevel(levels[options.level]),
  )
}
