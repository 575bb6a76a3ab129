/** Who owns which field: `metadata.managedFields` through applies and updates, with the conflicts of server-side apply. */
import { ApiFailure } from "../ApiFailure.js"
import { isMap, type Json, type JsonMap, listAt, stringAt } from "../json.js"
import type { StructType } from "../TypeSchema.js"
import { compareObjects, type Comparison, fieldsOf, TypedError } from "./extract.js"
import {
  decodeFields,
  emptySet,
  encodeFields,
  equalSets,
  type FieldSet,
  intersectSets,
  isEmptySet,
  onlyBelow,
  pathsOf,
  pathText,
  subtractSet,
  unionSets,
  withoutPath,
} from "./FieldSet.js"
import { mergeTyped, removeUnowned } from "./mergeTyped.js"

/** One entry of `managedFields`. */
interface Manager {
  readonly manager: string
  readonly operation: "Apply" | "Update"
  readonly apiVersion: string
  readonly subresource: string
  readonly time: string
  readonly fields: FieldSet
}

/** Who writes: the identity of an entry. */
export interface Writer {
  readonly manager: string
  readonly apiVersion: string
  readonly subresource: string
  /** RFC 3339. */
  readonly time: string
}

const readManagers = (object: JsonMap): ReadonlyArray<Manager> =>
  (listAt(object, "metadata", "managedFields") ?? []).filter(isMap).map((entry) => ({
    manager: stringAt(entry, "manager") ?? "unknown",
    operation: entry["operation"] === "Apply" ? "Apply" : "Update",
    apiVersion: stringAt(entry, "apiVersion") ?? "",
    subresource: stringAt(entry, "subresource") ?? "",
    time: stringAt(entry, "time") ?? "",
    fields: decodeFields(entry["fieldsV1"]),
  }))

/** Appliers first, then by time and name: the order of the real server. */
const order = (m: Manager): string => [m.operation, m.time, m.manager, m.apiVersion, m.subresource].join("\n")
const byOrder = (a: Manager, b: Manager): number => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0)

const writeManagers = (managers: ReadonlyArray<Manager>): Json[] =>
  managers
    .filter((m) => !isEmptySet(m.fields))
    .sort(byOrder)
    .map((m) => ({
      apiVersion: m.apiVersion,
      fieldsType: "FieldsV1",
      fieldsV1: encodeFields(m.fields),
      manager: m.manager,
      operation: m.operation,
      ...(m.subresource === "" ? {} : { subresource: m.subresource }),
      ...(m.time === "" ? {} : { time: m.time }),
    }))

const isSame = (a: Manager, b: Omit<Manager, "fields" | "time">): boolean =>
  a.manager === b.manager &&
  a.operation === b.operation &&
  a.subresource === b.subresource &&
  (a.operation === "Apply" || a.apiVersion === b.apiVersion)

/** Fields nobody owns: identity and what the server itself writes. */
const unowned: ReadonlyArray<ReadonlyArray<string>> = [
  ["f:apiVersion"],
  ["f:kind"],
  ...[
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "generation",
    "managedFields",
    "resourceVersion",
  ].map((field) => ["f:metadata", `f:${field}`]),
]

/** Which part of an object a request writes: a status request owns only status, others never (where status is a subresource). */
const scopeTo = (set: FieldSet, writer: Writer, hasStatus: boolean): FieldSet => {
  const stripped = unowned.reduce((rest, path) => withoutPath(rest, path), set)
  const metadata: FieldSet = {
    members: new Set([...stripped.members].filter((m) => m !== "f:metadata")),
    children: stripped.children,
  }
  if (writer.subresource === "status") return onlyBelow(metadata, "f:status")
  return hasStatus ? withoutPath(metadata, ["f:status"]) : metadata
}

/** The part of a configuration that its request can mean: the rest is ignored, not refused. */
const inScope = (config: JsonMap, writer: Writer, hasStatus: boolean): JsonMap => {
  const { apiVersion, kind, metadata, status, ...desired } = config
  const { name, namespace } = isMap(metadata) ? metadata : {}
  if (writer.subresource === "status") return { apiVersion, kind, metadata: { name, namespace }, status }
  return hasStatus ? { apiVersion, kind, metadata, ...desired } : config
}

/** Undefined for lists whose items have no key, or the same: nobody's ownership changes, and validation has its say. */
const comparison = (type: StructType, before: JsonMap, after: JsonMap): Comparison | undefined => {
  try {
    return compareObjects(type, before, after)
  } catch (error) {
    if (error instanceof TypedError) return undefined
    throw error
  }
}

