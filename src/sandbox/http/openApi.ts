/** OpenAPI v3 documents: enough for `kubectl explain`, and for kubectl to leave validation and dry runs to the server. */
import type { JsonMap } from "../../testing/kube/json.js"
import type { ResourceDefinition, ResourceRegistry } from "../../testing/kube/ResourceRegistry.js"
import { versionInfo } from "./discovery.js"
import {
  addDefinition,
  type Components,
  kindExtension,
  objectPath,
  rootOf,
  schemaRoot,
  writeParameters,
} from "./openApiSchemas.js"

const parameters = writeParameters.map((name) => ({
  name,
  in: "query",
  schema: { type: "string", uniqueItems: true },
}))

const pathItem = (definition: ResourceDefinition, name: string): JsonMap => {
  const operation = (action: string): JsonMap => ({
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": kindExtension(definition),
    responses: {
      "200": {
        description: "OK",
        content: { "application/json": { schema: { $ref: `${schemaRoot}${name}` } } },
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

/** `GET /openapi/v3`: where the documents are. */
export const openApiIndex = (registry: ResourceRegistry, hash: string): unknown => ({
  paths: Object.fromEntries(
    [...new Set(registry.all().map(rootOf))].map((root) => [
      root,
      { serverRelativeURL: `/openapi/v3/${root}?hash=${hash}` },
    ]),
  ),
})

/** The document of one group and version; undefined when nothing is served there. */
export const openApiDocument = (registry: ResourceRegistry, root: string): unknown => {
  const definitions = registry.all().filter((definition) => rootOf(definition) === root)
  if (definitions.length === 0) return undefined
  const components: Components = new Map()
  const paths: JsonMap = {}
  for (const definition of definitions) {
    paths[objectPath(definition)] = pathItem(definition, addDefinition(definition, components))
  }
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: versionInfo.gitVersion },
    paths,
    components: { schemas: Object.fromEntries(components) },
  }
}
