/**
 * A real control plane on loopback: etcd, kube-apiserver and kube-controller-manager as processes with ports and a folder of their own. RBAC,
 * admission and an audit log are on. No scheduler, no kubelet, no volume provisioner: whoever uses it brings those.
 */
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { generateKeyPairSync, randomBytes } from "node:crypto"
import { selfSigned } from "../../../src/tls/certificate.js"
import { writeKubeconfig } from "../../../src/sandbox/http/kubeconfig.js"
import { type BinariesError, findBinaries, type Program } from "./binaries.js"
import { guard } from "./guardian.js"
import { freePort, startServer, type StartError } from "./ServerProcess.js"
import { auditPolicy, controllers } from "./settings.js"

/** How to reach it: plain data, so that other processes can have it too. */
export interface ControlPlane {
  /** `https://127.0.0.1:port` of the API server. */
  readonly server: string
  /** PEM of the authority of the API server. */
  readonly certificate: string
  /** Bearer tokens. `admin` may do everything; `machines` too, as the hosts; `nobody` has no role at all. */
  readonly tokens: Readonly<Record<User, string>>
  /** For `kubectl`, as the administrator. */
  readonly kubeconfig: string
  /** Data, logs and pid files; removed at the end. */
  readonly folder: string
  /** One JSON event per request and line, see `AuditLog`. */
  readonly auditLog: string
  /** `http://127.0.0.1:port` of etcd. */
  readonly etcd: string
}

export const users = ["admin", "machines", "nobody"] as const
export type User = (typeof users)[number]

const controllerManager = "system:kube-controller-manager"
const groupsOf: Readonly<Record<User, string>> = { admin: "system:masters", machines: "system:masters", nobody: "" }

interface Files {
  readonly folder: string
  readonly path: Path.Path
  readonly write: (name: string, text: string) => Effect.Effect<string, PlatformError>
}

const runEtcd = (binary: string, { folder, path }: Files) =>
  Effect.gen(function* () {
    const client = `http://127.0.0.1:${yield* freePort}`
    const peer = `http://127.0.0.1:${yield* freePort}`
    yield* startServer({
      name: "etcd",
      binary,
      folder,
      args: [
        `--data-dir=${path.join(folder, "etcd")}`,
        `--listen-client-urls=${client}`,
        `--advertise-client-urls=${client}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--initial-cluster=default=${peer}`,
        // The data is gone with the folder anyway.
        "--unsafe-no-fsync",
        "--log-level=warn",
      ],
      readiness: { url: `${client}/health` },
    })
    return client
  })

interface Identity {
  readonly certificateFile: string
  readonly keyFile: string
  readonly accountKeyFile: string
  readonly certificate: string
}

const makeIdentity = ({ write }: Files): Effect.Effect<Identity, PlatformError> =>
  Effect.gen(function* () {
    const { certificate, key } = selfSigned(["127.0.0.1", "localhost"], new Date())
    const account = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
    return {
      certificate,
      certificateFile: yield* write("server.crt", certificate),
      keyFile: yield* write("server.key", key),
      // The API server reads ECDSA keys in the older form only.
      accountKeyFile: yield* write("accounts.key", account.export({ type: "sec1", format: "pem" }).toString()),
    }
  })

