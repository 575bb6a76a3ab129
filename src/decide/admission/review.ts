/**
 * Admission's verdict about one resource: the object with its defaults, everything that is wrong with it and everything worth a warning.
 * Pure, and the same rules as at reconciliation (R126): webhook, sandbox and `acko validate` answer with it.
 */
import type { TemplateSnapshot } from "../../domain/ClusterStatus.js"
import type { Json, JsonObject } from "../../domain/Json.js"
import type { SpecProblem } from "../../domain/SpecProblem.js"
import { isObject, kindOf, section } from "../effective/configTree.js"
import { type ClusterSubject, examine } from "../effective/effectiveCluster.js"
import { firstOfEach, problem } from "../effective/rules/problem.js"
import { defaultedCluster } from "./clusterDefaults.js"
import { defaultedTemplate } from "./templateDefaults.js"
import { examineTemplate } from "./templateVerdict.js"
import { updateProblems } from "./updateRules.js"

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

/** Five characters as the API server appends them to `generateName`. */
const generatedSuffix = "xxxxx"

/** The template in force for a cluster: the given one, else the copy the cluster holds of the one it refers to. */
const heldBy = (object: JsonObject, template: Json | undefined): TemplateSnapshot | undefined => {
  const name = text(section(section(object, "spec"), "templateRef"), "name")
  if (template !== undefined)
    return { name, synced: true, spec: isObject(template) ? (template["spec"] ?? {}) : template }
  const held = section(section(object, "status"), "templateSnapshot")
  return held["name"] === name && held["spec"] !== undefined ? { name, synced: true, spec: held["spec"] } : undefined
}

const subjectOf = (object: JsonObject, held: TemplateSnapshot | undefined): ClusterSubject => {
  const metadata = section(object, "metadata")
  return {
    namespace: text(metadata, "namespace"),
    // An object that is still to be named is judged under a name like the one it will get (api.md appendix B 20).
    name: text(metadata, "name") || `${text(metadata, "generateName")}${generatedSuffix}`,
    uid: text(metadata, "uid"),
    generation: typeof metadata["generation"] === "number" ? metadata["generation"] : 0,
    annotations: strings(section(metadata, "annotations")),
    spec: object["spec"],
    status: held === undefined ? {} : { templateSnapshot: held },
  }
}

/** The verdict about an AerospikeCluster. */
export const reviewCluster = (request: ClusterReviewRequest): Verdict => {
  const { operation, object, oldObject } = request
  if (operation === "DELETE") return accepted(object)
  if (!isObject(object)) return notAnObject(object)
  if (isLeaving(object)) return accepted(object)
  const held = heldBy(object, request.template)
  const examined = examine(subjectOf(object, held), held === undefined ? "unknown" : "held")
  const changes = operation === "UPDATE" && isObject(oldObject) ? updateProblems(oldObject, object) : []
  return {
    defaulted: examined.isUnreadable === true ? object : defaultedCluster(object),
    errors: firstOfEach([...changes, ...examined.errors]),
    warnings: examined.warnings,
  }
}

/** The verdict about an AerospikeClusterTemplate. */
export const reviewTemplate = ({ operation, object }: ReviewRequest): Verdict => {
  if (operation === "DELETE") return accepted(object)
  if (!isObject(object)) return notAnObject(object)
  if (isLeaving(object)) return accepted(object)
  const defaulted = defaultedTemplate(object)
  const { errors, warnings } = examineTemplate(defaulted["spec"])
  return { defaulted, errors, warnings }
}
