/** The resources of a text: YAML with several documents, JSON, and lists of resources, each with its place. */
import * as Either from "effect/Either"
import { type Document, isCollection, isNode, LineCounter } from "yaml"
import { isObject, kindOf } from "../../decide/effective/configTree.js"
import type { JsonObject } from "../../domain/Json.js"
import { parseYaml, yamlFaults } from "./yaml.js"

/** One resource of a file. */
export interface Entry {
  readonly file: string
  /** Line of the resource (from 1). */
  readonly line: number
  readonly object: JsonObject
  /** Line of a field such as `spec.racks[0].id`, or of the nearest thing around it. */
  readonly lineOf: (path: string) => number
}

/** A text that cannot be read as resources. */
export interface Unreadable {
  readonly file: string
  readonly line: number
  readonly message: string
  readonly fix: string
}

export interface Contents {
  readonly entries: ReadonlyArray<Entry>
  readonly unreadable: ReadonlyArray<Unreadable>
}

type Step = string | number

/** `spec.racks[0].id` as keys. Keys with dots in them cannot be told from two keys; whoever looks takes the longest that exists. */
export const steps = (path: string): ReadonlyArray<Step> =>
  [...path.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([text, index]) => (index === undefined ? text : Number(index)))

/** The value at a path; undefined where there is none. */
export const valueAt = (object: unknown, path: string): unknown =>
  steps(path).reduce<unknown>((at, step) => {
    if (Array.isArray(at)) return at[Number(step)] as unknown
    return isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined
  }, object)

const makeLineOf =
  (document: Document, lines: LineCounter, base: ReadonlyArray<Step>) =>
  (path: string): number => {
    let at: unknown = document.contents
    let line = 1
    for (const step of [...base, ...steps(path)]) {
      if (isNode(at) && at.range) line = lines.linePos(at.range[0]).line
      if (!isCollection(at)) return line
      at = at.get(step, true)
    }
    return isNode(at) && at.range ? lines.linePos(at.range[0]).line : line
  }

/** Aliases can make a small text enormous: the library's limit on them throws. */
const plain = (document: Document): Either.Either<unknown, string> =>
  Either.try({ try: (): unknown => document.toJS({ maxAliasCount: 100 }), catch: String })

const isList = (object: JsonObject): boolean =>
  typeof object["kind"] === "string" && /List$/.test(object["kind"]) && Array.isArray(object["items"])

type Problem = Pick<Unreadable, "message" | "fix">

const problemOf = (object: unknown): Problem | undefined => {
  if (!isObject(object))
    return {
      message: `not a Kubernetes object: it is ${kindOf(object)}`,
      fix: "write a map with apiVersion, kind and metadata",
    }
  const missing = ["apiVersion", "kind"].filter((key) => typeof object[key] !== "string" || object[key] === "")
  const names = missing.join(" and ")
  return missing.length === 0
    ? undefined
    : { message: `not a Kubernetes object: ${names} missing`, fix: `add ${names}, as text` }
}

const read = (file: string, text: string, document: Document, lines: LineCounter): Contents => {
  const faults = yamlFaults(document, text)
  if (faults.length > 0) return { entries: [], unreadable: faults.map((fault) => ({ file, ...fault })) }
  const entries: Array<Entry> = []
  const unreadable: Array<Unreadable> = []
  const visit = (object: unknown, base: ReadonlyArray<Step>): void => {
    const lineOf = makeLineOf(document, lines, base)
    if (isObject(object) && isList(object)) {
      const { items } = object
      if (Array.isArray(items)) items.forEach((item: unknown, index) => visit(item, [...base, "items", index]))
      return
    }
    const problem = problemOf(object)
    if (problem !== undefined) unreadable.push({ file, line: lineOf(""), ...problem })
    else if (isObject(object)) entries.push({ file, line: lineOf(""), object, lineOf })
  }
  Either.match(plain(document), {
    onLeft: (message) => void unreadable.push({ file, line: 1, message, fix: "use fewer aliases" }),
    // Empty documents, as a file that ends with --- has one.
    onRight: (object) => (object === null || object === undefined ? undefined : visit(object, [])),
  })
  return { entries, unreadable }
}

/** Everything a text holds. `file`: what to call it. */
export const readDocuments = (file: string, text: string): Contents => {
  const lines = new LineCounter()
  const parts = parseYaml(text, lines).map((document) => read(file, text, document, lines))
  return {
    entries: parts.flatMap(({ entries }) => entries),
    unreadable: parts.flatMap(({ unreadable }) => unreadable),
  }
}
