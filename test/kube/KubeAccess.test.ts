import { it } from "@effect/vitest"
import { SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { assert, describe } from "vitest"
import * as http from "node:http"
import * as net from "node:net"
import type { TLSSocket } from "node:tls"
import { Kinds } from "../../src/domain/Kubernetes.js"
import {
  KubeAccess,
  layerFromEnv,
  layerInCluster,
  layerKubeconfig,
  layerStatic,
  serviceAccountDirectory,
} from "../../src/kube/KubeAccess.js"
import { KubeReader } from "../../src/kube/KubeClient.js"
import { layer } from "../../src/kube/KubeTransport.js"
import { faultyServer, jsonReply, type Received, statusReply } from "../support/faultyServer.js"
import { tlsFixture } from "./tlsFixture.js"

const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "a", namespace: "ns", resourceVersion: "1" } }
const serverTls = { tls: { cert: tlsFixture.serverCert, key: tlsFixture.serverKey } }
const getPod = Effect.flatMap(KubeReader, (reader) => reader.get(Kinds.Pod, { namespace: "ns", name: "a" }))

/** Gets a pod with the given access, once, and closes everything. */
const ask = <E, R>(access: Layer.Layer<KubeAccess, E, R>) =>
  Effect.provide(getPod, layer({ retryPauseMs: 1 }).pipe(Layer.provide(access)))

const env = (values: Record<string, string>) =>
  Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(values))))

/** A file system of a few files that a test may change. */
const memoryFiles = (files: Map<string, string>) =>
  FileSystem.layerNoop({
    readFileString: (path) =>
      Effect.suspend(() => {
        const text = files.get(path)
        return text === undefined
          ? Effect.fail(
              new SystemError({
                reason: "NotFound",
                module: "FileSystem",
                method: "readFileString",
                pathOrDescriptor: path,
              }),
            )
          : Effect.succeed(text)
      }),
    exists: (path) => Effect.sync(() => files.has(path)),
  })

const accountFiles = (token = "t1\n") =>
  new Map([
    [`${serviceAccountDirectory}/token`, token],
    [`${serviceAccountDirectory}/ca.crt`, tlsFixture.ca],
    [`${serviceAccountDirectory}/namespace`, "acko-system\n"],
  ])

const inCluster = (files: Map<string, string>, port = "443", host = "127.0.0.1") =>
  layerInCluster().pipe(
    Layer.provide([memoryFiles(files), env({ KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port })]),
  )

describe("KubeAccess in a cluster", () => {
  it.scoped(
    "R50 address, trimmed token and namespace; the token is re-read every minute, and kept while unreadable",
    () =>
      Effect.gen(function* () {
        const files = accountFiles()
        const access = yield* Effect.provide(KubeAccess, yield* Layer.build(inCluster(files, "6443", "fd00::1")))
        assert.strictEqual(access.baseUrl, "https://[fd00::1]:6443")
        assert.strictEqual(access.defaultNamespace, "acko-system")
        assert.deepStrictEqual(yield* access.headers, { authorization: "Bearer t1" })
        const agent = yield* access.agent

        files.set(`${serviceAccountDirectory}/token`, "t2\n")
        yield* TestClock.adjust("59 seconds")
        assert.deepStrictEqual(yield* access.headers, { authorization: "Bearer t1" })
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* access.headers, { authorization: "Bearer t2" })
        assert.strictEqual(yield* access.agent, agent)

        files.delete(`${serviceAccountDirectory}/token`)
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual(yield* access.headers, { authorization: "Bearer t2" })

        files.set(`${serviceAccountDirectory}/token`, "t3\n")
        yield* access.refresh
        assert.deepStrictEqual(yield* access.headers, { authorization: "Bearer t3" })
      }),
  )

  it.scoped("a new CA means new connections", () =>
    Effect.gen(function* () {
      const files = accountFiles()
      const access = yield* Effect.provide(KubeAccess, yield* Layer.build(inCluster(files)))
      const agent = yield* access.agent
      files.set(`${serviceAccountDirectory}/ca.crt`, tlsFixture.ca + tlsFixture.ca)
      yield* TestClock.adjust("1 minute")
      assert.notStrictEqual(yield* access.agent, agent)
    }),
  )

  it.effect("missing files and variables are named", () =>
    Effect.gen(function* () {
      const noToken = yield* Effect.flip(ask(inCluster(new Map())))
      assert.include(noToken.message, `${serviceAccountDirectory}/token cannot be read`)
      const empty = yield* Effect.flip(ask(inCluster(accountFiles("\n"))))
      assert.include(empty.message, "holds no token")
      const noAddress = yield* Effect.flip(
        ask(layerInCluster().pipe(Layer.provide([memoryFiles(accountFiles()), env({})]))),
      )
      assert.include(noAddress.message, "KUBERNETES_SERVICE_HOST")
    }),
  )

  it.scopedLive("R50 a rotated token is picked up on 401, within the same call", () =>
    Effect.gen(function* () {
      const files = accountFiles("old\n")
      let valid = "old"
      const server = yield* faultyServer(
        (request) =>
          request.headers.authorization === `Bearer ${valid}` ? jsonReply(pod) : statusReply(401, "Unauthorized"),
        serverTls,
      )
      yield* Effect.gen(function* () {
        yield* getPod
        valid = "new"
        files.set(`${serviceAccountDirectory}/token`, "new\n")
        yield* getPod
        yield* getPod
      }).pipe(Effect.provide(layer().pipe(Layer.provide(inCluster(files, String(server.port))))))
      assert.deepStrictEqual(
        server.requests.map((request) => request.headers.authorization),
        ["Bearer old", "Bearer old", "Bearer new", "Bearer new"],
      )
    }),
  )

  it.scopedLive("from the environment: the service account if there is one, else the kubeconfig", () =>
    Effect.gen(function* () {
      const baseUrl = (files: Map<string, string>, variables: Record<string, string>) =>
        KubeAccess.pipe(
          Effect.map((access) => access.baseUrl),
          Effect.provide(layerFromEnv.pipe(Layer.provide([memoryFiles(files), env(variables)]))),
        )
      const address = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" }
      assert.strictEqual(yield* baseUrl(accountFiles(), address), "https://10.0.0.1:443".replace(":443", ""))
      const config = new Map([
        ["/home/me/.kube/config", kubeconfig("https://home:1", { token: "t" })],
        ["/k/a", kubeconfig("https://listed:1", { token: "t" })],
      ])
      assert.strictEqual(yield* baseUrl(config, { ...address, HOME: "/home/me" }), "https://home:1")
      assert.strictEqual(yield* baseUrl(config, { HOME: "/home/me", KUBECONFIG: "/k/a" }), "https://listed:1")
    }),
  )
})

