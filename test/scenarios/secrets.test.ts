import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { describe, expect, it } from "vitest"
import { jsonLogger } from "../../src/cli/logging.js"
import { Kinds, type KubeObject, type ResourceKind } from "../../src/domain/Kubernetes.js"
import { KubeWriter } from "../../src/kube/KubeClient.js"
import type { KubeStatusError } from "../../src/kube/KubeError.js"
import { answerError } from "../../src/kube/kubeStatus.js"
import { internalError } from "../../src/testing/kube/ApiFailure.js"
import type { Outside } from "../../src/testing/simulation/OperatorProcess.js"
import { MoreKinds } from "../../src/testing/kube/builtinResources.js"
import { namespace as namespaceOf, review } from "../support/review.js"
import { pageOf } from "./replicas.js"
import { namespace, newImage, play, type Stage } from "./stage.js"

/** In every secret of these tests, and nowhere else. */
const canary = "c4n4ry"
const secret = (of: string): string => `${canary}-"${of}"-${"0123456789".repeat(3)}`

const env = (of: string) => [
  { name: "PASSWORD", value: secret(of) },
  { name: "FROM_SECRET", valueFrom: { secretKeyRef: { name: "credentials", key: "password" } } },
]
const container = (name: string) => ({
  name,
  image: "registry.example.org/tool:1.2",
  env: env(name),
  envFrom: [{ secretRef: { name: "credentials" } }],
})
const probe = { httpGet: { port: 80, httpHeaders: [{ name: "Authorization", value: secret("header") }] } }

/** A cluster with a secret wherever a resource can hold one. */
const wish = {
  extra: {
    podSpec: {
      sidecars: [{ ...container("log-shipper"), livenessProbe: probe }],
      initContainers: [container("prepare")],
      imagePullSecrets: [{ name: "credentials" }],
    },
    monitoring: { enabled: true, env: env("exporter") },
    aerospikeAccessControl: {
      users: [{ name: "admin", secretName: "credentials", roles: ["sys-admin", "user-admin"] }],
    },
  },
}

const secretsIn = (sent: unknown): ReadonlyArray<string> => {
  if (typeof sent === "string") return sent.includes(canary) ? [sent] : []
  return typeof sent === "object" && sent !== null ? Object.values(sent).flatMap(secretsIn) : []
}

/** Each kind of writing request fails twice, and the answer quotes every secret of what was sent, as servers and webhooks may. */
const quoting = (failed: (what: string) => void): Layer.Layer<Outside, never, Outside> =>
  Layer.merge(
    Layer.fresh(Layer.context<Outside>()),
    Layer.effect(
      KubeWriter,
      Effect.map(KubeWriter, (writer) => {
        const tries = new Map<string, number>()
        const refusal = (verb: "create" | "apply" | "patch", kind: ResourceKind, body: unknown, nth: number) => {
          const quoted = secretsIn(body)
          if (quoted.length > 0) failed(kind.kind)
          const status = nth === 0 ? 422 : 500
          const details = { causes: [{ reason: "FieldValueInvalid", message: `got ${quoted.join(" ")}` }] }
          const message = `${kind.kind} is invalid: patch: Invalid value: ${JSON.stringify(quoted)}: ${quoted.join(" ")}`
          return answerError(
            {
              verb,
              resource: kind.plural,
              method: "PATCH",
              path: "/",
              body: { contentType: "application/json", json: body },
            },
            {
              status,
              text: JSON.stringify({ kind: "Status", code: status, message, details }),
              retryAfter: undefined,
            },
            0,
          )
        }
        const unlessNew = <A, E>(
          [verb, kind, name, body]: readonly ["create" | "apply" | "patch", ResourceKind, string, unknown],
          write: Effect.Effect<A, E>,
        ): Effect.Effect<A, E | KubeStatusError> =>
          Effect.suspend((): Effect.Effect<A, E | KubeStatusError> => {
            const holdsSecrets = secretsIn(body).length > 0
            const key = `${verb} ${kind.plural} ${kind.kind === "Event" ? "" : name} ${holdsSecrets}`
            const nth = tries.get(key) ?? 0
            tries.set(key, nth + 1)
            return nth < 2 ? Effect.fail(refusal(verb, kind, body, nth)) : write
          })
        return {
          ...writer,
          create: (kind, object) =>
            unlessNew(["create", kind, object.metadata.name ?? "", object], writer.create(kind, object)),
          apply: (kind, object, options) =>
            unlessNew(["apply", kind, object.metadata.name ?? "", object], writer.apply(kind, object, options)),
          patch: (kind, ref, options) =>
            unlessNew(["patch", kind, ref.name, options.body], writer.patch(kind, ref, options)),
        }
      }),
    ),
  )

