/**
 * The admission webhooks as a real API server calls them: found by Service, trusted by the authorities that the replicas published, in both
 * modes of installation.
 */
import * as Effect from "effect/Effect"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { connect } from "node:tls"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { manifestFiles } from "../../src/cli/manifests.js"
import { Kinds } from "../../src/domain/Kubernetes.js"
import { caBundleManager } from "../../src/kube/caBundle.js"
import { selfSigned } from "../../src/tls/certificate.js"
import type { Installation } from "./Installation.js"
import { makeWorld, type Operator, type World } from "./world.js"

const namespace = "e2e-webhook"
const configurations = [Kinds.MutatingWebhookConfiguration, Kinds.ValidatingWebhookConfiguration] as const

let world: World
beforeAll(async () => {
  world = await makeWorld()
})
afterAll(async () => {
  await world.run("delete mutatingwebhookconfiguration,validatingwebhookconfiguration acko-operator")
  await world.close()
})

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** The shipped configurations, but the Service leads out of the cluster, to this machine. */
const register = async (home: string): Promise<void> => {
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "acko-operator-webhook", namespace: home },
    spec: { type: "ExternalName", externalName: "localhost" },
  }
  await world.run("apply -f -", JSON.stringify(service))
  // With the authorities of earlier operators in them, if they stayed.
  await world.run("delete mutatingwebhookconfiguration,validatingwebhookconfiguration acko-operator --ignore-not-found")
  await world.run("apply -f -", manifestFiles({ namespace: home })["webhook/configurations.yaml"])
}

/** In all webhooks of both configurations. */
const setClientConfig = async (path: string, value: string | number): Promise<void> => {
  const patch = [0, 1].map((index) => ({ op: "add", path: `/webhooks/${index}/clientConfig/${path}`, value }))
  for (const kind of ["mutatingwebhookconfiguration", "validatingwebhookconfiguration"])
    await world.run(`patch ${kind} acko-operator --type=json -p ${JSON.stringify(patch)}`)
}
const leadTo = (port: number) => setClientConfig("service/port", port)

const bundles = async (): Promise<ReadonlyArray<string>> => {
  const found = await Effect.runPromise(
    Effect.forEach(configurations, (kind) => world.reader.get(kind, { name: "acko-operator" })),
  )
  return found
    .flatMap(({ webhooks }) => webhooks as ReadonlyArray<{ readonly clientConfig: { readonly caBundle?: string } }>)
    .map(({ clientConfig }) => Buffer.from(clientConfig.caBundle ?? "", "base64").toString())
}

