/** The files a command is given, as documents. */
import * as Args from "@effect/cli/Args"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Effect from "effect/Effect"
import { type Contents, readDocuments } from "./documents.js"

/** `-f FILE…`, for commands that read resources. */
export const fileNames = {
  files: Options.text("filename").pipe(
    Options.withAlias("f"),
    Options.repeated,
    Options.withDescription("File or directory with YAML or JSON; -: standard input (repeatable)"),
  ),
  more: Args.text({ name: "file" }).pipe(Args.repeated, Args.withDescription("More of them")),
}

const unreadable = (file: string, message: string, fix: string): Contents => ({
  entries: [],
  unreadable: [{ file, line: 1, message, fix }],
})
const readable = "give a file, or a directory, that exists and can be read"

const readStdin = NodeStream.toString(() => process.stdin, { onFailure: String })

const readFile = (file: string) =>
  Effect.gen(function* () {
    const system = yield* FileSystem.FileSystem
    return yield* Effect.mapError(system.readFileString(file), ({ message }) => message)
  })

/** The files a name stands for; a name that stands for none is told when it is read. */
const expand = (name: string) =>
  Effect.gen(function* () {
    const system = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    if (name === "-") return [name]
    const isDirectory = yield* system.stat(name).pipe(
      Effect.map(({ type }) => type === "Directory"),
      Effect.orElseSucceed(() => false),
    )
    if (!isDirectory) return [name]
    const found = yield* Effect.orElseSucceed(system.readDirectory(name), () => undefined)
    if (found === undefined) return [name]
    return found
      .filter((file) => /\.(ya?ml|json)$/.test(file))
      .sort()
      .map((file) => path.join(name, file))
  })

const readOne = (name: string) =>
  Effect.match(name === "-" ? readStdin : readFile(name), {
    onFailure: (message) => unreadable(name, message, readable),
    onSuccess: (text) => readDocuments(name === "-" ? "stdin" : name, text),
  })

/** Everything in the files and directories of these names. What cannot be read is told beside the rest; so is having been given no name. */
export const readFiles = (names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const found = (yield* Effect.forEach(names, expand)).flat()
    const contents = yield* Effect.forEach(found, readOne)
    const all = {
      entries: contents.flatMap(({ entries }) => entries),
      unreadable: contents.flatMap((content) => content.unreadable),
    } satisfies Contents
    if (names.length === 0) return unreadable("-f", "no file was named", "name files or directories with -f")
    // As for kubectl, nothing to judge is a mistake: a wrong directory must not look like a good one.
    return all.entries.length + all.unreadable.length === 0
      ? unreadable(
          names.join(", "),
          "there is no resource in it",
          "name files, or directories, with .yaml, .yml or .json",
        )
      : all
  })
