/** `acko validate`: admission's verdict about files, without a cluster. For people before `kubectl apply`, and for CI of GitOps repositories. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { Ended } from "./processLife.js"
import { fileNames, readFiles } from "./validate/files.js"
import { judge } from "./validate/judge.js"
import { type Findings, jsonReport, textReport, yamlReport } from "./validate/print.js"

const output = Options.choice("output", ["text", "json", "yaml"]).pipe(
  Options.withAlias("o"),
  Options.withDefault("text" as const),
  Options.withDescription("yaml: the resources with their defaults, findings on stderr"),
)
const defaulted = Options.boolean("defaulted").pipe(
  Options.withDescription("With the resources as they would be stored (json), or nothing but them (yaml)"),
)

const exitCodes = { refused: 1, unreadable: 2 }

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

export const validateCommand = Command.make("validate", { ...fileNames, output, defaulted }, (flags) =>
  Effect.gen(function* () {
    const { entries, unreadable } = yield* readFiles([...flags.files, ...flags.more])
    const findings = { ...judge(entries), unreadable }
    yield* print(findings, flags.output, flags.defaulted)
    if (findings.unreadable.length > 0) return yield* new Ended({ code: exitCodes.unreadable })
    if (findings.judgements.some(({ accepted }) => !accepted)) return yield* new Ended({ code: exitCodes.refused })
  }),
).pipe(Command.withDescription("Tell whether admission accepts the resources of files, without a cluster"))
