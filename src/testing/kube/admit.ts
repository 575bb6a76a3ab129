/** Admission and validation of what is about to be stored. Internal to this folder. */
import type { KubeObject } from "../../domain/Kubernetes.js"
import { ApiFailure, type FieldProblem, invalid, invalidField } from "./ApiFailure.js"
import { hasRules, validateRules } from "./custom/rules.js"
import {
  admissionRequest,
  asMap,
  asObject,
  decodeIncoming,
  type Engine,
  runMutating,
  runValidating,
  storageKind,
} from "./Engine.js"
import { cloneMap, equalJson, type JsonMap, stringAt } from "./json.js"
import { metadataProblems, newFinalizerProblems } from "./metadata.js"
import type { WriteOptions } from "./objects.js"
import type { ResourceDefinition } from "./ResourceRegistry.js"

/** etcd's limit for one value. */
const maxObjectBytes = 1.5 * 1024 * 1024

const refuse = (definition: ResourceDefinition, object: JsonMap, problems: ReadonlyArray<FieldProblem>): void => {
  // Of two forms of a built-in kind the stored one gives its name.
  const kind = definition.isCustom ? definition.kind : storageKind(definition)
  if (problems.length > 0) throw invalid(kind, stringAt(object, "metadata", "name") ?? "", problems)
}

const checkSize = (object: JsonMap): void => {
  const bytes = Buffer.byteLength(JSON.stringify(object))
  if (bytes > maxObjectBytes) throw new ApiFailure(500, "", "etcdserver: request is too large")
}

/** Findings that keep rules from being evaluated: values a rule could not stand. */
const blocking = new Set<FieldProblem["reason"]>([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
])

/** What stands beside the errors of an object for which no CEL rule was run; it is no error of its own. */
export const uncheckedRules = invalidField(
  "<nil>",
  null,
  "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
)

const problemsOf = (
  definition: ResourceDefinition,
  object: JsonMap,
  old: JsonMap | undefined,
): ReadonlyArray<FieldProblem> => {
  const basic = [
    ...(old === undefined
      ? metadataProblems(definition.kind.plural, object)
      : updatedMetadataProblems(definition, object, old)),
    ...(definition.strategy.validate?.(object) ?? []),
    ...(old === undefined ? [] : (definition.strategy.validateUpdate?.(object, old) ?? [])),
  ]
  const { openApi } = definition
  if (openApi === undefined || !hasRules(openApi)) return basic
  if (basic.some(({ reason }) => blocking.has(reason))) return [...basic, uncheckedRules]
  return [...basic, ...validateRules(openApi, object, old)]
}

const updatedMetadataProblems = (
  definition: ResourceDefinition,
  object: JsonMap,
  old: JsonMap,
): ReadonlyArray<FieldProblem> => [
  ...(equalJson(object["metadata"], old["metadata"]) ? [] : metadataProblems(definition.kind.plural, object)),
  ...newFinalizerProblems(object, old),
  // Custom kinds are checked twice by the real server, and it says so.
  ...(definition.isCustom ? newFinalizerProblems(object, old) : []),
]

/** Mutating admission; its answer goes through decoding and defaulting again. */
export const admitted = (
  engine: Engine,
  definition: ResourceDefinition,
  object: JsonMap,
  old: KubeObject | undefined,
  options: WriteOptions,
): JsonMap => {
  if (engine.options.admission === undefined) return object
  const request = admissionRequest(definition, old === undefined ? "CREATE" : "UPDATE", {
    object: asObject(object),
    ...(old === undefined ? {} : { oldObject: old }),
    subresource: options.subresource,
    call: options,
  })
  const changed = runMutating(engine, request, options)
  if (changed === undefined || changed === request.object) return object
  const decoded = decodeIncoming(definition, cloneMap(changed), {})
  definition.strategy.setDefaults?.(decoded, old === undefined ? undefined : asMap(old))
  return decoded
}

/** Refuses what breaks a rule of the kind, or what a validating hook refuses. */
export const validated = (
  engine: Engine,
  definition: ResourceDefinition,
  object: JsonMap,
  old: KubeObject | undefined,
  options: WriteOptions,
): void => {
  refuse(definition, object, problemsOf(definition, object, old === undefined ? undefined : asMap(old)))
  checkSize(object)
  const request = admissionRequest(definition, old === undefined ? "CREATE" : "UPDATE", {
    object: asObject(object),
    ...(old === undefined ? {} : { oldObject: old }),
    subresource: options.subresource,
    call: options,
  })
  runValidating(engine, request, options)
}
