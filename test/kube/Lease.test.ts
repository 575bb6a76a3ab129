import * as fc from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { claimed, leaseView, microTime, newLease, released } from "../../src/kube/Lease.js"

const ref = { namespace: "acko-system", name: "lease" }
const claim = (holder: string, at: number) => ({ holder, durationSeconds: 15, at })

describe("leases", () => {
  it("times have six decimals, as the API server demands of a MicroTime", () => {
    expect(microTime(Date.UTC(2026, 0, 2, 3, 4, 5, 6))).toBe("2026-01-02T03:04:05.006000Z")
  })

  it("taking counts a transition and a new time, renewing neither; the rest of the object stays", () => {
    const made = { ...newLease(ref, claim("a", 0)), extra: 1 }
    const renewed = claimed({ ...made, metadata: { ...made.metadata, resourceVersion: "7" } }, claim("a", 5_000))
    expect(renewed).toMatchObject({ extra: 1, metadata: { resourceVersion: "7" } })
    expect(renewed["spec"]).toEqual({
      holderIdentity: "a",
      leaseDurationSeconds: 15,
      acquireTime: microTime(0),
      renewTime: microTime(5_000),
      leaseTransitions: 0,
    })
    const taken = claimed(released(renewed, 6_000), claim("b", 7_000))
    expect(taken["spec"]).toMatchObject({ holderIdentity: "b", acquireTime: microTime(7_000), leaseTransitions: 1 })
  })

  it("R62: anything reads as some lease, and can be claimed", () => {
    fc.assert(
      fc.property(fc.anything(), (spec) => {
        const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: ref, spec }
        const view = leaseView(lease)
        expect(view.transitions).toBeGreaterThanOrEqual(0)
        expect(leaseView(claimed(lease, claim("me", 0))).holder).toBe("me")
        expect(leaseView(released(lease, 0)).holder).toBe("")
      }),
    )
  })
})
