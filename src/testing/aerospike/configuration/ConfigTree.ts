/** `aerospike.conf` as the server reads it: sections, entries and the line each stands on. Independent of how the operator renders it (S8). */

/** One `name value …` line. The server keeps three values and ignores the rest. */
export interface ConfigEntry {
  readonly name: string
  readonly values: ReadonlyArray<string>
  readonly line: number
}

export interface ConfigSection {
  /** Path as in the parameter table: `network.heartbeat`, `namespace.storage-engine`; `(top)` for the file. */
  readonly context: string
  /** First word of the line: `namespace`, `heartbeat`. Empty for the file. */
  readonly name: string
  /** Second word: the namespace's or set's name, a log file's path, the storage engine. */
  readonly label: string
  readonly line: number
  readonly entries: Array<ConfigEntry>
  readonly sections: Array<ConfigSection>
}

/** The server ends at start. `message` is the line at CRITICAL, without its log prefix. */
export interface StartRefusal {
  readonly message: string
  /** 1 for a refused configuration, 134 (SIGABRT) for storage or sockets that cannot be opened, 139 for SIGSEGV. */
  readonly code: number
}

export const refusal = (message: string, code = 1): StartRefusal => ({ message, code })

/** Longest line the server reads at once, in bytes; what is beyond is read as the next line. */
const lineBytes = 1023

/** Key and up to three values. */
const maxTokens = 4

export interface ConfigLine {
  readonly number: number
  readonly tokens: ReadonlyArray<string>
}

/** Lines with at least one word: cut after 1,023 bytes, `#` begins a comment anywhere, words split at blanks. */
export const configLines = (text: string): ReadonlyArray<ConfigLine> => {
  const lines: Array<ConfigLine> = []
  let number = 0
  const rows = text.split("\n")
  if (rows.at(-1) === "") rows.pop()
  for (const row of rows) {
    for (const part of cut(row)) {
      number += 1
      const uncommented = part.split("#", 1)[0] ?? ""
      const tokens = uncommented.split(/[ \t\r\f\v]+/).filter((token) => token !== "")
      if (tokens.length > 0) lines.push({ number, tokens: tokens.slice(0, maxTokens) })
    }
  }
  return lines
}

const cut = (row: string): ReadonlyArray<string> => {
  if (row.length <= lineBytes / 4) return [row]
  const bytes = Buffer.from(row, "utf8")
  if (bytes.length <= lineBytes) return [row]
  const parts: Array<string> = []
  for (let at = 0; at < bytes.length; at += lineBytes) parts.push(bytes.toString("utf8", at, at + lineBytes))
  return parts
}

/** Last entry of that name: the last value wins. */
export const lastEntry = (section: ConfigSection | undefined, name: string): ConfigEntry | undefined =>
  section?.entries.findLast((entry) => entry.name === name)

export const entriesOf = (section: ConfigSection | undefined, name: string): ReadonlyArray<ConfigEntry> =>
  section?.entries.filter((entry) => entry.name === name) ?? []

/** Sections of that name; two of the same name stay apart except at the top level, where the parser merges them. */
export const sectionsOf = (section: ConfigSection | undefined, name: string): ReadonlyArray<ConfigSection> =>
  section?.sections.filter((child) => child.name === name) ?? []

export const sectionOf = (
  section: ConfigSection | undefined,
  ...path: ReadonlyArray<string>
): ConfigSection | undefined =>
  path.reduce<ConfigSection | undefined>((parent, name) => sectionsOf(parent, name).at(-1), section)
