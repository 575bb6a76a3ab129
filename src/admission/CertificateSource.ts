/**
 * Where the webhook's certificate comes from. A source shows the first certificate and every later one, for ever; what stands in its way it
 * logs and tries again. Before the first certificate nothing can be served, and the pod is not ready.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { createPrivateKey, X509Certificate } from "node:crypto"
import { createSecureContext } from "node:tls"
import type { ServerCertificate } from "../tls/certificate.js"

/** A certificate with the time until which it may be shown. */
export interface ServedCertificate extends ServerCertificate {
  readonly until: Date
}

/** Calls `show` with each certificate to serve from now on. */
export type CertificateSource<R = never> = (
  show: (certificate: ServedCertificate) => Effect.Effect<void>,
) => Effect.Effect<never, never, R>

/** A certificate cannot be read, or its key is not there. */
export class CertificateError extends Data.TaggedError("CertificateError")<{
  readonly source: string
  readonly detail: string
  readonly cause: unknown
}> {
  override get message(): string {
    const why = this.cause instanceof Error ? this.cause.message : String(this.cause)
    return `webhook certificate ${this.source}: ${this.detail}: ${why}`
  }
}

/** Checks that certificate and key can be read and belong together. */
export const readPair = (source: string, pair: ServerCertificate): Effect.Effect<ServedCertificate, CertificateError> =>
  Effect.try({
    try: () => {
      const leaf = new X509Certificate(pair.certificate)
      // Of files that are being replaced, one may be of before and the other of after; an empty key would pass as none at all.
      if (!leaf.checkPrivateKey(createPrivateKey(pair.key))) throw new Error("the key is another certificate's")
      createSecureContext({ cert: pair.certificate, key: pair.key })
      return { ...pair, until: new Date(leaf.validTo) }
    },
    catch: (cause) =>
      new CertificateError({ source, detail: "certificate and key are unreadable or do not belong together", cause }),
  })

/** Logs a problem when it differs from the one before; `undefined`: all is well. */
export const makeComplaint = (): ((problem: string | undefined) => Effect.Effect<void>) => {
  let told: string | undefined
  return (problem) =>
    Effect.suspend(() => {
      const isNew = problem !== told
      told = problem
      return isNew && problem !== undefined ? Effect.logWarning(problem) : Effect.void
    })
}
