import * as TestServices from "effect/TestServices"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { it } from "@effect/vitest"
import { describe, expect } from "vitest"
import { parseAllDocuments } from "yaml"
import { manifestFiles } from "../../src/cli/manifests.js"
import { Kinds, type KubeObject, type ResourceKind } from "../../src/domain/Kubernetes.js"
import { caBundleManager, publishAuthorities } from "../../src/kube/caBundle.js"
import type { ApiServer } from "../../src/testing/kube/ApiServer.js"
import { layerMemory, makeServer } from "../../src/testing/kube/MemoryKube.js"
import { authorityPrefix, certificatesIn } from "../../src/tls/bundle.js"
import { makeAuthority } from "../../src/tls/certificate.js"

const kinds = [Kinds.MutatingWebhookConfiguration, Kinds.ValidatingWebhookConfiguration]
const target = {
  configuration: "acko-operator",
  service: { namespace: "acko-system", name: "acko-operator-webhook" },
}
const authority = (replica: string): string =>
  makeAuthority(`${authorityPrefix}${replica}`, {
    from: new Date("1969-01-01T00:00:00Z"),
    until: new Date("2099-01-01T00:00:00Z"),
  }).certificate

const configurations = parseAllDocuments(manifestFiles()["webhook/configurations.yaml"] ?? "").map(
  (document) => document.toJSON() as KubeObject,
)
const install = (server: ApiServer): void => {
  for (const [index, kind] of kinds.entries()) server.create(kind, configurations[index]!, { fieldManager: "kubectl" })
}

interface Hook {
  readonly name: string
  readonly clientConfig: { readonly caBundle?: string }
}
const hooks = (server: ApiServer, kind: ResourceKind): ReadonlyArray<Hook> =>
  server.get(kind, { name: "acko-operator" })["webhooks"] as ReadonlyArray<Hook>
/** Whom the API server trusts, by webhook. */
const trusted = (server: ApiServer) =>
  Object.fromEntries(
    kinds
      .flatMap((kind) => hooks(server, kind))
      .map(({ name, clientConfig }) => [
        name,
        certificatesIn(Buffer.from(clientConfig.caBundle ?? "", "base64").toString()).map(({ subject }) =>
          subject.replace(`CN=${authorityPrefix}`, ""),
        ),
      ]),
  )
const everywhere = (...replicas: ReadonlyArray<string>) => ({
  "maerospikecluster.kb.io": replicas,
  "maerospikeclustertemplate.kb.io": replicas,
  "vaerospikecluster.kb.io": replicas,
  "vaerospikeclustertemplate.kb.io": replicas,
})

/** A server with the shipped configurations, and replicas that publish there. */
const world = Effect.gen(function* () {
  const server = yield* makeServer()
  const writes: Array<string> = []
  server.gate.onRequest(({ verb, resource, name, user }) => {
    if (user !== "somebody") writes.push(`${verb} ${resource} ${name ?? ""}`)
    return undefined
  })
  const replica = (name: string) => {
    const client = Layer.build(layerMemory(server, { as: "acko-operator" }))
    const own = authority(name)
    return { own, publish: Effect.flatMap(client, (api) => Effect.provide(publishAuthorities(target, [own]), api)) }
  }
  return { server, writes, replica }
})

describe("publishing authorities", () => {
  it.scoped("each replica adds its own, to every webhook of ours; a second look writes nothing", () =>
    Effect.gen(function* () {
      const { server, writes, replica } = yield* world
      install(server)
      const [a, b] = [replica("a"), replica("b")]
      yield* a.publish
      yield* b.publish
      expect(trusted(server)).toEqual(everywhere("a", "b"))
      writes.length = 0
      yield* a.publish
      yield* b.publish
      expect(writes.filter((write) => !write.startsWith("get"))).toEqual([])
    }),
  )

  it.scoped("R55: it owns caBundle and nothing else, and leaves the webhooks of others alone", () =>
    Effect.gen(function* () {
      const { server, replica } = yield* world
      install(server)
      const kind = Kinds.ValidatingWebhookConfiguration
      const before = server.get(kind, { name: "acko-operator" })
      const foreign = {
        ...(hooks(server, kind)[0] as object),
        name: "other.example.com",
        clientConfig: { url: "https://example.com" },
      }
      server.replace(kind, { ...before, webhooks: [...hooks(server, kind), foreign] }, { fieldManager: "kubectl" })
      yield* replica("a").publish
      const after = server.get(kind, { name: "acko-operator" })
      const entry = after.metadata.managedFields?.find(
        (managed) => (managed as { manager: string }).manager === caBundleManager,
      )
      const owned = (entry as { fieldsV1: { "f:webhooks": object } }).fieldsV1["f:webhooks"]
      expect(Object.keys(owned)).toEqual([
        `k:{"name":"vaerospikecluster.kb.io"}`,
        `k:{"name":"vaerospikeclustertemplate.kb.io"}`,
      ])
      expect(
        JSON.stringify(owned)
          .match(/"f:[^"]+"/g)
          ?.filter((field) => !/clientConfig|caBundle|name/.test(field)),
      ).toEqual([])
      expect(hooks(server, kind).find(({ name }) => name === "other.example.com")).toMatchObject({
        clientConfig: { url: "https://example.com" },
      })
    }),
  )

  it.scoped("replicas that write at the same time both end up in it", () =>
    Effect.gen(function* () {
      const { server, replica } = yield* world
      install(server)
      // The other replica writes between our look and our write.
      const [a, b] = [replica("a"), replica("b")]
      const client = yield* Layer.build(layerMemory(server, { as: "somebody" }))
      let isFirst = true
      server.gate.onRequest(({ verb, user }) => {
        if (verb !== "patch" || user !== "acko-operator" || !isFirst) return undefined
        isFirst = false
        Effect.runSync(Effect.provide(publishAuthorities(target, [b.own]), client))
        return undefined
      })
      yield* TestServices.provideLive(a.publish)
      expect(trusted(server)).toEqual(everywhere("b", "a"))
    }),
  )

  it.scoped("no configuration, no error; one that appears is filled in; one that is emptied is filled again", () =>
    Effect.gen(function* () {
      const { server, replica } = yield* world
      const { publish } = replica("a")
      yield* publish
      install(server)
      yield* publish
      expect(trusted(server)).toEqual(everywhere("a"))
      for (const [index, kind] of kinds.entries()) {
        const { resourceVersion } = server.get(kind, { name: "acko-operator" }).metadata
        const emptied = configurations[index]!
        server.replace(kind, { ...emptied, metadata: { ...emptied.metadata, resourceVersion: resourceVersion! } })
      }
      expect(trusted(server)).toEqual(everywhere())
      yield* publish
      expect(trusted(server)).toEqual(everywhere("a"))
    }),
  )
})
