import { it } from "@effect/vitest"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { createServer } from "node:net"
import { describe, expect } from "vitest"
import { parseAllDocuments } from "yaml"
import { AdmissionWebhook } from "../../src/admission/Webhook.js"
import { manifestFiles } from "../../src/cli/manifests.js"
import { OperatorConfig } from "../../src/config/OperatorConfig.js"
import { Kinds, type KubeObject } from "../../src/domain/Kubernetes.js"
import * as KubeAccess from "../../src/kube/KubeAccess.js"
import { layerWebhook } from "../../src/Operator.js"
import { makeSandbox, type Sandbox } from "../../src/sandbox/Sandbox.js"
import { call, clusterPath, cluster, goodSpec, review } from "../admission/support.js"

const configurations = parseAllDocuments(manifestFiles()["webhook/configurations.yaml"] ?? "").map(
  (document) => document.toJSON() as KubeObject,
)

const freePort = Effect.async<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

/** The webhooks as the operator's process has them. Answers once they can be called, with where. */
const replica = ({ kubeconfig }: Sandbox) =>
  Effect.gen(function* () {
    const port = yield* freePort
    const context = yield* Layer.build(
      layerWebhook.pipe(
        Layer.provide(KubeAccess.layerKubeconfig({ path: kubeconfig })),
        Layer.provide(
          OperatorConfig.layer({
            webhook: true,
            webhookHost: "127.0.0.1",
            webhookPort: port,
            webhookNamespace: "acko-system",
          }),
        ),
      ),
    )
    const { isReady, run } = Context.get(context, AdmissionWebhook)
    yield* Effect.forkScoped(run)
    yield* Effect.repeat(Effect.delay(isReady, "10 millis"), { until: (ready) => ready })
    return port
  })

/** What the API server would trust for a webhook, and its Service's name, which it expects in the certificate. */
const trust = ({ world }: Sandbox, kind = Kinds.ValidatingWebhookConfiguration) => {
  const [hook] = world.server.get(kind, { name: "acko-operator" })["webhooks"] as ReadonlyArray<{
    clientConfig: { caBundle: string; service: { name: string; namespace: string; path: string } }
  }>
  const { caBundle, service } = hook!.clientConfig
  return {
    authority: Buffer.from(caBundle, "base64").toString(),
    servername: `${service.name}.${service.namespace}.svc`,
    path: service.path,
  }
}

describe("the webhooks beside an API server", () => {
  it.scopedLive("R134: no Secret, no cert-manager: what the API server is told to trust is what answers", () =>
    Effect.gen(function* () {
      const sandbox = yield* makeSandbox({ hosts: 1, net: 61, objects: configurations })
      const port = yield* replica(sandbox)
      const { authority, path, servername } = trust(sandbox)
      expect(path).toBe(clusterPath)
      const body = JSON.stringify(review(cluster({ ...goodSpec, size: 9 })))
      const reply = yield* Effect.promise(() => call({ authority, port }, { path, servername, body }))
      expect(reply.status).toBe(200)
      expect(JSON.parse(reply.text)).toMatchObject({ response: { allowed: false, status: { code: 403 } } })
      const stranger = yield* Effect.promise(() => call({ authority: "", port }, { path, servername, body }))
      expect(stranger.text).toMatch(/certificate/)
    }).pipe(Effect.provide(NodeContext.layer), Logger.withMinimumLogLevel(LogLevel.None)),
  )
})
