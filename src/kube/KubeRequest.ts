/** One request to the Kubernetes API, before it becomes HTTP. */

export type KubeVerb = "get" | "list" | "watch" | "create" | "update" | "apply" | "patch" | "delete" | "evict" | "bind"

export interface KubeRequest {
  readonly verb: KubeVerb
  /** `pods`, `statefulsets/scale`, … for errors, metrics and pauses. */
  readonly resource: string
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: { readonly contentType: string; readonly json: unknown }
}

/** The place an error names. */
export const whereOf = (
  request: Pick<KubeRequest, "verb" | "resource" | "namespace" | "name">,
): { readonly verb: string; readonly resource: string; readonly namespace?: string; readonly name?: string } => ({
  verb: request.verb,
  resource: request.resource,
  ...(request.namespace === undefined ? {} : { namespace: request.namespace }),
  ...(request.name === undefined ? {} : { name: request.name }),
})

export const isRead = (request: KubeRequest): boolean =>
  request.verb === "get" || request.verb === "list" || request.verb === "watch"
