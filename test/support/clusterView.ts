/** A cluster resource for tests: the given spec over a small valid one. */
import type { ClusterView } from "../../src/domain/Snapshot.js"

export const clusterView = (
  spec: Readonly<Record<string, unknown>>,
  overrides: Partial<ClusterView> = {},
): ClusterView => {
  const identity = { namespace: "ns1", name: "demo", uid: "uid-demo", resourceVersion: "1" }
  return {
    ...identity,
    generation: 1,
    labels: {},
    annotations: {},
    finalizers: [],
    isDeleting: false,
    spec: {
      size: 3,
      image: "aerospike:ce-8.1.1.1",
      aerospikeConfig: {
        namespaces: [
          { name: "test", "replication-factor": 2, "storage-engine": { type: "memory", "data-size": 1073741824 } },
        ],
      },
      ...spec,
    },
    status: {},
    object: { apiVersion: "acko.io/v1alpha1", kind: "AerospikeCluster", metadata: identity },
    ...overrides,
  }
}
