/** From JSON Schema as Effect writes it to the structural OpenAPI schema a CRD takes. */

/** One node of an OpenAPI v3 schema. */
export type StructuralSchema = Readonly<Record<string, unknown>>

const isMap = (value: unknown): value is StructuralSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Nothing a CRD may carry, or nothing but noise. */
const dropped = new Set(["$schema", "$id", "$defs", "$comment", "title"])

/** Descriptions Effect makes up for refinements. */
const isAutomatic = (description: unknown): boolean =>
  typeof description === "string" &&
  /^(an? (non empty string|integer|string|number|array|boolean|non-negative|positive)|between )/.test(description)

/** Any further field of any type: kept, not looked into. */
const open = (node: StructuralSchema): StructuralSchema => {
  const { additionalProperties, ...rest } = node
  return isMap(additionalProperties) && additionalProperties["$id"] === "/schemas/unknown"
    ? { ...rest, "x-kubernetes-preserve-unknown-fields": true }
    : node
}

const withoutNoise = (node: StructuralSchema): StructuralSchema =>
  Object.fromEntries(
    Object.entries(node).filter(([key, value]) => {
      if (dropped.has(key)) return false
      if (key === "description") return !isAutomatic(value)
      if (key === "additionalProperties")
        return typeof value !== "boolean" && !(isMap(value) && Object.keys(value).length === 0)
      if (key === "required") return Array.isArray(value) && value.length > 0
      if (key === "properties") return isMap(value) && Object.keys(value).length > 0
      return true
    }),
  )

/** `[T, null]` becomes a nullable T; no other union has a structural form. */
const union = (node: StructuralSchema): StructuralSchema => {
  const { anyOf, ...rest } = node
  if (!Array.isArray(anyOf) || node["x-kubernetes-int-or-string"] === true) return node
  const members = (anyOf as ReadonlyArray<unknown>).filter(isMap)
  const others = members.filter((member) => member["type"] !== "null")
  const [only] = others
  if (others.length !== 1 || only === undefined || members.length !== 2)
    throw new Error(`a union is not structural: ${JSON.stringify(node)}`)
  return { ...rest, ...only, nullable: true }
}

/** Two refinements on one keyword: their keywords side by side. */
const merged = (node: StructuralSchema): StructuralSchema => {
  const { allOf, ...rest } = node
  if (!Array.isArray(allOf)) return node
  return Object.assign(
    {},
    ...(allOf as ReadonlyArray<unknown>).filter(isMap).map(withoutNoise),
    rest,
  ) as StructuralSchema
}

const bounded = (node: StructuralSchema): StructuralSchema => {
  const { exclusiveMinimum, exclusiveMaximum, ...rest } = node
  return {
    ...rest,
    ...(typeof exclusiveMinimum === "number" ? { minimum: exclusiveMinimum, exclusiveMinimum: true } : {}),
    ...(typeof exclusiveMaximum === "number" ? { maximum: exclusiveMaximum, exclusiveMaximum: true } : {}),
  }
}

const below = (node: StructuralSchema): StructuralSchema => ({
  ...node,
  ...(isMap(node["properties"])
    ? {
        properties: Object.fromEntries(
          Object.entries(node["properties"]).map(([key, value]) => [key, structural(value)]),
        ),
      }
    : {}),
  ...(isMap(node["items"]) ? { items: structural(node["items"]) } : {}),
  ...(isMap(node["additionalProperties"]) ? { additionalProperties: structural(node["additionalProperties"]) } : {}),
})

/** The structural form of a node and everything beneath it. Throws on what has none: that is a mistake in a schema, found by the generator. */
export const structural = (node: unknown): StructuralSchema => {
  if (!isMap(node)) throw new Error(`not a schema: ${JSON.stringify(node)}`)
  const result = below(bounded(merged(withoutNoise(open(union(node))))))
  if (
    typeof result["type"] !== "string" &&
    result["x-kubernetes-int-or-string"] !== true &&
    result["x-kubernetes-preserve-unknown-fields"] !== true
  )
    throw new Error(`a schema without type: ${JSON.stringify(node)}`)
  return result
}
