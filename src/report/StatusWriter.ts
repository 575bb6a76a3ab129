/** Writes the status of a cluster: server-side apply of the complete value by its own field manager, only when it changed. */
import * as Effect from "effect/Effect"
import type { ClusterStatus } from "../domain/ClusterStatus.js"
import { Kinds, apiVersionOf } from "../domain/Kubernetes.js"
import { FieldManager } from "../domain/Labels.js"
import type { ClusterView } from "../domain/Snapshot.js"
import { KubeWriter } from "../kube/KubeClient.js"

/** The UID in the object is a precondition: a namesake created meanwhile is not touched (R17). */
export const writeStatus = Effect.fn("StatusWriter.writeStatus")(function* (
  cluster: ClusterView,
  status: ClusterStatus,
) {
  const writer = yield* KubeWriter
  return yield* writer.apply(
    Kinds.AerospikeCluster,
    {
      apiVersion: apiVersionOf(Kinds.AerospikeCluster),
      kind: Kinds.AerospikeCluster.kind,
      metadata: { name: cluster.name, namespace: cluster.namespace, uid: cluster.uid },
      status,
    },
    { fieldManager: FieldManager.status, force: true, subresource: "status" },
  )
})
