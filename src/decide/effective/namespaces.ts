/** Aerospike namespaces of one rack, as far as safety needs them. */
import type { EffectiveNamespace } from "../../domain/EffectiveCluster.js"
import type { Json, JsonObject } from "../../domain/Json.js"
import type { Storage } from "../../domain/schema/storage.js"
import { intOr, isObject, listOf, namespaceEntries } from "./configTree.js"
import { outlivesPod } from "./volumes.js"

/** Default of the server for a namespace that names no factor. */
const serverReplicationFactor = 2

/** First words of the `file` and `device` values of a storage engine: the primary paths (a second word is the shadow). */
export const storagePaths = (engine: Json | undefined): ReadonlyArray<string> =>
  isObject(engine)
    ? ["file", "device"].flatMap((key) =>
        listOf(engine[key]).flatMap((value) => (typeof value === "string" ? [value.split(" ")[0] ?? ""] : [])),
      )
    : []

/** Primary path and shadow of one entry: the data outlives the pod when either does. */
const entries = (engine: Json | undefined): ReadonlyArray<ReadonlyArray<string>> =>
  isObject(engine)
    ? ["file", "device"].flatMap((key) =>
        listOf(engine[key]).flatMap((value) => (typeof value === "string" ? [value.split(" ").filter(Boolean)] : [])),
      )
    : []

const effectiveNamespace = (entry: JsonObject, storage: Storage | undefined): EffectiveNamespace => {
  const files = entries(entry["storage-engine"])
  return {
    name: typeof entry["name"] === "string" ? entry["name"] : "",
    replicationFactor: intOr(entry["replication-factor"], serverReplicationFactor),
    isPersistent: files.length > 0 && files.every((paths) => paths.some((path) => outlivesPod(storage, path))),
  }
}

export const effectiveNamespaces = (
  config: JsonObject,
  storage: Storage | undefined,
): ReadonlyArray<EffectiveNamespace> =>
  namespaceEntries(config)
    .filter(isObject)
    .map((entry) => effectiveNamespace(entry, storage))
