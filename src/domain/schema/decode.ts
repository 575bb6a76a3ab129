/** Decoding of resources as users write them: nulls are absent fields, unknown fields are tolerated, all errors are told together. */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { SpecProblem } from "../EffectiveCluster.js"

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

/** What is expected, without the members of a type that has no name. */
const shape = (expected: string): string => {
  if (expected.startsWith("{")) return "an object"
  return /^(ReadonlyArray<|readonly \[)/.test(expected) ? "an array" : expected
}

/** What a message says was expected; undefined when it says something else. */
const expectation = (message: string): string | undefined => {
  const expected = /^Expected ([^]*?), actual /.exec(message)?.[1]
  return expected === undefined ? undefined : shape(expected)
}

/** What several members of a union expected, as one sentence. */
const sentence = (messages: ReadonlyArray<string>, value: unknown, path: string): string => {
  const expectations = messages.map(expectation)
  return expectations.every((expected) => expected !== undefined)
    ? `expected ${[...new Set(expectations)].join(" or ")}, it is ${shown(value, path)}`
    : messages.map((message) => (message.length > 200 ? `${message.slice(0, 200)}…` : message)).join("; ")
}

/** A decoder for the `spec` of one kind. The decoded value is for reading only: what is written back is always the object as received. */
export const specDecoder =
  <A, I>(schema: Schema.Schema<A, I>, { resource, ruleOf, reasons = {} }: DecodeOptions) =>
  (spec: unknown): Either.Either<A, ReadonlyArray<SpecProblem>> => {
    const given = withoutNulls(spec ?? {})
    return Schema.decodeUnknownEither(schema)(given, { errors: "all" }).pipe(
      Either.mapLeft((error) => {
        const byField = new Map<
          string,
          { readonly path: ReadonlyArray<PropertyKey>; readonly messages: Array<string> }
        >()
        for (const { path, message } of ParseResult.ArrayFormatter.formatErrorSync(error)) {
          const field = pathText(path)
          const known = byField.get(field)
          if (known === undefined) byField.set(field, { path, messages: [message] })
          else known.messages.push(message)
        }
        return [...byField].slice(0, maximumFields).map(([field, { path, messages }]) => {
          const rule = ruleOf(field)
          const reason = rule === undefined ? undefined : reasons[rule]
          const text = sentence(messages, valueAt(given, path), field)
          return {
            path: field,
            ...(rule === undefined ? {} : { rule }),
            message: reason === undefined ? text : `${text}: ${reason}`,
            fix: `correct ${field}; \`kubectl explain ${resource}.${field.replace(/\[\d+\]/g, "")}\` tells what it takes`,
          }
        })
      }),
    )
  }
