/** The operator installed as the manifests say it: its namespace, its account, its roles. Nothing more is granted to it. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { parseAllDocuments } from "yaml"
import { manifestFiles } from "../../src/cli/manifests.js"
import { serviceAccountName } from "../../src/cli/manifests/installation.js"
import type { Kubectl } from "../kubectl/kubectl.js"
import type { ControlPlane } from "./controlplane/ControlPlane.js"
import { request } from "./controlplane/request.js"

export interface Installation {
  /** The operator's own namespace. */
  readonly namespace: string
  /** Empty: the whole cluster. */
  readonly watchNamespaces: ReadonlyArray<string>
  /** Its name in the audit log. */
  readonly user: string
}

/** One process' proof of who it is. */
export interface Credential {
  readonly token: string
  /** How the audit log tells the processes of one account apart: `user.extra` of each request has it. */
  readonly id: string
}

const TokenRequest = Schema.parseJson(Schema.Struct({ status: Schema.Struct({ token: Schema.String }) }))
const Claims = Schema.parseJson(Schema.Struct({ jti: Schema.String }))

/** The Namespace alone of the operator's own objects: its Deployment is started by the tests, as processes. */
const namespaceOf = (text: string): string =>
  parseAllDocuments(text)
    .filter((document) => document.get("kind") === "Namespace")
    .map(String)
    .join("---\n")

/** How the operator is installed; without namespaces to watch: for the whole cluster. */
export interface Mode {
  readonly watchNamespaces?: ReadonlyArray<string>
  /** Default `off`: the API server would have to reach into a pod. */
  readonly webhook?: "self-managed" | "off"
}

/** Namespace, account and roles as `acko manifests` prints them for this mode. */
export const install = async (
  kubectl: Kubectl,
  namespace: string,
  { watchNamespaces = [], webhook = "off" }: Mode,
): Promise<Installation> => {
  const files = manifestFiles({ namespace, watchNamespaces, webhook })
  const under = (folder: string) => Object.entries(files).filter(([name]) => name.startsWith(`${folder}/`))
  await kubectl.run(
    "apply -f -",
    under("operator")
      .map(([, text]) => namespaceOf(text))
      .join("---\n"),
  )
  await kubectl.run(
    "apply -f -",
    under("rbac")
      .map(([, text]) => text)
      .join("---\n"),
  )
  return { namespace, watchNamespaces, user: `system:serviceaccount:${namespace}:${serviceAccountName}` }
}

/** A token of the account, valid for an hour, as a kubelet would mount it. */
export const issueToken = async (plane: ControlPlane, { namespace }: Installation): Promise<Credential> => {
  const url = `${plane.server}/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccountName}/token`
  const answer = await Effect.runPromise(
    request(
      { url, ca: plane.certificate, token: plane.tokens.admin },
      { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 3600 } },
    ),
  )
  const { token } = Schema.decodeUnknownSync(TokenRequest)(answer).status
  const claims = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")
  return { token, id: `JTI=${Schema.decodeUnknownSync(Claims)(claims).jti}` }
}
