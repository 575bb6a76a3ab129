/**
 * What must not be repeated of an object we sent. An API server quotes what it refuses (`Invalid value: …`), a foreign webhook may quote all of
 * it, and errors end up in conditions, events and logs that more people read than the object itself (S7).
 */

/** Lists of pods whose entries have a `value` that is often a password or a token. */
const confidentialLists: ReadonlySet<string> = new Set(["env", "httpHeaders"])

/** Shorter values are no secrets, and occur in any text by chance. */
const minimumLength = 6

const valuesIn = (entries: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  entries.flatMap((entry) =>
    typeof entry === "object" && entry !== null && "value" in entry && typeof entry.value === "string"
      ? [entry.value]
      : [],
  )

/** Every confidential value below `sent`, the longest first: one may contain another. */
const confidentialValues = (sent: unknown): ReadonlyArray<string> => {
  const found = new Set<string>()
  const open: Array<unknown> = [sent]
  while (open.length > 0) {
    const node = open.pop()
    if (typeof node !== "object" || node === null) continue
    for (const [key, value] of Object.entries(node)) {
      if (confidentialLists.has(key) && Array.isArray(value)) for (const text of valuesIn(value)) found.add(text)
      open.push(value)
    }
  }
  return [...found].filter(({ length }) => length >= minimumLength).sort((a, b) => b.length - a.length)
}

/** The same text as quoted by programs that escape it. */
const spellings = (value: string): ReadonlyArray<string> => {
  const quoted = JSON.stringify(value).slice(1, -1)
  return quoted === value ? [value] : [quoted, value]
}

/** Takes the confidential values of `sent` out of the text of an answer to it: environment variables and HTTP headers of pods. */
export const withoutConfidential = (sent: unknown): ((text: string) => string) => {
  const words = confidentialValues(sent).flatMap(spellings)
  return (text) => words.reduce((left, word) => left.replaceAll(word, "(not shown)"), text)
}
