/**
 * Where the API server is and how we prove who we are: address, connections, and headers that follow rotating tokens.
 *
 * `@kubernetes/client-node` is loaded only when a kubeconfig is used: a process in a cluster never pays for it.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import type * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import type { KubeConfig } from "@kubernetes/client-node"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as https from "node:https"
import * as path from "node:path"
import { keepCurrent, KubeAccessError, type Credentials, type LoadCredentials } from "./Credentials.js"
import { findTokenFile, kubeConfigPaths } from "./kubeConfigFile.js"
import type { TlsMaterial } from "./keepAliveAgent.js"
import { serverUrl } from "./serverUrl.js"

/** Swap it to use another source of credentials, a proxy or impersonation. */
export class KubeAccess extends Context.Tag("acko/KubeAccess")<
  KubeAccess,
  {
    /** Scheme, host, port and perhaps a path prefix; no trailing slash. */
    readonly baseUrl: string
    /** Headers of every request, `Authorization` first of all. Cached for a minute. Sent to `baseUrl` and nowhere else. */
    readonly headers: Effect.Effect<Readonly<Record<string, string>>>
    /** Connections; another object only after CA or client certificate changed. */
    readonly agent: Effect.Effect<NodeHttpClient.HttpAgent>
    /** After a 401: look at the source again (read the token, run the plugin). Many calls at the same time are one look. */
    readonly refresh: Effect.Effect<void>
    /** Namespace of the kubeconfig context or of our own pod. */
    readonly defaultNamespace?: string
  }
>() {}

const makeAccess = (
  server: string,
  load: LoadCredentials,
  defaultNamespace: string | undefined,
): Effect.Effect<Context.Tag.Service<KubeAccess>, KubeAccessError, Scope.Scope> =>
  Effect.gen(function* () {
    const baseUrl = yield* serverUrl(server)
    const current = yield* keepCurrent(load)
    return { baseUrl, ...current, ...(defaultNamespace === undefined ? {} : { defaultNamespace }) }
  })

const bearer = (token: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${token}` })

/** A token as a header can carry it: files end in a newline, which HTTP forbids. */
const readToken = (files: FileSystem.FileSystem, file: string): Effect.Effect<string, KubeAccessError> =>
  files.readFileString(file).pipe(
    Effect.mapError((cause) => new KubeAccessError({ detail: `the token file ${file} cannot be read`, cause })),
    Effect.map((text) => text.trim()),
    Effect.filterOrFail(
      (token) => /^[\x21-\x7e]+$/.test(token),
      () => new KubeAccessError({ detail: `the token file ${file} holds no token` }),
    ),
  )

/** Fixed address and credentials: tests, sandbox. */
export const layerStatic = (options: {
  readonly baseUrl: string
  readonly ca?: string
  readonly token?: string
  readonly cert?: string
  readonly key?: string
  readonly defaultNamespace?: string
}): Layer.Layer<KubeAccess, KubeAccessError> => {
  const { ca, cert, key } = options
  const credentials: Credentials = {
    headers: options.token === undefined ? {} : bearer(options.token),
    tls: {
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  }
  return Layer.scoped(
    KubeAccess,
    makeAccess(options.baseUrl, () => Effect.succeed(credentials), options.defaultNamespace),
  )
}

/** Where Kubernetes mounts the account of a pod. */
export const serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount"

const inClusterAddress = Config.all({
  host: Config.nonEmptyString("KUBERNETES_SERVICE_HOST"),
  port: Config.port("KUBERNETES_SERVICE_PORT"),
})

/**
 * Inside a pod: address from `KUBERNETES_SERVICE_HOST`/`_PORT`, token and CA from the mounted service account, both re-read every minute
 * and after a 401 (R50).
 */
export const layerInCluster = (
  options: { readonly directory?: string } = {},
): Layer.Layer<KubeAccess, KubeAccessError, FileSystem.FileSystem> =>
  Layer.scoped(
    KubeAccess,
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const directory = options.directory ?? serviceAccountDirectory
      const { host, port } = yield* Effect.mapError(
        inClusterAddress,
        (cause) =>
          new KubeAccessError({ detail: "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set", cause }),
      )
      const namespace = yield* Effect.option(files.readFileString(`${directory}/namespace`))
      const load = Effect.gen(function* () {
        const token = yield* readToken(files, `${directory}/token`)
        const ca = yield* Effect.mapError(
          files.readFileString(`${directory}/ca.crt`),
          (cause) => new KubeAccessError({ detail: `${directory}/ca.crt cannot be read`, cause }),
        )
        return { headers: bearer(token), tls: { ca, rejectUnauthorized: true } }
      })
      const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`
      return yield* makeAccess(server, () => load, Option.getOrUndefined(Option.map(namespace, (n) => n.trim())))
    }),
  )

export interface KubeConfigOptions {
  /** Default: the files of `KUBECONFIG`, else `~/.kube/config`. */
  readonly path?: string
  /** Default: the file's current context. */
  readonly context?: string
}

const broken = (detail: string) => (cause: unknown) => new KubeAccessError({ detail, cause })

