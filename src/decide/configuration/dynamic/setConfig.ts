/** Which parameters change on a running node, and the one info command that changes them (R121). Pure: sending it is another matter. */
import * as Either from "effect/Either"
import type { Json } from "../../../domain/Json.js"
import type { ParameterTarget } from "../../../domain/RunningConfiguration.js"
import type { Parameter } from "../../../domain/serverParameters/Parameter.js"
import type { ParameterTable } from "../../../domain/serverParameters/ParameterTable.js"
import { minusOne, rangeOf, readAmount } from "../check/amounts.js"
import { valueFault } from "../check/value.js"

/**
 * Accepted by `set-config`, but not to be used: another cluster name or protocol splits the cluster, the replication factor takes effect only
 * with a recluster of all nodes, and `advertise-ipv6` answers `ok` and changes nothing on Community Edition.
 */
const never: ReadonlySet<string> = new Set([
  "service cluster-name",
  "service advertise-ipv6",
  "network.heartbeat protocol",
  "namespace replication-factor",
])

const dynamicParameter = (table: ParameterTable, target: ParameterTarget): Parameter | undefined => {
  const parameter = table.find(target.context, target.name, target.variant)
  return parameter?.setConfig === undefined || never.has(`${target.context} ${target.name}`) ? undefined : parameter
}

/** Whether a running node can be given another value without a restart. */
export const isDynamic = (table: ParameterTable, target: ParameterTarget): boolean =>
  dynamicParameter(table, target) !== undefined

/** A name that cannot end a command or begin another parameter. */
const isPlainName = (name: string | undefined): boolean =>
  name !== undefined && /^[\x21-\x7e]{1,63}$/.test(name) && !/[:;=/\\]/.test(name)

/**
 * A value in the only spelling every key takes: digits without a suffix, booleans in lower case. Absent where the file would not take the
 * value either: `set-config` itself checks less than the file does.
 */
export const canonicalValue = (parameter: Parameter, value: Json): string | undefined => {
  if (typeof value === "object" || valueFault(parameter, value) !== undefined) return undefined
  switch (parameter.kind) {
    case "bool":
      return String(value).toLowerCase()
    case "enum":
      return String(value)
    case "int":
    case "size":
    case "port":
    case "seconds": {
      const amount = readAmount(parameter, value)
      return amount === minusOne && rangeOf(parameter).hasMinusOne ? "-1" : amount?.toString()
    }
    default:
      return undefined
  }
}

/** Numbers from here on, the server accepts and then stores another one. */
const wrapsAt = ({ quirks = [] }: Parameter): bigint | undefined =>
  quirks
    .filter(([sent, stored]) => /^\d+$/.test(sent) && sent !== stored)
    .map(([sent]) => BigInt(sent))
    .reduce<bigint | undefined>((least, sent) => (least === undefined || sent < least ? sent : least), undefined)

const isStoredAsSent = (parameter: Parameter, text: string): boolean => {
  const limit = wrapsAt(parameter)
  return limit === undefined || !/^\d+$/.test(text) || BigInt(text) < limit
}

/**
 * Where a node shows the value of a parameter: the command to ask, and the name in its answer. Undefined: nowhere, so that nobody could read back
 * what was set.
 */
export const shownAt = (
  table: ParameterTable,
  target: ParameterTarget,
): { readonly read: string; readonly key: string } | undefined => {
  const parameter = dynamicParameter(table, target)
  const scope = parameter === undefined ? undefined : scopeOf(parameter, target)
  if (parameter?.getConfig === undefined || scope === undefined) return undefined
  const { namespace = "", set = "" } = target
  const isOfSet = parameter.context === "namespace.set"
  return { read: isOfSet ? `sets/${namespace}/${set}` : `get-config:${scope}`, key: parameter.getConfig }
}

const scopeOf = (parameter: Parameter, { namespace, set }: ParameterTarget): string | undefined => {
  const [family = ""] = parameter.context.split(".")
  if (family !== "namespace") return `context=${family}`
  if (!isPlainName(namespace)) return undefined
  if (parameter.context !== "namespace.set") return `context=namespace;namespace=${namespace ?? ""}`
  return isPlainName(set) ? `context=namespace;namespace=${namespace ?? ""};set=${set ?? ""}` : undefined
}

/**
 * The command that sets one value on one node. Of several keys in a command the server applies one and says nothing about the others, so there
 * is exactly one.
 *
 * @returns the reason, where there is no such command: not changeable at run time, a value the server's file would refuse, a name that the
 * info protocol cannot carry
 */
export const setConfigCommand = (
  table: ParameterTable,
  target: ParameterTarget,
  value: Json,
): Either.Either<string, string> => {
  const parameter = dynamicParameter(table, target)
  if (parameter?.setConfig === undefined) return Either.left(`${target.name} cannot change at run time`)
  const text = canonicalValue(parameter, value)
  if (text === undefined)
    return Either.left(`${target.name} ${valueFault(parameter, value)?.message ?? "has no value for set-config"}`)
  if (!isStoredAsSent(parameter, text)) return Either.left(`${target.name}: a running node would not store ${text}`)
  const scope = scopeOf(parameter, target)
  return scope === undefined
    ? Either.left(`${target.name}: the name of the namespace or set cannot stand in an info command`)
    : Either.right(`set-config:${scope};${parameter.setConfig}=${text}`)
}
