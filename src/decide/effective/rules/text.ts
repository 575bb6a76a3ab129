/**
 * The shape of a resource before anything reads it: neither so deep nor with such keys that reading it would go wrong (R115), and no
 * character that could end a line or turn the direction of text in whatever the value ends up in (R117, R118, R128). Never recursive: it is
 * what protects the functions that are.
 */
import type { SpecProblem } from "../../../domain/SpecProblem.js"
import { when } from "./problem.js"

/** Levels of maps and lists in a resource. The deepest legitimate ones (affinity of a pod) have about 20. */
export const maximumDepth = 64

/** Entries of one list or map, and of a resource in all. Legitimate resources have a tenth; judging a megabyte of them would take seconds. */
export const maximumEntries = 1000
export const maximumValues = 10_000

/** Findings of one kind that are listed one by one. */
const maximumFindings = 20

/** Control characters, line separators, marks that change the direction of text, halves of surrogate pairs. */
const forbidden = /[\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u

/** What stands below these is free text, or is judged by rules of its own. */
const isExempt = (key: string, path: string): boolean =>
  key === "annotations" ||
  key === "customRules" ||
  key === "env" ||
  key === "description" ||
  key === "aerospikeConfig" ||
  (path === "spec.podSpec" && (key === "sidecars" || key === "initContainers"))

interface Visit {
  readonly value: unknown
  readonly path: string
  readonly depth: number
  readonly isFreeText: boolean
}

const characterProblem = (text: string, path: string, what: string): ReadonlyArray<SpecProblem> =>
  when(
    forbidden.test(text),
    "characters",
    path,
    `${what} ${JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)} contains a control or direction character`,
    "write it as plain text in one line",
  )

const keyProblems = (key: string, { path, isFreeText }: Visit): ReadonlyArray<SpecProblem> => [
  ...when(
    key === "__proto__",
    "key.reserved",
    path,
    "__proto__ cannot be a key: it means something else to many programs",
    "rename the key",
  ),
  ...(isFreeText ? [] : characterProblem(key, path, "the key")),
]

const below = (visit: Visit): ReadonlyArray<Visit> => {
  const { value, path, depth } = visit
  if (typeof value !== "object" || value === null) return []
  if (Array.isArray(value))
    return value.map((item: unknown, index) => ({ ...visit, value: item, path: `${path}[${index}]`, depth: depth + 1 }))
  return Object.entries(value).map(([key, item]: [string, unknown]) => ({
    value: item,
    path: `${path}.${key}`,
    depth: depth + 1,
    isFreeText: visit.isFreeText || isExempt(key, path),
  }))
}

const judged = (visit: Visit): ReadonlyArray<SpecProblem> => {
  const { value, path, isFreeText } = visit
  if (typeof value === "string") return isFreeText ? [] : characterProblem(value, path, "the value")
  if (typeof value !== "object" || value === null || Array.isArray(value)) return []
  return Object.keys(value).flatMap((key) => keyProblems(key, visit))
}

const entryCount = (value: unknown): number => {
  if (typeof value !== "object" || value === null) return 0
  if (Array.isArray(value)) return value.length
  let count = 0
  for (const _key in value) {
    count += 1
    if (count > maximumEntries) break
  }
  return count
}

/** What nothing else may read: too deep, or too many entries. */
const unreadable = ({ value, path, depth }: Visit, seen: number): ReadonlyArray<SpecProblem> => {
  const entries = entryCount(value)
  const at = path.slice(0, 200)
  return [
    ...when(
      depth > maximumDepth,
      "shape",
      at,
      `the resource is nested deeper than ${maximumDepth} levels`,
      "flatten it",
    ),
    ...when(
      entries > maximumEntries,
      "shape",
      at,
      `more than ${maximumEntries} entries, which no sensible resource has`,
      "keep fewer",
    ),
    ...when(seen > maximumValues, "shape", at, `the resource has more than ${maximumValues} values`, "keep fewer"),
  ]
}

export interface TextFindings {
  /** Nothing else may read the resource. */
  readonly isUnreadable: boolean
  readonly problems: ReadonlyArray<SpecProblem>
}

/** Findings about the shape and the text of a resource's `spec`. */
export const textProblems = (spec: unknown): TextFindings => {
  const found: Array<SpecProblem> = []
  const open: Array<Visit> = [{ value: spec, path: "spec", depth: 0, isFreeText: false }]
  let seen = 0
  for (let visit = open.pop(); visit !== undefined; visit = open.pop()) {
    seen += 1
    const hindrance = unreadable(visit, seen)
    if (hindrance.length > 0) return { isUnreadable: true, problems: hindrance }
    if (found.length < maximumFindings) found.push(...judged(visit))
    const next = below(visit)
    for (let index = next.length - 1; index >= 0; index -= 1) {
      const item = next[index]
      if (item !== undefined) open.push(item)
    }
  }
  return { isUnreadable: found.some(({ rule }) => rule === "key.reserved"), problems: found }
}
