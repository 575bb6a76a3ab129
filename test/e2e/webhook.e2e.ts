/** The admission webhooks as a real API server calls them: found by Service, trusted by the authority the operator published itself. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { createServer } from "node:net"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parseAllDocuments } from "yaml"
import { AdmissionWebhook } from "../../src/admission/Webhook.js"
import { manifestFiles } from "../../src/cli/manifests.js"
import { OperatorConfig } from "../../src/config/OperatorConfig.js"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { caBundleManager } from "../../src/kube/caBundle.js"
import { layerStatic } from "../../src/kube/KubeAccess.js"
import { layerWebhook } from "../../src/Operator.js"
import { readAuditLog } from "./controlplane/AuditLog.js"
import { issueToken } from "./Installation.js"
import { makeWorld, type World } from "./world.js"

const namespace = "acko-webhook"
const files = manifestFiles({ namespace })
let world: World
let user = ""

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** The shipped configurations, but the Service leads out of the cluster, to this machine. */
const installWebhook = async (port: number): Promise<void> => {
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "acko-operator-webhook", namespace },
    spec: { type: "ExternalName", externalName: "localhost" },
  }
  await world.run("apply -f -", JSON.stringify(service))
  const configurations = parseAllDocuments(files["webhook/configurations.yaml"] ?? "").map((document) => {
    for (const index of [0, 1]) document.setIn(["webhooks", index, "clientConfig", "service", "port"], port)
    return document.toString()
  })
  await world.run("apply -f -", configurations.join("---\n"))
}

/** The operator's webhooks, with the rights of the manifests and no others. */
const serve = async (port: number): Promise<void> => {
  const installation = await world.install(namespace)
  ;({ user } = installation)
  await world.run("apply -f -", files["rbac/webhook.yaml"])
  const { token } = await issueToken(world.plane, installation)
  await world.inScope(
    Effect.gen(function* () {
      const context = yield* Layer.build(
        layerWebhook.pipe(
          Layer.provide(layerStatic({ baseUrl: world.plane.server, ca: world.plane.certificate, token })),
          Layer.provide(
            OperatorConfig.layer({
              webhook: true,
              webhookHost: "127.0.0.1",
              webhookPort: port,
              webhookNamespace: namespace,
            }),
          ),
        ),
      )
      const { isReady, run } = Context.get(context, AdmissionWebhook)
      yield* Effect.forkScoped(run)
      yield* Effect.repeat(Effect.delay(isReady, "50 millis"), { until: (ready) => ready })
    }),
  )
}

const cluster = (image: string, more: object = {}) =>
  JSON.stringify({
    apiVersion: "acko.io/v1alpha1",
    kind: "AerospikeCluster",
    metadata: { name: "demo", namespace },
    spec: {
      size: 3,
      image,
      aerospikeConfig: {
        namespaces: [
          {
            name: "test",
            "replication-factor": 2,
            "storage-engine": { type: "memory", "data-size": 1_073_741_824 },
            ...more,
          },
        ],
      },
    },
  })

beforeAll(async () => {
  world = await makeWorld()
  const port = await freePort()
  await world.run(`create namespace ${namespace}`)
  await installWebhook(port)
  await serve(port)
})
afterAll(async () => {
  await world.run("delete mutatingwebhookconfiguration,validatingwebhookconfiguration acko-operator")
  await world.run(`delete asc --all -n ${namespace}`)
  await world.run(`delete namespace ${namespace} --timeout=60s`)
  await world.close()
})

describe("admission webhooks on a real API server", () => {
  it("R134: the operator published its authority, and of the configurations owns nothing else", async () => {
    for (const kind of [Kinds.MutatingWebhookConfiguration, Kinds.ValidatingWebhookConfiguration]) {
      const { metadata, webhooks } = await Effect.runPromise(world.reader.get(kind, { name: "acko-operator" }))
      for (const { clientConfig } of webhooks as ReadonlyArray<{ clientConfig: { caBundle: string } }>) {
        expect(Buffer.from(clientConfig.caBundle, "base64").toString()).toContain("BEGIN CERTIFICATE")
      }
      const managers = (metadata.managedFields ?? []) as ReadonlyArray<{ manager: string; fieldsV1: object }>
      const owned = JSON.stringify(managers.find(({ manager }) => manager === caBundleManager)?.fieldsV1)
      expect(owned).toContain("f:caBundle")
      expect(owned).not.toMatch(/f:(service|rules|failurePolicy|namespaceSelector)/)
    }
  })

  it("a wrong cluster is refused with field and fix, dry runs too; a good one gets its defaults", async () => {
    const bad = cluster("aerospike:ce-8.1.1.1", { "nsup-periood": 1 })
    for (const dry of [["--dry-run=server"], []]) {
      const outcome = await world.attempt(["apply", ...dry, "-f", "-"], { input: bad })
      expect(outcome.code).toBe(1)
      expect(outcome.err).toContain(
        'admission webhook "vaerospikecluster.kb.io" denied the request: validation failed: spec.aerospikeConfig.namespaces[0].nsup-periood: ',
      )
    }
    const accepted = await world.attempt(["apply", "-f", "-"], { input: cluster("aerospike:latest") })
    expect([accepted.code, accepted.err]).toEqual([0, expect.stringMatching(/^Warning: spec\.image: /m)])
    const mode = "{.spec.aerospikeConfig.network.heartbeat.mode}"
    expect(await world.run(`get asc demo -n ${namespace} -o jsonpath=${mode}`)).toBe("mesh")
  })

  it("a template is judged, too", async () => {
    const template = (podManagementPolicy: string) =>
      JSON.stringify({
        apiVersion: "acko.io/v1alpha1",
        kind: "AerospikeClusterTemplate",
        metadata: { name: "e2e-webhook" },
        spec: { scheduling: { podManagementPolicy } },
      })
    const refused = await world.attempt(["apply", "-f", "-"], { input: template("Sometimes") })
    expect(refused.code).toBe(1)
    await world.run("apply -f -", template("Parallel"))
    const level = "{.spec.scheduling.podAntiAffinityLevel}"
    expect(await world.run(`get asct e2e-webhook -o jsonpath=${level}`)).toBe("preferred")
    await world.run("delete asct e2e-webhook")
  })

  it("R130: it used exactly the rights of its role, and none was missing", () => {
    const requests = readAuditLog(world.plane.auditLog, user).filter(
      ({ objectRef }) => objectRef?.apiGroup === "admissionregistration.k8s.io",
    )
    expect(new Set(requests.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`))).toEqual(
      new Set(
        ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"].flatMap((resource) => [
          `get ${resource}`,
          `patch ${resource}`,
        ]),
      ),
    )
    expect(requests.filter(({ responseStatus }) => responseStatus?.code === 403)).toEqual([])
  })
})
