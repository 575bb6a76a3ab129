/** Kubernetes quantities: the server stores them in canonical form (`1024Mi` → `1Gi`, `0.5` → `500m`), which a comparison must expect. */

const binary: Readonly<Record<string, bigint>> = {
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
  Ei: 1n << 60n,
}
const decimal: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }

const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE]([+-]?\d+))?$/

/** Nano units: the finest a quantity resolves to; finer values are rounded up. */
const nano = (whole: string, fraction: string, factor: bigint, exponent: number): bigint => {
  const digits = BigInt(whole + fraction) * factor
  const shift = exponent - fraction.length + 9
  if (shift >= 0) return digits * 10n ** BigInt(shift)
  const divisor = 10n ** BigInt(-shift)
  return (digits + divisor - 1n) / divisor
}

const decimalText = (value: bigint, scientific: boolean): string => {
  let rest = value
  let exponent = -9
  while (rest !== 0n && rest % 1000n === 0n && exponent < 18) {
    rest /= 1000n
    exponent += 3
  }
  if (scientific) return exponent === 0 ? `${rest}` : `${rest}e${exponent}`
  const suffix = Object.keys(decimal).find((key) => decimal[key] === exponent) ?? ""
  return `${rest}${suffix}`
}

const binaryText = (value: bigint): string => {
  let rest = value
  let suffix = ""
  for (const [name, factor] of Object.entries(binary)) {
    if (rest === 0n || value % factor !== 0n) break
    rest = value / factor
    suffix = name
  }
  return `${rest}${suffix}`
}

/** The canonical form, or undefined when `text` is no quantity. */
export const canonicalQuantity = (text: string): string | undefined => {
  const match = pattern.exec(text.trim())
  if (match === null) return undefined
  const [, sign = "", whole = "", fraction = "", suffix = "", scientific] = match
  if (whole === "" && fraction === "") return undefined
  const factor = binary[suffix] ?? 1n
  const exponent = scientific === undefined ? (decimal[suffix] ?? 0) : Number(scientific)
  const value = nano(whole || "0", fraction, factor, exponent)
  if (value === 0n) return "0"
  const minus = sign === "-" ? "-" : ""
  const unit = 1_000_000_000n
  if (binary[suffix] !== undefined && value % unit === 0n && value / unit >= 1024n)
    return minus + binaryText(value / unit)
  return minus + decimalText(value, scientific !== undefined)
}

/** Value in nano units; 0 for what is no quantity. For comparisons. */
export const quantityValue = (text: string): bigint => {
  const match = pattern.exec(text.trim())
  if (match === null) return 0n
  const [, sign = "", whole = "", fraction = "", suffix = "", scientific] = match
  const exponent = scientific === undefined ? (decimal[suffix] ?? 0) : Number(scientific)
  const value = nano(whole || "0", fraction, binary[suffix] ?? 1n, exponent)
  return sign === "-" ? -value : value
}