/** `managedFields` after `after` replaced `before` by anything but an apply. `before` is empty for a creation. */
export const trackUpdate = (
  type: StructType,
  before: JsonMap,
  after: JsonMap,
  writer: Writer,
  hasStatus: boolean,
): Json[] => {
  const managers = readManagers(before)
  const change = comparison(type, before, after)
  if (change === undefined) return writeManagers(managers)
  const touched = unionSets(change.added, change.modified)
  const me = { ...writer, operation: "Update" as const }
  const mine = managers.find((m) => isSame(m, me))?.fields ?? emptySet
  const isWriter = (m: Manager) => isSame(m, me)
  const others = managers
    .filter((m) => !isWriter(m))
    .map((m) => ({ ...m, fields: subtractSet(subtractSet(m.fields, touched), change.removed) }))
  const fields = unionSets(subtractSet(mine, change.removed), scopeTo(touched, writer, hasStatus))
  const unchanged = managers.find((m) => isWriter(m) && equalSets(m.fields, fields))
  const entry: Manager = unchanged ?? { ...me, fields }
  const at = managers.findIndex(isWriter)
  return writeManagers(at < 0 ? [...others, entry] : [...others.slice(0, at), entry, ...others.slice(at)])
}

const describe = (m: Manager): string => {
  const sub = m.subresource === "" ? "" : ` with subresource "${m.subresource}"`
  return `"${m.manager}"${sub}${m.operation === "Apply" ? "" : ` using ${m.apiVersion}`}`
}

const conflictFailure = (conflicts: ReadonlyArray<readonly [Manager, FieldSet]>): ApiFailure => {
  const all = conflicts.flatMap(([manager, set]) => pathsOf(set).map((path) => [manager, pathText(path)] as const))
  const texts = conflicts.map(([manager, set]) => {
    const paths = pathsOf(set).map(pathText)
    return all.length === 1
      ? `conflict with ${describe(manager)}: ${paths.join("")}`
      : `conflicts with ${describe(manager)}:\n${paths.map((p) => `- ${p}`).join("\n")}`
  })
  return new ApiFailure(
    409,
    "Conflict",
    `Apply failed with ${all.length} ${all.length === 1 ? "conflict" : "conflicts"}: ${texts.join("\n")}`,
    {
      causes: all.map(([manager, field]) => ({
        reason: "FieldManagerConflict",
        message: `conflict with ${describe(manager)}`,
        field,
      })),
    },
  )
}

/** The result of an apply: the merged object (without new `managedFields`) and its `managedFields`. */
export interface Applied {
  readonly object: JsonMap
  readonly managedFields: Json[]
}

/**
 * Server-side apply of `config` over `live` (empty: creation). Throws 409 with one cause per field that another manager owns and `config`
 * wants to change, unless `force`.
 */
export const applyConfig = (
  type: StructType,
  live: JsonMap,
  config: JsonMap,
  writer: Writer,
  options: { readonly force: boolean; readonly hasStatus: boolean },
): Applied => {
  const managers = readManagers(live)
  const me = { ...writer, operation: "Apply" as const }
  const mine = managers.find((m) => isSame(m, me))
  const wanted = inScope(config, writer, options.hasStatus)
  const fields = scopeTo(fieldsOf(type, wanted), writer, options.hasStatus)
  const others = managers.filter((m) => !isSame(m, me))
  const merged = mergeTyped(type, live, wanted)
  const owned = others.reduce((all, m) => unionSets(all, m.fields), fields)
  const pruned = mine === undefined ? merged : removeUnowned(type, merged, { last: mine.fields, owned })
  const object = isMap(pruned) ? pruned : {}
  const change = compareObjects(type, live, object)
  const touched = unionSets(change.added, change.modified)
  const conflicts = others
    .map((m) => [m, intersectSets(m.fields, touched)] as const)
    .filter(([, set]) => !isEmptySet(set))
  if (conflicts.length > 0 && !options.force) throw conflictFailure(conflicts)
  const entry: Manager = mine !== undefined && equalSets(mine.fields, fields) ? mine : { ...me, fields }
  const rest = others.map((m) => ({ ...m, fields: subtractSet(subtractSet(m.fields, touched), change.removed) }))
  return { object, managedFields: writeManagers([entry, ...rest]) }
}
