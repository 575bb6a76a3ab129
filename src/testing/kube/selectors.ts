/** Label and field selectors, in the text form of the API. */
import type { KubeObject } from "../../domain/Kubernetes.js"
import { badRequest } from "./ApiFailure.js"
import { isMap, type Json, valueAt, textOf } from "./json.js"

export type Labels = Readonly<Record<string, string>>
export type LabelMatch = (labels: Labels) => boolean

/** Splits at commas outside parentheses. */
const terms = (text: string): ReadonlyArray<string> => {
  const out: Array<string> = []
  let depth = 0
  let term = ""
  for (const c of text) {
    if (c === "(") depth++
    if (c === ")") depth--
    if (c === "," && depth === 0) {
      out.push(term)
      term = ""
    } else term += c
  }
  out.push(term)
  return out.map((t) => t.trim())
}

const setTerm = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/
const equalTerm = /^([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)$/
const existsTerm = /^(!?)\s*([A-Za-z0-9][\w./-]*)$/

const labelTerm = (text: string): LabelMatch => {
  const set = setTerm.exec(text)
  if (set !== null) {
    const [, key = "", operator, list = ""] = set
    const values = new Set(list.split(",").map((v) => v.trim()))
    return operator === "in"
      ? (labels) => labels[key] !== undefined && values.has(labels[key])
      : (labels) => labels[key] === undefined || !values.has(labels[key])
  }
  const equal = equalTerm.exec(text)
  if (equal !== null) {
    const [, key = "", operator, value = ""] = equal
    return operator === "!=" ? (labels) => labels[key] !== value : (labels) => labels[key] === value
  }
  const exists = existsTerm.exec(text)
  if (exists !== null) {
    const [, not, key = ""] = exists
    return not === "!" ? (labels) => labels[key] === undefined : (labels) => labels[key] !== undefined
  }
  throw badRequest(`unable to parse requirement: found '${text}', expected: ',' or identifier`)
}

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k`. Empty: everything. Throws 400 on anything else. */
export const parseLabelSelector = (text: string | undefined): LabelMatch => {
  if (text === undefined || text.trim() === "") return () => true
  const all = terms(text).map(labelTerm)
  return (labels) => all.every((matches) => matches(labels))
}

const fieldPaths: ReadonlySet<string> = new Set([
  "metadata.name",
  "metadata.namespace",
  "spec.nodeName",
  "spec.restartPolicy",
  "spec.schedulerName",
  "spec.serviceAccountName",
  "spec.hostNetwork",
  "spec.unschedulable",
  "spec.clusterIP",
  "spec.type",
  "status.phase",
  "status.podIP",
  "status.nominatedNodeName",
  "involvedObject.kind",
  "involvedObject.namespace",
  "involvedObject.name",
  "involvedObject.uid",
  "involvedObject.apiVersion",
  "involvedObject.resourceVersion",
  "involvedObject.fieldPath",
  "regarding.kind",
  "regarding.namespace",
  "regarding.name",
  "regarding.uid",
  "reason",
  "reportingComponent",
  "reportingController",
  "source",
  "type",
])

export type ObjectMatch = (object: KubeObject) => boolean

const fieldText = (object: KubeObject, path: string): string => {
  const value: Json | undefined = valueAt(object, ...path.split("."))
  return value === undefined || value === null || isMap(value) ? "" : textOf(value)
}

/** Which field selectors a kind understands besides name and namespace; the real server refuses the others. */
const fieldsOf: Readonly<Record<string, RegExp>> = {
  pods: /^(spec\.(nodeName|restartPolicy|schedulerName|serviceAccountName|hostNetwork)|status\.(phase|podIP|nominatedNodeName))$/,
  events: /^(involvedObject\.\w+|regarding\.\w+|reason|reporting(Component|Controller)|source|type)$/,
  nodes: /^spec\.unschedulable$/,
  namespaces: /^status\.phase$/,
  services: /^spec\.(clusterIP|type)$/,
  replicasets: /^status\.replicas$/,
  secrets: /^type$/,
}

const fieldTerm = (plural: string, text: string): ObjectMatch => {
  const match = /^([^=!]+?)(==|=|!=)(.*)$/.exec(text)
  if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`)
  const [, path = "", operator, value = ""] = match
  const known =
    path === "metadata.name" || path === "metadata.namespace" || (fieldPaths.has(path) && fieldsOf[plural]?.test(path))
  if (known !== true) throw badRequest(`field label not supported: ${path}`)
  return operator === "!="
    ? (object) => fieldText(object, path) !== value
    : (object) => fieldText(object, path) === value
}

/** `metadata.name=a,status.phase!=Running`. Throws 400 on fields the kind has no selector for. */
export const parseFieldSelector = (plural: string, text: string | undefined): ObjectMatch => {
  if (text === undefined || text.trim() === "") return () => true
  const all = terms(text).map((term) => fieldTerm(plural, term))
  return (object) => all.every((matches) => matches(object))
}

/** Both selectors and the namespace of a list or watch as one predicate. */
export const parseSelection = (
  plural: string,
  request: { readonly namespace?: string; readonly labelSelector?: string; readonly fieldSelector?: string },
): ObjectMatch => {
  const labels = parseLabelSelector(request.labelSelector)
  const fields = parseFieldSelector(plural, request.fieldSelector)
  const { namespace } = request
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    labels(object.metadata.labels ?? {}) &&
    fields(object)
}

/** A `LabelSelector` object (`matchLabels`, `matchExpressions`). Null or absent matches nothing, an empty one everything. */
export const matchLabelSelector = (selector: unknown): LabelMatch => {
  if (!isMap(selector)) return () => false
  const wanted = Object.entries(isMap(selector["matchLabels"]) ? selector["matchLabels"] : {})
  const expressions = Array.isArray(selector["matchExpressions"]) ? selector["matchExpressions"].filter(isMap) : []
  return (labels) =>
    wanted.every(([key, value]) => labels[key] === value) && expressions.every((e) => matchExpression(e, labels))
}

const matchExpression = (expression: { readonly [field: string]: Json | undefined }, labels: Labels): boolean => {
  const key = typeof expression["key"] === "string" ? expression["key"] : ""
  const values = Array.isArray(expression["values"]) ? expression["values"] : []
  const label = labels[key]
  switch (expression["operator"]) {
    case "In":
      return label !== undefined && values.includes(label)
    case "NotIn":
      return label === undefined || !values.includes(label)
    case "Exists":
      return label !== undefined
    case "DoesNotExist":
      return label === undefined
    default:
      return false
  }
}
