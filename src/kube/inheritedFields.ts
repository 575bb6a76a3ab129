/**
 * Taking over an object from the operator that made it (R112). Server-side apply never removes a field that another manager owns: old probes
 * would stand beside ours, which the API server refuses, and old ports and variables for ever. So the fields of the maker become ours first;
 * what we do not want of them, our next apply removes.
 */
import { FieldManager } from "../domain/Labels.js"

type Entry = Readonly<Record<string, unknown>>

const isEntry = (value: unknown): value is Entry => typeof value === "object" && value !== null && !Array.isArray(value)
const at = (value: unknown, key: string): unknown => (isEntry(value) ? value[key] : undefined)

/** People label and annotate; only who makes an object for a cluster writes the owner reference. */
const isMaker = (entry: Entry): boolean =>
  entry["operation"] === "Update" &&
  entry["subresource"] === undefined &&
  at(at(entry["fieldsV1"], "f:metadata"), "f:ownerReferences") !== undefined

const isOurs = (entry: Entry): boolean => entry["operation"] === "Apply" && entry["manager"] === FieldManager.objects

/** `metadata.managedFields` with the fields of the maker as ours; undefined when there is nothing to inherit. */
export const inheritedFields = (managedFields: unknown): ReadonlyArray<Entry> | undefined => {
  const entries = Array.isArray(managedFields) ? managedFields.filter(isEntry) : []
  const maker = entries.find(isMaker)
  if (maker === undefined || entries.some(isOurs)) return undefined
  return entries.map((entry) =>
    entry === maker ? { ...entry, manager: FieldManager.objects, operation: "Apply" } : entry,
  )
}
