/** Log sinks: `context <context> <level>` lines, one per context, from any natural way to write them (W31). */
import type { Json } from "../../domain/Json.js"
import { isObject, kindOf, listOf } from "../effective/configTree.js"
import type { TextWriter } from "./TextWriter.js"

const levels = new Set(["critical", "warning", "info", "debug", "detail"])

/** Keys of a syslog sink that are not contexts. */
const syslogKeys = new Set(["facility", "path", "tag"])

const contextLine = (writer: TextWriter, context: string, level: Json, path: string): void => {
  if (typeof level !== "string" || !levels.has(level.toLowerCase()))
    return writer.refuse(path, `${JSON.stringify(level)} is no log level`, `use one of ${[...levels].join(", ")}`)
  writer.line("context", `${context} ${level}`, path)
}

/** `"any info"`, a list of such, or a map from context to level. */
const contexts = (writer: TextWriter, value: Json, path: string): void => {
  if (isObject(value)) {
    for (const context of Object.keys(value).sort())
      contextLine(writer, context, value[context] ?? null, `${path}.${context}`)
    return
  }
  for (const item of listOf(value)) {
    const [context = "", level = "", ...more] = typeof item === "string" ? item.split(" ") : []
    if (typeof item !== "string" || more.length > 0)
      writer.refuse(path, `${JSON.stringify(item)} is no context and level`, 'write "any info"')
    else contextLine(writer, context, level, path)
  }
}

const sinkHead = (name: string): readonly [string, Json?] => {
  if (name === "console" || name === "stderr") return ["console"]
  return name === "syslog" ? ["syslog"] : ["file", name]
}

/** One entry of `logging`: a map with `name` (`console`, `syslog` or a file). */
export const renderSink = (writer: TextWriter, sink: Json, path: string): void => {
  if (!isObject(sink)) return writer.refuse(path, `a log sink must be a map, it is ${kindOf(sink)}`, "write a map")
  const { name, ...rest } = sink
  if (typeof name !== "string" || name === "")
    return writer.refuse(path, "a log sink needs a name", "add name: console, syslog or the path of a file")
  writer.block(sinkHead(name), path, () => {
    for (const key of Object.keys(rest).sort()) {
      const value = rest[key] ?? null
      const at = `${path}.${key}`
      if (value === null) continue
      if (key === "context") contexts(writer, value, at)
      else if (name === "syslog" && syslogKeys.has(key)) writer.line(key, value, at)
      else contextLine(writer, key, value, at)
    }
  })
}
