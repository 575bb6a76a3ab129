/** Labels and annotations of objects we make: what the API server would refuse with the whole object is refused here, with its field. */
import type { SpecProblem } from "../../../domain/SpecProblem.js"
import { when } from "./problem.js"

const prefix = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/
const name = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/

/** At most this many entries are judged one by one. */
const maximumEntries = 256

/** `name` or `prefix/name`. */
export const isQualifiedName = (key: string): boolean => {
  const slash = key.indexOf("/")
  if (slash < 0) return name.test(key)
  return slash <= 253 && prefix.test(key.slice(0, slash)) && name.test(key.slice(slash + 1))
}

/** Empty, or at most 63 characters that a label may have. */
export const isLabelValue = (value: string): boolean => value === "" || name.test(value)

type StringMap = Readonly<Record<string, string>>

const keyProblems = (map: StringMap, path: string): ReadonlyArray<SpecProblem> => [
  ...when(
    Object.keys(map).length > maximumEntries,
    "labels.count",
    path,
    `${Object.keys(map).length} entries; the maximum is ${maximumEntries}`,
    "keep fewer",
  ),
  ...Object.keys(map)
    .slice(0, maximumEntries)
    .flatMap((key) =>
      when(
        !isQualifiedName(key),
        "labels.key",
        path,
        `${JSON.stringify(key.slice(0, 300))} cannot be a key: at most 63 letters, digits, - _ . and optionally a DNS prefix with /`,
        "rename the key",
      ),
    ),
]

export const labelProblems = (labels: StringMap | undefined, path: string): ReadonlyArray<SpecProblem> =>
  labels === undefined
    ? []
    : [
        ...keyProblems(labels, path),
        ...Object.entries(labels)
          .slice(0, maximumEntries)
          .flatMap(([key, value]) =>
            when(
              !isLabelValue(value),
              "labels.value",
              path,
              `${JSON.stringify(value.slice(0, 80))} cannot be the value of label ${JSON.stringify(key.slice(0, 80))}: at most 63 letters, digits, - _ .`,
              "use a plain value, or an annotation",
            ),
          ),
      ]

/** Values of annotations are free text. */
export const annotationProblems = (annotations: StringMap | undefined, path: string): ReadonlyArray<SpecProblem> =>
  annotations === undefined ? [] : keyProblems(annotations, path)
