/** Writes the status of a cluster: server-side apply of the complete value by its own field manager, only when it changed. */
import * as Effect from "effect/Effect"
import type { ClusterStatus } from "../domain/ClusterStatus.js"
import { Kinds, apiVersionOf } from "../domain/Kubernetes.js"
import { FieldManager } from "../domain/Labels.js"
import type { ClusterView } from "../domain/Snapshot.js"
import { KubeWriter } from "../kube/KubeClient.js"

/**
 * `resourceVersion` is the newest known of the resource and a precondition: a namesake created meanwhile is not touched (R17). The UID alone
 * would not do: a server ignores it in the status of a custom resource.
 */
export const writeStatus = Effect.fn("StatusWriter.writeStatus")(function* (
  { name, namespace, uid, resourceVersion }: ClusterView,
  status: ClusterStatus,
) {
  const writer = yield* KubeWriter
  return yield* writer.apply(
    Kinds.AerospikeCluster,
    {
      apiVersion: apiVersionOf(Kinds.AerospikeCluster),
      kind: Kinds.AerospikeCluster.kind,
      metadata: { name, namespace, uid, resourceVersion },
      status,
    },
    { fieldManager: FieldManager.status, force: true, subresource: "status" },
  )
})
