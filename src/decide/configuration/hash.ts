/** The hashes that identify configurations, pods and objects. Not secrets: they only tell versions apart. */
import { createHash } from "node:crypto"
import { canonicalJson } from "./canonicalJson.js"

/** Hash of a value: SHA-256 over its canonical JSON, first 8 bytes as 16 hex digits. Independent of key order. */
export const stableHash = (value: unknown): string => textHash(canonicalJson(value))

/** The same over a text. */
export const textHash = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex").slice(0, 16)

/** ACKO's hash of a rack's effective `aerospikeConfig`, byte for byte (behaviour.md §0.4): pods of the reference operator keep running. */
export const configHash: (config: unknown) => string = stableHash

/** What ACKO hashes of a pod. Go writes struct fields in declaration order, so this one cannot equal ACKO's; it is for display only. */
export const podSpecHash = (pod: {
  readonly image: string
  readonly podSpec?: unknown
  readonly monitoring?: unknown
  readonly rackID: number
}): string => stableHash({ ...pod, preStopSleepSec: 15 })
