/** OpenAPI v3 schemas of the kinds a server serves: built-ins from their types, custom kinds as their definitions give them. */
import type { JsonMap } from "../../testing/kube/json.js"
import type { ResourceDefinition } from "../../testing/kube/ResourceRegistry.js"
import type { ListType, ScalarKind, StructType, TypeSchema } from "../../testing/kube/TypeSchema.js"

const scalars: Readonly<Record<ScalarKind, JsonMap>> = {
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

/** Where the schemas of a v3 document are found. */
export const schemaRoot = "#/components/schemas/"

/** Schemas by name; filled while types are visited. */
export type Components = Map<string, JsonMap>

const strategyOf = (type: ListType): JsonMap => {
  if (type.patchKey !== undefined)
    return { "x-kubernetes-patch-merge-key": type.patchKey, "x-kubernetes-patch-strategy": "merge" }
  return type.merge === "set" ? { "x-kubernetes-patch-strategy": "merge" } : {}
}

const listSchema = (type: ListType, components: Components): JsonMap => ({
  type: "array",
  items: schemaOf(type.items, components),
  "x-kubernetes-list-type": type.merge,
  ...(type.keys.length === 0 ? {} : { "x-kubernetes-list-map-keys": [...type.keys] }),
  ...strategyOf(type),
})

const schemaOf = (type: TypeSchema, components: Components): JsonMap => {
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
      return { allOf: [{ $ref: `${schemaRoot}${prefix}${type.name}` }] }
  }
}

const addStruct = (type: StructType, components: Components): void => {
  const name = `${prefix}${type.name}`
  if (components.has(name)) return
  components.set(name, {})
  components.set(name, {
    type: "object",
    properties: Object.fromEntries([...type.fields].map(([field, member]) => [field, schemaOf(member, components)])),
    ...(type.required.length === 0 ? {} : { required: [...type.required] }),
  })
}

/** Group, version and kind, as clients look for them in the document. */
export const kindExtension = ({ kind }: ResourceDefinition): JsonMap => ({
  group: kind.group,
  version: kind.version,
  kind: kind.kind,
})

/** Adds the schema of a kind and of everything in it; its name. */
export const addDefinition = (definition: ResourceDefinition, components: Components): string => {
  const { kind } = definition
  const metadata = definition.type.fields.get("metadata")
  if (definition.openApi !== undefined) {
    const name = `${kind.group.split(".").reverse().join(".")}.${kind.version}.${kind.kind}`
    const properties = definition.openApi["properties"]
    components.set(name, {
      ...definition.openApi,
      properties: {
        ...(typeof properties === "object" && !Array.isArray(properties) ? properties : {}),
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

/** `api/v1`, `apis/apps/v1` */
export const rootOf = ({ kind: { group, version } }: ResourceDefinition): string =>
  group === "" ? `api/${version}` : `apis/${group}/${version}`

/** Where one object of the kind is found. */
export const objectPath = (definition: ResourceDefinition): string => {
  const { plural, namespaced } = definition.kind
  return `/${rootOf(definition)}/${namespaced ? "namespaces/{namespace}/" : ""}${plural}/{name}`
}

/** Query parameters of every write: their presence tells a client what it may ask for. */
export const writeParameters: ReadonlyArray<string> = ["dryRun", "fieldManager", "fieldValidation", "force", "pretty"]
