/** OpenAPI v3 documents: enough for `kubectl explain`, and for kubectl to leave validation and dry runs to the server. */
import { versionInfo } from "./discovery.js"
import type { ResourceDefinition, ResourceRegistry } from "../../testing/kube/ResourceRegistry.js"
import type { ListType, ScalarKind, StructType, TypeSchema } from "../../testing/kube/TypeSchema.js"

type Schema = Readonly<Record<string, unknown>>

const scalars: Readonly<Record<ScalarKind, Schema>> = {
  string: { type: "string" },
  int: { type: "integer", format: "int32" },
  number: { type: "number" },
  boolean: { type: "boolean" },
  time: { type: "string", format: "date-time" },
  microTime: { type: "string", format: "date-time" },
  quantity: { oneOf: [{ type: "string" }, { type: "number" }] },
  intOrString: { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] },
  bytes: { type: "string", format: "byte" },
}

const prefix = "io.k8s.api."

/** Schemas by name; filled while types are visited. */
type Components = Map<string, Schema>

const listSchema = (type: ListType, components: Components): Schema => ({
  type: "array",
  items: schemaOf(type.items, components),
  "x-kubernetes-list-type": type.merge,
  ...(type.keys.length === 0 ? {} : { "x-kubernetes-list-map-keys": type.keys }),
  ...(type.patchKey === undefined
    ? {}
    : { "x-kubernetes-patch-merge-key": type.patchKey, "x-kubernetes-patch-strategy": "merge" }),
})

const schemaOf = (type: TypeSchema, components: Components): Schema => {
  switch (type.tag) {
    case "scalar":
      return scalars[type.scalar]
    case "any":
      return { type: "object", "x-kubernetes-preserve-unknown-fields": true }
    case "map":
      return { type: "object", additionalProperties: schemaOf(type.values, components) }
    case "list":
      return listSchema(type, components)
    case "struct":
      addStruct(type, components)
      return { allOf: [{ $ref: `#/components/schemas/${prefix}${type.name}` }] }
  }
}

const addStruct = (type: StructType, components: Components): void => {
  const name = `${prefix}${type.name}`
  if (components.has(name)) return
  components.set(name, {})
  components.set(name, {
    type: "object",
    properties: Object.fromEntries([...type.fields].map(([field, member]) => [field, schemaOf(member, components)])),
    ...(type.required.length === 0 ? {} : { required: type.required }),
  })
}

const kindExtension = ({ kind }: ResourceDefinition) => ({ group: kind.group, version: kind.version, kind: kind.kind })

const addDefinition = (definition: ResourceDefinition, components: Components): string => {
  const { kind } = definition
  const metadata = definition.type.fields.get("metadata")
  if (definition.openApi !== undefined) {
    const name = `${kind.group.split(".").reverse().join(".")}.${kind.version}.${kind.kind}`
    const properties = definition.openApi["properties"]
    components.set(name, {
      ...definition.openApi,
      properties: {
        ...(typeof properties === "object" ? properties : {}),
        apiVersion: { type: "string" },
        kind: { type: "string" },
        ...(metadata === undefined ? {} : { metadata: schemaOf(metadata, components) }),
      },
      "x-kubernetes-group-version-kind": [kindExtension(definition)],
    })
    return name
  }
  addStruct(definition.type, components)
  const name = `${prefix}${definition.type.name}`
  components.set(name, { ...components.get(name), "x-kubernetes-group-version-kind": [kindExtension(definition)] })
  return name
}

const parameters = ["dryRun", "fieldManager", "fieldValidation", "force", "pretty"].map((name) => ({
  name,
  in: "query",
  schema: { type: "string", uniqueItems: true },
}))

const pathItem = (definition: ResourceDefinition, name: string): Schema => {
  const operation = (action: string) => ({
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": kindExtension(definition),
    responses: {
      "200": {
        description: "OK",
        content: { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } },
      },
    },
  })
  return {
    get: operation("get"),
    put: { ...operation("put"), parameters },
    patch: { ...operation("patch"), parameters },
    delete: { ...operation("delete"), parameters },
  }
}

const rootOf = (group: string, version: string): string =>
  group === "" ? `api/${version}` : `apis/${group}/${version}`

/** `GET /openapi/v3`: where the documents are. */
export const openApiIndex = (registry: ResourceRegistry, hash: string): unknown => ({
  paths: Object.fromEntries(
    [...new Set(registry.all().map(({ kind }) => rootOf(kind.group, kind.version)))].map((root) => [
      root,
      { serverRelativeURL: `/openapi/v3/${root}?hash=${hash}` },
    ]),
  ),
})

/** The document of one group and version; undefined when nothing is served there. */
export const openApiDocument = (registry: ResourceRegistry, root: string): unknown => {
  const definitions = registry.all().filter(({ kind }) => rootOf(kind.group, kind.version) === root)
  if (definitions.length === 0) return undefined
  const components: Components = new Map()
  const paths: Record<string, Schema> = {}
  for (const definition of definitions) {
    const name = addDefinition(definition, components)
    const { plural, namespaced } = definition.kind
    paths[`/${root}/${namespaced ? "namespaces/{namespace}/" : ""}${plural}/{name}`] = pathItem(definition, name)
  }
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: versionInfo.gitVersion },
    paths,
    components: { schemas: Object.fromEntries(components) },
  }
}

/** `GET /openapi/v2`, as JSON: the kinds without their contents. Clients that want it as protobuf get 406. */
export const openApiV2 = (registry: ResourceRegistry): unknown => ({
  swagger: "2.0",
  info: { title: "Kubernetes", version: versionInfo.gitVersion },
  paths: {},
  definitions: Object.fromEntries(
    registry.all().map((definition) => [
      `${definition.kind.group}.${definition.kind.version}.${definition.kind.kind}`,
      {
        type: "object",
        "x-kubernetes-preserve-unknown-fields": true,
        "x-kubernetes-group-version-kind": [kindExtension(definition)],
      },
    ]),
  ),
})
