/** How the process logs: one line per message, for people on a terminal and as JSON elsewhere; level and format from flags. */
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"

export type LogFormat = "auto" | "json" | "logfmt" | "pretty"

/** `auto`: pretty on a terminal, JSON elsewhere. */
export const layer = (options: {
  readonly format: LogFormat
  readonly level: LogLevel.LogLevel
}): Layer.Layer<never> => {
  const format = options.format === "auto" ? (process.stdout.isTTY ? "pretty" : "json") : options.format
  const logger = format === "pretty" ? Logger.pretty : format === "json" ? Logger.json : Logger.logFmt
  return Layer.merge(logger, Logger.minimumLogLevel(options.level))
}
