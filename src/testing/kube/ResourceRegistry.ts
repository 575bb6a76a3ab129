/** The kinds a server serves: names, schema and behaviour of each. Custom kinds come and go with their CustomResourceDefinitions. */
import type { ResourceKind } from "../../domain/Kubernetes.js"
import { type FieldProblem, noSuchResource } from "./ApiFailure.js"
import type { JsonMap } from "./json.js"
import type { StructType } from "./TypeSchema.js"

/** Paths of a scale subresource, as member names. */
export interface ScalePaths {
  readonly specReplicas: ReadonlyArray<string>
  readonly statusReplicas: ReadonlyArray<string>
  /** Where the selector is found in text form (custom resources) or as a `LabelSelector` (built-ins). */
  readonly selector?: ReadonlyArray<string>
}

/** A printer column of a CustomResourceDefinition. */
export interface PrinterColumn {
  readonly name: string
  readonly type: string
  readonly jsonPath: string
  readonly format?: string
  readonly description?: string
  readonly priority?: number
}

/** What may happen to objects of one kind on their way into the store. All functions are pure; `object` may be changed in place. */
export interface Strategy {
  /** Fills defaults, after decoding (`old`: the stored object on updates). */
  readonly setDefaults?: (object: JsonMap, old: JsonMap | undefined) => void
  /** Values the server chooses once, on creation (cluster IPs …). */
  readonly prepareCreate?: (object: JsonMap, facts: ServerFacts) => void
  readonly validate?: (object: JsonMap) => ReadonlyArray<FieldProblem>
  readonly validateUpdate?: (object: JsonMap, old: JsonMap) => ReadonlyArray<FieldProblem>
}

/** What a strategy may ask the server for. */
export interface ServerFacts {
  readonly now: () => string
  /** A number that no other call of this server got: source of cluster IPs and node ports. */
  readonly nextNumber: () => number
  readonly defaultStorageClass: () => string | undefined
}

/** The result of decoding an incoming object: unknown fields dropped, defaults filled. */
export interface Incoming {
  readonly object: JsonMap
  readonly unknown: ReadonlyArray<string>
}

export interface ResourceDefinition {
  readonly kind: ResourceKind
  readonly singular: string
  readonly listKind: string
  readonly shortNames: ReadonlyArray<string>
  readonly categories: ReadonlyArray<string>
  readonly hasStatus: boolean
  readonly scale?: ScalePaths
  readonly isCustom: boolean
  /** `metadata.generation` counts changes of the desired state. */
  readonly hasGeneration: boolean
  /** PUT without a resourceVersion is accepted. */
  readonly unconditionalUpdate: boolean
  /** PUT of a missing object creates it. */
  readonly createOnUpdate: boolean
  /** DELETE answers with the object instead of a `Status`. */
  readonly returnsDeleted: boolean
  readonly type: StructType
  readonly strategy: Strategy
  /** Types and prunes an incoming object. Throws 400 on wrong types of built-ins. */
  readonly decode: (object: JsonMap) => Incoming
  /** Objects of two groups that share one storage (events): where they are kept, and how they change form. */
  readonly storage?: {
    readonly kind: ResourceKind
    readonly toStored: (object: JsonMap) => JsonMap
    readonly fromStored: (object: JsonMap) => JsonMap
  }
  /** OpenAPI v3 schema of a custom kind as given. */
  readonly openApi?: JsonMap
  readonly columns?: ReadonlyArray<PrinterColumn>
  /** Paths of a custom kind that field selectors may name, besides name and namespace. */
  readonly selectableFields?: ReadonlyArray<string>
}

export interface ResourceRegistry {
  /** All definitions, built-ins first. */
  readonly all: () => ReadonlyArray<ResourceDefinition>
  readonly find: (group: string, version: string, plural: string) => ResourceDefinition | undefined
  /** Throws 404 for a kind that is not served. */
  readonly of: (kind: ResourceKind) => ResourceDefinition
  /** By `apiVersion` and `kind` of an object. */
  readonly byKind: (apiVersion: string, kind: string) => ResourceDefinition | undefined
}

export interface MutableRegistry extends ResourceRegistry {
  readonly add: (definition: ResourceDefinition) => void
  readonly remove: (kind: ResourceKind) => void
}

const key = (group: string, version: string, plural: string) => `${group}/${version}/${plural}`

export const makeRegistry = (builtins: ReadonlyArray<ResourceDefinition>): MutableRegistry => {
  const byPlural = new Map<string, ResourceDefinition>()
  const byName = new Map<string, ResourceDefinition>()
  const nameKey = (definition: ResourceDefinition) =>
    key(definition.kind.group, definition.kind.version, definition.kind.kind)
  const add = (definition: ResourceDefinition): void => {
    byPlural.set(key(definition.kind.group, definition.kind.version, definition.kind.plural), definition)
    byName.set(nameKey(definition), definition)
  }
  builtins.forEach(add)
  const find = (group: string, version: string, plural: string) => byPlural.get(key(group, version, plural))
  return {
    all: () => [...byPlural.values()],
    find,
    of: (kind) => {
      const found = find(kind.group, kind.version, kind.plural)
      if (found === undefined) throw noSuchResource()
      return found
    },
    byKind: (apiVersion, kind) => {
      const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion]
      return byName.get(key(group ?? "", version ?? "", kind))
    },
    add,
    remove: (kind) => {
      const found = find(kind.group, kind.version, kind.plural)
      if (found !== undefined) byName.delete(nameKey(found))
      byPlural.delete(key(kind.group, kind.version, kind.plural))
    },
  }
}
