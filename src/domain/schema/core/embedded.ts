/**
 * Types of Kubernetes inside our resources (API level 1.35). The fields Kubernetes knows are checked for their type, so a mistake is refused with
 * the resource and not with the pod; a field it learns later is kept as it is. Values are judged by Kubernetes itself.
 */
import * as Schema from "effect/Schema"
import { optional, type RawObject } from "../fields.js"

type Fields = Schema.Struct.Fields

/** An object with these fields and any others. It is read as raw JSON: whoever builds pods passes it on untouched. */
export const embedded = (type: string, fields: Fields): Schema.Schema<RawObject> =>
  // The type is widened on purpose: checked when decoded, then nobody's business but Kubernetes'.
  Schema.Struct(fields, { key: Schema.String, value: Schema.Unknown }).annotations({
    title: type,
  }) as unknown as Schema.Schema<RawObject>

/** Optional fields of one type each: `texts("a", "b")`. */
const optionals =
  <A, I>(schema: Schema.Schema<A, I>) =>
  (...names: ReadonlyArray<string>): Fields =>
    Object.fromEntries(names.map((name) => [name, optional(schema)]))

const int = (format: "int32" | "int64") => Schema.Int.annotations({ jsonSchema: { type: "integer", format } })

export const Int32 = int("int32")
export const Int64 = int("int64")

export const texts = optionals(Schema.String)
export const flags = optionals(Schema.Boolean)
export const counts = optionals(Int32)
export const longs = optionals(Int64)
export const textLists = optionals(Schema.Array(Schema.String))
export const textMaps = optionals(Schema.Record({ key: Schema.String, value: Schema.String }))

/** `500m`, `1Gi`, 2. Kubernetes reads fractions, too; the API server takes them as text only. */
export const Quantity = Schema.Union(Schema.Number, Schema.String).annotations({
  jsonSchema: { anyOf: [{ type: "integer" }, { type: "string" }], "x-kubernetes-int-or-string": true },
})

/** A number or a name: ports of probes. */
export const IntOrText = Quantity

/** Amounts by resource name. */
export const quantities = optionals(Schema.Record({ key: Schema.String, value: Quantity }))

/** An optional field of a type of its own. */
export const one = <A, I>(schema: Schema.Schema<A, I>) => optional(schema)

/** An optional list. */
export const many = <A, I>(schema: Schema.Schema<A, I>) => optional(Schema.Array(schema))
