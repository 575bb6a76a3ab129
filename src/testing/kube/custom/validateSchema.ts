/** Validation of custom objects by their schema, in the wording of the real server. */
import { type FieldProblem, invalidField, requiredField, unsupportedField } from "../ApiFailure.js"
import { equalJson, isMap, type Json, type JsonMap, listAt, mapAt, numberAt, stringAt, textOf } from "../json.js"

type Problems = ReadonlyArray<FieldProblem>
const none: Problems = []

const typeName = (value: Json): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "array"
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number"
  return typeof value
}

const isOfType = (wanted: string, value: Json): boolean => {
  const actual = typeName(value)
  return actual === wanted || (wanted === "number" && actual === "integer")
}

const typeProblem = (path: string, wanted: string, value: Json): FieldProblem => ({
  reason: "FieldValueTypeInvalid",
  field: path,
  message: `Invalid value: ${JSON.stringify(typeName(value))}: ${path} in body must be of type ${wanted}: ${JSON.stringify(typeName(value))}`,
})

const should = (path: string, value: Json, what: string): FieldProblem =>
  invalidField(path, value, `${path} in body should ${what}`)

const numberProblems = (schema: JsonMap, value: number, path: string): Problems => {
  const minimum = numberAt(schema, "minimum")
  const maximum = numberAt(schema, "maximum")
  const multiple = numberAt(schema, "multipleOf")
  const isBelow = minimum !== undefined && (schema["exclusiveMinimum"] === true ? value <= minimum : value < minimum)
  const isAbove = maximum !== undefined && (schema["exclusiveMaximum"] === true ? value >= maximum : value > maximum)
  const orEqual = (exclusive: Json | undefined) => (exclusive === true ? "" : " or equal to")
  return [
    ...(isBelow ? [should(path, value, `be greater than${orEqual(schema["exclusiveMinimum"])} ${minimum}`)] : []),
    ...(isAbove ? [should(path, value, `be less than${orEqual(schema["exclusiveMaximum"])} ${maximum}`)] : []),
    ...(multiple !== undefined && value % multiple !== 0 ? [should(path, value, `be a multiple of ${multiple}`)] : []),
  ]
}

const patterns = new Map<string, RegExp | undefined>()

/** Go's expressions are close enough to ours; one we cannot read is not checked. */
const patternOf = (text: string): RegExp | undefined => {
  if (!patterns.has(text)) {
    try {
      patterns.set(text, new RegExp(text, "u"))
    } catch {
      patterns.set(text, undefined)
    }
  }
  return patterns.get(text)
}

const formats: Readonly<Record<string, RegExp>> = {
  "date-time": /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/,
  ipv4: /^(\d{1,3}\.){3}\d{1,3}$/,
  uuid: /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i,
}

const stringProblems = (schema: JsonMap, value: string, path: string): Problems => {
  const length = [...value].length
  const minimum = numberAt(schema, "minLength")
  const maximum = numberAt(schema, "maxLength")
  const pattern = stringAt(schema, "pattern")
  const format = formats[stringAt(schema, "format") ?? ""]
  const isMatch = pattern === undefined || (patternOf(pattern)?.test(value) ?? true)
  return [
    ...(minimum !== undefined && length < minimum ? [should(path, value, `be at least ${minimum} chars long`)] : []),
    ...(maximum !== undefined && length > maximum
      ? [
          {
            reason: "FieldValueTooLong" as const,
            field: path,
            message: `Too long: may not be more than ${maximum} bytes`,
          },
        ]
      : []),
    ...(isMatch ? [] : [should(path, value, `match '${pattern}'`)]),
    ...(format !== undefined && !format.test(value)
      ? [
          {
            reason: "FieldValueTypeInvalid" as const,
            field: path,
            message: `Invalid value: ${JSON.stringify(value)}: ${path} in body must be of type ${stringAt(schema, "format")}: ${JSON.stringify(value)}`,
          },
        ]
      : []),
  ]
}

const keyOf = (schema: JsonMap, item: Json): Json => {
  if (schema["x-kubernetes-list-type"] !== "map" || !isMap(item)) return item
  const key: JsonMap = {}
  for (const field of listAt(schema, "x-kubernetes-list-map-keys") ?? []) {
    if (typeof field === "string") key[field] = item[field] ?? mapAt(schema, "items", "properties", field)?.["default"]
  }
  return key
}

const duplicateProblems = (schema: JsonMap, items: ReadonlyArray<Json>, path: string): Problems => {
  const listType = schema["x-kubernetes-list-type"]
  if (listType !== "map" && listType !== "set" && schema["uniqueItems"] !== true) return none
  const keys = items.map((item) => keyOf(schema, item))
  return keys.flatMap((key, i) =>
    keys.findIndex((other) => equalJson(other, key)) < i
      ? [{ reason: "FieldValueDuplicate", field: `${path}[${i}]`, message: `Duplicate value: ${JSON.stringify(key)}` }]
      : [],
  )
}

