/**
 * The OpenAPI v2 document, for clients from before v3: kubectl up to 1.26 validates, merges and explains by it. What v2 cannot say is left
 * open, as in the real server, because those clients refuse what a schema does not list.
 */
import { isMap, type Json, type JsonMap, listAt, mapAt, stringAt } from "../../testing/kube/json.js"
import type { ResourceDefinition, ResourceRegistry } from "../../testing/kube/ResourceRegistry.js"
import { versionInfo } from "./discovery.js"
import {
  addDefinition,
  type Components,
  kindExtension,
  objectPath,
  schemaRoot,
  writeParameters,
} from "./openApiSchemas.js"

const definitionRoot = "#/definitions/"

const referenceOf = (schema: JsonMap): string | undefined => {
  const [only] = listAt(schema, "allOf") ?? []
  return stringAt(schema, "$ref") ?? stringAt(only, "$ref")
}

const notes = ["description", "title", "default", "enum"]
const bounds = ["maximum", "minimum", "maxLength", "minLength", "maxItems", "minItems", "pattern", "exclusiveMaximum"]
const scalarFields = new Set([...notes, ...bounds, "exclusiveMinimum", "format", "required"])

const kept = (schema: JsonMap): JsonMap =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => scalarFields.has(key) || key.startsWith("x-kubernetes-")))

const mapped = (properties: JsonMap): JsonMap =>
  Object.fromEntries(
    Object.entries(properties).flatMap(([name, member]) => (isMap(member) ? [[name, asV2(member)]] : [])),
  )

const asV2 = (schema: JsonMap): JsonMap => {
  const reference = referenceOf(schema)
  if (reference !== undefined) return { $ref: reference.replace(schemaRoot, definitionRoot) }
  const base = kept(schema)
  if (schema["x-kubernetes-int-or-string"] === true) return { ...base, type: "string", format: "int-or-string" }
  const type = stringAt(schema, "type")
  // The parsers of these clients know neither null nor a choice of types: without a type, any value is accepted.
  if (schema["nullable"] === true || type === undefined) {
    return schema["oneOf"] === undefined ? base : { ...base, type: "string" }
  }
  if (schema["x-kubernetes-preserve-unknown-fields"] === true) return { ...base, type }
  const items = mapAt(schema, "items")
  if (type === "array") return items === undefined ? base : { ...base, type, items: asV2(items) }
  const properties = mapAt(schema, "properties")
  const values = mapAt(schema, "additionalProperties")
  return {
    ...base,
    type,
    ...(properties === undefined ? {} : { properties: mapped(properties) }),
    ...(values === undefined ? {} : { additionalProperties: asV2(values) }),
  }
}

const parameters: Json[] = writeParameters.map((name) => ({ name, in: "query", type: "string", uniqueItems: true }))

const pathItem = (definition: ResourceDefinition, name: string): JsonMap => ({
  patch: {
    parameters,
    responses: { "200": { description: "OK", schema: { $ref: `${definitionRoot}${name}` } } },
    "x-kubernetes-action": "patch",
    "x-kubernetes-group-version-kind": kindExtension(definition),
  },
})

/** `GET /openapi/v2`: all kinds with their contents; of the paths only the patches, by which clients learn that dry runs are served. */
export const openApiV2 = (registry: ResourceRegistry): JsonMap => {
  const components: Components = new Map()
  const paths: JsonMap = {}
  for (const definition of registry.all()) {
    paths[objectPath(definition)] = pathItem(definition, addDefinition(definition, components))
  }
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version: versionInfo.gitVersion },
    paths,
    definitions: Object.fromEntries([...components].map(([name, schema]) => [name, asV2(schema)])),
  }
}
