/** The server's file parser: text to a tree of sections with stored values, or the refusal it would log. */
import * as Either from "effect/Either"
import { logLevels, syslogFacilities } from "../../../domain/serverParameters/logContexts.js"
import type { Parameter } from "../../../domain/serverParameters/Parameter.js"
import { childContext, type ParameterTable, parameterTable } from "../../../domain/serverParameters/ParameterTable.js"
import { configLines, type ConfigLine, type ConfigSection, refusal, type StartRefusal } from "./ConfigTree.js"
import { readValue } from "./readValue.js"

const at = (line: ConfigLine, message: string): StartRefusal => refusal(`line ${line.number} :: ${message}`)

const unknownName = (line: ConfigLine): StartRefusal =>
  at(line, `unknown config parameter name '${line.tokens[0] ?? ""}'`)

/** Why the name may not stand in a CE file. */
const nameRefusal = (line: ConfigLine, parameter: Parameter | undefined): StartRefusal | undefined => {
  if (parameter === undefined || parameter.refused === "unknown") return unknownName(line)
  if (parameter.refused === undefined) return undefined
  return at(
    line,
    parameter.refused === "obsolete"
      ? `'${parameter.name}' is obsolete - ${parameter.advice ?? ""}`
      : `'${parameter.name}' is enterprise-only`,
  )
}

const logContextRefusal = (line: ConfigLine, table: ParameterTable): StartRefusal | undefined => {
  const [, context = "", level = ""] = line.tokens
  return table.logContexts.has(context.toLowerCase()) && logLevels.has(level.toLowerCase())
    ? undefined
    : at(line, `can't add logging context ${context} ${level}`)
}

const valueRefusal = (line: ConfigLine, parameter: Parameter, table: ParameterTable): StartRefusal | undefined => {
  if (parameter.kind === "logContext") return logContextRefusal(line, table)
  if (
    parameter.context === "logging.syslog" &&
    parameter.name === "facility" &&
    !syslogFacilities.has(line.tokens[1] ?? "")
  ) {
    return at(line, `can't add logging facility ${line.tokens[1] ?? ""}`)
  }
  const read = readValue(parameter, line.tokens.slice(1))
  if (read._tag === "Stored") return undefined
  return read.prefixed ? at(line, read.message) : refusal(read.message)
}

/** A section's own word: the storage engine must be known, a set's name may have 63 bytes. */
const sectionRefusal = (line: ConfigLine, parameter: Parameter): StartRefusal | undefined => {
  const label = line.tokens[1] ?? ""
  if (parameter.kind === "sectionEnum") {
    if (parameter.enum?.includes(label) !== true) return at(line, `${parameter.name} has unknown value '${label}'`)
    if (label === "pmem") return at(line, `'${parameter.name}' is enterprise-only`)
  }
  if (parameter.name === "set" && Buffer.byteLength(label) > 63) {
    return at(line, `set must be < 64 characters long, not ${label}`)
  }
  return undefined
}

const stored = (parameter: Parameter, values: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (parameter.kind === "addressPort" || parameter.kind === "logContext") return values
  const read = readValue(parameter, values)
  return read._tag === "Stored" ? [read.text, ...values.slice(1)] : values
}

const open = (parent: ConfigSection, line: ConfigLine): ConfigSection => {
  const name = line.tokens[0] ?? ""
  // Named top-level sections are one thing however often they appear, except namespaces, each of which is its own.
  const again =
    parent.context === "(top)" && name !== "namespace" ? parent.sections.find((s) => s.name === name) : undefined
  if (again !== undefined) return again
  const section: ConfigSection = {
    context: childContext(parent.context, name),
    name,
    label: line.tokens[1] ?? "",
    line: line.number,
    entries: [],
    sections: [],
  }
  parent.sections.push(section)
  return section
}

/** Rules the server checks at a section's closing brace. */
export type SectionRule = (section: ConfigSection) => string | undefined

/** Parses a file. Values in the tree are as stored: sizes in bytes, durations in seconds, booleans in lower case. */
export const parseConfiguration = (
  text: string,
  table: ParameterTable = parameterTable(),
  atClose: Readonly<Record<string, SectionRule>> = {},
  atOpen: (parent: ConfigSection, section: ConfigSection) => string | undefined = () => undefined,
): Either.Either<ConfigSection, StartRefusal> => {
  const top: ConfigSection = { context: "(top)", name: "", label: "", line: 0, entries: [], sections: [] }
  if (text === "") return Either.left(refusal(""))
  const path: Array<ConfigSection> = [top]

  const close = (section: ConfigSection): StartRefusal | undefined => {
    const problem = atClose[section.context]?.(section)
    path.pop()
    return problem === undefined ? undefined : refusal(problem)
  }

  const enter = (parent: ConfigSection, line: ConfigLine, parameter: Parameter): StartRefusal | undefined => {
    const wrong = sectionRefusal(line, parameter)
    if (wrong !== undefined) return wrong
    const section = open(parent, line)
    path.push(section)
    const problem = atOpen(parent, section)
    return problem === undefined ? undefined : refusal(problem)
  }

  const read = (line: ConfigLine): StartRefusal | undefined => {
    const section = path.at(-1) ?? top
    const name = line.tokens[0] ?? ""
    if (name === "}" && path.length > 1) return close(section)
    // 8.1 warns about this obsolete section and ignores what is in it.
    if (section.context === "network.info" && table.of(section.context).length === 0) return undefined
    const parameter = table.find(section.context, name, section.name === "storage-engine" ? section.label : "")
    const wrong = nameRefusal(line, parameter)
    if (wrong !== undefined || parameter === undefined) return wrong ?? unknownName(line)
    if (parameter.kind === "section" || parameter.kind === "sectionEnum") return enter(section, line, parameter)
    section.entries.push({ name, values: stored(parameter, line.tokens.slice(1)), line: line.number })
    return valueRefusal(line, parameter, table)
  }

  for (const line of configLines(text)) {
    const problem = read(line)
    if (problem !== undefined) return Either.left(problem)
  }
  return path.length > 1 ? Either.left(refusal("parsing - final context missing '}'?")) : Either.right(top)
}