/** The status without its copies of what stands in the resource itself. */
const ownStatus = (stage: Stage): object => {
  const { appliedSpec: _copy, ...own } = stage.status() as { readonly appliedSpec?: unknown }
  return own
}

const texts = (objects: ReadonlyArray<KubeObject>): string => JSON.stringify(objects)

describe("secrets", () => {
  it("R129, S7: of a resource, of Secrets, of the environment, appear in no log, event, status, metric or ConfigMap, whatever fails", () => {
    const lines: Array<string> = []
    const logger = Logger.map(jsonLogger, (line) => void lines.push(line))
    const failed = new Set<string>()
    const around = quoting((kind) => void failed.add(kind))
    process.env["ACKO_TEST_SECRET"] = secret("process")
    try {
      play(
        (stage) =>
          Effect.gen(function* () {
            const { server, writer } = stage.world
            yield* Effect.orDie(
              writer.create(MoreKinds.Secret, {
                apiVersion: "v1",
                kind: "Secret",
                metadata: { name: "credentials", namespace },
                stringData: { password: secret("stored") },
              }),
            )
            const requested = new Set<string>()
            server.gate.onRequest(({ resource, user, verb }) => {
              if (!user.startsWith("operator-")) return undefined
              const isFirst = !requested.has(`${verb} ${resource}`)
              requested.add(`${verb} ${resource}`)
              return isFirst ? { _tag: "Fail", failure: internalError("etcd is gone") } : undefined
            })
            const seen: Array<string> = []
            const look = Effect.forever(
              Effect.gen(function* () {
                seen.push(JSON.stringify(ownStatus(stage)), texts(stage.list(Kinds.ConfigMap)))
                seen.push(...stage.events(), ...(yield* pageOf({ inside: stage.operator().context })))
                yield* Effect.sleep("5 seconds")
              }),
            )
            yield* Effect.forkScoped(look)
            yield* stage.wish(wish)
            yield* stage.until("created", () => stage.isCompleted(), 3_600_000)
            yield* stage.wish({ ...wish, image: newImage })
            yield* stage.until("first restart", () => stage.deletions().length > 0)
            yield* stage.world.aerospike.setFault("db-0-0", { _tag: "Garbage" })
            stage.operator().faults.strikeWatches("Expire")
            yield* Effect.sleep("1 minute")
            yield* stage.world.aerospike.clearFault("db-0-0")
            yield* stage.completed()

            // The secrets are in the pods, failures did quote them, and people were told of the failures.
            expect(texts(stage.list(Kinds.StatefulSet))).toContain(canary)
            expect([...failed]).toEqual(expect.arrayContaining(["StatefulSet", "AerospikeCluster"]))
            expect(lines.some((line) => line.includes("(not shown)"))).toBe(true)
            expect(seen.some((text) => text.includes("(not shown)"))).toBe(true)
            expect([...requested].filter((request) => request.endsWith(" secrets"))).toEqual([])
            expect([...lines, ...seen].filter((text) => text.includes(canary))).toEqual([])
          }),
        { logger, operator: { around: (outside) => Layer.provide(around, outside) } },
      )
    } finally {
      delete process.env["ACKO_TEST_SECRET"]
    }
  })
})

describe("a refused configuration", () => {
  it("R129: is answered without repeating what Enterprise Edition keeps secret", () => {
    const { errors, warnings } = review({
      aerospikeConfig: {
        service: { "secrets-tls-context": secret("context"), "feature-key": secret("feature") },
        network: { tls: [{ name: "tls", "key-file": secret("key"), "key-file-password": secret("password") }] },
        security: { ldap: { "query-user-password": secret("ldap") }, "auth-password": secret("auth") },
        xdr: { dcs: [{ "auth-password": secret("xdr") }] },
        namespaces: [namespaceOf({ "storage-engine": { type: "device", "encryption-key": secret("disk") } })],
      },
      aerospikeAccessControl: { users: [{ name: "admin", secretName: "s", roles: [], password: secret("user") }] },
    })
    expect(errors.length).toBeGreaterThan(3)
    expect(JSON.stringify([errors, warnings])).not.toContain(canary)
  })
})
