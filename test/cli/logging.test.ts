import { expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { describe } from "vitest"
import { harmless, jsonLogger } from "../../src/cli/logging.js"
import { KubeTransportError } from "../../src/kube/KubeError.js"

/** What a program logs, as lines of JSON. */
const logged = <A, E>(program: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const collect = Logger.map(jsonLogger, (line) => void lines.push(line))
    yield* Effect.provide(program, Logger.replace(Logger.defaultLogger, collect))
    return lines
  })

describe("logging", () => {
  it.effect("a line is flat JSON: time, level, message, annotations, cause", () =>
    Effect.gen(function* () {
      const [line = ""] = yield* logged(
        Effect.annotateLogs(Effect.logWarning("pass failed", Cause.fail(new Error("no"))), {
          namespace: "a",
          name: "db",
          reconcile: 7,
          more: { b: [1] },
        }),
      )
      expect(JSON.parse(line)).toMatchObject({
        time: "1970-01-01T00:00:00.000Z",
        level: "warn",
        message: "pass failed",
        namespace: "a",
        name: "db",
        reconcile: 7,
        more: '{"b":[1]}',
      })
      expect((JSON.parse(line) as { cause: string }).cause).toContain("Error: no")
    }),
  )

  it.effect(
    "S11: what cannot be written as JSON costs the fiber that logs it nothing; of an error its message counts",
    () =>
      Effect.gen(function* () {
        // What Node makes of a certificate for another name: the certificate of a self-signed issuer is its own issuer's.
        const certificate: { issuerCertificate?: unknown } = {}
        certificate.issuerCertificate = certificate
        const refused = Object.assign(new Error("not in the cert's list"), { cert: certificate })
        const where = { verb: "list", resource: "pods" }
        const error = new KubeTransportError({ ...where, reason: "Connect", cause: refused })
        const lines = yield* logged(
          Effect.all([
            Effect.logWarning("the safety list failed", error),
            Effect.annotateLogs(Effect.logWarning(certificate, 1n), { certificate, count: 1n }),
          ]),
        )
        expect(JSON.parse(lines[0] ?? "")).toMatchObject({ message: `the safety list failed ${error.message}` })
        expect(JSON.parse(lines[1] ?? "")).toMatchObject({ level: "warn", count: "1" })
      }),
  )

  it.effect("R128: what others wrote can neither forge a line nor speak to a terminal", () =>
    Effect.gen(function* () {
      const hostile = 'a\u001b[31m\r\n{"level":"error"}\u009b2J\u2028b\u0000'
      const lines = yield* logged(
        Effect.annotateLogs(Effect.logError(hostile, Cause.die(hostile)), { name: hostile, [hostile]: 1 }),
      )
      expect(lines).toHaveLength(1)
      expect(lines[0]).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
      expect(JSON.parse(lines[0] ?? "")).toMatchObject({ message: hostile, name: hostile })
      expect(harmless(hostile)).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
    }),
  )
})
