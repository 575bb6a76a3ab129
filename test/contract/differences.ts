/**
 * Where the embedded API server is known to differ from the real one, and why it stays so. Each entry belongs to at least one case that
 * passes on the real server and fails on the embedded one; a case that no longer fails fails the suite.
 */

interface Difference {
  /** What differs. */
  readonly what: string
  readonly why: string
}

export const differences = {
  "service-account-token": {
    what: "Pods do not get the token of their service account mounted.",
    why: "Nothing that runs in the embedded world talks to the API from inside a pod; the mount would only be noise in every pod.",
  },
  "update-diff": {
    what: "A refused change of a pod or claim says which fields may change, but not which one did.",
    why: "The real server prints a diff of its internal Go structs, for people to read; its spelling is no contract.",
  },
  "cel-types": {
    what: "Rules of a CustomResourceDefinition are parsed, not type-checked, and have no cost limits.",
    why: "A type checker and cost estimator of CEL is a project of its own; a wrong rule of ours fails in the tests against the real server.",
  },
} as const satisfies Readonly<Record<string, Difference>>

export type DifferenceId = keyof typeof differences
