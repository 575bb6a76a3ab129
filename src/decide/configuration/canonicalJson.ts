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

/** Code points, one by one. */
const byCodePoints = (a: string, b: string): number => {
  const left = Array.from(a, (character) => character.codePointAt(0) ?? 0)
  const right = Array.from(b, (character) => character.codePointAt(0) ?? 0)
  const at = left.findIndex((point, index) => point !== right[index])
  return at < 0 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1)
}

/** By UTF-8 bytes, which is the order of code points: that of UTF-16 units, which `sort` uses, only while no surrogates take part. */
const sortedKeys = (value: object): ReadonlyArray<string> => {
  const keys = Object.keys(value)
  return keys.some((key) => surrogate.test(key)) ? keys.sort(byCodePoints) : keys.sort()
}

/** `undefined` fields are left out; numbers that JSON cannot carry become null. */
export const canonicalJson = (value: unknown): string => {
  if (typeof value === "string") return text(value)
  if (typeof value === "boolean") return String(value)
  if (typeof value === "number") return Number.isFinite(value) ? (Object.is(value, -0) ? "-0" : String(value)) : "null"
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`
  if (typeof value !== "object" || value === null) return "null"
  let fields = ""
  for (const key of sortedKeys(value)) {
    const field: unknown = Reflect.get(value, key)
    if (field !== undefined) fields += `${fields === "" ? "" : ","}${text(key)}:${canonicalJson(field)}`
  }
  return `{${fields}}`
}
