/**
 * Certificates made in this process and never stored: Node can sign, but not build them. P-256 with SHA-256, as every client of the API
 * server accepts it.
 */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto"
import { bits, boolean, integer, octets, oid, sequence, set, time, tlv, utf8 } from "./der.js"

/** What a server shows, and proves to have. */
export interface ServerCertificate {
  /** PEM; the server's own first, then those between it and the authority. */
  readonly certificate: string
  /** PEM. */
  readonly key: string
}

/** From when to when something is valid; certificates know whole seconds. */
export interface Validity {
  readonly from: Date
  readonly until: Date
}

/** A certificate authority whose key lives in memory only: with the process, the power to sign is gone. */
export interface Authority extends Validity {
  /** Common name. */
  readonly name: string
  /** PEM: what clients are given to trust. */
  readonly certificate: string
  readonly key: KeyObject
}

interface Content {
  readonly subject: string
  readonly issuer: string
  readonly validity: Validity
  readonly subjectKey: KeyObject
  readonly issuerKey: { readonly private: KeyObject; readonly public: KeyObject }
  readonly extensions: ReadonlyArray<Buffer>
}

const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"))

const distinguishedName = (commonName: string): Buffer => sequence(set(sequence(oid("2.5.4.3"), utf8(commonName))))

const extension = (id: string, isCritical: boolean, value: Buffer): Buffer =>
  sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octets(value))

const alternativeName = (host: string): Buffer =>
  /^\d+(\.\d+){3}$/.test(host) ? tlv(0x87, Buffer.from(host.split(".").map(Number))) : tlv(0x82, Buffer.from(host))

const basicConstraints = (isAuthority: boolean): Buffer =>
  extension("2.5.29.19", true, sequence(...(isAuthority ? [boolean(true)] : [])))

/** A bit string: how many bits of the byte are unused, and the byte. */
const keyUsage = (unused: number, usage: number): Buffer =>
  extension("2.5.29.15", true, tlv(0x03, Buffer.from([unused, usage])))
const signs = 0x80
const signsCertificates = 0x04

const forServers = (hosts: ReadonlyArray<string>): ReadonlyArray<Buffer> => [
  extension("2.5.29.37", false, sequence(oid("1.3.6.1.5.5.7.3.1"))), // server authentication
  extension("2.5.29.17", false, sequence(...hosts.map(alternativeName))),
]

const spki = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" })

/** Tells authorities apart that share a bundle. */
const keyId = (key: KeyObject): Buffer => createHash("sha256").update(spki(key)).digest().subarray(0, 20)

const keyIds = (subject: KeyObject, issuer: KeyObject): ReadonlyArray<Buffer> => [
  extension("2.5.29.14", false, octets(keyId(subject))),
  extension("2.5.29.35", false, sequence(tlv(0x80, keyId(issuer)))),
]

const serialNumber = (): Buffer => {
  const serial = randomBytes(16)
  serial.writeUInt8(serial.readUInt8(0) | 1, 0)
  return serial
}

const pem = (der: Buffer): string => {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`
}

const build = ({ subject, issuer, validity, subjectKey, issuerKey, extensions }: Content): string => {
  const unsigned = sequence(
    tlv(0xa0, integer(Buffer.from([2]))),
    integer(serialNumber()),
    ecdsaWithSha256,
    distinguishedName(issuer),
    sequence(time(validity.from), time(validity.until)),
    distinguishedName(subject),
    spki(subjectKey),
    tlv(0xa3, sequence(...extensions, ...keyIds(subjectKey, issuerKey.public))),
  )
  const signature = sign("sha256", unsigned, { key: issuerKey.private, dsaEncoding: "der" })
  return pem(sequence(unsigned, ecdsaWithSha256, bits(signature)))
}

const newKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  return { private: privateKey, public: publicKey }
}

const pkcs8 = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString()

/** A fresh authority. `name`: common name; authorities that share a bundle need different ones. */
export const makeAuthority = (name: string, validity: Validity): Authority => {
  const key = newKey()
  const certificate = build({
    subject: name,
    issuer: name,
    validity,
    subjectKey: key.public,
    issuerKey: key,
    extensions: [basicConstraints(true), keyUsage(2, signsCertificates)],
  })
  return { ...validity, name, certificate, key: key.private }
}

/** A fresh key and `authority`'s certificate for a server that is reached as `hosts` (IPv4 addresses and names). */
export const issue = (
  authority: Pick<Authority, "name" | "key">,
  hosts: ReadonlyArray<string>,
  validity: Validity,
): ServerCertificate => {
  const key = newKey()
  const certificate = build({
    subject: hosts[0] ?? "server",
    issuer: authority.name,
    validity,
    subjectKey: key.public,
    issuerKey: { private: authority.key, public: createPublicKey(authority.key) },
    extensions: [basicConstraints(false), keyUsage(7, signs), ...forServers(hosts)],
  })
  return { certificate, key: pkcs8(key.private) }
}

const hourMs = 3_600_000

/** A server on loopback that is its own authority, valid from an hour before `now` for `days`. */
export const selfSigned = (hosts: ReadonlyArray<string>, now: Date, days = 30): ServerCertificate => {
  const key = newKey()
  const name = "acko sandbox"
  const certificate = build({
    subject: name,
    issuer: name,
    validity: { from: new Date(now.getTime() - hourMs), until: new Date(now.getTime() + days * 24 * hourMs) },
    subjectKey: key.public,
    issuerKey: key,
    extensions: [basicConstraints(true), keyUsage(2, signs | signsCertificates), ...forServers(hosts)],
  })
  return { certificate, key: pkcs8(key.private) }
}
