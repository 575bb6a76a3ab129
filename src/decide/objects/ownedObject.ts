/** What every object we make carries: owner, labels, and the hash of what we asked for (R55). */
import type { EffectiveCluster } from "../../domain/EffectiveCluster.js"
import {
  apiVersionOf,
  type KubeObject,
  Kinds,
  type ObjectMeta,
  type OwnerReference,
  type ResourceKind,
} from "../../domain/Kubernetes.js"
import { Annotation } from "../../domain/Labels.js"
import type { ServiceMetadata } from "../../domain/schema/features.js"
import { stableHash } from "../configuration/hash.js"

/** The reference that makes the cluster the controller of an object: garbage collection follows it. */
export const ownerReference = (cluster: Pick<EffectiveCluster, "key" | "uid">): OwnerReference => ({
  apiVersion: apiVersionOf(Kinds.AerospikeCluster),
  kind: Kinds.AerospikeCluster.kind,
  name: cluster.key.name,
  uid: cluster.uid,
  controller: true,
  blockOwnerDeletion: true,
})

/** User labels and annotations beneath ours: on a conflict the operator's key wins (W75). */
export const withOperatorKeys = (
  given: Readonly<Record<string, string>> | undefined,
  own: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => ({ ...given, ...own })

/** The object with the hash of everything in it. Any change of what we ask for, also a field we no longer set, changes the hash. */
const withAppliedHash = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    annotations: { ...object.metadata.annotations, [Annotation.appliedHash]: stableHash(object) },
  },
})

/** An object of `kind` that the cluster owns. `fields` are everything beside metadata. */
export const ownedObject = (
  cluster: Pick<EffectiveCluster, "key" | "uid">,
  kind: ResourceKind,
  name: string,
  labels: Readonly<Record<string, string>>,
  fields: Readonly<Record<string, unknown>>,
  given: ServiceMetadata["metadata"] = {},
): KubeObject => {
  const metadata: ObjectMeta = {
    name,
    namespace: cluster.key.namespace,
    labels: withOperatorKeys(given.labels, labels),
    ...(given.annotations === undefined ? {} : { annotations: withOperatorKeys(given.annotations, {}) }),
    ownerReferences: [ownerReference(cluster)],
  }
  return withAppliedHash({ apiVersion: apiVersionOf(kind), kind: kind.kind, metadata, ...fields })
}
