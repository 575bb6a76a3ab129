/** CustomResourceDefinitions: what they define, and what the server fills into them. */
import { ensureMap, type JsonMap, listAt, mapAt, numberAt, stringAt } from "../json.js"
import { type FieldProblem, invalidField, requiredField } from "../ApiFailure.js"
import type { Incoming, PrinterColumn, ResourceDefinition, ScalePaths, Strategy } from "../ResourceRegistry.js"
import { decodeBuiltin } from "../decodeBuiltin.js"
import { fill, objectsIn } from "../kinds/fill.js"
import { builtinType, type StructType } from "../TypeSchema.js"
import { compileRoot } from "./compileSchema.js"
import { fillSchemaDefaults, pruneObject } from "./structural.js"
import { ruleProblems } from "./rules.js"
import { validateSchema } from "./validateSchema.js"

const stringsAt = (value: unknown, ...path: ReadonlyArray<string>): ReadonlyArray<string> =>
  (listAt(value, ...path) ?? []).filter((item) => typeof item === "string")

/** `.spec.size` → `["spec", "size"]`. */
const simplePath = (path: string): ReadonlyArray<string> => path.split(".").filter((part) => part !== "")

const scaleOf = (version: JsonMap): ScalePaths | undefined => {
  const scale = mapAt(version, "subresources", "scale")
  const spec = stringAt(scale, "specReplicasPath")
  const status = stringAt(scale, "statusReplicasPath")
  if (spec === undefined || status === undefined) return undefined
  const selector = stringAt(scale, "labelSelectorPath")
  return {
    specReplicas: simplePath(spec),
    statusReplicas: simplePath(status),
    ...(selector === undefined ? {} : { selector: simplePath(selector) }),
  }
}

const columnsOf = (version: JsonMap): ReadonlyArray<PrinterColumn> =>
  objectsIn(version, "additionalPrinterColumns").map((column) => ({
    name: stringAt(column, "name") ?? "",
    type: stringAt(column, "type") ?? "string",
    jsonPath: stringAt(column, "jsonPath") ?? "",
    ...(stringAt(column, "format") === undefined ? {} : { format: stringAt(column, "format") ?? "" }),
    ...(stringAt(column, "description") === undefined ? {} : { description: stringAt(column, "description") ?? "" }),
    priority: typeof column["priority"] === "number" ? column["priority"] : 0,
  }))

/** Metadata is typed as everywhere; the rest is pruned by the schema. */
const decodeCustom = (schema: JsonMap, kind: string, object: JsonMap): Incoming => {
  const unknown: Array<string> = []
  const pruned = pruneObject(schema, object, unknown)
  const holder: StructType = {
    tag: "struct",
    name: kind,
    fields: new Map([["metadata", builtinType("ObjectMeta")]]),
    required: [],
    atomic: false,
    preserveUnknown: false,
  }
  const metadata = decodeBuiltin(holder, { metadata: pruned["metadata"] ?? {} })
  return {
    object: { ...pruned, metadata: metadata.object["metadata"] ?? {} },
    unknown: [...unknown, ...metadata.unknown],
  }
}

const scaleProblems = (scale: ScalePaths | undefined, object: JsonMap): ReadonlyArray<FieldProblem> => {
  const replicas = scale === undefined ? undefined : numberAt(object, ...scale.specReplicas)
  return scale === undefined || replicas === undefined || replicas >= 0
    ? []
    : [invalidField(`.${scale.specReplicas.join(".")}`, replicas, "should be a non-negative integer")]
}

const strategyOf = (schema: JsonMap, scale: ScalePaths | undefined): Strategy => ({
  setDefaults: (object) => fillSchemaDefaults(schema, object),
  validate: (object) => [...validateSchema(schema, object, ""), ...scaleProblems(scale, object)],
})

