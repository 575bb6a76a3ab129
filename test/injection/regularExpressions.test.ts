import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import ts from "typescript"
import { describe, expect, it } from "vitest"

interface Found {
  readonly place: string
  readonly expression: RegExp
}

/** Every regular expression of the sources, found by the compiler's own parser, so that a new one is measured without being listed. */
const expressionsOf = (file: string): ReadonlyArray<Found> => {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true)
  const found: Array<Found> = []
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart())
      const end = node.text.lastIndexOf("/")
      found.push({
        place: `${file}:${line + 1} ${node.text}`,
        expression: new RegExp(node.text.slice(1, end), node.text.slice(end + 1)),
      })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => join("src", file))

/** What a careless expression matches in many ways: runs of one character, and words the expression itself is made of. */
const usualUnits = [
  "a",
  "A",
  "0",
  "1",
  "-",
  ".",
  "/",
  " ",
  "\t",
  "\n",
  "_",
  ":",
  "=",
  ";",
  ",",
  "%",
  "a-",
  "a.",
  "a/",
  "1m",
  "0x",
  "é",
  "\\",
]
const unitsFor = ({ source }: RegExp): ReadonlyArray<string> => [
  ...new Set([
    ...usualUnits,
    ...(source.match(/[A-Za-z0-9]{2,}/g) ?? []),
    ...source.replace(/[\\^$()|[\]?+*{}]/g, "").slice(0, 40),
  ]),
]
const ends = ["", "!", "\n", "\u0000"]

/** The shortest of a few tries: a busy machine makes a single one slow. */
const milliseconds = (expression: RegExp, text: string, tries: number): number => {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < tries; round++) {
    const from = performance.now()
    text.replace(expression, "")
    best = Math.min(best, performance.now() - from)
  }
  return best
}

const textOf = (unit: string, end: string, length: number): string =>
  unit.repeat(Math.ceil(length / unit.length)).slice(0, length) + end

const kibibyte = 1024

/** The text that takes longest, of 4 KiB. */
const worstFor = (expression: RegExp): { readonly unit: string; readonly end: string; readonly ms: number } =>
  unitsFor(expression)
    .flatMap((unit) =>
      ends.map((end) => ({ unit, end, ms: milliseconds(expression, textOf(unit, end, 4 * kibibyte), 1) })),
    )
    .reduce((worst, next) => (next.ms > worst.ms ? next : worst))

/** Milliseconds for 100 KiB at the worst; a text eight times as long that takes far more than eight times as long is not even tried. */
const fault = ({ expression, place }: Found): ReadonlyArray<string> => {
  const { unit, end } = worstFor(expression)
  const [short, long] = [2 * kibibyte, 16 * kibibyte].map((length) =>
    milliseconds(expression, textOf(unit, end, length), 5),
  )
  const growth = (long ?? 0) / Math.max(short ?? 0, 0.005)
  if ((long ?? 0) > 2 && growth > 24)
    return [`${place}: ${growth.toFixed(0)} times as long for ${JSON.stringify(unit)}`]
  const ms = milliseconds(expression, textOf(unit, end, 100 * kibibyte), 8)
  return ms > 10 ? [`${place}: ${ms.toFixed(1)} ms for 100 KiB of ${JSON.stringify(unit)}`] : []
}

describe("regular expressions", () => {
  const all = sources.flatMap(expressionsOf)

  it("R128: each takes at most 10 ms for 100 KiB of whatever it likes least", () => {
    expect(all.length).toBeGreaterThan(200)
    expect(all.flatMap(fault)).toEqual([])
  }, 120_000)

  it("R128: none is made of text at run time, but those of definitions and rules in the embedded API server", () => {
    const made = sources.filter((file) => /\bRegExp\(/.test(readFileSync(file, "utf8")))
    expect(made.filter((file) => !file.startsWith("src/testing/kube/custom/"))).toEqual([])
  })

  it("R128: the measure finds an expression that is not linear", () => {
    expect(fault({ place: "here", expression: /\/+$/ })).not.toEqual([])
    expect(fault({ place: "here", expression: /^\/+$/ })).toEqual([])
  })
})
