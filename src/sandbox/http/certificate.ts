/**
 * A certificate for a server on loopback, made at start and never stored: kubectl refuses plain HTTP with a token, and Node can sign but
 * not build certificates. Self-signed, P-256, it is its own authority.
 */
import { generateKeyPairSync, randomBytes, sign } from "node:crypto"
import { bits, boolean, integer, octets, oid, sequence, set, time, tlv, utf8 } from "./der.js"

export interface ServerCertificate {
  /** PEM, for the server and for clients as their authority. */
  readonly certificate: string
  /** PEM, PKCS#8. */
  readonly key: string
}

const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"))

const name = (commonName: string): Buffer => sequence(set(sequence(oid("2.5.4.3"), utf8(commonName))))

const extension = (id: string, isCritical: boolean, value: Buffer): Buffer =>
  sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octets(value))

const alternativeName = (host: string): Buffer =>
  /^\d+(\.\d+){3}$/.test(host) ? tlv(0x87, Buffer.from(host.split(".").map(Number))) : tlv(0x82, Buffer.from(host))

const extensions = (hosts: ReadonlyArray<string>): Buffer =>
  tlv(
    0xa3,
    sequence(
      extension("2.5.29.19", true, sequence(boolean(true))), // basic constraints: an authority
      extension("2.5.29.15", true, tlv(0x03, Buffer.from([2, 0x84]))), // key usage: sign, certSign
      extension("2.5.29.37", false, sequence(oid("1.3.6.1.5.5.7.3.1"))), // server authentication
      extension("2.5.29.17", false, sequence(...hosts.map(alternativeName))),
    ),
  )

const pem = (der: Buffer): string => {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`
}

/** A fresh key and its certificate for `hosts` (IPv4 addresses and names), valid from an hour before `now` for `days`. */
export const makeCertificate = (hosts: ReadonlyArray<string>, now: Date, days = 30): ServerCertificate => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const serial = randomBytes(16)
  serial.writeUInt8(serial.readUInt8(0) | 1, 0)
  const subject = name("acko sandbox")
  const hour = 3_600_000
  const unsigned = sequence(
    tlv(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ecdsaWithSha256,
    subject,
    sequence(time(new Date(now.getTime() - hour)), time(new Date(now.getTime() + days * 24 * hour))),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    extensions(hosts),
  )
  const signature = sign("sha256", unsigned, { key: privateKey, dsaEncoding: "der" })
  return {
    certificate: pem(sequence(unsigned, ecdsaWithSha256, bits(signature))),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  }
}
