import { it } from "@effect/vitest"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as TestClock from "effect/TestClock"
import { X509Certificate } from "node:crypto"
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { connect } from "node:tls"
import { describe, expect } from "vitest"
import { certificateFiles } from "../../src/admission/certificateFiles.js"
import type { ServedCertificate } from "../../src/admission/CertificateSource.js"
import { selfManaged } from "../../src/admission/selfManaged.js"
import { make } from "../../src/admission/Webhook.js"
import { selfSigned, type ServerCertificate } from "../../src/tls/certificate.js"
import { host } from "./support.js"

describe("self-managed certificates", () => {
  /** A replica whose API server the test controls, on a test clock. */
  const replica = (everyMs: number, isReachable = true) =>
    Effect.gen(function* () {
      const shown: Array<ServedCertificate> = []
      const published: Array<ReadonlyArray<string>> = []
      const server = { isReachable }
      yield* Effect.forkScoped(
        selfManaged({
          replica: "pod-a",
          hosts: ["hook.acko.svc"],
          everyMs,
          publish: (authorities) =>
            Effect.suspend(() =>
              server.isReachable
                ? Effect.sync(() => void published.push(authorities))
                : Effect.fail({ message: "patch validatingwebhookconfigurations: forbidden" }),
            ),
        })((certificate) => Effect.sync(() => void shown.push(certificate))),
      )
      yield* TestClock.adjust("0 millis")
      return { shown, published, server }
    })
  const signedBy = (certificate: ServedCertificate | undefined, authority: string | undefined): boolean =>
    new X509Certificate(certificate?.certificate ?? "").checkIssued(new X509Certificate(authority ?? ""))

  it.scoped("shows a certificate only once its authority is published; keeps publishing (R134)", () =>
    Effect.gen(function* () {
      const { shown, published } = yield* replica(15_000)
      expect(published).toHaveLength(1)
      expect(shown).toHaveLength(1)
      expect(signedBy(shown[0], published[0]?.[0])).toBe(true)
      expect(new X509Certificate(shown[0]?.certificate ?? "").checkHost("hook.acko.svc")).toBe("hook.acko.svc")
      yield* TestClock.adjust("5 minutes")
      expect(published.length).toBeGreaterThanOrEqual(20)
      expect(new Set(published.flat()).size).toBe(1)
      expect(shown).toHaveLength(1)
    }),
  )

  it.scoped("shows nothing while the API server refuses, and a certificate as soon as it does not", () =>
    Effect.gen(function* () {
      const { shown, server } = yield* replica(15_000, false)
      yield* TestClock.adjust("10 minutes")
      expect(shown).toEqual([])
      server.isReachable = true
      yield* TestClock.adjust("15 seconds")
      expect(shown).toHaveLength(1)
    }),
  )

  it.scoped("renews the certificate after two thirds of its time, whether or not the API server is there", () =>
    Effect.gen(function* () {
      const { shown, server } = yield* replica(12 * 3_600_000)
      server.isReachable = false
      yield* TestClock.adjust("19 days")
      expect(shown).toHaveLength(1)
      yield* TestClock.adjust("2 days")
      expect(shown).toHaveLength(2)
      const [before, after] = shown.map(({ certificate }) => new X509Certificate(certificate))
      expect(after?.fingerprint256).not.toBe(before?.fingerprint256)
      expect(Date.parse(after?.validTo ?? "") - Date.parse(before?.validTo ?? "")).toBeGreaterThan(18 * 86_400_000)
    }),
  )

  it.scoped("a new authority is published beside the old one before it signs", () =>
    Effect.gen(function* () {
      const { shown, published } = yield* replica(48 * 3_600_000)
      const first = published[0]?.[0]
      yield* TestClock.adjust("248 days")
      const index = published.findIndex((authorities) => authorities.length === 2)
      expect(published[index]?.[0]).toBe(first)
      const next = published[index]?.[1]
      const signers = shown.map((certificate) => [signedBy(certificate, first), signedBy(certificate, next)])
      expect(new Set(signers.slice(0, -1).map(String))).toEqual(new Set(["true,false"]))
      expect(signers.at(-1)).toEqual([false, true])
      expect(published.length).toBeGreaterThan(index + 1)
    }),
  )
})

/** `program` on the test clock plus what `aheadMs` says now. */
const onClockAhead = <A, E, R>(aheadMs: () => number, program: Effect.Effect<A, E, R>) =>
  Effect.clockWith((clock) => {
    const wall = () => clock.unsafeCurrentTimeMillis() + aheadMs()
    return Effect.withClock(program, {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: wall,
      unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
      currentTimeMillis: Effect.sync(wall),
      currentTimeNanos: clock.currentTimeNanos,
      sleep: (duration) => clock.sleep(duration),
    })
  })

