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
}

/** A decoder for the `spec` of one kind. The decoded value is for reading only: what is written back is always the object as received. */
export const specDecoder =
  <A, I>(schema: Schema.Schema<A, I>, { resource, ruleOf }: DecodeOptions) =>
  (spec: unknown): Either.Either<A, ReadonlyArray<SpecProblem>> =>
    Schema.decodeUnknownEither(schema)(withoutNulls(spec ?? {}), { errors: "all" }).pipe(
      Either.mapLeft((error) =>
        ParseResult.ArrayFormatter.formatErrorSync(error).map(({ path, message }) => {
          const field = pathText(path)
          const rule = ruleOf(field)
          return {
            path: field,
            ...(rule === undefined ? {} : { rule }),
            message,
            fix: `correct ${field}; \`kubectl explain ${resource}.${field.replace(/\[\d+\]/g, "")}\` tells what it takes`,
          }
        }),
      ),
    )
