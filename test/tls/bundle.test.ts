import { X509Certificate } from "node:crypto"
import { describe, expect, it } from "vitest"
import { authorityPrefix, certificatesIn, mergedBundle } from "../../src/tls/bundle.js"
import { makeAuthority } from "../../src/tls/certificate.js"

const day = 24 * 3_600_000
const now = new Date("2026-06-01T00:00:00Z")
const after = (days: number) => new Date(now.getTime() + days * day)
const authority = (name: string, fromDays = -1, untilDays = 30) =>
  makeAuthority(name, { from: after(fromDays), until: after(untilDays) }).certificate
const managed = (replica: string, fromDays = -1, untilDays = 30) =>
  authority(`${authorityPrefix}${replica}`, fromDays, untilDays)
const names = (bundle: string) => certificatesIn(bundle).map(({ subject }) => subject.replace("CN=", ""))

describe("a bundle of several replicas", () => {
  it("each adds its own and leaves the others'; nothing changes when it is there", () => {
    const [a, b] = [managed("a"), managed("b")]
    const first = mergedBundle({ present: "", own: [a], now })
    const both = mergedBundle({ present: first, own: [b], now })
    expect(names(both)).toEqual([`${authorityPrefix}a`, `${authorityPrefix}b`])
    expect(mergedBundle({ present: both, own: [a], now })).toBe(both)
    expect(mergedBundle({ present: both, own: [b], now })).toBe(both)
  })

  it("a replica that starts again replaces what it had", () => {
    const [old, other, fresh] = [managed("a"), managed("b"), managed("a")]
    const bundle = mergedBundle({ present: old + other, own: [fresh], now })
    expect(certificatesIn(bundle).map(({ fingerprint256 }) => fingerprint256)).toEqual(
      [other, fresh].map((pem) => new X509Certificate(pem).fingerprint256),
    )
  })

  it("expired ones and the oldest beyond the limit go, certificates of others stay", () => {
    const present = [managed("gone", -60, -1), authority("company", -500, 500)]
      .concat([5, 4, 3, 2].map((age) => managed(`pod-${age}`, -age)))
      .join("")
    const bundle = mergedBundle({ present, own: [managed("me")], now, limit: 2 })
    expect(names(bundle)).toEqual([
      "company",
      `${authorityPrefix}pod-3`,
      `${authorityPrefix}pod-2`,
      `${authorityPrefix}me`,
    ])
  })

  it("R134: who lives is never forgotten, however many come and go after it", () => {
    let bundle = mergedBundle({ present: "", own: [managed("alive", -100, 100)], now, limit: 4 })
    const alive = bundle
    for (let i = 0; i < 20; i += 1) {
      bundle = mergedBundle({ present: bundle, own: [managed(`pod-${i}`)], now, limit: 4 })
      expect(names(bundle)).toContain(`${authorityPrefix}alive`)
      bundle = mergedBundle({ present: bundle, own: [alive], now, limit: 4 })
    }
    expect(names(bundle)).toHaveLength(5)
    // Two that take turns come to rest.
    const [a, b] = [managed("a"), managed("b")]
    for (const own of [a, b, a, b]) bundle = mergedBundle({ present: bundle, own: [own], now, limit: 4 })
    expect(mergedBundle({ present: bundle, own: [a], now, limit: 4 })).toBe(bundle)
    expect(mergedBundle({ present: bundle, own: [b], now, limit: 4 })).toBe(bundle)
  })

  it("what cannot be read is dropped, whatever it is", () => {
    const me = managed("me")
    for (const junk of ["no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "\u0000"]) {
      expect(names(mergedBundle({ present: junk, own: [me], now }))).toEqual([`${authorityPrefix}me`])
    }
  })
})
