/** Rights as comparable lines, `verb resource[/subresource].group`: what manifests grant and what the audit log shows in use. */
import { parseAllDocuments } from "yaml"
import type { PolicyRule } from "../../src/cli/manifests/rbac.js"
import type { AuditEvent } from "./controlplane/AuditLog.js"

const line = (verb: string, group: string, resource: string): string =>
  `${verb} ${resource}${group === "" ? "" : `.${group}`}`

/** By all Roles and ClusterRoles in a text that are bound in it. */
export const grantedIn = (manifests: string): ReadonlySet<string> => {
  const objects = parseAllDocuments(manifests).map(
    (document) => document.toJSON() as { readonly kind: string; readonly metadata: { readonly name: string } },
  )
  const bound = objects.flatMap((object) => ("roleRef" in object ? [(object.roleRef as { name: string }).name] : []))
  const rules = objects.flatMap((object) =>
    "rules" in object && bound.includes(object.metadata.name) ? (object.rules as ReadonlyArray<PolicyRule>) : [],
  )
  return new Set(
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => line(verb, group, resource)))),
    ),
  )
}

/** Requests outside resources (`/version`) read as `get /version`. */
const usedBy = ({ objectRef, requestURI, responseStatus, verb }: AuditEvent): ReadonlyArray<string> => {
  if (objectRef?.resource === undefined) return [`${verb} ${requestURI}`]
  const { apiGroup = "", subresource } = objectRef
  const resource = subresource === undefined ? objectRef.resource : `${objectRef.resource}/${subresource}`
  // An apply that creates needs both rights; the second is asked for inside the one request.
  const verbs = verb === "patch" && responseStatus?.code === 201 ? [verb, "create"] : [verb]
  return verbs.map((used) => line(used, apiGroup, resource))
}

export const usedIn = (events: ReadonlyArray<AuditEvent>): ReadonlySet<string> => new Set(events.flatMap(usedBy))

export const without = (all: ReadonlySet<string>, some: ReadonlySet<string>): ReadonlyArray<string> =>
  [...all].filter((right) => !some.has(right)).sort()
