/**
 * JSON exactly as Go's encoder writes it: keys in byte order, no spaces, `<`, `>`, `&`, U+2028 and U+2029 escaped, shortest numbers
 * (behaviour.md §0.4). Hashes over it are equal to those of the reference operator.
 */

const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\b": "\\b",
  "\f": "\\f",
}

/** Quote, backslash, `<`, `>`, `&`, the two line separators and everything below a space. */
const needsEscape = /["\\<>&\u2028\u2029\u0000-\u001f]/g

const escaped = (character: string): string =>
  short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Text without anything to escape: nearly all there is. */
const plain = /^[ !#-%'-;=?-[\]-~]*$/

/** Half of a surrogate pair is no text: Go reads it as the replacement character. */
const text = (value: string): string =>
  plain.test(value)
    ? `"${value}"`
    : `"${value
        .replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, "\uFFFD")
        .replace(needsEscape, escaped)}"`

const surrogate = /[\uD800-\uDFFF]/

/** By UTF-8 bytes, which is the order of code points: that of UTF-16 units only while no surrogates take part. */
const byBytes = (a: string, b: string): number => {
  if (!surrogate.test(a) && !surrogate.test(b)) return a < b ? -1 : a > b ? 1 : 0
  const left = Array.from(a, (character) => character.codePointAt(0) ?? 0)
  const right = Array.from(b, (character) => character.codePointAt(0) ?? 0)
  const at = left.findIndex((point, index) => point !== right[index])
  return at < 0 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1)
}

/** `undefined` fields are left out; numbers that JSON cannot carry become null. */
export const canonicalJson = (value: unknown): string => {
  if (typeof value === "string") return text(value)
  if (typeof value === "boolean") return String(value)
  if (typeof value === "number") return Number.isFinite(value) ? (Object.is(value, -0) ? "-0" : String(value)) : "null"
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`
  if (typeof value !== "object" || value === null) return "null"
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => byBytes(a, b))
  return `{${fields.map(([key, field]) => `${text(key)}:${canonicalJson(field)}`).join(",")}}`
}