const tooMany = (path: string, count: number, maximum: number): FieldProblem => ({
  reason: "FieldValueTooMany",
  field: path,
  message: `Too many: ${count}: must have at most ${maximum} items`,
})

const listProblems = (schema: JsonMap, items: ReadonlyArray<Json>, path: string): Problems => {
  const minimum = numberAt(schema, "minItems")
  const maximum = numberAt(schema, "maxItems")
  const itemSchema = mapAt(schema, "items")
  return [
    ...(minimum !== undefined && items.length < minimum
      ? [should(path, items.length, `have at least ${minimum} items`)]
      : []),
    ...(maximum !== undefined && items.length > maximum ? [tooMany(path, items.length, maximum)] : []),
    ...duplicateProblems(schema, items, path),
    ...(itemSchema === undefined ? [] : items.flatMap((item, i) => validateSchema(itemSchema, item, `${path}[${i}]`))),
  ]
}

const mapProblems = (schema: JsonMap, value: JsonMap, path: string): Problems => {
  const at = (field: string) => (path === "" ? field : `${path}.${field}`)
  const properties = mapAt(schema, "properties") ?? {}
  const additional = mapAt(schema, "additionalProperties")
  const missing = (listAt(schema, "required") ?? []).filter((f) => typeof f === "string" && value[f] === undefined)
  const size = Object.keys(value).length
  const minimum = numberAt(schema, "minProperties")
  const maximum = numberAt(schema, "maxProperties")
  return [
    ...missing.map((field) => requiredField(at(textOf(field)))),
    ...(minimum !== undefined && size < minimum ? [should(path, size, `have at least ${minimum} properties`)] : []),
    ...(maximum !== undefined && size > maximum ? [tooMany(path, size, maximum)] : []),
    ...Object.entries(value).flatMap(([field, member]) => {
      const below = mapAt(properties, field) ?? additional
      if (below === undefined || member === undefined || (path === "" && field === "metadata")) return []
      return validateSchema(below, member, at(field))
    }),
  ]
}

const branches = (schema: JsonMap, name: string): ReadonlyArray<JsonMap> => (listAt(schema, name) ?? []).filter(isMap)

const combinationProblems = (schema: JsonMap, value: Json, path: string): Problems => {
  const passes = (branch: JsonMap) => validateSchema(branch, value, path).length === 0
  const oneOf = branches(schema, "oneOf")
  const valid = oneOf.filter(passes).length
  const found = valid === 0 ? "none valid" : `${valid} valid alternatives`
  const anyOf = branches(schema, "anyOf")
  const not = mapAt(schema, "not")
  const must = (text: string) => [invalidField("<nil>", "", `"${path}" must ${text}`)]
  return [
    ...branches(schema, "allOf").flatMap((branch) => validateSchema(branch, value, path)),
    ...(oneOf.length > 0 && valid !== 1 ? must(`validate one and only one schema (oneOf). Found ${found}`) : []),
    ...(anyOf.length > 0 && !anyOf.some(passes) ? must("validate at least one schema (anyOf)") : []),
    ...(not !== undefined && passes(not) ? must("not validate the schema (not)") : []),
  ]
}

const contentProblems = (schema: JsonMap, value: Json, path: string): Problems => {
  if (typeof value === "number") return numberProblems(schema, value, path)
  if (typeof value === "string") return stringProblems(schema, value, path)
  if (Array.isArray(value)) return listProblems(schema, value, path)
  return isMap(value) ? mapProblems(schema, value, path) : none
}

/** Every violation of `schema` in `value`; a value of the wrong type is not looked into. CEL rules are checked elsewhere. */
export const validateSchema = (schema: JsonMap, value: Json, path: string): Problems => {
  if (value === null && schema["nullable"] === true) return none
  const wanted = stringAt(schema, "type")
  if (schema["x-kubernetes-int-or-string"] === true) {
    const isEither = typeof value === "string" || (typeof value === "number" && Number.isInteger(value))
    return isEither ? contentProblems(schema, value, path) : [typeProblem(path, "integer,string", value)]
  }
  if (wanted !== undefined && !isOfType(wanted, value)) return [typeProblem(path, wanted, value)]
  const allowed = listAt(schema, "enum")
  if (allowed !== undefined && !allowed.some((item) => equalJson(item, value))) {
    return [unsupportedField(path, value, allowed.map(textOf))]
  }
  return [...contentProblems(schema, value, path), ...combinationProblems(schema, value, path)]
}
