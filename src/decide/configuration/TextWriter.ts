/** Writes configuration lines and refuses every word the server's parser would split, cut or take for something else. */
import * as Either from "effect/Either"
import type { Json } from "../../domain/Json.js"
import type { SpecProblem } from "../../domain/SpecProblem.js"
import { parameterTable } from "../../domain/serverParameters/ParameterTable.js"
import { kindOf } from "../effective/configTree.js"

/** The server cuts lines after 1,023 bytes and reads the rest as another line. */
const maximumLine = 1000

/** Sections within sections: the server's limit is 7. */
const maximumDepth = 6

/** A ConfigMap holds 1 MiB. */
const maximumText = 768 * 1024

/** Directives that take two words, such as a device and its shadow. All others ignore the second word silently. */
const twoWords = new Set(["device", "file", "context", "mesh-seed-address-port", "tls-mesh-seed-address-port"])

/** Directives that take a number of bytes: Kubernetes spelling (`1Gi`) is translated, the server knows only `1G`. */
const isByteSize = (key: string): boolean => parameterTable().byteSizes.has(key)

/** One word: printable ASCII without space, comment sign, braces, statement separator. */
const word = /^[!"$-:<-z|~]+$/

/** Names of directives and sections: the server compares exactly, in lower case. */
const directive = /^[a-z0-9][a-z0-9_-]{0,63}$/

export class TextWriter {
  private readonly lines: Array<string> = []
  private readonly problems: Array<SpecProblem> = []
  private depth = 0

  /** Records that the tree cannot be written. */
  refuse(path: string, message: string, fix: string): void {
    this.problems.push({ rule: "render", path, message, fix })
  }

  /** `key value`. */
  line(key: string, value: Json, path: string): void {
    const text = this.valueText(key, value, path)
    if (text !== undefined && this.isDirective(key, path)) this.push(`${key} ${text}`, path)
  }

  /** `words {`, the content, `}`. The first word is the directive, a second one its name. */
  block(words: readonly [string, Json?], path: string, content: () => void): void {
    const [key, name] = words
    if (!this.isDirective(key, path)) return
    if (this.depth >= maximumDepth) return this.refuse(path, "sections are nested too deeply", "flatten the tree")
    const text = name === undefined ? "" : this.valueText(key, name, path)
    if (text === undefined) return
    this.push(text === "" ? `${key} {` : `${key} ${text} {`, path)
    this.depth += 1
    content()
    this.depth -= 1
    this.push("}", path)
  }

  /** The text, or everything that was refused. */
  result(path: string): Either.Either<string, ReadonlyArray<SpecProblem>> {
    const text = this.lines.map((line) => `${line}\n`).join("")
    if (text.length > maximumText) this.refuse(path, `the configuration has ${text.length} bytes`, "shorten it")
    return this.problems.length > 0 ? Either.left([...this.problems]) : Either.right(text)
  }

  private push(text: string, path: string): void {
    const line = `${"\t".repeat(this.depth)}${text}`
    if (line.length > maximumLine)
      this.refuse(path, `the line has ${line.length} bytes; the server cuts lines after 1023`, "shorten the value")
    else this.lines.push(line)
  }

  private isDirective(key: string, path: string): boolean {
    if (directive.test(key)) return true
    this.refuse(
      path,
      `${JSON.stringify(key)} is no name of a directive`,
      "use lower-case letters, digits, - and _ only",
    )
    return false
  }

  private valueText(key: string, value: Json, path: string): string | undefined {
    if (typeof value === "boolean") return String(value)
    if (typeof value === "number") return this.numberText(value, path)
    if (typeof value !== "string") {
      this.refuse(path, `a single value is expected, it is ${kindOf(value)}`, "write text, a number, true or false")
      return undefined
    }
    const text = isByteSize(key) ? value.replace(/^(\d+)([KMGTP])i$/, "$1$2") : value
    const words = text.split(" ")
    if (words.length <= (twoWords.has(key) ? 2 : 1) && words.every((part) => word.test(part))) return text
    this.refuse(
      path,
      `${JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)} cannot be written as one value: the server would read something else`,
      "use printable ASCII without spaces, # ; { and }; an empty value is no value",
    )
    return undefined
  }

  private numberText(value: number, path: string): string | undefined {
    if (Number.isInteger(value)) return BigInt(value).toString()
    this.refuse(path, `${value} is no whole number; the server knows no fractions`, "use a whole number")
    return undefined
  }
}
