/** What the API server itself says about a resource: its name, unknown fields, schema and CEL rules. The embedded one answers. */
import { isObject, section } from "../../decide/effective/configTree.js"
import type { Json, JsonObject, SpecProblem } from "../../domain/EffectiveCluster.js"
import { type KubeObject, type ResourceKind } from "../../domain/Kubernetes.js"
import { uncheckedRules } from "../../testing/kube/admit.js"
import { ApiFailure } from "../../testing/kube/ApiFailure.js"
import { makeApiServer } from "../../testing/kube/makeApiServer.js"

/** Set by the API server; exported resources carry them. */
const serverFields = ["resourceVersion", "uid", "creationTimestamp", "generation", "managedFields", "selfLink"]

const asSent = (kind: ResourceKind, object: JsonObject): KubeObject => ({
  ...object,
  apiVersion: `${kind.group}/${kind.version}`,
  kind: kind.kind,
  metadata: {
    ...Object.fromEntries(
      Object.entries(section(object, "metadata")).filter(([field]) => !serverFields.includes(field)),
    ),
    // Only this one is sure to exist.
    ...(kind.namespaced ? { namespace: "default" } : {}),
  },
})

const unknownField = (warning: string): ReadonlyArray<SpecProblem> => {
  const path = /^unknown field "(.*)"$/.exec(warning)?.[1]
  if (path === undefined) return []
  return [{ rule: "schema", path, message: "there is no such field", fix: "correct its name, or remove it" }]
}

const explained = (kind: ResourceKind, path: string): string => {
  const field = path.replace(/\[\d+\]/g, "")
  return `correct ${path}; \`kubectl explain ${kind.kind.toLowerCase()}.${field}\` tells what it takes`
}

const schemaProblems = (kind: ResourceKind, failure: ApiFailure): ReadonlyArray<SpecProblem> => {
  const causes = (failure.status.details?.causes ?? []).filter(({ message }) => message !== uncheckedRules.message)
  if (causes.length === 0) return [{ rule: "schema", path: "metadata", message: failure.message, fix: "correct it" }]
  return causes.map(({ field = "metadata", message }) => ({
    rule: "schema",
    path: field,
    message,
    fix: explained(kind, field),
  }))
}

/** Makes the check for the kinds of these definitions. The server's clock stands still: nothing of the answer depends on it. */
export const makeSchemaCheck = (
  definitions: ReadonlyArray<KubeObject>,
): ((kind: ResourceKind, object: Json) => ReadonlyArray<SpecProblem>) => {
  let uids = 0
  const server = makeApiServer({ now: () => 0, nextUid: () => `uid-${(uids += 1)}`, objects: definitions })
  return (kind, object) => {
    if (!isObject(object)) return []
    const unknown: Array<SpecProblem> = []
    try {
      server.create(kind, asSent(kind, object), {
        dryRun: true,
        fieldValidation: "Warn",
        warn: (warning) => void unknown.push(...unknownField(warning)),
      })
      return unknown
    } catch (error) {
      if (error instanceof ApiFailure) return [...unknown, ...schemaProblems(kind, error)]
      throw error
    }
  }
}
