/** The clusters of the tests. */

const image = "aerospike:ce-8.1.1.1"

/** A manifest for `kubectl apply -f -`. */
export const resource = (name: string, spec: object): string =>
  JSON.stringify({ apiVersion: "acko.io/v1alpha1", kind: "AerospikeCluster", metadata: { name }, spec })

/** Two copies of each record, in memory. Without `enableDynamicConfigUpdate` another `proto-fd-max` means a rolling restart. */
export const inMemory = (size: number, protoFdMax: number, more: object = {}) => ({
  size,
  image,
  aerospikeConfig: {
    service: { "proto-fd-max": protoFdMax },
    namespaces: [
      { name: "test", "replication-factor": 2, "storage-engine": { type: "memory", "data-size": 1_073_741_824 } },
    ],
  },
  ...more,
})

/** Data on claims that go with their nodes, two copies of each record where there are two nodes. */
export const onClaims = (size: number, protoFdMax: number, of = image) => ({
  size,
  image: of,
  storage: {
    volumes: [
      {
        name: "data",
        source: { persistentVolume: { size: "1Gi" } },
        aerospike: { path: "/opt/aerospike/data" },
        cascadeDelete: true,
      },
    ],
  },
  aerospikeConfig: {
    service: { "proto-fd-max": protoFdMax },
    namespaces: [
      {
        name: "test",
        "replication-factor": Math.min(2, size),
        "storage-engine": { type: "device", file: "/opt/aerospike/data/test.dat", filesize: 536_870_912 },
      },
    ],
  },
})
