/** Admission's verdict about resources that are only files: schema and rules of the definitions, then the webhook's rules (R126). */
import { aerospikeClusterCrd, aerospikeClusterTemplateCrd } from "../../decide/crd.js"
import { reviewCluster, reviewTemplate, type Verdict } from "../../decide/admission/review.js"
import { section } from "../../decide/effective/configTree.js"
import { isAtOrBelow } from "../../decide/effective/undecoded.js"
import { templateNameOf } from "../../domain/AerospikeCluster.js"
import type { Json, JsonObject } from "../../domain/Json.js"
import type { SpecProblem } from "../../domain/SpecProblem.js"
import { apiVersionOf, Kinds, type ResourceKind } from "../../domain/Kubernetes.js"
import { type Entry, valueAt } from "./documents.js"
import { makeSchemaCheck } from "./schemaCheck.js"

/** Something to say about one field. */
export interface Finding extends SpecProblem {
  readonly line: number
  /** What is there; absent: nothing. */
  readonly value?: unknown
}

/** What admission says about one resource. */
export interface Judgement {
  readonly file: string
  readonly line: number
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  readonly accepted: boolean
  readonly errors: ReadonlyArray<Finding>
  readonly warnings: ReadonlyArray<Finding>
  /** With its defaults, as the API server would store it. */
  readonly defaulted: Json
}

/** A resource that is none of our kinds, or something left open. */
export interface Note {
  readonly file: string
  readonly line: number
  readonly message: string
}

export interface Judgements {
  readonly judgements: ReadonlyArray<Judgement>
  readonly notes: ReadonlyArray<Note>
}

const text = (object: JsonObject, key: string): string | undefined =>
  typeof object[key] === "string" && object[key] !== "" ? object[key] : undefined

/** Which of our kinds it is. */
const kindOf = ({ object }: Entry): ResourceKind | undefined =>
  [Kinds.AerospikeCluster, Kinds.AerospikeClusterTemplate].find(
    (kind) => object["kind"] === kind.kind && object["apiVersion"] === apiVersionOf(kind),
  )
const isOfOurApi = (entry: Entry): boolean => (text(entry.object, "apiVersion") ?? "").split("/")[0] === "acko.io"

const nameOf = (object: JsonObject): string => text(section(object, "metadata"), "name") ?? ""

const finding =
  (entry: Entry) =>
  (problem: SpecProblem): Finding => {
    const value = valueAt(entry.object, problem.path)
    return { ...problem, line: entry.lineOf(problem.path), ...(value === undefined ? {} : { value }) }
  }

/** What the rules say about a field, or about a part of it, they say better than the schema. */
const withoutRepeats = (rules: ReadonlyArray<SpecProblem>, schema: ReadonlyArray<SpecProblem>) =>
  schema.filter(({ path }) => !rules.some((rule) => isAtOrBelow(rule.path, path)))

const judgement = (entry: Entry, verdict: Verdict, schema: ReadonlyArray<SpecProblem>): Judgement => {
  const metadata = section(entry.object, "metadata")
  const namespace = text(metadata, "namespace")
  const generated = text(metadata, "generateName")
  const errors = [...verdict.errors, ...withoutRepeats(verdict.errors, schema)].map(finding(entry))
  return {
    file: entry.file,
    line: entry.line,
    kind: text(entry.object, "kind") ?? "",
    ...(namespace === undefined ? {} : { namespace }),
    name: nameOf(entry.object) || (generated === undefined ? "(no name)" : `${generated}…`),
    accepted: errors.length === 0,
    errors,
    warnings: verdict.warnings.map(finding(entry)),
    defaulted: verdict.defaulted,
  }
}

const ours = [Kinds.AerospikeCluster, Kinds.AerospikeClusterTemplate]
const hasOurName = ({ object }: Entry): boolean => ours.some(({ kind }) => kind === object["kind"])

