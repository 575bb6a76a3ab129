/** One value of the file, read as the server reads it: the stored text (what `get-config` shows) or the server's complaint. */
import type { Parameter } from "../../../domain/serverParameters/Parameter.js"

export type ReadValue =
  | { readonly _tag: "Stored"; readonly text: string }
  /** `prefixed`: the message follows `line <n> :: `. */
  | { readonly _tag: "Refused"; readonly message: string; readonly prefixed: boolean }

const stored = (text: string): ReadValue => ({ _tag: "Stored", text })
const refused = (message: string, prefixed = true): ReadValue => ({ _tag: "Refused", message, prefixed })

const powers: Readonly<Record<string, bigint>> = { "": 0n, k: 10n, m: 20n, g: 30n, t: 40n, p: 50n }
const seconds: Readonly<Record<string, bigint>> = { "": 1n, s: 1n, m: 60n, h: 3600n, d: 86400n }

/** Decimal digits with one suffix, modulo 2^64; undefined when the text is no such number. A suffix alone is 0. */
export const readInteger = (text: string): bigint | undefined => {
  const match = /^(\d*)([kmgtpKMGTP]?)$/.exec(text)
  if (match === null || text === "") return undefined
  return BigInt.asUintN(
    64,
    BigInt(match[1] === "" ? "0" : (match[1] ?? "0")) << (powers[(match[2] ?? "").toLowerCase()] ?? 0n),
  )
}

/** Digits with s, m, h or d; -1 is the greatest 32-bit number. */
export const readSeconds = (text: string): bigint | undefined => {
  if (text === "-1") return 4294967295n
  const match = /^(\d+)([smhdSMHD]?)$/.exec(text)
  if (match === null) return undefined
  const value = BigInt(match[1] ?? "0") * (seconds[(match[2] ?? "").toLowerCase()] ?? 1n)
  return value > 4294967295n ? undefined : value
}

/** Greatest value of the kind where the table names none. */
const kindMax = ({ kind, bits = 32 }: Parameter): bigint =>
  kind === "port" ? 65_535n : kind === "seconds" ? 4_294_967_295n : (1n << BigInt(bits)) - 1n

const bounds = (parameter: Parameter, value: bigint): ReadValue | undefined => {
  const min = BigInt(parameter.min ?? (parameter.kind === "port" ? 1024 : 0))
  // Where -1 is a legal duration the server compares with the namespace later (`set.ttl-max`), not while it reads the line.
  if (min < 0n && parameter.kind === "seconds") return undefined
  const max = parameter.max === undefined ? kindMax(parameter) : BigInt(parameter.max)
  if (value >= min && value <= max) return undefined
  const unit = parameter.kind === "seconds" ? " seconds" : ""
  return min === 0n
    ? refused(`${parameter.name} must be <= ${max}${unit}, not ${value}${unit}`)
    : refused(`${parameter.name} must be >= ${min} and <= ${max}${unit}, not ${value}${unit}`)
}

const overflow = (parameter: Parameter, value: bigint): ReadValue | undefined => {
  if (parameter.kind === "port" && value > 65535n) return refused(`${parameter.name} ${value} overflows unsigned short`)
  if ((parameter.bits ?? 32) === 32 && value > 4294967295n)
    return refused(`${parameter.name} ${value} overflows unsigned int`)
  return undefined
}

const number = (parameter: Parameter, text: string): ReadValue => {
  if (text === "") return refused(`${parameter.name} must specify an unsigned integer value`)
  if (text === "-1" && (parameter.min ?? 0) < 0) return stored("4294967295")
  const value = readInteger(text)
  if (value === undefined) return refused(`${parameter.name} must be an unsigned number, not ${text}`)
  const fault = overflow(parameter, value) ?? bounds(parameter, value)
  if (fault !== undefined) return fault
  return parameter.powerOf2 === true && (value & (value - 1n)) !== 0n
    ? refused(`${parameter.name} must be an exact power of 2, not ${value}`)
    : stored(String(value))
}

const duration = (parameter: Parameter, text: string): ReadValue => {
  const value = readSeconds(text)
  return value === undefined
    ? refused(`${parameter.name} must be a small enough unsigned number with time unit (s, m, h, or d), not ${text}`)
    : (bounds(parameter, value) ?? stored(String(value)))
}

const boolean = (parameter: Parameter, text: string): ReadValue => {
  const lower = text.toLowerCase()
  if (lower === "true" || lower === "false") return stored(lower)
  if (text === "" && parameter.name === "run-as-daemon") return stored("true")
  return refused(`${parameter.name} must be true or false or yes or no${text === "" ? "" : `, not ${text}`}`)
}

const string = (parameter: Parameter, text: string): ReadValue => {
  const bytes = Buffer.byteLength(text)
  if (parameter.name === "cluster-name" && (bytes < 1 || bytes > 63))
    return refused(`bad cluster name '${text}'`, false)
  return parameter.maxLength !== undefined && bytes > parameter.maxLength
    ? refused(`${parameter.name} must be < ${parameter.maxLength + 1} characters long, not ${text}`)
    : stored(text)
}

const hexadecimal = (parameter: Parameter, text: string): ReadValue => {
  const digits = text.replace(/^0[xX]/, "")
  return /^[0-9a-fA-F]{1,16}$/.test(digits) && !/^0+$/.test(digits)
    ? stored(digits.replace(/^0+/, "").toUpperCase())
    : refused(`${parameter.name} must be a 64-bit hex number, not ${text}`)
}

const addressPort = (parameter: Parameter, values: ReadonlyArray<string>): ReadValue => {
  const read = number(
    { ...parameter, kind: "port", min: parameter.portMin ?? 0, max: parameter.portMax ?? 65535 },
    values[1] ?? "",
  )
  return read._tag === "Stored" ? stored(`${values[0] ?? ""}:${read.text}`) : read
}

/** `values` are the words behind the name. Sections and obsolete names have no value and are stored empty. */
export const readValue = (parameter: Parameter, values: ReadonlyArray<string>): ReadValue => {
  const text = values[0] ?? ""
  switch (parameter.kind) {
    case "bool":
      return boolean(parameter, text)
    case "int":
    case "size":
    case "port":
      return number(parameter, text)
    case "seconds":
      return duration(parameter, text)
    case "enum":
      return parameter.enum?.includes(text) === true
        ? stored(text)
        : refused(`${parameter.name} has unknown value '${text}'`)
    case "hex64":
      return hexadecimal(parameter, text)
    case "addressPort":
      return addressPort(parameter, values)
    case "string":
    case "address":
      return string(parameter, text)
    case "logContext":
    case "section":
    case "sectionEnum":
    case "obsolete":
      return stored(text)
  }
}
