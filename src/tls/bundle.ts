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
  /** How many authorities of other servers stay: those that joined, or moved to the end, last. Default 16. */
  readonly limit?: number
}

/**
 * The bundle with this server's authorities, and without those of its former runs, those that are expired and the first ones beyond the limit.
 * Certificates that are not ours to manage stay. The same certificates in the same order when nothing changes.
 *
 * Nobody can tell the authority of a server that is gone from that of a quiet one: both stay, and the former harms nobody, since its key went
 * with the server. A server that sees half of the limit behind its own authorities moves them to the end, so it is never among those that go.
 */
export const mergedBundle = ({ present, own, now, limit = 16 }: BundleChange): string => {
  const before = certificatesIn(present)
  const mine = own.flatMap(certificatesIn)
  const myNames = new Set(mine.map(commonName))
  const isMine = (certificate: X509Certificate) => myNames.has(commonName(certificate))
  const isManaged = (certificate: X509Certificate) => commonName(certificate).startsWith(authorityPrefix)
  const isLive = (certificate: X509Certificate) => new Date(certificate.validTo).getTime() > now.getTime()

  const others = before.filter((certificate) => isLive(certificate) && !isMine(certificate))
  const forgotten = new Set(others.filter(isManaged).slice(0, -limit))
  const wanted = [...others.filter((certificate) => !forgotten.has(certificate)), ...mine]

  const seen = new Map(wanted.map((certificate) => [certificate.fingerprint256, certificate]))
  const isSame = before.length === seen.size && before.every(({ fingerprint256 }) => seen.has(fingerprint256))
  const behind = before.slice(before.findIndex(isMine)).filter((other) => isManaged(other) && !isMine(other)).length
  return (isSame && behind < limit / 2 ? before : [...seen.values()])
    .map((certificate) => certificate.toString())
    .join("")
}
