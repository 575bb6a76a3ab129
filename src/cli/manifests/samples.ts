/** Sample resources (api.md §9), each small enough to read and accepted as it stands. */

import { templateSamples } from "./templateSamples.js"

const image = "aerospike:ce-8.1.1.1"

const cluster = (name: string, spec: Readonly<Record<string, unknown>>) => ({
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeCluster",
  metadata: { name, namespace: "aerospike" },
  spec,
})

const memory = (bytes: number) => ({ type: "memory", "data-size": bytes })
const console = [{ name: "console", any: "info" }]
const claim = (size: string) => ({ persistentVolume: { storageClass: "standard", volumeMode: "Filesystem", size } })

const basic = cluster("aerospike-basic", {
  size: 1,
  image,
  aerospikeConfig: {
    service: { "cluster-name": "aerospike-basic", "proto-fd-max": 15000 },
    network: {
      service: { address: "any", port: 3000 },
      heartbeat: { mode: "mesh", port: 3002 },
      fabric: { address: "any", port: 3001 },
    },
    namespaces: [{ name: "test", "replication-factor": 1, "storage-engine": memory(1073741824) }],
    logging: [{ name: "/var/log/aerospike/aerospike.log", context: "any info" }],
  },
})

const threeNodes = cluster("aerospike-3node", {
  size: 3,
  image,
  podSpec: {
    aerospikeContainer: {
      resources: { requests: { memory: "2Gi", cpu: "1" }, limits: { memory: "4Gi", cpu: "2" } },
    },
  },
  storage: {
    volumes: [
      {
        name: "data-vol",
        source: claim("10Gi"),
        aerospike: { path: "/opt/aerospike/data" },
        cascadeDelete: true,
      },
      { name: "workdir", source: { emptyDir: {} }, aerospike: { path: "/opt/aerospike/work" } },
    ],
  },
  aerospikeConfig: {
    service: { "work-directory": "/opt/aerospike/work" },
    namespaces: [
      {
        name: "testns",
        "replication-factor": 2,
        "storage-engine": { type: "device", file: "/opt/aerospike/data/testns.dat", filesize: 4294967296 },
      },
    ],
    logging: console,
  },
})

/** Accepted for compatibility: Community Edition has no access control, which the operator says in a condition. */
const accessControl = cluster("aerospike-acl", {
  size: 3,
  image,
  aerospikeAccessControl: {
    roles: [
      { name: "reader", privileges: ["read"] },
      { name: "writer", privileges: ["read-write"] },
    ],
    users: [
      { name: "admin", secretName: "aerospike-admin-secret", roles: ["sys-admin", "user-admin"] },
      { name: "reader-user", secretName: "aerospike-reader-secret", roles: ["reader"] },
    ],
  },
  aerospikeConfig: {
    namespaces: [{ name: "test", "replication-factor": 2, "storage-engine": memory(1073741824) }],
    security: { "enable-quotas": false },
    logging: console,
  },
})

const multiRack = cluster("aerospike-multirack", {
  size: 6,
  image,
  podSpec: {
    aerospikeContainer: {
      resources: { requests: { memory: "512Mi", cpu: "250m" }, limits: { memory: "1Gi", cpu: "500m" } },
    },
  },
  rackConfig: {
    namespaces: ["testns"],
    racks: [
      { id: 1, zone: "us-east1-a" },
      { id: 2, zone: "us-east1-b" },
      { id: 3, zone: "us-east1-c" },
    ],
  },
  storage: {
    volumes: [
      {
        name: "data-vol",
        source: claim("5Gi"),
        aerospike: { path: "/opt/aerospike/data" },
        cascadeDelete: false,
      },
    ],
  },
  aerospikeConfig: {
    namespaces: [
      {
        name: "testns",
        "replication-factor": 2,
        "storage-engine": { type: "device", file: "/opt/aerospike/data/testns.dat", filesize: 4294967296 },
      },
    ],
    logging: console,
  },
})

