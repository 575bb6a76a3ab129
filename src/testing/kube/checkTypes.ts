/** Whether a body is an object of the kind its URL says. Internal to this folder. */
import { apiVersionOf } from "../../domain/Kubernetes.js"
import { badRequest, invalid, invalidField } from "./ApiFailure.js"
import { type JsonMap, stringAt } from "./json.js"
import type { ResourceDefinition, ResourceRegistry } from "./ResourceRegistry.js"

const checkCustom = (definition: ResourceDefinition, object: JsonMap): void => {
  const { kind } = definition.kind
  const expected = apiVersionOf(definition.kind)
  const apiVersion = stringAt(object, "apiVersion") ?? ""
  const given = stringAt(object, "kind") ?? ""
  const missing = given === "" ? "Kind" : apiVersion === "" ? "apiVersion" : undefined
  if (missing !== undefined) {
    const text = JSON.stringify(object)
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): Object '${missing}' is missing in '${text}' (${text.slice(0, 40)} ...)`,
    )
  }
  if (apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    )
  }
  if (given === kind) return
  throw invalid({ ...definition.kind, kind: given }, stringAt(object, "metadata", "name") ?? "", [
    invalidField("kind", given, `must be ${kind}`),
  ])
}

const internalGroup = (group: string): string => (group === "" ? "core" : (group.split(".")[0] ?? ""))

const checkBuiltin = (registry: ResourceRegistry, definition: ResourceDefinition, object: JsonMap): void => {
  const { kind } = definition.kind
  const expected = apiVersionOf(definition.kind)
  const apiVersion = stringAt(object, "apiVersion") ?? expected
  const given = stringAt(object, "kind") ?? kind
  if (apiVersion === expected && given === kind) return
  const version = apiVersion.split("/").at(-1) ?? ""
  const why =
    registry.byKind(apiVersion, given) === undefined
      ? `no kind "${given}" is registered for version "${apiVersion}" in scheme "acko"`
      : `converting (${version}.${given}) to (${internalGroup(definition.kind.group)}.${kind}): unknown conversion`
  throw badRequest(`${given} in version "${version}" cannot be handled as a ${kind}: ${why}`)
}

/** Throws 400 (custom kinds: also 422) for an object of another kind or version. Built-ins may leave both out. */
export const checkTypes = (registry: ResourceRegistry, definition: ResourceDefinition, object: JsonMap): void =>
  definition.isCustom ? checkCustom(definition, object) : checkBuiltin(registry, definition, object)
