/** After everything else: what the operator was granted is what it used, in both modes; nothing it asked for was refused (R130, R131). */
import { describe, expect, inject, it } from "vitest"
import { type AuditEvent, readAuditLog } from "./controlplane/AuditLog.js"
import { restartsOf } from "./controlplane/controls.js"
import { manifestsFor } from "./Installation.js"
import { grantedIn, usedIn, without } from "./rights.js"

const plane = inject("controlPlane")

/** Asked for by admission (`OwnerReferencesPermissionEnforcement`), inside other requests: no line of the log shows it. */
const usedByAdmission = new Set(["update aerospikeclusters/finalizers.acko.io"])

/** A starting API server has not read the roles yet: it refuses everybody everything. */
const wasStarting = ({ requestReceivedTimestamp }: AuditEvent): boolean => {
  const at = Date.parse(requestReceivedTimestamp)
  return restartsOf(plane).some(({ from, to }) => from <= at && at <= to)
}

describe.each([
  { mode: "the whole cluster", namespace: "acko-system", watchNamespaces: [] },
  { mode: "some namespaces", namespace: "acko-namespaced", watchNamespaces: ["e2e"] },
])("the rights of the operator, $mode", ({ namespace, watchNamespaces }) => {
  const events = readAuditLog(plane.auditLog, `system:serviceaccount:${namespace}:acko-operator`)
  const manifests = Object.entries(manifestsFor(namespace, watchNamespaces)).filter(([name]) =>
    name.startsWith("rbac/"),
  )
  const granted = grantedIn(manifests.map(([, text]) => text).join("---\n"))

  it("R130 R131 granted = used", () => {
    const used = new Set([...usedIn(events), ...usedByAdmission])
    expect({ missing: without(used, granted), unused: without(granted, used) }).toEqual({ missing: [], unused: [] })
  })

  it("R130 no request was forbidden", () => {
    const refused = events.filter(
      (event) => event.annotations?.["authorization.k8s.io/decision"] === "forbid" && !wasStarting(event),
    )
    expect(refused.map(({ requestURI, verb }) => `${verb} ${requestURI}`)).toEqual([])
  })

  it("R130 no secrets, no pods/exec, no wildcard", () => {
    expect([...granted].filter((right) => /secrets|pods\/exec|\*|escalate|bind|impersonate/.test(right))).toEqual([])
  })
})
