/** Building blocks of the resource schemas. Each carries the OpenAPI keywords the CRD needs; decoding ignores those. */
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"

/** An optional field: absent means "not given". */
export const optional = <A, I, R>(schema: Schema.Schema<A, I, R>) => Schema.optionalWith(schema, { exact: true })

/** A description takes the place of the constraint in messages of decoding; this says the constraint of `ast`, which has none, all the same. */
const constraintOf =
  (ast: SchemaAST.AST) =>
  (issue: ParseResult.ParseIssue): string | undefined =>
    issue._tag === "Type"
      ? ParseResult.ArrayFormatter.formatIssueSync(new ParseResult.Type(ast, issue.actual, issue.message))[0]?.message
      : undefined

/** Says what a field is for: shown by `kubectl explain` and in the reference. Messages of decoding still name the constraint. */
export const described = <A, I, R>(schema: Schema.Schema<A, I, R>, description: string): Schema.Schema<A, I, R> =>
  schema.annotations({
    description,
    parseIssueTitle: constraintOf(schema.ast),
    // Where a schema brings its own JSON schema, only what is in there is shown.
    ...Option.match(SchemaAST.getJSONSchemaAnnotation(schema.ast), {
      onNone: () => ({}),
      onSome: (own) => ({ jsonSchema: { ...own, description } }),
    }),
  })

/** An optional field and what it is for. */
export const field = <A, I, R>(schema: Schema.Schema<A, I, R>, description: string) =>
  optional(described(schema, description))

/** JSON whose inside belongs to somebody else: kept as given by the API server. */
export interface RawObject {
  readonly [key: string]: unknown
}

/** Free-form JSON object (`raw` in api.md). */
export const Raw: Schema.Schema<RawObject> = Schema.Record({ key: Schema.String, value: Schema.Unknown }).annotations({
  jsonSchema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
})

/** Labels, annotations, node selectors. */
export const StringMap = Schema.Record({ key: Schema.String, value: Schema.String })

/** Extra labels and annotations of an object we make. */
export const Metadata = Schema.Struct({
  labels: field(StringMap, "Extra labels; labels of the operator win"),
  annotations: field(StringMap, "Extra annotations"),
})

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

/** Text of at most `maximum` characters: what rules look into must be bounded. */
export const text = (maximum: number) => Schema.String.pipe(Schema.maxLength(maximum))

/** A name that must not be empty. */
export const Name = Schema.String.pipe(Schema.minLength(1), Schema.maxLength(253))

/** Any number of names. */
export const Names = Schema.Array(Schema.String)

/** A list whose items are told apart by `key`, which must be unique; `maximum` keeps the cost of rules bounded. */
export const keyedList = <A, I, R>(item: Schema.Schema<A, I, R>, key: string, maximum: number) =>
  Schema.Array(item)
    .annotations({ jsonSchema: { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key] } })
    .pipe(Schema.maxItems(maximum))

/** A rule the API server enforces itself, without our webhook. */
export interface CelRule {
  /** Id of the rule in the API specification (`V37`). Not part of the CRD. */
  readonly id: string
  readonly rule: string
  /** Names the field and the fix. */
  readonly message: string
}

/** A rule as the CRD carries it. */
export const published = ({ rule, message }: CelRule) => ({ rule, message })

/** Attaches rules of the Common Expression Language. */
export const withRules = <A, I, R>(
  schema: Schema.Schema<A, I, R>,
  rules: ReadonlyArray<CelRule>,
): Schema.Schema<A, I, R> =>
  schema.annotations({
    jsonSchema: {
      // The keyword of a refinement (`maxLength`) lives in the same annotation.
      ...Option.getOrElse(SchemaAST.getJSONSchemaAnnotation(schema.ast), () => ({})),
      "x-kubernetes-validations": rules.map(published),
    },
  })
