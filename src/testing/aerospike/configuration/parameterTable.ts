/** Look-up in the server's parameter table. */
import { type Parameter, parameters } from "../data/parameters.js"

const byContext = new Map<string, Map<string, ReadonlyArray<Parameter>>>()
for (const parameter of parameters) {
  const names = byContext.get(parameter.context) ?? new Map<string, ReadonlyArray<Parameter>>()
  names.set(parameter.name, [...(names.get(parameter.name) ?? []), parameter])
  byContext.set(parameter.context, names)
}

/** The entry for a name in a section; `variant` is the word after `storage-engine`. */
export const findParameter = (context: string, name: string, variant = ""): Parameter | undefined => {
  const found = byContext.get(context)?.get(name)
  return found?.find((parameter) => parameter.variant === undefined || parameter.variant === variant) ?? undefined
}

/** All entries of a section, in the server's order. */
export const parametersOf = (context: string, variant = ""): ReadonlyArray<Parameter> =>
  parameters.filter(
    (parameter) => parameter.context === context && (parameter.variant === undefined || parameter.variant === variant),
  )

/** Sinks `console` and `file` share one context in the table. */
export const childContext = (parent: string, name: string): string => {
  if (parent === "(top)") return name
  if (parent === "logging" && (name === "console" || name === "file")) return "logging.console|file"
  return `${parent}.${name}`
}
