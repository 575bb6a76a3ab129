/** Events have two forms, `v1` and `events.k8s.io/v1`, over one storage; we keep the first. */
import type { JsonMap } from "./json.js"

const pairs: ReadonlyArray<readonly [stored: string, modern: string]> = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["reportingComponent", "reportingController"],
  ["source", "deprecatedSource"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
]

const rename = (object: JsonMap, apiVersion: string, names: ReadonlyMap<string, string>): JsonMap => {
  const out: JsonMap = {}
  for (const [field, value] of Object.entries(object)) out[names.get(field) ?? field] = value
  out["apiVersion"] = apiVersion
  return out
}

const toCore = new Map(pairs.map(([stored, modern]) => [modern, stored]))
const toModern = new Map(pairs)

/** `events.k8s.io/v1` → `v1`. */
export const coreEvent = (event: JsonMap): JsonMap => rename(event, "v1", toCore)

/** `v1` → `events.k8s.io/v1`. */
export const modernEvent = (event: JsonMap): JsonMap => rename(event, "events.k8s.io/v1", toModern)
