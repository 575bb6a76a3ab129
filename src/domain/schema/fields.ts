/** Building blocks of the resource schemas. Each carries the OpenAPI keywords the CRD needs; decoding ignores those. */
import * as Schema from "effect/Schema"

/** An optional field: absent means "not given". */
export const optional = <A, I, R>(schema: Schema.Schema<A, I, R>) => Schema.optionalWith(schema, { exact: true })

/** JSON whose inside belongs to somebody else: kept as given by the API server. */
export interface RawObject {
  readonly [key: string]: unknown
}

const rawObject: Schema.Schema<RawObject> = Schema.Record({ key: Schema.String, value: Schema.Unknown })

/** Free-form JSON object (`raw` in api.md). */
export const Raw = rawObject.annotations({
  jsonSchema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
})

/** An embedded Kubernetes core type, by name for the documentation; its fields are checked by the API server when the object that embeds it is written. */
export const kubernetes = (type: string): Schema.Schema<RawObject> =>
  rawObject.annotations({
    jsonSchema: { type: "object", description: `Kubernetes ${type}`, "x-kubernetes-preserve-unknown-fields": true },
  })

/** A list of an embedded core type whose items are told apart by one of their fields. */
export const kubernetesList = (type: string, keys: ReadonlyArray<string> = []) =>
  Schema.Array(
    rawObject.annotations({
      jsonSchema: {
        type: "object",
        description: `Kubernetes ${type}`,
        ...(keys.length > 0
          ? { required: keys, properties: Object.fromEntries(keys.map((key) => [key, { type: "string" }])) }
          : {}),
        "x-kubernetes-preserve-unknown-fields": true,
      },
    }),
  ).annotations({
    jsonSchema: keys.length > 0 ? { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys } : {},
  })

/** Labels, annotations, node selectors. */
export const StringMap = Schema.Record({ key: Schema.String, value: Schema.String })

/** Extra labels and annotations of an object we make. */
export const Metadata = Schema.Struct({ labels: optional(StringMap), annotations: optional(StringMap) })

/** A count, or a share such as `25%`. */
export const IntOrString = Schema.Union(Schema.Int, Schema.String).annotations({
  jsonSchema: { anyOf: [{ type: "integer" }, { type: "string" }], "x-kubernetes-int-or-string": true },
})

/** A 32-bit whole number within bounds, both included. */
export const int32 = (minimum: number, maximum = 2_147_483_647) =>
  Schema.Int.annotations({ jsonSchema: { type: "integer", format: "int32" } }).pipe(Schema.between(minimum, maximum))

/** A whole number without bounds of its own. */
export const Int64 = Schema.Int.annotations({ jsonSchema: { type: "integer", format: "int64" } })

/** RFC 3339. */
export const DateTime = Schema.String.annotations({ jsonSchema: { format: "date-time" } })

/** A name that must not be empty. */
export const Name = Schema.String.pipe(Schema.minLength(1))

/** A list whose items carry a unique `key`; `maximum` keeps the cost of rules bounded. */
export const keyedList = <A, I, R>(item: Schema.Schema<A, I, R>, key: string, maximum: number) =>
  Schema.Array(item)
    .annotations({ jsonSchema: { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key] } })
    .pipe(Schema.maxItems(maximum))

/** Says what a field is for: shown by `kubectl explain`. */
export const described = <A, I, R>(schema: Schema.Schema<A, I, R>, description: string): Schema.Schema<A, I, R> =>
  schema.annotations({ description })

/** A rule the API server enforces itself, without our webhook. */
export interface CelRule {
  readonly rule: string
  readonly message: string
}

/** Attaches rules of the Common Expression Language. */
export const withRules = <A, I, R>(
  schema: Schema.Schema<A, I, R>,
  rules: ReadonlyArray<CelRule>,
): Schema.Schema<A, I, R> => schema.annotations({ jsonSchema: { "x-kubernetes-validations": rules } })
