import type {
  ClaimObject,
  HostObject,
  PodObject,
  StatefulSetObject,
} from "../../../../src/testing/kube/controllers/objects.js"
import { podFor } from "../../../../src/testing/kube/controllers/statefulSetIdentity.js"
import { revisionName } from "../../../../src/testing/kube/controllers/revisions.js"

export const namespace = "ns"
export const labels = { app: "db" }

export const aStatefulSet = (spec: NonNullable<StatefulSetObject["spec"]> = {}, name = "db"): StatefulSetObject => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name, namespace, uid: `${name}-uid`, generation: 1 },
  spec: {
    replicas: 3,
    serviceName: "db",
    selector: { matchLabels: labels },
    podManagementPolicy: "Parallel",
    updateStrategy: { type: "OnDelete" },
    template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "app:1" }] } },
    ...spec,
  },
})

export const readyStatus = {
  phase: "Running",
  conditions: [{ type: "Ready", status: "True", lastTransitionTime: "1970-01-01T00:00:00Z" }],
}

/** A pod as the set itself would have made it, ready. */
export const aPodOf = (set: StatefulSetObject, ordinal: number, changes: Partial<PodObject> = {}): PodObject => {
  const pod = podFor(set, set.spec?.template ?? {}, revisionName(set), ordinal)
  return {
    ...pod,
    status: readyStatus,
    ...changes,
    metadata: { ...pod.metadata, uid: `${pod.metadata.name}-uid`, ...changes.metadata },
  }
}

export const terminating = { deletionTimestamp: "1970-01-01T00:00:01Z" }

export const aClaim = (name: string, metadata: ClaimObject["metadata"] = {}): ClaimObject => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name, namespace, uid: `${name}-uid`, ...metadata },
  spec: { resources: { requests: { storage: "1Gi" } } },
  status: { phase: "Bound" },
})

export const aHost = (name: string, changes: Partial<HostObject> = {}): HostObject => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: { "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": `zone-${name}` } },
  status: { conditions: [{ type: "Ready", status: "True" }] },
  ...changes,
})
