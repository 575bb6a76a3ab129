/** Whether a text is nothing but data: two results that differ in one text of the resource have the same form, and differ nowhere else. */
import type { ConfNode } from "../support/aerospikeConf.js"

/** What stood in the place. */
export interface Pair {
  readonly harmless: string
  readonly text: string
}

/** How a value may be written: `1Gi` is `1G` to the server, `$$` is `$` to Kubernetes. */
const spellings = (text: string): ReadonlyArray<string> => [
  text,
  text.replace(/^(\d+)([KMGTP])i$/, "$1$2"),
  text.replaceAll("$", () => "$$"),
]

/** One text instead of the other, everywhere or in one place: a word such as `info` may stand beside the user's own. */
const isPut = (before: string, after: string, old: string, now: string): boolean => {
  const parts = before.split(old)
  return (
    parts.length > 1 &&
    (parts.join(now) === after ||
      parts.some((_, at) => at > 0 && [parts.slice(0, at).join(old), parts.slice(at).join(old)].join(now) === after))
  )
}

/** One text where the other was: the same with one inside replaced by the other, or a part of it (a directory of a path). */
const isReplaced = (before: string, after: string, { harmless, text }: Pair): boolean =>
  spellings(harmless).some((old) => spellings(text).some((now) => isPut(before, after, old, now))) ||
  (after !== "" && text.startsWith(after) && harmless.startsWith(before))

const isSame = (a: ConfNode, b: ConfNode): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Without what is the same in both, whatever the order: directives are sorted by their names, and a name may be what differs. */
const different = (
  before: ReadonlyArray<ConfNode>,
  after: ReadonlyArray<ConfNode>,
): readonly [ReadonlyArray<ConfNode>, ReadonlyArray<ConfNode>] => {
  const left = [...after]
  const gone = before.filter((node) => {
    const at = left.findIndex((other) => isSame(node, other))
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
  return [gone, left]
}

/** Differences of two files that are more than the value, or the name, of one directive. */
export const confFaults = (
  before: ReadonlyArray<ConfNode>,
  after: ReadonlyArray<ConfNode>,
  pair: Pair,
  path = "",
): ReadonlyArray<string> => {
  const [gone, come] = different(before, after)
  // What is never written may be left out, such as `security`.
  if (come.length === 0 && gone.every(({ words }) => words.join(" ").includes(pair.harmless))) return []
  if (gone.length !== come.length)
    return [`${path || "the file"}: ${after.length} directives instead of ${before.length}`]
  return gone.flatMap((node, index) => {
    const other = come[index]
    const at = `${path}/${node.words.join(" ")}`
    if (other === undefined) return [`${at} is missing`]
    const [old, now] = [node.words.join(" "), other.words.join(" ")]
    return [
      ...(old === now || isReplaced(old, now, pair) ? [] : [`${at}: it became ${JSON.stringify(now)}`]),
      ...((node.children === undefined) !== (other.children === undefined) ? [`${at}: section and line`] : []),
      ...confFaults(node.children ?? [], other.children ?? [], pair, at),
    ]
  })
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Names of directories in scratch space are hashes of their paths. */
const isHash = (value: unknown): boolean => typeof value === "string" && /^[0-9a-f]{8}$/.test(value)

/** A port can be a number where the resource has a text. */
const isScalar = (value: unknown): value is string | number => typeof value === "string" || typeof value === "number"

/** An empty text counts as none: a default may take its place. */
const isAbsent = ({ text }: Pair): boolean => text === ""

const scalarFaults = (before: unknown, after: unknown, pair: Pair, path: string): ReadonlyArray<string> => {
  const isData =
    before === after ||
    (isAbsent(pair) && before === pair.harmless) ||
    (isHash(before) && isHash(after)) ||
    (isScalar(before) && isScalar(after) && isReplaced(String(before), String(after), pair))
  return isData ? [] : [`${path} was ${JSON.stringify(before)} and is ${JSON.stringify(after)}`]
}

/** An empty text is an absent one, and `security` is never written. */
const leftOut = new Set(["", "security"])

const mapFaults = (
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  pair: Pair,
  path: string,
): ReadonlyArray<string> => {
  const known = new Set<string>()
  const found = Object.entries(before).flatMap(([key, value]) => {
    const name = Object.hasOwn(after, key)
      ? key
      : Object.keys(after).find((other) => !Object.hasOwn(before, other) && isReplaced(key, other, pair))
    if (name === undefined) return leftOut.has(pair.text) ? [] : [`${path}.${key} is gone`]
    known.add(name)
    return shapeFaults(value, after[name], pair, `${path}.${key}`)
  })
  return [...found, ...Object.keys(after).flatMap((key) => (known.has(key) ? [] : [`${path}.${key} is new`]))]
}

/** Differences of two values that are more than one text in the place of the other. */
export const shapeFaults = (before: unknown, after: unknown, pair: Pair, path: string): ReadonlyArray<string> => {
  if (Array.isArray(before) && Array.isArray(after))
    return before.length === after.length
      ? before.flatMap((item, index) => shapeFaults(item, after[index], pair, `${path}[${index}]`))
      : [`${path} has ${after.length} items instead of ${before.length}`]
  if (isMap(before) && isMap(after)) return mapFaults(before, after, pair, path)
  return scalarFaults(before, after, pair, path)
}