const runApiServer = (
  binary: string,
  files: Files,
  identity: Identity,
  etcd: string,
  tokens: Readonly<Record<string, string>>,
) =>
  Effect.gen(function* () {
    const { folder, path, write } = files
    const port = yield* freePort
    const server = `https://127.0.0.1:${port}`
    const auditLog = path.join(folder, "audit.log")
    const lines = Object.entries(tokens).map(([user, token]) => {
      const groups = Object.entries(groupsOf).find(([name]) => name === user)?.[1] ?? ""
      return `${token},${user},${user},"${groups}"`
    })
    const tokenFile = yield* write("tokens.csv", `${lines.join("\n")}\n`)
    const policyFile = yield* write("audit-policy.json", JSON.stringify(auditPolicy))
    yield* startServer({
      name: "kube-apiserver",
      binary,
      folder,
      args: [
        `--etcd-servers=${etcd}`,
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        `--secure-port=${port}`,
        `--tls-cert-file=${identity.certificateFile}`,
        `--tls-private-key-file=${identity.keyFile}`,
        `--token-auth-file=${tokenFile}`,
        "--authorization-mode=RBAC",
        // As hardened distributions have it: blockOwnerDeletion needs a right of its own.
        "--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
        `--service-account-issuer=${server}`,
        `--service-account-signing-key-file=${identity.accountKeyFile}`,
        `--service-account-key-file=${identity.accountKeyFile}`,
        "--service-cluster-ip-range=10.96.0.0/16",
        // Its own endpoint would be a loopback address, which the API refuses.
        "--endpoint-reconciler-type=none",
        `--audit-policy-file=${policyFile}`,
        `--audit-log-path=${auditLog}`,
        "--audit-log-maxsize=0",
      ],
      readiness: { url: `${server}/readyz`, ca: identity.certificate },
    })
    return { server, auditLog }
  })

const runControllerManager = (binary: string, files: Files, identity: Identity, kubeconfig: string) =>
  Effect.gen(function* () {
    const port = yield* freePort
    yield* startServer({
      name: "kube-controller-manager",
      binary,
      folder: files.folder,
      args: [
        `--kubeconfig=${kubeconfig}`,
        `--authentication-kubeconfig=${kubeconfig}`,
        `--authorization-kubeconfig=${kubeconfig}`,
        "--bind-address=127.0.0.1",
        `--secure-port=${port}`,
        `--tls-cert-file=${identity.certificateFile}`,
        `--tls-private-key-file=${identity.keyFile}`,
        `--service-account-private-key-file=${identity.accountKeyFile}`,
        `--root-ca-file=${identity.certificateFile}`,
        "--use-service-account-credentials",
        "--leader-elect=false",
        `--controllers=${controllers.join(",")}`,
        // Enough for suites that are in a hurry; the defaults are made for patience.
        "--kube-api-qps=200",
        "--kube-api-burst=400",
      ],
      readiness: { url: `https://127.0.0.1:${port}/healthz`, ca: identity.certificate },
    })
  })

/**
 * Starts it; returns when all three are ready. Everything ends with the scope, or with this process: processes, then files. Who adds a process
 * to it writes a `*.pid` file into its folder.
 */
export const makeControlPlane: Effect.Effect<
  ControlPlane,
  BinariesError | PlatformError | StartError,
  CommandExecutor | FileSystem.FileSystem | Path.Path | Scope.Scope
> = Effect.gen(function* () {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const binaries = yield* findBinaries
  const binary = (name: Program) => path.join(binaries, name)
  const folder = yield* fileSystem.makeTempDirectoryScoped({ prefix: "acko-controlplane-" })
  yield* guard(folder)
  const files: Files = {
    folder,
    path,
    write: (name, text) => {
      const file = path.join(folder, name)
      return Effect.as(fileSystem.writeFileString(file, text, { mode: 0o600 }), file)
    },
  }
  const newToken = () => randomBytes(24).toString("base64url")
  const tokens = { admin: newToken(), machines: newToken(), nobody: newToken() }
  const managerToken = newToken()
  const identity = yield* makeIdentity(files)
  const etcd = yield* runEtcd(binary("etcd"), files)
  const { auditLog, server } = yield* runApiServer(binary("kube-apiserver"), files, identity, etcd, {
    ...tokens,
    [controllerManager]: managerToken,
  })
  const { certificate } = identity
  const kubeconfig = path.join(folder, "admin.kubeconfig")
  yield* writeKubeconfig(kubeconfig, { server, certificate, token: tokens.admin })
  const managerConfig = path.join(folder, "controller-manager.kubeconfig")
  yield* writeKubeconfig(managerConfig, { server, certificate, token: managerToken })
  yield* runControllerManager(binary("kube-controller-manager"), files, identity, managerConfig)
  return { server, certificate, tokens, kubeconfig, folder, auditLog, etcd }
})
