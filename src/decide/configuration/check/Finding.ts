/** What the check of a configuration tree finds. */
import type { ParameterTable } from "../../../domain/serverParameters/ParameterTable.js"
import type { Json } from "../../../domain/Json.js"
import type { SpecProblem } from "../../../domain/SpecProblem.js"

export interface Finding extends SpecProblem {
  /** `refused`: the server would not start, or not as written. `advised`: it starts, but people should know. */
  readonly severity: "refused" | "advised"
  /** A better `fix` that takes time to find; asked for only where it will be read. */
  readonly suggest?: () => string
}

export type Findings = ReadonlyArray<Finding>

/** What the tree is checked against. */
export interface Rules {
  readonly table: ParameterTable
  /** How messages call the server: `server 8.1.2.0`. */
  readonly server: string
}

/** A section of the tree. */
export interface Place {
  /** Of the parameter table: `network.heartbeat`, `namespace.storage-engine`. */
  readonly context: string
  /** Word behind `storage-engine`, else empty. */
  readonly variant: string
  /** In the resource. */
  readonly path: string
  /** For messages: `service`, `storage-engine of namespace test`. */
  readonly words: string
}

export const refused = (rule: string, path: string, message: string, fix: string): Finding => ({
  rule,
  path,
  message,
  fix,
  severity: "refused",
})

export const advised = (rule: string, path: string, message: string, fix: string): Finding => ({
  ...refused(rule, path, message, fix),
  severity: "advised",
})

/** A value as messages show it, never longer than a line. */
export const shown = (value: Json): string => {
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