const cluster = (of: string, image: string, more: object = {}) =>
  JSON.stringify({
    apiVersion: "acko.io/v1alpha1",
    kind: "AerospikeCluster",
    metadata: { name: "demo", namespace: of },
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

/** What the API server says to a cluster with a misspelt setting; a moment after a change of the configurations. */
const verdict = async (of: string): Promise<string> => {
  const input = cluster(of, "aerospike:ce-8.1.1.1", { "nsup-periood": 1 })
  return (await world.attempt(["apply", "--dry-run=server", "-f", "-"], { input })).err
}
const refusal =
  'admission webhook "vaerospikecluster.kb.io" denied the request: validation failed: spec.aerospikeConfig.namespaces[0].nsup-periood: '

const flags = (port: number, ...more: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...["--webhook", "--webhook-host", "127.0.0.1", "--webhook-port", String(port), "--webhook-drain", "0 seconds"],
  ...more,
]

describe.each([
  { mode: "the whole cluster", home: "acko-system", watched: [], place: namespace },
  { mode: "one namespace", home: "acko-namespaced", watched: [`${namespace}-ns`], place: `${namespace}-ns` },
])("admission webhooks on a real API server, $mode", ({ home, place, watched }) => {
  let installation: Installation
  let replicas: ReadonlyArray<Operator> = []
  let ports: ReadonlyArray<number>

  beforeAll(async () => {
    await world.makeNamespace(place)
    installation = await world.install(home, { watchNamespaces: watched, webhook: "self-managed" })
    await register(home)
    ports = [await freePort(), await freePort()]
    replicas = await Promise.all(
      ports.map((port) =>
        world.startOperator(installation, {
          leaderElect: true,
          arguments: flags(port, "--webhook-namespace", home),
        }),
      ),
    )
  })
  afterAll(async () => {
    for (const replica of replicas) await replica.stop()
  })

  it("R134 both replicas publish their authority, and of the configurations own nothing else", async () => {
    const authorities = async () => (await bundles()).map((bundle) => bundle.split("BEGIN CERTIFICATE").length - 1)
    await expect.poll(authorities, { timeout: 30_000 }).toEqual([2, 2, 2, 2])
    for (const kind of configurations) {
      const { metadata } = await Effect.runPromise(world.reader.get(kind, { name: "acko-operator" }))
      const managers = (metadata.managedFields ?? []) as ReadonlyArray<{ manager: string; fieldsV1: object }>
      const owned = JSON.stringify(managers.find(({ manager }) => manager === caBundleManager)?.fieldsV1)
      expect(owned).toContain("f:caBundle")
      expect(owned).not.toMatch(/f:(service|rules|failurePolicy|namespaceSelector)/)
    }
  })

  it("whichever replica is called: a wrong cluster is refused with field and fix, a good one gets its defaults", async () => {
    for (const port of ports) {
      await leadTo(port)
      await expect.poll(() => verdict(place), { timeout: 20_000 }).toContain(refusal)
      const mode = "jsonpath={.spec.aerospikeConfig.network.heartbeat.mode}"
      const accepted = await world.attempt(["create", "--dry-run=server", "-o", mode, "-f", "-"], {
        input: cluster(place, "aerospike:latest"),
      })
      expect(accepted).toEqual({
        code: 0,
        out: "mesh",
        err: expect.stringMatching(/^Warning: spec\.image: /m) as unknown,
      })
    }
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

  it("one replica goes: the other answers", async () => {
    await replicas[0]?.stop()
    await leadTo(ports[1] ?? 0)
    await expect.poll(() => verdict(place), { timeout: 20_000 }).toContain(refusal)
  })
})

describe("a certificate from files", () => {
  const home = "acko-system"
  let folder = ""
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "acko-certificate-"))
    await register(home)
  })
  afterAll(() => rm(folder, { recursive: true }))

  const served = (port: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().raw.toString("base64"))
        socket.destroy()
      })
      socket.on("error", reject)
    })
  const bodyOf = (pem: string): string => pem.replace(/-----[A-Z ]+-----|\s/g, "")

  it("N-14 is followed without a restart, and no call fails in between", async () => {
    const names = [`acko-operator-webhook.${home}.svc`]
    const [before, after] = [selfSigned(names, new Date()), selfSigned(names, new Date())]
    const install = async ({ certificate, key }: typeof before) => {
      await writeFile(join(folder, "tls.crt"), certificate)
      await writeFile(join(folder, "tls.key"), key)
    }
    const trust = (...all: ReadonlyArray<typeof before>) =>
      setClientConfig("caBundle", Buffer.from(all.map(({ certificate }) => certificate).join("")).toString("base64"))
    await install(before)
    const port = await freePort()
    const operator = await world.startOperator(await world.install(home), {
      arguments: flags(port, "--webhook-cert-dir", folder),
    })
    await leadTo(port)
    await trust(before, after)
    await expect.poll(() => verdict(namespace), { timeout: 20_000 }).toContain(refusal)
    await install(after)
    await expect
      .poll(
        async () => {
          expect(await verdict(namespace)).toContain(refusal)
          return served(port)
        },
        { timeout: 30_000 },
      )
      .toBe(bodyOf(after.certificate))
    await trust(after)
    await expect.poll(() => verdict(namespace), { timeout: 20_000 }).toContain(refusal)
    expect(await Effect.runPromise(operator.modes)).not.toEqual([])
    await operator.stop()
  })
})
