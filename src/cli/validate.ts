/** `acko validate`: admission's verdict about files, without a cluster. For people before `kubectl apply`, and for CI of GitOps repositories. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { Ended } from "./processLife.js"
import { type Contents, readDocuments } from "./validate/documents.js"
import { judge } from "./validate/judge.js"
import { type Findings, jsonReport, textReport, yamlReport } from "./validate/print.js"

const files = Options.text("filename").pipe(
  Options.withAlias("f"),
  Options.repeated,
  Options.withDescription("File or directory with YAML or JSON; -: standard input (repeatable)"),
)
const more = Args.text({ name: "file" }).pipe(Args.repeated, Args.withDescription("More of them"))
const output = Options.choice("output", ["text", "json", "yaml"]).pipe(
  Options.withAlias("o"),
  Options.withDefault("text" as const),
  Options.withDescription("yaml: the resources with their defaults, findings on stderr"),
)
const defaulted = Options.boolean("defaulted").pipe(
  Options.withDescription("With the resources as they would be stored (json), or nothing but them (yaml)"),
)

const exitCodes = { refused: 1, unreadable: 2 }

const unreadable = (file: string, message: string): Contents => ({
  entries: [],
  unreadable: [{ file, line: 1, message }],
})

const readStdin = NodeStream.toString(() => process.stdin, { onFailure: String })

const readFile = (file: string) =>
  Effect.gen(function* () {
    const system = yield* FileSystem.FileSystem
    return yield* Effect.mapError(system.readFileString(file), ({ message }) => message)
  })

/** The files a name stands for. */
const expand = (name: string) =>
  Effect.gen(function* () {
    const system = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    if (name === "-") return [name]
    const isDirectory = yield* system.stat(name).pipe(
      Effect.map(({ type }) => type === "Directory"),
      // Said when it is read.
      Effect.orElseSucceed(() => false),
    )
    if (!isDirectory) return [name]
    const found = yield* Effect.orElseSucceed(system.readDirectory(name), () => [])
    return found
      .filter((file) => /\.(ya?ml|json)$/.test(file))
      .sort()
      .map((file) => path.join(name, file))
  })

const readAll = (names: ReadonlyArray<string>) =>
  Effect.forEach(names, (name) =>
    Effect.match(name === "-" ? readStdin : readFile(name), {
      onFailure: (message) => unreadable(name, message),
      onSuccess: (text) => readDocuments(name === "-" ? "stdin" : name, text),
    }),
  )

const print = (findings: Findings, form: "text" | "json" | "yaml", withDefaults: boolean) => {
  switch (form) {
    case "json":
      return Console.log(jsonReport(findings, withDefaults))
    case "yaml":
      return Effect.zipRight(Console.error(textReport(findings)), Console.log(yamlReport(findings)))
    case "text":
      return withDefaults
        ? Effect.zipRight(Console.error(textReport(findings)), Console.log(yamlReport(findings)))
        : Console.log(textReport(findings))
  }
}

export const validateCommand = Command.make("validate", { files, output, defaulted, more }, (flags) =>
  Effect.gen(function* () {
    const names = [...flags.files, ...flags.more]
    const contents = yield* Effect.flatMap(Effect.forEach(names, expand), (found) => readAll(found.flat()))
    const missing = names.length === 0 ? [{ file: "-f", line: 1, message: "which files? Name them with -f" }] : []
    const findings = {
      ...judge(contents.flatMap(({ entries }) => entries)),
      unreadable: [...missing, ...contents.flatMap((content) => content.unreadable)],
    }
    yield* print(findings, flags.output, flags.defaulted)
    if (findings.unreadable.length > 0) return yield* new Ended({ code: exitCodes.unreadable })
    if (findings.judgements.some(({ accepted }) => !accepted)) return yield* new Ended({ code: exitCodes.refused })
  }),
).pipe(Command.withDescription("Tell whether admission accepts the resources of files, without a cluster"))
