/** Replicas that are each their own authority, and an API server that is told of them. */
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/TestClock"
import { X509Certificate } from "node:crypto"
import { describe, expect } from "vitest"
import { parseAllDocuments } from "yaml"
import type { ServedCertificate } from "../../src/admission/CertificateSource.js"
import { selfManaged } from "../../src/admission/selfManaged.js"
import { manifestFiles } from "../../src/cli/manifests.js"
import { Kinds, type KubeObject, type ResourceKind } from "../../src/domain/Kubernetes.js"
import { publishAuthorities } from "../../src/kube/caBundle.js"
import { layerMemory, makeServer } from "../../src/testing/kube/MemoryKube.js"
import { certificatesIn } from "../../src/tls/bundle.js"

const kinds = [Kinds.MutatingWebhookConfiguration, Kinds.ValidatingWebhookConfiguration]
const service = { namespace: "acko-system", name: "acko-operator-webhook" }
const target = { configuration: "acko-operator", service }

const configurations = parseAllDocuments(manifestFiles()["webhook/configurations.yaml"] ?? "").map(
  (document) => document.toJSON() as KubeObject,
)

interface Replica {
  /** What it shows to callers; undefined: it is not ready. */
  readonly shown: () => ServedCertificate | undefined
  readonly stop: Effect.Effect<void>
}

/** Whom it makes the API server trust, by webhook. */
const bundlesOf = ({ webhooks }: KubeObject): ReadonlyArray<ReadonlyArray<X509Certificate>> =>
  (webhooks as ReadonlyArray<{ readonly clientConfig: { readonly caBundle?: string } }>).map(
    ({ clientConfig: { caBundle = "" } }) => certificatesIn(Buffer.from(caBundle, "base64").toString()),
  )

const world = Effect.gen(function* () {
  const server = yield* makeServer()
  for (const [index, kind] of kinds.entries()) server.create(kind, configurations[index]!, { fieldManager: "kubectl" })
  let writes = 0
  server.gate.onRequest(({ verb }) => {
    if (verb === "patch") writes += 1
    return undefined
  })

  const bundles = (kind: ResourceKind) => bundlesOf(server.get(kind, { name: "acko-operator" }))
  const all = () => kinds.flatMap(bundles)
  /** Whether the API server, whichever webhook it calls, trusts what answers. */
  const isTrusted = (replica: Replica): boolean => {
    const shown = replica.shown()
    if (shown === undefined) return false
    const leaf = new X509Certificate(shown.certificate)
    return all().every((bundle) => bundle.some((authority) => leaf.verify(authority.publicKey)))
  }

  const start = (name: string) =>
    Effect.gen(function* () {
      let shown: ServedCertificate | undefined
      const api = yield* Layer.build(layerMemory(server, { as: "acko-operator" }))
      const run = selfManaged({
        replica: name,
        hosts: [`${service.name}.${service.namespace}.svc`],
        publish: (authorities) => Effect.provide(publishAuthorities(target, authorities), api),
      })((certificate) => Effect.sync(() => void (shown = certificate)))
      const fiber = yield* Effect.forkScoped(Effect.provide(run, Logger.remove(Logger.defaultLogger)))
      yield* TestClock.adjust("1 second")
      return { shown: () => shown, stop: Effect.asVoid(Fiber.interrupt(fiber)) } satisfies Replica
    })

  return {
    server,
    start,
    isTrusted,
    writes: () => writes,
    sizes: () => new Set(all().map((bundle) => bundle.length)),
  }
})

describe("several replicas with certificates of their own", () => {
  it.scoped("R134: both are trusted; one that goes away leaves an authority whose key is gone, and costs nothing", () =>
    Effect.gen(function* () {
      const { isTrusted, sizes, start, writes } = yield* world
      const [a, b] = [yield* start("pod-a"), yield* start("pod-b")]
      expect([isTrusted(a), isTrusted(b), [...sizes()]]).toEqual([true, true, [2]])
      const before = writes()
      // As long as it still answers, in its drain, it must be trusted: so nobody takes its authority away.
      yield* b.stop
      yield* TestClock.adjust("10 minutes")
      expect([isTrusted(a), isTrusted(b), [...sizes()]]).toEqual([true, true, [2]])
      expect(writes()).toBe(before)
      const c = yield* start("pod-c")
      expect([isTrusted(a), isTrusted(c), [...sizes()]]).toEqual([true, true, [3]])
    }),
  )

  it.scoped("R134: a container that starts anew replaces the authority it had before", () =>
    Effect.gen(function* () {
      const { isTrusted, sizes, start } = yield* world
      const [a, before] = [yield* start("pod-a"), yield* start("pod-b")]
      yield* before.stop
      const after = yield* start("pod-b")
      expect([isTrusted(a), isTrusted(after), isTrusted(before), [...sizes()]]).toEqual([true, true, false, [2]])
    }),
  )

  it.scoped(
    "R134: configurations applied anew, without a bundle: those who live are back within 15 s, nobody else",
    () =>
      Effect.gen(function* () {
        const { isTrusted, server, sizes, start } = yield* world
        const [a, b, gone] = [yield* start("pod-a"), yield* start("pod-b"), yield* start("pod-c")]
        yield* gone.stop
        for (const [index, kind] of kinds.entries()) {
          const { resourceVersion = "" } = server.get(kind, { name: "acko-operator" }).metadata
          const empty = configurations[index]!
          server.replace(kind, { ...empty, metadata: { ...empty.metadata, resourceVersion } })
        }
        expect([isTrusted(a), isTrusted(b)]).toEqual([false, false])
        yield* TestClock.adjust("15 seconds")
        expect([isTrusted(a), isTrusted(b), isTrusted(gone), [...sizes()]]).toEqual([true, true, false, [2]])
      }),
  )

  it.scoped(
    "R134: through twenty-four roll-outs the bundle stays small, and the replica that is there all the time is trusted all the time",
    () =>
      Effect.gen(function* () {
        const { isTrusted, server, sizes, start } = yield* world
        const old = yield* start("pod-old")
        const moments: Array<boolean> = []
        const hasOld = (object: KubeObject): boolean =>
          bundlesOf(object).every((bundle) => bundle.some(({ subject }) => subject.endsWith("pod-old")))
        server.onCommit(({ kind, object }) => {
          if (kinds.some(({ kind: name }) => name === kind.kind)) moments.push(hasOld(object))
        })
        let last = yield* start("pod-0")
        for (let i = 1; i <= 24; i += 1) {
          const next = yield* start(`pod-${i}`)
          yield* last.stop
          yield* TestClock.adjust("30 seconds")
          expect([isTrusted(old), isTrusted(next)]).toEqual([true, true])
          last = next
        }
        expect(Math.max(...sizes())).toBeLessThanOrEqual(17)
        expect(moments.length).toBeGreaterThan(40)
        expect(moments.filter((isGood) => !isGood)).toEqual([])
      }),
  )
})
