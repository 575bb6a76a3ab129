/** Field selectors in the text form of the API, and label selectors as objects. */
import type { KubeObject } from "../../domain/Kubernetes.js"
import { badRequest } from "./ApiFailure.js"
import { isMap, type Json, valueAt, textOf } from "./json.js"
import { type LabelMatch, type Labels, parseLabelSelector } from "./labelSelector.js"
import type { ResourceDefinition } from "./ResourceRegistry.js"

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

/** A kind with fields of its own says it in other words than one that has only the common ones. */
const unknownField = (definition: ResourceDefinition, path: string) =>
  definition.isCustom || fieldsOf[definition.kind.plural] !== undefined
    ? badRequest(`field label not supported: ${path}`)
    : badRequest(`"${path}" is not a known field selector: only "metadata.name", "metadata.namespace"`)

const isSelectable = ({ isCustom, kind, selectableFields }: ResourceDefinition, path: string): boolean => {
  if (path === "metadata.name" || path === "metadata.namespace") return true
  if (isCustom) return selectableFields?.includes(path) === true
  return fieldsOf[kind.plural]?.test(path) === true
}

const fieldTerm = (definition: ResourceDefinition, text: string): ObjectMatch => {
  const match = /^([^=!]+?)(==|=|!=)(.*)$/.exec(text)
  if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`)
  const [, path = "", operator, value = ""] = match
  if (!isSelectable(definition, path)) throw unknownField(definition, path)
  return operator === "!="
    ? (object) => fieldText(object, path) !== value
    : (object) => fieldText(object, path) === value
}

/** `metadata.name=a,status.phase!=Running`. Throws 400 on fields the kind has no selector for. */
const parseFieldSelector = (definition: ResourceDefinition, text: string | undefined): ObjectMatch => {
  if (text === undefined || text.trim() === "") return () => true
  const all = text.split(",").map((term) => fieldTerm(definition, term.trim()))
  return (object) => all.every((matches) => matches(object))
}

/** Both selectors and the namespace of a list or watch as one predicate. */
export const parseSelection = (
  definition: ResourceDefinition,
  request: { readonly namespace?: string; readonly labelSelector?: string; readonly fieldSelector?: string },
): ObjectMatch => {
  const labels = parseLabelSelector(request.labelSelector)
  const fields = parseFieldSelector(definition, request.fieldSelector)
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
