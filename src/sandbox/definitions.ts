/** Reads Kubernetes objects (CustomResourceDefinitions above all) from YAML files, for a sandbox to start with. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { parseAllDocuments } from "yaml"
import type { KubeObject } from "../domain/Kubernetes.js"

export class ManifestError extends Data.TaggedError("ManifestError")<{
  readonly file: string
  readonly detail: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return `${this.file}: ${this.detail}`
  }
}

const isObject = (value: unknown): value is KubeObject =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Partial<KubeObject>).apiVersion === "string" &&
  typeof (value as Partial<KubeObject>).kind === "string" &&
  typeof (value as Partial<KubeObject>).metadata === "object"

/** All objects of a text; empty documents are skipped, anything else that is no object is an error. */
export const parseManifest = (file: string, text: string): Effect.Effect<ReadonlyArray<KubeObject>, ManifestError> =>
  Effect.gen(function* () {
    const objects: Array<KubeObject> = []
    for (const document of parseAllDocuments(text)) {
      const [problem] = document.errors
      if (problem !== undefined) return yield* new ManifestError({ file, detail: problem.message, cause: problem })
      const value: unknown = document.toJSON()
      if (value === null || value === undefined) continue
      if (!isObject(value)) return yield* new ManifestError({ file, detail: "not a Kubernetes object" })
      objects.push(value)
    }
    return objects
  })

/** The objects of all `.yaml` files of a directory, by file name. A directory that does not exist has none. */
export const readManifests = (
  directory: string,
): Effect.Effect<ReadonlyArray<KubeObject>, ManifestError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const failed = (file: string) => (cause: unknown) => new ManifestError({ file, detail: "cannot be read", cause })
    if (!(yield* Effect.mapError(files.exists(directory), failed(directory)))) return []
    const names = yield* Effect.mapError(files.readDirectory(directory), failed(directory))
    const wanted = names.filter((name) => /\.ya?ml$/.test(name) && !name.startsWith("kustomization")).sort()
    const parsed = yield* Effect.forEach(wanted, (name) => {
      const file = path.join(directory, name)
      return Effect.flatMap(Effect.mapError(files.readFileString(file), failed(file)), (text) =>
        parseManifest(file, text),
      )
    })
    return parsed.flat()
  })