const unknownKind = (entry: Entry): Judgement => {
  const version = text(entry.object, "apiVersion") ?? ""
  const kind = text(entry.object, "kind") ?? ""
  const error = hasOurName(entry)
    ? {
        path: "apiVersion",
        message: `the API acko.io has no version ${version}`,
        fix: `write ${apiVersionOf(Kinds.AerospikeCluster)}`,
      }
    : {
        path: "kind",
        message: `the API acko.io has no kind ${kind}`,
        fix: `write ${ours.map((one) => one.kind).join(" or ")}`,
      }
  return judgement(entry, { defaulted: entry.object, errors: [error], warnings: [] }, [])
}

/** Why a resource of another API is left alone. */
const foreign = (entry: Entry): string => {
  const { object } = entry
  const what = `${text(object, "kind") ?? ""} ${nameOf(object)}: ignored, it is not of acko.io`
  return hasOurName(entry)
    ? `${what} but of ${text(object, "apiVersion") ?? ""}; for this operator write ${apiVersionOf(Kinds.AerospikeCluster)}`
    : what
}

/** Names of resources that were met before, with their lines. */
const makeRepetitions = () => {
  const seen = new Map<string, Entry>()
  return (entry: Entry): string | undefined => {
    const { object } = entry
    const name = nameOf(object)
    const key = [text(object, "kind"), text(section(object, "metadata"), "namespace"), name]
      .filter((part) => part !== undefined)
      .join(" ")
    const before = name === "" ? undefined : seen.get(key)
    seen.set(key, entry)
    return before === undefined
      ? undefined
      : `${key} is also in ${before.file}:${before.line}: whichever is applied last counts`
  }
}

/** What is known beyond the files. */
export interface Known {
  /** The stored resource that this cluster would replace. */
  readonly stored: (cluster: JsonObject) => Json | undefined
  /** The template of that name, as it counts for this cluster; `inFiles`: the one among the files. */
  readonly template: (name: string, cluster: JsonObject, inFiles: Json | undefined) => Json | undefined
}

const nothingElse: Known = { stored: () => undefined, template: (_name, _cluster, inFiles) => inFiles }

const review = (kind: ResourceKind, object: JsonObject, template: Json | undefined, { stored }: Known): Verdict => {
  if (kind !== Kinds.AerospikeCluster) return reviewTemplate({ operation: "CREATE", object })
  const oldObject = stored(object)
  return reviewCluster({
    operation: oldObject === undefined ? "CREATE" : "UPDATE",
    object,
    ...(oldObject === undefined ? {} : { oldObject }),
    ...(template === undefined ? {} : { template }),
  })
}

/** The verdicts about everything of ours, in order; clusters are resolved with the templates among the files. */
export const judge = (entries: ReadonlyArray<Entry>, known: Known = nothingElse): Judgements => {
  const schemaProblems = makeSchemaCheck([aerospikeClusterCrd(), aerospikeClusterTemplateCrd()])
  const templates = new Map<string, Json>()
  for (const { object } of entries.filter((entry) => kindOf(entry) === Kinds.AerospikeClusterTemplate)) {
    templates.set(nameOf(object), review(Kinds.AerospikeClusterTemplate, object, undefined, known).defaulted)
  }
  const notes: Array<Note> = []
  const repetitionOf = makeRepetitions()
  const note = ({ file, line }: Entry, message: string) => void notes.push({ file, line, message })
  const judgements = entries.flatMap((entry): ReadonlyArray<Judgement> => {
    const { object } = entry
    const kind = kindOf(entry)
    if (kind === undefined) {
      if (isOfOurApi(entry)) return [unknownKind(entry)]
      note(entry, foreign(entry))
      return []
    }
    const repetition = repetitionOf(entry)
    if (repetition !== undefined) note(entry, repetition)
    const reference = kind === Kinds.AerospikeCluster ? templateNameOf(object["spec"]) : undefined
    const template = reference === undefined ? undefined : known.template(reference, object, templates.get(reference))
    if (reference !== undefined && template === undefined) {
      note(entry, `template ${reference} is in none of the files: what depends on it is not judged`)
    }
    const verdict = review(kind, object, template, known)
    return [judgement(entry, verdict, schemaProblems(kind, verdict.defaulted))]
  })
  return { judgements, notes }
}
