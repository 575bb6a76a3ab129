/** A kubeconfig for the sandbox, readable by kubectl and every client library. */
import * as FileSystem from "@effect/platform/FileSystem"
import type { PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"

export interface KubeconfigOptions {
  /** `https://127.0.0.1:port` */
  readonly server: string
  /** PEM of the authority. */
  readonly certificate: string
  readonly token: string
  /** Namespace of the context. Default `default`. */
  readonly namespace?: string
}

/** The file's text: YAML that is also JSON. */
export const kubeconfigText = ({ server, certificate, token, namespace = "default" }: KubeconfigOptions): string =>
  `${JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "acko-sandbox",
      clusters: [
        {
          name: "acko-sandbox",
          cluster: { server, "certificate-authority-data": Buffer.from(certificate).toString("base64") },
        },
      ],
      users: [{ name: "acko-sandbox", user: { token } }],
      contexts: [{ name: "acko-sandbox", context: { cluster: "acko-sandbox", user: "acko-sandbox", namespace } }],
    },
    undefined,
    2,
  )}\n`

/** Writes it, readable by its owner only. */
export const writeKubeconfig = (
  path: string,
  options: KubeconfigOptions,
): Effect.Effect<void, PlatformError, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (files) =>
    files.writeFileString(path, kubeconfigText(options), { mode: 0o600 }),
  )
