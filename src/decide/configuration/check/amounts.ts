/** Numbers of a configuration tree, read as strictly as they are meant: no wrapping, no suffix alone, no sign. */
import type { Json, JsonObject } from "../../../domain/Json.js"
import { listOf } from "../../effective/configTree.js"
import type { Parameter } from "../../../domain/serverParameters/Parameter.js"

const powers: Readonly<Record<string, bigint>> = { "": 0n, k: 10n, m: 20n, g: 30n, t: 40n, p: 50n }
const units: Readonly<Record<string, bigint>> = { "": 1n, s: 1n, m: 60n, h: 3600n, d: 86_400n }

/** How the server stores -1 where it is legal. */
export const minusOne = 4_294_967_295n

const plain = (value: Json): string | undefined =>
  typeof value === "string"
    ? value
    : typeof value === "number" && Number.isInteger(value)
      ? BigInt(value).toString()
      : undefined

/** Digits with one suffix K, M, G, T, P of either case; sizes also in the spelling of Kubernetes, `1Gi`. */
const integer = (text: string, isSize: boolean): bigint | undefined => {
  const match = /^(\d{1,20})(?:([kmgtp])|([KMGTP])(i)?)?$/.exec(text)
  if (match === null || (match[4] !== undefined && !isSize)) return undefined
  const suffix = (match[2] ?? match[3] ?? "").toLowerCase()
  return BigInt(match[1] ?? "0") << (powers[suffix] ?? 0n)
}

const duration = (text: string): bigint | undefined => {
  const match = /^(\d{1,10})([smhdSMHD]?)$/.exec(text)
  return match === null ? undefined : BigInt(match[1] ?? "0") * (units[(match[2] ?? "").toLowerCase()] ?? 1n)
}

/** A whole number, in bytes or seconds where the parameter counts those; undefined for what is none. */
export const readAmount = (parameter: Parameter, value: Json): bigint | undefined => {
  const text = plain(value)
  if (text === undefined) return undefined
  if (text === "-1") return parameter.kind === "seconds" || (parameter.min ?? 0) < 0 ? minusOne : undefined
  return parameter.kind === "seconds" ? duration(text) : integer(text, parameter.kind === "size")
}

/** Least and greatest legal value, and whether -1 is legal too. */
export interface Range {
  readonly min: bigint
  readonly max: bigint
  readonly hasMinusOne: boolean
}

export const rangeOf = (parameter: Parameter): Range => {
  const { kind, bits = 32, min = kind === "port" ? 1024 : 0 } = parameter
  const widest = kind === "port" ? 65_535n : kind === "seconds" ? minusOne : (1n << BigInt(bits)) - 1n
  const limits = [parameter.max, parameter.startMax].flatMap((limit) => (limit === undefined ? [] : [BigInt(limit)]))
  const max = limits.reduce((least, limit) => (limit < least ? limit : least), widest)
  return { min: BigInt(Math.max(min, 0)), max, hasMinusOne: min < 0 }
}

/** The value that counts: of several lines the last; nothing where none is written. */
export const lastOf = (value: Json | undefined): Json | undefined =>
  listOf(value)
    .filter((item) => item !== null)
    .at(-1)

/** A value that counts as absent is replaced by the default: missing, null, or not readable (which is reported elsewhere). */
export const amountOf = (parameter: Parameter | undefined, tree: JsonObject, fallback: number): number => {
  const value = parameter === undefined ? undefined : lastOf(tree[parameter.name])
  if (parameter === undefined || value === undefined) return fallback
  const amount = readAmount(parameter, value)
  return amount === undefined ? fallback : Number(amount)
}

/** Whether a switch is on: `true`, or that word in any case. */
export const isOn = (value: Json | undefined): boolean => {
  const last = lastOf(value)
  return last === true || (typeof last === "string" && last.toLowerCase() === "true")
}
