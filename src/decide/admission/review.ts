/**
 * Admission's verdict about one resource: the object with its defaults, everything that is wrong with it and everything worth a warning.
 * Pure, and the same rules as at reconciliation (R126): webhook, sandbox and `acko validate` answer with it.
 */
import * as Either from "effect/Either"
import type { Json, JsonObject, SpecProblem } from "../../domain/EffectiveCluster.js"
import { isObject, kindOf, section } from "../effective/configTree.js"
import { effectiveCluster } from "../effective/effectiveCluster.js"
import { problem } from "../effective/rules/problem.js"
import { defaultedCluster } from "./clusterDefaults.js"
import { defaultedTemplate } from "./templateDefaults.js"

export interface ReviewRequest {
  /** What is asked for; a deletion is always allowed. */
  readonly operation: "CREATE" | "UPDATE" | "DELETE"
  /** The resource as sent. */
  readonly object: Json
  /** The stored resource, for the rules about changes. */
  readonly oldObject?: Json
}

export interface ClusterReviewRequest extends ReviewRequest {
  /** The AerospikeClusterTemplate the resource refers to. Absent: unknown, and what depends on it is not judged yet. */
  readonly template?: Json
}

export interface Verdict {
  /** The resource with its defaults; fields this version does not know are kept. The given one when there is nothing to add. */
  readonly defaulted: Json
  /** Reasons to refuse it, all of them, in a fixed order. Empty: it is accepted. */
  readonly errors: ReadonlyArray<SpecProblem>
  /** Worth knowing, whether it is accepted or not. */
  readonly warnings: ReadonlyArray<SpecProblem>
}

/** One line for people: field, reason, fix. */
export const problemText = ({ path, message, fix }: SpecProblem): string => `${path}: ${message}; fix: ${fix}`

const text = (tree: JsonObject, key: string): string => (typeof tree[key] === "string" ? tree[key] : "")

const strings = (tree: JsonObject): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(tree).flatMap(([key, value]) => (typeof value === "string" ? [[key, value]] : [])))

/** Nothing may hold up an object that is on its way out (api.md appendix B 19). */
const isLeaving = (object: JsonObject): boolean => typeof section(object, "metadata")["deletionTimestamp"] === "string"

const accepted = (object: Json): Verdict => ({ defaulted: object, errors: [], warnings: [] })

const notAnObject = (object: Json): Verdict => ({
  defaulted: object,
  errors: [problem("object", "", `a resource is a map, this is ${kindOf(object)}`, "send one resource")],
  warnings: [],
})

/** What only the template can say: not judged as long as it is unknown. */
const leftToTemplate = new Set(["E4", "E5"])

/** The verdict about an AerospikeCluster. */
export const reviewCluster = (request: ClusterReviewRequest): Verdict => {
  const { object } = request
  if (request.operation === "DELETE") return accepted(object)
  if (!isObject(object)) return notAnObject(object)
  if (isLeaving(object)) return accepted(object)
  const defaulted = defaultedCluster(object)
  const metadata = section(object, "metadata")
  const reference = text(section(section(object, "spec"), "templateRef"), "name")
  const template =
    request.template === undefined ? {} : isObject(request.template) ? request.template["spec"] : undefined
  const judged = effectiveCluster({
    namespace: text(metadata, "namespace"),
    name: text(metadata, "name"),
    uid: text(metadata, "uid"),
    generation: typeof metadata["generation"] === "number" ? metadata["generation"] : 0,
    annotations: strings(section(metadata, "annotations")),
    spec: object["spec"],
    status: { templateSnapshot: { name: reference, synced: true, spec: template } },
  })
  return Either.match(judged, {
    onLeft: (errors) => ({
      defaulted: defaulted.object,
      errors: request.template === undefined ? errors.filter(({ rule = "" }) => !leftToTemplate.has(rule)) : errors,
      warnings: [],
    }),
    onRight: ({ warnings }) => ({ defaulted: defaulted.object, errors: [], warnings }),
  })
}

/** The verdict about an AerospikeClusterTemplate. */
export const reviewTemplate = (request: ReviewRequest): Verdict => {
  const { object } = request
  if (request.operation === "DELETE") return accepted(object)
  if (!isObject(object)) return notAnObject(object)
  return isLeaving(object) ? accepted(object) : { ...accepted(object), defaulted: defaultedTemplate(object) }
}
