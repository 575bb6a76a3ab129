/**
 * Bundles of authorities: what several servers behind one name need, each with an authority of its own. Every server adds its own
 * certificate and leaves those of the others, so that clients trust all of them.
 */
import { X509Certificate } from "node:crypto"

const block = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

const readCertificate = (pem: string): X509Certificate | undefined => {
  try {
    return new X509Certificate(pem)
  } catch {
    // Nobody can trust what nobody can read: it is dropped from bundles.
    return undefined
  }
}

/** The certificates of a PEM text, in order; what cannot be read is left out. */
export const certificatesIn = (pem: string): ReadonlyArray<X509Certificate> =>
  (pem.match(block) ?? []).flatMap((text) => readCertificate(text) ?? [])

const commonName = (certificate: X509Certificate): string => /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? ""

/** Names of authorities that {@link mergedBundle} may remove begin with this. */
export const authorityPrefix = "acko-webhook "

export interface BundleChange {
  /** PEM, as it is now; empty: none. */
  readonly present: string
  /** PEM of this server's authorities. Their common names are `authorityPrefix` and the server's name. */
  readonly own: ReadonlyArray<string>
  readonly now: Date
  /** How many authorities of other servers stay, the newest first. Default 16: who comes back adds itself again. */
  readonly limit?: number
}

/**
 * The bundle with this server's authorities, and without those of its former runs, those that are expired and the oldest beyond the limit.
 * Certificates that are not ours to manage stay. The same certificates in the same order when nothing changes.
 */
export const mergedBundle = ({ present, own, now, limit = 16 }: BundleChange): string => {
  const mine = own.flatMap(certificatesIn)
  const myNames = new Set(mine.map(commonName))
  const isLive = (certificate: X509Certificate) => new Date(certificate.validTo).getTime() > now.getTime()
  const others = certificatesIn(present).filter(
    (certificate) => isLive(certificate) && !myNames.has(commonName(certificate)),
  )
  const age = (certificate: X509Certificate) => new Date(certificate.validFrom).getTime()
  const managed = others
    .filter((certificate) => commonName(certificate).startsWith(authorityPrefix))
    .sort((a, b) => age(b) - age(a))
  const forgotten = new Set(managed.slice(limit))
  const kept = others.filter((certificate) => !forgotten.has(certificate))
  const wanted = [...kept, ...mine]
  const seen = new Map(wanted.map((certificate) => [certificate.fingerprint256, certificate]))
  const before = certificatesIn(present)
  const isSame = before.length === seen.size && before.every(({ fingerprint256 }) => seen.has(fingerprint256))
  return (isSame ? before : [...seen.values()]).map((certificate) => certificate.toString()).join("")
}
