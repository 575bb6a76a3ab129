/**
 * `aerospike.conf` from a configuration tree (behaviour.md Part 2 with the fixes of W31, W33). What the server would read differently from
 * what the tree says is a problem, never a guess: parsing the text again yields exactly the tree (S8, R117, R118).
 */
import type * as Either from "effect/Either"
import type { Json, JsonObject } from "../../domain/Json.js"
import type { SpecProblem } from "../../domain/SpecProblem.js"
import { isList, isObject, kindOf, listOf } from "../effective/configTree.js"
import { renderSink } from "./logging.js"
import { TextWriter } from "./TextWriter.js"

/** One mesh seed line. */
export interface Seed {
  readonly host: string
  readonly port: number
}

/** Community Edition refuses to start with more. */
export const maximumSeeds = 8

/** Sections of a namespace that carry a name of their own: `set <name> { … }`. Lists of maps with `name`. */
const namedSections: Readonly<Record<string, string>> = { set: "set", sets: "set" }

const storageEngine = (writer: TextWriter, value: Json, path: string): void => {
  if (!isObject(value)) return writer.line("storage-engine", value, path)
  const { type, ...rest } = value
  const kind = typeof type === "string" ? type : "file" in rest || "device" in rest ? "device" : "memory"
  const keys = Object.keys(rest).filter((key) => rest[key] !== null)
  if (keys.length === 0) return writer.line("storage-engine", kind, path)
  writer.block(["storage-engine", kind], path, () => entries(writer, rest, path, namespaceEntry))
}

type EntryWriter = (writer: TextWriter, key: string, value: Json, path: string) => boolean

/** What is special inside a namespace, at any depth. True: written. */
const namespaceEntry: EntryWriter = (writer, key, value, path) => {
  if (key === "rack-id") {
    writer.refuse(path, "rack-id is Enterprise-only", "use spec.rackConfig")
    return true
  }
  if (key === "storage-engine") {
    storageEngine(writer, value, path)
    return true
  }
  const word = Object.hasOwn(namedSections, key) ? namedSections[key] : undefined
  const named = listOf(value)
  if (word === undefined || !named.every((item) => isObject(item) && typeof item["name"] === "string")) return false
  named.filter(isObject).forEach((item, index) => {
    const { name = null, ...rest } = item
    writer.block([word, name], `${path}[${index}]`, () => entries(writer, rest, `${path}[${index}]`, namespaceEntry))
  })
  return true
}

const nothingSpecial: EntryWriter = () => false

/** One key: null is left out, a map is a section, a list repeats, anything else is a line. */
const entry = (writer: TextWriter, key: string, value: Json, path: string, special: EntryWriter): void => {
  if (value === null || special(writer, key, value, path)) return
  if (isObject(value)) return writer.block([key], path, () => entries(writer, value, path, special))
  if (!isList(value)) return writer.line(key, value, path)
  value.forEach((item, index) => {
    const at = `${path}[${index}]`
    if (isObject(item)) writer.block([key], at, () => entries(writer, item, at, special))
    else if (isList(item)) writer.refuse(at, "a list inside a list has no meaning", "write one flat list")
    else if (item !== null) writer.line(key, item, at)
  })
}

const entries = (writer: TextWriter, tree: JsonObject, path: string, special: EntryWriter): void => {
  for (const key of Object.keys(tree).sort()) entry(writer, key, tree[key] ?? null, `${path}.${key}`, special)
}

const namespaces = (writer: TextWriter, value: Json, path: string): void => {
  if (!isList(value)) return writer.refuse(path, `namespaces must be a list, it is ${kindOf(value)}`, "write a list")
  value.forEach((item, index) => {
    const at = `${path}[${index}]`
    if (!isObject(item)) return writer.refuse(at, `a namespace must be a map, it is ${kindOf(item)}`, "write a map")
    const { name = null, ...rest } = item
    if (typeof name !== "string") return writer.refuse(at, "a namespace needs a name", "add name")
    writer.block(["namespace", name], at, () => entries(writer, rest, at, namespaceEntry))
  })
}

const network = (writer: TextWriter, value: Json, path: string, seeds: ReadonlyArray<Seed>): void => {
  if (!isObject(value)) return writer.refuse(path, `network must be a map, it is ${kindOf(value)}`, "write a map")
  writer.block(["network"], path, () => {
    for (const key of Object.keys(value).sort()) {
      const below = value[key] ?? null
      if (key !== "heartbeat") entry(writer, key, below, `${path}.${key}`, nothingSpecial)
      else {
        const { "mesh-seed-address-port": _given, ...rest } = isObject(below) ? below : {}
        writer.block(["heartbeat"], `${path}.heartbeat`, () => {
          entries(writer, rest, `${path}.heartbeat`, nothingSpecial)
          for (const seed of seeds)
            writer.line(
              "mesh-seed-address-port",
              `${seed.host} ${seed.port}`,
              `${path}.heartbeat.mesh-seed-address-port`,
            )
        })
      }
    }
  })
}

const logging = (writer: TextWriter, value: Json, path: string): void => {
  if (!isList(value))
    return writer.refuse(path, `logging must be a list, it is ${kindOf(value)}`, "write a list of sinks")
  writer.block(["logging"], path, () => value.forEach((sink, index) => renderSink(writer, sink, `${path}[${index}]`)))
}

const topLevel = (writer: TextWriter, key: string, value: Json, path: string, seeds: ReadonlyArray<Seed>): void => {
  if (value === null || key === "security") return
  if (key === "namespaces") return namespaces(writer, value, path)
  if (key === "logging") return logging(writer, value, path)
  if (key === "network") return network(writer, value, path, seeds)
  if (key === "service" && !isObject(value))
    return writer.refuse(path, `service must be a map, it is ${kindOf(value)}`, "write a map")
  entry(writer, key, value, path, nothingSpecial)
}

/**
 * The text of `aerospike.conf` for a rack. Without seeds it is what the template hash covers: a change of size restarts no pod.
 * `security` is never written: a Community Edition server refuses to start with it.
 *
 * @param path where the tree stands in the resource, for problems
 */
export const rackConfigText = (
  config: JsonObject,
  seeds: ReadonlyArray<Seed>,
  path: string,
): Either.Either<string, ReadonlyArray<SpecProblem>> => {
  const writer = new TextWriter()
  if (seeds.length > maximumSeeds)
    writer.refuse(path, `${seeds.length} mesh seeds; the maximum is ${maximumSeeds}`, "use at most 8 pods")
  for (const key of Object.keys(config).sort()) topLevel(writer, key, config[key] ?? null, `${path}.${key}`, seeds)
  return writer.result(path)
}
