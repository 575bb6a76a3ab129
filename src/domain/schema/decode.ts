/** Decoding of resources as users write them: nulls are absent fields, unknown fields are tolerated, all errors are told together. */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import type { SpecProblem } from "../SpecProblem.js"
import { type Fault, faultsOf, type Path } from "./faults.js"
import { mend } from "./mend.js"
import { meantBy } from "./reading.js"

/** `["racks", 0, "id"]` as `spec.racks[0].id`. */
const pathText = (path: ReadonlyArray<PropertyKey>): string =>
  path.reduce<string>((text, key) => (typeof key === "number" ? `${text}[${key}]` : `${text}.${String(key)}`), "spec")

/** Configuration trees keep their nulls: there they have a meaning. */
const rawFields = new Set(["aerospikeConfig", "customRules"])

/** An explicit null is an absent field, as the API server treats it. */
const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null && field !== undefined)
      .map(([key, field]) => [key, rawFields.has(key) ? (field as unknown) : withoutNulls(field)]),
  )
}

export interface DecodeOptions {
  /** As `kubectl explain` wants it: `aerospikecluster`. */
  readonly resource: string
  /** Rule id of what the schema itself refuses at a path. */
  readonly ruleOf: (path: string) => string | undefined
  /** Why a rule is as it is, where the expectation alone does not say it. */
  readonly reasons?: Readonly<Record<string, string>>
}

/** At most this many fields are told; a resource of a megabyte could have any number. */
const maximumFields = 100

const valueAt = (value: unknown, path: ReadonlyArray<PropertyKey>): unknown =>
  path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined),
    value,
  )

