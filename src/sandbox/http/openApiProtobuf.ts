/**
 * An OpenAPI v2 document in the protobuf form that clients from before v3 insist on (`openapi.v2.Document` of gnostic). Only what they read
 * is written: information, schemas, and the parameters of patches.
 */
import { isMap, type JsonMap, listAt, mapAt } from "../../testing/kube/json.js"

/** The content type of the form. Clients that ask for its old spelling (`v2@v1.0`) cannot parse that themselves in an answer. */
export const openApiProtobufType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

/** Whether a client takes the form, in either spelling. */
export const acceptsOpenApiProtobuf = (accept: string | undefined): boolean =>
  accept !== undefined && /application\/com\.github\.proto-openapi\.spec\.v2[@.]v1\.0\+protobuf/.test(accept)

const none = Buffer.alloc(0)

/** A whole number of at least 0. */
const varint = (value: number): Buffer => {
  const bytes: Array<number> = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}

const varintWire = 0
const doubleWire = 1
const bytesWire = 2
const tag = (field: number, wire: number): Buffer => varint(field * 8 + wire)

const message = (field: number, ...parts: ReadonlyArray<Buffer>): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([tag(field, bytesWire), varint(body.length), body])
}
const text = (field: number, value: unknown): Buffer =>
  typeof value === "string" ? message(field, Buffer.from(value)) : none
const texts = (field: number, values: ReadonlyArray<unknown> = []): Buffer =>
  Buffer.concat(values.map((value) => text(field, value)))
const flag = (field: number, value: unknown): Buffer =>
  value === true ? Buffer.concat([tag(field, varintWire), varint(1)]) : none
const count = (field: number, value: unknown): Buffer =>
  typeof value === "number" && value >= 0 ? Buffer.concat([tag(field, varintWire), varint(value)]) : none
const double = (field: number, value: unknown): Buffer => {
  if (typeof value !== "number") return none
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return Buffer.concat([tag(field, doubleWire), bytes])
}

/** `Any`: the value as YAML, which JSON is. */
const any = (field: number, value: unknown): Buffer =>
  value === undefined ? none : message(field, text(2, JSON.stringify(value)))

/** A map, as pairs of name and value. */
const named = (field: number, entries: JsonMap, value: (member: JsonMap) => Buffer): Buffer =>
  Buffer.concat(
    Object.entries(entries).flatMap(([name, member]) =>
      isMap(member) ? [message(field, text(1, name), message(2, value(member)))] : [],
    ),
  )

const extensions = (field: number, object: JsonMap): Buffer =>
  Buffer.concat(
    Object.entries(object)
      .filter(([name]) => name.startsWith("x-"))
      .map(([name, value]) => message(field, text(1, name), any(2, value))),
  )

/** A message around a part of the schema; nothing when the part is absent. */
const wrapped = (field: number, part: JsonMap | undefined, body: (present: JsonMap) => Buffer): Buffer =>
  part === undefined ? none : message(field, body(part))

const schemaBytes = (schema: JsonMap): Buffer =>
  Buffer.concat([
    text(1, schema["$ref"]),
    text(2, schema["format"]),
    text(3, schema["title"]),
    text(4, schema["description"]),
    any(5, schema["default"]),
    double(7, schema["maximum"]),
    flag(8, schema["exclusiveMaximum"]),
    double(9, schema["minimum"]),
    flag(10, schema["exclusiveMinimum"]),
    count(11, schema["maxLength"]),
    count(12, schema["minLength"]),
    text(13, schema["pattern"]),
    count(14, schema["maxItems"]),
    count(15, schema["minItems"]),
    texts(19, listAt(schema, "required")),
    ...(listAt(schema, "enum") ?? []).map((value) => any(20, value)),
    wrapped(21, mapAt(schema, "additionalProperties"), (values) => message(1, schemaBytes(values))),
    schema["type"] === undefined ? none : message(22, text(1, schema["type"])),
    wrapped(23, mapAt(schema, "items"), (items) => message(1, schemaBytes(items))),
    wrapped(25, mapAt(schema, "properties"), (properties) => named(1, properties, schemaBytes)),
    extensions(31, schema),
  ])

/** A query parameter, three choices deep. */
const parameterBytes = (parameter: JsonMap): Buffer =>
  message(
    8,
    message(
      1,
      message(2, message(3, text(2, parameter["in"]), text(4, parameter["name"]), text(6, parameter["type"]))),
    ),
  )

const operationBytes = (operation: JsonMap): Buffer =>
  Buffer.concat([
    ...(listAt(operation, "parameters") ?? []).filter(isMap).map(parameterBytes),
    extensions(13, operation),
  ])

/** The bytes of a document. */
export const encodeOpenApi = (document: JsonMap): Buffer => {
  const info = mapAt(document, "info") ?? {}
  const pathItem = (item: JsonMap) => wrapped(8, mapAt(item, "patch"), operationBytes)
  return Buffer.concat([
    text(1, document["swagger"]),
    message(2, text(1, info["title"]), text(2, info["version"])),
    message(8, named(2, mapAt(document, "paths") ?? {}, pathItem)),
    message(9, named(1, mapAt(document, "definitions") ?? {}, schemaBytes)),
  ])
}