/** A kubeconfig is JSON, too. */
const kubeconfig = (server: string, user: object, cluster: object = {}): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "main",
    clusters: [
      {
        name: "c",
        cluster: { server, "certificate-authority-data": Buffer.from(tlsFixture.ca).toString("base64"), ...cluster },
      },
    ],
    users: [{ name: "u", user }],
    contexts: [{ name: "main", context: { cluster: "c", user: "u", namespace: "team" } }],
  })

describe("KubeAccess from a kubeconfig", () => {
  const secure = faultyServer(() => jsonReply(pod), serverTls)
  const withConfig = (
    text: string,
    options: { readonly context?: string; readonly files?: Record<string, string> } = {},
  ) =>
    layerKubeconfig({ path: "/k/config", ...(options.context === undefined ? {} : { context: options.context }) }).pipe(
      Layer.provide(memoryFiles(new Map([["/k/config", text], ...Object.entries(options.files ?? {})]))),
    )

  const users: ReadonlyArray<readonly [string, object, string | undefined]> = [
    ["a token", { token: "abc" }, "Bearer abc"],
    ["a token file beside the kubeconfig, re-read", { tokenFile: "secret/token" }, "Bearer from-file"],
    ["name and password", { username: "me", password: "p:w" }, `Basic ${Buffer.from("me:p:w").toString("base64")}`],
    ["nothing", {}, undefined],
    [
      "an exec plugin",
      {
        exec: {
          apiVersion: "client.authentication.k8s.io/v1",
          command: process.execPath,
          args: ["-e", `console.log(JSON.stringify({status:{token:"from-plugin"}}))`],
        },
      },
      "Bearer from-plugin",
    ],
  ]
  for (const [what, user, authorization] of users) {
    it.scopedLive(`authenticates with ${what}`, () =>
      Effect.gen(function* () {
        const server = yield* secure
        yield* ask(withConfig(kubeconfig(server.baseUrl, user), { files: { "/k/secret/token": "from-file\n" } }))
        assert.strictEqual(server.requests[0]!.headers.authorization, authorization)
      }),
    )
  }

  it.scopedLive("R50 after a 401 the exec plugin runs again, even though its answer had not expired", () =>
    Effect.gen(function* () {
      const server = yield* faultyServer(
        (request, nth) =>
          nth === 0 || request.headers.authorization === undefined ? statusReply(401, "Unauthorized") : jsonReply(pod),
        serverTls,
      )
      const script = `console.log(JSON.stringify({status:{token:String(process.pid),expirationTimestamp:"2126-01-01T00:00:00Z"}}))`
      yield* ask(withConfig(kubeconfig(server.baseUrl, { exec: { command: process.execPath, args: ["-e", script] } })))
      assert.strictEqual(server.requests.length, 2)
      assert.notStrictEqual(server.requests[0]!.headers.authorization, server.requests[1]!.headers.authorization)
    }),
  )

  it.scopedLive("a client certificate", () =>
    Effect.gen(function* () {
      let subject = ""
      const server = yield* faultyServer(() => jsonReply(pod), {
        tls: {
          ...serverTls.tls,
          ca: tlsFixture.ca,
          requestCert: true,
          rejectUnauthorized: true,
          onConnection: (socket: TLSSocket) => {
            subject = String(socket.getPeerCertificate().subject.CN)
          },
        },
      })
      const base64 = (text: string) => Buffer.from(text).toString("base64")
      yield* ask(
        withConfig(
          kubeconfig(server.baseUrl, {
            "client-certificate-data": base64(tlsFixture.clientCert),
            "client-key-data": base64(tlsFixture.clientKey),
          }),
        ),
      )
      assert.strictEqual(subject, "operator")
    }),
  )

  it.scopedLive("impersonation, namespace of the context, and a chosen context", () =>
    Effect.gen(function* () {
      const server = yield* secure
      const config = JSON.parse(kubeconfig("https://elsewhere:1", { token: "x", as: "someone" })) as {
        clusters: Array<unknown>
        contexts: Array<unknown>
      }
      config.clusters.push({
        name: "c2",
        cluster: {
          server: server.baseUrl,
          "certificate-authority-data": Buffer.from(tlsFixture.ca).toString("base64"),
        },
      })
      config.contexts.push({ name: "second", context: { cluster: "c2", user: "u", namespace: "other" } })
      const access = withConfig(JSON.stringify(config), { context: "second" })
      yield* ask(access)
      assert.strictEqual(server.requests[0]!.headers["impersonate-user"], "someone")
      const { defaultNamespace } = yield* Effect.provide(KubeAccess, access)
      assert.strictEqual(defaultNamespace, "other")
    }),
  )

  it.scopedLive("a proxy the kubeconfig names is used; TLS goes through it to the server", () =>
    Effect.gen(function* () {
      const server = yield* secure
      const tunnels: Array<string> = []
      const proxy = yield* Effect.acquireRelease(
        Effect.async<http.Server>((resume) => {
          const made = http.createServer()
          made.on("connect", (request, socket, head) => {
            tunnels.push(request.url ?? "")
            const onward = net.connect(server.port, "127.0.0.1", () => {
              socket.write("HTTP/1.1 200 OK\r\n\r\n")
              onward.write(head)
              onward.pipe(socket)
              socket.pipe(onward)
            })
            for (const end of [onward, socket]) end.on("error", () => undefined)
          })
          made.listen(0, "127.0.0.1", () => resume(Effect.succeed(made)))
        }),
        (made) => Effect.sync(() => made.close()),
      )
      const { port } = proxy.address() as net.AddressInfo
      yield* ask(withConfig(kubeconfig(server.baseUrl, { token: "t" }, { "proxy-url": `http://127.0.0.1:${port}` })))
      assert.deepStrictEqual(tunnels, [`127.0.0.1:${server.port}`])
    }),
  )

  it.effect("what is wrong is said, and nothing of the file is quoted (S7)", () =>
    Effect.gen(function* () {
      const said = (text: string, context?: string) =>
        Effect.map(Effect.flip(ask(withConfig(text, context === undefined ? {} : { context }))), (e) => e.message)
      assert.include(yield* said("users:\n  - token: s3cr3t\n bad"), "the kubeconfig /k/config is not valid")
      assert.notInclude(yield* said("users:\n  - token: s3cr3t\n bad"), "s3cr3t")
      assert.include(yield* said(kubeconfig("https://x", {}), "nope"), 'no context "nope"')
      const missing = yield* Effect.flip(
        ask(layerKubeconfig({ path: "/none" }).pipe(Layer.provide(memoryFiles(new Map())))),
      )
      assert.include(missing.message, "/none cannot be read")
    }),
  )

  it.scopedLive("insecure-skip-tls-verify is obeyed when the kubeconfig says so, and only then", () =>
    Effect.gen(function* () {
      const server = yield* secure
      const noCa = { "certificate-authority-data": undefined }
      const refused = yield* Effect.flip(ask(withConfig(kubeconfig(server.baseUrl, { token: "t" }, noCa))))
      assert.deepInclude(refused, { _tag: "KubeTransportError", reason: "Connect" })
      assert.strictEqual(server.requests.length, 0)
      yield* ask(withConfig(kubeconfig(server.baseUrl, { token: "t" }, { ...noCa, "insecure-skip-tls-verify": true })))
      assert.strictEqual(server.requests.length, 1)
    }),
  )

  it.scopedLive("plain http: loopback only", () =>
    Effect.gen(function* () {
      const server = yield* faultyServer(() => jsonReply(pod))
      yield* ask(withConfig(kubeconfig(server.baseUrl, {})))
      for (const address of ["http://10.0.0.1:8080", "http://127.0.0.1.example.org", "ftp://127.0.0.1", "nonsense"]) {
        const refused = yield* Effect.flip(ask(withConfig(kubeconfig(address, { token: "t" }))))
        assert.strictEqual(refused._tag, "KubeAccessError", address)
      }
    }),
  )

  it.scopedLive("reads real files", () =>
    Effect.gen(function* () {
      const server = yield* secure
      const files = yield* FileSystem.FileSystem
      const directory = yield* files.makeTempDirectoryScoped()
      yield* files.writeFileString(`${directory}/ca.pem`, tlsFixture.ca)
      yield* files.writeFileString(`${directory}/token`, "from-disk\n")
      yield* files.writeFileString(
        `${directory}/config`,
        kubeconfig(
          server.baseUrl,
          { tokenFile: "token" },
          { "certificate-authority-data": undefined, "certificate-authority": "ca.pem" },
        ),
      )
      yield* ask(layerKubeconfig({ path: `${directory}/config` }))
      assert.strictEqual(server.requests[0]!.headers.authorization, "Bearer from-disk")
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )
})

describe("TLS", () => {
  /** Sets a variable of this process for the length of an effect. */
  const withVariable = (name: string, value: string) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const before = process.env[name]
        process.env[name] = value
        return before
      }),
      (before) =>
        Effect.sync(() => {
          if (before === undefined) delete process.env[name]
          else process.env[name] = before
        }),
    )

  const neverSent = (requests: ReadonlyArray<Received>) => assert.strictEqual(requests.length, 0)

  it.scopedLive(
    "R135 an unknown issuer is refused before anything is sent, whatever NODE_TLS_REJECT_UNAUTHORIZED says",
    () =>
      Effect.gen(function* () {
        yield* withVariable("NODE_TLS_REJECT_UNAUTHORIZED", "0")
        const server = yield* faultyServer(() => jsonReply(pod), serverTls)
        const error = yield* Effect.flip(ask(layerStatic({ baseUrl: server.baseUrl, token: "t" })))
        assert.deepInclude(error, { _tag: "KubeTransportError", reason: "Connect" })
        neverSent(server.requests)
        yield* ask(layerStatic({ baseUrl: server.baseUrl, token: "t", ca: tlsFixture.ca }))
        assert.strictEqual(server.requests.length, 1)
      }),
  )

  it.scopedLive("R135 a certificate for another name is refused", () =>
    Effect.gen(function* () {
      const server = yield* faultyServer(() => jsonReply(pod), {
        tls: { cert: tlsFixture.wrongCert, key: tlsFixture.wrongKey },
      })
      const error = yield* Effect.flip(ask(layerStatic({ baseUrl: server.baseUrl, token: "t", ca: tlsFixture.ca })))
      assert.deepInclude(error, { _tag: "KubeTransportError", reason: "Connect" })
      neverSent(server.requests)
    }),
  )

  it.scopedLive("R135 proxy variables are not read", () =>
    Effect.gen(function* () {
      const proxy = yield* faultyServer(() => jsonReply(pod))
      for (const name of ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY"]) {
        yield* withVariable(name, proxy.baseUrl)
      }
      const server = yield* faultyServer(() => jsonReply(pod), serverTls)
      yield* ask(layerStatic({ baseUrl: server.baseUrl, token: "t", ca: tlsFixture.ca }))
      assert.strictEqual(server.requests.length, 1)
      assert.strictEqual(proxy.acceptedSockets(), 0)
    }),
  )

  it.scopedLive("over TLS connections are reused too", () =>
    Effect.gen(function* () {
      const server = yield* faultyServer(() => jsonReply(pod), serverTls)
      yield* Effect.replicateEffect(getPod, 20, { discard: true }).pipe(
        Effect.provide(
          layer().pipe(Layer.provide(layerStatic({ baseUrl: server.baseUrl, token: "t", ca: tlsFixture.ca }))),
        ),
      )
      assert.strictEqual(server.acceptedSockets(), 1)
    }),
  )
})
