/** After everything else: what the operator was granted is what it used, in both modes; nothing it asked for was refused (R130, R131). */
import { describe, expect, inject, it } from "vitest"
import { manifestFiles } from "../../src/cli/manifests.js"
import { type AuditEvent, readAuditLog } from "./controlplane/AuditLog.js"
import { restartsOf } from "./controlplane/controls.js"
import { grantedIn, usedIn, without } from "./rights.js"

const plane = inject("controlPlane")

/**
 * Asked for by admission (`OwnerReferencesPermissionEnforcement`), inside other requests: no line of the log shows it. That it is needed, and
 * what is out of reach: see `rights.e2e.ts`.
 */
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
  const grantedWith = (webhook: "self-managed" | "off"): ReadonlySet<string> => {
    const files = Object.entries(manifestFiles({ namespace, watchNamespaces, webhook }))
    return grantedIn(files.flatMap(([name, text]) => (name.startsWith("rbac/") ? [text] : [])).join("---\n"))
  }
  const granted = grantedWith("self-managed")

  it("R130 R131 granted = used", () => {
    const used = new Set([...usedIn(events), ...usedByAdmission])
    expect({ missing: without(used, granted), unused: without(granted, used) }).toEqual({ missing: [], unused: [] })
  })

  it("R131 without webhooks: the same but what is about their configurations", () => {
    const less = without(granted, grantedWith("off"))
    expect(less.filter((right) => !right.endsWith("webhookconfigurations.admissionregistration.k8s.io"))).toEqual([])
    expect(less).toHaveLength(4)
    expect(without(grantedWith("off"), granted)).toEqual([])
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