describe("self-managed certificates and clocks that are set (R60, R134)", () => {
  const yearMs = 365 * 86_400_000
  const machines = [
    ["was ahead by years", 10 * yearMs, 0],
    ["was behind by years", 0, 10 * yearMs],
    ["slept for a month", 10 * yearMs, 10 * yearMs + 31 * 86_400_000],
  ] as const
  for (const [what, beforeMs, afterMs] of machines)
    it.scoped(`a machine that ${what} shows valid certificates within two minutes`, () =>
      Effect.gen(function* () {
        let aheadMs: number = beforeMs
        let shown: ServedCertificate | undefined
        let trusted: ReadonlyArray<string> = []
        const source = selfManaged({
          replica: "pod-a",
          hosts: ["hook.acko.svc"],
          publish: (authorities) => Effect.sync(() => void (trusted = authorities)),
        })
        yield* Effect.forkScoped(
          onClockAhead(
            () => aheadMs,
            source((certificate) => Effect.sync(() => void (shown = certificate))),
          ),
        )
        yield* TestClock.adjust("1 minute")
        aheadMs = afterMs
        yield* TestClock.adjust("2 minutes")
        const now = (yield* Clock.currentTimeMillis) + aheadMs
        const leaf = new X509Certificate(shown?.certificate ?? "")
        const signer = trusted.map((pem) => new X509Certificate(pem)).find((one) => leaf.checkIssued(one))
        for (const one of [leaf, signer]) {
          expect(Date.parse(one?.validFrom ?? "")).toBeLessThan(now)
          expect(Date.parse(one?.validTo ?? "")).toBeGreaterThan(now)
        }
      }),
    )
})

describe("certificates from files", () => {
  /** A mounted Secret: names link into a directory that is replaced as a whole. */
  const mount = () => {
    const directory = mkdtempSync(join(tmpdir(), "acko-webhook-"))
    let generation = 0
    const put = ({ certificate, key }: ServerCertificate) => {
      const data = `..${(generation += 1)}`
      mkdirSync(join(directory, data))
      writeFileSync(join(directory, data, "tls.crt"), certificate)
      writeFileSync(join(directory, data, "tls.key"), key)
      symlinkSync(data, join(directory, "..tmp"))
      renameSync(join(directory, "..tmp"), join(directory, "..data"))
    }
    for (const name of ["tls.crt", "tls.key"]) symlinkSync(join("..data", name), join(directory, name))
    return { directory, put, remove: () => rmSync(directory, { recursive: true }) }
  }
  const mounted = Effect.acquireRelease(Effect.sync(mount), ({ remove }) => Effect.sync(remove))

  /** The certificate a caller sees; undefined: no handshake. */
  const seenBy = (port: number) =>
    Effect.async<string | undefined>((resume) => {
      const socket = connect({ host, port, rejectUnauthorized: false }, () => {
        const { fingerprint256 } = socket.getPeerCertificate()
        socket.destroy()
        resume(Effect.succeed(fingerprint256))
      })
      socket.on("error", () => resume(Effect.succeed(undefined)))
    })
  const fingerprint = ({ certificate }: ServerCertificate) => new X509Certificate(certificate).fingerprint256
  const until = <A>(look: Effect.Effect<A>, holds: (value: A) => boolean) =>
    Effect.repeat(Effect.delay(look, "10 millis"), { until: holds })

  it.scopedLive("R134: a renewed one is served without a restart, a broken one never", () =>
    Effect.gen(function* () {
      const { directory, put } = yield* mounted
      const webhook = yield* make({ host, port: 0, certificates: certificateFiles({ directory, everyMs: 20 }) })
      yield* Effect.forkScoped(webhook.run)
      const seen = seenBy(webhook.port)
      expect([yield* webhook.isReady, yield* seen]).toEqual([false, undefined])

      const [one, two, three] = [1, 2, 3].map(() => selfSigned([host], new Date()))
      put(one!)
      yield* until(webhook.isReady, (isReady) => isReady)
      expect(yield* seen).toBe(fingerprint(one!))
      for (const key of [three!.key, ""]) {
        put({ certificate: two!.certificate, key })
        yield* Effect.sleep("100 millis")
        expect(yield* seen).toBe(fingerprint(one!))
      }
      put(two!)
      yield* until(seen, (found) => found === fingerprint(two!))
      put({ certificate: "", key: "" })
      yield* Effect.sleep("100 millis")
      expect([yield* webhook.isReady, yield* seen]).toEqual([true, fingerprint(two!)])
      put(three!)
      yield* until(seen, (found) => found === fingerprint(three!))
    }).pipe(Effect.provide(NodeContext.layer), Logger.withMinimumLogLevel(LogLevel.None)),
  )

  it.scopedLive("R134: with an expired one the pod is not ready", () =>
    Effect.gen(function* () {
      const { directory, put } = yield* mounted
      put(selfSigned([host], new Date(Date.now() - 40 * 86_400_000)))
      const webhook = yield* make({ host, port: 0, certificates: certificateFiles({ directory, everyMs: 20 }) })
      yield* Effect.forkScoped(webhook.run)
      yield* until(seenBy(webhook.port), (found) => found !== undefined)
      expect(yield* webhook.isReady).toBe(false)
    }).pipe(Effect.provide(NodeContext.layer), Logger.withMinimumLogLevel(LogLevel.None)),
  )
})
