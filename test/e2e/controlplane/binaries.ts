/**
 * The programs of the control plane: from the folder `KUBEBUILDER_ASSETS` names (the convention of controller-runtime's envtest), else built
 * once from the Go modules pinned in `go.mod` beside this file and kept in the user's cache, by version.
 */
import * as Command from "@effect/platform/Command"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { fileURLToPath } from "node:url"

export const programs = ["etcd", "kube-apiserver", "kube-controller-manager"] as const
export type Program = (typeof programs)[number]

const packages: Readonly<Record<Program, string>> = {
  etcd: "go.etcd.io/etcd/server/v3",
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
}

/** There is no control plane to test on, and what to do about it. */
export class BinariesError extends Data.TaggedError("BinariesError")<{
  readonly detail: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return `no control plane: ${this.detail}`
  }
}

const otherWay = "or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kube-controller-manager"
const moduleFolder = fileURLToPath(new URL(".", import.meta.url))

/** What the module file pins. */
export interface Pinned {
  /** Least Go version, such as `1.26.0`. */
  readonly go: string
  readonly kubernetes: string
  readonly etcd: string
}

export const pinnedIn = (goMod: string): Pinned => {
  const find = (pattern: RegExp): string => pattern.exec(goMod)?.[1] ?? ""
  return {
    go: find(/^go (\S+)$/m),
    kubernetes: find(/^\s*k8s\.io\/kubernetes (v\S+)$/m),
    etcd: find(/^\s*go\.etcd\.io\/etcd\/server\/v3 (v\S+)$/m),
  }
}

/** Whether the toolchain `go1.26.8` (as `go env GOVERSION` prints it) is at least `least`. */
export const isNewEnough = (toolchain: string, least: string): boolean => {
  const numbers = (text: string) => (/\d+(\.\d+)*/.exec(text)?.[0] ?? "0").split(".").map(Number)
  const have = numbers(toolchain)
  for (const [index, wanted] of numbers(least).entries()) {
    const part = have[index] ?? 0
    if (part !== wanted) return part > wanted
  }
  return true
}

type Tools = FileSystem.FileSystem | Path.Path | CommandExecutor

/** Never another toolchain than the one that is installed: fetching one would be a surprise. */
const go = (...args: ReadonlyArray<string>) =>
  Command.make("go", ...args).pipe(Command.workingDirectory(moduleFolder), Command.env({ GOTOOLCHAIN: "local" }))

const requireToolchain = (least: string): Effect.Effect<void, BinariesError, CommandExecutor> =>
  Command.string(go("env", "GOVERSION")).pipe(
    Effect.mapError(
      (cause) => new BinariesError({ detail: `\`go\` does not run. Install Go ${least} or later, ${otherWay}`, cause }),
    ),
    Effect.map((text) => text.trim()),
    Effect.filterOrFail(
      (found) => isNewEnough(found, least),
      (found) =>
        new BinariesError({ detail: `Go ${least} or later is needed, found ${found}. Install it, ${otherWay}` }),
    ),
  )

const buildOne = (program: Program, folder: string, { kubernetes }: Pinned) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const [major = "", minor = ""] = kubernetes.slice(1).split(".")
    const version = "k8s.io/component-base/version"
    const flags = [
      "-s -w",
      `-X ${version}.gitVersion=${kubernetes}`,
      `-X ${version}.gitMajor=${major}`,
      `-X ${version}.gitMinor=${minor}`,
    ]
    yield* Effect.logInfo(`building ${program}; the first time this takes minutes`)
    const build = go(
      "build",
      "-trimpath",
      "-ldflags",
      flags.join(" "),
      "-o",
      path.join(folder, program),
      packages[program],
    )
    const code = yield* Command.exitCode(build.pipe(Command.stdout("inherit"), Command.stderr("inherit")))
    if (code !== 0)
      return yield* new BinariesError({ detail: `\`go build ${packages[program]}\` failed with ${code}, see above` })
  })

const missingIn = (folder: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    return yield* Effect.filter(programs, (program) => Effect.negate(files.exists(path.join(folder, program))))
  })
const isComplete = (folder: string) => Effect.map(missingIn(folder), (missing) => missing.length === 0)

/** Builds beside the target and renames, so that a broken or a second build never leaves half a folder. */
const build = (target: string, pinned: Pinned): Effect.Effect<void, BinariesError | PlatformError, Tools> =>
  Effect.scoped(
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      yield* requireToolchain(pinned.go)
      yield* files.makeDirectory(path.dirname(target), { recursive: true })
      const folder = yield* files.makeTempDirectoryScoped({ directory: path.dirname(target), prefix: "building-" })
      const ready = path.join(folder, "ready")
      for (const program of programs) yield* buildOne(program, ready, pinned)
      // Somebody else may have been faster; their result is as good.
      yield* files
        .rename(ready, target)
        .pipe(Effect.catchAll((error) => Effect.unlessEffect(Effect.fail(error), isComplete(target))))
    }),
  )

const cacheFolder = Effect.gen(function* () {
  const path = yield* Path.Path
  const { HOME, XDG_CACHE_HOME } = process.env
  if (XDG_CACHE_HOME !== undefined && XDG_CACHE_HOME !== "") return XDG_CACHE_HOME
  if (HOME !== undefined && HOME !== "") return path.join(HOME, ".cache")
  return yield* new BinariesError({ detail: `neither XDG_CACHE_HOME nor HOME is set; set one, ${otherWay}` })
})

/** The folder that holds all {@link programs}; builds them if need be, which takes 10 to 15 minutes on two cores and 2 GB of disk. */
export const findBinaries: Effect.Effect<string, BinariesError | PlatformError, Tools> = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const given = process.env["KUBEBUILDER_ASSETS"]
  if (given !== undefined && given !== "") {
    const missing = yield* missingIn(given)
    if (missing.length === 0) return given
    return yield* new BinariesError({
      detail: `KUBEBUILDER_ASSETS is ${given}, but not in it: ${missing.join(", ")}`,
    })
  }
  const pinned = pinnedIn(yield* files.readFileString(path.join(moduleFolder, "go.mod")))
  const target = path.join(yield* cacheFolder, "acko", "controlplane", `${pinned.kubernetes}-${pinned.etcd}`)
  if (!(yield* isComplete(target))) yield* build(target, pinned)
  return target
})
