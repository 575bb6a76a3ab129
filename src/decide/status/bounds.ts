/** Limits that keep a status small whatever goes into it (S5), and the formats of its values. */

const encoder = new TextEncoder()

/** At most `limit` bytes of UTF-8, cut between characters, `...` included when something was cut (behaviour.md Appendix B). */
export const truncated = (text: string, limit: number): string => {
  if (encoder.encode(text).length <= limit) return text
  let bytes = 3
  let kept = ""
  for (const character of text) {
    bytes += encoder.encode(character).length
    if (bytes > limit) break
    kept += character
  }
  return `${kept}...`
}

/** Conditions, reasons of a phase: 1 KiB. */
export const message = (text: string): string => truncated(text, 1024)
/** `status.lastReconcileError`. */
export const errorText = (text: string): string => truncated(text, 256)

/** Entries of a list in the status, and bytes of each. */
export const bounded = (items: ReadonlyArray<string>, count = 8, bytes = 256): ReadonlyArray<string> =>
  items.slice(0, count).map((item) => truncated(item, bytes))

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export const timestamp = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z")

/** Drops the fields that are undefined: absent means "not known". */
export const defined = <A extends object>(values: { readonly [K in keyof A]: A[K] | undefined }): A =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as A
