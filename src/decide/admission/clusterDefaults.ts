/** Defaulting of the resource as it is stored: D1–D14 on raw JSON, so that fields this version does not know stay (api.md §5.1). */
import * as Either from "effect/Either"
import type { Json, JsonObject } from "../../domain/Json.js"
import { isObject, section } from "../effective/configTree.js"
import { defaultedConfig, withDefaultedParts } from "../effective/defaults.js"

const isAbsent = (value: Json | undefined): boolean => value === undefined || value === null

/** The resource with its defaults. What is no map where one belongs stays as it is: it is refused (V57–V59, the schema), not replaced. */
export const defaultedCluster = (object: JsonObject): JsonObject => {
  const { spec } = object
  if (!isObject(spec)) return object
  const parts = withDefaultedParts(spec)
  const config = isAbsent(spec["aerospikeConfig"]) ? {} : spec["aerospikeConfig"]
  if (!isObject(config)) return { ...object, spec: parts }
  const name = section(object, "metadata")["name"]
  const defaulted = defaultedConfig(config, {
    clusterName: typeof name === "string" && name !== "" ? name : undefined,
    awaitsTemplate: !isAbsent(spec["templateRef"]),
  })
  return {
    ...object,
    spec: Either.match(defaulted, { onLeft: () => parts, onRight: (tree) => ({ ...parts, aerospikeConfig: tree }) }),
  }
}
