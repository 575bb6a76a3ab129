/** The few DER encodings an X.509 certificate needs (ITU-T X.690). */

const length = (n: number): Buffer => {
  if (n < 128) return Buffer.from([n])
  const bytes: Array<number> = []
  for (let rest = n; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return Buffer.from([128 + bytes.length, ...bytes])
}

/** Tag, length, content. */
export const tlv = (tag: number, ...content: ReadonlyArray<Buffer>): Buffer => {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag]), length(body.length), body])
}

export const sequence = (...parts: ReadonlyArray<Buffer>): Buffer => tlv(0x30, ...parts)
export const set = (...parts: ReadonlyArray<Buffer>): Buffer => tlv(0x31, ...parts)
export const octets = (content: Buffer): Buffer => tlv(0x04, content)
/** A bit string of whole bytes. */
export const bits = (content: Buffer): Buffer => tlv(0x03, Buffer.from([0]), content)
export const boolean = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 255 : 0]))
export const utf8 = (text: string): Buffer => tlv(0x0c, Buffer.from(text, "utf8"))

/** A positive integer, big-endian. */
export const integer = (bytes: Buffer): Buffer =>
  tlv(0x02, (bytes[0] ?? 0) >= 128 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)

/** `1.2.840…` */
export const oid = (text: string): Buffer => {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number)
  const base128 = (n: number): ReadonlyArray<number> => {
    const bytes = [n % 128]
    for (let left = Math.floor(n / 128); left > 0; left = Math.floor(left / 128)) bytes.unshift((left % 128) + 128)
    return bytes
  }
  return tlv(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** `YYYYMMDDHHMMSSZ`, or the two-digit year form that certificates must use before 2050. */
export const time = (date: Date): Buffer => {
  const digits = date.toISOString().replace(/[-:T]/g, "").slice(0, 14)
  return date.getUTCFullYear() < 2050
    ? tlv(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : tlv(0x18, Buffer.from(`${digits}Z`))
}