/** Reads and merges the files; the first file that names a current context wins. */
const readKubeConfig = (files: FileSystem.FileSystem, paths: ReadonlyArray<string>, context: string | undefined) =>
  Effect.gen(function* () {
    const clientNode = yield* Effect.tryPromise({
      try: () => import("./kubeConfigLibrary.js"),
      catch: broken("@kubernetes/client-node cannot be loaded"),
    })
    const config = new clientNode.KubeConfig()
    let tokenFile: string | undefined
    for (const file of paths) {
      const text = yield* Effect.mapError(files.readFileString(file), broken(`the kubeconfig ${file} cannot be read`))
      yield* Effect.try({
        try: () => {
          const part = new clientNode.KubeConfig()
          part.loadFromString(text)
          part.makePathsAbsolute(path.dirname(file))
          config.mergeConfig(part, Boolean(config.currentContext))
        },
        // The parser quotes the file, and the file holds keys: its message and the error itself stay here.
        catch: () => new KubeAccessError({ detail: `the kubeconfig ${file} is not valid` }),
      })
    }
    if (context !== undefined) config.setCurrentContext(context)
    const entry = config.getContextObject(config.getCurrentContext())
    const cluster = config.getCurrentCluster()
    if (entry === null || cluster === null) {
      return yield* new KubeAccessError({
        detail: `the kubeconfig has no context ${JSON.stringify(config.getCurrentContext())} with a cluster`,
      })
    }
    for (const file of paths) {
      const text = yield* Effect.mapError(files.readFileString(file), broken(`the kubeconfig ${file} cannot be read`))
      tokenFile ??= findTokenFile(clientNode.loadYaml(text), entry.user, path.dirname(file))
    }
    const user = config.getCurrentUser() ?? { name: "anonymous" }
    const plain = cluster.server.startsWith("http:")
    const single = new clientNode.KubeConfig()
    // It refuses plain http unless told not to verify; which plain http is acceptable is decided by `serverUrl`.
    single.loadFromClusterAndUser(plain ? { ...cluster, skipTLSVerify: true } : cluster, user)
    return {
      config: single,
      server: cluster.server,
      namespace: entry.namespace,
      tokenFile,
      proxied: Boolean(cluster.proxyUrl),
    }
  })

const credentialsOf = (
  config: KubeConfig,
  proxied: boolean,
  token: string | undefined,
): Effect.Effect<Credentials, KubeAccessError> =>
  Effect.gen(function* () {
    const options: https.RequestOptions = {}
    yield* Effect.tryPromise({
      try: () => config.applyToHTTPSOptions(options),
      catch: broken("the credentials of the kubeconfig cannot be used"),
    }).pipe(
      Effect.timeoutFail({
        duration: "60 seconds",
        onTimeout: () => new KubeAccessError({ detail: "the credential plugin did not answer within 60 s" }),
      }),
    )
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(options.headers ?? {}))
      headers[name.toLowerCase()] = String(value).trim()
    if (typeof options.auth === "string") {
      headers["authorization"] = `Basic ${Buffer.from(options.auth).toString("base64")}`
    }
    if (token !== undefined) headers["authorization"] = `Bearer ${token}`
    return {
      headers,
      tls: {
        ...material(options),
        ...(options.servername === undefined ? {} : { servername: options.servername }),
        rejectUnauthorized: options.rejectUnauthorized !== false,
      },
      ...(proxied ? { proxy: options.agent as https.Agent } : {}),
    }
  })

const material = (options: https.RequestOptions): Pick<TlsMaterial, "ca" | "cert" | "key"> =>
  Object.fromEntries(
    (["ca", "cert", "key"] as const).flatMap((name) => {
      const value = options[name]
      return typeof value === "string" || Buffer.isBuffer(value) ? [[name, value]] : []
    }),
  )

/**
 * From a kubeconfig: client certificates, tokens, token files, basic auth, exec plugins, proxies, impersonation. TLS is verified unless the
 * kubeconfig itself says `insecure-skip-tls-verify`; plain http is accepted for loopback only (`kubectl proxy`).
 */
export const layerKubeconfig = (
  options: KubeConfigOptions = {},
): Layer.Layer<KubeAccess, KubeAccessError, FileSystem.FileSystem> =>
  Layer.scoped(
    KubeAccess,
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const paths = options.path === undefined ? yield* kubeConfigPaths : [options.path]
      const read = readKubeConfig(files, paths, options.context)
      let found = yield* read
      const load: LoadCredentials = (forced) =>
        Effect.gen(function* () {
          // A plugin's answer is cached inside the config object, and the file itself may have been renewed: start over.
          if (forced) found = yield* read
          const token = found.tokenFile === undefined ? undefined : yield* readToken(files, found.tokenFile)
          return yield* credentialsOf(found.config, found.proxied, token)
        })
      return yield* makeAccess(found.server, load, found.namespace)
    }),
  )

/** In a pod: {@link layerInCluster}. Anywhere else: {@link layerKubeconfig}. */
export const layerFromEnv: Layer.Layer<KubeAccess, KubeAccessError, FileSystem.FileSystem> = Layer.unwrapEffect(
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const address = yield* Effect.option(inClusterAddress)
    const token = yield* Effect.orElseSucceed(files.exists(`${serviceAccountDirectory}/token`), () => false)
    return Option.isSome(address) && token ? layerInCluster() : layerKubeconfig()
  }),
)
