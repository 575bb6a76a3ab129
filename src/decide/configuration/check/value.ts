/** Whether the server accepts a value, and if not, why. */
import type { Json } from "../../../domain/Json.js"
import type { Parameter } from "../../../domain/serverParameters/Parameter.js"
import { kindOf } from "../../effective/configTree.js"
import { minusOne, rangeOf, readAmount } from "./amounts.js"
import { shown } from "./Finding.js"
import { nearestOf } from "./nearest.js"

type Scalar = string | number | boolean

/** What is wrong with a value: `must be …`, and what to write instead. */
export interface ValueFault {
  readonly message: string
  readonly fix: string
}

const fault = (message: string, fix: string): ValueFault => ({ message, fix })

const spelling: Readonly<Partial<Record<Parameter["kind"], string>>> = {
  size: "a whole number of bytes, with K, M, G, T or P for powers of 1024",
  seconds: "a whole number of seconds, or one with s, m, h or d",
}

const number = (parameter: Parameter, value: Scalar): ValueFault | undefined => {
  const { min, max, hasMinusOne } = rangeOf(parameter)
  const what = spelling[parameter.kind] ?? "a whole number"
  const range = `from ${min} to ${max}${hasMinusOne ? ", or -1" : ""}`
  const amount = readAmount(parameter, value)
  if (amount === undefined) return fault(`must be ${what}, not ${shown(value)}`, `write ${what}, ${range}`)
  if (hasMinusOne && amount === minusOne) return undefined
  if (amount < min || amount > max) {
    const isTrap = parameter.startMax !== undefined && amount <= BigInt(parameter.max ?? amount)
    const reason = isTrap ? ": above, the server crashes or starts without end" : ""
    return fault(`must be ${range}, not ${shown(value)}${reason}`, `use a value ${range}`)
  }
  return parameter.powerOf2 === true && (amount & (amount - 1n)) !== 0n
    ? fault(`must be an exact power of 2, not ${shown(value)}`, `use a power of 2 ${range}`)
    : undefined
}

/** Enterprise-only words, which a rule of their own refuses; nobody is advised to write them. */
const enterpriseWords = new Set(["pmem"])

const word = (known: ReadonlyArray<string>, value: Scalar): ValueFault | undefined => {
  if (typeof value === "string" && known.includes(value)) return undefined
  const words = known.filter((one) => !enterpriseWords.has(one))
  const nearest = typeof value === "string" ? nearestOf(value, words)?.name : undefined
  return fault(
    `must be one of ${words.join(", ")}, not ${shown(value)}`,
    nearest === undefined ? `use one of ${words.join(", ")}` : `use ${nearest}, or another of them`,
  )
}

const isBoolean = (value: Scalar): boolean =>
  typeof value === "boolean" || (typeof value === "string" && /^(?:true|false)$/i.test(value))

const isNodeId = (value: Scalar): boolean => {
  const digits = String(value).replace(/^0[xX]/, "")
  return /^[0-9a-fA-F]{1,16}$/.test(digits) && !/^0+$/.test(digits)
}

const encoder = new TextEncoder()

const text = (parameter: Parameter, value: Scalar): ValueFault | undefined => {
  const bytes = encoder.encode(String(value)).length
  const { minLength = 1, maxLength = Number.POSITIVE_INFINITY } = parameter
  return bytes >= minLength && bytes <= maxLength
    ? undefined
    : fault(`has ${bytes} bytes; it must have ${minLength} to ${maxLength}`, "write a text of that length")
}

/** `host port`. */
const addressPort = (parameter: Parameter, value: Scalar): ValueFault | undefined => {
  const [host = "", port = "", ...more] = String(value).split(" ").filter(Boolean)
  const { portMin = 1024, portMax = 65_535 } = parameter
  const figure = /^\d{1,5}$/.test(port) ? Number(port) : 0
  return host !== "" && more.length === 0 && figure >= portMin && figure <= portMax
    ? undefined
    : fault(
        `must be a host and a port from ${portMin} to ${portMax}, not ${shown(value)}`,
        `write "host port", such as "10.0.0.1 3002"`,
      )
}

/** A single value: no list, no map, not null. */
export const valueFault = (parameter: Parameter, value: Json): ValueFault | undefined => {
  if (typeof value === "object") return fault(`must be a single value, it is ${kindOf(value)}`, "write one value")
  switch (parameter.kind) {
    case "bool":
      return isBoolean(value) ? undefined : fault(`must be true or false, not ${shown(value)}`, "write true or false")
    case "int":
    case "size":
    case "port":
    case "seconds":
      return number(parameter, value)
    case "enum":
    case "sectionEnum":
      return word(parameter.enum ?? [], value)
    case "hex64":
      return isNodeId(value)
        ? undefined
        : fault(`must be a hexadecimal number of 1 to 16 digits, not ${shown(value)}`, "write 1 to 16 digits 0-9 a-f")
    case "addressPort":
      return addressPort(parameter, value)
    case "string":
    case "address":
      return text(parameter, value)
    case "logContext":
    case "section":
    case "obsolete":
      return undefined
  }
}
