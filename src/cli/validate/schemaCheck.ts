/** What the API server itself says about a resource: its name, unknown fields, schema and CEL rules. The embedded one answers. */
import { isObject, section } from "../../decide/effective/configTree.js"
import { isAtOrBelow } from "../../decide/effective/undecoded.js"
import type { Json, JsonObject } from "../../domain/Json.js"
import type { SpecProblem } from "../../domain/SpecProblem.js"
import { type KubeObject, type ResourceKind } from "../../domain/Kubernetes.js"
import { uncheckedRules } from "../../testing/kube/admit.js"
import { ApiFailure } from "../../testing/kube/ApiFailure.js"
import { makeApiServer } from "../../testing/kube/makeApiServer.js"
import { unknownFieldFix } from "./fieldNames.js"
import { metadataTypeProblems, readableMetadata } from "./metadataCheck.js"

/** Set by the API server; exported resources carry them. */
const serverFields = ["resourceVersion", "uid", "creationTimestamp", "generation", "managedFields", "selfLink"]

const asSent = (kind: ResourceKind, object: JsonObject): KubeObject => ({
  ...object,
  apiVersion: `${kind.group}/${kind.version}`,
  kind: kind.kind,
  metadata: {
    ...Object.fromEntries(Object.entries(readableMetadata(object)).filter(([field]) => !serverFields.includes(field))),
    // Only this one is sure to exist.
    ...(kind.namespaced ? { namespace: "default" } : {}),
  },
})

const unknownField = (schema: JsonObject, warning: string): ReadonlyArray<SpecProblem> => {
  const path = /^unknown field "(.*)"$/.exec(warning)?.[1]
  if (path === undefined) return []
  return [{ rule: "schema", path, message: "there is no such field", fix: unknownFieldFix(schema, path) }]
}

const explained = (kind: ResourceKind, path: string): string => {
  const field = path.replace(/\[\d+\]/g, "")
  return `correct ${path}; \`kubectl explain ${kind.kind.toLowerCase()}.${field}\` tells what it takes`
}

type Causes = NonNullable<NonNullable<ApiFailure["status"]["details"]>["causes"]>

const causesOf = (failure: ApiFailure): Causes =>
  (failure.status.details?.causes ?? []).filter(({ message }) => message !== uncheckedRules.message)

const schemaProblems = (kind: ResourceKind, failure: ApiFailure): ReadonlyArray<SpecProblem> => {
  const causes = causesOf(failure)
  if (causes.length === 0) return [{ rule: "schema", path: "metadata", message: failure.message, fix: "correct it" }]
  return causes.map(({ field = "metadata", message, reason }) => ({
    rule: "schema",
    path: field,
    message,
    fix: reason === "FieldValueRequired" ? `add ${field}` : explained(kind, field),
  }))
}

/** What stands in something of the wrong type is no field of anything, but not on its own account. */
const ofItsOwn =
  (failure: ApiFailure) =>
  ({ path }: SpecProblem): boolean =>
    !causesOf(failure).some(
      ({ field, reason }) => reason === "FieldValueTypeInvalid" && field !== undefined && isAtOrBelow(path, field),
    )

/** The schema by which the definition of a kind judges its resources. */
const schemaOf = (definitions: ReadonlyArray<KubeObject>, kind: ResourceKind): JsonObject => {
  const definition = definitions.find(({ metadata }) => metadata.name === `${kind.plural}.${kind.group}`)
  const versions = isObject(definition?.["spec"]) ? definition["spec"]["versions"] : undefined
  const version = Array.isArray(versions) ? (versions.find((one) => isObject(one)) ?? {}) : {}
  return section(section(version, "schema"), "openAPIV3Schema")
}

/** Makes the check for the kinds of these definitions. The server's clock stands still: nothing of the answer depends on it. */
export const makeSchemaCheck = (
  definitions: ReadonlyArray<KubeObject>,
): ((kind: ResourceKind, object: Json) => ReadonlyArray<SpecProblem>) => {
  let uids = 0
  const server = makeApiServer({ now: () => 0, nextUid: () => `uid-${(uids += 1)}`, objects: definitions })
  return (kind, object) => {
    if (!isObject(object)) return []
    const types = metadataTypeProblems(object)
    const schema = schemaOf(definitions, kind)
    const unknown: Array<SpecProblem> = []
    try {
      server.create(kind, asSent(kind, object), {
        dryRun: true,
        fieldValidation: "Warn",
        warn: (warning) => void unknown.push(...unknownField(schema, warning)),
      })
      return [...types, ...unknown]
    } catch (error) {
      if (error instanceof ApiFailure) {
        return [...types, ...unknown.filter(ofItsOwn(error)), ...schemaProblems(kind, error)]
      }
      throw error
    }
  }
}
