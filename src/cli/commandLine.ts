/**
 * The command line of `acko operator`, made from the list of settings. Not by `@effect/cli` like the other commands: its own `--log-level`
 * takes ours away, a switch that is absent looks like `false` to it, and a container would carry it for nothing.
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import { type Setting, variableOf } from "../config/Setting.js"

/** A command line that cannot be understood. */
export class WrongCommandLine extends Data.TaggedError("WrongCommandLine")<{ readonly problem: string }> {
  override get message(): string {
    return `${this.problem}; see \`acko operator --help\``
  }
}

type AnySetting = Setting<unknown>

const findSetting = (settings: ReadonlyArray<AnySetting>, name: string): AnySetting | undefined =>
  settings.find(({ flag }) => flag === name)

/** Texts by flag name. Accepts `--flag=value`, `--flag value`, `--switch`, `--no-switch`; of several the last counts, lists are joined. */
export const parse = (
  args: ReadonlyArray<string>,
  settings: ReadonlyArray<AnySetting>,
): Either.Either<Readonly<Record<string, string>>, WrongCommandLine> => {
  const flags: Record<string, string> = {}
  const wrong = (problem: string) => Either.left(new WrongCommandLine({ problem }))
  for (let index = 0; index < args.length; index += 1) {
    const [, name, inline] = /^--([a-z][a-z-]*)(?:=(.*))?$/s.exec(args[index] ?? "") ?? []
    if (name === undefined) return wrong(`unexpected argument ${JSON.stringify(args[index])}`)
    const negated = inline === undefined && name.startsWith("no-") ? findSetting(settings, name.slice(3)) : undefined
    const setting = negated?.shape.isSwitch === true ? negated : findSetting(settings, name)
    if (setting === undefined) return wrong(`unknown flag --${name}`)
    const { flag, shape } = setting
    if (shape.isSwitch === true) {
      flags[flag] = inline ?? String(setting !== negated)
      continue
    }
    const text = inline ?? args[(index += 1)]
    if (text === undefined) return wrong(`--${flag} needs a value: --${flag}=<${shape.placeholder}>`)
    const before = shape.isList === true ? flags[flag] : undefined
    flags[flag] = before === undefined ? text : `${before},${text}`
  }
  return Either.right(flags)
}

const defaultOf = ({ fallback, shape, unset }: AnySetting): string => unset ?? shape.show(fallback)

/** One entry of help: the flag as it is written, its variable, meaning and default. */
const entry = (setting: AnySetting): string => {
  const { flag, meaning, shape } = setting
  const written = shape.isSwitch === true ? `--[no-]${flag}` : `--${flag} <${shape.placeholder}>`
  const repeated = shape.isList === true ? " (may be repeated)" : ""
  return `  ${written}${repeated}\n      ${meaning}.\n      Default: ${defaultOf(setting)}. Variable: ${variableOf(flag)}\n`
}

export const help = (settings: ReadonlyArray<AnySetting>): string =>
  [
    "acko operator: run the controller, in a cluster or with a kubeconfig.",
    "",
    "A flag beats its variable, a variable the default. Durations are written 500ms, 15s, 10m, 1h.",
    "SIGTERM or SIGINT ends it in order; a second one at once.",
    "",
    ...settings.map(entry),
    "  -h, --help\n      Print this.",
  ].join("\n")
