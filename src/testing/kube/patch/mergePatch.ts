/** JSON merge patch (RFC 7386). */
import { cloneJson, isMap, type Json, type JsonMap } from "../json.js"

/** `patch` merged into `target`; null removes a member, lists are replaced. */
export const mergePatch = (target: Json | undefined, patch: Json): Json => {
  if (!isMap(patch)) return cloneJson(patch)
  const out: JsonMap = isMap(target) ? { ...target } : {}
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete out[field]
    else if (value !== undefined) out[field] = mergePatch(out[field], value)
  }
  return out
}