const monitoring = cluster("aerospike-monitoring", {
  size: 3,
  image,
  monitoring: {
    enabled: true,
    exporterImage: "aerospike/aerospike-prometheus-exporter:1.16.1",
    port: 9145,
    resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { cpu: "200m", memory: "128Mi" } },
    env: [{ name: "AS_STAT_NAMESPACES", value: "test" }],
    metricLabels: { environment: "production", team: "platform" },
    serviceMonitor: { enabled: true, interval: "30s", labels: { release: "prometheus" } },
    prometheusRule: { enabled: true, labels: { release: "prometheus" } },
  },
  storage: {
    volumes: [{ name: "workdir", source: claim("10Gi"), aerospike: { path: "/opt/aerospike" } }],
  },
  aerospikeConfig: {
    namespaces: [{ name: "test", "replication-factor": 2, "storage-engine": memory(2147483648) }],
  },
})

const advancedVolumes = [
  {
    name: "data-vol",
    source: {
      persistentVolume: {
        storageClass: "standard",
        volumeMode: "Filesystem",
        size: "20Gi",
        accessModes: ["ReadWriteOnce"],
        metadata: { labels: { tier: "data" }, annotations: { "example.com/backup": "daily" } },
      },
    },
    aerospike: { path: "/opt/aerospike/data" },
    initMethod: "dd",
  },
  {
    name: "sindex-vol",
    source: { persistentVolume: { storageClass: "standard", volumeMode: "Block", size: "10Gi" } },
    aerospike: { path: "/dev/xvdb" },
  },
  {
    name: "shared-data",
    source: { emptyDir: {} },
    aerospike: { path: "/opt/aerospike/shared", subPath: "aerospike" },
    sidecars: [{ containerName: "log-shipper", path: "/shared", readOnly: true }],
  },
  {
    name: "host-logs",
    source: { hostPath: { path: "/var/log/aerospike", type: "DirectoryOrCreate" } },
    aerospike: { path: "/var/log/aerospike" },
  },
  {
    name: "csi-data",
    source: { persistentVolume: { storageClass: "standard", size: "5Gi" } },
    aerospike: { path: "/opt/aerospike/csi", mountPropagation: "HostToContainer" },
  },
  {
    name: "local-data",
    source: { persistentVolume: { storageClass: "local-path", size: "5Gi" } },
    aerospike: { path: "/opt/aerospike/local" },
  },
  {
    name: "temp-data",
    source: { persistentVolume: { storageClass: "standard", size: "1Gi" } },
    aerospike: { path: "/opt/aerospike/temp" },
    wipeMethod: "headerCleanup",
  },
]

const advancedStorage = cluster("aerospike-storage-advanced", {
  size: 3,
  image,
  podSpec: {
    sidecars: [{ name: "log-shipper", image: "busybox:1.36", command: ["sleep", "infinity"] }],
  },
  storage: {
    cleanupThreads: 2,
    filesystemVolumePolicy: { initMethod: "deleteFiles", wipeMethod: "deleteFiles", cascadeDelete: true },
    blockVolumePolicy: { initMethod: "blkdiscard", wipeMethod: "blkdiscardWithHeaderCleanup" },
    localStorageClasses: ["local-path", "openebs-hostpath"],
    deleteLocalStorageOnRestart: true,
    volumes: advancedVolumes,
  },
  aerospikeConfig: {
    namespaces: [
      {
        name: "testns",
        "replication-factor": 2,
        "storage-engine": { type: "device", file: "/opt/aerospike/data/testns.dat", filesize: 4294967296 },
      },
    ],
    logging: console,
  },
})

/** The cluster of `npm start`: as large as Community Edition allows, data on claims, restarts one by one. */
export const demoCluster = {
  ...cluster("demo", {
    size: 8,
    image,
    podSpec: { readinessGateEnabled: false },
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
      namespaces: [
        {
          name: "test",
          "replication-factor": 2,
          "storage-engine": { type: "device", file: "/opt/aerospike/data/test.dat", filesize: 536870912 },
        },
      ],
      logging: console,
    },
  }),
  metadata: { name: "demo", namespace: "default" },
}

/** File below `manifests/` → resources. */
export const samples: Readonly<Record<string, ReadonlyArray<object>>> = {
  "samples/acko_v1alpha1_aerospikecluster.yaml": [basic],
  "samples/aerospike-cluster-3node.yaml": [threeNodes],
  "samples/aerospike-cluster-acl.yaml": [accessControl],
  "samples/aerospike-cluster-multirack.yaml": [multiRack],
  "samples/aerospike-cluster-monitoring.yaml": [monitoring],
  "samples/aerospike-cluster-storage-advanced.yaml": [advancedStorage],
  "samples/demo-8.yaml": [demoCluster],
  ...templateSamples,
}
