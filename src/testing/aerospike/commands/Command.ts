/** One info command, taken apart the way the server does: `name`, `name:key=value;key=value` or `name/path`. */
import type { Model } from "../model/Model.js"
import type { Server } from "../model/Server.js"

export interface Command {
  readonly name: string
  /** Behind the first `/`. */
  readonly path: string
  /** In the order sent; the first of equal keys counts. */
  readonly parameters: ReadonlyMap<string, string>
}

/** One command's value, without the command and the tab. */
export type Handler = (model: Model, server: Server, command: Command) => string

export const parseCommand = (text: string): Command => {
  const match = /^([^:/]*)(?:([:/])([^]*))?$/.exec(text)
  const rest = match?.[3] ?? ""
  const parameters = new Map<string, string>()
  if (match?.[2] === ":") {
    for (const pair of rest.split(";")) {
      const equals = pair.indexOf("=")
      const key = equals === -1 ? pair : pair.slice(0, equals)
      if (key !== "" && !parameters.has(key)) parameters.set(key, equals === -1 ? "" : pair.slice(equals + 1))
    }
  }
  return { name: match?.[1] ?? text, path: match?.[2] === "/" ? rest : "", parameters }
}

export const enterpriseOnly = "ERROR:25:enterprise only"
export const unrecognized = "ERROR:4:unrecognized command"
export const namespaceNotFound = "ERROR:20:namespace not found on node"

/** Namespace parameter, with its deprecated alias. */
export const namespaceParameter = (command: Command): string | undefined =>
  command.parameters.get("namespace") ?? command.parameters.get("id")

/** A recorded `k=v;k=v` text taken apart once: every statistics answer is made from it. */
const templates = new Map<string, ReadonlyArray<readonly [key: string, pair: string]>>()

const templateOf = (recorded: string): ReadonlyArray<readonly [key: string, pair: string]> => {
  const known = templates.get(recorded)
  if (known !== undefined) return known
  const template = recorded.split(";").map((pair) => [pair.slice(0, pair.indexOf("=")), pair] as const)
  templates.set(recorded, template)
  return template
}

/** Replaces values of a recorded `k=v;k=v` text, keeping its order; keys that are not in it are left out. */
export const fill = (recorded: string, values: ReadonlyMap<string, string | number | boolean>): string => {
  let text = ""
  for (const [key, pair] of templateOf(recorded)) {
    const value = values.get(key)
    text += `${text === "" ? "" : ";"}${value === undefined ? pair : `${key}=${value}`}`
  }
  return text
}
