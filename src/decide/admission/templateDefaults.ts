/** Defaulting of a template as it is stored: TD1–TD3 (api.md §5.2). Not applied to `spec.overrides` of a cluster. */
import type { JsonObject } from "../../domain/Json.js"
import { isList, isObject } from "../effective/configTree.js"

const withScheduling = (scheduling: JsonObject): JsonObject => ({
  ...scheduling,
  ...(scheduling["podAntiAffinityLevel"] ? {} : { podAntiAffinityLevel: "preferred" }),
})

const withStorage = (storage: JsonObject): JsonObject => {
  const modes = storage["accessModes"]
  const hasModes = isList(modes) ? modes.length > 0 : modes !== undefined && modes !== null
  return {
    ...storage,
    ...(storage["volumeMode"] ? {} : { volumeMode: "Filesystem" }),
    ...(hasModes ? {} : { accessModes: ["ReadWriteOnce"] }),
  }
}

/** The template with its defaults; absent sections stay absent. */
export const defaultedTemplate = (object: JsonObject): JsonObject => {
  const { spec } = object
  if (!isObject(spec)) return object
  const { scheduling, storage } = spec
  return {
    ...object,
    spec: {
      ...spec,
      ...(isObject(scheduling) ? { scheduling: withScheduling(scheduling) } : {}),
      ...(isObject(storage) ? { storage: withStorage(storage) } : {}),
    },
  }
}
