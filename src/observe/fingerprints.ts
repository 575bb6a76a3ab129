/**
 * What counts as a change worth a pass, per kind: the part of a view that is compared. Everything a decision reads must be in it, nothing that
 * only we write (R57): an own status write would wake the pass that wrote it, for ever.
 */
import type { KubeObject, ObjectIdentity, OwnedView, StatefulSetView } from "../domain/Kubernetes.js"
import type { ClusterView, TemplateView } from "../domain/Snapshot.js"

/** The compared part of a view. */
export type Fingerprint<V> = (view: V) => unknown

/** Everything but the version: the default. */
export const withoutVersion: Fingerprint<ObjectIdentity> = ({ resourceVersion: _, ...rest }) => rest

/** What the object asks for, without version counters and without `status`. */
const wanted = (object: KubeObject): unknown => {
  const { resourceVersion: _version, generation: _generation, ...metadata } = object.metadata
  const { status: _status, ...rest } = object
  return { ...rest, metadata }
}

/** StatefulSets: the view and the object, but of its status only what the view has. */
export const statefulSetFingerprint: Fingerprint<StatefulSetView> = ({ resourceVersion: _, object, ...rest }) => ({
  ...rest,
  object: wanted(object),
})

/** Services, ConfigMaps, PodDisruptionBudgets, network policies: all but `status` (a budget's status moves with every pod). */
export const ownedFingerprint: Fingerprint<OwnedView> = ({ resourceVersion: _, object, ...rest }) => ({
  ...rest,
  object: wanted(object),
})

/** AerospikeClusters: all but `status`, which we write ourselves (R57). */
export const clusterFingerprint: Fingerprint<ClusterView> = ({
  resourceVersion: _version,
  status: _status,
  object,
  ...rest
}) => ({ ...rest, object: wanted(object) })

/** AerospikeClusterTemplates: all but `usedBy`, which we write ourselves (R57). */
export const templateFingerprint: Fingerprint<TemplateView> = ({
  resourceVersion: _version,
  usedBy: _usedBy,
  ...rest
}) => rest
