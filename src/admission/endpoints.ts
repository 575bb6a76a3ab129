/** The four webhooks (api.md §1.4): what they are called, where they are and what they answer for. */
import { Kinds, type ResourceKind } from "../domain/Kubernetes.js"

export interface Endpoint {
  /** Name in the webhook configuration. */
  readonly name: string
  readonly path: `/${string}`
  readonly kind: ResourceKind
  /** Fills in defaults; the other sort decides. */
  readonly isMutating: boolean
}

const endpoint = (kind: ResourceKind, isMutating: boolean): Endpoint => {
  const resource = kind.kind.toLowerCase()
  const path = `${kind.group.replaceAll(".", "-")}-${kind.version}-${resource}`
  return {
    name: `${isMutating ? "m" : "v"}${resource}.kb.io`,
    path: `/${isMutating ? "mutate" : "validate"}-${path}`,
    kind,
    isMutating,
  }
}

export const endpoints: ReadonlyArray<Endpoint> = [Kinds.AerospikeCluster, Kinds.AerospikeClusterTemplate].flatMap(
  (kind) => [endpoint(kind, true), endpoint(kind, false)],
)
