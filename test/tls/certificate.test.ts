import { X509Certificate } from "node:crypto"
import { describe, expect, it } from "vitest"
import { issue, makeAuthority, selfSigned } from "../../src/tls/certificate.js"

const validity = { from: new Date("2026-01-01T00:00:00Z"), until: new Date("2026-01-31T00:00:00Z") }

describe("certificates made here", () => {
  it("self-signed: its own authority, for loopback only, P-256", () => {
    const { certificate } = selfSigned(["127.0.0.1", "localhost"], new Date("2026-01-01T00:00:00Z"))
    const parsed = new X509Certificate(certificate)
    expect(parsed.checkIP("127.0.0.1")).toBe("127.0.0.1")
    expect(parsed.checkHost("localhost")).toBe("localhost")
    expect(parsed.checkIP("127.0.0.2")).toBeUndefined()
    expect(parsed.ca).toBe(true)
    expect(parsed.verify(parsed.publicKey)).toBe(true)
    expect(parsed.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1")
    expect(new Date(parsed.validTo).getTime() - new Date(parsed.validFrom).getTime()).toBe((30 * 24 + 1) * 3_600_000)
  })

  it("beyond 2049 times have another form", () => {
    expect(
      new X509Certificate(selfSigned(["localhost"], new Date("2049-12-20T00:00:00Z")).certificate).validTo,
    ).toContain("2050")
  })

  it("an authority signs for a server and is none by the server's certificate", () => {
    const authority = makeAuthority("acko test", validity)
    const issuer = new X509Certificate(authority.certificate)
    const leaf = new X509Certificate(issue(authority, ["webhook.acko.svc", "127.0.0.1"], validity).certificate)
    expect([issuer.ca, leaf.ca]).toEqual([true, false])
    expect([issuer.subject, leaf.issuer, leaf.subject]).toEqual(["CN=acko test", "CN=acko test", "CN=webhook.acko.svc"])
    expect(leaf.checkIssued(issuer)).toBe(true)
    expect(leaf.verify(issuer.publicKey)).toBe(true)
    expect(leaf.verify(leaf.publicKey)).toBe(false)
    expect(leaf.checkHost("webhook.acko.svc")).toBe("webhook.acko.svc")
    expect([leaf.validFrom, leaf.validTo].map((text) => new Date(text))).toEqual([validity.from, validity.until])
    expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"])
  })
})
