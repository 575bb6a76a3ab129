/** The webhook's certificate from files, as cert-manager keeps them in a mounted Secret. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import { CertificateError, type CertificateSource, makeComplaint, readPair } from "./CertificateSource.js"

export interface CertificateFiles {
  /** Directory with `tls.crt` and `tls.key`. */
  readonly directory: string
  /** How often they are looked at (ms). Default 10 s: the links of a mounted Secret defeat notifications about files. */
  readonly everyMs?: number
}

/**
 * Follows the files. A pair that does not fit, because it is being replaced at this moment, is left for the next look; the one before stays in
 * use. It is the kubelet that takes longest: up to a minute from the Secret to the file.
 */
export const certificateFiles =
  ({ directory, everyMs = 10_000 }: CertificateFiles): CertificateSource<FileSystem.FileSystem | Path.Path> =>
  (show) =>
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const complain = makeComplaint()
      const read = (name: string) => {
        const source = path.join(directory, name)
        const failed = (cause: unknown) => new CertificateError({ source, detail: "cannot be read", cause })
        return Effect.mapError(files.readFileString(source), failed)
      }
      let shown = ""
      const look = Effect.gen(function* () {
        const [certificate, key] = yield* Effect.all([read("tls.crt"), read("tls.key")])
        if (certificate + key === shown) return
        const pair = yield* readPair(directory, { certificate, key })
        yield* show(pair)
        shown = certificate + key
        yield* Effect.logInfo(`webhook certificate from ${directory}, valid until ${pair.until.toISOString()}`)
      })
      return yield* look.pipe(
        Effect.matchEffect({ onFailure: ({ message }) => complain(message), onSuccess: () => complain(undefined) }),
        Effect.zipRight(Effect.sleep(everyMs)),
        Effect.forever,
      )
    })
