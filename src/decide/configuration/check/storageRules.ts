/** Start rules of `storage-engine`: `mem.*` and `dev.*`. */
import type { Json, JsonObject } from "../../../domain/Json.js"
import { isObject, listOf, section } from "../../effective/configTree.js"
import { amountOf, lastOf } from "./amounts.js"
import { engineKind } from "./entries.js"
import { type Finding, type Findings, refused, type Rules } from "./Finding.js"

const present = (tree: JsonObject, name: string): boolean => lastOf(tree[name]) !== undefined

/** Words of each line: the primary path and, behind it, its shadow. */
const linesOf = (value: Json | undefined): ReadonlyArray<ReadonlyArray<string>> =>
  listOf(value).flatMap((line) => (typeof line === "object" ? [] : [String(line).split(" ").filter(Boolean)]))

interface Engine {
  readonly tree: JsonObject
  readonly kind: string
  readonly files: ReadonlyArray<ReadonlyArray<string>>
  readonly devices: ReadonlyArray<ReadonlyArray<string>>
}

const engineOf = (namespace: JsonObject): Engine | undefined => {
  const value = namespace["storage-engine"]
  const kind = engineKind(value)
  if (kind === undefined) return undefined
  const tree = section(namespace, "storage-engine")
  return { tree, kind, files: linesOf(tree["file"]), devices: linesOf(tree["device"]) }
}

type Tell = (rule: string, key: string, message: string, fix: string) => Finding

const memoryFindings = ({ tree, files, devices }: Engine, tell: Tell): Findings => {
  const isBacked = files.length + devices.length > 0
  const isSized = present(tree, "data-size")
  return [
    ...(isBacked || isSized
      ? []
      : [tell("mem.data-size-missing", "", "memory without data-size", "set data-size to at least 512M")]),
    ...(isBacked && isSized
      ? [tell("mem.data-size-and-backing", ".data-size", "data-size together with file or device", "remove data-size")]
      : []),
    ...(!isBacked && present(tree, "flush-size")
      ? [tell("mem.flush-size", ".flush-size", "flush-size without file or device", "remove flush-size")]
      : []),
  ]
}

const duplicates = ({ files, devices }: Engine, tell: Tell): Findings => {
  const paths = [...files, ...devices].flat()
  return [...new Set(paths.filter((path, index) => paths.indexOf(path) !== index))].map((path) =>
    tell("dev.duplicate", "", `${path} is used twice`, "name each file and device once"),
  )
}

const backingFindings = (engine: Engine, tell: Tell): Findings => {
  const { tree, files, devices } = engine
  return [
    ...(files.length > 0 && devices.length > 0
      ? [tell("dev.mixed", "", "files and devices in one namespace", "use files only, or devices only")]
      : []),
    ...(files.length > 0 && !present(tree, "filesize")
      ? [tell("dev.filesize-missing", "", "file without filesize", "set filesize, such as 4G")]
      : []),
    ...[files, devices].flatMap((list) =>
      list.some((words) => words.length > 1) && list.some((words) => words.length < 2)
        ? [tell("dev.shadow", "", "some lines with a shadow and some without", "give all of them a shadow, or none")]
        : [],
    ),
    ...duplicates(engine, tell),
  ]
}

/** Refused as unknown, with the name they were meant to have: nobody needs to hear that nothing has that name. */
const misnamed = ["files", "devices"]

/** Findings about a namespace's storage. */
export const engineFindings = (namespace: JsonObject, words: string, path: string): Findings => {
  const at = `${path}.storage-engine`
  const tell: Tell = (rule, key, message, fix) =>
    refused(rule, `${at}${key}`, `storage-engine of ${words}: ${message}; the server would not start`, fix)
  const engine = engineOf(namespace)
  if (engine === undefined)
    return present(namespace, "storage-engine")
      ? []
      : [
          refused(
            "required.storage-engine",
            at,
            `${words} has no storage-engine; the server would not start`,
            "add storage-engine with type memory and a data-size, or type device with its files or devices",
          ),
        ]
  return [
    ...(engine.kind === "memory" ? memoryFindings(engine, tell) : []),
    ...(engine.kind === "device" &&
    engine.files.length + engine.devices.length === 0 &&
    !misnamed.some((name) => present(engine.tree, name))
      ? [tell("dev.empty", "", "device without file and device", "add file with filesize, or device")]
      : []),
    ...backingFindings(engine, tell),
  ]
}

/** Default of the server. */
const defaultReplicationFactor = 2

/**
 * Bytes of unique data the storage of a namespace on one node counts for. A raw device counts where its size is known, a shadow device holds
 * nothing of its own.
 */
export const uniqueBytes = (
  rules: Rules,
  namespace: JsonObject,
  devices: ReadonlyMap<string, number> = new Map(),
): number => {
  const engine = engineOf(namespace)
  if (engine === undefined || !isObject(namespace["storage-engine"])) return 0
  const amount = (name: string): number =>
    amountOf(rules.table.find("namespace.storage-engine", name, engine.kind), engine.tree, 0)
  const factor = amountOf(rules.table.find("namespace", "replication-factor"), namespace, defaultReplicationFactor)
  const raw = engine.devices.reduce((sum, [primary = ""]) => sum + (devices.get(primary) ?? 0), 0)
  return (amount("data-size") + amount("filesize") * engine.files.length + raw) / (2 * Math.max(factor, 1))
}
