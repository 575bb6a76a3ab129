/** Kubernetes quantities (`500m`, `1Gi`, `1e3`): exact comparison, without floating point. */

const suffixes: Readonly<Record<string, { readonly numerator: bigint; readonly denominator: bigint }>> = {
  n: { numerator: 1n, denominator: 10n ** 9n },
  u: { numerator: 1n, denominator: 10n ** 6n },
  m: { numerator: 1n, denominator: 1000n },
  "": { numerator: 1n, denominator: 1n },
  k: { numerator: 1000n, denominator: 1n },
  M: { numerator: 1000n ** 2n, denominator: 1n },
  G: { numerator: 1000n ** 3n, denominator: 1n },
  T: { numerator: 1000n ** 4n, denominator: 1n },
  P: { numerator: 1000n ** 5n, denominator: 1n },
  E: { numerator: 1000n ** 6n, denominator: 1n },
  Ki: { numerator: 1024n, denominator: 1n },
  Mi: { numerator: 1024n ** 2n, denominator: 1n },
  Gi: { numerator: 1024n ** 3n, denominator: 1n },
  Ti: { numerator: 1024n ** 4n, denominator: 1n },
  Pi: { numerator: 1024n ** 5n, denominator: 1n },
  Ei: { numerator: 1024n ** 6n, denominator: 1n },
}

/** In billionths, rounded up as the API server does; undefined for what is no quantity. */
export const nanos = (value: unknown): bigint | undefined => {
  const text = typeof value === "number" ? String(value) : value
  if (typeof text !== "string" || text.length > 64) return undefined
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,2})|([A-Za-z]{1,2}))?$/.exec(text)
  if (match === null) return undefined
  const [, sign = "", whole = "", fraction = "", exponent, suffix = ""] = match
  if (whole === "" && fraction === "") return undefined
  const scale = suffixes[suffix]
  if (scale === undefined) return undefined
  const power = exponent === undefined ? 0 : Number(exponent)
  let numerator = BigInt(`${whole}${fraction}`) * scale.numerator * 10n ** 9n * 10n ** BigInt(Math.max(power, 0))
  const denominator = 10n ** BigInt(fraction.length) * scale.denominator * 10n ** BigInt(Math.max(-power, 0))
  numerator = (numerator + denominator - 1n) / denominator
  return sign === "-" ? -numerator : numerator
}
