/** `acko manifests`: CRDs, roles, Deployment and samples, printed or written; `--check` tells whether written ones are up to date. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { documents, manifestFiles } from "./manifests.js"

const namespace = Options.text("namespace").pipe(
  Options.optional,
  Options.withDescription("Namespace of the operator (default: acko-system)"),
)
const image = Options.text("image").pipe(Options.optional, Options.withDescription("Image of the operator"))
const watchNamespaces = Options.text("watch-namespace").pipe(
  Options.repeated,
  Options.withDescription("Roles for these namespaces only (repeatable); default: the whole cluster"),
)
const webhook = Options.choice("webhook", ["self-managed", "cert-manager", "off"]).pipe(
  Options.withDefault("self-managed" as const),
  Options.withDescription("Who makes the certificate of the admission webhooks; off: no webhooks"),
)
const write = Options.directory("write", { exists: "either" }).pipe(
  Options.optional,
  Options.withDescription("Write the files below this directory"),
)
const check = Options.directory("check", { exists: "yes" }).pipe(
  Options.optional,
  Options.withDescription("Fail when a file below this directory differs"),
)
/** Not part of every installation: what they need, or are for, is not in every Kubernetes cluster. */
const onRequest = ["monitoring", "networkpolicy", "samples"] as const
const only = Options.choice("only", ["crd", "rbac", "operator", "webhook", ...onRequest]).pipe(
  Options.optional,
  Options.withDescription(`Print only this part; default: everything but ${onRequest.join(", ")}`),
)

/** Written manifests are not what this build would write. */
export class ManifestsOutdated extends Data.TaggedError("ManifestsOutdated")<{
  readonly files: ReadonlyArray<string>
}> {
  override get message(): string {
    return `out of date: ${this.files.join(", ")}; run \`npm run generate\``
  }
}

export const manifestsCommand = Command.make(
  "manifests",
  { namespace, image, watchNamespaces, webhook, write, check, only },
  (flags) =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const manifests = Object.entries(
        manifestFiles({
          ...(Option.isSome(flags.namespace) ? { namespace: flags.namespace.value } : {}),
          ...(Option.isSome(flags.image) ? { image: flags.image.value } : {}),
          webhook: flags.webhook,
          ...(flags.watchNamespaces.length === 0 ? {} : { watchNamespaces: flags.watchNamespaces }),
        }),
      )
      const everything = [...manifests, ...Object.entries(documents())]
      if (Option.isSome(flags.check)) {
        const directory = flags.check.value
        const stale = yield* Effect.filter(everything, ([name, text]) =>
          files.readFileString(path.join(directory, name)).pipe(
            Effect.map((stored) => stored !== text),
            Effect.orElseSucceed(() => true),
          ),
        )
        if (stale.length > 0) yield* Effect.fail(new ManifestsOutdated({ files: stale.map(([name]) => name) }))
        return
      }
      if (Option.isSome(flags.write)) {
        const directory = flags.write.value
        yield* Effect.forEach(everything, ([name, text]) =>
          Effect.gen(function* () {
            const file = path.join(directory, name)
            yield* files.makeDirectory(path.dirname(file), { recursive: true })
            yield* files.writeFileString(file, text)
          }),
        )
        return
      }
      const part = Option.getOrUndefined(flags.only)
      const wanted = manifests.filter(([name]) =>
        part === undefined ? !onRequest.some((other) => name.startsWith(`${other}/`)) : name.startsWith(`${part}/`),
      )
      yield* Console.log(wanted.map(([, text]) => text.trimEnd()).join("\n---\n"))
    }),
).pipe(Command.withDescription("Print or write CRDs, roles, the Deployment and the webhooks"))
