/** Sample templates, from least to most demanding, and clusters that use them (api.md §9). */

const image = "aerospike:ce-8.1.1.1"

const template = (name: string, description: string, spec: Readonly<Record<string, unknown>>) => ({
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeClusterTemplate",
  metadata: { name, labels: { "app.kubernetes.io/profile": name } },
  spec: { description, ...spec },
})

const cluster = (name: string, spec: Readonly<Record<string, unknown>>) => ({
  apiVersion: "acko.io/v1alpha1",
  kind: "AerospikeCluster",
  metadata: { name, namespace: "default" },
  spec,
})

const forAerospikeHosts = [{ key: "aerospike", operator: "Exists", effect: "NoSchedule" }]
const heartbeat = { mode: "mesh", interval: 150, timeout: 10 }
const memory = (bytes: number) => ({ type: "memory", "data-size": bytes })

const minimal = template("minimal", "Development: one small node, memory only", {
  image,
  size: 1,
  monitoring: { enabled: false },
  scheduling: { podAntiAffinityLevel: "none" },
  storage: { storageClassName: "standard", resources: { requests: { storage: "1Gi" } } },
  resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { cpu: "500m", memory: "512Mi" } },
  aerospikeConfig: { service: { "proto-fd-max": 1024 }, namespaceDefaults: { "replication-factor": 1 } },
})

/** Without an image: each cluster chooses. */
const softRack = template("soft-rack", "Staging: nodes apart where possible, local volumes", {
  size: 3,
  scheduling: { podAntiAffinityLevel: "preferred", tolerations: forAerospikeHosts },
  storage: {
    storageClassName: "local-path",
    localPVRequired: true,
    resources: { requests: { storage: "10Gi" } },
  },
  resources: { requests: { cpu: "500m", memory: "1Gi" }, limits: { cpu: "2", memory: "2Gi" } },
  aerospikeConfig: {
    service: { "proto-fd-max": 4096 },
    namespaceDefaults: { "replication-factor": 2 },
    network: { heartbeat },
  },
})

/** The exporter's image is the operator's default. */
const hardRack = template("hard-rack", "Production: one node per host, local volumes, monitoring", {
  image,
  size: 3,
  monitoring: { enabled: true, port: 9145, serviceMonitor: { enabled: true, interval: "30s" } },
  aerospikeNetworkPolicy: { accessType: "pod", alternateAccessType: "pod", fabricType: "pod" },
  scheduling: { podAntiAffinityLevel: "required", tolerations: forAerospikeHosts },
  storage: {
    storageClassName: "local-path",
    localPVRequired: true,
    resources: { requests: { storage: "100Gi" } },
  },
  resources: { requests: { cpu: "2", memory: "4Gi" }, limits: { cpu: "2", memory: "4Gi" } },
  rackConfig: { maxRacksPerNode: 1 },
  aerospikeConfig: {
    service: { "proto-fd-max": 15000 },
    namespaceDefaults: { "replication-factor": 2 },
    network: { heartbeat },
  },
})

const softRackCluster = cluster("soft-rack-cluster", {
  templateRef: { name: "soft-rack" },
  size: 3,
  image,
  overrides: {
    resources: { requests: { cpu: "1", memory: "2Gi" }, limits: { cpu: "2", memory: "2Gi" } },
  },
  rackConfig: { racks: [{ id: 1 }, { id: 2 }, { id: 3 }] },
  aerospikeConfig: { namespaces: [{ name: "data", "storage-engine": memory(1073741824) }] },
})

const minimalCluster = cluster("minimal-cluster", {
  templateRef: { name: "minimal" },
  size: 1,
  aerospikeConfig: { namespaces: [{ name: "test", "storage-engine": memory(536870912) }] },
})

/** Size and image are the template's. */
const minimalClusterSlim = cluster("minimal-cluster-slim", {
  templateRef: { name: "minimal" },
  aerospikeConfig: { namespaces: [{ name: "test", "storage-engine": memory(536870912) }] },
})

const hardRackCluster = cluster("hard-rack-cluster", {
  templateRef: { name: "hard-rack" },
  size: 3,
  rackConfig: {
    racks: [
      { id: 1, nodeName: "kind-worker" },
      { id: 2, nodeName: "kind-worker2" },
      { id: 3, nodeName: "kind-worker3" },
    ],
  },
  aerospikeConfig: {
    namespaces: [
      {
        name: "data",
        "replication-factor": 2,
        "storage-engine": { type: "device", file: "/opt/aerospike/data/data.dat", filesize: 2147483648 },
      },
    ],
  },
})

/** File below `manifests/` → resources. */
export const templateSamples: Readonly<Record<string, ReadonlyArray<object>>> = {
  "samples/acko_v1alpha1_template_dev.yaml": [minimal],
  "samples/acko_v1alpha1_template_stage.yaml": [softRack],
  "samples/acko_v1alpha1_template_prod.yaml": [hardRack],
  "samples/aerospike-cluster-with-template.yaml": [
    softRackCluster,
    minimalCluster,
    minimalClusterSlim,
    hardRackCluster,
  ],
}
