/** Files and devices of the server's configuration against the volumes of its pods. */
import type { JsonObject } from "../../../domain/Json.js"
import type { SpecProblem } from "../../../domain/SpecProblem.js"
import type { Storage } from "../../../domain/schema/storage.js"
import { isObject, listOf, namespaceEntries, section } from "../configTree.js"
import { volumeAt } from "../volumes.js"
import { when } from "./problem.js"

/** The paths of one line: the primary and, behind it, its shadow. */
const pathsOf = (engine: JsonObject, key: string): ReadonlyArray<string> =>
  listOf(engine[key]).flatMap((line) => (typeof line === "string" ? line.split(" ").filter(Boolean) : []))

/** Storage of namespaces that is on no volume; `path`: where the configuration stands. */
export const backingWarnings = (
  config: JsonObject,
  storage: Storage | undefined,
  path: string,
): ReadonlyArray<SpecProblem> =>
  namespaceEntries(config).flatMap((namespace, index) => {
    const engine = isObject(namespace) ? section(namespace, "storage-engine") : {}
    const at = `${path}.namespaces[${index}].storage-engine`
    return [
      ...pathsOf(engine, "device").flatMap((device) =>
        when(
          volumeAt(storage, device) === undefined,
          "storage.device",
          `${at}.device`,
          `no volume is attached at ${device}: a server that does not find its device does not start`,
          `add a persistent volume with volumeMode Block and aerospike.path ${device}`,
        ),
      ),
      ...pathsOf(engine, "file").flatMap((file) =>
        when(
          volumeAt(storage, file) === undefined,
          "storage.file",
          `${at}.file`,
          `${file} is on no volume: the data is gone with the pod, and without its directory the server does not start`,
          "mount a persistent volume at its directory, or above",
        ),
      ),
    ]
  })