/** The definitions of all served versions of a CustomResourceDefinition. */
export const definitionsOf = (crd: unknown): ReadonlyArray<ResourceDefinition> => {
  const spec = mapAt(crd, "spec") ?? {}
  const names = mapAt(spec, "names") ?? {}
  const group = stringAt(spec, "group") ?? ""
  const kind = stringAt(names, "kind") ?? ""
  const plural = stringAt(names, "plural") ?? ""
  const versions = objectsIn(spec, "versions")
  const storageVersion = stringAt(versions.find((v) => v["storage"] === true) ?? {}, "name") ?? ""
  return versions
    .filter((version) => version["served"] === true)
    .map((version): ResourceDefinition => {
      const name = stringAt(version, "name") ?? ""
      const schema = mapAt(version, "schema", "openAPIV3Schema") ?? { "x-kubernetes-preserve-unknown-fields": true }
      const scale = scaleOf(version)
      const retag = (to: string) => (object: JsonMap) => ({ ...object, apiVersion: `${group}/${to}` })
      const own = { group, version: name, kind, plural, namespaced: spec["scope"] === "Namespaced" }
      return {
        kind: own,
        singular: stringAt(names, "singular") ?? kind.toLowerCase(),
        listKind: stringAt(names, "listKind") ?? `${kind}List`,
        shortNames: stringsAt(names, "shortNames"),
        categories: stringsAt(names, "categories"),
        hasStatus: mapAt(version, "subresources", "status") !== undefined,
        ...(scale === undefined ? {} : { scale }),
        isCustom: true,
        hasGeneration: true,
        unconditionalUpdate: false,
        createOnUpdate: false,
        returnsDeleted: false,
        type: compileRoot(schema),
        strategy: strategyOf(schema, scale),
        decode: (object) => decodeCustom(schema, kind, object),
        ...(name === storageVersion
          ? {}
          : {
              storage: {
                kind: { ...own, version: storageVersion },
                toStored: retag(storageVersion),
                fromStored: retag(name),
              },
            }),
        openApi: schema,
        columns: columnsOf(version),
        selectableFields: objectsIn(version, "selectableFields").map((field) =>
          simplePath(stringAt(field, "jsonPath") ?? "").join("."),
        ),
      }
    })
}

const condition = (type: string, reason: string, message: string, now: string): JsonMap => ({
  lastTransitionTime: now,
  message,
  reason,
  status: "True",
  type,
})

const validate = (crd: JsonMap): ReadonlyArray<FieldProblem> => {
  const spec = mapAt(crd, "spec") ?? {}
  const name = `${stringAt(spec, "names", "plural") ?? ""}.${stringAt(spec, "group") ?? ""}`
  const given = stringAt(crd, "metadata", "name") ?? ""
  const versions = objectsIn(spec, "versions")
  const stored = versions.filter((version) => version["storage"] === true).length
  return [
    ...(given === name ? [] : [invalidField("metadata.name", given, `must be spec.names.plural+"."+spec.group`)]),
    ...(stored === 1
      ? []
      : [invalidField("spec.versions", versions.length, "must have exactly one version marked as storage version")]),
    ...versions.flatMap((version, i) => {
      const field = `spec.versions[${i}].schema.openAPIV3Schema`
      const schema = mapAt(version, "schema", "openAPIV3Schema")
      return schema === undefined ? [requiredField(field)] : ruleProblems(schema, field)
    }),
  ]
}

/** The kind CustomResourceDefinition itself. It is established at once: the server has no separate controller for it. */
export const definitionStrategy: Strategy = {
  setDefaults: (crd) => {
    const spec = ensureMap(crd, "spec")
    const names = ensureMap(spec, "names")
    const kind = stringAt(names, "kind") ?? ""
    fill(names, { singular: kind.toLowerCase(), listKind: `${kind}List` })
    fill(spec, { conversion: { strategy: "None" } })
  },
  prepareCreate: (crd, facts) => {
    const versions = objectsIn(crd, "spec", "versions")
    crd["status"] = {
      acceptedNames: mapAt(crd, "spec", "names") ?? {},
      conditions: [
        condition("NamesAccepted", "NoConflicts", "no conflicts found", facts.now()),
        condition("Established", "InitialNamesAccepted", "the initial names have been accepted", facts.now()),
      ],
      storedVersions: versions.filter((v) => v["storage"] === true).map((v) => v["name"] ?? ""),
    }
  },
  validate,
}