/** Values below these are often passwords: no message repeats them (R129). */
const isConfidential = (path: string): boolean => /\.(?:env|httpHeaders)(?:[[.]|$)/.test(path)

const isEmpty = (value: object): boolean => Object.keys(value).length === 0

/** A single value in JSON, not longer than a line. Of lists and maps only what they are: what is in them was not asked for. */
const shown = (value: unknown, path: string): string => {
  const isCompound = typeof value === "object" && value !== null
  if (isCompound && !isEmpty(value)) return Array.isArray(value) ? "an array" : "an object"
  if (isConfidential(path) && !isCompound && value !== undefined) return `a ${typeof value} (not shown)`
  const text = typeof value === "string" ? value.slice(0, 80) : value
  const json = JSON.stringify(text) ?? "nothing"
  return json.length > 80 ? `${json.slice(0, 80)}…` : json
}

/** What is expected, in words: without the members of a type, and not by the name of one. */
const shape = (expected: string, ast: SchemaAST.AST | undefined): string => {
  if (expected.startsWith("{") || ast?._tag === "TypeLiteral") return "an object"
  return /^(ReadonlyArray<|readonly \[)/.test(expected) ? "an array" : expected
}

/** What a message says was expected; undefined when it says something else. */
const expectation = (message: string, ast: SchemaAST.AST | undefined): string | undefined => {
  const expected = /^Expected ([^]*?), actual /.exec(message)?.[1]
  return expected === undefined ? undefined : shape(expected, ast)
}

/** One field and everything that was said about it. */
interface Refusal {
  readonly path: Path
  readonly messages: ReadonlyArray<string>
  readonly fault: Fault | undefined
}

/** What several members of a union expected; undefined where something else was said. */
const wanted = ({ messages, fault }: Refusal): string | undefined => {
  const expectations = messages.map((message) => expectation(message, fault?.expected))
  return expectations.every((expected) => expected !== undefined) ? [...new Set(expectations)].join(" or ") : undefined
}

const sentence = (refusal: Refusal, value: unknown, field: string): string => {
  const expected = wanted(refusal)
  return expected === undefined
    ? refusal.messages.map((message) => (message.length > 200 ? `${message.slice(0, 200)}…` : message)).join("; ")
    : `expected ${expected}, it is ${shown(value, field)}`
}

/** How another spelling of a value is to be written. Only single values are shown, and no confidential ones. */
const spelling = (meant: unknown, value: unknown, field: string): string => {
  const isShown = typeof value !== "object" && !isConfidential(field)
  if (typeof meant === "object") {
    const form = `write it as a ${Array.isArray(meant) ? "list" : "map"}`
    return isShown ? `${form}: ${JSON.stringify(meant).slice(0, 80)}` : form
  }
  const text = isShown ? `write ${shown(meant, field)}` : "write it"
  if (typeof meant === "string") return typeof value === "string" ? text : `${text}${isShown ? "," : ""} in quotes`
  return `${text}${isShown ? "," : ""} without quotes`
}

const isMisspelt = ({ fault }: Refusal, value: unknown): boolean =>
  fault !== undefined && !fault.isMissing && meantBy(fault.expected, value).length > 0

const fixOf = (refusal: Refusal, field: string, value: unknown): string => {
  const { fault, path } = refusal
  if (fault === undefined) return `correct ${field}`
  if (fault.isMissing) return `add ${String(path.at(-1))}`
  const meant = meantBy(fault.expected, value)
  if (meant.length > 0) return spelling(meant[0], value, field)
  const expected = wanted(refusal)
  return expected === undefined ? `correct ${field}` : `write ${expected.replace(/^(number|string|boolean)\b/, "a $1")}`
}

/** As much of a path as `kubectl explain` knows: keys of labels and the like are no fields. */
const explainable = (schema: SchemaAST.AST, path: Path): ReadonlyArray<string> => {
  switch (schema._tag) {
    case "Refinement":
    case "Transformation":
      return explainable(schema.from, path)
    case "TupleType": {
      const [rest] = schema.rest
      return rest === undefined ? [] : explainable(rest.type, path.slice(1))
    }
    case "TypeLiteral": {
      const [key, ...below] = path
      const member = schema.propertySignatures.find(({ name }) => name === key)
      return member === undefined ? [] : [String(key), ...explainable(member.type, below)]
    }
    default:
      return []
  }
}

/** A spec that is not as the schema wants it. */
export interface Undecoded<A> {
  readonly problems: ReadonlyArray<SpecProblem>
  /** What is left of it, for judging only: see `mend`. Absent where it has too many faults. */
  readonly rest?: A
  /** Paths at which `rest` has what was meant in another spelling. */
  readonly readAt: ReadonlyArray<string>
  /** Paths at which `rest` has nothing of what was written. */
  readonly lostAt: ReadonlyArray<string>
}

/** What was said, by field. */
const refusals = (error: ParseResult.ParseError): ReadonlyArray<readonly [field: string, refusal: Refusal]> => {
  const faults = new Map(faultsOf(error.issue).map((fault) => [pathText(fault.path), fault]))
  const byField = new Map<string, Refusal>()
  for (const { path, message } of ParseResult.ArrayFormatter.formatErrorSync(error)) {
    const field = pathText(path)
    const messages = [...(byField.get(field)?.messages ?? []), message]
    byField.set(field, { path, messages, fault: faults.get(field) })
  }
  return [...byField].slice(0, maximumFields)
}

/** A decoder for the `spec` of one kind. The decoded value is for reading only: what is written back is always the object as received. */
export const specDecoder =
  <A, I>(schema: Schema.Schema<A, I>, { resource, ruleOf, reasons = {} }: DecodeOptions) =>
  (spec: unknown): Either.Either<A, Undecoded<A>> => {
    const given = withoutNulls(spec ?? {})
    return Schema.decodeUnknownEither(schema)(given, { errors: "all" }).pipe(
      Either.mapLeft((error) => {
        const problems = refusals(error).map(([field, refusal]) => {
          const rule = ruleOf(field)
          const value = valueAt(given, refusal.path)
          const reason = rule === undefined || isMisspelt(refusal, value) ? undefined : reasons[rule]
          const text = sentence(refusal, value, field)
          const documented = [resource, "spec", ...explainable(schema.ast, refusal.path)].join(".")
          return {
            path: field,
            ...(rule === undefined ? {} : { rule }),
            message: reason === undefined ? text : `${text}: ${reason}`,
            fix: `${fixOf(refusal, field, value)}; \`kubectl explain ${documented}\` tells what it takes`,
          }
        })
        const mended = mend(schema, given)
        return mended === undefined
          ? { problems, readAt: [], lostAt: [] }
          : { problems, rest: mended.value, readAt: mended.readAt.map(pathText), lostAt: mended.lostAt.map(pathText) }
      }),
    )
  }
