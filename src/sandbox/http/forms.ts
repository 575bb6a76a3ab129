/** Answers in the form a client asked for: as they are, as tables, or metadata only. */
import { apiVersionOf, type KubeObject } from "../../domain/Kubernetes.js"
import type { ListAnswer } from "../../testing/kube/ApiServer.js"
import type { ResourceDefinition } from "../../testing/kube/ResourceRegistry.js"
import type { Form } from "./negotiate.js"
import { columnsOf } from "./tableColumns.js"

export interface Rendering {
  readonly form: Form
  readonly definition: ResourceDefinition
  /** Epoch ms, for ages. */
  readonly now: number
  /** `includeObject` of a table request. */
  readonly includeObject: string
}

const partial = (object: KubeObject): unknown => ({
  kind: "PartialObjectMetadata",
  apiVersion: "meta.k8s.io/v1",
  metadata: object.metadata,
})

const rowObject = (object: KubeObject, includeObject: string): unknown =>
  includeObject === "None" ? undefined : includeObject === "Object" ? object : partial(object)

/** Lists of custom objects always say where they continue, if only with nothing. */
const continueOf = (at: Rendering, page: ListAnswer): { readonly continue?: string } => {
  if (page.continueToken !== undefined) return { continue: page.continueToken }
  return at.definition.isCustom && at.form === "Object" ? { continue: "" } : {}
}

interface ListMeta {
  readonly resourceVersion: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

const table = (
  at: Rendering,
  metadata: ListMeta,
  objects: ReadonlyArray<KubeObject>,
  withColumns: boolean,
): unknown => {
  const columns = columnsOf(at.definition)
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: withColumns ? columns.map(({ cell: _cell, ...column }) => column) : [],
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.cell(object, at.now)),
      object: rowObject(object, at.includeObject),
    })),
  }
}

/** Members that events show even when they are empty. */
const emptyEventMembers: Readonly<Record<string, object>> = {
  "": {
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: null,
    reportingComponent: "",
    reportingInstance: "",
  },
  "events.k8s.io": {
    eventTime: null,
    deprecatedSource: {},
    deprecatedFirstTimestamp: null,
    deprecatedLastTimestamp: null,
  },
}

/** An object as the wire shows it. The same object is answered with the same one, so that its text can be kept. */
export const shownObject = (definition: ResourceDefinition, object: KubeObject): KubeObject => {
  if (definition.kind.kind !== "Event" || definition.isCustom) return object
  return { ...emptyEventMembers[definition.kind.group], ...object }
}

/** One object. `isFirst` false leaves a table's column definitions out, as in all but the first line of a watch. */
export const renderObject = (at: Rendering, object: KubeObject, isFirst = true): unknown => {
  switch (at.form) {
    case "Table":
      return table(at, { resourceVersion: object.metadata.resourceVersion ?? "" }, [object], isFirst)
    case "Metadata":
      return partial(object)
    case "Object":
    case "AggregatedDiscovery":
      return shownObject(at.definition, object)
  }
}

/** Built-in lists name the kind once, custom ones on every item: clients must cope with both. */
const listed = (definition: ResourceDefinition, object: KubeObject): unknown => {
  if (definition.isCustom) return object
  const { apiVersion: _apiVersion, kind: _kind, ...rest } = shownObject(definition, object)
  return rest
}

/** One page of a list. */
export const renderList = (at: Rendering, page: ListAnswer): unknown => {
  const metadata: ListMeta = {
    resourceVersion: page.resourceVersion,
    ...continueOf(at, page),
    ...(page.remainingItemCount === undefined ? {} : { remainingItemCount: page.remainingItemCount }),
  }
  switch (at.form) {
    case "Table":
      return table(at, metadata, page.items, true)
    case "Metadata":
      return {
        kind: "PartialObjectMetadataList",
        apiVersion: "meta.k8s.io/v1",
        metadata,
        items: page.items.map(partial),
      }
    case "Object":
    case "AggregatedDiscovery":
      return {
        kind: at.definition.listKind,
        apiVersion: apiVersionOf(at.definition.kind),
        metadata,
        items: page.items.map((item) => listed(at.definition, item)),
      }
  }
}
